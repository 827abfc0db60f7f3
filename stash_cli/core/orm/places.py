"""Places: which object holds a value, and in which field, so that an edit of the value is an edit of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from stash_cli.core.orm.tracking import Tracked

_put = object.__setattr__

SLOTS = ("_field", "_is_kept", "_owner")
"""The attributes of what has a place."""

Place = tuple["ref[Tracked]", str, bool]
"""The object, its field, and whether a store keeps the object. Weak, so that values keep no object alive."""


def place_in(owner: Tracked, field: str) -> Place:
    """The place of what `owner` holds in `field`."""
    return ref(owner), field, owner.is_kept


def owner_at(place: Place | None) -> Tracked | None:
    """The object that an edit of a value at `place` changes; None for a value that nothing holds.

    Raises StashUsageError where a store has let go of the object: the edit would be lost.
    """
    if place is None:
        return None
    owner = place[0]()
    if owner is None and place[2]:
        raise StashUsageError(
            f"The object whose {place[1]} this is has left the store: an edit would not be saved.",
            hint="Hold the object while you edit its lists, or edit a copy: list(...), dict(...).",
        )
    return owner


def place_of(value: Any) -> Place | None:
    """Where a value is held, if anywhere."""
    owner = getattr(value, "_owner", None)
    return None if owner is None else (owner, value._field, value._is_kept)  # noqa: SLF001 - of all that have it


def put_place(value: Any, place: Place | None) -> None:
    """Let a value be held at `place`, or (None) nowhere.

    As three attributes: a tuple for each of many lists would be one more object for the collector to visit.
    """
    owner, field, is_kept = place or (None, "", False)
    _put(value, "_owner", owner)
    _put(value, "_field", field)
    _put(value, "_is_kept", is_kept)
