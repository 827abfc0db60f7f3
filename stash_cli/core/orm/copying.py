"""Detached copies of entities: they are in no store and have their own pending changes."""

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
"""Key in the memo of `deepcopy`, whose own keys are ints."""


def copy_state(obj: StashObject, copied: StashObject) -> None:
    """Give a shallow copy its own pending changes, lists and maps.

    It shares the related objects of `obj`; its edits are not propagated to them until it is saved.
    """
    pending = state_of(obj).pending
    own = state_of(copied).pending = Pending() if pending is None else pending.copy()
    own.is_copy = True
    state_of(copied).track_all()


def deep_copy(obj: E, memo: Memo) -> E:
    """A copy of `obj` and of all objects reachable from it.

    Iterative, because a chain of relationships may exceed Python's recursion limit.
    """
    result, _ = blank(type(obj))
    memo[id(obj)] = result
    if _QUEUE in memo:
        memo[_QUEUE].append((obj, result))
        return result
    queue: deque[tuple[StashObject, StashObject]] = deque([(obj, result)])
    memo[_QUEUE] = queue
    try:
        while queue:
            one, copied = queue.popleft()
            _fill(one, copied, memo)
    finally:
        del memo[_QUEUE]
    return result


def _fill(obj: StashObject, copied: StashObject, memo: Memo) -> None:
    """Copy the values and changes of `obj` to `copied`; related objects are queued and copied later."""
    with state_of(obj).locked():
        copied.__dict__.update({name: deepcopy(value, memo) for name, value in obj.__dict__.items()})
        copied.__pydantic_fields_set__.update(obj.__pydantic_fields_set__)
        pending = state_of(obj).pending
    if pending is not None:
        state_of(copied).pending = _with_copies(pending.copy(), memo)
    state_of(copied).track_all()


def _with_copies(pending: Pending, memo: Memo) -> Pending:
    """Replace all objects in pending changes by copies."""
    for name in ("committed_state", "calls", "inputs", "originals", "unknown"):
        setattr(pending, name, deepcopy(getattr(pending, name), memo))
    for deltas in (pending.members, pending.backref_changes):
        for name, delta in deltas.items():
            added, removed = (_copied_items(items, memo) for items in (delta.added, delta.removed))
            deltas[name] = Delta(added, removed)
    return pending


def _copied_items(items: Mapping[str | int, Any], memo: Memo) -> dict[str | int, Any]:
    """Items of a delta under the keys of the copies; the key of an unsaved object is its `id()`."""
    copied = [(key, deepcopy(item, memo)) for key, item in items.items()]
    return {id(memo[key]) if key in memo else key: item for key, item in copied}


def restore(obj: StashObject, pending: Pending | None) -> None:
    """Give an unpickled object its state; unsaved objects in it get new keys, because these are `id()`s."""
    add_state(obj).pending = pending
    for deltas in (pending.members, pending.backref_changes) if pending else ():
        for name, delta in deltas.items():
            relation = relationships(type(obj).__name__)[name]
            added, removed = (_restored_items(items, relation) for items in (delta.added, delta.removed))
            deltas[name] = Delta(added, removed)
    state_of(obj).track_all()


def _restored_items(items: Mapping[str | int, Any], relation: RelationshipMetadata) -> dict[str | int, Any]:
    return {id(relation.target(item)) if isinstance(key, int) else key: item for key, item in items.items()}
