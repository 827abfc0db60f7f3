"""Turns: an object is saved by one task at a time, in whatever thread, so that nothing is sent twice."""

from __future__ import annotations

import threading
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from stash_cli.core.client.lock import Lock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from stash_cli.core.types.entity import StashObject


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
