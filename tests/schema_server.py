"""A server with one schema: validates every document and answers with values of the declared types."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_list_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.pyutils import is_awaitable

from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConnectionError
from stash_cli.core.settings import Connection
from stash_cli.core.transport import GraphQLRequest, GraphQLResponse
from stash_cli.core.transport.base import Subscription

VALUES: dict[str, Any] = {
    "ID": "1",
    "Int": 1,
    "Int64": 1,
    "Float": 1.0,
    "Boolean": True,
    "Time": "2024-01-02T03:04:05Z",
    "Timestamp": "2024-01-02T03:04:05Z",
    "Map": {},
    "BoolMap": {"a": True},
    "PluginConfigMap": {},
    "UIConfig": {},
    "Upload": __file__,
}
"""Scalar -> a value; all others are text."""
FINAL_VALUES = {"JobStatus": "FINISHED", "SystemStatusEnum": "OK"}
"""Enum -> a final state; the first value otherwise."""


def document_errors(schema: GraphQLSchema, document: str, variables: dict[str, Any]) -> list[str]:
    """Validation errors of a document and its variables."""
    parsed, found = parse_and_validate(schema, document)
    for definition in parsed.definitions if not found else ():
        assert isinstance(definition, OperationDefinitionNode)
        values = get_variable_values(schema, definition.variable_definitions or (), variables)
        found = found + ([error.message for error in values] if isinstance(values, list) else [])
    return found


@cache
def parse_and_validate(schema: GraphQLSchema, document: str) -> tuple[DocumentNode, list[str]]:
    """A parsed document and its validation errors."""
    parsed = parse(document)
    return parsed, [error.message for error in validate(schema, parsed)]


class SchemaServer:
    """A transport to a server with one schema; `errors` are rejected documents, `documents` all."""

    url = "http://schema.invalid/graphql"

    def __init__(self, schema: GraphQLSchema, version: str) -> None:
        self.schema, self.version = schema, version
        self.documents: list[str] = []
        self.errors: list[str] = []

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        if "__schema" not in request.document:
            self.documents.append(request.document)
        found = document_errors(self.schema, request.document, request.variables)
        if found:
            self.errors += [f"{message} in {request.document}" for message in found]
            return GraphQLResponse(None, [{"message": message} for message in found])
        answer = execute(
            self.schema,
            parse(request.document),
            variable_values=request.variables,
            field_resolver=self.value,
            type_resolver=lambda _, info, abstract: info.schema.get_possible_types(abstract)[0].name,
        )
        assert not is_awaitable(answer)
        return GraphQLResponse(answer.data, [error.formatted for error in answer.errors or ()])  # type: ignore[misc, union-attr]

    def value(self, _source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
        if info.parent_type.name == "Version" and info.field_name == "version":
            return f"v{self.version}"
        return value_of(info.return_type, info.schema)

    def subscribe(self, request: GraphQLRequest, *, reconnect: bool = False) -> Subscription:
        self.documents.append(request.document)
        self.errors += document_errors(self.schema, request.document, request.variables)
        raise StashConnectionError("there are no websockets here")

    async def download(self, address: str, span: str = "") -> AsyncGenerator[bytes, None]:
        yield f"{address}{span}".encode()

    async def close(self) -> None:
        pass

    def session(self, cache_dir: Any) -> Session:
        return Session(Connection(self.url, cache_dir=cache_dir), self)


def value_of(kind: Any, schema: GraphQLSchema) -> Any:
    """Any value of an output type."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        return [value_of(kind.of_type, schema)]
    named = get_named_type(kind)
    if is_composite_type(named):
        concrete = schema.get_possible_types(named)[0] if is_abstract_type(named) else named
        return {"__typename": concrete.name}
    if is_enum_type(named):
        return FINAL_VALUES.get(named.name, next(iter(named.values)))
    return VALUES.get(named.name, "2024")
