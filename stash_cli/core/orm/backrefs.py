"""Backrefs: synchronisation of both sides of a relationship in memory.

`scene.performers` and `performer.scenes`, `tag.parents` and `tag.children`. The side that was changed last
sends the change on save; the other side records it (`Pending.backref_changes`), even if it is not loaded. A
saved change is committed on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.orm import state_of
from stash_cli.core.orm.history import ALWAYS_DIRTY, key_of, same, snapshot
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.relationship_values import (
    as_list,
    backref_item,
    difference,
    index_of,
    items_by_key,
    pairs,
)
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.types.entity import StashObject


def propagate(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Apply a change of relationship `name` of `obj` to the other side."""
    sides = _with_backref(obj, name)
    if sides is None or is_detached_copy(obj):
        return
    relation, back = sides
    if relation.is_list:
        removed_pairs, added = difference(
            relation, pending_items(obj, name) if before is UNSET else before, after
        )
        removed = [target for target, _ in removed_pairs]
    else:
        removed, added = _referents(obj, name, before), pairs(relation, after)
    # Older changes are discarded first, because the side that was changed last sends the change.
    for target in (*removed, *(target for target, _ in added)):
        discard_changes(obj, name, target)
    for target in removed:
        if not any(target == other for other, _ in added):
            remove_backref(target, back, obj)
    for target, item in added:
        append_backref(target, back, obj, item)
    clear_reverted(obj, name, [*removed, *(target for target, _ in added)])


def clear_reverted(obj: StashObject, name: str, touched: list[StashObject]) -> None:
    """Clear backref changes of `touched` objects for which the relationship equals its committed state."""
    sides, base = _with_backref(obj, name), state_of(obj).committed_state.get(name, UNSET)
    if sides is None or not touched or base is UNSET or base is ALWAYS_DIRTY or is_detached_copy(obj):
        return
    relation, back = sides
    was, now = (items_by_key(relation, value, touched) for value in (base, obj.__dict__[name]))
    for target in touched:
        before, after = (items.get(key_of(target), UNSET) for items in (was, now))
        if same(after, before):
            _commit_one(target, back, obj, after)


