"""References to an entity in relationships of other objects: removed with it, replaced when it is unified."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm import state_of
from stash_cli.core.orm.backrefs import discard_changes
from stash_cli.core.orm.collections import TrackedList, track
from stash_cli.core.orm.history import key_of
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.relationship_values import without
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.types.entity import StashObject

    Deleted = Mapping[str | int, StashObject]

_put = object.__setattr__


def expunge(
    holders: Iterable[StashObject], deleted: Iterable[StashObject], type_name: str
) -> list[StashObject]:
    """Remove deleted objects of a type from every relationship of `holders`; return the holders of any.

    Other changes of these relationships stay.
    """
    by_key = {key_of(obj): obj for obj in deleted}
    return [holder for holder in holders if by_key and _expunge_from(holder, type_name, by_key)]


def _expunge_from(holder: StashObject, type_name: str, deleted: Deleted) -> bool:
    relations = _relationships_to(type(holder).__name__, type_name)
    changed = [name for name, relation in relations.items() if _expunge_one(holder, name, relation, deleted)]
    return bool(changed)


@cache
def _relationships_to(holder: str, type_name: str) -> Mapping[str, RelationshipMetadata]:
    """The relationships from one type to another."""
    return {name: each for name, each in relationships(holder).items() if each.inverse_type == type_name}


def _expunge_one(holder: StashObject, name: str, relation: RelationshipMetadata, deleted: Deleted) -> bool:
    state = state_of(holder)
    if state.pending is not None and state.pending.holds(name):
        for obj in deleted.values():
            discard_changes(holder, name, obj)
    value = holder.__dict__.get(name, UNSET)
    if not any(key_of(target) in deleted for target in relation.targets(value)):
        return False
    committed = state.record_committed(name)
    if relation.is_list:
        value.replace_silently(without(relation, value, deleted.values()))
        state.set_committed(name, without(relation, committed, deleted.values()))
    else:
        holder.__dict__[name] = None
        state.set_committed(name, None if committed in deleted.values() else committed)
    return True


def unify(obj: StashObject, other: StashObject, holders: Iterable[StashObject]) -> None:
    """Make two objects of one entity share fields and state; `holders` refer to `obj` instead of `other`.

    The row of a new object may be loaded before the response to its create arrives: then two objects have
    its id.
    """
    state, edits = state_of(obj), other.get_changed_fields()
    for name, value in other.__dict__.items():
        is_known = obj.__dict__.get(name, UNSET) is not UNSET or (state.pending and state.pending.holds(name))
        if not is_known and name not in edits:
            obj.__dict__[name] = track(value, (state, name))
    for name, value in edits.items():
        if state.pending is None or not state.pending.holds(name):
            state.set_committed(name, state_of(other).committed_state[name])
        setattr(obj, name, value)
    for holder in holders:
        _replace_in(holder, other, obj)
    state.ensure_pending().owner = obj
    for name in ("__dict__", "__pydantic_fields_set__", "_state"):
        _put(other, name, getattr(obj, name))


def _replace_in(holder: StashObject, other: StashObject, obj: StashObject) -> None:
    """Replace `other` by `obj` in every relationship of `holder`."""
    for name, relation in relationships(type(holder).__name__).items():
        if relation.inverse_type != type(obj).__name__:
            continue
        value = holder.__dict__.get(name)
        replaced = _replaced(relation, value, other, obj)
        if isinstance(value, TrackedList):
            value.replace_silently(replaced)
        elif replaced is not value:
            holder.__dict__[name] = replaced
        _replace_in_pending(holder, name, relation, (other, obj))


def _replace_in_pending(
    holder: StashObject, name: str, relation: RelationshipMetadata, pair: tuple[StashObject, StashObject]
) -> None:
    """Replace it in the committed state and the recorded changes of a relationship."""
    pending = state_of(holder).pending
    if pending is None:
        return
    if name in pending.committed_state:
        pending.committed_state[name] = _replaced(relation, pending.committed_state[name], *pair)
    for delta in (pending.backref_changes.get(name), pending.members.get(name)):
        for items in (delta.added, delta.removed) if delta is not None else ():
            items.update({key: _replaced(relation, item, *pair) for key, item in items.items()})


def _replaced(relation: RelationshipMetadata, value: Any, other: StashObject, obj: StashObject) -> Any:
    """A value of the relationship, or one item of it, with `obj` in place of `other`."""
    if isinstance(value, list):
        items = [_replaced(relation, item, other, obj) for item in value]
        # The list may contain both objects, the loaded one and the created one: only one item stays.
        first = next((n for n, item in enumerate(items) if relation.target(item) is obj), None)
        return [item for n, item in enumerate(items) if n == first or relation.target(item) is not obj]
    if value is other:
        return obj
    if relation.link:
        fields = value if isinstance(value, dict) else getattr(value, "__dict__", {})
        if fields.get(relation.link) is other:
            fields[relation.link] = obj
    return value
