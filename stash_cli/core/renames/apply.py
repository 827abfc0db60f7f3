"""Sends the moves of a rename in few requests; all moves are in the journal before the first is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby, islice
from time import monotonic
from typing import TYPE_CHECKING

from stash_cli.core.client.paging import pages_by_id
from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.drafts.run import STALE
from stash_cli.core.edits.journal import changes
from stash_cli.core.edits.moves import FILE, PATH, plan_moves
from stash_cli.core.edits.moves import Move as FileMove
from stash_cli.core.edits.pace import Pace
from stash_cli.core.errors import StashConflictError, StashError, StashNotFoundError
from stash_cli.core.orm.edit import Edit
from stash_cli.core.orm.history import Conflict
from stash_cli.core.renames.targets import FILES, root_of
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stash_cli.core.edits.journal.changes import Recorded
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.renames.plan import Move, RenamePlan

WINDOW = 500
"""Number of moves that are checked again and sent together."""


@dataclass
class RenameRun:
    """Sends the moves of a plan for objects of a type.

    The paths of files are read again before they are moved: with `asked`, because the user has spent time on
    a prompt, and otherwise if the plan is older than STALE seconds (`read_at` is monotonic time). `force`
    disables this. `done` is called with each completed move, `fail` with each failed one and its error.
    """

    applier: Applier
    plan: RenamePlan
    type: str
    roots: Sequence[str]
    read_at: float
    done: Callable[[Move], None]
    fail: Callable[[Move, StashError], None]
    asked: bool = False
    force: bool = False
    pace: Pace = field(default_factory=Pace)
    already: list[Move] = field(default_factory=list)
    """Moves that another client has already made."""
    temporary: dict[str, Move] = field(default_factory=dict)
    """File -> its move to a temporary name, until its second move is done."""
    _skipped: set[str] = field(default_factory=set)
    """Files whose further moves are skipped."""
    _first_checked: set[str] = field(default_factory=set)
    """Files with two moves, of which the first was already checked."""

    async def apply(self) -> None:
        """Send all moves. Files left with a temporary name by a failed second move are moved back."""
        recorder = self.applier.session.recorder
        rows: Iterator[Recorded] = iter(())
        if recorder is not None:
            await recorder.record_planned_updates(
                self.applier.session, map(edits_of, _windows(self.plan.moves()))
            )
            run_rows = changes.read(recorder.journal, recorder.start())
            rows = (row for row in run_rows if row.type == FILE and row.state == changes.PLANNED)
        for window in _windows(self.plan.moves()):
            planned_rows = list(islice(rows, len(window)))
            if self.applier.stopped is None:
                await self._send(window, planned_rows)
        if self.temporary and (self.applier.stopped is None or self.applier.fail_fast):
            applier = Applier(self.applier.session, is_shielded=True, pace=Pace())
            returns = (FileMove(each.id, each.target, each.source) for each in self.temporary.values())
            await applier.apply(plan_moves(returns), self._record_return)

    def _record_return(self, operation: Operation, done: BatchOperation) -> None:
        if done.error is None:
            del self.temporary[operation.ids[0]]

    async def _send(self, window: Sequence[Move], rows: Sequence[Recorded]) -> None:
        operations = plan_moves(FileMove(each.id, each.source, each.target) for each in window)
        recorder = self.applier.session.recorder
        await self._check(window)
        if recorder is not None:
            self._mark_conflicts([row for row in rows if row.id in self._skipped])
            edits = (operation.edits[0] for operation in operations)
            recorder.resumed = {id(edit): row for edit, row in zip(edits, rows, strict=True)}
        pairs = [pair for pair in zip(window, operations, strict=True) if pair[0].id not in self._skipped]
        for is_far, group in groupby(pairs, key=lambda pair: self._is_far(pair[0])):
            await self._apply(list(group), is_far=is_far)
        if recorder is not None:
            recorder.resumed = {}

    def _mark_conflicts(self, rows: Sequence[Recorded]) -> None:
        """Record moves as conflicts in the journal, because their files were moved meanwhile."""
        recorder = self.applier.session.recorder
        for row in rows:
            row.state, row.reason = changes.CONFLICT, "its file was not where it had been"
        if recorder is not None and rows:
            changes.set_states(recorder.journal, rows)

    async def _apply(self, pairs: Sequence[tuple[Move, Operation]], *, is_far: bool) -> None:
        moves = {(each.id, each.source): each for each, _ in pairs}

        def note(operation: Operation, done: BatchOperation) -> None:
            [edit] = operation.edits
            self._record(moves[edit.id, edit.before], done)

        # Between library folders, which may be on different disks, the server may copy the whole file.
        self.applier.pace = None if is_far else self.pace
        limits = {"size": 1} if is_far else {}
        await self.applier.apply([each for _, each in pairs], note, skip=self._skipped, **limits)

    def _is_far(self, move: Move) -> bool:
        return root_of(move.source, self.roots) != root_of(move.target, self.roots)

    def _record(self, move: Move, done: BatchOperation) -> None:
        if done.error is not None:
            self._skipped.add(move.id)
            self.fail(move, done.error)
            return
        if move.is_temporary:
            self.temporary[move.id] = move
        else:
            self.temporary.pop(move.id, None)
        self.done(move)

    async def _check(self, window: Sequence[Move]) -> None:
        """Read the paths of the files again; skip files that were moved or deleted meanwhile."""
        first = {each.id: each for each in reversed(window) if each.id not in self._first_checked}
        self._first_checked.update(each.id for each in window if each.is_temporary)
        if self.force or not (self.asked or monotonic() - self.read_at > STALE):
            return
        last = {each.id: each for each in window}
        paths = await self._paths([each.owner for each in first.values()])
        for id_, each in first.items():
            path = paths.get(id_)
            if path == each.source:
                continue
            self._skipped.add(id_)
            if path == last[id_].target:
                self.already.append(each)
            elif path is None:
                self.fail(each, StashNotFoundError("its file is gone"))
            else:
                conflict = {PATH: Conflict(each.source, last[id_].target, path)}
                self.fail(each, StashConflictError(f"its file was moved meanwhile, to {path}", conflict))

    async def _paths(self, owners: Sequence[str]) -> dict[str, str]:
        """Read the paths of all files of objects, by file id."""
        session, entity, files = self.applier.session, ENTITIES[self.type], FILES[self.type]
        pages = pages_by_id(session, entity, list(dict.fromkeys(owners)), [f"{files}.id", f"{files}.path"])
        return {
            str(file["id"]): file["path"] async for rows in pages for row in rows for file in row[files] or ()
        }


def _windows(moves: Iterable[Move]) -> Iterator[list[Move]]:
    remaining = iter(moves)
    while window := list(islice(remaining, WINDOW)):
        yield window


def edits_of(moves: Iterable[Move]) -> list[Edit]:
    """Convert moves to edits of file paths, for the journal."""
    return [Edit(FILE, each.id, PATH, each.source, each.target) for each in moves]
