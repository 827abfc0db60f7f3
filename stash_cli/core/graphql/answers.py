"""What an operation answered, in the shape that the API describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.graphql.document import describe
from stash_cli.core.graphql.older import answers as older

if TYPE_CHECKING:
    from stash_cli.core.graphql.capability import ServerCapabilities


def read(operation: str, value: Any, server: ServerCapabilities) -> Any:
    """The JSON value of an operation that a server answered to a document of ours."""
    result = describe(operation)[1].type.name
    return older.restore(result, value, server) if server.is_older else value
