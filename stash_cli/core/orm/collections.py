"""Tracked collections: lists and maps that report every edit to the object that owns them.

They are subclasses of list and dict; copies of them are plain lists and dicts.
"""

from __future__ import annotations

from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from stash_cli.core.orm.owner import OWNER_SLOTS, editing, owner_of, set_owner
from stash_cli.core.types.base import Embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stash_cli.core.orm.owner import Owner


class TrackedList(list[Any]):
    """A list in a field of an object."""

    __slots__ = OWNER_SLOTS

    def replace_silently(self, values: Iterable[Any]) -> None:
        """Replace all items without recording an edit, as when the server or a backref sets them."""
        super().__setitem__(slice(None), [track(each, owner_of(self)) for each in values])

    def splice_silently(self, start: int, stop: int, *items: Any) -> None:
        """Replace the items from `start` to `stop` without recording an edit."""
        super().__setitem__(slice(start, stop), [track(each, owner_of(self)) for each in items])

    def append(self, item: Any) -> None:
        with editing(self) as adapted:
            super().append(adapted(item))

    def insert(self, index: SupportsIndex, item: Any) -> None:
        with editing(self) as adapted:
            super().insert(index, adapted(item))

    def extend(self, items: Iterable[Any]) -> None:
        with editing(self) as adapted:
            super().extend([adapted(item) for item in items])

    def __iadd__(self, items: Iterable[Any]) -> Self:  # type: ignore[misc] # as list does
        self.extend(items)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        with editing(self) as adapted:
            new = [adapted(item) for item in value] if isinstance(index, slice) else adapted(value)
            super().__setitem__(index, new)

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[type[list[Any]], tuple[list[Any]]]:
        # Copies and pickles are plain lists: edits of a copy are no edits of the owner's field.
        return list, (list(self),)


class TrackedDict(dict[str, Any]):
    """A map in a field of an object, such as its custom fields."""

    __slots__ = OWNER_SLOTS

    def replace_silently(self, values: Mapping[str, Any]) -> None:
        """Replace all values without recording an edit, as when the server sets them."""
        dict.clear(self)
        super().update({key: track(each, owner_of(self)) for key, each in values.items()})

    def __setitem__(self, key: str, value: Any) -> None:
        with editing(self) as adapted:
            super().__setitem__(key, adapted(value))

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        with editing(self) as adapted:
            super().update({key: adapted(value) for key, value in dict(*others, **more).items()})

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override] # as dict does
        self.update(other)
        return self

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)


def _tracked(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that removes or moves items, recorded as an edit."""

    @wraps(method)
    def edit(self: Any, *args: Any, **options: Any) -> Any:
        with editing(self):
            return method(self, *args, **options)

    return edit


# These methods add no new items, so there is nothing to track in their arguments.
for _name in ("remove", "pop", "clear", "sort", "reverse", "__delitem__", "__imul__"):
    setattr(TrackedList, _name, _tracked(getattr(list, _name)))
for _name in ("pop", "popitem", "clear", "__delitem__"):
    setattr(TrackedDict, _name, _tracked(getattr(dict, _name)))


def track_items(values: Iterable[Any], owner: Owner | None) -> TrackedList:
    """A tracked list of items that need no tracking themselves: text, numbers, links."""
    tracked = TrackedList(values)
    set_owner(tracked, owner)
    return tracked


def track(value: Any, owner: Owner | None) -> Any:
    """`value` with its lists and maps replaced by tracked ones, and `owner` as their owner.

    An embedded value of another field is copied, because it has no identity.
    """
    if isinstance(value, list):
        return track_items((track(item, owner) for item in value), owner)
    if isinstance(value, dict):
        tracked = TrackedDict({key: track(item, owner) for key, item in value.items()})
        set_owner(tracked, owner)
        return tracked
    return _track_embedded(value, owner) if isinstance(value, Embedded) and owner else value


def _track_embedded(value: Embedded, owner: Owner) -> Embedded:
    # A value with two owners would record an edit meant for one of them in the other, too.
    old = owner_of(value)
    if old is not None and (old[0] is not owner[0] or old[1] != owner[1]) and _is_owned_by(value, old):
        value = copy(value)
    set_owner(value, owner)
    return value


def _is_owned_by(value: Embedded, owner: Owner) -> bool:
    """Whether the owner's field still contains the value; it may have been removed."""
    obj = owner[0]()
    current = None if obj is None else obj.__dict__.get(owner[1])
    return current is value or (isinstance(current, list) and any(each is value for each in current))


def release(value: Any) -> None:
    """Remove the owner references of a value that was replaced: edits of it are no longer recorded."""
    if isinstance(value, TrackedList | TrackedDict | Embedded):
        set_owner(value, None)
        inner = () if isinstance(value, Embedded) else value.values() if isinstance(value, dict) else value
        for each in inner:
            release(each)
