"""Lists and maps of objects: they tell the object that holds them of every edit, so that none is lost.

They are lists and dicts to everybody else; copies of them are plain ones.
"""

from __future__ import annotations

from contextlib import nullcontext
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from stash_cli.core.orm.places import SLOTS, Place, owner_at, place_of, put_place
from stash_cli.core.types.base import Embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    Edit = AbstractContextManager[Callable[[Any], Any]]


class Items(list[Any]):
    """A list in a field of an object."""

    __slots__ = SLOTS

    def show(self, values: Iterable[Any]) -> None:
        """Hold other items, which is no edit: the server, or the other side, says so."""
        super().__setitem__(slice(None), [kept(each, place_of(self)) for each in values])

    def splice(self, start: int, stop: int, *items: Any) -> None:
        """Hold other items from `start` to `stop`, which is no edit."""
        super().__setitem__(slice(start, stop), [kept(each, place_of(self)) for each in items])

    def append(self, item: Any) -> None:
        with _edit(self) as taken:
            super().append(taken(item))

    def insert(self, index: SupportsIndex, item: Any) -> None:
        with _edit(self) as taken:
            super().insert(index, taken(item))

    def extend(self, items: Iterable[Any]) -> None:
        with _edit(self) as taken:
            super().extend([taken(item) for item in items])

    def __iadd__(self, items: Iterable[Any]) -> Self:  # type: ignore[misc] # as list does
        self.extend(items)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        with _edit(self) as taken:
            new = [taken(item) for item in value] if isinstance(index, slice) else taken(value)
            super().__setitem__(index, new)

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return list, (list(self),)


class Fields(dict[str, Any]):
    """A map in a field of an object, such as its custom fields."""

    __slots__ = SLOTS

    def show(self, values: Mapping[str, Any]) -> None:
        """Hold other values, which is no edit: the server says so."""
        dict.clear(self)
        super().update({key: kept(each, place_of(self)) for key, each in values.items()})

    def __setitem__(self, key: str, value: Any) -> None:
        with _edit(self) as taken:
            super().__setitem__(key, taken(value))

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        with _edit(self) as taken:
            super().update({key: taken(value) for key, value in dict(*others, **more).items()})

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override] # as dict does
        self.update(other)
        return self

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)


def _edit(value: Items | Fields) -> Edit:
    """The edit of what holds `value`, which says how new items are taken in."""
    place = place_of(value)
    owner = owner_at(place)
    return nullcontext(_as_is) if owner is None or place is None else owner.editing(place[1])


def _as_is(item: Any) -> Any:
    return item


def _noticed(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that takes items out, or moves them, as an edit."""

    @wraps(method)
    def edit(self: Any, *args: Any, **options: Any) -> Any:
        with _edit(self):
            return method(self, *args, **options)

    return edit


for _name in ("remove", "pop", "clear", "sort", "reverse", "__delitem__", "__imul__"):
    setattr(Items, _name, _noticed(getattr(list, _name)))
for _name in ("pop", "popitem", "clear", "__delitem__"):
    setattr(Fields, _name, _noticed(getattr(dict, _name)))


def items_at(values: Iterable[Any], place: Place | None) -> Items:
    """A list, held at `place`, of what has no place itself: text, numbers, links."""
    made = Items(values)
    put_place(made, place)
    return made


def kept(value: Any, place: Place | None) -> Any:
    """`value` as an object holds it at `place`: lists, maps and embedded values tell of edits from now on.

    An embedded value that is in another place is copied: it is a value, not a thing of its own.
    """
    if isinstance(value, list):
        return items_at((kept(item, place) for item in value), place)
    if isinstance(value, dict):
        made = Fields({key: kept(item, place) for key, item in value.items()})
        put_place(made, place)
        return made
    return _embedded(value, place) if isinstance(value, Embedded) and place else value


def _embedded(value: Embedded, place: Place) -> Embedded:
    held = place_of(value)
    if held is not None and (held[0] is not place[0] or held[1] != place[1]) and _is_at(value, held):
        value = copy(value)
    put_place(value, place)
    return value


def _is_at(value: Embedded, place: Place) -> bool:
    """Whether a value is still where it was put: it may have been taken out."""
    owner = place[0]()
    held = None if owner is None else owner.__dict__.get(place[1])
    return held is value or (isinstance(held, list) and any(each is value for each in held))


def put_at(value: Any, place: Place | None) -> None:
    """Let a list, map or embedded value that is held already be held at `place`, or (None) nowhere."""
    if isinstance(value, Items | Fields | Embedded):
        put_place(value, place)
        inner = () if isinstance(value, Embedded) else value.values() if isinstance(value, dict) else value
        for each in inner:
            put_at(each, place)
