"""Events from worker threads to any number of asynchronous readers, in whatever loop they run."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T = TypeVar("T")

BUFFERED = 100
"""Events kept for a reader that does not keep up; further ones are dropped, as the server does."""


class Subscription(Generic[T]):
    """One reader of a :class:`Broadcast`; an asynchronous iterator bound to the loop it was made in."""

    def __init__(self, broadcast: Broadcast[T]) -> None:
        self._broadcast = broadcast
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[T] = asyncio.Queue(BUFFERED)

    def offer(self, event: T) -> None:
        """Hand over an event from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._put, event)
        except RuntimeError:  # its loop is closed: nobody reads any more
            self.close()

    def _put(self, event: T) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(event)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return await self._queue.get()

    def pending(self) -> list[T]:
        """What has arrived since and can be taken without waiting."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

    def close(self) -> None:
        self._broadcast.forget(self)

    def __enter__(self) -> Subscription[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Broadcast(Generic[T]):
    """A source of events: every reader subscribed at that moment gets each of them, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: list[Subscription[T]] = []

    def subscribe(self) -> Subscription[T]:
        """A new reader; call it inside the event loop that will read."""
        reader = Subscription(self)
        with self._lock:
            self._readers.append(reader)
        return reader

    def publish(self, event: T) -> None:
        """Hand `event` to all readers; callable from every thread, never blocks."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.offer(event)

    def forget(self, reader: Subscription[T]) -> None:
        with self._lock:
            if reader in self._readers:
                self._readers.remove(reader)
