"""Jobs: start them, follow their progress and the server's log, and leave or stop them on Ctrl-C."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions
from stash_cli.commands.argv.value_parsers import choice, named, seconds
from stash_cli.commands.job_log import FAIL_ON, JobLog, job_log, tell
from stash_cli.commands.sending import confirmed, uninterrupted
from stash_cli.core.errors import StashError
from stash_cli.core.types.api import describe_api
from stash_cli.output.progress import MODES, open_progress
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.jobs import JobUpdate
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
        help="exit 6 if the server logs an error (default) or warning while the job runs",
    ),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class FollowOptions(CommandOptions):
    """The options of commands that wait for a job."""

    wait_timeout: WaitTimeout = None
    progress: ProgressMode = "auto"
    stop_on_interrupt: StopOnInterrupt = False
    fail_on_log: FailOnLog = None

    @property
    def level(self) -> str:
        """The level of log lines that fail the command."""
        return self.fail_on_log or "error"


def snake(type_name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with its camelCase keys in snake_case, as all output has them."""
    fields = describe_api().types[type_name].fields
    return {fields[name].attr if name in fields else name: value for name, value in row.items()}


def camel(type_name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The reverse of `snake`."""
    names = {field.attr: name for name, field in describe_api().types[type_name].fields.items()}
    return {names.get(attr, attr): value for attr, value in row.items()}


@dataclass(slots=True)
class Started:
    """A job that was started: its id once known, its last state, and the server's log while it ran."""

    id: str | None = None
    last: JobUpdate | None = None
    log: JobLog = field(default_factory=JobLog)


async def follow(
    session: Session,
    runtime: Runtime,
    start: Callable[[], Awaitable[str]] | str,
    options: FollowOptions,
    started: Started,
) -> dict[str, Any]:
    """Show the progress of a job until it ends, and return its last state.

    Ctrl-C leaves the job running and prints the command that stops it; with --stop-on-interrupt it stops
    the job. Raises StashJobError and its subclasses as `watch_job` does.
    """
    from asyncio import CancelledError

    from stash_cli.core.client.jobs import watch_job

    def tell_away(error: StashError) -> None:
        runtime.streams.note(f"{error.message} Waiting for the server.")

    async with job_log(session, runtime) as started.log:
        progress = open_progress(runtime.streams, options.progress)
        try:
            watched = watch_job(session, start, timeout=options.wait_timeout, on_away=tell_away)
            async with aclosing(watched) as updates:
                async for update in updates:
                    started.last = update
                    started.log.since = update.job.get("addTime")
                    started.log.until = update.job.get("endTime")
                    progress.update(update.description.rstrip("."), _fraction(update), update.sub_tasks)
        except CancelledError:
            progress.close()
            await _interrupted(session, runtime, started, stop=options.stop_on_interrupt)
            raise
        finally:
            progress.close()
    return snake("Job", started.last.job) if started.last else {}


def _fraction(update: JobUpdate) -> float | None:
    return 1.0 if update.status == "FINISHED" else update.progress


async def _interrupted(session: Session, runtime: Runtime, started: Started, *, stop: bool) -> None:
    job_id = started.id
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
    job_id = await confirmed(
        session.call(operation, args),
        is_answer=lambda answer: isinstance(answer, str | int) and not isinstance(answer, bool),
        hint="The server may have started it: check with `stash jobs list` before you try again.",
    )
    started.id = str(job_id)
    runtime.streams.detail(f"started job {job_id}")
    return started.id


async def run_job(
    session: Session,
    runtime: Runtime,
    operation: str,
    args: dict[str, Any],
    options: FollowOptions | None,
) -> None:
    """Start a job and print its id; with `options`, follow it and print its last state in a chosen format.

    A job of an embedded library ends before this process does, so it is followed in any case.
    """
    started = Started()

    async def start() -> str:
        return await uninterrupted(start_job(session, runtime, operation, args, started))

    if options is not None:
        job = await follow(session, runtime, start, options, started)
        if not runtime.for_people:
            print_started(runtime, job)
        tell(runtime, job["id"], started.log, options.level)
        return
    try:
        job = {"id": await start()}
    finally:
        # After Ctrl-C the job exists all the same, and its id is the only way to stop it.
        _tell_started(session, runtime, started)
    print_started(runtime, job)
    if session.connection.is_embedded:
        unseen = FollowOptions(progress="none")
        await follow(session, runtime, job["id"], unseen, started)
        tell(runtime, job["id"], started.log, unseen.level)


def _tell_started(session: Session, runtime: Runtime, started: Started) -> None:
    if started.id is None:
        return
    ends_here = session.connection.is_embedded  # its jobs run in this process and end before it does
    more = (
        "this command ends when the job ends"
        if ends_here
        else f"follow it with: stash jobs wait {started.id}"
    )
    runtime.streams.note(f"started job {started.id}; {more}")


def print_started(runtime: Runtime, job: dict[str, Any]) -> None:
    """Print a job that was started: its id alone, unless a format was chosen."""
    if runtime.for_people:
        runtime.streams.data(f"{job['id']}\n")
    else:
        runtime.print_row(JOB, job)
