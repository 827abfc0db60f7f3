"""The GraphQL schema, built from the API description, and the parsing of its scalars.

A `Timestamp` becomes an aware datetime; every other scalar keeps its JSON value. Output is not validated,
because resolvers return JSON values: serialising costs nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import graphql
from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLScalarType,
    GraphQLString,
    ValueNode,
    value_from_ast_untyped,
)

from stash_cli.core.types.api import Api, ApiField, ApiType, TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_ABSOLUTE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d|T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.ASCII
)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")


def parse_timestamp(value: Any) -> datetime:
    """Parse RFC 3339, `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` (both UTC), or `<4h` / `>30m` relative to now."""
    if not isinstance(value, str):
        raise TypeError("cannot parse Timestamp: not a string")
    if not value:
        raise ValueError("cannot parse Timestamp: empty string")
    if value[0] in "<>":
        distance = parse_duration(value[1:])
        return datetime.now(UTC) + (-distance if value[0] == "<" else distance)
    try:
        moment = _absolute_time(value)
    except ValueError as failure:
        raise ValueError(f"ParseDateStringAsTime failed: dateString <{value}>") from failure
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _absolute_time(text: str) -> datetime:
    """Parse one of the three absolute forms; `fromisoformat` accepts many more."""
    if _ABSOLUTE_TIME.fullmatch(text) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text)


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `4h`, `30m` or `1h5s`; there is no unit for days, as in Go."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'time: invalid duration "{text}"')
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


def _integer(value: Any) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if is_whole or (isinstance(value, float) and value.is_integer()):
        number = int(value)
        if -(1 << 63) <= number < 1 << 63:
            return number
    raise ValueError(f"cannot use {value!r} as Int")


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is not a map")
    return value


def _booleans(value: Any) -> dict[str, bool]:
    for key, item in _object(value).items():
        if not isinstance(item, bool):
            raise TypeError(f"key {key} ({type(item).__name__}) is not a bool")
    return dict(value)


def _objects(value: Any) -> dict[str, dict[str, Any]]:
    return {key: _object(item) for key, item in _object(value).items()}


def _time(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("time should be RFC3339Nano formatted string")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or "T" not in value.upper():
        raise ValueError(f"time should be RFC3339Nano formatted string: {value}")
    return value


def _unchanged(value: Any) -> Any:
    return value


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "Int": _integer,
    "Int64": _integer,
    "Time": _time,
    "Timestamp": parse_timestamp,
    "Map": _object,
    "Any": _unchanged,
    "BoolMap": _booleans,
    "PluginConfigMap": _objects,
    "Upload": _unchanged,
}
_BUILTIN = {"String": GraphQLString, "Float": GraphQLFloat, "Boolean": GraphQLBoolean, "ID": GraphQLID}


def scalar_type(name: str) -> GraphQLScalarType:
    """The GraphQL scalar type called `name`."""
    if name in _BUILTIN:
        return _BUILTIN[name]
    parse = _PARSERS[name]

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        return parse(value_from_ast_untyped(node, variables))

    scalar = GraphQLScalarType(
        f"{name}64", serialize=_unchanged, parse_value=parse, parse_literal=parse_literal
    )
    # graphql-core reserves the name Int for its own scalar, which is limited to 32 bits.
    scalar.name = name
    return scalar


@cache
def library_schema() -> graphql.GraphQLSchema:
    """The schema of the whole API, built on first use."""
    return SchemaBuilder(describe_api()).build()


class SchemaBuilder:
    """Builds a schema from an API description; types refer to each other by name until they are used."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._types: dict[str, graphql.GraphQLNamedType] = {}
        self._interfaces = {
            member: facts.name
            for facts in api.types.values()
            if facts.kind == "INTERFACE"
            for member in facts.members
        }

    def build(self) -> graphql.GraphQLSchema:
        """The schema; it is assumed valid, because the description is tested against introspections."""
        self._types = {name: self._make(facts) for name, facts in self._api.types.items()}
        return graphql.GraphQLSchema(
            query=self._root("Query", self._api.queries),
            mutation=self._root("Mutation", self._api.mutations),
            subscription=self._root("Subscription", self._api.subscriptions),
            types=list(self._types.values()),
            # Validating the whole schema would slow down every start; tests compare the description with
            # introspections.
            assume_valid=True,
        )

    def _make(self, facts: ApiType) -> graphql.GraphQLNamedType:
        makers: dict[str, Callable[[ApiType], graphql.GraphQLNamedType]] = {
            "SCALAR": lambda facts: scalar_type(facts.name),
            "ENUM": _enum,
            "UNION": self._union,
            "INTERFACE": self._interface,
            "OBJECT": self._object,
            "INPUT_OBJECT": self._input,
        }
        return makers[facts.kind](facts)

    def _root(self, name: str, operations: dict[str, ApiField]) -> graphql.GraphQLObjectType:
        return graphql.GraphQLObjectType(name, partial(self._fields, operations))

    def _object(self, facts: ApiType) -> graphql.GraphQLObjectType:
        def interfaces() -> list[graphql.GraphQLInterfaceType]:
            name = self._interfaces.get(facts.name)
            return [cast("graphql.GraphQLInterfaceType", self._types[name])] if name else []

        return graphql.GraphQLObjectType(
            facts.name,
            lambda: self._fields(facts.fields),
            interfaces=interfaces,
            description=facts.doc or None,
        )

    def _interface(self, facts: ApiType) -> graphql.GraphQLInterfaceType:
        return graphql.GraphQLInterfaceType(
            facts.name,
            lambda: self._fields(facts.fields),
            resolve_type=_type_of,
            description=facts.doc or None,
        )

    def _union(self, facts: ApiType) -> graphql.GraphQLUnionType:
        def members() -> list[graphql.GraphQLObjectType]:
            return [cast("graphql.GraphQLObjectType", self._types[name]) for name in facts.members]

        return graphql.GraphQLUnionType(facts.name, members, resolve_type=_type_of)

    def _input(self, facts: ApiType) -> graphql.GraphQLInputObjectType:
        def fields() -> dict[str, graphql.GraphQLInputField]:
            return {
                field.name: graphql.GraphQLInputField(
                    self._type(field.type), deprecation_reason=field.deprecated
                )
                for field in facts.fields.values()
                if not field.since
            }

        return graphql.GraphQLInputObjectType(facts.name, fields, description=facts.doc or None)

    def _fields(self, fields: dict[str, ApiField]) -> dict[str, graphql.GraphQLField]:
        # Fields of newer releases are not part of the release that the library implements.
        return {field.name: self._field(field) for field in fields.values() if not field.since}

    def _field(self, field: ApiField) -> graphql.GraphQLField:
        args = {
            name: graphql.GraphQLArgument(
                self._type(ref), default_value=field.defaults.get(name, graphql.Undefined)
            )
            for name, ref in field.args.items()
        }
        return graphql.GraphQLField(self._type(field.type), args, deprecation_reason=field.deprecated)

    def _type(self, ref: TypeRef) -> Any:
        text = ref.text
        if text.endswith("!"):
            return graphql.GraphQLNonNull(self._type(type(ref)(text[:-1])))
        if text.startswith("["):
            return graphql.GraphQLList(self._type(type(ref)(text[1:-1])))
        return self._types[text]


def _enum(facts: ApiType) -> graphql.GraphQLEnumType:
    return graphql.GraphQLEnumType(
        facts.name,
        {
            value: graphql.GraphQLEnumValue(value, deprecation_reason=deprecated)
            for value, deprecated in facts.values.items()
        },
    )


def _type_of(value: Any, *_: Any) -> str:
    """The concrete type of a value of an interface or union; rows know theirs."""
    name = value["__typename"] if isinstance(value, dict) else value.type
    return str(name)
