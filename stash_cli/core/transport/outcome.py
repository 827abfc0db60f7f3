"""Outcome of failed requests: whether a mutation may have been done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import (
    Delivery,
    StashAuthenticationError,
    StashError,
    StashGraphQLError,
    StashSystemNotReadyError,
    StashUnknownOutcomeError,
    StashUsageError,
    StashVersionError,
)

if TYPE_CHECKING:
    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.base import GraphQLRequest

_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSALS = _REDIRECTS | {*range(400, 408), 410, 411, 413, 414, 415, 417, 421, 422, 426, 428, 429, 431, 451}
"""Statuses with which a request was refused before any work; all others leave that open."""
_NOT_EXECUTED = (StashUsageError, StashVersionError, StashAuthenticationError, StashSystemNotReadyError)


def may_be_done(error: StashError) -> bool:
    """Whether the server may have executed a mutation that failed with `error`."""
    if isinstance(error, StashUnknownOutcomeError):
        return True
    if error.delivery in (None, Delivery.NOT_STARTED) or isinstance(error, _NOT_EXECUTED):
        return False
    if isinstance(error, StashGraphQLError):
        return is_below_root(error)
    return error.status not in _REFUSALS


def is_below_root(error: StashGraphQLError) -> bool:
    """Whether only fields of the result failed: the operation is executed before these are resolved."""
    return bool(error.errors) and all(len(each.get("path") or ()) > 1 for each in error.errors)


def as_unknown_outcome(request: GraphQLRequest, error: StashError) -> StashError:
    """`error`, or StashUnknownOutcomeError for a mutation that may have been done."""
    if isinstance(error, StashUnknownOutcomeError) or not request.is_mutation or not may_be_done(error):
        return error
    return unknown_outcome(error.message, error)


def unknown_outcome(message: str, cause: StashError | None = None) -> StashUnknownOutcomeError:
    """The error for a mutation that may have been done."""
    made = StashUnknownOutcomeError(
        f"{message.rstrip('.')}. The operation was sent and may have been done.",
        hint="Look whether the change is there before you send it again.",
        delivery=(cause and cause.delivery) or Delivery.ANSWER_BEGUN,
    )
    made.status = cause.status if cause else None
    made.__cause__ = cause
    return made


def check_read_only(connection: Connection, request: GraphQLRequest) -> None:
    """On a read-only connection, refuse anything that is not provably a query or a subscription."""
    if connection.read_only and request.is_mutation:
        raise StashUsageError("This connection is read-only: nothing was sent.")
