"""Applies a plan for duplicates in windows of groups; files are deleted or moved last.

In each window, objects are read and decided on again; both ends of the kept file are read; values, histories
and files are merged; the result is verified; the kept file becomes the primary one and is read again; only
then the losing files are moved or deleted. A failed step ends the processing of its group.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from stash_cli.core.duplicates import union
from stash_cli.core.duplicates.copies import FILES
from stash_cli.core.duplicates.policy import DELETE, DELETE_FILES, MOVE, TAG
from stash_cli.core.duplicates.readable import check_readable
from stash_cli.core.duplicates.survey import movable_rows, plan_group, read_rows
from stash_cli.core.edits.drafts.recheck import is_noop
from stash_cli.core.edits.moves import plan_moves
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.plan import CHUNK, plan_destroy, plan_updates
from stash_cli.core.errors import StashConflictError, StashError, StashNotFoundError
from stash_cli.core.graphql.batch import not_sent
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.input import PRIMARY_FILE, before_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from stash_cli.core.duplicates.decision import Decision
    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.relocation import Relocation
    from stash_cli.core.duplicates.survey import Planned, Rows
    from stash_cli.core.edits.apply import Applier
    from stash_cli.core.edits.merging.merge import Merge
    from stash_cli.core.edits.moves import Move
    from stash_cli.core.graphql.batch import BatchOperation

_WINDOW_SIZE = 25
"""Groups whose steps are sent together."""
_MAX_READERS = 4
"""Number of files that are read concurrently for verification."""


@dataclass
class Results:
    """The outcomes of groups by the id of their destination; numbers of deleted or moved files and bytes."""

    done: list[str] = field(default_factory=list)
    problems: dict[str, StashError] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    """Groups with at least one step done."""
    files: int = 0
    bytes: int = 0


@dataclass
class CarryOut:
    """Applies decisions with `applier`.

    `tag` is the id of the tag for TAG, `relocation` has the new paths for MOVE.
    """

    applier: Applier
    type: str
    policy: Policy
    tag: str = ""
    relocation: Relocation | None = None
    results: Results = field(default_factory=Results)
    note: Callable[[int], None] = lambda _: None
    """Callback with the number of finished groups."""
    _active: dict[str, Planned] = field(default_factory=dict, init=False)
    """Groups of the current window without an error, by the id of their destination."""

    async def run(self, plan: Iterable[Planned]) -> Results:
        """Apply all decisions with an action; errors are in the results."""
        window: list[Planned] = []
        for planned in plan:
            if planned.decision.is_acted_on:
                window.append(planned)
            if len(window) == _WINDOW_SIZE:
                await self._run_window(window)
                window = []
        if window:
            await self._run_window(window)
        return self.results

    async def _run_window(self, window: Sequence[Planned]) -> None:
        self._active = {each.decision.into: each for each in window}
        if self.applier.stopped is None:
            rows = await self._read_again()
            await self._steps(rows)
        for id_ in self._active:
            if self.applier.stopped is not None and id_ not in self.results.problems:
                self.results.problems[id_] = not_sent(self.applier.stopped)
        self.results.done += [id_ for id_ in self._active if id_ not in self.results.problems]
        self.note(len(self.results.done) + len(self.results.problems))

    async def _steps(self, rows: Rows) -> None:
        then, merges = self.policy.then, self.policy.into is not None
        if self.policy.removes_files:
            await self._verify_each(self._verify_before)
        if merges:
            await self._merge(rows)
        if then == TAG:
            await self._tag(rows)
        if self.policy.removes_files:
            await self._set_primary()
            await self._verify_each(self._verify_after)
        if self.relocation is not None:
            await self._move(self.relocation)
        if then in (DELETE, DELETE_FILES):
            await self._delete()

    # --- before the first mutation ---

    async def _read_again(self) -> Rows:
        """Read all objects of the window again; groups with a different decision now fail as conflicts."""
        groups = {id_: [copy.id for copy in planned.decision.copies] for id_, planned in self._active.items()}
        rows = await read_rows(self._session, self.type, [id_ for ids in groups.values() for id_ in ids])
        server = await self._server()
        for id_, planned in list(self._active.items()):
            current = list(plan_group(self.type, groups[id_], rows, self.policy, server))
            if not any(each.decision == planned.decision and each.edits == planned.edits for each in current):
                missing = [each for each in groups[id_] if each not in rows]
                error: StashError = StashConflictError("it was changed by others since it was read", {})
                self._fail(
                    id_, StashNotFoundError(f"{missing[0]} does not exist any more") if missing else error
                )
        return rows

    # --- steps ---

    async def _merge(self, rows: Rows) -> None:
        """Merge the other objects into the destinations, and verify that these have all their data."""
        server = await self._server()
        merges, moved = {}, {}
        for id_, planned in self._active.items():
            if planned.decision.gone:
                moved[id_] = movable_rows(self.type, planned.decision, rows, self.policy)
                merges[id_] = union.merge_of(self.type, planned.decision, moved[id_], server)
        if self.type == "Scene":
            await self._update([edit for each in merges.values() for edit in each.first()])
            last = [each.last() for id_, each in merges.items() if id_ in self._active]
            await self._send(last, {id_: id_ for id_ in merges})
        else:
            await self._update([edit for id_ in merges for edit in self._active[id_].edits])
        current = await read_rows(self._session, self.type, [id_ for id_ in merges if id_ in self._active])
        for id_ in [id_ for id_ in merges if id_ in self._active]:
            missing = union.missing(self.type, self._active[id_].decision, moved[id_], current.get(id_, {}))
            if id_ not in current or missing:
                missing_text = ", ".join(missing) or "the object itself"
                self._fail(id_, StashError(f"after the merge it lacks {missing_text}: {self._no_loss}"))
        if self.type == "Scene":
            await self._send_late_edits(
                [each for id_, each in merges.items() if id_ in self._active], current
            )

    async def _send_late_edits(self, merges: Sequence[Merge], current: Rows) -> None:
        """Send the late edits of merged scenes, and delete repeated markers."""
        await self._update([edit for each in merges for edit in each.late(current[each.target])])
        markers = {marker: each.target for each in merges for marker in each.repeated_markers()}
        await self._send(list(plan_destroy("SceneMarker", list(markers), {})), markers)

    async def _update(self, edits: Sequence[Edit]) -> None:
        """Send edits of the destinations, and of galleries whose cover they become."""
        own = [edit for edit in edits if edit.type == self.type]
        await self._send(self._operations(own), {edit.id: edit.id for edit in own})
        others = [edit for edit in edits if edit.type != self.type and edit.after in self._active]
        await self._send(self._operations(others), {edit.id: edit.after for edit in others})

    def _operations(self, edits: Sequence[Edit]) -> Sequence[Operation]:
        return plan_updates(edits, self._session.assumed_capabilities()).operations

    async def _tag(self, rows: Rows) -> None:
        edits, owners = [], {}
        for into, planned in self._active.items():
            for id_ in planned.decision.gone:
                owners[id_] = into
                before = before_of(self.type, "tags", rows[id_])
                edits.append(Edit(self.type, id_, "tags", before, Change(added=(self.tag,))))
        await self._send(self._operations([edit for edit in edits if not is_noop(edit)]), owners)

    async def _set_primary(self) -> None:
        """Set the kept files as primary files."""
        rows = await read_rows(self._session, self.type, list(self._active))
        edits = []
        for id_, planned in list(self._active.items()):
            kept = planned.decision.kept
            files = [str(each["id"]) for each in rows.get(id_, {}).get(FILES[self.type]) or ()]
            if kept is None or kept.id not in files:
                self._fail(id_, StashError(f"the kept file is not of it: {self._no_loss}"))
            elif files[0] != kept.id:
                edits.append(Edit(self.type, id_, PRIMARY_FILE, files[0], kept.id))
        await self._update(edits)

    async def _move(self, relocation: Relocation) -> None:
        """Move the losing files; moves that may copy the file are sent one at a time."""
        moves: list[Move] = []
        owners, sizes = dict[str, str](), dict[str, int]()
        for id_, planned in list(self._active.items()):
            moves += relocation.moves_of(planned.decision, self.policy)
            owners |= {file.id: id_ for file in planned.decision.losers}
            sizes |= {file.id: file.size for file in planned.decision.losers}
        pace = self.applier.pace
        for is_far, group in groupby(sorted(moves, key=relocation.is_far), key=relocation.is_far):
            self.applier.pace = None if is_far else pace
            size = 1 if is_far else CHUNK
            await self._send(plan_moves(group), owners, lambda id_: self._count({id_: sizes[id_]}), size)
        self.applier.pace = pace

    async def _delete(self) -> None:
        """Delete losing objects, with or without their files, and losing files of the destinations."""
        objects, files, sizes = self._deletions()
        options = {"delete_file": True, "delete_generated": True} if self.policy.deletes_files else {}
        await self._send(
            list(plan_destroy(self.type, list(objects), options)),
            objects,
            lambda id_: self._count(sizes.get(f"of {id_}", {})),
        )
        remaining = [each for each, id_ in files.items() if id_ in self._active]
        operations = [Operation("deleteFiles", {"ids": remaining}, tuple(remaining))] if remaining else []
        await self._send(operations, files, lambda id_: self._count(sizes[id_]))

    def _deletions(self) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, int]]]:
        """Objects and files to delete, by id with their group; and the sizes of the files of each.

        Sizes are by the id of a file that is deleted itself, or by `of ` and the id of its object.
        """
        deletes = self.policy.deletes_files
        # Merged scenes are already deleted, and their files belong to the destination.
        merged = self.policy.into is not None and self.type == "Scene"
        objects: dict[str, str] = {}
        files: dict[str, str] = {}
        sizes: dict[str, dict[str, int]] = {}
        for id_, planned in self._active.items():
            decision = planned.decision
            objects |= {} if merged else dict.fromkeys(decision.gone, id_)
            for file in decision.losers if deletes else ():
                is_own = merged or file.owner == id_
                files |= {file.id: id_} if is_own else {}
                sizes.setdefault(file.id if is_own else f"of {file.owner}", {})[file.id] = file.size
        return objects, files, sizes

    def _count(self, sizes: Mapping[str, int]) -> None:
        self.results.files += len(sizes)
        self.results.bytes += sum(sizes.values())

    async def _verify_before(self, decision: Decision) -> None:
        """Verify that each losing file has a new path, and that files match the server's records.

        Before the merge, only primary files can be read.
        """
        if self.relocation is not None:
            self.relocation.moves_of(decision, self.policy)
        for file in filter(None, (decision.kept, *decision.losers)):
            if file.is_primary:
                await check_readable(self._session, self.type, file.owner, file)

    async def _verify_after(self, decision: Decision) -> None:
        if decision.kept is not None:
            await check_readable(self._session, self.type, decision.into, decision.kept)

    # --- helpers ---

    @property
    def _no_loss(self) -> str:
        return "nothing was moved" if self.policy.then == MOVE else "nothing was deleted"

    @property
    def _session(self) -> Any:
        return self.applier.session

    async def _server(self) -> Any:
        return await self._session.load_capabilities()

    async def _verify_each(self, verify: Callable[[Decision], Awaitable[None]]) -> None:
        """Verify every active group concurrently; a failed check ends its group."""
        slots = asyncio.Semaphore(_MAX_READERS)

        async def verify_one(planned: Planned) -> None:
            async with slots:
                try:
                    await verify(planned.decision)
                except StashError as error:
                    self._fail(planned.decision.into, error)

        await asyncio.gather(*map(verify_one, list(self._active.values())))

    async def _send(
        self,
        operations: Sequence[Operation],
        owners: Mapping[str, str],
        count: Callable[[str], None] = lambda _: None,
        size: int = CHUNK,
    ) -> None:
        """Send operations; a failed one ends its group.

        `owners` maps the ids of operations to groups; `count` is called with each completed id; `size` is the
        maximum number of ids in a request.
        """

        def note(operation: Operation, done: BatchOperation) -> None:
            for each in operation.ids:
                if done.error is not None:
                    self._fail(owners[each], done.error)
                else:
                    self.results.touched.add(owners[each])
                    count(each)

        if operations:
            await self.applier.apply(operations, note, size=size)
        for id_ in list(self._active) if self.applier.stopped is not None else ():
            self._fail(id_, self.applier.stopped or StashError("it was not sent"))

    def _fail(self, id_: str, error: StashError) -> None:
        if self._active.pop(id_, None) is not None:
            self.results.problems[id_] = error
