"""Loaded and missing fields of objects, nested ones by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.types.api import ApiField, ApiType, describe_api
from stash_cli.core.types.orm.relations import inverses
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.types.base import ApiObject
    from stash_cli.core.types.entity import StashObject


ALIASES = {("Studio", "parent"): "parent_studio"}
"""Names that people use for fields: the API's studios have a `parent_id` to write and this to read."""


def lacks(obj: StashObject, paths: Iterable[str]) -> set[str]:
    """Those of `paths` (`studio__name` or `studio.name`) that are not loaded on `obj`.

    Raises StashLookupError for a path that its type does not have.
    """
    return {path for path in paths if not _holds(obj, path.replace("__", ".").split("."))}


def _holds(obj: Any, parts: list[str]) -> bool:
    """Whether all fields of the path are loaded; a null or an empty list ends it."""
    if not parts:
        return True
    if isinstance(obj, list):
        return all(_holds(item, parts) for item in obj)
    if obj is None:
        return True
    value = getattr(obj, attribute(type(obj), parts[0]), UNSET)
    return value is not UNSET and _holds(value, parts[1:])


def with_ids(type_name: str, paths: Iterable[str]) -> list[str]:
    """`paths` with the ids of the object and of every object on the way: `studio.name` needs `studio.id`."""
    found = {"id": None}
    for path in paths:
        above = ""
        *links, last = _named(type_name, path.split("."))
        for part, target in links:
            above = f"{above}{part}."
            if target is not None and _has_id(target):
                found[f"{above}id"] = None
        found[f"{above}{last[0]}"] = None
    return list(found)


def _has_id(target: ApiType) -> bool:
    return target.is_entity or any(describe_api().types[name].is_entity for name in target.members)


def _named(type_name: str, parts: list[str]) -> Iterator[tuple[str, ApiType | None]]:
    """Each part of a path under its API name, with its type (None where the API has none)."""
    declared: ApiType | None = describe_api().types[type_name]
    for part in parts:
        owners = [] if declared is None else [declared, *(describe_api().types[n] for n in declared.members)]
        name = next((ALIASES[o.name, part] for o in owners if (o.name, part) in ALIASES), part)
        field = next((owner.fields[name] for owner in owners if name in owner.fields), None)
        declared = None if field is None else describe_api().types[field.type.name]
        yield name, declared


def attribute(cls: type[ApiObject], name: str) -> str:
    """The attribute of a field, given by its API name or attribute name."""
    name = ALIASES.get((cls.__name__, name), name)
    declared = describe_api().types.get(cls.__name__)
    known = declared.fields if declared else {}
    if name in known:
        return known[name].attr
    attrs = {field.attr for field in known.values()}
    if name in attrs or name in inverses(cls.__name__):
        return name
    near = did_you_mean(name, [*known, *inverses(cls.__name__)])
    raise StashLookupError(f"{cls.__name__} has no field {name!r}. {near}".rstrip())


def is_inverse(cls: type[ApiObject], path: str) -> bool:
    """Whether a path starts at an inverse relation, which needs a query of its own."""
    head = path.replace("__", ".").split(".", maxsplit=1)[0]
    return head in inverses(cls.__name__) and field_of(cls, head) is None


def field_of(cls: type[ApiObject], name: str) -> ApiField | None:
    """The API's field of that name."""
    return describe_api().types[cls.__name__].fields.get(name)
