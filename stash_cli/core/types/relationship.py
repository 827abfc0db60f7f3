"""The relationships of each entity, derived from its fields, its inputs and the filters of other entities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.types.entities import ENTITIES, snake
from stash_cli.core.types.relations import inverses
from stash_cli.core.types.writing import singular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Strategy = Literal["direct_field", "complex_object", "filter_query"]


@dataclass(frozen=True, slots=True)
class RelationshipMetadata:
    """How one relationship is read and written.

    `target_field` is the input field that writes it ("" for none); `inverse_type` the type it leads to and
    `inverse_field` the attribute there that leads back. `query_strategy` says where it is read: in a
    field of the object, in one whose items carry data of their own, or by `filter_field` of the find
    query for `inverse_type`.
    """

    target_field: str
    is_list: bool
    inverse_type: str
    inverse_field: str | None
    query_strategy: Strategy
    filter_field: str | None = None


@cache
def relationships(type_name: str) -> Mapping[str, RelationshipMetadata]:
    """Attribute -> relationship, for an entity type; those of others are none."""
    if type_name not in ENTITIES:
        return MappingProxyType({})
    return MappingProxyType({**dict(_by_filter(type_name)), **dict(_by_field(type_name))})


def _by_field(type_name: str) -> Iterator[tuple[str, RelationshipMetadata]]:
    fields = describe_api().types[f"{type_name}UpdateInput"].fields
    for field in describe_api().types[type_name].fields.values():
        target, through = _target(field)
        if target is None or field.deprecated or field.needs_args:
            continue
        names = (f"{field.attr}_id", f"{singular(field.attr)}_ids", field.attr, field.input)
        written = next((name for name in names if name in fields), "")
        back = _back(type_name, field.attr, target)
        if written:
            strategy: Strategy = "complex_object" if through else "direct_field"
            yield field.attr, RelationshipMetadata(written, field.type.is_list, target, back, strategy)
        elif field.type.is_list and not through:
            yield field.attr, RelationshipMetadata("", True, target, back, "filter_query", _filter(type_name))


def _filter(type_name: str) -> str:
    """The filter field by which other entities name one of this type."""
    return ENTITIES[type_name].items


def _by_filter(type_name: str) -> Iterator[tuple[str, RelationshipMetadata]]:
    for attr, (target, criterion) in inverses(type_name).items():
        back = _back(type_name, attr, target)
        yield attr, RelationshipMetadata("", True, target, back, "filter_query", criterion)


def _target(field: ApiField) -> tuple[str | None, bool]:
    """The entity that a field leads to, and whether through an object with data of its own."""
    types = describe_api().types
    if field.type.name in ENTITIES:
        return field.type.name, False
    inner = types[field.type.name]
    if inner.kind != "OBJECT" or not field.type.is_list:
        return None, False
    found = [each.type.name for each in inner.fields.values() if each.type.name in ENTITIES]
    return (found[0], True) if len(found) == 1 else (None, False)


_BACK = {
    "parents": "children",
    "children": "parents",
    "parent_studio": "child_studios",
    "child_studios": "parent_studio",
    "containing_groups": "sub_groups",
    "sub_groups": "containing_groups",
}


def _back(type_name: str, attr: str, target: str) -> str | None:
    """The attribute of `target` that leads back to `type_name`."""
    if attr in _BACK:
        return _BACK[attr]
    entity = ENTITIES[type_name]
    known = {**describe_api().types[target].fields, **dict.fromkeys(inverses(target))}
    return next((name for name in (entity.items, snake(entity.type)) if name in known), None)
