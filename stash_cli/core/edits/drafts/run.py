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
"""Seconds after which what was read is read again before it is changed."""
_AHEAD = 3
"""Requests for which objects are checked at a time."""

Fail = Callable[[str, StashError], None]
"""Called with the id of an object that is not changed, and the reason."""


@dataclass
class DraftRun:
    """Sends the edits of a draft.

    With `asked` a person has looked at the edits meanwhile, so every object is read again; else only what was
    read STALE seconds ago. With `force` what others changed is overwritten. `ids` are those of objects made
    for this draft, by their provisional ids.
    """

    applier: Applier
    read: Read
    type: str
    draft: Draft
    asked: bool = False
    force: bool = False
    ids: KeyFile = field(default_factory=KeyFile)
    expect: Callable[[Sequence[Operation]], None] = lambda _: None
    """Called with the operations of a window before they are sent."""
    add_steps: Callable[[str, int], None] = lambda _, __: None
    """Called with a new object and 1 where links follow when all are made, with -1 when these are sent."""
    already: Ids = field(default_factory=Ids)
    """Objects that turned out to be so already when they were read again."""
    _names: KeyFile = field(default_factory=KeyFile, init=False)
    """Id of a new object -> what stood for it."""
    _failed: set[str] = field(default_factory=set, init=False)
    """What stood for objects that the server refused to make."""

    async def apply(self, note: Note, fail: Fail, skip: Collection[str] = ()) -> None:
        """Send the edits; `note` and `fail` are called once the outcome of each object is known."""
        session = self.applier.session
        pace = self.applier.pace = self.applier.pace or Pace()
        # What fits the first window is recorded when it is sent, and that is soon enough; links of new
        # objects are sent in a later one.
        is_ahead = len(self.draft) > _AHEAD * pace.size or bool(self.draft.totals.linked)
        recorder = session.recorder if is_ahead else None
        if recorder is not None:
            await recorder.foresee_all(session, map(self._foreseen, self.draft.pages()))
        for each in self._links(self.draft):
            self.add_steps(each.id, 1)
        for read_at, page in self.draft.pages():
            left = page
            while left and self.applier.stopped is None:
                # A window is checked at once, so it must be sent before what was checked is outdated.
                size = min(2 * CHUNK, _AHEAD * pace.size)
                window, left = left[:size], left[size:]
                operations = await self._planned(window, read_at, recorder, fail)
                self.expect([self._named(each) for each in operations])
                # No longer held back: the outcome of the new object is known when these are sent.
                for each in self._links(window):
                    self.add_steps(each.id, -1)
                await self.applier.apply(operations, self._noting(note), skip=skip)

    async def _planned(
        self, window: Sequence[ObjectEdits], read_at: float, recorder: Recorder | None, fail: Fail
    ) -> list[Operation]:
        """The operations of a window, as the server and the objects made before are now."""
        new, held = _parted(window)
        placed, lost = self._placed(held)
        checked, errors = await self._checked(placed, read_at)
        for one, error in errors.items():
            fail(one, error)
        for one, missing in lost.items():
            fail(one, StashError(f"{missing} was not made"))
        edits, creations = self._edits(checked), self._creations(new)
        if recorder is not None:
            # What a creation without an answer stands for may follow when the run is resumed.
            ids = {one: one for one, missing in lost.items() if missing in self._failed}
            ids |= {self._names.get(each.id, each.id): each.id for each in placed}
            recorder.go_on_with(self.type, ids, edits, errors)
            recorder.go_on_creating(self.type, creations)
        server = await self.applier.session.learn()
        return [*creations, *plan_updates(edits, server).operations]

    def _links(self, objects: Iterable[ObjectEdits]) -> Iterator[ObjectEdits]:
        """The links of new objects among these."""
        return (each for each in objects if each.is_link) if self.draft.totals.linked else iter(())

    def _noting(self, note: Note) -> Note:
        """`note`, after the ids of new objects were noted."""

        def noted(operation: Operation, done: BatchOperation) -> None:
            if operation.name.endswith("Create") and self.draft.totals.linked:
                if done.error is None:
                    self.ids[operation.ids[0]] = str(done.result["id"])
                elif done.outcome is Outcome.FAILED:
                    self._failed.add(operation.ids[0])
            note(self._named(operation), done)

        return noted

    def _named(self, operation: Operation) -> Operation:
        """An operation with new objects named by what stood for them before."""
        if not self._names:
            return operation
        return replace(operation, ids=tuple(self._names.get(one, one) for one in operation.ids))

    def _placed(self, held: Sequence[ObjectEdits]) -> tuple[list[ObjectEdits], dict[str, str]]:
        """Objects with the ids of new ones in place of their placeholders; those that lack one, and which."""
        if not self.draft.totals.linked:
            return list(held), {}
        found: list[ObjectEdits] = []
        lost: dict[str, str] = {}
        for each in held:
            missing = [one for one in each.provisional if one not in self.ids]
            if missing:
                lost[each.id] = missing[0]
                continue
            if not each.id.isdecimal():
                self._names[self.ids[each.id]] = each.id
            found.append(each.at(self.ids.get(each.id, each.id)))
        return found, lost

    def _foreseen(self, page: tuple[float, list[ObjectEdits]]) -> tuple[list[Operation], list[Edit]]:
        """The creations and the edits of a page, as they are planned before the first is sent."""
        new, held = _parted(page[1])
        return self._creations(new), self._edits(held)

    def _creations(self, new: Iterable[ObjectEdits]) -> list[Operation]:
        made = (replace(each, edits=tuple(edits_of([each], self.ids))) for each in new)
        return plan_creates(made, self.type)

    def _edits(self, objects: Iterable[ObjectEdits]) -> list[Edit]:
        return edits_of(objects, self.ids)

    async def _checked(
        self, window: list[ObjectEdits], read_at: float
    ) -> tuple[list[ObjectEdits], dict[str, StashError]]:
        """The objects of a window whose edits still hold, and the errors of the others."""
        if not window or self.force or not (self.asked or monotonic() - read_at > STALE):
            return window, {}
        found, errors = await recheck(self.read, self.type, window)
        self.already += [each.id for each in found if not each.edits]
        return [each for each in found if each.edits], errors


