"""Events from worker threads to asynchronous subscribers, and the library's log."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T = TypeVar("T")

BUFFERED = 100
"""Events buffered for a slow subscriber; further ones are dropped, as on the server."""


class Subscription(Generic[T]):
    """A subscriber of a :class:`Broadcast`: an asynchronous iterator, bound to one event loop.

    `on_event` is called in that loop for every buffered event.
    """

    def __init__(self, broadcast: Broadcast[T], on_event: Callable[[], object] | None = None) -> None:
        self._broadcast = broadcast
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[T] = asyncio.Queue(BUFFERED)

    def offer(self, event: T) -> None:
        """Deliver an event; thread-safe."""
        try:
            self._loop.call_soon_threadsafe(self._put, event)
        # The event loop is closed, so there is no reader any more.
        except RuntimeError:
            self.close()

    def _put(self, event: T) -> None:
        # Blocking would stop the worker thread for a client that does not read.
        if self._queue.full():
            return
        self._queue.put_nowait(event)
        if self._on_event is not None:
            self._on_event()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return await self._queue.get()

    def drain(self, most: int = BUFFERED) -> list[T]:
        """Up to `most` buffered events, without waiting."""
        return [self._queue.get_nowait() for _ in range(min(most, self._queue.qsize()))]

    def close(self) -> None:
        self._broadcast.unsubscribe(self)

    def __enter__(self) -> Subscription[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Broadcast(Generic[T]):
    """A source of events; each subscriber gets every event after its subscription, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: list[Subscription[T]] = []

    @property
    def is_heard(self) -> bool:
        """Whether there are subscribers."""
        with self._lock:
            return bool(self._readers)

    def subscribe(self, on_event: Callable[[], object] | None = None) -> Subscription[T]:
        """Subscribe; must be called in the event loop that reads."""
        reader = Subscription(self, on_event)
        with self._lock:
            self._readers.append(reader)
        return reader

    def publish(self, event: T) -> None:
        """Deliver `event` to all subscribers; thread-safe and non-blocking."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.offer(event)

    def unsubscribe(self, reader: Subscription[T]) -> None:
        with self._lock:
            if reader in self._readers:
                self._readers.remove(reader)


KEPT = 1000
"""Maximum number of stored log entries."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log line: RFC 3339 time, level (Trace, Debug, Info, Warning, Error) and message."""

    time: str
    level: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class LibraryLog:
    """The last thousand log entries; new ones are published to subscribers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self.written: Broadcast[LogEntry] = Broadcast()

    def write(self, level: str, message: str) -> None:
        # As on the server: the log level applies to stored entries, while subscribers get all entries.
        if level == "Debug" and not self.written.is_heard:
            return
        entry = LogEntry(timestamps.now_nano(), level, message)
        if level != "Debug":
            with self._lock:
                self._entries.appendleft(entry)
        self.written.publish(entry)

    def info(self, message: str) -> None:
        self.write("Info", message)

    def warning(self, message: str) -> None:
        self.write("Warning", message)

    def error(self, message: str) -> None:
        self.write("Error", message)

    def entries(self) -> list[LogEntry]:
        """All entries, newest first."""
        with self._lock:
            return list(self._entries)
