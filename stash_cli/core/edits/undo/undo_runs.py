"""The choice of a run for an undo or a redo, and the whole of both."""

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
    """Take back a run, or what is left of it to take back; an undo is taken back by a redo.

    `recorder` records what is done for it. Raises StashJournalError for a run that is not there, was made on
    another database, or changed nothing that can be undone.
    """
    run = recorder.journal.run(number)
    if run.kind == UNDO and run.target is not None:
        return await redo(session, recorder, run.target, is_dry=is_dry)
    run = edited(recorder.journal, run)
    found = summary(recorder.journal, run)
    if not found.undoable:
        if not found.objects:
            raise StashJournalError(f"Run {run.id} changed nothing, so there is nothing to undo.")
        raise StashJournalError(f"Run {run.id} cannot be undone: {found.what}.")
    if found.undone >= found.undoable:
        raise StashJournalError(f"Run {run.id} is undone already.", hint=f"`stash redo {run.id}` redoes it.")
    return await _take_back(session, recorder, run, [run], UNDO, is_dry=is_dry)


async def redo(session: Session, recorder: Recorder, number: int, *, is_dry: bool = False) -> Report:
    """Make again what undos of a run have taken back; raises as `undo` does."""
    run = edited(recorder.journal, recorder.journal.run(number))
    undos = [each for each in runs_of(recorder.journal, run, UNDO) if _holds(recorder.journal, each)]
    if not undos:
        raise StashJournalError(f"Run {run.id} is not undone.")
    return await _take_back(session, recorder, run, undos, REDO, is_dry=is_dry)


async def impossible(session: Session, journal: Journal, number: int, kind: str = UNDO) -> list[Problem]:
    """The changes of a run that this server cannot take back, told without a request."""
    run = edited(journal, journal.run(number))
    server = await session.learn()
    found = []
    for part in [run] if kind == UNDO else runs_of(journal, run, UNDO):
        for row in changes.read(journal, part.id):
            if row.operation == changes.UPDATE and row.state in MAY_BE_DONE and row.undone_by is None:
                net = net_of(row)
                edit = reverse(row.key, net, net.answered).edit
                if edit is not None and (reason := refusal(edit, server)):
                    found.append(Problem(*row.key, reason))
    return found


async def _take_back(
    session: Session, recorder: Recorder, run: Run, parts: Sequence[Run], kind: str, *, is_dry: bool
) -> Report:
    """Take back runs one after the other, as one run of `kind`."""
    recorder.kind, recorder.target = kind, run.id
    report = Report()
    with recorder.journal.exclusive():
        await _take_back_parts(session, recorder, run, parts, report, is_dry=is_dry)
    return report


async def _take_back_parts(
    session: Session, recorder: Recorder, run: Run, parts: Sequence[Run], report: Report, *, is_dry: bool
) -> None:
    async with recorder.recording(session):
        for part in parts:
            before = len(report.problems)
            await Reversal(session, recorder, part, report, is_dry=is_dry).run()
            if recorder.kind == REDO and len(report.problems) == before and not is_dry:
                set_all_redone(recorder.journal, run.id, part.id)


def edited(journal: Journal, run: Run) -> Run:
    """The run that an undo or a redo is about."""
    return run if run.kind == EDIT or run.target is None else edited(journal, journal.run(run.target))


def runs_of(journal: Journal, run: Run, kind: str) -> list[Run]:
    """The undos or redos of a run, the latest first."""
    return [each for each in journal.runs() if each.kind == kind and each.target == run.id]


def _holds(journal: Journal, undo_run: Run) -> bool:
    """Whether anything that an undo did was not redone."""
    found = summary(journal, undo_run)
    return found.undone < found.undoable


def runs_after(journal: Journal, database: int, number: int) -> list[Run]:
    """The runs after one that are still to be undone, the latest first."""
    found = []
    for run in journal.runs():
        if run.id > number and run.kind == EDIT and run.database == database:
            each = summary(journal, run)
            if each.undone < each.undoable:
                found.append(run)
    return found


def last_undoable(journal: Journal, database: int) -> Run:
    """The run that a bare undo takes: the last of a person that was not undone yet.

    Raises StashJournalError where there is none.
    """
    tried = {each.target for each in journal.runs() if each.kind == UNDO and _holds(journal, each)}
    for run in journal.runs():
        if run.kind == EDIT and run.is_person and run.database == database and run.id not in tried:
            found = summary(journal, run)
            if found.undoable and not found.undone:
                return run
    raise StashJournalError(
        "There is nothing to undo.",
        hint="`stash history` lists all runs; those of programs, and those partly undone, have to be named.",
    )


def last_redoable(journal: Journal, database: int) -> Run:
    """The run that a bare redo takes: what was undone last, unless a new edit came after it.

    Raises StashJournalError where there is none.
    """
    for run in journal.runs():
        if run.database != database:
            continue
        if run.kind == EDIT and run.is_person and changes.DONE in journal.counts(run.id):
            break
        if run.kind == UNDO and run.target is not None and _holds(journal, run):
            return journal.run(run.target)
    undone = [each.target for each in journal.runs() if each.kind == UNDO and _holds(journal, each)]
    hint = [f"Run {one} was undone before later edits: `stash redo {one}`." for one in undone[:1]]
    raise StashJournalError("There is nothing to redo.", hint=next(iter(hint), None))
