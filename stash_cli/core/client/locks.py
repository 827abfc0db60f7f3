"""Synchronisation across event loops and threads: locks, and numbers for requests.

An asyncio lock works within one event loop only, and a threading lock would block the loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from stash_cli.core.orm import state_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from stash_cli.core.types.entity import StashObject


class Lock:
    """An async lock for tasks of any event loop and thread, acquired in FIFO order."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._held = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        with self._state:
            if not self._held:
                self._held = True
                return
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    async def __aexit__(self, *exc: object) -> None:
        self._release()

    def _release(self) -> None:
        """Pass the lock on to the task that has waited longest."""
        with self._state:
            while self._waiting:
                waiter = self._waiting.popleft()
                with suppress(RuntimeError):  # the loop was closed, so no task waits in it
                    # The waiter may belong to the loop of another thread, and only that thread may set its
                    # result.
                    waiter.get_loop().call_soon_threadsafe(self._grant, waiter)
                    return
            self._held = False

    def _grant(self, waiter: asyncio.Future[None]) -> None:
        if waiter.cancelled():
            self._release()
        else:
            waiter.set_result(None)

    def _give_up(self, waiter: asyncio.Future[None]) -> None:
        """Stop waiting; if the lock was granted in the meantime, release it to the next task."""
        with self._state:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
        if not waiter.cancelled():
            self._release()


class ObjectLocks:
    """A lock for each object that is being saved, so that no change is sent twice."""

    def __init__(self) -> None:
        self._locks: dict[int, Lock] = {}
        self._users: dict[int, int] = {}
        self._changing = threading.Lock()

    @asynccontextmanager
    async def hold(self, objects: Iterable[StashObject]) -> AsyncIterator[None]:
        """Hold the locks of all `objects`; the caller keeps the objects alive."""
        async with AsyncExitStack() as stack:
            # Acquired in one global order, so that two batches cannot deadlock.
            for key in sorted({id(state_of(obj).canonical) for obj in objects}):
                await stack.enter_async_context(self._hold_one(key))
            yield

    @asynccontextmanager
    async def _hold_one(self, key: int) -> AsyncIterator[None]:
        with self._changing:
            # Deleted with its last user: a store may save millions of objects in its lifetime.
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


class RequestOrder:
    """A logical clock that numbers requests in strictly increasing order; thread-safe.

    A request takes its number before it is sent, so its response may lack any change with a higher number.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        # Sorted by number, because numbers are inserted in ascending order.
        self._open: dict[int, None] = {}

    def now(self) -> int:
        """A number higher than that of every request sent so far."""
        with self._lock:
            self._last += 1
            return self._last

    @contextmanager
    def request(self) -> Iterator[int]:
        """Yield the number of a request, which is open until its response is merged or discarded."""
        with self._lock:
            self._last += 1
            number = self._last
            self._open[number] = None
        try:
            yield number
        finally:
            with self._lock:
                del self._open[number]

    def oldest(self) -> int:
        """The lowest number of an open request; without one, a number above all so far."""
        with self._lock:
            return next(iter(self._open), self._last + 1)
