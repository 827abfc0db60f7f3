"""Resources per event loop, and a background event loop that does not delay the exit of the program."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine


class Closable(Protocol):
    """A resource that must be closed in the loop that used it."""

    async def aclose(self) -> None: ...


C = TypeVar("C", bound=Closable)
T = TypeVar("T")
_STOP_TIMEOUT = 0.5
"""Seconds to wait for an idle thread to end."""


class PerLoop(Generic[C]):
    """One resource per event loop, whichever thread runs the loop.

    Each resource is owned by an asynchronous generator, because `asyncio.run` closes the generators of its
    loop before the loop itself, and a loop closes generators that are garbage-collected.
    """

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._entries: dict[asyncio.AbstractEventLoop, tuple[C, AsyncGenerator[None, None]]] = {}

    async def get(self) -> C:
        """The resource of the running loop, created on first use."""
        loop = asyncio.get_running_loop()
        entry = self._entries.get(loop)
        if entry is None:
            # A closed loop has closed its resource already, by ending the generator.
            for other in [each for each in self._entries if each.is_closed()]:
                self._entries.pop(other, None)
            resource = self._make()
            entry = self._entries[loop] = resource, _owner_of(resource)
            await anext(entry[1])
        return entry[0]

    async def aclose(self) -> None:
        """Close the resource of the running loop; those of other loops are released without waiting."""
        entry = self._entries.pop(asyncio.get_running_loop(), None)
        self._entries.clear()
        if entry is not None:
            await entry[1].aclose()


async def _owner_of(resource: Closable) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await resource.aclose()


class LoopThread:
    """An event loop in a daemon thread, started on first use.

    Threads that a daemon thread starts are daemons as well, including those of its executor.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._running = 0

    @property
    def is_busy(self) -> bool:
        """Whether work is under way, including work that was abandoned by a cancelled caller."""
        return self._running > 0

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the thread and return its result.

        A cancelled caller cancels `work` and does not wait for it.
        """
        return await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(self._counted(work), self._started())
        )

    def stop(self) -> None:
        """End the thread without waiting for work under way; may be called twice."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(_STOP_TIMEOUT)

    async def _counted(self, work: Coroutine[Any, Any, T]) -> T:
        self._running += 1
        try:
            return await work
        finally:
            self._running -= 1

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._thread is None:
                ready = threading.Event()
                self._thread = threading.Thread(
                    target=lambda: asyncio.run(self._serve(ready)), name=self._name, daemon=True
                )
                self._thread.start()
                ready.wait()
        assert self._loop is not None  # noqa: S101 - set before `ready`
        return self._loop

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await self._stop.wait()


async def in_daemon_thread(work: Callable[[], None], name: str) -> None:
    """Run blocking `work` in a daemon thread and wait for it; the exit of the program does not."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def report(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # noqa: BLE001 - raised again in the waiting task
            error = caught
        with suppress(RuntimeError):  # the loop is closed, so no task waits for the result
            loop.call_soon_threadsafe(report, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    await done
