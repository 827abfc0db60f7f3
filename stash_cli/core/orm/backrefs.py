"""Backrefs: both sides of a relationship kept equal in memory.

`scene.performers` and `performer.scenes`, `tag.parents` and `tag.children`. The side that was changed last
saves the change; the other records it (`Pending.backref_changes`), also where it is not loaded. Once either
is saved, the change is committed on both sides.
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
        gone, come = difference(relation, pending_items(obj, name) if before is UNSET else before, after)
        left = [target for target, _ in gone]
    else:
        left, come = _referents(obj, name, before), pairs(relation, after)
    # Before anything is recorded: the side that changes last is the one that saves.
    for target in (*left, *(target for target, _ in come)):
        discard_changes(obj, name, target)
    for target in left:
        if not any(target == other for other, _ in come):
            remove_backref(target, back, obj)
    for target, item in come:
        append_backref(target, back, obj, item)
    clear_reverted(obj, name, [*left, *(target for target, _ in come)])


def clear_reverted(obj: StashObject, name: str, touched: list[StashObject]) -> None:
    """Clear backref changes of `touched` objects for which the relationship equals its committed state."""
    sides, base = _with_backref(obj, name), state_of(obj).committed_state.get(name, UNSET)
    if sides is None or not touched or base is UNSET or base is ALWAYS_DIRTY or is_detached_copy(obj):
        return
    relation, back = sides
    was, now = (items_by_key(relation, value, touched) for value in (base, obj.__dict__[name]))
    for target in touched:
        before, after = (held.get(key_of(target), UNSET) for held in (was, now))
        if same(after, before):
            _commit_one(target, back, obj, after)


def commit_backrefs(obj: StashObject, name: str, before: Any, after: Any) -> None:
    """Commit at the other side that relationship `name` of `obj` went from `before` to `after`."""
    sides = _with_backref(obj, name)
    if sides is None:
        return
    relation, back = sides
    gone, come = difference(relation, before, after)
    for target, _ in gone:
        _commit_one(target, back, obj, UNSET)
    for target, item in come:
        _commit_one(target, back, obj, item)


def _with_backref(obj: StashObject, name: str) -> tuple[RelationshipMetadata, str] | None:
    """A relationship that is written, and its backref; None without one."""
    relation = relationships(type(obj).__name__).get(name)
    back = relation.inverse_field if relation is not None and relation.is_written else None
    return (relation, back) if relation is not None and back is not None else None


def is_detached_copy(obj: StashObject) -> bool:
    """Whether an object is a copy that no store holds: edits of it do not show in its related objects."""
    state = state_of(obj)
    return state.pending is not None and state.pending.is_copy and not state.is_attached


def pending_items(obj: StashObject, name: str) -> list[Any]:
    """The items that were added to a relationship which is not loaded, at either side."""
    pending = state_of(obj).pending
    deltas = (pending.backref_changes.get(name), pending.members.get(name)) if pending else ()
    return [item for delta in deltas if delta for item in delta.added.values()]


def _referents(obj: StashObject, name: str, shown: Any) -> list[StashObject]:
    """The objects that a field with one object has led to, here or on the server."""
    state = state_of(obj)
    delta = state.backref_changes(name)
    known = (shown, state.committed_state.get(name), *delta.added.values(), *delta.removed.values())
    return [each for each in known if each is not None and each is not UNSET and each is not ALWAYS_DIRTY]


def is_elsewhere(obj: StashObject, name: str, owner: StashObject) -> bool:
    """Whether a field with one object is known to lead to another than `owner`."""
    relation = relationships(type(obj).__name__)[name]
    held = obj.__dict__.get(name, UNSET)
    shown = (pending_items(obj, name) or [owner])[0] if held is UNSET else held
    return not relation.is_list and shown != owner


def discard_changes(holder: StashObject, name: str, obj: StashObject) -> None:
    """Discard recorded changes of `obj` in `name` of `holder`; the side changed next saves its own."""
    pending = state_of(holder).pending
    if pending is not None:
        for delta in (pending.backref_changes.get(name), pending.members.get(name)):
            if delta is not None:
                delta.discard(obj)


def append_backref(holder: StashObject, name: str, obj: StashObject, item: Any = None) -> None:
    """Append `obj` to the backref `name` of `holder`; `item` is what the other side holds."""
    relation = relationships(type(holder).__name__)[name]
    held = holder.__dict__.get(name, UNSET)
    if relation.is_list:
        discard_changes(holder, name, obj)
        _set_item(holder, name, backref_item(relation, obj, item), is_in=True)
        return
    # A field with one object is moved: whoever had it before, here or on the server, loses it.
    for other in _referents(holder, name, held):
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
    held = holder.__dict__.get(name, UNSET)
    record = delta.add if is_in else delta.remove
    if held is UNSET:
        record(target, item)
        return
    base = state.record_committed(name)
    was, at = index_of(relation, base, target), index_of(relation, held, target)
    if not is_in and at is not None:
        held.splice_silently(at, at + 1)
    elif is_in and at is None:
        held.splice_silently(len(held), len(held), item)
    elif is_in and at is not None and not same(held[at], snapshot([item])[0]):
        held.splice_silently(at, at + 1, item)
    if not same(item if is_in else UNSET, UNSET if was is None else base[was]):
        record(target, item)
    state.discard_unchanged(name)


def _set_one(holder: StashObject, name: str, obj: StashObject | None) -> None:
    """Set a backref that holds one object, and record the change unless it is committed."""
    state = state_of(holder)
    delta, base = state.backref_changes(name), state.record_committed(name)
    had = holder.__dict__.get(name, UNSET)
    delta.clear()
    if obj is not None and obj != base:
        delta.add(obj, obj)
    elif obj is None and had == base:
        delta.remove(had, had)
    if had is not UNSET:
        holder.__dict__[name] = obj
        state.discard_unchanged(name)


def _commit_one(holder: StashObject, name: str, obj: StashObject, item: Any) -> None:
    """Commit `obj` in the backref `name` of `holder`: with the other side's `item`, or (UNSET) without it."""
    relation, state = relationships(type(holder).__name__)[name], state_of(holder)
    discard_changes(holder, name, obj)
    base = state.committed_state.get(name, ALWAYS_DIRTY)
    if base is UNSET or base is ALWAYS_DIRTY:
        if not relation.is_list and item is not UNSET and holder.__dict__.get(name, UNSET) is UNSET:
            # Otherwise the list that it leaves when it is moved would go on to show it.
            holder.__dict__[name] = obj
        return
    if relation.is_list:
        at = index_of(relation, base, obj)
        rest = as_list(base) if at is None else [*base[:at], *base[at + 1 :]]
        _update_shown(holder, name, obj, item, was_in=at is not None)
        state.set_committed(
            name, rest if item is UNSET else [*rest, *snapshot([backref_item(relation, obj, item)])]
        )
    elif item is not UNSET and base != obj:
        state.set_committed(name, obj)
        if base:
            _commit_one(base, relation.inverse_field or "", holder, UNSET)
    elif item is UNSET and base == obj:
        state.set_committed(name, None)


def _update_shown(holder: StashObject, name: str, obj: StashObject, item: Any, *, was_in: bool) -> None:
    """Add or remove a committed item in the list itself, unless it was edited here."""
    relation, held = relationships(type(holder).__name__)[name], holder.__dict__[name]
    at = index_of(relation, held, obj)
    if (at is not None) != was_in or was_in == (item is not UNSET):
        return
    if at is None:
        held.splice_silently(len(held), len(held), backref_item(relation, obj, item))
    else:
        held.splice_silently(at, at + 1)
