"""Pages on their way: the next ones are asked for while the caller works on one."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_AHEAD = 2
"""Pages on their way at most, so that the server is busy also while an answer is read."""
_TURNS = 8
"""Turns of the event loop within which a request on a kept-alive connection is sent (it takes five)."""


@dataclass(slots=True)
class Prefetch:
    """Reads pages of `size` rows with `fetch(number)` until one is short or `left` rows were read."""

    fetch: Callable[[int], Awaitable[list[Any]]]
    size: int
    left: int | None = None
    ended: bool = False
    sent: int = 0
    received: int = 0
    coming: deque[asyncio.Future[list[Any]]] = field(default_factory=deque)

    async def next(self) -> list[Any]:
        """The next page; unless it was the last one, those after it are on their way when it comes."""
        self._send()
        rows = await self.coming.popleft()
        self.received += 1
        found = rows[: self.left]
        self.left = None if self.left is None else self.left - len(found)
        self.ended = len(rows) < self.size or self.left == 0
        if not self.ended:
            self._send()
            await _let_out()
        return found

    async def close(self) -> None:
        """Give up what is still on its way."""
        for task in self.coming:
            task.cancel()
        await asyncio.gather(*self.coming, return_exceptions=True)

    def _send(self) -> None:
        """Have one page on its way, and more once it shows that there are many."""
        wanted = min(_AHEAD, max(1, self.received))
        if self.left is not None:
            wanted = min(wanted, -(-self.left // self.size))
        while len(self.coming) < wanted:
            self.sent += 1
            self.coming.append(asyncio.ensure_future(self.fetch(self.sent)))


async def _let_out() -> None:
    """Turn the loop until requests are on the wire: the caller's own work may hold the loop from now on."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
