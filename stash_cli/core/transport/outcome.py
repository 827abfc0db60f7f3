"""Outcome of requests: delivery, whether a mutation may have been executed, and retries."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from stash_cli.core import errors
from stash_cli.core.log import logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.base import GraphQLRequest


_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSALS = _REDIRECTS | {*range(400, 408), 410, 411, 413, 414, 415, 417, 421, 422, 426, 428, 429, 431, 451}
"""Statuses of requests that were refused before they were executed; any other status does not prove that."""
_NOT_EXECUTED = (
    errors.StashUsageError,
    errors.StashVersionError,
    errors.StashAuthenticationError,
    errors.StashSystemNotReadyError,
)


def may_be_executed(error: errors.StashError) -> bool:
    """Whether the server may have executed a mutation that failed with `error`."""
    if isinstance(error, errors.StashUnknownOutcomeError):
        return True
    if error.delivery in (None, errors.Delivery.NOT_STARTED) or isinstance(error, _NOT_EXECUTED):
        return False
    # An error at the root means that the operation failed. An error below the root concerns a field of the
    # result, which is resolved after the operation was executed.
    if isinstance(error, errors.StashGraphQLError):
        return is_below_root(error)
    return error.status not in _REFUSALS


def is_below_root(error: errors.StashGraphQLError) -> bool:
    """Whether only fields of the result failed: the operation is executed before these are resolved."""
    return bool(error.errors) and all(len(each.get("path") or ()) > 1 for each in error.errors)


def as_unknown_outcome(request: GraphQLRequest, error: errors.StashError) -> errors.StashError:
    """`error`, or StashUnknownOutcomeError for a mutation that may have been done."""
    if (
        isinstance(error, errors.StashUnknownOutcomeError)
        or not request.is_mutation
        or not may_be_executed(error)
    ):
        return error
    return unknown_outcome(error.message, error)


def unknown_outcome(message: str, cause: errors.StashError | None = None) -> errors.StashUnknownOutcomeError:
    """The error for a mutation that may have been done."""
    unknown = errors.StashUnknownOutcomeError(
        f"{message.rstrip('.')}. The operation was sent and may have been done.",
        hint="Check whether the change was made before you send it again.",
        delivery=(cause and cause.delivery) or errors.Delivery.ANSWER_BEGUN,
    )
    unknown.status = cause.status if cause else None
    unknown.__cause__ = cause
    return unknown


def check_read_only(connection: Connection, request: GraphQLRequest) -> None:
    """On a read-only connection, refuse anything that is not provably a query or a subscription."""
    if connection.mirror_of and request.is_mutation:
        raise errors.StashUsageError(
            f"The mirror of {connection.mirror_of} is only read: nothing was sent.",
            hint="Leave out --mirror to change the server itself.",
        )
    if connection.read_only and request.is_mutation:
        name = connection.protected_by
        hint = f"read_only is set in the profile {name}; --server URL does without the profile."
        raise errors.StashUsageError(
            "This connection is read-only: nothing was sent.", hint=hint if name else None
        )


_DELIVERY = {
    # Recorded before the write begins, because a part may have been written when it fails.
    "send_request_headers.started": errors.Delivery.HEADERS_WRITTEN,
    "send_request_body.complete": errors.Delivery.BODY_WRITTEN,
    "receive_response_headers.complete": errors.Delivery.ANSWER_BEGUN,
}


class Progress:
    """The record of one attempt to send a request.

    With `seconds` it also limits the duration of the attempt: from the first byte written or, for a request
    with files, from the last one, to the last byte read. `clock` is the `asyncio.timeout(None)` that is
    rescheduled when that period begins.
    """

    def __init__(self, seconds: float | None = None, *, carries_files: bool = False) -> None:
        self.clock: asyncio.Timeout | None = None
        self._seconds = seconds
        self._starts = errors.Delivery.BODY_WRITTEN if carries_files else errors.Delivery.HEADERS_WRITTEN
        self.delivery = errors.Delivery.NOT_STARTED
        self.handled = sys.exception()
        """The exception being handled by the caller, which belongs to another request."""
        self._is_tunnel = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Receive an event of httpcore's `trace` extension.

        The CONNECT request to a proxy is reported like any other; it is ignored, as the actual request
        follows.
        """
        step = event.partition(".")[2]
        if step == "send_request_headers.started":
            self._is_tunnel = info["request"].method == b"CONNECT"
        if step in _DELIVERY and not self._is_tunnel:
            self.set_delivery(_DELIVERY[step])

    def set_delivery(self, delivery: errors.Delivery) -> None:
        """Record the progress of the request."""
        self.delivery = delivery
        if delivery is self._starts and self.clock is not None and self._seconds is not None:
            self.clock.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def mark(self, error: BaseException) -> None:
        """Set `delivery` on the exception that ended the attempt."""
        error.__dict__["delivery"] = self.delivery


