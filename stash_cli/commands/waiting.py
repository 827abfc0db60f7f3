"""Starting jobs and following them: options, progress, and what Ctrl-C means."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.logs import LEVELS, listening
from stash_cli.commands.options import choice, seconds
from stash_cli.core.errors import StashInputError
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


async def follow(
    session: Session, runtime: Runtime, start: Callable[[], Awaitable[str]] | str, how: Following
) -> dict[str, Any]:
    """Show a job's progress until it ends; its last state.

    Raises StashJobError and its kin as `watch_job` does. Ctrl-C leaves the job running and says how to
    stop it, or stops it with `how.stop`.
    """
    from asyncio import CancelledError

    from stash_cli.core.client.jobs import watch_job

    last: JobUpdate | None = None
    async with listening(session, runtime, how.fail_on_log):
        progress = open_progress(runtime.streams, how.mode)
        try:
            async with aclosing(watch_job(session, start, timeout=how.timeout)) as updates:
                async for last in updates:
                    progress.update(last.description.rstrip("."), _fraction(last), last.sub_tasks)
        except CancelledError:
            progress.close()
            await _interrupted(session, runtime, last, stop=how.stop)
            raise
        finally:
            progress.close()
    return snake("Job", last.job) if last else {}


def _fraction(update: JobUpdate) -> float | None:
    return 1.0 if update.status == "FINISHED" else update.progress


async def _interrupted(session: Session, runtime: Runtime, last: JobUpdate | None, *, stop: bool) -> None:
    if last is None or last.ended:
        return
    if stop:
        await session.call("stopJob", {"job_id": last.id})
        runtime.streams.note(f"job {last.id} was told to stop")
    else:
        runtime.streams.note(f"job {last.id} goes on; stash jobs stop {last.id} stops it")


async def run_job(
    session: Session,
    runtime: Runtime,
    operation: str,
    args: dict[str, Any],
    how: Following | None,
) -> None:
    """Start a job; print its id, or follow it (`how`) and print its end where a format was chosen."""

    async def start() -> str:
        job_id = str(await session.call(operation, args))
        runtime.streams.detail(f"job {job_id} was started")
        return job_id

    if how is not None:
        job = await follow(session, runtime, start, how)
        runtime.streams.note(f"job {job['id']} finished")
        if runtime.options.output == "table":
            return
    else:
        job = {"id": await start()}
        ends_here = session.connection.is_embedded  # its jobs end before the process does
        more = "" if ends_here else f"; stash jobs wait {job['id']} follows it"
        runtime.streams.note(f"job {job['id']} was started{more}")
    print_started(runtime, job)


def print_started(runtime: Runtime, job: dict[str, Any]) -> None:
    """A job that was started: its id alone, unless a format was chosen."""
    from stash_cli.output.views import VIEWS

    if runtime.options.output == "table":
        runtime.streams.data(f"{job['id']}\n")
        return
    writer = runtime.writer(VIEWS["Job"], single=True)
    writer.row(job)
    writer.finish()
