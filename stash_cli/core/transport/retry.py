"""When and how often a failed request is sent again."""

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
    """Growing pauses in seconds, each cut or stretched at random so that clients do not march in step."""

    attempts: int = 3
    first: float = 0.15
    factor: float = 2.5
    longest: float = 15.0

    def pauses(self) -> Iterator[float]:
        """One pause per further attempt."""
        for number in range(self.attempts - 1):
            pause = min(self.longest, self.first * self.factor**number)
            yield pause * random.uniform(0.6, 1.2)  # noqa: S311 - not a secret


QUICK = Backoff()
"""Connections: under a second in total, so that a dead server is reported at once."""
PATIENT = Backoff(attempts=6, first=0.2)
"""A locked database: its writer is busy for some seconds at most."""


async def retrying(request: GraphQLRequest, send: Callable[[], Awaitable[R]], longest: float) -> R:
    """Await `send()`, again after a pause for as long as that is safe and may help.

    A pause that the server asks for is made when it is not above `longest` seconds.
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
            stopped.__dict__["delivery"] = delivery
            raise


def may_repeat(request: GraphQLRequest, error: StashError) -> bool:
    """Whether sending `request` again is safe, and `error` one that may pass.

    A query is always safe. A mutation is when it never reached the server, or when its only root field was
    refused by a locked database: root fields before a refused one are done and stay done, and what failed
    below a root field was read after that was done.
    """
    if isinstance(error, StashConnectionError):
        return error.transient and (not error.sent or not request.is_mutation)
    if not isinstance(error, StashLockedError):
        return False
    return (request.single and error.is_at_root) or not request.is_mutation
