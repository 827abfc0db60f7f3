"""`stash undo` and `stash redo`: revert the changes of a run, and make them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, Yes, command
from stash_cli.core.errors import StashError, StashUsageError
from stash_cli.core.texts import counted
from stash_cli.output.failures import confirm
from stash_cli.output.values import View, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.edits.undo.undo_report import Problem, Report

_VIEW = View()
SHOWN = 20
"""Maximum number of listed edits and problems; the others are counted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UndoOptions(CommandOptions):
    """The command line of `undo` and `redo`."""

    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="number of the run, as `stash history` lists it"),
    ] = None
    yes: Yes = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="show what would be done, and do nothing")
    ] = False


@dataclass(frozen=True, kw_only=True, eq=False)
class ResumeOptions(CommandOptions):
    """The command line of `history resume`."""

    run: Annotated[str, typer.Argument(metavar="RUN", help="number of the run")]
    yes: Yes = False


@dataclass(frozen=True, kw_only=True, eq=False)
class RollbackOptions(CommandOptions):
    """The command line of `history rollback`."""

    to: Annotated[str, typer.Option("--to", metavar="RUN", help="the last run that stays")]
    yes: Yes = False
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="list the runs, and do nothing")] = False


def build_undo() -> StashCommand:
    return command(
        "undo",
        run_undo,
        UndoOptions,
        examples=("stash undo", "stash undo 12", "stash undo 12 --dry-run"),
    )


def build_redo() -> StashCommand:
    return command("redo", run_redo, UndoOptions, examples=("stash redo", "stash redo 12"))


def build_resume() -> StashCommand:
    return command("resume", run_resume, ResumeOptions, examples=("stash history resume 12",))


def build_rollback() -> StashCommand:
    return command("rollback", run_rollback, RollbackOptions, examples=("stash history rollback --to 12",))


def run_undo(runtime: Runtime, options: UndoOptions) -> None:
    """Reverse the changes of a run. Without RUN, each call goes one run further back and asks first.

    Values that others or later runs have changed since are kept and reported (exit 6); the rest is reversed.
    A second undo of the run tries only what was not reversed.
    """
    reverse_run(runtime, options, "undo")


def run_redo(runtime: Runtime, options: UndoOptions) -> None:
    """Make undone changes again. Without RUN, those of the last undo, unless there was a new edit since."""
    reverse_run(runtime, options, "redo")


def reverse_run(runtime: Runtime, options: UndoOptions, verb: str) -> None:
    """Undo or redo one run."""
    from stash_cli.commands.history import check_output, run_number
    from stash_cli.core.edits.journal.history import summary
    from stash_cli.core.edits.undo import undo_runs

    check_output(runtime)
    _check_undo(runtime, options, verb)
    chosen_number = None if options.run is None else run_number(options.run)

    async def work(session: Session) -> Report:
        with runtime.recorder() as recorder:
            number = chosen_number or await chosen(session, recorder, verb)
            run = undo_runs.edited(recorder.journal, recorder.journal.run(number))
            impossible = await undo_runs.impossible(session, recorder.journal, run.id, verb)
            if impossible and len(impossible) < summary(recorder.journal, run).undoable:
                runtime.streams.note("cannot be taken back on this server; the rest can:")
                for line in listed(impossible):
                    runtime.streams.note(line)
            confirm_run(runtime, recorder, run.id, verb, asks=not (options.yes or options.dry_run))
            revert = undo_runs.undo if verb == "undo" else undo_runs.redo
            report = await revert(session, recorder, number, is_dry=options.dry_run)
            print_report(runtime, report, run.id, verb, is_dry=options.dry_run)
            return report

    report = runtime.run(work, writes=True, is_recorded=False)
    if not (report.is_complete or options.dry_run):
        raise StashPartlyUndoneError(report.problems, verb)


def _check_undo(runtime: Runtime, options: UndoOptions, verb: str) -> None:
    """Raise StashUsageError without a journal, and without RUN where nobody can be asked."""
    if runtime.options.no_journal:
        raise StashUsageError(f"{verb} cannot work without the journal")
    # The last run may be that of another script, so RUN is optional only at a terminal, where it is shown.
    if options.run is None and not (options.dry_run or runtime.streams.interactive):
        raise StashUsageError(
            f"name the run to {verb}: stash {verb} RUN, because there is no terminal to ask",
            hint="`stash history` lists the runs.",
        )


def run_resume(runtime: Runtime, options: ResumeOptions) -> None:
    """Go on with a run that was killed or interrupted.

    What was planned is sent, unless somebody changed it since. What may have been done is looked at first.
    """
    from stash_cli.commands.history import check_output, run_number
    from stash_cli.core.edits.undo.resume import OPEN, resume

    check_output(runtime)
    number = run_number(options.run)

    async def work(session: Session) -> dict[str, int]:
        with runtime.recorder() as recorder:
            recorder.journal.run(number)
            unfinished = sum(recorder.journal.counts(number).get(state, 0) for state in OPEN)
            if unfinished:
                confirm_run(
                    runtime, recorder, number, f"go on with {unfinished} changes of", asks=not options.yes
                )
            return await resume(session, recorder, number)

    states = runtime.run(work, writes=True, is_recorded=False)
    outcome = ", ".join(f"{count} {state}" for state, count in states.items())
    runtime.streams.note(f"run {number}: {outcome}")
    if states.keys() - {"done"}:
        raise StashResumedError(f"run {number} is incomplete: {outcome}", number)


class StashResumedError(StashError):
    """A resumed run was not completed."""

    code = "incomplete"
    exit_status = 6

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message, hint=f"`stash history show {number}` lists the changes and the reasons.")


