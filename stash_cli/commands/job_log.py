"""The server's log lines of one job, and what they mean for its exit status."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashError, StashIntegrationError, StashJobLogError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.session import Session, Stream

LEVELS = ("error", "warning")
"""Log levels that are told, most severe first; a level includes those before it."""
FAIL_ON = (*LEVELS, "none")

LOG_DELAY = 1.5
"""Seconds to wait for log lines: the server sends them about once a second."""
SHOWN, LONGEST = 10, 300
"""The most lines that are shown, and characters of each."""

Line = dict[str, Any]


@dataclass
class JobLog:
    """The errors and warnings between the start and the end of a job, by the server's clock."""

    since: str | None = None
    until: str | None = None
    entries: dict[tuple[Any, ...], Line] = field(default_factory=dict)

    def add(self, entries: object) -> None:
        """Add lines the server sent; raises StashIntegrationError for anything but a list of log lines."""
        if not isinstance(entries, list) or not all(map(_is_line, entries)):
            raise StashIntegrationError("The server sent a log that is not a list of log lines.")
        # The subscription and the query bring the same lines.
        self.entries |= {(e.get("time"), e["level"], e["message"]): e for e in entries}

    def lines(self, level: str = LEVELS[-1]) -> list[Line]:
        """The lines of `level` and above while the job ran, in order.

        The server sends its log with a delay, so lines of earlier jobs arrive, too. Times are in seconds.
        """
        levels = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()
        found = [(_moment(entry.get("time")), entry) for entry in self.entries.values()]
        first, last = _moment(self.since), _moment(self.until)
        # Times in the server's log have no fraction, so lines of the first second would look too early.
        first = first.replace(microsecond=0) if first else None
        kept = [
            (time, entry)
            for time, entry in found
            if entry["level"].lower() in levels
            and not (time and ((first and time < first) or (last and time > last)))
        ]
        return [entry for time, entry in sorted(kept, key=lambda pair: pair[0].timestamp() if pair[0] else 0)]


def _is_line(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("level", "message"))


def _moment(text: object) -> datetime | None:
    """Parse an instant; None for other text and for times without a zone."""
    from datetime import datetime

    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


@asynccontextmanager
async def job_log(session: Session, runtime: Runtime) -> AsyncIterator[JobLog]:
    """Read the server's log during the block, and its last lines afterwards; the block sets the times.

    Without a websocket only the last lines are read.
    """
    import asyncio

    # Subscribed before the job starts, so that its first lines are not missed.
    log = JobLog()
    stream = session.subscribe("loggingSubscribe", reconnect=True)
    try:
        await stream.__aenter__()
    except StashError as error:
        runtime.streams.detail(f"Cannot read the server's log: {error.message}")
        yield log
        return
    task = asyncio.ensure_future(_read(stream, log))
    try:
        yield log
        await _read_last(session, log)
    finally:
        # The reader ends first, since a stream cannot be closed while it is read.
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            runtime.streams.warn(f"the server's log is incomplete: {ended}")
        await stream.aclose()


async def _read(stream: Stream, log: JobLog) -> None:
    async for entries in stream:
        log.add(entries)


async def _read_last(session: Session, log: JobLog) -> None:
    """Read the lines that were not sent yet: the server keeps a few, which it answers at once."""
    import asyncio

    before = len(log.entries)
    with suppress(StashError):
        last = await session.call("logs", {})
        log.add(last)
        first = _moment(log.since)
        times = [time for line in last if (time := _moment(line.get("time")))]
        if not last or len(log.entries) < before + len(last) or (first and times and min(times) < first):
            return
    # What it keeps does not reach back to the job's start, or to what it has sent.
    await asyncio.sleep(LOG_DELAY)


def shown(line: Line, *, whole: bool = False) -> str:
    """A line for people: its first line, as servers log whole stack traces."""
    text = line["message"] if whole else next(iter(line["message"].strip().splitlines()), "")[:LONGEST]
    return f"server: {line['level'].lower()}: {text}"


def counted(lines: list[Line]) -> str:
    """`1 error and 2 warnings`."""
    numbers = Counter(line["level"].lower() for line in lines)
    return " and ".join(
        f"{numbers[level]} {level}{'' if numbers[level] == 1 else 's'}" for level in LEVELS if numbers[level]
    )


def tell(runtime: Runtime, job_id: str, log: JobLog, fail_on: str) -> None:
    """Note that a job finished, with the lines logged meanwhile.

    Raises StashJobLogError, with the lines, when there are some of level `fail_on`.
    """
    lines, whole = log.lines(), runtime.streams.verbose > 0
    texts = [shown(line, whole=whole) for line in lines[: None if whole else SHOWN]]
    texts += [f"and {len(lines) - SHOWN} more; -v shows all"] if len(texts) < len(lines) else []
    if log.lines(fail_on):
        raise StashJobLogError(f"job {job_id} finished, but the server logged {counted(lines)}", texts)
    for text in texts:
        runtime.streams.note(text)
    more = f"; the server logged {counted(lines)}" if lines else ""
    runtime.streams.note(f"job {job_id} finished{more}")
