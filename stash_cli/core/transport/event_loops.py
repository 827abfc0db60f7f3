"""Resources per event loop, and a background event loop that does not delay the end of the program."""

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
    """One resource per event loop, in whatever thread.

    Each is held by an asynchronous generator, because a loop closes the generators that were started in it
    before it closes itself, and those that are no longer referenced.
    """

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._held: dict[asyncio.AbstractEventLoop, tuple[C, AsyncGenerator[None, None]]] = {}

    async def get(self) -> C:
        """The resource of the running loop, created on first use."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None:
            # A closed loop has closed its resource already, by ending the generator.
            for other in [each for each in self._held if each.is_closed()]:
                self._held.pop(other, None)
            made = self._make()
            held = self._held[loop] = made, _hold(made)
            await anext(held[1])
        return held[0]

    async def aclose(self) -> None:
        """Close the resource of the running loop; those of other loops are released without waiting."""
        mine = self._held.pop(asyncio.get_running_loop(), None)
        self._held.clear()
        if mine is not None:
            await mine[1].aclose()


async def _hold(made: Closable) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await made.aclose()


class LoopThread:
    """An event loop in a daemon thread, started on first use.

    Threads started by a daemon thread are daemons as well, those of its executor included.
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
        """The result of `work`; when the caller is cancelled it returns at once and `work` is cancelled."""
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
    """Await blocking work in a daemon thread, for which the end of the program does not wait."""
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
        except BaseException as caught:  # noqa: BLE001 - raised where it is waited for
            error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(report, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    await done
