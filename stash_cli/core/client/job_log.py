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
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Container, Iterable, Sequence

    from stash_cli.core.client.jobs import Job
    from stash_cli.core.client.session import Session

LEVELS = ("error", "warning")
"""Log levels that are told, most severe first; a level includes those before it."""
FAIL_ON = ("error", "new", "warning", "none")

_SECOND = timedelta(seconds=1)

HARMLESS = (
    # A subtitle beside a video that is new: the server opens a transaction inside another, logs where and
    # that it did, and goes on.
    re.compile(r"\Agoroutine \d+ \[running\]:.*AssociateCaptions", re.DOTALL),
    re.compile(r"\Aalready in transaction\Z"),
    # A folder of generated files that was never needed.
    re.compile(r"\Aerror cleaning \w+ files: lstat .*: no such file or directory\Z"),
    # A client that went away while the server answered it.
    re.compile(r"write: broken pipe|connection reset by peer|context canceled\Z"),
)
"""Messages that servers log as errors though nothing is wrong."""
_ELSEWHERE = re.compile(r"\A\[(?:transcode|stream|dlna)\]", re.IGNORECASE)
"""Messages of what a server does beside jobs: playing media."""
_SKIPPED = re.compile(r"\ASkipping ")
_VARYING = re.compile(r"0x[0-9a-f]+|\b\d+(?:\.\d+)?(?:ms|µs|ns|s)\b|\A(goroutine) \d+")
"""Parts of a message that differ from run to run: addresses and durations."""


def first_line(message: str) -> str:
    """The first line of a message: servers log whole stack traces."""
    return next(iter(message.strip().splitlines()), "")


def signature(line: Line) -> str:
    """The part of a log line that is the same whenever the same error is logged."""
    return _VARYING.sub("#", first_line(line["message"]))


@dataclass(frozen=True, slots=True)
class LogSummary:
    """The lines of one job: those that count, and the numbers of the others.

    `known` were logged by the last run too, `ignored` are harmless or were to be ignored, `elsewhere` is what
    other jobs and streams logged meanwhile, `skipped` are files that the server passed over.
    """

    lines: list[Line]
    known: int = 0
    ignored: int = 0
    elsewhere: int = 0
    skipped: int = 0

    def of_level(self, level: str) -> list[Line]:
        """The lines of `level` and above; none for "none"."""
        wanted = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()
        return [line for line in self.lines if line["level"].lower() in wanted]

    def fails(self, fail_on: str) -> bool:
        """Whether the job counts as partly done by `--fail-on-log`; "new" has known lines left out before."""
        return bool(self.of_level("error" if fail_on == "new" else fail_on))

    def counted(self) -> str:
        """`1 error and 2 warnings (3 known)`; "" without any."""
        numbers = Counter(line["level"].lower() for line in self.lines)
        told = " and ".join(counted(numbers[level], level) for level in LEVELS if numbers[level])
        others = {"known": self.known, "ignored": self.ignored, "of something else": self.elsewhere}
        more = ", ".join(f"{count} {what}" for what, count in others.items() if count)
        if not more:
            return told
        return f"{told} ({more})" if told else f"no new errors ({more})"

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
    """Whether a line is kept: errors, warnings and skipped files."""
    level = line["level"].lower()
    return level in LEVELS or (level == "info" and bool(_SKIPPED.match(line["message"])))


@dataclass(eq=False)
class JobLog:
    """Log lines between the start and the end of a job, by the server's clock.

    The server sends its log with a delay, so lines of earlier jobs arrive too, and are left out. `keep` tells
    which lines are stored at all.
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
        """Take over the times of the job; a job that waits in the queue has not logged anything."""
        self.since = moment(job.get("startTime")) or moment(job.get("addTime"))
        self.until = moment(job.get("endTime"))

    def note_other(self, job: Job) -> None:
        """Note when another job started: what is logged from then on is its own."""
        if started := moment(job.get("startTime")):
            self._others[str(job["id"])] = started

    def add(self, entries: object) -> None:
        """Add lines the server sent; raises StashIntegrationError for anything but a list of log lines."""
        # The subscription and the query bring the same lines.
        self.entries |= {key_of(line): line for line in checked_lines(entries) if self.keep(line)}

    def lines(self) -> list[Line]:
        """The stored lines of the job, in order."""
        found = [(moment(entry.get("time")), entry) for entry in self.entries.values()]
        kept = [(time, entry) for time, entry in found if time is None or self._holds(time)]
        return [entry for time, entry in sorted(kept, key=lambda pair: pair[0].timestamp() if pair[0] else 0)]

    def _holds(self, time: datetime) -> bool:
        """Whether a line of this time is the job's, with a second of grace.

        Times without a fraction were cut to the second, so lines of the first one look too early.
        """
        first = self.since.replace(microsecond=0) if self.since and not time.microsecond else self.since
        if first is not None and time < first:
            return False
        if self.until is None or time <= self.until:
            return True
        # Servers do one job at a time, so the next one starts within the second of grace.
        follower = min((other for other in self._others.values() if other >= self.until), default=None)
        return time <= self.until + _SECOND and (follower is None or time < follower)

    def summary(
        self, ignore: Sequence[re.Pattern[str]] = (), known: Container[str] | None = None
    ) -> LogSummary:
        """The lines that count; `known` are signatures of errors that the last run had."""
        lines, counts = [], Counter[str]()
        for line in self.lines():
            counts[found := _verdict(line, ignore, known)] += 1
            if not found:
                lines.append(line)
        del counts[""]
        return LogSummary(lines, **counts)

    def signatures(self, ignore: Sequence[re.Pattern[str]] = ()) -> set[str]:
        """Signatures of the errors that count."""
        return {signature(line) for line in self.summary(ignore).of_level("error")}


def _verdict(line: Line, ignore: Iterable[re.Pattern[str]], known: Container[str] | None) -> str:
    """The field of LogSummary that counts a line; "" for one of its `lines`."""
    message, level = line["message"], line["level"].lower()
    if level not in LEVELS:
        return "skipped"
    # Somebody may watch a scene while the job runs; what goes wrong there is no fault of the job.
    if _ELSEWHERE.match(message):
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
                self._take(*await self._tail.read())
        except StashError as error:
            self._fail(error)

    def _take(self, lines: list[Line], is_whole: bool) -> None:
        self.log.add(lines)
        self.log.is_complete = self.log.is_complete and is_whole

    def _fail(self, error: StashError) -> None:
        logger.info("The server's log is incomplete: %s", error.message)
        self.log.is_complete = False

    async def read_last(self) -> None:
        """Read the lines that were not sent yet: the server keeps a few, which it answers at once."""
        import asyncio

        try:
            lines, is_whole = await self._tail.read_kept(self.log.since)
        except StashError as error:
            self._fail(error)
            return
        self.log.add(lines)
        if is_whole and self._task is None:
            self.log.is_complete = True  # all of it is there without a websocket, too
        if self._tail.has_gap and not is_whole:
            self.log.is_complete = False
        if not is_whole:
            # The rest comes through the subscription, up to a second after it was logged.
            await asyncio.sleep(LOG_DELAY)

    async def close(self) -> None:
        import asyncio

        # The task ends first, since a stream cannot be closed while it is read.
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._tail.close()
