"""Starting jobs and following them: options, progress, and what Ctrl-C means."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.global_options import choice, seconds
from stash_cli.commands.logs import LEVELS, listening
from stash_cli.commands.sending import mutate, uninterrupted
from stash_cli.core.errors import StashError, StashInputError
from stash_cli.core.types.api import describe_api
from stash_cli.output.progress import MODES, open_progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.jobs import JobUpdate
    from stash_cli.core.client.session import Session


def _mode(text: str) -> str:
    """`--progress`, checked."""
    return str(_named("--progress", choice(*MODES), text))


def _level(text: str) -> str:
    """`--fail-on-log`, checked."""
    return str(_named("--fail-on-log", choice(*LEVELS), text))


def _timeout(text: str) -> float:
    """`--wait-timeout`, checked."""
    return float(_named("--wait-timeout", seconds, text))


def _named(flag: str, parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except StashInputError as error:
        raise StashInputError(f"{flag}: {error.message}") from None


Wait = Annotated[bool, typer.Option("--wait", help="until the job has ended; its end is the exit status")]
WaitTimeout = Annotated[
    float | None,
    typer.Option("--wait-timeout", metavar="SECONDS", parser=_timeout, help="then leave it running: exit 8"),
]
ProgressMode = Annotated[
    str, typer.Option("--progress", metavar="|".join(MODES), parser=_mode, help="how progress is shown")
]
StopOnInterrupt = Annotated[
    bool, typer.Option("--stop-on-interrupt", help="Ctrl-C stops the job instead of leaving it")
]
FailOnLog = Annotated[
    str | None,
    typer.Option(
        "--fail-on-log", metavar="|".join(LEVELS), parser=_level, help="exit 9 if the server logs one"
    ),
]


def snake(type_name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with its camelCase keys in snake_case, as all our output has them."""
    fields = describe_api().types[type_name].fields
    return {fields[name].attr if name in fields else name: value for name, value in row.items()}


def camel(type_name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The way back."""
    names = {field.attr: name for name, field in describe_api().types[type_name].fields.items()}
    return {names.get(attr, attr): value for attr, value in row.items()}


@dataclass(frozen=True, slots=True)
class Following:
    """How a job is followed.

    Seconds until it is left alone, kind of progress, whether Ctrl-C stops it, which log lines fail it.
    """

    timeout: float | None = None
    mode: str = "auto"
    stop: bool = False
    fail_on_log: str | None = None


@dataclass(slots=True)
class Started:
    """The job that is followed, as far as it is known; what Ctrl-C tells."""

    id: str | None = None
    last: JobUpdate | None = None


async def follow(
    session: Session,
    runtime: Runtime,
    start: Callable[[], Awaitable[str]] | str,
    how: Following,
    started: Started,
) -> dict[str, Any]:
    """Show a job's progress until it ends; its last state.

    Raises StashJobError and its kin as `watch_job` does. Ctrl-C leaves the job running and says how to
    stop it, or stops it with `how.stop`.
    """
    from asyncio import CancelledError

    from stash_cli.core.client.jobs import watch_job

    def tell_away(error: StashError) -> None:
        runtime.streams.note(f"{error.message} Waiting for it.")

    async with listening(session, runtime, how.fail_on_log) as heard:
        progress = open_progress(runtime.streams, how.mode)
        try:
            watched = watch_job(session, start, timeout=how.timeout, on_away=tell_away)
            async with aclosing(watched) as updates:
                async for update in updates:
                    started.last = update
                    heard.since = update.job.get("addTime")
                    progress.update(update.description.rstrip("."), _fraction(update), update.sub_tasks)
        except CancelledError:
            progress.close()
            await _interrupted(session, runtime, started, stop=how.stop)
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
        runtime.streams.note(f"job {job_id} is stopped: it runs in this process")
    elif stop:
        try:
            await session.call("stopJob", {"job_id": job_id})
        except StashError as error:
            runtime.streams.warn(f"job {job_id} goes on: {error.message}")
        else:
            runtime.streams.note(f"job {job_id} was told to stop")
    else:
        runtime.streams.note(f"job {job_id} goes on; stash jobs stop {job_id} stops it")


async def start_job(
    session: Session, runtime: Runtime, operation: str, args: dict[str, Any], started: Started
) -> str:
    """Start a job, once; its id, which `started` holds, too.

    Raises StashUnknownOutcomeError when the server does not answer with it.
    """
    job_id = await mutate(
        session,
        operation,
        args,
        is_answer=lambda answer: isinstance(answer, str | int) and not isinstance(answer, bool),
        hint="The server may have started it: look with `stash jobs list` before trying again.",
    )
    started.id = str(job_id)
    runtime.streams.detail(f"job {job_id} was started")
    return started.id


async def run_job(
    session: Session,
    runtime: Runtime,
    operation: str,
    args: dict[str, Any],
    how: Following | None,
) -> None:
    """Start a job; print its id, or follow it (`how`) and print its end where a format was chosen."""
    started = Started()

    async def start() -> str:
        return await uninterrupted(start_job(session, runtime, operation, args, started))

    if how is not None:
        job = await follow(session, runtime, start, how, started)
        runtime.streams.note(f"job {job['id']} finished")
        if runtime.options.output == "table":
            return
    else:
        try:
            job = {"id": await start()}
        finally:
            _tell_started(session, runtime, started)
    print_started(runtime, job)


def _tell_started(session: Session, runtime: Runtime, started: Started) -> None:
    if started.id is None:
        return
    ends_here = session.connection.is_embedded  # its jobs end before the process does
    more = "this command ends after it" if ends_here else f"stash jobs wait {started.id} follows it"
    runtime.streams.note(f"job {started.id} was started; {more}")


def print_started(runtime: Runtime, job: dict[str, Any]) -> None:
    """A job that was started: its id alone, unless a format was chosen."""
    from stash_cli.output.views import VIEWS

    if runtime.options.output == "table":
        runtime.streams.data(f"{job['id']}\n")
        return
    writer = runtime.writer(VIEWS["Job"], single=True)
    writer.row(job)
    writer.finish()
