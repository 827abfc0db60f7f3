"""Selection of the run to undo or redo, and execution of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.edits.journal import changes
from stash_cli.core.edits.journal.changes import set_all_redone
from stash_cli.core.edits.journal.history import MAY_BE_DONE, summary
from stash_cli.core.edits.journal.journal import EDIT, REDO, UNDO
from stash_cli.core.edits.undo.reverse import net_of, reverse
from stash_cli.core.edits.undo.undo import Reversal, refusal
from stash_cli.core.edits.undo.undo_report import Problem, Report
from stash_cli.core.errors import StashJournalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.journal import Journal, Run
    from stash_cli.core.edits.journal.recorder import Recorder


async def undo(session: Session, recorder: Recorder, number: int, *, is_dry: bool = False) -> Report:
    """Undo a run, or the part of it that is not undone yet; undoing an undo is a redo.

    `recorder` records the new changes. Raises StashNotFoundError for a run that does not exist, and
    StashJournalError for one of another database, or without changes that can be undone.
    """
    run = recorder.journal.run(number)
    if run.kind == UNDO and run.target is not None:
        return await redo(session, recorder, run.target, is_dry=is_dry)
    run = edited(recorder.journal, run)
    run_summary = summary(recorder.journal, run)
    if not run_summary.undoable:
        if not run_summary.objects:
            raise StashJournalError(f"Run {run.id} changed nothing, so there is nothing to undo.")
        raise StashJournalError(f"Run {run.id} cannot be undone: {run_summary.description}.")
    if run_summary.undone >= run_summary.undoable:
        raise StashJournalError(f"Run {run.id} is undone already.", hint=f"`stash redo {run.id}` redoes it.")
    return await _undo_runs(session, recorder, run, [run], UNDO, is_dry=is_dry)


async def redo(session: Session, recorder: Recorder, number: int, *, is_dry: bool = False) -> Report:
    """Redo the changes of a run that were undone; raises as `undo` does."""
    run = edited(recorder.journal, recorder.journal.run(number))
    undos = [each for each in runs_of(recorder.journal, run, UNDO) if _is_in_effect(recorder.journal, each)]
    if not undos:
        raise StashJournalError(f"Run {run.id} is not undone.")
    return await _undo_runs(session, recorder, run, undos, REDO, is_dry=is_dry)


async def impossible(session: Session, journal: Journal, number: int, kind: str = UNDO) -> list[Problem]:
    """Changes of a run that this server cannot undo, as far as that is known without a request."""
    run = edited(journal, journal.run(number))
    server = await session.load_capabilities()
    problems = []
    for part in [run] if kind == UNDO else runs_of(journal, run, UNDO):
        for row in changes.read(journal, part.id):
            if row.operation == changes.UPDATE and row.state in MAY_BE_DONE and row.undone_by is None:
                net = net_of(row)
                edit = reverse(row.key, net, net.answered).edit
                if edit is not None and (reason := refusal(edit, server)):
                    problems.append(Problem(*row.key, reason))
    return problems


async def _undo_runs(
    session: Session, recorder: Recorder, run: Run, parts: Sequence[Run], kind: str, *, is_dry: bool
) -> Report:
    """Undo runs one after the other, recorded as one run of `kind`."""
    recorder.kind, recorder.target = kind, run.id
    report = Report()
    with recorder.journal.exclusive():
        await _undo_parts(session, recorder, run, parts, report, is_dry=is_dry)
    return report


async def _undo_parts(
    session: Session, recorder: Recorder, run: Run, parts: Sequence[Run], report: Report, *, is_dry: bool
) -> None:
    async with recorder.recording(session):
        for part in parts:
            before = len(report.problems)
            await Reversal(session, recorder, part, report, is_dry=is_dry).run()
            if recorder.kind == REDO and len(report.problems) == before and not is_dry:
                set_all_redone(recorder.journal, run.id, part.id)


def edited(journal: Journal, run: Run) -> Run:
    """Return the run of edits that an undo or a redo refers to, directly or indirectly."""
    return run if run.kind == EDIT or run.target is None else edited(journal, journal.run(run.target))


def runs_of(journal: Journal, run: Run, kind: str) -> list[Run]:
    """The undos or redos of a run, the latest first."""
    return [each for each in journal.runs() if each.kind == kind and each.target == run.id]


def _is_in_effect(journal: Journal, undo_run: Run) -> bool:
    """Whether an undo is still in effect, at least in part."""
    run_summary = summary(journal, undo_run)
    return run_summary.undone < run_summary.undoable


def runs_after(journal: Journal, database: int, number: int) -> list[Run]:
    """Runs after a given one that are not completely undone, the latest first."""
    runs = []
    for run in journal.runs():
        if run.id > number and run.kind == EDIT and run.database == database:
            each = summary(journal, run)
            if each.undone < each.undoable:
                runs.append(run)
    return runs


def last_undoable(journal: Journal, database: int) -> Run:
    """Return the default run to undo: the last one of a person that is not undone yet.

    Raises StashJournalError where there is none.
    """
    tried = {each.target for each in journal.runs() if each.kind == UNDO and _is_in_effect(journal, each)}
    for run in journal.runs():
        if run.kind == EDIT and run.is_person and run.database == database and run.id not in tried:
            run_summary = summary(journal, run)
            if run_summary.undoable and not run_summary.undone:
                return run
    raise StashJournalError(
        "There is nothing to undo.",
        hint="`stash history` lists all runs; those of programs, and those partly undone, have to be named.",
    )


def last_redoable(journal: Journal, database: int) -> Run:
    """Return the default run to redo: the one undone last, unless a new edit followed.

    Raises StashJournalError where there is none.
    """
    for run in journal.runs():
        if run.database != database:
            continue
        if run.kind == EDIT and run.is_person and changes.DONE in journal.counts(run.id):
            break
        if run.kind == UNDO and run.target is not None and _is_in_effect(journal, run):
            return journal.run(run.target)
    undone = [each.target for each in journal.runs() if each.kind == UNDO and _is_in_effect(journal, each)]
    hint = [f"Run {one} was undone before later edits: `stash redo {one}`." for one in undone[:1]]
    raise StashJournalError("There is nothing to redo.", hint=next(iter(hint), None))
