"""Undo: a new run reverts the changes of a run, from the last to the first.

The present values are read before each step. Values that others changed since are left alone and reported.
Changes that cannot be undone now can be retried later, because the journal stores which changes are undone.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.before_values import is_read
from stash_cli.core.edits.journal import changes, resources
from stash_cli.core.edits.journal.changes import CREATE, DELETE, MERGE, UPDATE, Recorded
from stash_cli.core.edits.journal.databases import NewIds
from stash_cli.core.edits.journal.journal import UNDO
from stash_cli.core.edits.journal.pictures import Pictures
from stash_cli.core.edits.journal.resources import RESOURCES, is_resource, plan_resources
from stash_cli.core.edits.journal.snapshots import read_snapshots
from stash_cli.core.edits.pace import Pace
from stash_cli.core.edits.plan import check_known, plan_destroy, plan_updates
from stash_cli.core.edits.undo.lost_changes import resolve
from stash_cli.core.edits.undo.marker_tags import in_two_parts
from stash_cli.core.edits.undo.present_values import OTHER, present_values
from stash_cli.core.edits.undo.reverse import (
    CHANGED,
    NetChange,
    key_of_edit,
    mapped,
    named,
    net_of,
    overlaps,
    reverse,
    same,
)
from stash_cli.core.edits.undo.steps import steps_of
from stash_cli.core.edits.undo.undo_report import Problem, Report
from stash_cli.core.errors import StashCapabilityError, StashInputError, StashJournalError
from stash_cli.core.orm.edit import Edit, key_of
from stash_cli.core.orm.object_plan import plan_object
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.journal import Run
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation

    Key = tuple[str, str, str]


class Reversal:
    """Undo of one run, recorded by `recorder`; with `is_dry` it is only planned."""

    def __init__(
        self, session: Session, recorder: Recorder, target: Run, report: Report, *, is_dry: bool = False
    ) -> None:
        self.session = session
        self.recorder = recorder
        self.journal = recorder.journal
        self.target = target
        self.is_dry = is_dry
        self.report = report
        self.ids = NewIds(self.journal, target.database or 0)
        self.applier = Applier(session, is_shielded=True, pace=Pace())
        self.pictures = Pictures(self.journal)
        self.made: set[tuple[str, str]] = set()
        """Type and id of objects that the run created: they are deleted, so their fields cannot conflict."""
        self.kept: set[tuple[str, str]] = set()
        """Type and id of objects that stay, because an object created with links to them is not deleted."""

    async def run(self) -> None:
        """Undo the run. Raises StashJournalError if it was made on another database."""
        await self._check_database()
        await resolve(self.session, self.journal, self.target, self.ids.current)
        rows = changes.read(self.journal, self.target.id)
        self.made = {self.key(row)[:2] for row in rows if row.operation == CREATE and row.id}
        last: list[Recorded] = []
        for step in chain(steps_of(self._deferring_last(last)), steps_of(last)):
            if self.applier.stopped is None:
                await self._step(step)
        self.report.run = self.recorder.run
        if (stopped := self.applier.stopped) is not None:
            if not self.report.done:
                raise stopped
            reason = f"the rest was not sent: {stopped.message}"
            self.report.problems.append(Problem("run", str(self.target.id), "", reason, is_conflict=False))

    def _deferring_last(self, last: list[Recorded]) -> Iterator[Recorded]:
        """Yield the changes to undo, backwards; append those that are undone last to `last`."""
        for row in changes.read(self.journal, self.target.id, backwards=True):
            resource = RESOURCES.get(row.type)
            if resource is not None and resource.is_last:
                last.append(row)
            else:
                yield row

    async def _check_database(self) -> None:
        database = await self.recorder.identify(self.session)
        if self.target.database is not None and self.target.database != database:
            raise StashJournalError(
                f"Run {self.target.id} was made on another database, at {self.target.server}.",
                hint="Nothing was sent. Name that server with --server.",
            )

    async def _step(self, rows: list[Recorded]) -> None:
        """Undo one step of `steps_of`."""
        if rows[-1].operation == MERGE:
            from stash_cli.core.edits.undo.unmerge import unmerge

            await unmerge(self, rows)
        elif rows[0].operation == DELETE:
            from stash_cli.core.edits.undo.recreate import recreate

            await recreate(self, rows)
        elif rows[0].operation == CREATE:
            await self._delete(rows)
        else:
            await self._update(rows)

    # --- fields ---

    async def _update(self, rows: Sequence[Recorded]) -> None:
        """Restore fields; the first of `rows` is the latest change."""
        nets: dict[Key, NetChange] = {}
        rows_by_key: dict[Key, list[Recorded]] = {}
        for row in rows:
            key = self.key(row)
            net = self.net(row)
            nets[key] = net.combine(nets[key]) if key in nets else net
            rows_by_key.setdefault(key, []).append(row)
        edits, server = [], await self.session.load_capabilities()
        for key, now in (await present_values(self, nets, rows_by_key)).items():
            reversed_change = reverse(key, self._net_in_effect(rows_by_key[key], now) or nets[key], now)
            if (run := self.later_run(key, nets[key])) is not None:
                self.refuse(key, rows_by_key[key], f"{CHANGED} by run {run}")
            elif reversed_change.edit is not None and (reason := refusal(reversed_change.edit, server)):
                self.refuse(key, rows_by_key[key], reason)
            elif reversed_change.reason and key[:2] in self.made:
                self.set_undone(rows_by_key[key])
            elif reversed_change.reason:
                reason = self.by_whom(key) if reversed_change.overwrites else reversed_change.reason
                self.refuse(key, rows_by_key[key], reason)
            elif reversed_change.edit is None:
                self.set_undone(rows_by_key[key])
            else:
                edits.append(reversed_change.edit)
        await self.apply(edits, rows_by_key)

    def _net_in_effect(self, rows: Sequence[Recorded], now: Any) -> NetChange | None:
        """Net effect of changes of one field, the latest first, without those that are not in effect.

        None if none is in effect. A change with a lost response is not if the field has its old value.
        """
        nets = [(row, self.net(row)) for row in rows]
        while nets and nets[0][0].state != changes.DONE and same(nets[0][1].before, now):
            del nets[0]
        combined: NetChange | None = None
        for _, net in nets:
            combined = net if combined is None else net.combine(combined)
        return combined

    async def apply(self, edits: Sequence[Edit], rows_by_key: dict[Key, list[Recorded]]) -> None:
        """Make edits, and mark the changes that they undo; edits that are impossible here are problems."""
        edits = list(self._possible(edits))
        self.report.edits += edits
        if self.is_dry or not edits:
            return
        done: dict[Key, BatchOperation] = {}

        def note(operation: Operation, outcome: BatchOperation) -> None:
            for edit in operation.edits:
                self._note_new(edit, outcome)
                earlier = done.get(key_of_edit(edit))
                if earlier is None or earlier.error is None:
                    done[key_of_edit(edit)] = outcome

        for key, rows in rows_by_key.items():
            self.recorder.targets[key] = (rows[0].run, rows[0].seq)
        first, last = await in_two_parts(self.session, edits)
        await self.applier.apply([*(await self._planned(first)), *(await self._planned(last))], note)
        for key in dict.fromkeys(map(key_of_edit, (*edits, *last))):
            outcome = done.get(key)
            if outcome is None or outcome.error is not None:
                self.fail(key, outcome)
            else:
                self.report.done[UPDATE, key[0]] += 1
                self.set_undone(rows_by_key.get(key, ()))

    def _possible(self, edits: Sequence[Edit]) -> Iterator[Edit]:
        """Yield the edits that this server can make, and report the others as problems."""
        for edit in edits:
            if reason := refusal(edit, self.session.capabilities):
                self.report.problems.append(Problem(*key_of_edit(edit), reason))
            else:
                yield edit

    def _note_new(self, edit: Edit, done: BatchOperation) -> None:
        """Store the new id of a recreated resource."""
        is_new = is_resource(edit.type) and edit.before is None
        if is_new and isinstance(done.result, dict) and "id" in done.result:
            self.ids.add([(edit.type, edit.id, str(done.result["id"]))])

    async def _planned(self, edits: Sequence[Edit]) -> list[Operation]:
        own = [self.pictures.edit(edit) for edit in edits if not is_resource(edit.type)]
        others = [edit for edit in edits if is_resource(edit.type)]
        updates = plan_updates(own, await self.session.load_capabilities()).operations
        return [*updates, *(await plan_resources(self.session, others))]

    # --- whole objects ---

    async def _delete(self, rows: Sequence[Recorded]) -> None:
        """Delete the objects that the run created, unless others use them, or changed them since."""
        by_type: dict[str, list[Recorded]] = {}
        for row in rows:
            by_type.setdefault(row.type, []).append(row)
        for type_name, group in by_type.items():
            await self._delete_type(type_name, group)

    async def _delete_type(self, type_name: str, rows: Sequence[Recorded]) -> None:
        """Delete the created objects of one type, except those that were changed or are in use."""
        by_id = {self.ids.current(type_name, row.id): row for row in rows if row.id}
        known = await read_snapshots(self.session, type_name, list(by_id)) if is_read(type_name) else {}
        ids = []
        for one, row in by_id.items():
            snapshot, created_at = known.get(one, (None, None))
            if snapshot is None and (run := self.later_run((type_name, one, ""))):
                self.refuse((type_name, one, ""), [row], f"{CHANGED} by run {run}")
            elif snapshot is None:
                self.set_undone([row])
                self.report.already += 1
            elif one == row.id and row.created_at and created_at and not same(row.created_at, created_at):
                self.refuse((type_name, one, ""), [row], OTHER)
            elif reason := self._why_kept((type_name, one, ""), row, snapshot):
                self.refuse((type_name, one, ""), [row], reason)
                self.kept.update(self._links_at_creation(row))
            else:
                ids.append(one)
        await self.destroy(type_name, ids, by_id)

    def _why_kept(self, key: Key, row: Recorded, snapshot: dict[str, Any]) -> str:
        """Reason why an object that the run created is not deleted; "" if there is none."""
        if run := self.later_run(key):
            return f"{CHANGED} by run {run}"
        if key[:2] in self.kept:
            return "what was made with it stays"
        created_values = row.answered if isinstance(row.answered, dict) else {}
        for name, value in snapshot["values"].items():
            was = mapped((*key[:2], name), created_values.get(name, UNSET), self.ids.current)
            if was is not UNSET and not same(_unordered(value), _unordered(was)):
                return f"{name} {self.by_whom((*key[:2], name))}"
        if snapshot["references"]:
            other, one, *_ = snapshot["references"][0]
            return f"{ENTITIES[other].noun} {one} uses it"
        children = snapshot.get("children")
        return f"it has {len(children)} markers or chapters" if children else ""

    def _links_at_creation(self, row: Recorded) -> Iterator[tuple[str, str]]:
        """Type and present id of the objects to which an object was linked when it was created."""
        for name, value in (row.answered if isinstance(row.answered, dict) else {}).items():
            relation = relationships(row.type).get(name)
            if relation is not None and value:
                for item in value if isinstance(value, list) else [value]:
                    target = relation.inverse_type
                    yield target, self.ids.current(target, str(key_of(item)))

    async def destroy(self, type_name: str, ids: Sequence[str], rows: dict[str, Recorded]) -> None:
        """Delete objects, and mark the changes that this undoes."""
        self.report.edits += [Edit(type_name, one, "id", one, None) for one in ids]
        if self.is_dry or not ids:
            return

        def note(operation: Operation, done: BatchOperation) -> None:
            for one in operation.ids:
                if done.error is not None:
                    self.fail((type_name, one, ""), done)
                else:
                    self.report.done[DELETE, type_name] += 1
                    self.set_undone([rows[one]])

        for one in ids:
            self.recorder.targets[type_name, one, ""] = (rows[one].run, rows[one].seq)
        await self.applier.apply(list(plan_destroy(type_name, ids, {})), note)

    # --- outcomes of changes ---

    def key(self, row: Recorded) -> Key:
        """Type, present id and field of a change."""
        return row.type, self.ids.current(row.type, row.id), row.field

    def set_undone(self, rows: Iterable[Recorded]) -> None:
        """Mark changes as undone; changes that they had undone themselves are in effect again."""
        if self.is_dry:
            return
        many = list(rows)
        changes.set_undone(self.journal, self.recorder.start(), [(row.run, row.seq) for row in many])
        for row in many:
            if row.target is not None:
                changes.set_redone(self.journal, row.run, row.target)

    def refuse(self, key: Key, rows: Sequence[Recorded], reason: str) -> None:
        """Report that a change is not undone, and record the reason."""
        self.report.problems.append(Problem(*key, reason))
        if not self.is_dry:
            row = Recorded(*key[:2], rows[0].operation, key[2], state=changes.CONFLICT, reason=reason)
            changes.add(self.journal, self.recorder.start(), [row])

    def fail(self, key: Key, done: BatchOperation | None) -> None:
        """Report that the server did not undo a change; without `done` nothing was sent."""
        reason = done.error.message if done is not None and done.error is not None else "it was not sent"
        self.report.problems.append(Problem(*key, reason, is_conflict=False))

    def later_run(self, key: Key, net: NetChange | None = None) -> int | None:
        """The first later run in the journal that has to be undone before a change of a field can be.

        Without `net`: before a whole object can be.
        """
        for row in self.later_changes(key[0], [key[1]]):
            is_same = row.field == key[2] and net is not None and overlaps(key[2], net, self.net(row))
            if net is None or is_same or row.operation == MERGE:
                return row.run
        relation = relationships(key[0]).get(key[2])
        if net is None or relation is None:
            return None
        # A deletion removes an object from all lists, and undoing it adds the object again.
        linked = self.later_changes(relation.inverse_type, named(net))
        return next((row.run for row in linked if row.operation == DELETE), None)

    def later_merge(self, key: Key) -> int | None:
        """The first later run in the journal that merged into an object, or deleted it."""
        rows = self.later_changes(key[0], [key[1]])
        return next((row.run for row in rows if row.operation in (MERGE, DELETE)), None)

    def later_changes(self, type_name: str, current: Iterable[str]) -> Iterator[Recorded]:
        """Changes of later runs that are in effect, of objects with these present ids."""
        ids = [old for one in current for old in self.ids.all_of(type_name, one)]
        is_undo = self.target.kind == UNDO
        for row in changes.later(self.journal, type_name, ids, self.target.id, with_undos=is_undo):
            if row.run != self.recorder.run:
                yield row

    def net(self, row: Recorded) -> NetChange:
        """Net effect of a change, with the present ids of the objects that it refers to."""
        recorded_net, key = net_of(row), self.key(row)
        values = (
            mapped(key, each, self.ids.current)
            for each in (recorded_net.before, recorded_net.answered, recorded_net.change)
        )
        return NetChange(*values)

    def by_whom(self, key: Key) -> str:
        """Reason such as `changed since by run 14`, or by somebody else."""
        ids = self.ids.all_of(key[0], key[1])
        run = changes.last_change(self.journal, key, ids, self.target.id, self.recorder.run or 0)
        return f"{CHANGED} by {f'run {run}' if run else 'somebody else'}"


def refusal(edit: Edit, server: ServerCapabilities | None = None) -> str:
    """Reason why no server can make an edit, or not this one; "" if there is none."""
    if is_resource(edit.type):
        return resources.refusal(edit)
    try:
        plan_object(edit.type, edit.id, [edit])
        if server is not None and server.is_older:
            check_known(plan_updates([edit], server), server)
    except (StashInputError, StashCapabilityError) as error:
        return error.message
    return ""


def _unordered(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value
