"""What belongs to one event loop, such as open connections: made for each loop that asks, closed in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable


class Closable(Protocol):
    """What has to be closed in the loop that used it."""

    async def aclose(self) -> None: ...


T = TypeVar("T", bound=Closable)


class PerLoop(Generic[T]):
    """One `T` for each event loop, whichever thread runs it.

    An asynchronous generator holds each of them: a loop ends those that were started in it before it
    closes, and closes one that nobody refers to any more.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held: dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None, None]]] = {}

    async def get(self) -> T:
        """The one of the running loop."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None:
            for other in [each for each in self._held if each.is_closed()]:
                self._held.pop(other, None)
            made = self._make()
            held = self._held[loop] = made, _hold(made)
            await anext(held[1])
        return held[0]

    async def aclose(self) -> None:
        """Close the one of the running loop; those of others are let go, and not waited for."""
        mine = self._held.pop(asyncio.get_running_loop(), None)
        self._held.clear()
        if mine is not None:
            await mine[1].aclose()


async def _hold(made: Closable) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await made.aclose()
