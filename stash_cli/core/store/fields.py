"""Field paths: the loaded ones of an object, and those that a query selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashLookupError, StashUsageError, did_you_mean
from stash_cli.core.orm.relationship import inverses
from stash_cli.core.types.api import ApiField, ApiType, describe_api
from stash_cli.core.types.entities import ENTITIES, Entity
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.types.base import ApiObject
    from stash_cli.core.types.entity import StashObject


ALIASES = {("Studio", "parent"): "parent_studio"}
"""Other names of fields: a studio's parent is `parent_id` in inputs and `parent_studio` in responses."""


def missing_paths(obj: StashObject, paths: Iterable[str]) -> set[str]:
    """Those of `paths` (`studio__name` or `studio.name`) that are not loaded.

    Raises StashLookupError for a path that the object's type does not have.
    """
    return {path for path in paths if not _is_loaded(obj, path.replace("__", ".").split("."))}


def _is_loaded(obj: Any, parts: list[str]) -> bool:
    """Whether a path is loaded; null and an empty list end the path and count as loaded."""
    if not parts:
        return True
    if isinstance(obj, list):
        return all(_is_loaded(item, parts) for item in obj)
    if obj is None:
        return True
    value = getattr(obj, attribute(type(obj), parts[0]), UNSET)
    return value is not UNSET and _is_loaded(value, parts[1:])


def with_ids(type_name: str, paths: Iterable[str]) -> list[str]:
    """`paths` with the ids of the object and of every object on a path: `studio.name` needs `studio.id`."""
    selected = {"id": None}
    for path in paths:
        prefix = ""
        *links, last = _resolve_parts(type_name, path.split("."))
        for part, target in links:
            prefix = f"{prefix}{part}."
            if target is not None and _has_id(target):
                selected[f"{prefix}id"] = None
        selected[f"{prefix}{last[0]}"] = None
    return list(selected)


def _has_id(target: ApiType) -> bool:
    return target.is_entity or any(describe_api().types[name].is_entity for name in target.members)


def _resolve_parts(type_name: str, parts: list[str]) -> Iterator[tuple[str, ApiType | None]]:
    """The API name of each part of a path, and the type of its value; None if the API has no such field."""
    declared: ApiType | None = describe_api().types[type_name]
    for part in parts:
        owners = [] if declared is None else [declared, *(describe_api().types[n] for n in declared.members)]
        name = next((ALIASES[o.name, part] for o in owners if (o.name, part) in ALIASES), part)
        field = next((owner.fields[name] for owner in owners if name in owner.fields), None)
        declared = None if field is None else describe_api().types[field.type.name]
        yield name, declared


def attribute(cls: type[ApiObject], name: str) -> str:
    """The attribute that holds the field called `name`, by its API name or its own."""
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
    """Whether a path starts at an inverse relation, which is loaded by a separate query."""
    head = path.replace("__", ".").split(".", maxsplit=1)[0]
    return head in inverses(cls.__name__) and field_of(cls, head) is None


def field_of(cls: type[ApiObject], name: str) -> ApiField | None:
    """The field with this API name, or None."""
    return describe_api().types[cls.__name__].fields.get(name)


def entity_of(entity_type: type[StashObject]) -> Entity:
    """The Entity of a type that has a find query; raises StashUsageError for other types."""
    entity = ENTITIES.get(entity_type.__name__)
    if entity is None:
        known = ", ".join(ENTITIES)
        raise StashUsageError(f"{entity_type.__name__} is not found on its own; these are: {known}.")
    return entity


def paths_of(entity_type: type[StashObject], fields: Iterable[str] | None) -> list[str] | None:
    """Fields (`studio__name` or `studio.name`) as selection paths; None for the default fields.

    The ids of linked objects are added, because an object without an id has no identity.
    """
    if fields is None:
        return None
    names = [fields] if isinstance(fields, str) else fields
    return with_ids(entity_type.__name__, (name.replace("__", ".") for name in names))
