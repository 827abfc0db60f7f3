"""Filter fields and their lookups, derived from the API description."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.query.criteria import CHOICES, CRITERIA
from stash_cli.core.query.model import FilterField
from stash_cli.core.query.server_quirks import IS_MISSING_VALUES
from stash_cli.core.types.api import ApiField, describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping

COMBINATORS = frozenset({"AND", "OR", "NOT"})

_TARGETS = {
    "tags": "Tag",
    "performer_tags": "Tag",
    "scene_tags": "Tag",
    "performers": "Performer",
    "studios": "Studio",
    "groups": "Group",
    "movies": "Group",
    "containing_groups": "Group",
    "sub_groups": "Group",
    "galleries": "Gallery",
    "scenes": "Scene",
    "parent_folder": "Folder",
    "zip_file": "BaseFile",
}
_OWN_CRITERIA = frozenset({"is_missing", "phash"})
"""Fields with a criterion of their own, whatever their type."""
_SELF_REFERENCES = frozenset({"parents", "children"})
_FILES = frozenset({"BaseFile", "BasicFile", "VideoFile", "ImageFile", "GalleryFile"})

ALIASES = {
    "gallery": "galleries",
    "parent_studio": "parents",
    "stash_id": "stash_id_endpoint",
    "stash_ids": "stash_id_endpoint",
    "favorite": "filter_favorites",
    "alias_list": "aliases",
    "height": "height_cm",
    "md5": "checksum",
    "scene_markers": "markers",
}
"""Names of an object's fields -> names of filter fields, tried where the filter has no such field."""


def filter_type(type_name: str) -> str:
    """The filter type of `type_name`: `Scene` -> `SceneFilterType`; a filter type is its own."""
    if type_name in _FILES:
        return "FileFilterType"
    if type_name in describe_api().types and describe_api().types[type_name].kind == "INPUT_OBJECT":
        return type_name
    name = f"{type_name}FilterType"
    if name not in describe_api().types:
        known = [t.removesuffix("FilterType") for t in describe_api().types if t.endswith("FilterType")]
        raise StashLookupError(
            f"There is no filter for {type_name}. {did_you_mean(type_name, known)}".rstrip()
        )
    return name


def nests(type_name: str) -> bool:
    """Whether the filter of `type_name` has AND, OR and NOT."""
    return "AND" in describe_api().types[filter_type(type_name)].fields


def owner_of(filter_name: str) -> str:
    """`SceneFilterType` -> `Scene`."""
    return filter_name.removesuffix("FilterType")


@cache
def fields(type_name: str) -> Mapping[str, FilterField]:
    """The fields of the filter of `type_name` in the API's order, without AND, OR and NOT.

    A field that nests another filter (`performers_filter`) has no lookups; its `target` is the type of the
    related objects.
    """
    name = filter_type(type_name)
    declared = describe_api().types[name].fields.values()
    return MappingProxyType(
        {f.name: _field(owner_of(name), f) for f in declared if f.name not in COMBINATORS}
    )


def _field(owner: str, declared: ApiField) -> FilterField:
    kind = declared.name if declared.name in _OWN_CRITERIA else declared.type.name
    bare = FilterField(
        owner,
        declared.name,
        kind,
        target=_target(owner, declared),
        choices=_choices(owner, kind),
        range=_range(owner, declared.name),
        deprecated=declared.deprecated,
    )
    return replace(bare, lookups=CRITERIA[kind].lookups(bare)) if kind in CRITERIA else bare


def _target(owner: str, declared: ApiField) -> str | None:
    if declared.name in _SELF_REFERENCES:
        return owner
    kind = declared.type.name
    return _TARGETS.get(declared.name) if kind.endswith("MultiCriterionInput") else nested_target(kind)


def nested_target(kind: str) -> str | None:
    """The type of the objects that a nested filter selects: `FileFilterType` -> `File`; else None."""
    is_filter = kind.endswith(("FilterType", "FileFilterInput"))
    return owner_of(kind) if is_filter else None


def _choices(owner: str, kind: str) -> tuple[str, ...]:
    if kind == "is_missing":
        return tuple(IS_MISSING_VALUES.get(owner, "").split())
    enum = CHOICES.get(kind)
    return tuple(describe_api().types[enum].values) if enum else ()


def _range(owner: str, name: str) -> tuple[float | None, float | None] | None:
    declared = describe_api().types.get(owner)
    field = declared.fields.get(name) if declared else None
    return field.range if field else None


_LOCAL = {"id": "id", "size": "size", "q": "q"}
"""Names that no server filter has -> kind; they are tested on rows (`criteria.local`)."""


@cache
def local_field(type_name: str, name: str) -> FilterField | None:
    """A field without a filter on the server: `id`, the `size` of files, and `q`, the text search."""
    kind = _LOCAL.get(name)
    declared = describe_api().types.get(type_name)
    if kind is None or declared is None or name in fields(type_name):
        return None
    if name == "size" and not {"files", "visual_files", "size"} & declared.fields.keys():
        return None
    bare = FilterField(type_name, name, kind)
    return replace(bare, lookups=CRITERIA[kind].lookups(bare))


def find_field(type_name: str, name: str) -> FilterField | None:
    """The filter field for `name`: a filter field or a field of the object, also singular or with `_id`."""
    known = fields(type_name)
    bare = name.removesuffix("_ids").removesuffix("_id")
    # The filter's own name takes precedence over plural forms and `_id` suffixes.
    words = (name, ALIASES.get(name, name), f"{name}s", f"{name}es", name.removesuffix("s"), f"{bare}s", bare)
    return next((known[word] for word in words if word in known), None)


def nested_field(type_name: str, name: str) -> FilterField | None:
    """The field that nests a filter on the related objects `name`: `performers` -> `performers_filter`."""
    known = fields(type_name)
    words = (name, f"{name}s", ALIASES.get(name, name), name.removesuffix("s"), name.removesuffix("_filter"))
    return next((known[f"{word}_filter"] for word in words if f"{word}_filter" in known), None)