R = TypeVar("R")


class Backoff(NamedTuple):
    """Growing pauses in seconds, with random jitter so that clients do not retry in step."""

    attempts: int = 3
    first: float = 0.15
    factor: float = 2.5
    longest: float = 15.0

    def pauses(self) -> Iterator[float]:
        """One pause for each further attempt."""
        for number in range(self.attempts - 1):
            pause = min(self.longest, self.first * self.factor**number)
            yield pause * random.uniform(0.6, 1.2)  # noqa: S311 - not a secret


QUICK = Backoff()
"""For connections: under a second in total, so that a dead server is reported at once."""
PATIENT = Backoff(attempts=6, first=0.2)
"""For a locked database: its writer is busy for some seconds at most."""


RATE_LIMITED = Backoff(attempts=3, first=0.8)
"""For a rate limit (status 429) without Retry-After."""
_TOO_MANY = 429


async def retrying(request: GraphQLRequest, send: Callable[[], Awaitable[R]], longest: float) -> R:
    """Await `send()`, and retry as long as that is safe and may help.

    Pauses that the server requests by Retry-After are observed up to `longest` seconds in total. Without
    them, the number of attempts and the pauses are those of QUICK, PATIENT or RATE_LIMITED.
    """
    pauses = {policy: policy.pauses() for policy in (QUICK, PATIENT, RATE_LIMITED)}
    while True:
        try:
            return await send()
        except (errors.StashConnectionError, errors.StashLockedError) as error:
            if not may_repeat(request, error):
                raise
            requested = error.retry_after if isinstance(error, errors.StashConnectionError) else None
            # Without Retry-After, or with 0 seconds, the policy limits the number of attempts.
            pause = requested or next(pauses[_policy(error)], None)
            if pause is None or (requested and requested > longest):
                raise
            longest -= requested or 0.0
            logger.info("%s Trying again in %.1f s.", error.message, pause)
            delivery = error.delivery
        try:
            await asyncio.sleep(pause)
        except asyncio.CancelledError as stopped:
            # Cancelled in the pause: the delivery of the request is that of its last attempt.
            stopped.__dict__["delivery"] = delivery
            raise


def _policy(error: errors.StashError) -> Backoff:
    if isinstance(error, errors.StashLockedError):
        return PATIENT
    return RATE_LIMITED if error.status == _TOO_MANY else QUICK


def may_repeat(request: GraphQLRequest, error: errors.StashError) -> bool:
    """Whether it is safe to send `request` again after `error`, and the error is transient.

    Always for a query. For a mutation if it never reached the server, or if its only root field was refused
    by a locked database: with several root fields those before the refused one are done, and an error below a
    root field occurs after the mutation is done.
    """
    if isinstance(error, errors.StashConnectionError):
        return error.transient and (not error.sent or not request.is_mutation)
    if not isinstance(error, errors.StashLockedError):
        return False
    return (request.single and error.is_at_root) or not request.is_mutation
