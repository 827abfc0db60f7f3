"""Jobs: start them, follow their progress and the server's log, and handle Ctrl-C."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions
from stash_cli.commands.argv.value_parsers import choice, named, seconds
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.core.client.job_log import FAIL_ON, LogSummary, first_line
from stash_cli.core.client.jobs import JobUpdate, unknown_job
from stash_cli.core.errors import (
    StashError,
    StashInputError,
    StashJobError,
    StashJobLogError,
    StashUnknownOutcomeError,
)
from stash_cli.core.types.api import describe_api
from stash_cli.output.progress import MODES, open_progress
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.job_run import JobRun
    from stash_cli.core.client.session import Session

JOB = View(
    "Job",
    columns(
        "id>",
        "status",
        "progress:percent>",
        "description",
        "started=start_time:moment",
        "ended=end_time:moment",
        "error",
    ),
)

SHOWN, LONGEST = 10, 300
"""Maximum number of log lines that are shown, and characters of each."""


def pattern(text: str) -> str:
    """Validate a regular expression. Raises StashInputError."""
    try:
        re.compile(text)
    except re.error as error:
        raise StashInputError(f"{text!r} is not a regular expression: {error}") from None
    return text


WaitTimeout = Annotated[
    float | None,
    typer.Option(
        "--wait-timeout",
        metavar="SECONDS",
        parser=named("--wait-timeout", seconds),
        help="stop waiting after this time (exit 8); the job continues",
    ),
]
ProgressMode = Annotated[
    str,
    typer.Option(
        "--progress",
        metavar="|".join(MODES),
        parser=named("--progress", choice(*MODES)),
        help="how progress is shown",
    ),
]
StopOnInterrupt = Annotated[
    bool, typer.Option("--stop-on-interrupt", help="Ctrl-C stops the job (default: it continues)")
]
FailOnLog = Annotated[
    str | None,
    typer.Option(
        "--fail-on-log",
        metavar="|".join(FAIL_ON),
        parser=named("--fail-on-log", choice(*FAIL_ON)),
        help="exit 6 if the server logs an error (default) or a warning while the job runs; "
        "new: an error that the last run did not have",
    ),
]
IgnoreError = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-error",
        metavar="REGEX",
        parser=named("--ignore-error", pattern),
        help="count errors of the server's log that match, but do not tell them; repeatable",
    ),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class FollowOptions(CommandOptions):
    """The options of commands that wait for a job."""

    wait_timeout: WaitTimeout = None
    progress: ProgressMode = "auto"
    stop_on_interrupt: StopOnInterrupt = False
    fail_on_log: FailOnLog = None
    ignore_error: IgnoreError = None

    @property
    def level(self) -> str:
        """The level of log lines that make a job partly done: one of FAIL_ON."""
        return self.fail_on_log or "error"

    @property
    def ignored(self) -> tuple[re.Pattern[str], ...]:
        """Patterns of log errors that are ignored."""
        return tuple(map(re.compile, self.ignore_error or ()))


def snake(type_name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Rename camelCase keys of a row to snake_case."""
    # The API mixes both; all output is in snake_case, like the rows of objects.
    fields = describe_api().types[type_name].fields
    return {fields[name].attr if name in fields else name: value for name, value in row.items()}


