"""What an object has to send beside its changed fields: queued mutations, members of unread lists, images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
class Conflict:
    """A field that was changed here and, since then, on the server: `original` is what it was before both."""

    original: Any
    mine: Any
    theirs: Any


@dataclass(slots=True)
class Pending:
    """Rarely needed, so an object has it only when there is something in it."""

    members: dict[str, History] = field(default_factory=dict)
    """Relationship that was never read -> items to add and to remove."""
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Queued mutation -> its arguments beside the id."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """Input field that no attribute shows, such as an image -> its value."""
    originals: dict[str, Any] = field(default_factory=dict)
    """Changed field -> what it was before the server changed it, too."""

    def is_dirty(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.calls or self.inputs or any(self.members.values()))

    def copy(self) -> Pending:
        """The same, to be sent or held apart from this one."""
        members = {name: History([*h.added], [*h.removed]) for name, h in self.members.items()}
        return Pending(members, {**self.calls}, {**self.inputs}, {**self.originals})

    def member(self, name: str, item: Any, *, put: bool) -> None:
        """Queue one item of an unread relationship to be put in or taken out."""
        members = self.members.setdefault(name, History())
        wanted, opposite = (members.added, members.removed) if put else (members.removed, members.added)
        if item in opposite:
            opposite.remove(item)
        if item not in wanted:
            wanted.append(item)


def compare(before: Any, after: Any) -> History:
    """The history of a field; lists are compared item by item, however often each is in them."""
    if not isinstance(after, list) and not isinstance(before, list):
        old, new = ([] if value is None else [value] for value in (before, after))
        return History([], [], new) if old == new else History(new, old, [])
    left = list(before) if isinstance(before, list) else []
    added, unchanged = [], []
    for item in after if isinstance(after, list) else []:
        if item in left:
            left.remove(item)
            unchanged.append(item)
        else:
            added.append(item)
    return History(added, left, unchanged)


def forget(held: dict[str, Any], sent: dict[str, Any]) -> None:
    """Drop what was sent; what was queued again meanwhile stays."""
    for name, value in sent.items():
        if held.get(name) is value:
            del held[name]
