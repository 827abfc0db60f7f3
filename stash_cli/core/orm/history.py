"""Snapshots, comparison and histories of values, and the pending changes of an object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from stash_cli.core.types.base import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stash_cli.core.orm.flush import LostCreate
    from stash_cli.core.types.entity import StashObject


class _AlwaysDirty:
    """Type of :data:`ALWAYS_DIRTY`; one object in every copy and pickle."""

    def __reduce__(self) -> str:
        return "ALWAYS_DIRTY"

    def __repr__(self) -> str:
        return "ALWAYS_DIRTY"


ALWAYS_DIRTY: Final = _AlwaysDirty()
"""Committed value that equals no other value: the field is always sent."""


def snapshot(value: Any) -> Any:
    """Copy of a field's value: lists and maps copied, embedded values as their fields, links as they are."""
    if isinstance(value, list):
        # Embedded values are edited in place, so that a shallow copy would change with them.
        if value and isinstance(value[0], Embedded):
            return [dict(item.__dict__) if isinstance(item, Embedded) else item for item in value]
        return value.copy()
    return _deep_copy(value)


def _deep_copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep_copy(item) for key, item in value.items()}
    return [_deep_copy(item) for item in value] if isinstance(value, list) else value


def same(value: Any, before: Any) -> bool:
    """Whether `value` equals the snapshot `before`."""
    if value is before:
        return True
    if isinstance(before, list):
        # Lists of identical objects compare in C; the comparison item by item is slow.
        return isinstance(value, list) and (value == before or _same_items(value, before))
    if isinstance(before, dict):
        fields = value.__dict__ if isinstance(value, Embedded) else value
        return isinstance(fields, dict) and fields.keys() == before.keys() and _same_values(fields, before)
    # 1 == True, but the server distinguishes them in a map of custom fields.
    return (type(value) is bool) == (type(before) is bool) and bool(value == before)


def same_links(value: Any, before: Any) -> bool:
    """Like `same`, for links to entities, which the server returns in an order of its own."""
    if same(value, before):
        return True
    if not isinstance(value, list) or not isinstance(before, list) or len(value) != len(before):
        return False
    return {key_of(item) for item in value} == {key_of(item) for item in before}


def _same_items(value: list[Any], before: list[Any]) -> bool:
    return len(value) == len(before) and all(map(same, value, before))


def _same_values(held: dict[str, Any], before: dict[str, Any]) -> bool:
    return all(same(held[key], before[key]) for key in before)


def key_of(obj: Any) -> str | int:
    """Key of an object among those of its type: the server's id, or `id(obj)` while it is unsaved.

    Not its hash, which would fix the object's key to its temporary id.
    """
    own: str | None = obj.__dict__.get("id")
    return id(obj) if own is None or obj.is_new() else own


@dataclass(frozen=True, slots=True)
class History:
    """Changes of a field since it was committed: items added, removed and unchanged.

    A field that holds one value has at most one item in each list.
    """

    added: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    unchanged: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def compare(before: Any, after: Any) -> History:
    """History from one value to another; lists are compared item by item, including duplicates."""
    if not isinstance(after, list) and not isinstance(before, list):
        old, new = ([] if value is None else [value] for value in (before, after))
        return History([], [], new) if old == new else History(new, old, [])
    old, new = ([*value] if isinstance(value, list) else [] for value in (before, after))
    if all(hasattr(item, "is_new") for item in (*old, *new)):
        return _compare_links(old, new)
    added, unchanged = [], []
    for item in new:
        if item in old:
            old.remove(item)
            unchanged.append(item)
        else:
            added.append(item)
    return History(added, old, unchanged)


def _compare_links(old: list[Any], new: list[Any]) -> History:
    """`compare` for entities by key, in linear time."""
    was, now = ({key_of(item) for item in items} for items in (old, new))
    return History(
        [item for item in new if key_of(item) not in was],
        [item for item in old if key_of(item) not in now],
        [item for item in new if key_of(item) in was],
    )


