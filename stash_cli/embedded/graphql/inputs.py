"""Coercion of variables, and conversion of single arguments, as the server does it.

Numbers are accepted where text is expected, and digits where a number is. Other values are refused with
the path of the value, in the server's wording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import graphql

from stash_cli.core.texts import is_text
from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Path = tuple[str | int, ...]

MAX_DEPTH = 100
"""Levels of nesting in a variable."""


def coerce_variables(
    schema: graphql.GraphQLSchema, operation: graphql.OperationDefinitionNode, given: Mapping[str, Any]
) -> dict[str, Any]:
    """`given` with leniently accepted scalars converted to their type. Raises GraphQLError."""
    coerced = dict(given)
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind: Any = graphql.type_from_ast(schema, definition.type)
        path = ("variable", name)
        if name in coerced:
            coerced[name] = _coerce(kind, coerced[name], path)
        elif isinstance(kind, graphql.GraphQLNonNull) and definition.default_value is None:
            raise _error("must be defined", path)
    return coerced


def _error(message: str, path: Path) -> graphql.GraphQLError:
    return graphql.GraphQLError(message, path=path)


def _coerce(kind: Any, value: Any, path: Path) -> Any:
    if len(path) > MAX_DEPTH:
        raise _error(f"variables nested deeper than {MAX_DEPTH} levels", path[:2])
    if isinstance(kind, graphql.GraphQLNonNull):
        if value is None:
            raise _error("cannot be null", path)
        return _coerce(kind.of_type, value, path)
    if value is None:
        return None
    return next(
        (coerce(kind, value, path) for kinds, coerce in _COERCERS if isinstance(kind, kinds)),
        value,
    )


def _list(kind: graphql.GraphQLList[Any], value: Any, path: Path) -> Any:
    if not isinstance(value, list):
        # The specification coerces a single value to a list of one.
        return [_coerce(kind.of_type, value, path)]
    return [_coerce(kind.of_type, item, (*path, index)) for index, item in enumerate(value)]


def _object(kind: graphql.GraphQLInputObjectType, value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        raise _error(f"must be a {kind.name}, not a {_go_kind(value)}", path)
    for name in value:
        if name not in kind.fields:
            raise _error("unknown field", (*path, name))
    for name, field in kind.fields.items():
        required = isinstance(field.type, graphql.GraphQLNonNull) and field.default_value is graphql.Undefined
        if required and name not in value:
            raise _error("must be defined", (*path, name))
    return {name: _coerce(kind.fields[name].type, item, (*path, name)) for name, item in value.items()}


def _enum(kind: graphql.GraphQLEnumType, value: Any, path: Path) -> Any:
    if not isinstance(value, str):
        raise _error(f"enums must be ints or strings, not {_go_kind(value)}", path)
    if value not in kind.values:
        raise _error(f"{value} is not a valid {kind.name}", path)
    return value


def _scalar(kind: graphql.GraphQLScalarType, value: Any, path: Path) -> Any:
    """Coerce a built-in scalar; custom scalars are validated by their own parser."""
    if not is_text(value):
        raise _error("is not text: it holds bytes that are not UTF-8", path)
    if kind.name in COERCIONS:
        value = COERCIONS[kind.name](value)
        if not _ACCEPTED[kind.name](value):
            raise _error(f"cannot use {_go_kind(value)} as {kind.name}", path)
        return value
    try:
        kind.parse_value(value)
    except (ValueError, TypeError) as problem:
        raise _error(str(problem), path) from problem
    return value


_COERCERS: tuple[tuple[Any, Callable[[Any, Any, Path], Any]], ...] = (
    (graphql.GraphQLList, _list),
    (graphql.GraphQLInputObjectType, _object),
    (graphql.GraphQLEnumType, _enum),
    (graphql.GraphQLScalarType, _scalar),
)


def _go_kind(value: Any) -> str:
    # The server's messages name the Go types of JSON values.
    kinds = {bool: "bool", int: "int", float: "float64", str: "string", list: "slice", dict: "map"}
    return kinds.get(type(value), type(value).__name__)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _integer(value: Any) -> Any:
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


def _unchanged(value: Any) -> Any:
    return value


COERCIONS: dict[str, Callable[[Any], Any]] = {
    "String": _text,
    "Int": _integer,
    "Int64": _integer,
    "Float": _number,
    "Boolean": _unchanged,
    "ID": _unchanged,
}


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # GraphQL limits Int to 32 bits; the server's Int is a 64-bit integer of Go.
    return float(value).is_integer() and -(1 << 63) <= value < 1 << 63


_ACCEPTED: dict[str, Callable[[Any], bool]] = {
    "String": lambda value: isinstance(value, str),
    "Int": _is_integer,
    "Int64": _is_integer,
    "Float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "Boolean": lambda value: isinstance(value, bool),
    "ID": lambda value: isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)),
}


def to_id(value: Any, what: str = "id") -> int:
    """The integer of an id; `what` names the field in the refusal."""
    text = str(value)
    try:
        return int(text)
    except ValueError:
        raise Refused(f'converting {what}: strconv.Atoi: parsing "{text}": invalid syntax') from None


def to_ids(values: Iterable[Any] | None, what: str) -> list[int]:
    """The integers of a list of ids; null is the empty list."""
    return [to_id(value, what) for value in values or ()]


def to_reference(value: Any, what: str, *, creating: bool) -> int | None:
    """The integer of a single `*_id` field, or None for null, and for "" in a create input."""
    # As on the server: a create treats an empty id as absent, an update tries to convert it.
    if value is None or (creating and value == ""):
        return None
    if value == "":
        raise Refused(f'converting {what}: converting  to int: strconv.Atoi: parsing "": invalid syntax')
    return to_id(value, what)


def trimmed(value: Any) -> str:
    """Text without surrounding whitespace; null is ""."""
    return "" if value is None else str(value).strip()


def null_refused(kind: str) -> Refused:
    """The refusal of a null for a NOT NULL column."""
    return Refused(f"Internal system error. Error <null value not allowed in optional {kind}>")
