"""What an object has to send beside its changed fields: queued mutations, members of unread lists, images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.changes import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.edits.unknown_outcomes import LostCreate
    from stash_cli.core.types.entity import StashObject


@dataclass(frozen=True, slots=True)
class History:
    """What became of a field since the server was last heard: items put in, taken out, and kept.

    A field that holds one value has at most one item in each list.
    """

    added: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    unchanged: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Noted:
    """Items to put into a relationship and to take out of it, by the key of the object each leads to."""

    added: dict[str | int, Any] = field(default_factory=dict)
    removed: dict[str | int, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.removed)

    def put(self, target: Any, item: Any) -> None:
        """Let the item be put in."""
        self.forget(target)
        self.added[key_of(target)] = item

    def take(self, target: Any, item: Any) -> None:
        """Let the item be taken out."""
        self.forget(target)
        self.removed[key_of(target)] = item

    def forget(self, target: Any) -> None:
        """Leave the item that leads to an object as it is; it may have been new when it was noted."""
        for key in (key_of(target), id(target)):
            self.added.pop(key, None)
            self.removed.pop(key, None)

    def clear(self) -> None:
        """Leave all as it is."""
        self.added.clear()
        self.removed.clear()

    def copy(self) -> Noted:
        """The same, apart from this one."""
        return Noted({**self.added}, {**self.removed})

    def history(self) -> History:
        """The same as lists."""
        return History([*self.added.values()], [*self.removed.values()])


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that was changed here and, since then, on the server: `original` is what it was before both."""

    original: Any
    mine: Any
    theirs: Any


@dataclass(slots=True)
class Pending:
    """Rarely needed, so an object has it only when there is something in it."""

    server: dict[str, Any] = field(default_factory=dict)
    """Field that shows something else -> what the server has."""

    members: dict[str, Noted] = field(default_factory=dict)
    """Relationship that was never read -> items to add and to remove."""
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Queued mutation -> its arguments beside the id."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """Input field that no attribute shows, such as an image -> its value."""
    originals: dict[str, Any] = field(default_factory=dict)
    """Changed field -> what it was before the server changed it, too."""
    mirrored: dict[str, Noted] = field(default_factory=dict)
    """Relationship -> what the other side put in and took out, and has to save."""

    unknown: dict[str, Any] = field(default_factory=dict)
    """Field that was sent, and it is not known whether the server took it -> a snapshot of what was sent."""
    in_flight: dict[str, Any] = field(default_factory=dict)
    """Field in a mutation that is not answered yet -> what the server had; a copy does not wait for it."""
    lost: LostCreate | None = None
    """The create that may have been done."""
    owner: StashObject | None = None
    """The one of two objects of the same entity that stands for both (`unify`)."""

    def is_dirty(self) -> bool:
        """Whether there is anything to send beside changed fields."""
        return bool(self.calls or self.inputs or any(self.members.values()))

    def notes(self, name: str) -> bool:
        """Whether anything is noted of a field."""
        return name in self.server or name in self.mirrored or name in self.members

    def settle(self, name: str) -> None:
        """Note nothing of a field that shows what the server has."""
        for noted in (self.server, self.originals, self.mirrored, self.unknown):
            noted.pop(name, None)

    def read(self, name: str) -> Iterator[Noted]:
        """What was noted of a relationship that was read now: from now on it shows in the list itself."""
        if name in self.mirrored:
            yield self.mirrored[name]
        if name in self.members:
            yield self.members.pop(name)

    def clear(self) -> None:
        """Note nothing."""
        notes = (self.server, self.members, self.calls, self.inputs, self.originals, self.mirrored)
        for each in (*notes, self.unknown, self.in_flight):
            each.clear()
        self.lost = None

    def copy(self) -> Pending:
        """The same, to be sent or held apart from this one."""
        members, mirrored = (
            {name: noted.copy() for name, noted in notes.items()} for notes in (self.members, self.mirrored)
        )
        return Pending(
            {**self.server},
            members,
            {**self.calls},
            {**self.inputs},
            {**self.originals},
            mirrored,
            {**self.unknown},
            lost=self.lost,
        )


def compare(before: Any, after: Any) -> History:
    """The history of a field; lists are compared item by item, however often each is in them."""
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
    """The same for objects, of which lists may be long."""
    was, now = ({key_of(item) for item in items} for items in (old, new))
    return History(
        [item for item in new if key_of(item) not in was],
        [item for item in old if key_of(item) not in now],
        [item for item in new if key_of(item) in was],
    )


def forget(held: dict[str, Any], sent: dict[str, Any]) -> None:
    """Drop what was sent; what was queued again meanwhile stays."""
    for name, value in sent.items():
        if held.get(name) is value:
            del held[name]
