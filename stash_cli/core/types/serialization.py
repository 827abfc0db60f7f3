"""Serialization by Pydantic: set fields only, related objects by id and name, values inside objects in full.

A relation is dumped with the fields that are selected by default. Objects refer to each other in cycles, and
the other loaded fields of a related object depend on earlier requests; `include` names those to dump.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaSerializer, core_schema

from stash_cli.core.orm.hydrate import bare
from stash_cli.core.types.api import ApiType, describe_api
from stash_cli.core.types.base import ApiObject, StashResult
from stash_cli.core.types.entity import StashObject
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from pydantic import SerializationInfo, SerializerFunctionWrapHandler

    Schema = dict[str, Any]

_ANY = SchemaSerializer(core_schema.any_schema())
"""Serializer of values whose type is not declared."""
_NONE: AbstractSet[str] = frozenset()


def instrument(schema: Any) -> None:
    """Add the serializer of API objects to the core schema of one of them."""
    schema["serialization"] = core_schema.wrap_serializer_function_ser_schema(serialize, info_arg=True)
    for field in _fields(schema).values():
        inner = field["schema"]
        if inner["type"] == "default" and inner.get("default") is UNSET and "serialization" not in inner:
            # Serialized by the value's own type; Pydantic would try each member of the union with UNSET.
            inner["serialization"] = core_schema.simple_ser_schema("any")


def without_unset(schema: Any) -> Any:
    """A core schema without UNSET as default, which JSON Schema cannot express; the fields stay optional."""
    if schema["type"] == "model-fields":
        fields = {
            name: {**field, "schema": _without_default(field["schema"])}
            for name, field in schema["fields"].items()
        }
        return {**schema, "fields": fields}
    return {**schema, "schema": without_unset(schema["schema"])} if "schema" in schema else schema


def describe_properties(schema: Schema) -> None:
    """Convert the properties set by `api()` to JSON Schema, where `deprecated` is a boolean."""
    for field in schema.get("properties", {}).values():
        for name in ("args", "lazy", "input", "since"):
            field.pop(name, None)
        if isinstance(reason := field.get("deprecated"), str):
            field |= {"deprecated": True, "description": reason}


def _without_default(schema: Schema) -> Schema:
    if schema["type"] != "default" or schema.get("default") is not UNSET:
        return schema
    return {key: value for key, value in schema.items() if key != "default"}


def _fields(schema: Schema) -> dict[str, Schema]:
    """The fields in a model's schema, inside those of its validators."""
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    fields: dict[str, Schema] = schema["fields"]
    return fields


def serialize(obj: Any, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
    """The set fields of an object, by Pydantic's own serializer, and its loaded inverse relations."""
    # Pydantic also calls this for values of other types, to try the members of a union.
    if not isinstance(obj, ApiObject):
        return handler(obj)
    dumped = handler(_dumpable(obj, info))
    if not isinstance(obj, StashObject):
        return dumped
    fields = type(obj).model_fields
    related = {name: value for name, value in obj.__dict__.items() if name not in fields}
    return dumped | _inverses(obj, related, info) if related else dumped


def _inverses(obj: StashObject, related: Mapping[str, Any], info: SerializationInfo) -> dict[str, Any]:
    """Inverse relations, which are no fields of the model."""
    known = obj.__pydantic_fields_set__
    values = {
        name: _with_references(value, type(obj), _included(info.include, name), info)
        for name, value in related.items()
        if value is not UNSET and (name in known or not info.exclude_unset)
    }
    # The types of `info.include` and of the argument `include` differ in Pydantic's own annotations.
    chosen: dict[str, Any] = {"include": info.include, "exclude": info.exclude}
    dumped: dict[str, Any] = _ANY.to_python(
        values,
        mode=info.mode,
        by_alias=info.by_alias,
        exclude_unset=info.exclude_unset,
        exclude_none=info.exclude_none,
        **chosen,
    )
    return dumped


def _dumpable(obj: ApiObject, info: SerializationInfo) -> ApiObject:
    """A copy of `obj` with only the values to dump, in the order of declaration."""
    cls, loaded, include = type(obj), obj.__dict__, info.include
    values = {}
    for name in cls.model_fields:
        value = loaded.get(name, UNSET)
        if isinstance(value, list | ApiObject):
            value = _with_references(value, cls, _included(include, name) if include else _NONE, info)
        if value is not UNSET:
            values[name] = value
    return bare(cls, values, obj.__pydantic_fields_set__)


def _with_references(
    value: Any, owner: type[ApiObject], names: AbstractSet[str], info: SerializationInfo
) -> Any:
    """The value of a field with entities replaced by references, which include the fields `names`."""
    if isinstance(value, list):
        return [_with_references(item, owner, names, info) for item in value]
    if isinstance(value, StashObject) and not _embeds(owner, type(value)):
        return _reference(value, names, info)
    return _with_serializer(value) if isinstance(value, ApiObject) else value


def _with_serializer(obj: ApiObject) -> ApiObject:
    """`obj`, after building the serializer of its type: hydration creates objects without one."""
    if not type(obj).__pydantic_complete__:
        type(obj).model_rebuild()
    return obj


@cache
def _embeds(owner: type[ApiObject], cls: type[StashObject]) -> bool:
    """Whether a type dumps objects of another in full: a page its rows, an object its files."""
    return issubclass(owner, StashResult) or (_declared(cls).is_file and not _declared(owner).is_file)


def _reference(obj: StashObject, names: AbstractSet[str], info: SerializationInfo) -> Any:
    """The id and name of an object; with `names` an object that holds these fields as well."""
    loaded, reference = obj.__dict__, _declared(type(obj)).reference
    if names:
        values = {name: loaded[name] for name in (*reference, *sorted(names)) if name in loaded}
        return _with_serializer(bare(type(obj), values, obj.__pydantic_fields_set__))
    empty = (UNSET, None) if info.exclude_none else (UNSET,)
    return {name: value for name in reference if (value := loaded.get(name, UNSET)) not in empty}


def _included(include: Any, name: str) -> AbstractSet[str]:
    """The fields that Pydantic's argument `include` names below a field."""
    return _names_in(include[name]) if isinstance(include, Mapping) and name in include else _NONE


def _names_in(spec: Any) -> AbstractSet[str]:
    if isinstance(spec, Mapping):
        inside = (_names_in(each) for key, each in spec.items() if key == "__all__" or isinstance(key, int))
        return {key for key in spec if isinstance(key, str) and key != "__all__"}.union(*inside)
    return {key for key in spec if isinstance(key, str)} if isinstance(spec, AbstractSet) else _NONE


@cache
def _declared(cls: type[ApiObject]) -> ApiType:
    """The description of a class, or of the API type that it extends."""
    types = describe_api().types
    return next((types[base.__name__] for base in cls.__mro__ if base.__name__ in types), ApiType("", {}))
