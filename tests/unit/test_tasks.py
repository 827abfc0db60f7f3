"""Cancellation of asyncio tasks."""

from __future__ import annotations

import asyncio

from support import run

from stash_cli.core.tasks import cancel_tasks


def test_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    """As one in which anyio opens a connection at that moment."""
    lost = []

    async def poll() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(1)

    async def main() -> bool:
        task = asyncio.create_task(poll())
        await asyncio.sleep(0)
        await cancel_tasks([task], interval=0.01)
        return task.cancelled()

    assert run(asyncio.wait_for(main(), 30))
    assert lost == [1]


def test_errors_of_cancelled_tasks_are_dropped() -> None:
    async def fail() -> None:
        raise ValueError

    async def main() -> BaseException | None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await cancel_tasks([task])
        await cancel_tasks([])
        return task.exception()

    assert isinstance(run(main()), ValueError)