def commit_backrefs(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Commit on the other side the change of relationship `name` of `obj` from `before` to `after`."""
    sides = _with_backref(obj, name)
    if sides is None:
        return
    relation, back = sides
    removed, added = difference(relation, before, after)
    for target, _ in removed:
        _commit_one(target, back, obj, UNSET)
    for target, item in added:
        _commit_one(target, back, obj, item)


def _with_backref(obj: StashObject, name: str) -> tuple[RelationshipMetadata, str] | None:
    """A relationship that is written, and its backref; None without one."""
    relation = relationships(type(obj).__name__).get(name)
    back = relation.inverse_field if relation is not None and relation.is_written else None
    return (relation, back) if relation is not None and back is not None else None


def is_detached_copy(obj: StashObject) -> bool:
    """Whether an object is a copy in no store: its edits are not propagated to related objects."""
    state = state_of(obj)
    return state.pending is not None and state.pending.is_copy and not state.is_attached


def pending_items(obj: StashObject, name: str) -> list[Any]:
    """The items that were added, on either side, to a relationship that is not loaded."""
    pending = state_of(obj).pending
    deltas = (pending.backref_changes.get(name), pending.members.get(name)) if pending else ()
    return [item for delta in deltas if delta for item in delta.added.values()]


def _referents(obj: StashObject, name: str, value: Any) -> list[StashObject]:
    """The objects that a to-one relationship refers to or referred to, locally or on the server."""
    state = state_of(obj)
    delta = state.backref_changes(name)
    known = (value, state.committed_state.get(name), *delta.added.values(), *delta.removed.values())
    return [each for each in known if each is not None and each is not UNSET and each is not ALWAYS_DIRTY]


def is_elsewhere(obj: StashObject, name: str, owner: StashObject) -> bool:
    """Whether a to-one relationship is known to refer to another object than `owner`."""
    relation = relationships(type(obj).__name__)[name]
    value = obj.__dict__.get(name, UNSET)
    if value is UNSET:
        value = (pending_items(obj, name) or [owner])[0]
    return not relation.is_list and value != owner


def discard_changes(holder: StashObject, name: str, obj: StashObject) -> None:
    """Discard the recorded changes of relationship `name` of `holder` that concern `obj`."""
    pending = state_of(holder).pending
    if pending is not None:
        for delta in (pending.backref_changes.get(name), pending.members.get(name)):
            if delta is not None:
                delta.discard(obj)


def append_backref(holder: StashObject, name: str, obj: StashObject, item: Any = None) -> None:
    """Append `obj` to the backref `name` of `holder`; `item` is the item of the other side."""
    relation = relationships(type(holder).__name__)[name]
    current = holder.__dict__.get(name, UNSET)
    if relation.is_list:
        discard_changes(holder, name, obj)
        _set_item(holder, name, backref_item(relation, obj, item), is_in=True)
        return
    # A to-one relationship can refer to one object only: remove `holder` from all previous ones.
    for other in _referents(holder, name, current):
        if other != obj:
            remove_backref(other, relation.inverse_field or "", holder)
    _set_one(holder, name, obj)


def remove_backref(holder: StashObject, name: str, obj: StashObject) -> None:
    """Remove `obj` from the backref `name` of `holder`."""
    relation = relationships(type(holder).__name__)[name]
    if relation.is_list:
        discard_changes(holder, name, obj)
        _set_item(holder, name, backref_item(relation, obj, None), is_in=False)
    elif holder.__dict__.get(name, UNSET) is UNSET:
        discard_changes(holder, name, obj)
        state_of(holder).backref_changes(name).remove(obj, obj)
    elif holder.__dict__[name] == obj:
        _set_one(holder, name, None)


def _set_item(holder: StashObject, name: str, item: Any, *, is_in: bool) -> None:
    """Add an item to a backref list or remove it, and record the change unless it is committed."""
    relation, state = relationships(type(holder).__name__)[name], state_of(holder)
    target, delta = relation.target(item), state.backref_changes(name)
    current = holder.__dict__.get(name, UNSET)
    record = delta.add if is_in else delta.remove
    if current is UNSET:
        record(target, item)
        return
    base = state.record_committed(name)
    was, at = index_of(relation, base, target), index_of(relation, current, target)
    if not is_in and at is not None:
        current.splice_silently(at, at + 1)
    elif is_in and at is None:
        current.splice_silently(len(current), len(current), item)
    elif is_in and at is not None and not same(current[at], snapshot([item])[0]):
        current.splice_silently(at, at + 1, item)
    if not same(item if is_in else UNSET, UNSET if was is None else base[was]):
        record(target, item)
    state.discard_unchanged(name)


def _set_one(holder: StashObject, name: str, obj: StashObject | None) -> None:
    """Set a backref that holds one object, and record the change unless it is committed."""
    state = state_of(holder)
    delta, base = state.backref_changes(name), state.record_committed(name)
    previous = holder.__dict__.get(name, UNSET)
    delta.clear()
    if obj is not None and obj != base:
        delta.add(obj, obj)
    elif obj is None and previous == base:
        delta.remove(previous, previous)
    if previous is not UNSET:
        holder.__dict__[name] = obj
        state.discard_unchanged(name)


def _commit_one(holder: StashObject, name: str, obj: StashObject, item: Any) -> None:
    """Commit the other side's `item` for `obj` in the backref `name` of `holder`; UNSET commits a removal."""
    relation, state = relationships(type(holder).__name__)[name], state_of(holder)
    discard_changes(holder, name, obj)
    base = state.committed_state.get(name, ALWAYS_DIRTY)
    if base is UNSET or base is ALWAYS_DIRTY:
        if not relation.is_list and item is not UNSET and holder.__dict__.get(name, UNSET) is UNSET:
            # Set, so that a later move knows from whose list `holder` must be removed.
            holder.__dict__[name] = obj
        return
    if relation.is_list:
        at = index_of(relation, base, obj)
        rest = as_list(base) if at is None else [*base[:at], *base[at + 1 :]]
        _update_loaded(holder, name, obj, item, was_in=at is not None)
        state.set_committed(
            name, rest if item is UNSET else [*rest, *snapshot([backref_item(relation, obj, item)])]
        )
    elif item is not UNSET and base != obj:
        state.set_committed(name, obj)
        if base:
            _commit_one(base, relation.inverse_field or "", holder, UNSET)
    elif item is UNSET and base == obj:
        state.set_committed(name, None)


def _update_loaded(holder: StashObject, name: str, obj: StashObject, item: Any, *, was_in: bool) -> None:
    """Add or remove a committed item in the loaded list, unless there is a local edit of it."""
    relation, items = relationships(type(holder).__name__)[name], holder.__dict__[name]
    at = index_of(relation, items, obj)
    if (at is not None) != was_in or was_in == (item is not UNSET):
        return
    if at is None:
        items.splice_silently(len(items), len(items), backref_item(relation, obj, item))
    else:
        items.splice_silently(at, at + 1)
