"""Execution of a draft: its objects are checked again, planned and sent in windows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.counts import HISTORIES, free_second
from stash_cli.core.edits.drafts.recheck import recheck
from stash_cli.core.edits.pace import Pace
from stash_cli.core.edits.plan import CHUNK, plan_creates, plan_updates
from stash_cli.core.errors import StashError
from stash_cli.core.graphql.batch import Outcome
from stash_cli.core.many_keys import Ids, KeyFile
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.relationship import relationships

if TYPE_CHECKING:
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.edits.apply import Applier, Note
    from stash_cli.core.edits.drafts.draft import Draft, ObjectEdits
    from stash_cli.core.edits.drafts.recheck import Read
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation

STALE = 10.0
"""Seconds after which objects are read again before they are changed."""
_AHEAD = 3
"""Requests whose objects are checked at a time."""

Fail = Callable[[str, StashError], None]
"""Callback with the id of an object that is not changed, and the reason."""


@dataclass
class DraftRun:
    """Sender of the edits of a draft.

    With `asked` a person has reviewed the edits meanwhile, so every object is read again; otherwise only
    those that were read more than STALE seconds ago. With `force` the changes of others are overwritten.
    `ids` maps placeholders to the ids of objects that were created for this draft.
    """

    applier: Applier
    read: Read
    type: str
    draft: Draft
    asked: bool = False
    force: bool = False
    ids: KeyFile = field(default_factory=KeyFile)
    expect: Callable[[Sequence[Operation]], None] = lambda _: None
    """Callback with the operations of a window before they are sent."""
    add_steps: Callable[[str, int], None] = lambda _, __: None
    """Callback with a new object and 1 if its links are sent in a later window, with -1 once they are."""
    already: Ids = field(default_factory=Ids)
    """Objects that already had the wanted values when they were read again."""
    _placeholders: KeyFile = field(default_factory=KeyFile, init=False)
    """Id of a new object -> its placeholder."""
    _failed: set[str] = field(default_factory=set, init=False)
    """Placeholders of objects that the server refused to create."""

    async def apply(self, note: Note, fail: Fail, skip: Collection[str] = ()) -> None:
        """Send the edits; `note` and `fail` are called once the outcome of each object is known."""
        session = self.applier.session
        pace = self.applier.pace = self.applier.pace or Pace()
        # A draft that fits into the first window is recorded when that is sent, which is early enough. Links
        # of new objects need a later window.
        is_ahead = len(self.draft) > _AHEAD * pace.size or bool(self.draft.totals.linked)
        recorder = session.recorder if is_ahead else None
        if recorder is not None:
            await recorder.record_planned(session, map(self._planned_changes, self.draft.pages()))
        for each in self._links(self.draft):
            self.add_steps(each.id, 1)
        for read_at, page in self.draft.pages():
            remaining = page
            while remaining and self.applier.stopped is None:
                # A window is checked as a whole, so it has to be sent before the check is outdated.
                size = min(2 * CHUNK, _AHEAD * pace.size)
                window, remaining = remaining[:size], remaining[size:]
                operations = await self._planned(window, read_at, recorder, fail)
                self.expect([self._named(each) for each in operations])
                # These links are the last step of a new object: its outcome is known once they are sent.
                for each in self._links(window):
                    self.add_steps(each.id, -1)
                await self.applier.apply(operations, self._callback(note), skip=skip)

    async def _planned(
        self, window: Sequence[ObjectEdits], read_at: float, recorder: Recorder | None, fail: Fail
    ) -> list[Operation]:
        """Plan the operations of a window, with present values and with the ids of objects created before."""
        new, existing = _split_new(window)
        placed, unplaceable = self._with_new_ids(existing)
        checked, errors = await self._checked(placed, read_at)
        for one, error in errors.items():
            fail(one, error)
        for one, missing in unplaceable.items():
            fail(one, StashError(f"{missing} was not made"))
        edits, creations = self._edits(checked), self._creations(new)
        if recorder is not None:
            # Without the links whose creation has an unknown outcome: they stay planned for a resumed run.
            ids = {one: one for one, missing in unplaceable.items() if missing in self._failed}
            ids |= {self._placeholders.get(each.id, each.id): each.id for each in placed}
            recorder.resume_updates(self.type, ids, edits, errors)
            recorder.resume_creations(self.type, creations)
        server = await self.applier.session.load_capabilities()
        return [*creations, *plan_updates(edits, server).operations]

    def _links(self, objects: Iterable[ObjectEdits]) -> Iterator[ObjectEdits]:
        """The links of new objects among `objects`."""
        return (each for each in objects if each.is_link) if self.draft.totals.linked else iter(())

    def _callback(self, note: Note) -> Note:
        """Return a callback that stores the ids of new objects, then calls `note`."""

        def record_outcome(operation: Operation, done: BatchOperation) -> None:
            if operation.name.endswith("Create") and self.draft.totals.linked:
                if done.error is None:
                    self.ids[operation.ids[0]] = str(done.result["id"])
                elif done.outcome is Outcome.FAILED:
                    self._failed.add(operation.ids[0])
            note(self._named(operation), done)

        return record_outcome

    def _named(self, operation: Operation) -> Operation:
        """Return an operation that refers to new objects by their placeholders."""
        if not self._placeholders:
            return operation
        return replace(operation, ids=tuple(self._placeholders.get(one, one) for one in operation.ids))

    def _with_new_ids(self, existing: Sequence[ObjectEdits]) -> tuple[list[ObjectEdits], dict[str, str]]:
        """Objects with ids in place of placeholders; and id -> missing placeholder of those that lack one."""
        if not self.draft.totals.linked:
            return list(existing), {}
        resolved: list[ObjectEdits] = []
        unplaceable: dict[str, str] = {}
        for each in existing:
            missing = [one for one in each.provisional if one not in self.ids]
            if missing:
                unplaceable[each.id] = missing[0]
                continue
            if not each.id.isdecimal():
                self._placeholders[self.ids[each.id]] = each.id
            resolved.append(each.at(self.ids.get(each.id, each.id)))
        return resolved, unplaceable

    def _planned_changes(self, page: tuple[float, list[ObjectEdits]]) -> tuple[list[Operation], list[Edit]]:
        """The creations and the edits of a page, to be recorded before the first one is sent."""
        new, existing = _split_new(page[1])
        return self._creations(new), self._edits(existing)

    def _creations(self, new: Iterable[ObjectEdits]) -> list[Operation]:
        made = (replace(each, edits=tuple(edits_of([each], self.ids))) for each in new)
        return plan_creates(made, self.type)

    def _edits(self, objects: Iterable[ObjectEdits]) -> list[Edit]:
        return edits_of(objects, self.ids)

    async def _checked(
        self, window: list[ObjectEdits], read_at: float
    ) -> tuple[list[ObjectEdits], dict[str, StashError]]:
        """The objects of a window whose edits are still valid, and the errors of the others."""
        if not window or self.force or not (self.asked or monotonic() - read_at > STALE):
            return window, {}
        valid, errors = await recheck(self.read, self.type, window)
        self.already += [each.id for each in valid if not each.edits]
        return [each for each in valid if each.edits], errors


def _split_new(objects: Iterable[ObjectEdits]) -> tuple[list[ObjectEdits], list[ObjectEdits]]:
    """Split objects into new and existing ones."""
    parts: tuple[list[ObjectEdits], list[ObjectEdits]] = ([], [])
    for each in objects:
        parts[not each.is_new].append(each)
    return parts


def edits_of(objects: Iterable[ObjectEdits], ids: Mapping[str, str]) -> list[Edit]:
    """The edits of some objects as they are sent; `ids` maps placeholders to new ids."""
    now = datetime.now(UTC)
    return [with_ids(edit, ids) for each in objects for edit in timed(each, now)]


def operations_of(objects: Iterable[ObjectEdits], server: ServerCapabilities) -> tuple[Operation, ...]:
    """Plan the operations that make the edits of some objects."""
    new, existing = _split_new(objects)
    creations = plan_creates(new, new[0].edits[0].type) if new else []
    return (*creations, *plan_updates(edits_of(existing, {}), server).operations)


def timed(each: ObjectEdits, now: datetime) -> Iterator[Edit]:
    """The edits of an object; edits of counters that have a history become changes of the history.

    Added times are at a second that is not in the history; the newest times are removed. So a lost response
    can be looked up, and an undo reverts exactly these times.
    """
    for edit in each.edits:
        history = HISTORIES.get(edit.field, "")
        if history not in each.times:
            yield edit
            continue
        by = (edit.after or 0) - (edit.before or 0)
        times = list(each.times[history])
        added = (_free_second(times, now),) * by if by > 0 else ()
        newest = sorted(times, key=_instant, reverse=True)
        yield replace(edit, field=history, before=times, after=Change(added, tuple(newest[: max(0, -by)])))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _free_second(history: Iterable[str], now: datetime) -> str:
    """The last whole second before `now` that is not in a history, in the format of servers."""
    return free_second(map(_instant, history), now).isoformat().replace("+00:00", "Z")


def with_ids(edit: Edit, ids: Mapping[str, str]) -> Edit:
    """Return an edit with placeholders replaced by the ids of new objects."""
    if not ids or edit.field not in relationships(edit.type):
        return edit
    after: Any = edit.after
    if isinstance(after, Change):
        after = Change(_with_ids(after.added, ids), after.removed)
    elif isinstance(after, list):
        after = list(_with_ids(after, ids))
    elif isinstance(after, str):
        after = ids.get(after, after)
    return replace(edit, after=after)


def _with_ids(items: Iterable[Any], ids: Mapping[str, str]) -> tuple[Any, ...]:
    """Items with placeholders replaced by the ids of new objects."""
    return tuple(
        {name: ids.get(value, value) if isinstance(value, str) else value for name, value in item.items()}
        if isinstance(item, dict)
        else ids.get(item, item)
        for item in items
    )
