"""Work in a thread that is told when nobody waits for its result any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

import anyio
from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive

T = TypeVar("T")


async def while_connected(receive: Receive, work: Callable[[threading.Event], T]) -> T:
    """The result of `work`, run in a thread: the event loop stays free for other requests and sockets.

    The event that it is given is set when the client hangs up, or when this task is cancelled.
    """
    stop = threading.Event()

    async def watch() -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                continue
        finally:
            stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        try:
            result = await run_in_threadpool(work, stop)
        finally:
            stop.set()
            tasks.cancel_scope.cancel()
    return result
