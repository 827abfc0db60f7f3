"""The server's log while a job runs: which lines are the job's, and what they mean for its outcome."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.log_tail import LOG_DELAY, Line, LogTail, checked_lines, key_of, moment
from stash_cli.core.errors import StashError
from stash_cli.core.log import logger
from stash_cli.core.tasks import cancel_tasks
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Container, Iterable, Sequence

    from stash_cli.core.client.jobs import Job
    from stash_cli.core.client.session import Session

LEVELS = ("error", "warning")
"""Reported log levels, most severe first; selecting a level includes the more severe ones."""
FAIL_ON = ("error", "new", "warning", "none")

_SECOND = timedelta(seconds=1)

HARMLESS = (
    # A subtitle file of a new video: the server opens a nested transaction, logs the stack trace and the
    # error, and continues.
    re.compile(r"\Agoroutine \d+ \[running\]:.*AssociateCaptions", re.DOTALL),
    re.compile(r"\Aalready in transaction\Z"),
    # A folder for generated files that was never created.
    re.compile(r"\Aerror cleaning \w+ files: lstat .*: no such file or directory\Z"),
    # A client that disconnected during a response.
    re.compile(r"write: broken pipe|connection reset by peer|context canceled\Z"),
)
"""Messages that servers log as errors though nothing is wrong."""
_PLAYBACK = re.compile(r"\A\[(?:transcode|stream|dlna)\]", re.IGNORECASE)
"""Messages about media playback, which belongs to no job."""
_SKIPPED = re.compile(r"\ASkipping ")
_VARYING = re.compile(r"0x[0-9a-f]+|\b\d+(?:\.\d+)?(?:ms|µs|ns|s)\b|\A(goroutine) \d+")
"""Parts of a message that differ from run to run: addresses and durations."""


def first_line(message: str) -> str:
    """The first line of a message: servers log whole stack traces."""
    return next(iter(message.strip().splitlines()), "")


def signature(line: Line) -> str:
    """First line of a message without its varying parts: equal whenever the same error is logged."""
    return _VARYING.sub("#", first_line(line["message"]))


@dataclass(frozen=True, slots=True)
class LogSummary:
    """The log lines of one job: the relevant `lines`, and the numbers of the others.

    `known` errors were also logged by the previous run, `ignored` lines are harmless or match an ignore
    pattern, `elsewhere` lines are about media playback, `skipped` lines are about files that the server
    skipped.
    """

    lines: list[Line]
    known: int = 0
    ignored: int = 0
    elsewhere: int = 0
    skipped: int = 0

    def of_level(self, level: str) -> list[Line]:
        """The lines of `level` and more severe ones; none for "none"."""
        levels = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()
        return [line for line in self.lines if line["level"].lower() in levels]

    def fails(self, fail_on: str) -> bool:
        """Whether these lines fail the job under `--fail-on-log`; for "new", `lines` exclude known errors."""
        return bool(self.of_level("error" if fail_on == "new" else fail_on))

    def counted(self) -> str:
        """`1 error and 2 warnings (3 known)`; "" without any."""
        numbers = Counter(line["level"].lower() for line in self.lines)
        reported = " and ".join(counted(numbers[level], level) for level in LEVELS if numbers[level])
        others = {"known": self.known, "ignored": self.ignored, "of something else": self.elsewhere}
        more = ", ".join(f"{count} {what}" for what, count in others.items() if count)
        if not more:
            return reported
        return f"{reported} ({more})" if reported else f"no new errors ({more})"

    def facts(self) -> dict[str, int]:
        """The counts as JSON."""
        numbers = Counter(line["level"].lower() for line in self.lines)
        return {
            "errors": numbers["error"],
            "warnings": numbers["warning"],
            "known": self.known,
            "ignored": self.ignored,
            "elsewhere": self.elsewhere,
            "skipped": self.skipped,
        }


def matters(line: Line) -> bool:
    """Whether a line is stored: errors, warnings and skipped files."""
    level = line["level"].lower()
    return level in LEVELS or (level == "info" and bool(_SKIPPED.match(line["message"])))


@dataclass(eq=False)
class JobLog:
    """Log lines between the start and the end of a job, by the server's clock.

    The server sends its log with a delay, so lines of earlier jobs arrive too; they are filtered out. `keep`
    is the predicate for lines to store.
    """

    since: datetime | None = None
    until: datetime | None = None
    keep: Callable[[Line], bool] = matters
    is_complete: bool = True
    """Whether the log could be read to its end."""
    entries: dict[tuple[Any, ...], Line] = field(default_factory=dict)
    _others: dict[str, datetime] = field(default_factory=dict)
    """Start times of other jobs."""

    def set_window(self, job: Job) -> None:
        """Set the window to the job's start and end; before a queued job starts, its add time is used."""
        self.since = moment(job.get("startTime")) or moment(job.get("addTime"))
        self.until = moment(job.get("endTime"))

    def note_other(self, job: Job) -> None:
        """Record the start of another job: lines logged from then on belong to that job."""
        if started := moment(job.get("startTime")):
            self._others[str(job["id"])] = started

    def add(self, entries: object) -> None:
        """Add lines the server sent; raises StashIntegrationError for anything but a list of log lines."""
        # Keyed by content, because the subscription and the query return the same lines.
        self.entries |= {key_of(line): line for line in checked_lines(entries) if self.keep(line)}

    def lines(self) -> list[Line]:
        """The stored lines of the job, in order."""
        timed = [(moment(entry.get("time")), entry) for entry in self.entries.values()]
        own = [(time, entry) for time, entry in timed if time is None or self._is_in_window(time)]
        return [entry for time, entry in sorted(own, key=lambda pair: pair[0].timestamp() if pair[0] else 0)]

    def _is_in_window(self, time: datetime) -> bool:
        """Whether a line of this time belongs to the job, with a tolerance of one second after its end.

        Times without a fraction are truncated to the second, so lines of the first second seem to precede the
        start.
        """
        first = self.since.replace(microsecond=0) if self.since and not time.microsecond else self.since
        if first is not None and time < first:
            return False
        if self.until is None or time <= self.until:
            return True
        # Servers run one job at a time, so the next one may start within the tolerance.
        next_start = min((other for other in self._others.values() if other >= self.until), default=None)
        return time <= self.until + _SECOND and (next_start is None or time < next_start)

    def summary(
        self, ignore: Sequence[re.Pattern[str]] = (), known: Container[str] | None = None
    ) -> LogSummary:
        """Summarise the lines; `known` holds the signatures of the previous run's errors."""
        lines, counts = [], Counter[str]()
        for line in self.lines():
            counts[category := _category(line, ignore, known)] += 1
            if not category:
                lines.append(line)
        del counts[""]
        return LogSummary(lines, **counts)

    def signatures(self, ignore: Sequence[re.Pattern[str]] = ()) -> set[str]:
        """Signatures of the errors that are not ignored."""
        return {signature(line) for line in self.summary(ignore).of_level("error")}


