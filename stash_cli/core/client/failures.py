"""GraphQL errors as exceptions, with a message of one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashGraphQLError, StashLockedError, StashSystemNotReadyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN = 240
_SQL = re.compile(r"^(?P<before>.*?)error executing `.*[`\]]: (?P<why>.+)$", re.DOTALL)
"""A failed SQL statement: its text and arguments stand between the operation and the cause."""
_NOT_READY = ("nil pointer", "needs migration", "database migration", "schema version", "setup is required")
_REFUSED = re.compile(
    r"Cannot query field|Unknown (argument|type|field)|is not defined (by|in)|unknown field|Unknown directive"
)
_REFUSED_CODES = ("GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED")
_PANIC = re.compile(r"^Internal system error\. Error <(.*)>$", re.DOTALL)

NOT_READY = {
    "SETUP": "The server has not been set up yet.",
    "NEEDS_MIGRATION": "The server's database needs a migration first.",
}


def failure(errors: Sequence[Mapping[str, Any]], data: Mapping[str, Any] | None) -> StashGraphQLError:
    """The exception for the `errors` of a response, with its partial data."""
    # One failed statement is often reported for every row.
    lines = list(dict.fromkeys(_line(error) for error in errors))
    message = "; ".join(lines[:3])
    if len(lines) > 3:  # noqa: PLR2004 - as above
        message += f"; and {len(lines) - 3} more"
    kind = StashLockedError if is_locked(errors) else StashGraphQLError
    return kind(message, errors=errors, data=data)


def is_locked(errors: Sequence[Mapping[str, Any]]) -> bool:
    return any("database is locked" in str(error.get("message")) for error in errors)


def is_refusal(error: StashGraphQLError) -> bool:
    """Whether the document was refused in validation, so that nothing was executed.

    Every error has to be one of validation: an execution error proves that the document was executed.
    """
    if error.data or not error.errors:
        return False
    return all(
        (each.get("extensions") or {}).get("code") in _REFUSED_CODES
        or (not each.get("path") and _REFUSED.search(str(each.get("message"))))
        for each in error.errors
    )


def may_be_unready(error: StashGraphQLError) -> bool:
    """Whether a message is one of those that servers before set-up or migration answer with."""
    return any(mark in str(each.get("message")).lower() for each in error.errors for mark in _NOT_READY)


def not_ready(status: str, cause: str) -> StashSystemNotReadyError:
    """The error for a `systemStatus` that is not OK."""
    return StashSystemNotReadyError(
        NOT_READY.get(status, f"The server is not ready: {cause}"),
        hint="Open its web interface and follow the steps shown there.",
    )


def _line(error: Mapping[str, Any]) -> str:
    """A message without panic wrapping, SQL text and line breaks."""
    text = str(error.get("message") or "the server gave no reason").strip()
    panic = _PANIC.match(text)
    text = panic.group(1) if panic else text
    sql = _SQL.match(text)
    text = f"{sql['before']}{sql['why']}" if sql else text
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
