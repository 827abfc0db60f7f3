"""Effects of a mutation, by its name and arguments: changed fields of objects, and deleted objects.

An update changes the fields of its input and the inverse side of relationships. Any other mutation may change
every field of the objects that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.input import input_field
from stash_cli.core.orm.relationship import RelationshipMetadata, counts, other_side, relationships
from stash_cli.core.types.api import TypeRef, describe_api
from stash_cli.core.types.entities import ENTITIES, snake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_ENDINGS = ("CreateInput", "UpdateInput")
_ITEMS = ("ids", "values", "groups")
"""Fields of a bulk update's list change that hold its items."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Changed fields (None: any) of objects of one type; `ids` None stands for all objects."""

    type_name: str
    ids: tuple[str, ...] | None
    fields: tuple[str, ...] | None


def effects(operation: str, args: Mapping[str, Any]) -> Iterator[Effect]:
    """The effects of a mutation with `args`, its arguments as JSON; none for a query."""
    mutation = describe_api().mutations.get(operation)
    if mutation is None:
        return
    type_name = _input_type(mutation.args)
    if type_name is None:
        yield from _effects_on_arguments(operation, mutation.args, args)
        return
    inputs = args.get("input") or {}
    for each in inputs if isinstance(inputs, list) else [inputs]:
        yield from _effects_of_input(type_name, each)


def _input_type(declared: Mapping[str, TypeRef]) -> str | None:
    """The type that a create, update or bulk update input writes; None for other mutations."""
    name = declared["input"].name if "input" in declared else ""
    stem = next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), "").removeprefix("Bulk")
    return stem if f"{stem}UpdateInput" in describe_api().types else None


def _effects_of_input(type_name: str, values: Mapping[str, Any]) -> Iterator[Effect]:
    names = _attributes(type_name)
    fields = tuple(attr for name in values for attr in names.get(name, ()))
    ids = tuple(str(one) for one in values.get("ids") or [values.get("id")] if one is not None)
    if ids:
        yield Effect(type_name, ids, fields)
    for attr in fields:
        relation = relationships(type_name).get(attr)
        if relation is not None and relation.inverse_type in ENTITIES:
            value = next(values[name] for name in values if attr in names.get(name, ()))
            yield _effect_on_targets(relation, value)


def _effect_on_targets(relation: RelationshipMetadata, value: Any) -> Effect:
    """Changes of the inverse side of a relationship.

    A replaced value may change any object of the type: the input does not name the objects it removes.
    """
    replaced = not (isinstance(value, dict) and value.get("mode") in ("ADD", "REMOVE"))
    ids = None if replaced else tuple(_ids(value))
    return Effect(relation.inverse_type, ids, tuple(other_side(relation)))


def _ids(value: Any) -> Iterator[str]:
    """The ids in an input value: a scalar, a list, or objects such as `{"group_id": 1}`."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in _ITEMS or name.endswith("_id"):
                yield from _ids(each)
    elif isinstance(value, list):
        for each in value:
            yield from _ids(each)
    elif value is not None:
        yield str(value)


@cache
def _attributes(type_name: str) -> dict[str, list[str]]:
    """Input field of an update -> the attributes that it writes."""
    fields = describe_api().types[type_name].fields.values()
    attributes: dict[str, list[str]] = {}
    for attr in {*(field.attr for field in fields), *relationships(type_name)}:
        target = input_field(type_name, "Update", attr)
        relation = relationships(type_name).get(attr)
        names = {attr, *([target.name] if target else []), *([relation.target_field] if relation else [])}
        for name in names:
            attributes.setdefault(name, []).append(attr)
    return attributes


def _effects_on_arguments(
    operation: str, declared: Mapping[str, TypeRef], args: Mapping[str, Any]
) -> Iterator[Effect]:
    """Changes of the objects whose ids are arguments, and of relationships of deleted or merged objects."""
    own = _type_in(snake(operation[0].upper() + operation[1:]))
    for name, value in _id_values(declared, args):
        type_name = own if name in ("id", "ids", "source", "destination") else _type_in(name)
        if type_name is not None:
            yield Effect(type_name, tuple(_ids(value)), None)
    if own is not None and operation.endswith(("Destroy", "Merge")):
        # Deleted objects are expunged from relationships, so only counts change elsewhere. Links to merged
        # objects point to the destination afterwards, so relationships change as well.
        changed = other_side if operation.endswith("Merge") else _counts
        for relation in relationships(own).values():
            if relation.inverse_type in ENTITIES:
                yield Effect(relation.inverse_type, None, tuple(changed(relation)))


def _counts(relation: RelationshipMetadata) -> tuple[str, ...]:
    return counts(relation.inverse_type)


def _id_values(declared: Mapping[str, TypeRef], args: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in args.items():
        if name not in declared or value is None:
            continue
        kind = declared[name].name
        if kind == "ID":
            yield name, value
        elif isinstance(value, dict) and describe_api().types[kind].kind == "INPUT_OBJECT":
            inner = {field.name: field.type for field in describe_api().types[kind].fields.values()}
            yield from _id_values(inner, value)


@cache
def _type_in(name: str) -> str | None:
    """The entity type in a name: `cover_image_id` -> Image."""
    # The longest first: `scene_marker_id` names a marker, and `gallery_chapter` a chapter.
    known = sorted((*ENTITIES, "GalleryChapter"), key=len, reverse=True)
    return next((each for each in known if snake(each) in name), None)


def deleted_by(operation: str, args: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """Type and ids of the objects that a successful `operation` deletes, including the sources of a merge.

    None for other operations. `args` are its arguments as JSON.
    """
    type_name = _deletions().get(operation)
    if type_name is None:
        return None
    values = args.get("input", args)
    ids = values.get("source") or values.get("ids") or [values.get("id")]
    return type_name, [str(one) for one in ids if one is not None]


@cache
def _deletions() -> dict[str, str]:
    """Mutation -> type of the objects it deletes: `sceneDestroy`, `scenesDestroy`, `tagsMerge`, ..."""
    types = {entity.destroy: name for name, entity in ENTITIES.items()}
    for name in (*ENTITIES, "GalleryChapter"):
        stem = f"{name[0].lower()}{name[1:]}"
        types |= {f"{stem}{ending}": name for ending in ("Destroy", "Merge", "sMerge")}
    return {operation: name for operation, name in types.items() if operation in describe_api().mutations}
