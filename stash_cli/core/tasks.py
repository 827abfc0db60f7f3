"""Cancellation of asyncio tasks: shielding from it, and waiting for its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Iterable

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` to its end, even when this task is cancelled meanwhile.

    CancelledError is then raised after `work` has ended, so that its outcome is known.
    """
    import asyncio

    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # `work` is not cancelled, because half a change would be worse than a late exit.
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()):
            raise error from None
        raise


async def cancel_tasks(tasks: Iterable[asyncio.Future[Any]], *, interval: float = 1.0) -> None:
    """Cancel tasks, wait until they have ended, and drop their errors.

    A task that still runs after `interval` seconds is cancelled again: older releases of anyio, with which
    httpx opens connections, lose a cancellation that arrives while a connection is opened.
    """
    import asyncio

    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        ended, pending = await asyncio.wait(pending, timeout=interval)
        await asyncio.gather(*ended, return_exceptions=True)
