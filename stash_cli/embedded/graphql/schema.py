"""The GraphQL schema, built from the API description."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import graphql

from stash_cli.core.types.api import Api, ApiField, ApiType, TypeRef, describe_api
from stash_cli.embedded.graphql.scalars import scalar_type

if TYPE_CHECKING:
    from collections.abc import Callable


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
        # What newer releases have is no part of the release that the library answers as.
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