def _category(line: Line, ignore: Iterable[re.Pattern[str]], known: Container[str] | None) -> str:
    """The field of LogSummary that counts a line; "" for one of its `lines`."""
    message, level = line["message"], line["level"].lower()
    if level not in LEVELS:
        return "skipped"
    # A user may watch a scene while the job runs; playback errors are not caused by the job.
    if _PLAYBACK.match(message):
        return "elsewhere"
    if any(pattern.search(message) for pattern in (*HARMLESS, *ignore)):
        return "ignored"
    return "known" if known is not None and level == "error" and signature(line) in known else ""


class LogReader:
    """Reads the server's log into a JobLog, from `open` to `read_last`."""

    def __init__(self, session: Session, log: JobLog) -> None:
        self.log = log
        self._tail = LogTail(session)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Subscribe; without a websocket only the last lines are read."""
        import asyncio

        try:
            await self._tail.open()
        except StashError as error:
            self._fail(error)
            return
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                self._add(*await self._tail.read())
        except StashError as error:
            self._fail(error)

    def _add(self, lines: list[Line], has_no_gap: bool) -> None:
        self.log.add(lines)
        self.log.is_complete = self.log.is_complete and has_no_gap

    def _fail(self, error: StashError) -> None:
        logger.info("The server's log is incomplete: %s", error.message)
        self.log.is_complete = False

    async def read_last(self) -> None:
        """Read the lines that were not sent yet; a query returns the few that the server keeps in memory."""
        import asyncio

        try:
            lines, has_no_gap = await self._tail.read_kept(self.log.since)
        except StashError as error:
            self._fail(error)
            return
        self.log.add(lines)
        if has_no_gap and self._task is None:
            self.log.is_complete = True  # the query returned every line, so the websocket was not needed
        if self._tail.has_gap and not has_no_gap:
            self.log.is_complete = False
        if not has_no_gap:
            # The other lines arrive by subscription, up to a second after they were logged.
            await asyncio.sleep(LOG_DELAY)

    async def close(self) -> None:
        # The task is cancelled first, because a stream cannot be closed while it is read.
        if self._task is not None:
            await cancel_tasks([self._task])
        await self._tail.close()
