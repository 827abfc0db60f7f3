"""`stash jobs`: list, show, follow, watch and stop jobs."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, subcommand
from stash_cli.commands.common.outcomes import PRECEDENCE, Nouns, Outcomes
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.tasks.waiting import JOB, FollowOptions, JobReport, Started, follow, snake
from stash_cli.core.errors import (
    StashError,
    StashInputError,
    StashJobError,
    StashJobRunningError,
    StashNotFoundError,
    StashUsageError,
)
from stash_cli.output.failures import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

JOBS = Nouns("job", "jobs")

JobIds = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="ids of jobs")]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowOptions(CommandOptions):
    """The command line of `jobs show`."""

    job: Annotated[str, typer.Argument(metavar="ID", help="id of the job")]


@dataclass(frozen=True, kw_only=True, eq=False)
class WaitOptions(FollowOptions):
    """The command line of `jobs wait`."""

    jobs: JobIds = None


@dataclass(frozen=True, kw_only=True, eq=False)
class StopOptions(CommandOptions):
    """The command line of `jobs stop`."""

    jobs: JobIds = None
    everything: Annotated[bool, typer.Option("--all", help="stop all running and waiting jobs")] = False


def group() -> LazyGroup:
    entries = {
        "list": subcommand(
            "List running and waiting jobs, oldest first",
            run_list,
            CommandOptions,
            "stash jobs list",
            "stash jobs list --json",
        ),
        "show": subcommand(
            "Show one job",
            run_show,
            ShowOptions,
            "stash jobs show 12 --json",
        ),
        "wait": subcommand(
            "Wait for jobs to end, with progress",
            run_wait,
            WaitOptions,
            "stash jobs wait",
            "stash jobs wait 12 --wait-timeout 600",
        ),
        "watch": subcommand(
            "Print the updates of all jobs until Ctrl-C",
            run_watch,
            CommandOptions,
            "stash jobs watch",
            "stash jobs watch --jsonl",
        ),
        "stop": subcommand("Stop jobs", run_stop, StopOptions, "stash jobs stop 12", "stash jobs stop --all"),
    }
    return LazyGroup("jobs", entries, "List, watch, wait for and stop jobs.")


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the running and waiting jobs, oldest first."""
    runtime.check_output(JOB)
    print_queue(runtime, runtime.run(queue))


def run_show(runtime: Runtime, options: ShowOptions) -> None:
    """Show one job. The server keeps only the last ten jobs that ended."""
    runtime.check_output(JOB)

    async def work(session: Session) -> dict[str, Any]:
        return await one_job(session, options.job)

    runtime.print_row(JOB, runtime.run(work))


def run_wait(runtime: Runtime, options: WaitOptions) -> None:
    """Wait until jobs end, with their progress: the given jobs, or all running and waiting jobs.

    The exit status is 10 if the server no longer knows a job, 9 if one failed or was cancelled, 8 after
    --wait-timeout, and 6 if the server logged errors meanwhile; of several jobs, the worst in this order.
    """
    runtime.check_output(JOB)
    job_ids = [check_id(job) for job in options.jobs or ()]

    async def work(session: Session) -> list[JobReport | StashJobError]:
        # The ids are read once, because a job added later may be queued for hours.
        ids = job_ids or [job["id"] for job in await queue(session)]
        deadline = None if options.wait_timeout is None else time.monotonic() + options.wait_timeout
        found = []
        for job_id in dict.fromkeys(ids):
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            found.append(await ended(session, runtime, job_id, replace(options, wait_timeout=remaining)))
        return found

    reports = runtime.run(work)
    if not runtime.for_people:
        runtime.print_rows(JOB, [job for each in reports if (job := job_of(each))])
    if not reports:
        runtime.streams.note("no jobs are running or waiting")
    print_outcomes(runtime, reports)


async def ended(
    session: Session, runtime: Runtime, job_id: str, options: WaitOptions
) -> JobReport | StashJobError:
    """The report of a job, or its error, which is returned so that the command waits for the other jobs."""
    try:
        return await follow(session, runtime, job_id, options, Started(job_id))
    except StashJobRunningError:
        raise  # the timeout applies to all jobs
    except StashJobError as error:
        return error


def job_of(report: JobReport | StashJobError) -> dict[str, Any]:
    """The last state of a job; empty if unknown."""
    return report.job if isinstance(report, JobReport) else report.facts.get("job") or {}


def print_outcomes(runtime: Runtime, reports: list[JobReport | StashJobError]) -> None:
    """Print the outcome of each job, and raise the worst error."""
    errors = []
    for each in reports:
        try:
            if isinstance(each, StashJobError):
                raise each
            each.print_outcome(runtime)
        except StashJobError as error:
            errors.append(error)
    errors.sort(key=lambda error: PRECEDENCE.index(error.exit_status))
    for other in errors[1:]:
        render(runtime.streams, other, as_json=runtime.json_errors)
    if errors:
        raise errors[0]