@dataclass(frozen=True, slots=True)
class Delta:
    """Items added to a relationship and removed from it, by the key of the object each refers to."""

    added: dict[str | int, Any] = field(default_factory=dict)
    removed: dict[str | int, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def add(self, target: Any, item: Any) -> None:
        self.discard(target)
        self.added[key_of(target)] = item

    def remove(self, target: Any, item: Any) -> None:
        self.discard(target)
        self.removed[key_of(target)] = item

    def discard(self, target: Any) -> None:
        """Discard the change of one object, under its current key and its key from before it was saved."""
        for key in (key_of(target), id(target)):
            self.added.pop(key, None)
            self.removed.pop(key, None)

    def clear(self) -> None:
        self.added.clear()
        self.removed.clear()

    def copy(self) -> Delta:
        return Delta({**self.added}, {**self.removed})

    def history(self) -> History:
        return History([*self.added.values()], [*self.removed.values()])


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field changed both here and on the server: its value before both changes, ours and the server's."""

    original: Any
    mine: Any
    theirs: Any


OnConflict = Literal["raise", "mine", "merge"]
"""Treatment of conflicts by a save: raise an error, overwrite the server's value, or merge both."""


@dataclass(slots=True)
class Pending:
    """Changes that are not saved yet. Most objects are only read and have none."""

    committed_state: dict[str, Any] = field(default_factory=dict)
    """Changed field -> snapshot of the server's value; UNSET if that is unknown."""
    members: dict[str, Delta] = field(default_factory=dict)
    """Relationship that is not loaded -> changes to send."""
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Queued mutation -> its arguments besides the id."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """Input field without an attribute, such as an image -> its value."""
    originals: dict[str, Any] = field(default_factory=dict)
    """Changed field -> its value before the server changed it as well."""
    backref_changes: dict[str, Delta] = field(default_factory=dict)
    """Relationship -> changes made at the other side, which saves them."""

    unknown: dict[str, Any] = field(default_factory=dict)
    """Field sent with an unknown outcome -> snapshot of the sent value; for counters, a record."""
    read_at: dict[str, datetime | None] = field(default_factory=dict)
    """Counter read by the last save -> when its history was read; None if the server has no history of it."""
    in_flight: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Field in a mutation without a response yet -> committed value and sent value; not copied."""
    lost: LostCreate | None = None
    """Create with an unknown outcome."""
    owner: StashObject | None = None
    """The canonical object after `unify`; a strong reference, so that it lives as long as the other."""
    is_copy: bool = False
    """Whether the object is a copy, whose related objects belong to the original."""

    def is_dirty(self) -> bool:
        """Whether there is anything to send besides changed fields."""
        return bool(self.calls or self.inputs or any(self.members.values()))

    def holds(self, name: str) -> bool:
        """Whether any change of a field is recorded."""
        return name in self.committed_state or name in self.backref_changes or name in self.members

    def discard(self, name: str) -> None:
        """Drop the record of a field that equals its committed value."""
        for record in (self.committed_state, self.originals, self.backref_changes, self.unknown):
            record.pop(name, None)

    def loaded_deltas(self, name: str) -> Iterator[Delta]:
        """Yield the changes to apply to a relationship on load; those to send are in the list afterwards."""
        if name in self.backref_changes:
            yield self.backref_changes[name]
        if name in self.members:
            yield self.members.pop(name)

    def clear(self) -> None:
        records = (self.committed_state, self.members, self.calls, self.inputs, self.originals)
        for record in (*records, self.backref_changes, self.unknown, self.in_flight):
            record.clear()
        self.lost = None

    def copy(self) -> Pending:
        """Independent copy, without fields in flight: the copied object waits for no response."""
        # Only the deltas are edited in place; the other values are only ever replaced, so they can be shared.
        members, backref_changes = (
            {name: delta.copy() for name, delta in deltas.items()}
            for deltas in (self.members, self.backref_changes)
        )
        return Pending(
            {**self.committed_state},
            members,
            {**self.calls},
            {**self.inputs},
            {**self.originals},
            backref_changes,
            {**self.unknown},
            {**self.read_at},
            lost=self.lost,
            is_copy=self.is_copy,
        )


def drop_sent(queued: dict[str, Any], sent: dict[str, Any]) -> None:
    """Remove the entries that were sent; those that were replaced meanwhile stay."""
    for name, value in sent.items():
        if queued.get(name) is value:
            del queued[name]
