"""The flush of one object: the edits that it sends, and the values to commit afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.history import ALWAYS_DIRTY, Delta, History, Pending, compare, drop_sent, snapshot
from stash_cli.core.orm.input import input_field, map_change, to_input
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.object_plan import ObjectPlan, is_exchangeable, plan_object
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.side_mutations import COUNTED, has_side_mutation
from stash_cli.core.orm.state import with_lock
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.types.base import plain
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from stash_cli.core.types.entity import StashObject

    Prepared = tuple[StashObject, "FlushPlan"]
    """An object and the flush of it."""


@dataclass(frozen=True, slots=True)
class FlushPlan:
    """The input and side mutations of one save, and snapshots of their fields.

    `values` are snapshots of the fields in the input, `before` is their committed state. `side_fields` are
    the fields of side mutations: committed state and value to send.
    """

    plan: ObjectPlan
    values: dict[str, Any]
    before: dict[str, Any]
    side_fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    pending: Pending = field(default_factory=Pending)

    @property
    def verb(self) -> str:
        """Create or Update."""
        return self.plan.verb

    @property
    def input(self) -> dict[str, Any]:
        """The input of the object's own mutation."""
        return self.plan.input

    @property
    def sends_input(self) -> bool:
        """Whether the object's own mutation has anything to write."""
        return self.plan.has_input

    def history(self, name: str) -> History:
        """The items that a side mutation adds to a list and removes from it."""
        if name in self.pending.members:
            return self.pending.members[name].history()
        before, after = self.side_fields[name]
        return compare(value_or(before, []), after or [])


@dataclass(frozen=True, slots=True)
class LostCreate:
    """A create with an unknown outcome: its flush, when it was sent, and the highest id known at the time."""

    flush: FlushPlan
    sent_at: datetime
    after: int


@with_lock
def plan_flush(obj: StashObject, without: Collection[str] = ()) -> FlushPlan:
    """Plan the flush of all changed fields except `without`.

    Counters that changed after the save had read its counters are left for the next save. Raises
    StashInputError for a change that no mutation writes and for a related object that is not saved yet.
    """
    type_name, known = type(obj).__name__, state_of(obj).expected_state()
    verb = "Create" if obj.is_new() else "Update"
    changed = {
        name: _sendable(obj, name, value)
        for name, value in obj.get_changed_fields().items()
        if name not in without and not _is_unread_counter(obj, name)
    }
    unsent = {
        name
        for name in changed
        if input_field(type_name, verb, name) is None
        and (known[name] is ALWAYS_DIRTY or _is_default_of_new(verb, changed[name]))
    }
    for times, number in COUNTED.items():
        if times in changed and times not in unsent:
            # The history determines the count; sending the count, too, would add to it twice.
            unsent |= {number} & changed.keys()
    # Copied, because edits during the request belong to the next save.
    pending = current.copy() if (current := state_of(obj).pending) else Pending()
    for name in without:
        pending.members.pop(name, None)
    side_names = {name for name in changed if _is_side(obj, verb, name, known[name])} - unsent
    _check_saved(obj, {**{name: changed[name] for name in side_names}, **pending.members})
    edits = [
        *(_edit(obj, verb, name, known[name], changed[name]) for name in changed if name not in unsent),
        *(Edit(type_name, obj.id, name, UNSET, value) for name, value in pending.inputs.items()),
    ]
    return FlushPlan(
        plan_object(type_name, obj.id, edits, verb),
        {name: snapshot(changed[name]) for name in changed if name not in side_names},
        {name: known[name] for name in changed if name not in side_names},
        {name: (known[name], snapshot(changed[name])) for name in side_names},
        pending,
    )


def _is_default_of_new(verb: str, value: Any) -> bool:
    """Whether a new object has this value without a mutation, because it is empty."""
    return verb == "Create" and value in (None, [])


def _is_unread_counter(obj: StashObject, name: str) -> bool:
    """Whether a field is a counter that this save has not read from the server."""
    pending = state_of(obj).pending
    return name in COUNTERS and (pending is None or name not in pending.read_at)


@with_lock
def apply_flush(obj: StashObject, flush: FlushPlan, server_id: str | int, number: int | None = None) -> None:
    """Commit the input of `flush` after the server has stored it; later edits stay changes.

    Responses to requests sent before now (or before request `number`) no longer change its fields.
    """
    other = obj.update_id(server_id)
    if pending := state_of(obj).pending:
        drop_sent(pending.inputs, flush.pending.inputs)
    if flush.verb == "Create":
        for name, (before, after) in flush.side_fields.items():
            # On the server, the lists of side mutations are empty after the create; the changes are relative
            # to that.
            if before is UNSET and isinstance(after, list):
                merge_answer(obj, {name: []})
    state_of(obj).commit(flush.values, number, flush.before)
    state_of(obj).end_sending(flush.values)
    if other is not None:
        # Another response contained the new row before the response to the create gave its id.
        state_of(obj).unify(other)


def _is_side(obj: StashObject, verb: str, name: str, before: Any) -> bool:
    """Whether a field is written by a side mutation, as `plan_object` decides."""
    type_name = type(obj).__name__
    if input_field(type_name, verb, name) is None:
        return has_side_mutation(type_name, name)
    if verb != "Update" or not isinstance(before, list) or not is_exchangeable(type_name, name):
        return False
    change = compare(before, obj.__dict__.get(name))
    return bool(change.added and change.removed)


