"""`jobs`: what the server is doing, and will do next."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import LazyGroup, StashCommand, command, group_of
from stash_cli.commands.outcomes import Nouns, Outcomes
from stash_cli.commands.runtime import Runtime, runtime_of
from stash_cli.commands.sending import mutate, uninterrupted
from stash_cli.commands.waiting import (
    FailOnLog,
    Following,
    ProgressMode,
    Started,
    StopOnInterrupt,
    WaitTimeout,
    follow,
    snake,
)
from stash_cli.core.errors import (
    StashError,
    StashInputError,
    StashNotFoundError,
    StashUsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.client.session import Session

JOBS = Nouns("job", "jobs")

JobIds = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="numbers of jobs")]


def group() -> LazyGroup:
    return group_of(
        __name__,
        "List, watch, wait for and stop jobs.",
        {
            "list": "Jobs that run or wait, oldest first",
            "show": "One job, also of the last ten that have ended",
            "wait": "Follow jobs until they end",
            "watch": "Print what happens to all jobs until Ctrl-C",
            "stop": "Stop jobs",
        },
    )


def list_() -> StashCommand:
    return command("list", run_list, examples=("stash jobs list", "stash jobs list --json"))


def show_() -> StashCommand:
    return command("show", run_show, examples=("stash jobs show 12 --json",))


def wait_() -> StashCommand:
    return command("wait", run_wait, examples=("stash jobs wait", "stash jobs wait 12 --wait-timeout 600"))


def watch_() -> StashCommand:
    return command("watch", run_watch, examples=("stash jobs watch", "stash jobs watch --jsonl"))


def stop_() -> StashCommand:
    return command("stop", run_stop, examples=("stash jobs stop 12", "stash jobs stop --all"))


def run_list(ctx: typer.Context) -> None:
    """List the jobs that run or wait, oldest first."""
    runtime = runtime_of(ctx)
    runtime.check_output("Job")
    print_jobs(runtime, runtime.run(queue))


def run_show(
    ctx: typer.Context, job: Annotated[str, typer.Argument(metavar="ID", help="number of the job")]
) -> None:
    """Show one job; the server remembers the last ten that have ended."""
    runtime = runtime_of(ctx)
    runtime.check_output("Job")

    async def work(session: Session) -> dict[str, Any]:
        return await one_job(session, job)

    print_jobs(runtime, [runtime.run(work)], single=True)


def run_wait(
    ctx: typer.Context,
    jobs: JobIds = None,
    wait_timeout: WaitTimeout = None,
    progress: ProgressMode = "auto",
    stop_on_interrupt: StopOnInterrupt = False,
    fail_on_log: FailOnLog = None,
) -> None:
    """Follow jobs until they end, one after the other; all that run or wait unless ids are given.

    The exit status is 9 when one failed or was cancelled, 8 after --wait-timeout, 10 when the server
    has forgotten it.
    """
    runtime = runtime_of(ctx)
    runtime.check_output("Job")
    wanted = [check_id(job) for job in jobs or ()]

    async def work(session: Session) -> list[dict[str, Any]]:
        ids = wanted or [job["id"] for job in await queue(session)]
        how = Following(wait_timeout, progress, stop_on_interrupt, fail_on_log)
        return [await follow(session, runtime, job_id, how, Started(job_id)) for job_id in ids]

    ended = runtime.run(work)
    if runtime.options.output != "table":
        print_jobs(runtime, ended)
    for job in ended:
        runtime.streams.note(f"job {job['id']} finished")


def run_watch(ctx: typer.Context) -> None:
    """Print what happens to all jobs, as it happens, until Ctrl-C."""
    runtime = runtime_of(ctx)
    runtime.check_output("Job")

    async def work(session: Session) -> None:
        from stash_cli.output.views import VIEWS

        writer = None if runtime.options.output == "table" else runtime.writer(VIEWS["Job"])
        async with aclosing(session.subscribe("jobsSubscribe", reconnect=True)) as updates:
            async for update in updates:
                job = snake("Job", update["job"])
                if writer:
                    writer.row(job)
                else:
                    runtime.streams.data(line_of(job))
                runtime.streams.out.flush()

    runtime.run(work)


def run_stop(
    ctx: typer.Context,
    jobs: JobIds = None,
    everything: Annotated[bool, typer.Option("--all", help="every job that runs or waits")] = False,
) -> None:
    """Stop jobs; one that waits is forgotten at once, one that runs ends when it notices."""
    runtime = runtime_of(ctx)
    wanted = [check_id(job) for job in jobs or ()]
    if bool(wanted) == everything:
        raise StashUsageError("name the jobs to stop, or say --all")

    async def work(session: Session) -> None:
        if everything:
            await uninterrupted(stop_all(session, runtime))
            return
        outcomes = Outcomes(JOBS, "told to stop", list(dict.fromkeys(wanted)))
        outcomes.expect(outcomes.asked)
        for job_id in outcomes.asked:
            await uninterrupted(stop_one(session, runtime, job_id, outcomes))
        outcomes.check()

    runtime.run(work)


async def stop_all(session: Session, runtime: Runtime) -> None:
    await tell_to_stop(session, "stopAllJobs", {})
    runtime.streams.note("all jobs were told to stop")


async def stop_one(session: Session, runtime: Runtime, job_id: str, outcomes: Outcomes) -> None:
    """Stop a job and say so; what is in the way becomes a problem of `outcomes`."""
    try:
        await one_job(session, job_id)
        await tell_to_stop(session, "stopJob", {"job_id": job_id})
    except StashError as error:
        outcomes.fail([job_id], error)
    else:
        outcomes.succeed([job_id])
        runtime.streams.note(f"job {job_id} was told to stop")


async def tell_to_stop(session: Session, operation: str, args: dict[str, Any]) -> None:
    hint = "`stash jobs list` shows what runs."
    await mutate(session, operation, args, is_answer=lambda answer: answer is True, hint=hint)


async def queue(session: Session) -> list[dict[str, Any]]:
    """The jobs that run or wait; the server answers null for none."""
    return [snake("Job", job) for job in await session.call("jobQueue", {}) or ()]


async def one_job(session: Session, job_id: str) -> dict[str, Any]:
    found = await session.call("findJob", {"input": {"id": check_id(job_id)}})
    if found is None:
        raise StashNotFoundError(
            f"no job {job_id}", hint="The server remembers the last ten that have ended."
        )
    return snake("Job", found)


def check_id(text: str) -> str:
    if not text.isdecimal():
        raise StashInputError(f"{text!r} is not the number of a job")
    return text


def print_jobs(runtime: Runtime, jobs: Iterable[dict[str, Any]], *, single: bool = False) -> None:
    """Jobs in the chosen format."""
    from stash_cli.output.views import VIEWS

    writer = runtime.writer(VIEWS["Job"], single=single)
    found = 0
    for job in jobs:
        writer.row(job)
        found += 1
    writer.finish()
    if not found and runtime.options.output == "table":
        runtime.streams.note("no jobs")


def line_of(job: dict[str, Any]) -> str:
    """One update for a person."""
    from stash_cli.output.values import one_line, percent

    done = percent(job["progress"]) if job.get("progress") is not None and job["progress"] >= 0 else "-"
    tasks = f"  {job['sub_tasks'][0]}" if job.get("sub_tasks") else ""
    return one_line(f"{job['id']}  {job['status']}  {done}  {job['description']}{tasks}") + "\n"