def run_watch(runtime: Runtime, _: CommandOptions) -> None:
    """Print the jobs that run and wait, and the updates of all jobs as they happen, until Ctrl-C.

    A lost connection is opened again, which is said. For people a job has a line a second at most, with the
    local time; other formats have every update.
    """
    runtime.check_output(JOB)

    async def work(session: Session) -> None:
        stream = session.subscribe("jobsSubscribe", reconnect=True)
        stream.on_lost = lambda error: runtime.streams.note(f"{error.message} Connecting again.")
        async with aclosing(stream) as updates:
            await stream.__aenter__()
            show = update_printer(runtime)
            # The subscription does not send the current state of running jobs.
            for job in await queue(session):
                show(job)
            async for update in updates:
                show(snake("Job", update["job"]))

    runtime.run(work)


def update_printer(runtime: Runtime) -> Callable[[dict[str, Any]], None]:
    """Return a function that prints an update of a job."""
    writer = None if runtime.for_people else runtime.writer(JOB)
    printed: dict[str, tuple[str, float]] = {}
    """Status and time of the last line of each job."""

    def show(job: dict[str, Any]) -> None:
        now = time.monotonic()
        status, printed_at = printed.get(job["id"], ("", 0.0))
        if writer is not None:
            writer.row(job)
        elif job["status"] != status or now - printed_at >= _PAUSE:
            printed[job["id"]] = job["status"], now
            runtime.streams.data(f"{datetime.now().astimezone():%H:%M:%S}  {line_of(job)}")
        runtime.streams.out.flush()

    return show


_PAUSE = 1.0
"""Minimum seconds between two lines of a job in `jobs watch` for people."""


def run_stop(runtime: Runtime, options: StopOptions) -> None:
    """Stop jobs. A waiting job is removed at once; a running job may take a moment to end."""
    job_ids = [check_id(job) for job in options.jobs or ()]
    if bool(job_ids) == options.everything:
        raise StashUsageError("give the ids of the jobs to stop, or --all")

    async def work(session: Session) -> None:
        if options.everything:
            await uninterrupted(stop_all(session, runtime))
            return
        outcomes = Outcomes(JOBS, "told to stop", list(dict.fromkeys(job_ids)))
        outcomes.expect(outcomes.asked)
        for job_id in outcomes.asked:
            await uninterrupted(stop_one(session, runtime, job_id, outcomes))
        outcomes.check()

    runtime.run(work)


async def stop_all(session: Session, runtime: Runtime) -> None:
    await request_stop(session, "stopAllJobs", {})
    runtime.streams.note("all jobs were told to stop")


async def stop_one(session: Session, runtime: Runtime, job_id: str, outcomes: Outcomes) -> None:
    """Stop a job; record an error in `outcomes`."""
    try:
        # Looked up first, because the server answers true to stopJob even for an unknown id.
        await one_job(session, job_id)
        await request_stop(session, "stopJob", {"job_id": job_id})
    except StashError as error:
        outcomes.fail([job_id], error)
    else:
        outcomes.succeed([job_id])
        runtime.streams.note(f"job {job_id} was told to stop")


async def request_stop(session: Session, operation: str, args: dict[str, Any]) -> None:
    hint = "See `stash jobs list` for the jobs that are left."
    await confirmed(session.call(operation, args), is_answer=lambda answer: answer is True, hint=hint)


async def queue(session: Session) -> list[dict[str, Any]]:
    """The jobs that run or wait; the server answers null for none."""
    return [snake("Job", job) for job in await session.call("jobQueue", {}) or ()]


async def one_job(session: Session, job_id: str) -> dict[str, Any]:
    found = await session.call("findJob", {"input": {"id": check_id(job_id)}})
    if found is None:
        raise StashNotFoundError(
            f"no job with id {job_id}", hint="The server keeps only the last ten jobs that ended."
        )
    return snake("Job", found)


def check_id(text: str) -> str:
    if not text.isdecimal():
        raise StashInputError(f"{text!r} is not a job id: it must be a number")
    return text


def print_queue(runtime: Runtime, jobs: list[dict[str, Any]]) -> None:
    runtime.print_rows(JOB, jobs)
    if not jobs and runtime.for_people:
        runtime.streams.note("no jobs")


def line_of(job: dict[str, Any]) -> str:
    """One update as a line of text."""
    from stash_cli.output.values import one_line, percent

    done = percent(job["progress"]) if job.get("progress") is not None and job["progress"] >= 0 else "-"
    tasks = f"  {job['sub_tasks'][0]}" if job.get("sub_tasks") else ""
    return one_line(f"{job['id']}  {job['status']}  {done}  {job['description']}{tasks}") + "\n"