def run_rollback(runtime: Runtime, options: RollbackOptions) -> None:
    """Undo all runs after run --to, the last one first. Run --to itself stays."""
    from stash_cli.commands.history import check_output, run_number
    from stash_cli.core.edits.undo.undo_runs import runs_after

    check_output(runtime)
    number = run_number(options.to)

    async def work(session: Session) -> list[Report]:
        with runtime.recorder() as recorder:
            recorder.journal.run(number)
            runs = runs_after(recorder.journal, await recorder.identify(session), number)
        for run in runs:
            runtime.streams.note(f"run {run.id}, {moment(run.started)}: {run.command}")
        count_text = counted(len(runs), "run")
        if not runs or options.dry_run:
            runtime.streams.note(f"{count_text} would be undone; run {number} stays")
            return []
        confirm(runtime.streams, f"undo {count_text}; run {number} stays", yes=options.yes)
        return [await _undo_one(session, runtime, run.id) for run in runs]

    problems = [
        each for report in runtime.run(work, writes=True, is_recorded=False) for each in report.problems
    ]
    if problems:
        raise StashPartlyUndoneError(problems, "undo")


async def _undo_one(session: Session, runtime: Runtime, number: int) -> Report:
    """Undo a run as a separate run in the journal, so that it can be redone on its own."""
    from stash_cli.core.edits.undo.undo_runs import undo

    with runtime.recorder() as recorder:
        report = await undo(session, recorder, number)
    print_report(runtime, report, number, "undo", is_dry=False)
    return report


async def chosen(session: Session, recorder: Recorder, verb: str) -> int:
    """The number of the default run."""
    from stash_cli.core.edits.undo.undo_runs import last_redoable, last_undoable

    find = last_undoable if verb == "undo" else last_redoable
    return find(recorder.journal, await recorder.identify(session)).id


def confirm_run(runtime: Runtime, recorder: Recorder, number: int, verb: str, *, asks: bool) -> None:
    """Show the run, and ask for confirmation. Raises StashNotConfirmedError."""
    from stash_cli.core.edits.journal.history import summary

    run_summary = summary(recorder.journal, recorder.journal.run(number))
    runtime.streams.note(f"run {number}, {moment(run_summary.run.started)}: {run_summary.run.command}")
    runtime.streams.note(f"{run_summary.description}; {run_summary.state}")
    if run_summary.undoable and run_summary.beyond:
        runtime.streams.note(f"cannot be undone, and stays: {', '.join(run_summary.beyond)}")
    if asks:
        confirm(runtime.streams, f"{verb} run {number}", yes=False)


def print_report(runtime: Runtime, report: Report, number: int, verb: str, *, is_dry: bool) -> None:
    """Print the outcome; with --json the whole report."""
    from stash_cli.core.edits.diff import lines
    from stash_cli.output.diff import show_line

    if not runtime.for_people:
        writer = runtime.writer(_VIEW, single=True)
        writer.row(facts(report, number))
        writer.finish()
    if is_dry or runtime.streams.verbose:
        for line in lines(report.edits, shown=SHOWN):
            show_line(runtime.streams, line)
    participle = {"undo": "undone", "redo": "redone"}[verb]
    partly = "" if report.is_complete else "partly "
    if is_dry:
        for line in listed(report.problems):
            runtime.streams.note(f"would not be {participle}: {line}")
        edits = counted(len(report.edits), "edit")
        runtime.streams.note(f"run {number} would be {partly}{participle}; {edits}; nothing was changed")
    elif report.done or report.is_complete:
        undoing_run = f" by run {report.run}" if report.run else ""
        runtime.streams.note(f"{partly}{participle}: run {number}{undoing_run}; {count(report, verb)}")


def count(report: Report, verb: str) -> str:
    """Text such as `set back 3 fields of scenes, deleted 1 tag`."""
    from stash_cli.core.edits.journal.history import noun
    from stash_cli.core.edits.journal.resources import RESOURCES

    words = {
        "update": "set {} back" if verb == "undo" else "set {}",
        "create": "made {} again",
        "delete": "deleted {}",
    }
    parts = []
    for (operation, type_name), number in report.done.items():
        if type_name in RESOURCES:
            back = " back" if verb == "undo" else ""
            parts.append(f"{RESOURCES[type_name].done} {noun(type_name, number)}{back}")
            continue
        what = f"{counted(number, 'field')} of {noun(type_name, 2)[2:]}"
        parts.append(words[operation].format(what if operation == "update" else noun(type_name, number)))
    return ", ".join(parts) or "nothing was left to do"


def facts(report: Report, number: int) -> dict[str, Any]:
    """A report as JSON."""
    from stash_cli.core.edits.diff import edit_json

    problems = [
        {"type": each.type, "id": each.id, "field": each.field, "reason": each.reason}
        for each in report.problems
    ]
    edits = [edit_json(each) for each in report.edits]
    return {"target": number, "run": report.run, "edits": edits, "problems": problems}


class StashPartlyUndoneError(StashError):
    """Some changes of a run were not reverted; `details` lists them."""

    code = "incomplete"
    exit_status = 6

    def __init__(self, problems: Sequence[Problem], verb: str) -> None:
        total = len(problems)
        words = "1 change was" if total == 1 else f"{total} changes were"
        super().__init__(
            f"{words} not {verb}ne" if verb == "undo" else f"{words} not redone",
            hint=f"A second {verb} of the run tries only what is left.",
        )
        self.details = listed(problems)
        self.facts = {"problems": [str(each) for each in problems]}


def listed(problems: Sequence[Problem]) -> Sequence[str]:
    """The first SHOWN problems as lines."""
    lines = [str(each) for each in problems[:SHOWN]]
    more = len(problems) - SHOWN
    return [*lines, f"and {more} more"] if more > 0 else lines
