"""GraphQL errors: exceptions of resolvers, and error objects with the server's wording."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLInputObjectType
from sqlalchemy.exc import DBAPIError

from stash_cli.core.errors import StashError
from stash_cli.embedded.graphql.schema import library_schema

if TYPE_CHECKING:
    from collections.abc import Callable

PARSE_FAILED, VALIDATION_FAILED = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"
"""Values of `extensions.code` in request errors."""
_LOG = logging.getLogger("stash_cli.embedded")
_SQL_MESSAGES = {"user-defined function raised exception": "a regular expression is too large for its texts"}


class Refused(StashError):  # noqa: N818 - reads as the outcome it is: the operation was refused
    """An operation that is not carried out; the message has the server's wording.

    `original` is the text of the database's error, if the message is a translation of it.
    """

    code = "refused"
    original: str | None = None


class UnsupportedModifier(Refused):
    """A criterion modifier on which the server panics."""

    def __init__(self, kind: str, modifier: str) -> None:
        super().__init__(f"Internal system error. Error <unsupported {kind} {modifier}>")


_QUOTED = re.compile(r"'([$\w.!\[\]]+(?: \{ \.\.\. \})?)'")


def _missing(match: re.Match[str]) -> str:
    owner, name = match["type"], match["field"]
    kind = library_schema().get_type(owner)
    required = kind.fields[name].type if isinstance(kind, GraphQLInputObjectType) else "value"
    return f'Field "{owner}.{name}" of required type "{required}" was not provided.'


_REWORDED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Syntax Error: (?P<rest>.*)", re.DOTALL), lambda found: found["rest"]),
    (
        re.compile(
            r"Expected value of type '(?P<type>\w+)!?' to include required field '(?P<field>\w+)', found: .*",
            re.DOTALL,
        ),
        _missing,
    ),
    (
        re.compile(
            r"Expected value of type '(?P<type>\w+)!?' not to include unknown field '(?P<field>\w+)'"
            r"\.?(?P<hint> Did you mean [^?]*\?)?.*",
            re.DOTALL,
        ),
        lambda found: f'Field "{found[2]}" is not defined by type "{found[1]}".{found[3] or ""}',
    ),
    (
        re.compile(
            r"Expected value of type '[^']+', but encountered error '(?P<reason>.*)'; found: .*", re.DOTALL
        ),
        lambda found: found["reason"],
    ),
)
"""Messages with a wording of their own; all others differ from the server's only in their quotes."""


def server_message(message: str) -> str:
    """The server's wording of a message of graphql-core."""
    for pattern, write in _REWORDED:
        match = pattern.fullmatch(message)
        if match is not None:
            return _QUOTED.sub(r'"\1"', write(match))
    return _QUOTED.sub(r'"\1"', message)


def request_error(failure: GraphQLError, code: str = VALIDATION_FAILED) -> dict[str, Any]:
    """The error object of a request that is not executed: message, path, locations and a code."""
    formatted: dict[str, Any] = {**failure.formatted, "message": server_message(failure.message)}
    members = {key: formatted[key] for key in ("message", "path", "locations") if formatted.get(key)}
    return members | {"extensions": {"code": code}}


def field_error(failure: GraphQLError) -> dict[str, Any]:
    """The error object of a field whose resolver failed: message, path, and the database's text, if any."""
    members = {"message": _message(failure, failure.original_error), "path": list(failure.path or ())}
    original = getattr(failure.original_error, "original", None)
    return members | ({"extensions": {"original": original}} if original else {})


def _message(failure: GraphQLError, original: Exception | None) -> str:
    if isinstance(original, StashError):
        return original.message
    if isinstance(original, DBAPIError):
        return _SQL_MESSAGES.get(str(original.orig), str(original.orig))
    if original is None:
        return failure.message
    # graphql-core names the type and field here; the server has one text for all of them.
    if isinstance(original, TypeError) and str(original).startswith("Cannot return null for non-nullable"):
        return "the requested element is null which the schema does not allow"
    # As on the server, the client gets the text of an unexpected error; the traceback is only logged.
    _LOG.debug("A resolver failed", exc_info=original)
    return f"Internal system error. Error <{original}>"