def camel(type_name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The reverse of `snake`."""
    names = {field.attr: name for name, field in describe_api().types[type_name].fields.items()}
    return {names.get(attr, attr): value for attr, value in row.items()}


@dataclass(slots=True)
class Started:
    """A started job: its id once known, its last state, and problems of its library."""

    id: str | None = None
    last: JobUpdate | None = None
    problems: list[str] = field(default_factory=list)
    """Problems that make the job partly done, such as a missing media folder."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """A finished job: its last state, and the server's log while it ran."""

    job: dict[str, Any]
    log: LogSummary
    problems: list[str]
    fail_on: str
    whole: bool = False
    """Whether log messages are shown in full."""

    @property
    def is_partial(self) -> bool:
        """Whether the job finished with problems or logged errors."""
        return bool(self.problems) or self.log.fails(self.fail_on)

    def counted(self) -> str:
        """Counts of logged lines and skipped files, as the end of a sentence; "" without any."""
        logged = self.log.counted()
        skipped = self.log.skipped
        texts = [f"the server logged {logged}"] if logged else []
        texts += [f"{skipped} skipped"] if skipped else []
        return "; ".join([*self.problems, *texts])

    def lines(self) -> list[str]:
        """The log lines for people, at most SHOWN unless `whole`."""
        log_lines = self.log.lines
        texts = [shown(line, whole=self.whole) for line in log_lines[: None if self.whole else SHOWN]]
        omitted = len(log_lines) - len(texts)
        return [*texts, f"and {omitted} more; -v shows all"] if omitted else texts

    def check(self) -> None:
        """Raise StashJobLogError for a job that is partly done."""
        if self.is_partial:
            error = StashJobLogError(f"job {self.job['id']} finished, but {self.counted()}", self.lines())
            error.facts |= {"counts": self.log.facts()}
            raise error

    def print_outcome(self, runtime: Runtime) -> None:
        """Print a note that the job finished, with its log lines. Raises like `check`."""
        self.check()
        for text in self.lines():
            runtime.streams.note(text)
        counted = self.counted()
        runtime.streams.note(f"job {self.job['id']} finished{'; ' if counted else ''}{counted}")


def shown(line: dict[str, Any], *, whole: bool = False) -> str:
    """Format a log line for people; only its first line, as servers log whole stack traces."""
    text = line["message"] if whole else first_line(line["message"])[:LONGEST]
    return f"server: {line['level'].lower()}: {text}"


async def follow(
    session: Session,
    runtime: Runtime,
    start: Callable[[], Awaitable[str]] | str,
    options: FollowOptions,
    started: Started,
) -> JobReport:
    """Show the progress of a job until it ends, and return its report.

    Ctrl-C leaves the job running and prints the command that stops it; with --stop-on-interrupt it stops
    the job. Raises StashJobError, with the log in its details, for a job that failed or was cancelled, and
    the errors of JobRun.
    """
    from asyncio import CancelledError

    from stash_cli.core.client.job_run import JobRun

    progress = open_progress(runtime.streams, options.progress)
    run = JobRun(session, start, timeout=options.wait_timeout, with_log=True, on_notice=runtime.streams.note)
    async with run:
        try:
            async for started.last in run:
                update = started.last
                progress.update(update.description, _fraction(update), update.sub_tasks)
        except CancelledError:
            progress.close()
            await _interrupted(session, runtime, started, stop=options.stop_on_interrupt)
            raise
        finally:
            progress.close()
    return _report(session, runtime, run, options, started)


def _report(
    session: Session, runtime: Runtime, run: JobRun, options: FollowOptions, started: Started
) -> JobReport:
    """Return the report of a run that has ended, and store its errors for the next run (`new`)."""
    from stash_cli.core.client.seen_errors import SeenErrors

    last = run.last
    if last is None:
        raise unknown_job(run.id)
    seen = SeenErrors(session.connection, slug(last.description))
    known_errors = seen if options.level == "new" else None
    summary = run.log.summary(options.ignored, known_errors)
    whole = runtime.streams.verbose > 0
    report = JobReport(snake("Job", last.job), summary, started.problems, options.level, whole)
    try:
        last.check()
    except StashJobError as error:
        error.details = report.lines()
        error.facts = {"job": report.job}
        raise
    if not run.log.is_complete:
        runtime.streams.warn("the server's log is incomplete: it may have logged more")
    elif not started.problems:  # errors about files of an unmounted drive are missing, and not fixed
        seen.replace(run.log.signatures(options.ignored))
    return report


def slug(description: str) -> str:
    """Convert the description of a job to a part of a file name: `auto-tagging`."""
    return re.sub(r"\W+", "-", description.lower()).strip("-")[:60]


def _fraction(update: JobUpdate) -> float | None:
    return 1.0 if update.status == "FINISHED" else update.progress


async def _interrupted(session: Session, runtime: Runtime, started: Started, *, stop: bool) -> None:
    """After Ctrl-C, stop the job with `stop`; note whether it continues."""
    job_id = started.id
    # No job is running: it was not started yet, or has ended.
    if job_id is None or (started.last is not None and started.last.ended):
        return
    if session.connection.is_embedded:
        runtime.streams.note(f"job {job_id} is stopped, because it runs in this process")
    elif stop:
        try:
            await session.call("stopJob", {"job_id": job_id})
        except StashError as error:
            runtime.streams.warn(f"job {job_id} continues: {error.message}")
        else:
            runtime.streams.note(f"job {job_id} was told to stop")
    else:
        runtime.streams.note(f"job {job_id} continues; stop it with: stash jobs stop {job_id}")


async def start_job(
    session: Session, runtime: Runtime, operation: str, args: dict[str, Any], started: Started
) -> str:
    """Start a job, set its id in `started` and return it.

    Raises StashUnknownOutcomeError when the server does not answer with an id.
    """
    answer = await confirmed(
        session.call(operation, args),
        is_answer=lambda answer: isinstance(answer, str | int) and not isinstance(answer, bool),
        hint="The server may have started it: check with `stash jobs list` before you try again.",
    )
    # Releases before 0.25 answer a plugin's task with the word "todo" instead of the id.
    started.id = str(answer) if str(answer).isdecimal() else await _last_queued(session)
    runtime.streams.detail(f"started job {started.id}")
    return started.id


async def _last_queued(session: Session) -> str:
    """The id of the newest job in the queue. Raises StashUnknownOutcomeError for an empty queue."""
    queue = await session.call("jobQueue", {}, ["id"]) or []
    if not queue:
        raise StashUnknownOutcomeError(
            "The job has ended, and this release of the server does not say which one it was.",
            hint="`stash logs` shows what it logged.",
        )
    return str(max(int(job["id"]) for job in queue))


async def run_job(
    session: Session,
    runtime: Runtime,
    operation: str,
    args: dict[str, Any],
    options: FollowOptions | None,
    problems: Sequence[str] = (),
) -> None:
    """Start a job and print its id; with `options`, follow it and print its last state in a chosen format.

    A job of an embedded library is always followed, because it runs in this process. `problems` make a
    finished job partly done; if it is not followed, they are printed as warnings.
    """
    started = Started(problems=list(problems))
    for problem in problems if options is None else ():
        runtime.streams.warn(problem)

    async def start() -> str:
        return await uninterrupted(start_job(session, runtime, operation, args, started))

    if options is not None:
        report = await follow(session, runtime, start, options, started)
        if not runtime.for_people:
            print_started(runtime, report.job)
        report.print_outcome(runtime)
        return
    try:
        job = {"id": await start()}
    finally:
        # Also after Ctrl-C: the job may have started, and its id is needed to stop it.
        _note_started(session, runtime, started)
    print_started(runtime, job)
    if session.connection.is_embedded:
        # The job would be cancelled when this process ends and closes the library.
        report = await follow(session, runtime, job["id"], FollowOptions(progress="none"), started)
        report.print_outcome(runtime)


def _note_started(session: Session, runtime: Runtime, started: Started) -> None:
    if started.id is None:
        return
    is_embedded = session.connection.is_embedded  # its jobs run in this process
    hint = (
        "this command ends when the job ends"
        if is_embedded
        else f"follow it with: stash jobs wait {started.id}"
    )
    runtime.streams.note(f"started job {started.id}; {hint}")


def print_started(runtime: Runtime, job: dict[str, Any]) -> None:
    """Print a started job: only its id for people, a row in a chosen format."""
    if runtime.for_people:
        runtime.streams.data(f"{job['id']}\n")
    else:
        runtime.print_row(JOB, job)