def _edit(obj: StashObject, verb: str, name: str, before: Any, value: Any) -> Edit:
    """The edit of one field."""
    type_name, target = type(obj).__name__, input_field(type(obj).__name__, verb, name)
    where = f"{type_name}.{name}"
    relation = relationships(type_name).get(name)
    was = _input_of(target, relation, before)
    if target is None:
        after = _side_value(relation, before, value)
    elif target.type.name == "CustomFieldsInput":
        after = map_change(was, plain(value or {}))
    elif verb == "Update" and isinstance(before, list) and isinstance(value, list):
        after = _list_change(relation, before, value) or to_input(target, value, where)
    else:
        after = to_input(target, value, where)
    return Edit(type_name, obj.id, name, was, after)


def _input_of(target: ApiField | None, relation: RelationshipMetadata | None, before: Any) -> Any:
    """The server's value of a field in the shape of an input; UNSET if unknown."""
    if before is UNSET or before is ALWAYS_DIRTY:
        return UNSET
    if isinstance(before, list) and _is_of_links(relation):
        # New items are not on the server yet; the saves of other objects add them.
        return [item.id for item in before if not item.is_new()]
    return _plain(before) if target is None else to_input(target, before)


def _side_value(relation: RelationshipMetadata | None, before: Any, value: Any) -> Any:
    """New value of a field with a side mutation; for a list, the items to add and to remove."""
    if relation is not None and not relation.is_list:
        return _plain(value)
    if not isinstance(value, list) and not isinstance(before, list):
        return _plain(value)
    change = compare(value_or(before, []), value or [])
    return Change(tuple(map(_plain, change.added)), tuple(map(_plain, change.removed)))


def _list_change(relation: RelationshipMetadata | None, before: list[Any], after: list[Any]) -> Change | None:
    """Items added to a list and removed from it; None for lists that carry data."""
    if not _is_of_links(relation):
        return _text_change(before, after)
    change = compare(before, after)
    if not change or any(item.is_new() for item in (*change.added, *change.removed)):
        return None
    # Sorted, so that the same change of several objects compares equal.
    added, removed = (sorted(item.id for item in items) for items in (change.added, change.removed))
    return Change(tuple(added), tuple(removed))


def _is_of_links(relation: RelationshipMetadata | None) -> bool:
    """Whether a relationship consists of entities themselves, not of items with association data."""
    if relation is None or relation.through:
        return False
    return describe_api().types[relation.inverse_type].is_entity


def _text_change(before: list[Any], after: list[Any]) -> Change | None:
    """Texts appended to a list or removed from it; None for other changes, because the order matters."""
    if not all(isinstance(item, str) for item in (*before, *after)):
        return None
    if len({*before, *after}) < max(len(before), len(after)):
        return None
    # The bulk update appends and removes; a text in the middle or another order needs the whole list.
    added, removed = after[len(before) :], [text for text in before if text not in after]
    if added and after[: len(before)] == before:
        return Change(added=tuple(added))
    if removed and after == [text for text in before if text in after]:
        return Change(removed=tuple(removed))
    return None


def members_edit(obj: StashObject, name: str, delta: Delta) -> Edit:
    """The edit of a list that was never read: the items to add and to remove."""
    relation = relationships(type(obj).__name__)[name]
    target = input_field(type(obj).__name__, "Update", name) if relation.target_field else None

    def shaped(item: Any) -> Any:
        if target is None or not relation.through:
            return relation.target(item).id
        return to_input(target, item)

    added, removed = (tuple(map(shaped, items.values())) for items in (delta.added, delta.removed))
    return Edit(type(obj).__name__, obj.id, name, UNSET, Change(added, removed))


def _plain(value: Any) -> Any:
    """A value as JSON; a time without a zone is local time."""
    if hasattr(value, "is_new"):
        return value.id
    return _moment(value) if hasattr(value, "astimezone") else plain(value)


def _moment(value: datetime) -> str:
    return (value if value.tzinfo else value.astimezone()).isoformat()


def _sendable(obj: StashObject, name: str, value: Any) -> Any:
    """A list without the unsaved objects whose own save will send the link to `obj`."""
    relation = relationships(type(obj).__name__).get(name)
    back = relation.inverse_field if relation else None
    if relation is None or not back or not isinstance(value, list):
        return value

    def sends_link(target: Any) -> bool:
        other = relationships(relation.inverse_type)[back]
        return target.is_new() and obj in other.targets(target.__dict__.get(back))

    return [item for item in value if not sends_link(relation.target(item))]


def _check_saved(obj: StashObject, sides: dict[str, Any]) -> None:
    """Raise StashInputError, before anything is sent, for a value that refers to an unsaved object."""
    for name, value in sides.items():
        relation = relationships(type(obj).__name__).get(name)
        items = [*value.added.values()] if isinstance(value, Delta) else value
        for target in relation.targets(items) if relation else [items]:
            if hasattr(target, "is_new") and target.is_new():
                where = f"{type(obj).__name__}.{name}"
                raise StashInputError(f"{where} holds {target!r}, which is not saved yet: save it first.")


def value_or(before: Any, nothing: Any) -> Any:
    return nothing if before is UNSET or before is ALWAYS_DIRTY or before is None else before
