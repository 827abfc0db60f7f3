"""Detached copies of entities: independent pending changes, in no store."""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.orm import state_of
from stash_cli.core.orm.history import Delta, Pending
from stash_cli.core.orm.hydrate import blank
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.state import add_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.types.entity import StashObject

    Memo = dict[Any, Any]

E = TypeVar("E", bound="StashObject")

_QUEUE = "stash_cli: objects whose values are to be copied"
"""Key in the memo of `deepcopy`, whose own keys are numbers."""


def copy_state(obj: StashObject, made: StashObject) -> None:
    """Give a shallow copy the changes of `obj`, and lists and maps of its own.

    Its related objects are those of `obj`, in whose relationships its edits do not show until it is saved.
    """
    pending = state_of(obj).pending
    copied = state_of(made).pending = Pending() if pending is None else pending.copy()
    copied.is_copy = True
    state_of(made).track_all()


def deep_copy(obj: E, memo: Memo) -> E:
    """A copy of `obj` and of all objects that it leads to.

    Object by object instead of one inside the other: relationships may be longer than Python's stack.
    """
    made, _ = blank(type(obj))
    memo[id(obj)] = made
    if _QUEUE in memo:
        memo[_QUEUE].append((obj, made))
        return made
    queue: deque[tuple[StashObject, StashObject]] = deque([(obj, made)])
    memo[_QUEUE] = queue
    try:
        while queue:
            one, copied = queue.popleft()
            _fill(one, copied, memo)
    finally:
        del memo[_QUEUE]
    return made


def _fill(obj: StashObject, made: StashObject, memo: Memo) -> None:
    """Copy the values and changes of `obj` to `made`; objects in them are copied later."""
    with state_of(obj).locked():
        made.__dict__.update({name: deepcopy(value, memo) for name, value in obj.__dict__.items()})
        made.__pydantic_fields_set__.update(obj.__pydantic_fields_set__)
        pending = state_of(obj).pending
    if pending is not None:
        state_of(made).pending = _copied(pending.copy(), memo)
    state_of(made).track_all()


def _copied(pending: Pending, memo: Memo) -> Pending:
    """Changes with copies of all objects in them."""
    for name in ("committed_state", "calls", "inputs", "originals", "unknown"):
        setattr(pending, name, deepcopy(getattr(pending, name), memo))
    for deltas in (pending.members, pending.backref_changes):
        for name, delta in deltas.items():
            added, removed = (_copied_items(items, memo) for items in (delta.added, delta.removed))
            deltas[name] = Delta(added, removed)
    return pending


def _copied_items(items: Mapping[str | int, Any], memo: Memo) -> dict[str | int, Any]:
    """Items of a delta by the keys of the copied objects: unsaved ones are told apart by `id()`."""
    copied = [(key, deepcopy(item, memo)) for key, item in items.items()]
    return {id(memo[key]) if key in memo else key: item for key, item in copied}


def restore(obj: StashObject, pending: Pending | None) -> None:
    """Give an unpickled object its state; its unsaved related objects are others than when it was pickled."""
    add_state(obj).pending = pending
    for deltas in (pending.members, pending.backref_changes) if pending else ():
        for name, delta in deltas.items():
            relation = relationships(type(obj).__name__)[name]
            added, removed = (_restored_items(items, relation) for items in (delta.added, delta.removed))
            deltas[name] = Delta(added, removed)
    state_of(obj).track_all()


def _restored_items(items: Mapping[str | int, Any], relation: RelationshipMetadata) -> dict[str | int, Any]:
    return {id(relation.target(item)) if isinstance(key, int) else key: item for key, item in items.items()}
