"""What an operation answered, in the shape that the API describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.document import describe
from stash_cli.core.graphql.older import answers as older
from stash_cli.core.graphql.selection import fields_apart

if TYPE_CHECKING:
    from stash_cli.core.graphql.capability import ServerCapabilities


def read(operation: str, value: Any, server: ServerCapabilities) -> Any:
    """The JSON value of an operation that a server answered to a document of ours."""
    result = describe(operation)[1].type.name
    if fields_apart(result):
        value = _joined(value)
    return older.restore(result, value, server) if server.is_older else value


def _joined(value: Any) -> Any:
    """An object of a union, with the fields that were asked for under its type's name as its own."""
    if isinstance(value, list):
        return [_joined(item) for item in value]
    if not isinstance(value, dict):
        return value
    prefix = f"{value.get('__typename')}_"
    return {name.removeprefix(prefix): item for name, item in value.items()}
