"""The server's log as it is written, followed through dropped connections."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashError, StashIntegrationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.client.session import Session, Stream

Line = dict[str, Any]

LOG_DELAY = 1.5
"""Seconds to wait for log lines: the server sends them about once a second."""
KEPT = 30
"""Number of log lines that servers keep in memory, at their configured level (usually Info)."""
_RECENT = 2000
"""Number of returned lines that are remembered, to detect duplicates and gaps."""


def key_of(line: Line) -> tuple[Any, ...]:
    """The time, level and message of a log line, which identify it."""
    return line.get("time"), line["level"], line["message"]


def checked_lines(entries: object) -> list[Line]:
    """`entries`; raises StashIntegrationError for anything but a list of log lines."""
    if not isinstance(entries, list) or not all(map(_is_line, entries)):
        raise StashIntegrationError("The server sent a log that is not a list of log lines.")
    return entries


def _is_line(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("level", "message"))


def moment(text: object) -> datetime | None:
    """Parse an instant; None for other text and for times without a zone."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None


class LogTail:
    """Lines of the server's log from `open` on, oldest first, each once.

    A lost connection is reopened, and lines logged in between are read from those that the server keeps.
    `on_lost` is called with the reason. Raises StashConnectionError when the server stays unreachable.
    """

    def __init__(self, session: Session, on_lost: Callable[[StashError], None] | None = None) -> None:
        self.session = session
        self.has_gap = False
        """Whether the connection was lost since the last lines."""
        self._on_lost = on_lost or (lambda _: None)
        self._stream: Stream | None = None
        self._recent: deque[tuple[Any, ...]] = deque(maxlen=_RECENT)

    async def open(self) -> None:
        """Subscribe to the lines that are logged from now on."""
        stream = self.session.subscribe("loggingSubscribe", reconnect=True)
        stream.on_lost = self._note_gap
        await stream.__aenter__()
        self._stream = stream

    async def read(self) -> tuple[list[Line], bool]:
        """The next lines, and whether they follow the previous ones without a gap."""
        if self._stream is None:
            await self.open()
        stream = self._stream
        assert stream is not None  # noqa: S101 - opened above
        entries = checked_lines(await anext(stream))
        missed, has_no_gap = await self.read_kept() if self.has_gap else ([], True)
        self.has_gap = False
        return [*missed, *self._new(entries)], has_no_gap

    async def read_kept(self, since: datetime | None = None) -> tuple[list[Line], bool]:
        """The new lines among those that the server keeps, and whether there is no gap before them.

        With `since`, a gap before that time does not count.
        """
        kept = checked_lines(await self.session.call("logs", {}))[::-1]  # newest first
        has_no_gap = self._reaches_back(kept, since)
        return self._new(kept), has_no_gap

    def _reaches_back(self, kept: list[Line], since: datetime | None) -> bool:
        """Whether `kept` reach back to the server's start, to `since`, or to a line returned before."""
        if len(kept) < KEPT and (not kept or any(line["level"].lower() == "info" for line in kept)):
            return True
        times = [time for line in kept if (time := moment(line.get("time")))]
        if since is not None and times and min(times) < since:
            return True
        recent = set(self._recent)
        return any(key_of(line) in recent for line in kept)

    def _new(self, lines: list[Line]) -> list[Line]:
        """The lines that were not returned before."""
        known = set(self._recent)
        new = [line for line in lines if key_of(line) not in known]
        self._recent.extend(map(key_of, new))
        return new

    def _note_gap(self, error: StashError) -> None:
        if not self.has_gap:  # reported once, not for every attempt to reconnect
            self._on_lost(error)
        self.has_gap = True

    async def close(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
