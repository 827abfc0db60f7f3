"""What the server logs while a job runs: its errors are shown afterwards, and may make the job a failure."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashError, StashIntegrationError, StashJobError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.session import Session, Stream

LEVELS = ("error", "warning")
"""Worst first; each takes in those before it."""

LATE = 1.5
"""Seconds that the server may keep lines back; it sends them about once a second."""


@dataclass
class Heard:
    """The lines of the wanted levels, from the moment on when the job was added."""

    level: str = "error"
    since: str | None = None
    """When the job was added, by the server's clock as the lines' times are."""
    entries: list[dict[str, Any]] = field(default_factory=list)

    def take(self, entries: object) -> None:
        """Keep what the server sent; raises StashIntegrationError when that is no list of log lines."""
        wanted = LEVELS[: LEVELS.index(self.level) + 1]
        if not isinstance(entries, list) or not all(map(_is_line, entries)):
            raise StashIntegrationError("The server's log is no list of lines.")
        self.entries += [entry for entry in entries if entry["level"].lower() in wanted]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Without those logged before: servers send their log late. Times are told to the second."""
        since = _moment(self.since)
        if since is None:
            return self.entries
        since = since.replace(microsecond=0)
        times = ((entry, _moment(entry.get("time"))) for entry in self.entries)
        return [entry for entry, time in times if time is None or time >= since]


def _is_line(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("level", "message"))


def _moment(text: object) -> datetime | None:
    """An instant; None for what is none, or has no zone."""
    from datetime import datetime

    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


@asynccontextmanager
async def listening(session: Session, runtime: Runtime, fail_on: str | None) -> AsyncIterator[Heard]:
    """Listen to the server's log during the block, then show its errors; the block says since when.

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
        yield heard
        return
    task = asyncio.ensure_future(_hear(stream, heard))
    try:
        yield heard
        if fail_on:
            await asyncio.sleep(LATE)
    finally:
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            runtime.streams.warn(f"the server's log could not be read to the end: {ended}")
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
