"""An object of every API type with every field, loaded from a response or constructed."""

from __future__ import annotations

from typing import Any

from write_samples import PICTURE

from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.relationship import inverses
from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types.api import ApiField, ApiType, TypeRef, describe_api

_SCALARS: dict[str, Any] = {
    "Any": {"list": [1, "x", None]},
    "BoolMap": {"on": True},
    "Boolean": True,
    "Float": 2.5,
    "ID": "1",
    "Int": 7,
    "Int64": 2**40,
    "Map": {"height": 1, "more": {"list": [1]}},
    "PluginConfigMap": {"plugin": {"a": 1}},
    "String": "text",
    "Time": "2024-01-02T03:04:05+02:00",
    "Timestamp": "2024-01-02T03:04:05Z",
    "Upload": __file__,
}
_TEXTS = {"date": "2024-03", "birthdate": "1990-02-03", "death_date": "2020"}
_TEXTS |= dict.fromkeys(("image", "cover_image", "front_image", "back_image"), PICTURE)
_DEPTH = 1
"""Nesting depth of complete objects. Every entity has id 1, so that relations are circular."""

COMPOSITE = [
    t.name for t in describe_api().types.values() if t.kind in ("OBJECT", "INTERFACE", "INPUT_OBJECT")
]
"""Names of all types that are models."""
ENTITIES = [name for name in COMPOSITE if describe_api().types[name].is_entity]


def row(name: str, depth: int = 0) -> dict[str, Any]:
    """A value of a composite type as JSON, with every field that the depth allows."""
    declared = describe_api().types[name]
    if declared.members:
        return row(declared.members[-1], depth)
    if declared.is_entity and depth > _DEPTH:
        return {"id": "1", **dict.fromkeys(declared.reference[1:], "text")}
    fields = [field for field in declared.fields.values() if depth < _DEPTH or _is_needed(declared, field)]
    typename = {} if declared.kind == "INPUT_OBJECT" else {"__typename": declared.name}
    return typename | {field.name: _value(field.type, field.name, depth) for field in fields}


def _is_needed(declared: ApiType, field: ApiField) -> bool:
    """Whether a field is included at any depth: scalars, links of values, required input fields."""
    inner = describe_api().types[field.type.name]
    if inner.kind in ("SCALAR", "ENUM"):
        return True
    return (
        field.type.required if declared.kind == "INPUT_OBJECT" else inner.is_entity and not declared.is_entity
    )


def _value(ref: TypeRef, name: str, depth: int) -> Any:
    declared = describe_api().types[ref.name]
    if declared.kind == "SCALAR":
        value = _TEXTS.get(name, "text") if ref.name == "String" else _SCALARS[ref.name]
    elif declared.kind == "ENUM":
        value = next(iter(declared.values))
    else:
        value = row(ref.name, depth + 1)
    for _ in range(len(ref.text) - len(ref.text.lstrip("["))):
        value = [value]
    return value


def loaded_object(name: str) -> Any:
    """An object loaded from a response; entities with inverse relations, referring to each other."""
    cls, identity = class_named(name), IdentityMap()
    if name not in ENTITIES:
        return (
            cls.from_graphql(row(name))
            if describe_api().types[name].kind != "INPUT_OBJECT"
            else constructed_object(name)
        )
    obj = identity.load(cls, row(name))  # type: ignore[arg-type]
    for inverse, (target, _) in inverses(name).items():
        merge_answer(obj, {inverse: [identity.load(class_named(target), row(target))]})
    return obj


def constructed_object(name: str) -> Any:
    """An object constructed from keyword values."""
    return class_named(name).model_validate(row(name))