def _parted(objects: Iterable[ObjectEdits]) -> tuple[list[ObjectEdits], list[ObjectEdits]]:
    """New objects, and those that are there."""
    parts: tuple[list[ObjectEdits], list[ObjectEdits]] = ([], [])
    for each in objects:
        parts[not each.is_new].append(each)
    return parts


def edits_of(objects: Iterable[ObjectEdits], ids: Mapping[str, str]) -> list[Edit]:
    """The edits of some objects as they are sent; `ids` are those of objects made for them."""
    now = datetime.now(UTC)
    return [with_ids(edit, ids) for each in objects for edit in timed(each, now)]


def operations_of(objects: Iterable[ObjectEdits], server: ServerCapabilities) -> tuple[Operation, ...]:
    """The operations that make the edits of some objects."""
    new, held = _parted(objects)
    creations = plan_creates(new, new[0].edits[0].type) if new else []
    return (*creations, *plan_updates(edits_of(held, {}), server).operations)


def timed(each: ObjectEdits, now: datetime) -> Iterator[Edit]:
    """The edits of an object, numbers that have a history as changes of it.

    A count is added at a second that is not in the history, and the newest are removed: of a lost answer it
    can be told whether it was done, and an undo takes off exactly these.
    """
    for edit in each.edits:
        history = HISTORIES.get(edit.field, "")
        if history not in each.times:
            yield edit
            continue
        by = (edit.after or 0) - (edit.before or 0)
        held = list(each.times[history])
        added = (_free_second(held, now),) * by if by > 0 else ()
        newest = sorted(held, key=_instant, reverse=True)
        yield replace(edit, field=history, before=held, after=Change(added, tuple(newest[: max(0, -by)])))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _free_second(history: Iterable[str], now: datetime) -> str:
    """The last whole second before `now` that is not in a history, as servers write it."""
    return free_second(map(_instant, history), now).isoformat().replace("+00:00", "Z")


def with_ids(edit: Edit, ids: Mapping[str, str]) -> Edit:
    """An edit with the ids of objects that were made for it."""
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
    """Items with the ids of objects that were made."""
    return tuple(
        {name: ids.get(value, value) if isinstance(value, str) else value for name, value in item.items()}
        if isinstance(item, dict)
        else ids.get(item, item)
        for item in items
    )
