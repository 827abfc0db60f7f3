"""`stash logs`: the server's log, its last lines or live."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.value_parsers import bounded, choice, named
from stash_cli.commands.tasks.waiting import pattern
from stash_cli.core.client.log_tail import Line, LogTail, moment
from stash_cli.core.errors import StashError, StashInputError
from stash_cli.output.values import View, columns, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.output.formats import Writer

LINE = View("LogEntry", columns("time", "level", "message"))
LEVELS = ("error", "warning", "info", "debug", "trace")
"""Log levels, the most severe first; progress of plugins counts as debug."""
_STYLES = {"error": "red", "warning": "yellow", "debug": "dim", "trace": "dim", "progress": "dim"}
_MIN_MESSAGE_WIDTH, _INDENT = 40, 4
"""Minimum width of a message beside time and level; with less, it is wrapped with an indent of _INDENT."""
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def _since(text: str) -> datetime:
    return _period(text)[0]


def _until(text: str) -> datetime:
    return _period(text)[1]


def _period(text: str) -> tuple[datetime, datetime]:
    """Parse `10m` (ago), `13:30` (today), `yesterday`, `-2h` or a date and time to first and last second."""
    from stash_cli.core.query import date_parsing

    now = datetime.now().astimezone()
    if clock := _CLOCK.fullmatch(text.strip()):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        text = f"{now:%Y-%m-%d} {hour:02}:{minute:02}:{second:02}"
    else:
        length = date_parsing.in_seconds(text)
        text = text if length is text else f"-{int(length)}s"
    try:
        return date_parsing.seconds(text, now)
    except (ValueError, OverflowError):
        raise StashInputError(f"{text!r} is not a time such as 10m, 13:30, yesterday or 2024-05-31") from None


Pattern = Annotated[
    str | None,
    typer.Option("--grep", metavar="REGEX", parser=named("--grep", pattern), help="only lines that match"),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class LogsOptions(CommandOptions):
    """The command line of `logs`."""

    count: Annotated[
        int | None,
        typer.Option(
            "--lines",
            "-n",
            metavar="N",
            parser=named("--lines", bounded(int, (0, None))),
            help="the last N lines",
        ),
    ] = None
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on as lines are written, until Ctrl-C")
    ] = False
    level: Annotated[
        str,
        typer.Option(
            "--level",
            metavar="|".join(LEVELS),
            parser=named("--level", choice(*LEVELS)),
            help="this level and more severe ones",
        ),
    ] = "info"
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            metavar="TIME",
            parser=named("--since", _since),
            help="from then on: 10m, 13:30, yesterday",
        ),
    ] = None
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            metavar="TIME",
            parser=named("--until", _until),
            help="up to then",
        ),
    ] = None
    grep: Pattern = None
    grep_not: Annotated[
        str | None,
        typer.Option(
            "--grep-not",
            metavar="REGEX",
            parser=named("--grep-not", pattern),
            help="only lines that do not match",
        ),
    ] = None

    def selects(self, line: Line) -> bool:
        """Whether a line is of the chosen level, time and text."""
        level, message = line["level"].lower(), line["message"]
        rank = LEVELS.index(level) if level in LEVELS else LEVELS.index("debug")
        return (
            rank <= LEVELS.index(self.level)
            and self._is_in_time(line)
            and (self.grep is None or re.search(self.grep, message) is not None)
            and (self.grep_not is None or re.search(self.grep_not, message) is None)
        )

    def _is_in_time(self, line: Line) -> bool:
        time = moment(line.get("time"))
        if time is None:
            return True
        # Log times have whole seconds.
        first = self.since.replace(microsecond=0) if self.since else None
        return not ((first and time < first) or (self.until and time > self.until))


def build() -> StashCommand:
    return command(
        "logs",
        run_logs,
        LogsOptions,
        examples=(
            "stash logs -n 20",
            "stash logs -f --level warning",
            "stash logs --since 10m --grep 'error scanning' --jsonl",
        ),
    )


def run_logs(runtime: Runtime, options: LogsOptions) -> None:
    """Print the server's log, oldest line first.

    The server keeps only its last lines in memory, about 30; the whole is in its log file, if it has one. Of
    a message the first line is shown, or with -v all of it. With -f a lost connection is opened again, and
    what may be missing is said; the exit status is 5 when the server stays away.
    """
    runtime.check_output(LINE)

    async def work(session: Session) -> None:
        tail = LogTail(session, on_lost=lambda error: note_reconnecting(runtime, error))
        try:
            if options.follow:
                await tail.open()  # before the stored lines are read, so that no line in between is missed
            kept, _ = await tail.read_kept()
            note_oldest_line(runtime, options, kept)
            chosen = [line for line in kept if options.selects(line)]
            output = Output(runtime)
            output.add(chosen if options.count is None else chosen[len(chosen) - options.count :])
            while options.follow and not is_over(options):
                lines, is_whole = await tail.read()
                if not is_whole:
                    runtime.streams.note("lines may be missing here: the server keeps only its last ones")
                output.add([line for line in lines if options.selects(line)])
            output.finish()
        finally:
            await tail.close()

    runtime.run(work)


def is_over(options: LogsOptions) -> bool:
    """Whether the end of the followed period has passed."""
    return options.until is not None and datetime.now(UTC) > options.until


def note_reconnecting(runtime: Runtime, error: StashError) -> None:
    runtime.streams.note(f"{error.message} Connecting again.")


def note_oldest_line(runtime: Runtime, options: LogsOptions, kept: Sequence[Line]) -> None:
    """Print a note if the server no longer has the beginning of the requested period."""
    times = [time for line in kept if (time := moment(line.get("time")))]
    oldest = min(times, default=None)
    if options.since and oldest and options.since < oldest:
        oldest_text = oldest.astimezone().isoformat(sep=" ", timespec="seconds")
        runtime.streams.note(f"the server's oldest line is of {oldest_text}: it keeps none from before")


class Output:
    """Prints lines: for people with the local time, in other formats with the time in UTC."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._writer: Writer | None = None if runtime.for_people else runtime.writer(LINE)

    def add(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if self._writer is None:
                self.runtime.streams.graphics(self._text(line))  # `data` would escape the colours
            else:
                self._writer.row(in_utc(line))
        self.runtime.streams.out.flush()

    def finish(self) -> None:
        if self._writer is not None:
            self._writer.finish()

    def _text(self, line: Line) -> str:
        from stash_cli.core.client.job_log import first_line
        from stash_cli.core.texts import wrapped
        from stash_cli.output.streams import escaped

        streams, level = self.runtime.streams, line["level"].lower()
        time = moment(line.get("time"))
        time_text = time.astimezone().isoformat(sep=" ", timespec="seconds") if time else "-"
        message = line["message"].rstrip() if streams.verbose else one_line(first_line(line["message"]))
        label = f"{level:<7}"
        heading = f"{time_text}  {label}  "
        width = streams.width if streams.out_is_terminal else None
        # On a narrow terminal, continued lines start at the left, because there is no room beside the time.
        indent = " " * (
            len(heading) if width is None or width - len(heading) >= _MIN_MESSAGE_WIDTH else _INDENT
        )
        first, *others = message.split("\n")
        rows = [f"{heading}{first}", *(f"{indent}{each}" for each in others)]
        text = "\n".join(part for row in rows for part in wrapped(row, width, indent))
        text = escaped(text) if streams.out_is_terminal else text
        if streams.colored(streams.out) and level in _STYLES:
            text = text.replace(label, streams.style(label, _STYLES[level]), 1)
        return f"{text}\n"


def in_utc(line: Line) -> dict[str, Any]:
    """The line with its time in UTC."""
    time = moment(line.get("time"))
    return line | {"time": time.astimezone(UTC).isoformat() if time else line.get("time")}
