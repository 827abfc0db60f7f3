"""A lock for tasks of any event loop: an asyncio lock serves one loop, a thread's lock would stop it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from stash_cli.core.types.entity import StashObject


class Lock:
    """`async with lock:` lets one task in at a time, in the order they came, whichever thread runs them."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._held = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        with self._state:
            if not self._held:
                self._held = True
                return
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    async def __aexit__(self, *exc: object) -> None:
        self._release()

    def _release(self) -> None:
        """Pass the lock on to whoever has waited longest."""
        with self._state:
            while self._waiting:
                turn = self._waiting.popleft()
                with suppress(RuntimeError):  # its loop was closed: nobody waits there
                    turn.get_loop().call_soon_threadsafe(self._grant, turn)
                    return
            self._held = False

    def _grant(self, turn: asyncio.Future[None]) -> None:
        if turn.cancelled():
            self._release()
        else:
            turn.set_result(None)

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        """Wait no longer. What was granted already goes on to the next; what is about to be, will."""
        with self._state:
            if turn in self._waiting:
                self._waiting.remove(turn)
        if not turn.cancelled():
            self._release()


class Turns:
    """A lock for each object that is being saved."""

    def __init__(self) -> None:
        self._locks: dict[int, Lock] = {}
        self._users: dict[int, int] = {}
        self._changing = threading.Lock()

    @asynccontextmanager
    async def of(self, objects: Iterable[StashObject]) -> AsyncIterator[None]:
        """Hold the turn of all `objects`, which the caller keeps alive."""
        async with AsyncExitStack() as held:
            # In one order for everybody: two batches cannot wait for each other.
            for key in sorted({id(obj.canonical) for obj in objects}):
                await held.enter_async_context(self._one(key))
            yield

    @asynccontextmanager
    async def _one(self, key: int) -> AsyncIterator[None]:
        with self._changing:
            lock = self._locks.setdefault(key, Lock())
            self._users[key] = self._users.get(key, 0) + 1
        try:
            async with lock:
                yield
        finally:
            with self._changing:
                self._users[key] -= 1
                if not self._users[key]:
                    del self._users[key], self._locks[key]
