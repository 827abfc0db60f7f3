"""Variables as clients send them: a number where text is expected, digits where a number is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    type_from_ast,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLSchema, OperationDefinitionNode

MAX_DEPTH = 100
"""How deep the objects of a variable may nest."""


def soften(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> dict[str, Any]:
    """`given` with the scalars that the server takes leniently in their proper form."""
    softened = dict(given)
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in softened:
            softened[name] = _soften(type_from_ast(schema, definition.type), softened[name], 0)
    return softened


def _soften(kind: Any, value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise GraphQLError(f"variables nested deeper than {MAX_DEPTH} levels")
    if isinstance(kind, GraphQLNonNull):
        return _soften(kind.of_type, value, depth)
    if isinstance(kind, GraphQLScalarType):
        return SOFTENERS.get(kind.name, _keep)(value)
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return [_soften(kind.of_type, item, depth + 1) for item in value]
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        return {
            key: _soften(kind.fields[key].type, item, depth + 1) if key in kind.fields else item
            for key, item in value.items()
        }
    return value


def _keep(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return value
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


SOFTENERS: dict[str, Callable[[Any], Any]] = {
    "String": _text,
    "Int": _whole,
    "Int64": _whole,
    "Float": _number,
}
