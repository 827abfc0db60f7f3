"""Changes of relationships, loaded or not, and other changes that are queued for the next save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashUsageError
from stash_cli.core.orm import backrefs, images, state_of
from stash_cli.core.orm.history import Delta, snapshot
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.loading import set_silently
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.relationship_values import index_of
from stash_cli.core.orm.side_mutations import QUEUED, emptied
from stash_cli.core.orm.validate import refuse_cycle
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from pathlib import Path

    from stash_cli.core.types.entity import StashObject


def append(obj: StashObject, name: str, other: Any, **data: Any) -> None:
    """Append `other` to the relationship `name`, or set a to-one relationship.

    `data` belongs to the association, such as a scene's number in a group. A list that is not loaded stays
    unloaded: only the appended item is sent.
    """
    relation = _written_relation(obj, name)
    item, target = _item(relation, other, data)
    if target is not None:
        refuse_cycle(obj, name, target)
    with state_of(obj).locked():
        value = obj.__dict__.get(name, UNSET)
        # A new object has no list on the server yet, so the appended item is the whole list.
        if not relation.is_list or (value is UNSET and obj.is_new()):
            setattr(obj, name, [item] if relation.is_list else item)
        elif value is UNSET:
            _queue(obj, name, item, is_added=True)
            if relation.inverse_field and not backrefs.is_detached_copy(obj):
                backrefs.append_backref(target, relation.inverse_field, obj, item)
        elif (at := index_of(relation, value, target)) is None:
            value.append(item)
        # Already in the list: only the association data changes.
        elif data:
            value[at] = item


def remove(obj: StashObject, name: str, other: Any) -> None:
    """Remove `other` from the list `name`; no error if it is not in the list."""
    relation = _written_relation(obj, name)
    item, target = _item(relation, other, {})
    with state_of(obj).locked():
        value = obj.__dict__.get(name, UNSET)
        if value is UNSET and not obj.is_new():
            _remove_unloaded(obj, name, relation, item)
        elif (at := index_of(relation, value, target)) is not None:
            del value[at]


def _remove_unloaded(obj: StashObject, name: str, relation: RelationshipMetadata, item: Any) -> None:
    target, back = relation.target(item), relation.inverse_field
    if back and backrefs.is_elsewhere(target, back, obj):
        return
    if not target.is_new():
        _queue(obj, name, item, is_added=False)
    if back and not backrefs.is_detached_copy(obj):
        backrefs.remove_backref(target, back, obj)
    if target.is_new():
        # The server does not know the object, so there is nothing to send.
        backrefs.discard_changes(obj, name, target)
        backrefs.discard_changes(target, back or "", obj)
        state_of(obj).notify()


def _queue(obj: StashObject, name: str, item: Any, *, is_added: bool) -> None:
    """Record a change of a list that is not loaded, for the next save."""
    state, target = state_of(obj), relationships(type(obj).__name__)[name].target(item)
    backrefs.discard_changes(obj, name, target)
    delta = state.ensure_pending().members.setdefault(name, Delta())
    (delta.add if is_added else delta.remove)(target, item)
    state.notify()


def queue_mutation(obj: StashObject, method: str, **args: Any) -> None:
    """Queue a mutation for the next save, and set the fields that it changes."""
    operation, fields = QUEUED[type(obj).__name__][method]
    arguments = {name: value for name, value in args.items() if value is not None}
    state = state_of(obj)
    with state.locked():
        state.ensure_pending().calls[operation] = arguments
        for name, value in emptied(obj, operation, arguments, fields).items():
            set_silently(state, name, value)
            state.set_committed(name, snapshot(value))
        state.notify()


def queue_image(obj: StashObject, field: str, source: str | Path | None) -> None:
    """Queue an image for the next save: a path, a URL, a data URI, or None to remove it."""
    value, state = images.as_input(source), state_of(obj)
    with state.locked():
        state.ensure_pending().inputs[field] = value
        state.notify()


def _written_relation(obj: StashObject, name: str) -> RelationshipMetadata:
    relation = relationships(type(obj).__name__).get(name)
    if relation is None or not relation.is_written:
        raise StashUsageError(f"{type(obj).__name__}.{name} is no relationship that can be changed.")
    return relation


def _item(relation: RelationshipMetadata, other: Any, data: dict[str, Any]) -> tuple[Any, Any]:
    """The item of the relationship for `other`, and the object that it refers to."""
    through: Any = class_named(relation.through) if relation.through else None
    if through is not None and isinstance(other, through):
        return other, relation.target(other)
    if other is not None and type(other).__name__ != relation.inverse_type:
        raise StashUsageError(f"{relation.inverse_type} expected, not {other!r}.")
    values = {name: value for name, value in data.items() if value is not None}
    return (through(**{relation.link: other, **values}), other) if through else (other, other)
