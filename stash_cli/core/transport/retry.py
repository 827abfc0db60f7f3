"""Retries of failed requests: when these are safe, and how often."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from stash_cli.core.errors import StashConnectionError, StashError, StashLockedError
from stash_cli.core.log import logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from stash_cli.core.transport.base import GraphQLRequest

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Backoff:
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


async def retrying(request: GraphQLRequest, send: Callable[[], Awaitable[R]], longest: float) -> R:
    """Await `send()`, with retries as long as these are safe and may help.

    A Retry-After of the server is followed up to `longest` seconds in total.
    """
    quick, patient = QUICK.pauses(), PATIENT.pauses()
    while True:
        try:
            return await send()
        except (StashConnectionError, StashLockedError) as error:
            if not may_repeat(request, error):
                raise
            pause = next(patient if isinstance(error, StashLockedError) else quick, None)
            wanted = error.retry_after if isinstance(error, StashConnectionError) else None
            if pause is None or (wanted or 0.0) > longest:
                raise
            pause = pause if wanted is None else wanted
            longest -= wanted or 0.0
            logger.info("%s Trying again in %.1f s.", error.message, pause)
            delivery = error.delivery
        try:
            await asyncio.sleep(pause)
        except asyncio.CancelledError as stopped:
            # A cancellation in the pause leaves the request where its last attempt ended.
            stopped.__dict__["delivery"] = delivery
            raise


def may_repeat(request: GraphQLRequest, error: StashError) -> bool:
    """Whether it is safe to send `request` again after `error`, and the error is transient.

    Always for a query. For a mutation if it never reached the server, or if its only root field was refused
    by a locked database: with several root fields those before the refused one are done, and an error below a
    root field occurs after the mutation is done.
    """
    if isinstance(error, StashConnectionError):
        return error.transient and (not error.sent or not request.is_mutation)
    if not isinstance(error, StashLockedError):
        return False
    return (request.single and error.is_at_root) or not request.is_mutation
