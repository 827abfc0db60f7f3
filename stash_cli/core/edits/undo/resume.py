"""Resumption of a run that ended before all of it was done.

Planned changes that were not sent are sent if the server still has the values that they replace. Changes with
an unknown outcome are looked up first: nothing is sent twice blindly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.before_values import read_objects
from stash_cli.core.edits.drafts.draft import ObjectEdits
from stash_cli.core.edits.drafts.run import with_ids
from stash_cli.core.edits.journal import changes
from stash_cli.core.edits.journal.changes import (
    CONFLICT,
    CREATE,
    DELETE,
    DONE,
    PLANNED,
    SENT,
    SKIPPED,
    UNKNOWN,
    UPDATE,
    Recorded,
    wanted_of,
)
from stash_cli.core.edits.journal.history import summary
from stash_cli.core.edits.journal.pictures import Pictures, is_picture
from stash_cli.core.edits.journal.resources import is_resource, plan_resources, read_resources
from stash_cli.core.edits.pace import Pace
from stash_cli.core.edits.plan import plan_create, plan_destroy, plan_updates
from stash_cli.core.edits.undo.lost_changes import find_created, note_created
from stash_cli.core.edits.undo.reverse import CHANGED, is_applied, same
from stash_cli.core.errors import StashJournalError
from stash_cli.core.orm.edit import Edit
from stash_cli.core.orm.input import before_of
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.journal import Journal, Run
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation

OPEN = (PLANNED, SENT, UNKNOWN)
"""States of changes that a resumed run continues with."""


async def resume(session: Session, recorder: Recorder, number: int) -> dict[str, int]:
    """Continue a run under the same number; return state -> number of its changes afterwards.

    Raises StashJournalError for a run that has nothing left to do, or was made on another database.
    """
    run = recorder.journal.run(number)
    if not any(recorder.journal.counts(number).get(state) for state in OPEN):
        raise StashJournalError(f"Run {number} has nothing left to do.")
    if summary(recorder.journal, run).undone:
        raise StashJournalError(
            f"Run {number} was undone.", hint="Run its command again; it sends only what is missing."
        )
    recorder.continue_run(run)
    with recorder.journal.exclusive():
        await _go_on(session, recorder, run)
    return recorder.journal.counts(number)


async def _go_on(session: Session, recorder: Recorder, run: Run) -> None:
    async with recorder.recording(session):
        database = await recorder.identify(session)
        if run.database is not None and run.database != database:
            raise StashJournalError(
                f"Run {run.id} was made on another database, at {run.server}.", hint="Nothing was sent."
            )
        applier = Applier(session, is_shielded=True, pace=Pace())
        for rows in _steps(changes.read(recorder.journal, run.id)):
            if applier.stopped is None:
                await _step(session, recorder, applier, rows, run.started)
        if applier.stopped is not None:
            raise applier.stopped


def _steps(rows: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    """The open changes in order, in pages of one operation each."""
    step: list[Recorded] = []
    for row in rows:
        if row.state not in OPEN:
            continue
        # The second move of a file is checked after the first one was made.
        is_again = is_resource(row.type) and any(each.key == row.key for each in step)
        if step and (step[-1].operation != row.operation or len(step) >= changes.PAGE or is_again):
            yield step
            step = []
        step.append(row)
    if step:
        yield step


async def _step(
    session: Session, recorder: Recorder, applier: Applier, rows: Sequence[Recorded], started: str
) -> None:
    """Send the part of a page of changes that is still to be done."""
    open_rows: list[Recorded] = []
    operations: list[Operation] = []
    if rows[0].operation == UPDATE:
        _resolve_placeholders(recorder.journal, rows)
        pictures = Pictures(recorder.journal)
        placed = [row for row in rows if row.state != SKIPPED]
        open_updates = [(row, pictures.edit(edit)) for row, edit in await _open_updates(session, placed)]
        open_rows = [row for row, _ in open_updates]
        own = [edit for _, edit in open_updates if not is_resource(edit.type)]
        operations += plan_updates(own, await session.load_capabilities()).operations
        others = [edit for _, edit in open_updates if is_resource(edit.type)]
        operations += await plan_resources(session, others)
    elif rows[0].operation == CREATE:
        open_rows = await _open_creates(session, recorder.journal, rows, started)
        pictures = Pictures(recorder.journal)
        operations += [plan_create(row.type, pictures.unpacked(row.wanted["input"])) for row in open_rows]
        recorder.resumed |= {id(each.args): row for each, row in zip(operations, open_rows, strict=True)}
    elif rows[0].operation == DELETE:
        open_rows = await _open_deletes(session, rows)
        operations += [each for row in open_rows for each in plan_destroy(row.type, [row.id], row.wanted)]
    recorder.resumed |= {row.key: row for row in open_rows if row.operation != CREATE}
    changes.set_states(recorder.journal, [row for row in rows if row.state not in (SENT, UNKNOWN)])
    await applier.apply(operations, _ignore)
    recorder.resumed.clear()


def _resolve_placeholders(journal: Journal, rows: Sequence[Recorded]) -> None:
    """Replace placeholders by the ids of new objects; a change whose object was not created is skipped."""
    with_placeholders = [(row, ObjectEdits(row.id, "", (row.edit,)).provisional) for row in rows]
    with_placeholders = [(row, placeholders) for row, placeholders in with_placeholders if placeholders]
    if not with_placeholders:
        return
    all_placeholders = dict.fromkeys(one for _, placeholders in with_placeholders for one in placeholders)
    ids = changes.ids_of_placeholders(journal, rows[0].run, all_placeholders)
    for row, placeholders in with_placeholders:
        if missing := [one for one in placeholders if one not in ids]:
            row.state, row.reason = SKIPPED, f"{missing[0]} was not made"
        else:
            row.id, row.wanted = ids.get(row.id, row.id), wanted_of(with_ids(row.edit, ids))
    changes.replan(journal, [row for row, _ in with_placeholders])


def _ignore(_: Operation, __: BatchOperation) -> None:
    """Do nothing: the journal has the outcome."""


async def _open_updates(session: Session, rows: Sequence[Recorded]) -> list[tuple[Recorded, Edit]]:
    """The updates that are still to be sent; set the state of the others to done, conflict or skipped."""
    attrs_by_object: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row.type in ENTITIES:
            attrs_by_object.setdefault((row.type, row.id), set()).add(row.field)
    present = (
        await read_objects(session, attrs_by_object, await session.load_capabilities())
        if attrs_by_object
        else {}
    )
    others = {row.key: (row.before, row.edit.after) for row in rows if is_resource(row.type)}
    values = await read_resources(session, others)
    open_updates = []
    for row in rows:
        if is_resource(row.type):
            edit = _with_present(row, values.get(row.key, UNSET))
        else:
            edit = _open_update(row, present.get((row.type, row.id)))
        if edit is not None:
            row.state = PLANNED
            open_updates.append((row, edit))
    return open_updates


def _open_update(row: Recorded, values: Mapping[str, Any] | None) -> Edit | None:
    """The edit that is still to be sent of an update; else None, and the state is set if it is known."""
    if row.field in COUNTED and not any(row.wanted.values()):
        return None  # counted at an unknown time, so its outcome cannot be determined
    if values is not None and is_picture(row.type, row.field):
        return row.edit  # setting it again is idempotent
    return _with_present(row, UNSET if values is None else before_of(row.type, row.field, values))


def _with_present(row: Recorded, now: Any) -> Edit | None:
    """The edit that is still to be sent, given the present value; else None, and the state is set."""
    if now is UNSET:
        row.state, row.reason = SKIPPED, "it does not exist any more"
    elif is_applied(row.edit.after, now):
        row.state, row.answered = DONE, now
    elif row.edit.is_change or same(now, row.before) or row.before is UNSET:
        return Edit(row.type, row.id, row.field, now, row.edit.after)
    else:
        row.state, row.reason = CONFLICT, f"{CHANGED} by somebody else"
    return None


async def _open_creates(
    session: Session, journal: Journal, rows: Sequence[Recorded], started: str
) -> list[Recorded]:
    """The creations that are still to be sent; those that were executed are found by name."""
    open_rows = [row for row in rows if row.state == PLANNED]
    lost = [row for row in rows if row.state != PLANNED]
    for row, made in await find_created(session, journal, lost, started):
        if made:
            note_created(row, made)
        else:
            row.state = PLANNED
            open_rows.append(row)
    return sorted(open_rows, key=lambda row: row.seq)


async def _open_deletes(session: Session, rows: Sequence[Recorded]) -> list[Recorded]:
    """The deletions of objects that still exist."""
    keys = {(row.type, row.id): ("id",) for row in rows if row.type in ENTITIES}
    existing = await read_objects(session, keys, await session.load_capabilities())
    open_rows = []
    for row in rows:
        if row.type in ENTITIES and (row.type, row.id) not in existing:
            row.state = DONE if row.state != PLANNED else SKIPPED
        else:
            row.state = PLANNED
            open_rows.append(row)
    return open_rows
