"""What the server logs while a job runs: its errors are shown afterwards, and may make the job a failure."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashError, StashJobError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.client.stream import Stream

LEVELS = ("error", "warning")
"""Worst first; each takes in those before it."""

LATE = 1.5
"""Seconds that the server may keep lines back; it sends them about once a second."""


@dataclass
class Heard:
    """The lines of the wanted levels."""

    level: str = "error"
    lines: list[dict[str, Any]] = field(default_factory=list)

    def take(self, entries: list[dict[str, Any]]) -> None:
        wanted = LEVELS[: LEVELS.index(self.level) + 1]
        self.lines += [entry for entry in entries if entry["level"].lower() in wanted]


@asynccontextmanager
async def listening(session: Session, runtime: Runtime, fail_on: str | None) -> AsyncIterator[None]:
    """Listen to the server's log during the block, then show its errors.

    Raises StashJobError when `fail_on` is a level and a line of it came. A server without a websocket is
    not listened to.
    """
    import asyncio

    heard = Heard(fail_on or "error")
    stream = session.subscribe("loggingSubscribe", reconnect=True)
    try:
        await stream.__aenter__()
    except StashError as error:
        runtime.streams.detail(f"The server's log cannot be heard: {error.message}")
        yield
        return
    task = asyncio.ensure_future(_hear(stream, heard))
    try:
        yield
        if fail_on:
            await asyncio.sleep(LATE)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await stream.aclose()
        for line in heard.lines:
            runtime.streams.note(f"server: {line['level'].lower()}: {line['message']}")
    if fail_on and heard.lines:
        raise StashJobError(
            f"the job finished, but the server logged {len(heard.lines)} line(s) of {fail_on}"
        )


async def _hear(stream: Stream, heard: Heard) -> None:
    async for entries in stream:
        heard.take(entries)
