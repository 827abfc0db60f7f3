"""`stash run`: a chain of tasks, one after the other, for cron."""

from __future__ import annotations

import shlex
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.value_parsers import choice, named, seconds
from stash_cli.commands.tasks.run_hooks import call_hook, ping
from stash_cli.commands.tasks.run_spec import STOP_ON, RunSpec, Step, find_spec, parse_steps
from stash_cli.commands.tasks.task_inputs import Task, TaskOptions, follow_task
from stash_cli.commands.tasks.waiting import FollowOptions, JobReport, Started, follow
from stash_cli.core.errors import StashError, StashUsageError
from stash_cli.core.texts import duration
from stash_cli.output.failures import hide, secrets_of
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

STEP = View(
    "Job", columns("step!", "outcome", "exit_status>", "job>", "seconds>", "errors>", "warnings>", "message")
)
WORST = (130, 4, 7, 5, 10, 9, 8, 11, 3, 2, 6, 1)
"""Exit statuses, the worst first."""
_PARTLY_DONE = 6
_OUTCOMES = {
    0: "done", _PARTLY_DONE: "partly done", 8: "still running", 9: "failed", 10: "unknown", 11: "refused",
    130: "interrupted",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class RunOptions(FollowOptions):
    """The command line of `run`."""

    steps: Annotated[
        list[str], typer.Argument(metavar="STEP...|NAME", help="tasks, or a [run.NAME] of the settings")
    ]
    wait: Annotated[bool, typer.Option("--wait", help="a chain always waits for its steps")] = False
    stop_on: Annotated[
        str | None,
        typer.Option(
            "--stop-on",
            metavar="|".join(STOP_ON),
            parser=named("--stop-on", choice(*STOP_ON)),
            help="partly: stop also after a step that was partly done (exit 6)",
        ),
    ] = None
    lock: Annotated[
        bool, typer.Option("--lock/--no-lock", help="refuse a second run on the same server (exit 5)")
    ] = True
    lock_wait: Annotated[
        float | None,
        typer.Option(
            "--lock-wait",
            metavar="TIME",
            parser=named("--lock-wait", seconds),
            help="wait this long for another run to end: 10m",
        ),
    ] = None


class StashRunError(StashError):
    """A chain was not completed; `exit_status` is that of its worst step."""

    code = "run"

    def __init__(self, message: str, exit_status: int, details: list[str]) -> None:
        super().__init__(message)
        self.exit_status, self.details = exit_status, details


@dataclass(slots=True)
class StepRecord:
    """The outcome of one step."""

    step: str
    exit_status: int | None = None
    """None if the step was not started."""
    job: str | None = None
    seconds: float = 0.0
    message: str = ""
    details: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        if self.exit_status is None:
            return "not started"
        return _OUTCOMES.get(self.exit_status, "failed")

    def row(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "step": self.step,
            "outcome": self.outcome,
            "exit_status": self.exit_status,
            "job": self.job,
            "seconds": round(self.seconds, 1),
            "errors": 0,
            "warnings": 0,
            **self.counts,
            "message": self.message,
            "details": self.details,
        }

    def __str__(self) -> str:
        if not self.exit_status:
            return (
                f"{self.step} {self.outcome}"
                if self.exit_status is None
                else f"{self.step} {duration(self.seconds)}"
            )
        return f"{self.step} {self.outcome} (exit {self.exit_status})"


def build() -> StashCommand:
    return command(
        "run",
        run_chain,
        RunOptions,
        examples=(
            "stash run scan identify generate clean --wait",
            "stash run scan 'generate --covers --phashes' 'backup /backups/' -q",
            "stash run nightly -q --lock-wait 10m",
        ),
    )


def run_chain(runtime: Runtime, options: RunOptions) -> None:
    """Run tasks one after the other, each to its end; a step with flags of its own is put in quotes.

    The chain stops at the first step that fails, and goes on after one that was partly done, unless --stop-on
    partly. The exit status is that of the worst step. An error of the server's log counts if the last run did
    not have it (--fail-on-log new). A second run on the same server is refused meanwhile (exit 5).

    A chain in the settings: [run.nightly] with steps = ["scan", "clean"], and if wanted ignore, fail_on_log,
    stop_on, lock, lock_wait, wait_timeout, on_failure, on_success and ping_url.
    """
    if runtime.options.output in ("ids", "paths") or runtime.options.fields:
        raise StashUsageError("the steps of a run have neither ids, files nor fields: use --json")
    spec = find_spec(runtime, options.steps)
    spec = replace(
        spec,
        stop_on=options.stop_on or spec.stop_on or STOP_ON[0],
        lock=spec.lock and options.lock,
        lock_wait=options.lock_wait or spec.lock_wait,
    )
    steps = parse_steps(runtime, spec, options)
    with _lock(runtime, spec):
        # Sent while the lock is held: a run that is refused must not be reported as started.
        ping(runtime, spec, "/start")
        records = [StepRecord(step.text) for step in steps]
        try:
            runtime.run(lambda session: perform(session, runtime, steps, records, spec), writes=True)
        except StashError as error:  # no connection: an error outside of any step
            _record_error(next((each for each in records if each.exit_status is None), records[-1]), error)
        except KeyboardInterrupt:
            _finish(runtime, spec, records, interrupted=True)
            raise
        _finish(runtime, spec, records)


def _lock(runtime: Runtime, spec: RunSpec) -> AbstractContextManager[Any]:
    """The lock of the server, held while the chain runs."""
    if not spec.lock:
        return nullcontext()
    from stash_cli.core.run_lock import RunLock

    words = [*map(shlex.quote, ["stash", *runtime.args])]
    secrets = [*secrets_of(runtime.args, runtime.environ), *runtime.keys]
    return RunLock(
        runtime.connection().url,
        hide(" ".join(words), secrets),
        wait=spec.lock_wait or 0.0,
        on_wait=lambda holder: runtime.streams.note(f"waiting for another run to end: {holder}"),
    )


async def perform(
    session: Session, runtime: Runtime, steps: list[Step], records: list[StepRecord], spec: RunSpec
) -> None:
    """Run the steps in order and record each, until the chain stops."""
    from asyncio import CancelledError

    for step, record in zip(steps, records, strict=True):
        started_at, started = time.monotonic(), Started()
        try:
            report = await _run_step(session, runtime, step, started)
            _record_report(runtime, record, report)
        except StashError as error:
            _record_error(record, error)
        except CancelledError:
            record.exit_status = 130
            raise
        finally:
            record.seconds, record.job = time.monotonic() - started_at, started.id
        is_last = record.exit_status not in (0, _PARTLY_DONE) or (
            record.exit_status and spec.stop_on == "partly"
        )
        if is_last:
            return


async def _run_step(
    session: Session, runtime: Runtime, step: Step, started: Started
) -> JobReport | str | None:
    """Run one step: follow the same job of another client, or start a new one."""
    task, options = step.task, step.options
    if not isinstance(task, Task) or not isinstance(options, TaskOptions):
        perform_file = getattr(task, "perform")  # noqa: B009 - steps have one, see STEPS
        report: JobReport | str | None = await perform_file(session, runtime, options, started)
        return report
    if (job_id := await _find_same_job(session, runtime, step, task, options)) is not None:
        started.id = job_id
        return await follow(session, runtime, job_id, options, started)
    return await follow_task(session, runtime, task, options, started)


async def _find_same_job(
    session: Session, runtime: Runtime, step: Step, task: Task, options: TaskOptions
) -> str | None:
    """The id of the same job started by another client; None to start a new one.

    The options of a queued job are unknown, so a step with its own flags or paths is always started, as is a
    clean, which is guarded. It waits for other jobs, because the server runs one at a time.
    """
    queued = await session.call("jobQueue", {}) or []
    # A job of the queue has no type, so it is recognised by its description.
    same = [job for job in queued if str(job["description"]).rstrip(".") == task.job]
    if same and task.verb != "clean" and not (options.flags or options.targets):
        runtime.streams.note(f"{step.text}: joined job {same[0]['id']}, which another client has started")
        return str(same[0]["id"])
    if queued:
        names = ", ".join(str(job["description"]).rstrip(".") for job in queued[:3])
        runtime.streams.note(f"{step.text}: waits for {len(queued)} jobs of other clients ({names})")
    return None


def _record_report(runtime: Runtime, record: StepRecord, report: JobReport | str | None) -> None:
    record.exit_status = 0
    if isinstance(report, JobReport):
        record.counts = report.log.facts()
        record.message = report.counted()
        report.check()
        for line in report.lines():
            runtime.streams.note(line)
    elif report:
        record.message = f"wrote {report}"
    suffix = f"; {record.message}" if record.message else ""
    runtime.streams.note(f"{record.step}: done{suffix}")


def _record_error(record: StepRecord, error: StashError) -> None:
    record.exit_status = error.exit_status
    record.message = error.message
    details = list(getattr(error, "details", ()))
    record.details = [*details, error.hint] if error.hint else details


def _finish(runtime: Runtime, spec: RunSpec, records: list[StepRecord], *, interrupted: bool = False) -> None:
    """Print the records, call hook and monitoring service. Raises StashRunError unless all is done."""
    statuses = {record.exit_status for record in records if record.exit_status}
    status = next((each for each in WORST if each in statuses), 1 if statuses else 0)
    summary = f"{spec.title}: {', '.join(map(str, records))}"
    details = [
        line
        for record in records
        if record.exit_status
        for line in (f"{record.step}: {record.message}", *(f"  {each}" for each in record.details))
    ]
    if not runtime.for_people:
        runtime.print_rows(STEP, [record.row() for record in records])
    if interrupted:
        runtime.streams.note(summary)
        return
    ping(runtime, spec, "/fail" if status else "", [summary, *details])
    call_hook(runtime, spec, status, summary)
    if status:
        raise StashRunError(summary, status, details)
    runtime.streams.note(summary)
