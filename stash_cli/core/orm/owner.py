"""Owner references: the object and field that contain a mutable value, so that its edits are tracked."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.orm.state import InstanceState

    Edit = AbstractContextManager[Callable[[Any], Any]]
    Owner = tuple[InstanceState, str]
    """State of the object, which refers to it weakly, and the field."""

OWNER_SLOTS = ("_field", "_owner")
"""Slots of values that have an owner reference."""

_put = object.__setattr__


def owner_of(value: Any) -> Owner | None:
    """The owner reference of a value, if it has one."""
    state = getattr(value, "_owner", None)
    return None if state is None else (state, value._field)  # noqa: SLF001 - of all classes with these slots


def set_owner(value: Any, owner: Owner | None) -> None:
    """Set or (None) remove the owner reference of a value.

    Stored in two slots, because a tuple per list would be one more object for the garbage collector.
    """
    state, field = owner or (None, "")
    _put(value, "_owner", state)
    _put(value, "_field", field)


def editing(value: Any) -> Edit:
    """Context of an in-place edit of `value`; yields a function that adapts new items.

    Raises StashUsageError if the owner was in a store and has been garbage-collected: the edit would be lost.
    """
    owner = owner_of(value)
    if owner is None:
        return nullcontext(_unchanged)
    state, field = owner
    obj = state()
    if obj is not None:
        # Not `state` itself, because the object has another state after `unify`.
        return obj._state.editing(field)  # noqa: SLF001 - the slot that `state_of` reads
    if state.is_attached:
        raise StashUsageError(
            f"The object whose {field} this is has left the store: an edit would not be saved.",
            hint="Hold the object while you edit its lists, or edit a copy: list(...), dict(...).",
        )
    return nullcontext(_unchanged)


def _unchanged(item: Any) -> Any:
    return item
