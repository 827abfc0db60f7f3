"""Order among tasks of several event loops and threads: locks, and the numbers of requests.

An asyncio lock serves one loop only, and a thread's lock would block a loop.
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
    """`async with lock:` admits one task at a time, first come first served, in whatever thread."""

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
                with suppress(RuntimeError):  # its loop was closed: nobody waits there
                    # The waiter belongs to a loop of another thread, perhaps, and only that thread may set
                    # its result.
                    waiter.get_loop().call_soon_threadsafe(self._grant, waiter)
                    return
            self._held = False

    def _grant(self, waiter: asyncio.Future[None]) -> None:
        if waiter.cancelled():
            self._release()
        else:
            waiter.set_result(None)

    def _give_up(self, waiter: asyncio.Future[None]) -> None:
        """Stop waiting. A lock that was granted already passes to the next task."""
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
        async with AsyncExitStack() as held:
            # In one order for everybody: two batches cannot wait for each other.
            for key in sorted({id(state_of(obj).canonical) for obj in objects}):
                await held.enter_async_context(self._one(key))
            yield

    @asynccontextmanager
    async def _one(self, key: int) -> AsyncIterator[None]:
        with self._changing:
            # Kept only while somebody uses it: a store may save millions of objects in its life.
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
    """A logical clock, whose readings increase strictly; thread-safe.

    A request takes its number before it is sent. So an answer is at least as old as anything with a higher
    number.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        # In the order of the numbers, as they are put in one after the other.
        self._open: dict[int, None] = {}

    def now(self) -> int:
        """A number higher than that of every request sent so far."""
        with self._lock:
            self._last += 1
            return self._last

    @contextmanager
    def request(self) -> Iterator[int]:
        """The number of a request, which is open until its answer is merged or given up."""
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
