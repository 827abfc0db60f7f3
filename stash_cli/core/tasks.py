"""Shielding of asyncio tasks from cancellation until they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which ends even when this task is cancelled meanwhile.

    Raises CancelledError then, after it has ended: what it changed is known.
    """
    import asyncio

    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # Waited for and not cancelled: half a change would be worse than a late exit.
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()):
            raise error from None
        raise
