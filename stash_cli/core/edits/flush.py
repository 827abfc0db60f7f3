"""What one save of an object sends, in order, and what is committed once the server has taken it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.edit import Change, Edit, Operation
from stash_cli.core.edits.input import input_field, map_change, to_input
from stash_cli.core.edits.load_before_save import load_before_save
from stash_cli.core.edits.plan import ObjectPlan, is_exchangeable, operation_of, plan_object
from stash_cli.core.edits.side_mutations import COUNTED, QUEUED, has_side_mutation, side_mutations
from stash_cli.core.errors import StashBatchError, StashInputError
from stash_cli.core.orm import mirror
from stash_cli.core.orm.changes import FORCED, snapshot
from stash_cli.core.orm.hydrate import plan_of
from stash_cli.core.orm.merging import COUNTERS
from stash_cli.core.orm.pending import History, Noted, Pending, compare, forget
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.base import plain
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from stash_cli.core.client import StashClient
    from stash_cli.core.client.batch import BatchOperation
    from stash_cli.core.edits.conflicts import OnConflict
    from stash_cli.core.errors import StashError
    from stash_cli.core.types.api import ApiField
    from stash_cli.core.types.entity import StashObject


@dataclass(frozen=True, slots=True)
class FlushPlan:
    """What one save sends, and the fields as they are sent.

    `values` are snapshots of the fields in the input, `before` their committed state. `sides` are the fields
    that follow in mutations of their own: committed state, and what is sent.
    """

    plan: ObjectPlan
    values: dict[str, Any]
    before: dict[str, Any]
    sides: dict[str, tuple[Any, Any]] = field(default_factory=dict)
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
        """Whether there is anything for the object's own mutation."""
        return self.plan.has_input

    def history(self, name: str) -> History:
        """The items that a mutation beside the object's own puts into a list and takes out."""
        if name in self.pending.members:
            return self.pending.members[name].history()
        before, after = self.sides[name]
        return compare(_known(before, []), after or [])


@dataclass(frozen=True, slots=True)
class SideMutation:
    """One mutation of an object beside its own update.

    `step` leads from the committed state of `field` to the one after the mutation; of a queued mutation
    `field` is blank. `items` are then taken out of `queue`, where there is one.
    """

    operation: Operation
    field: str = ""
    step: Callable[[Any], Any] = lambda base: base
    items: tuple[Any, ...] = ()
    queue: dict[str | int, Any] | None = None


def plan_flush(obj: StashObject, without: Collection[str] = ()) -> FlushPlan:
    """What there is to send now, but for the fields `without`; see `StashObject.begin_save`."""
    type_name, known = type(obj).__name__, obj.known_fields()
    verb = "Create" if obj.is_new() else "Update"
    changed = {
        name: _sendable(obj, name, value)
        for name, value in obj.get_changed_fields().items()
        if name not in without
    }
    unsent = {
        name for name in changed if known[name] is FORCED and input_field(type_name, verb, name) is None
    }
    for times, number in COUNTED.items():
        if times in changed and times not in unsent:
            unsent |= {number} & changed.keys()
    pending = obj.pending.copy() if obj.pending else Pending()
    for name in without:
        pending.members.pop(name, None)
    beside = {name for name in changed if _is_side(obj, verb, name, known[name])} - unsent
    _check_saved(obj, {**{name: changed[name] for name in beside}, **pending.members})
    edits = [
        *(_edit(obj, verb, name, known[name], changed[name]) for name in changed if name not in unsent),
        *(Edit(type_name, obj.id, name, UNSET, value) for name, value in pending.inputs.items()),
    ]
    return FlushPlan(
        plan_object(type_name, obj.id, edits, verb),
        {name: snapshot(changed[name]) for name in changed if name not in beside},
        {name: known[name] for name in changed if name not in beside},
        {name: (known[name], snapshot(changed[name])) for name in beside},
        pending,
    )


def _is_side(obj: StashObject, verb: str, name: str, before: Any) -> bool:
    """Whether a field is written beside the object's own mutation, as `plan_object` decides."""
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
    """What the server has in a field, in the shape of an input; UNSET where that is not known."""
    if before is UNSET or before is FORCED:
        return UNSET
    if isinstance(before, list) and _is_of_links(relation):
        # What other saves are going to put in is not there yet.
        return [item.id for item in before if not item.is_new()]
    return _plain(before) if target is None else to_input(target, before)


def _side_value(relation: RelationshipMetadata | None, before: Any, value: Any) -> Any:
    """What a mutation of its own makes of a field: lists are changed by parts."""
    if relation is not None and not relation.is_list:
        return _plain(value)
    if not isinstance(value, list) and not isinstance(before, list):
        return _plain(value)
    change = compare(_known(before, []), value or [])
    return Change(tuple(map(_plain, change.added)), tuple(map(_plain, change.removed)))


def _list_change(relation: RelationshipMetadata | None, before: list[Any], after: list[Any]) -> Change | None:
    """What was put into a list or taken out, where that says it all: not for lists that carry data."""
    if not _is_of_links(relation):
        return _text_change(before, after)
    change = compare(before, after)
    if not change or any(item.is_new() for item in (*change.added, *change.removed)):
        return None
    # In one order, so that the same change of several objects is seen to be the same.
    added, removed = (sorted(item.id for item in items) for items in (change.added, change.removed))
    return Change(tuple(added), tuple(removed))


def _is_of_links(relation: RelationshipMetadata | None) -> bool:
    """Whether a relationship holds objects themselves, and not items that carry data."""
    if relation is None or relation.through:
        return False
    return describe_api().types[relation.inverse_type].is_entity


def _text_change(before: list[Any], after: list[Any]) -> Change | None:
    """Texts put at the end of a list, or taken out of it: their order counts."""
    if not all(isinstance(item, str) for item in (*before, *after)):
        return None
    if len({*before, *after}) < max(len(before), len(after)):
        return None
    added, removed = after[len(before) :], [text for text in before if text not in after]
    if added and after[: len(before)] == before:
        return Change(added=tuple(added))
    if removed and after == [text for text in before if text in after]:
        return Change(removed=tuple(removed))
    return None


def _members_edit(obj: StashObject, name: str, noted: Noted) -> Edit:
    """The edit of a list that was never read: all that is known of it is what was put in and taken out."""
    relation = relationships(type(obj).__name__)[name]
    target = input_field(type(obj).__name__, "Update", name) if relation.target_field else None

    def shaped(item: Any) -> Any:
        if target is None or not relation.through:
            return relation.target(item).id
        return to_input(target, item)

    added, removed = (tuple(map(shaped, items.values())) for items in (noted.added, noted.removed))
    return Edit(type(obj).__name__, obj.id, name, UNSET, Change(added, removed))


def _plain(value: Any) -> Any:
    """A value as JSON; a time without a zone is taken for this machine's."""
    if hasattr(value, "is_new"):
        return value.id
    return _moment(value) if hasattr(value, "astimezone") else plain(value)


def _moment(value: datetime) -> str:
    return (value if value.tzinfo else value.astimezone()).isoformat()


def _sendable(obj: StashObject, name: str, value: Any) -> Any:
    """A value without the unsaved objects that name `obj` themselves: whichever is saved last tells."""
    relation = relationships(type(obj).__name__).get(name)
    back = relation.inverse_field if relation else None
    if relation is None or not back or not isinstance(value, list):
        return value

    def tells(target: Any) -> bool:
        other = relationships(relation.inverse_type)[back]
        return target.is_new() and obj in other.targets(target.__dict__.get(back))

    return [item for item in value if not tells(relation.target(item))]


def _check_saved(obj: StashObject, sides: dict[str, Any]) -> None:
    """Refuse what names an object that is not saved yet, before anything is sent."""
    for name, value in sides.items():
        relation = relationships(type(obj).__name__).get(name)
        items = [*value.added.values()] if isinstance(value, Noted) else value
        for target in relation.targets(items) if relation else [items]:
            if hasattr(target, "is_new") and target.is_new():
                where = f"{type(obj).__name__}.{name}"
                raise StashInputError(f"{where} holds {target!r}, which is not saved yet: save it first.")


def apply_flush(obj: StashObject, flush: FlushPlan, server_id: str | int, number: int | None = None) -> None:
    """Note that the server has taken the input; see `StashObject.end_save`."""
    other = obj.update_id(server_id)
    if obj.pending:
        forget(obj.pending.inputs, flush.pending.inputs)
    if flush.verb == "Create":
        for name, (before, after) in flush.sides.items():
            if before is UNSET and isinstance(after, list):
                obj.merge_answer({name: []})
    obj.note_saved(flush.values, number, flush.before)
    obj.end_sending(flush.values)
    if other is not None:
        # A row was read before the answer to the create told that it is this one.
        obj.unify(other)


async def save(
    obj: StashObject,
    client: StashClient,
    *,
    on_conflict: OnConflict | None = None,
    retry_unknown: bool = False,
) -> None:
    """Send what `obj` has changed: its own mutation first, then what takes others.

    The caller holds the object's turn. What may have been made before is looked up, unless `retry_unknown`.
    """
    if not obj.is_dirty():
        return
    from stash_cli.core.edits.conflicts import find_conflicts
    from stash_cli.core.edits.guards import check
    from stash_cli.core.edits.unknown_outcomes import Sending, resolve

    for _, error in await resolve(client, [obj], forget=retry_unknown):
        raise error
    await load_before_save(client, [obj])
    for _, conflict in await find_conflicts(client, [(obj, obj.begin_save())], on_conflict):
        raise conflict
    flush = obj.begin_save()
    await check(client, [(obj, flush)])
    server_id = obj.id
    if flush.sends_input:
        with Sending(client, [(obj, flush)]):
            operation = operation_of([flush.plan], await client.session.learn())
            answer = await client.mutate_entity(operation.name, operation.input)
        server_id = answer["id"] if isinstance(answer, dict) else obj.id
    obj.end_save(flush, server_id)
    await finish_side_mutations(obj, flush, client)


async def finish_side_mutations(obj: StashObject, flush: FlushPlan, client: StashClient) -> None:
    """Send the mutations beside an object's own; raises what failed, which stays changed."""
    failed = await save_side_mutations(client, [(obj, flush)])
    if len(failed) > 1:
        first = failed[0][1]
        raise StashBatchError(f"{len(failed)} changes of {obj!r} failed: {first.message}", failed[0][2])
    if failed:
        raise failed[0][1]


async def save_side_mutations(
    client: StashClient, flushes: Sequence[tuple[StashObject, FlushPlan]]
) -> list[tuple[StashObject, StashError, Any]]:
    """Send the side mutations of several objects together: what failed, with its error and the batch."""
    calls = [(obj, flush, call) for obj, flush in flushes for call in side_mutations_of(obj, flush)]
    if not calls:
        return []
    sent = [call.operation for *_, call in calls]
    operations = client.operations([(each.name, each.args, each.returns) for each in sent])
    for obj, flush in flushes:
        obj.begin_sending({name: before for name, (before, _) in flush.sides.items()})
    try:
        batch = await client.execute_batch(operations)
    finally:
        # Also where it was interrupted: what was done must not be done again.
        _commit_all(calls, operations)
        for obj, flush in flushes:
            obj.end_sending(flush.sides)
    return [
        (obj, operation.error, batch)
        for (obj, *_), operation in zip(calls, operations, strict=True)
        if operation.error is not None
    ]


def _commit_all(
    calls: Sequence[tuple[StashObject, FlushPlan, SideMutation]], operations: Sequence[BatchOperation]
) -> None:
    """Note what became of side mutations; of several for one field, the last answer is current."""
    outcomes = list(zip(calls, operations, strict=True))
    done = [(obj, call, operation.result) for (obj, _, call), operation in outcomes if operation.succeeded]
    last = {(id(obj), call.field): call for obj, call, _ in done}
    for obj, call, answer in done:
        commit(obj, call, answer if last[id(obj), call.field] is call else None)
    for (obj, flush, call), operation in outcomes:
        if operation.outcome == "unknown" and call.field in flush.sides:
            obj.note_unknown({call.field: flush.sides[call.field][1]})


def side_mutations_of(obj: StashObject, flush: FlushPlan) -> Iterator[SideMutation]:
    """The mutations that follow an object's own, queued ones first."""
    for name, args in flush.pending.calls.items():
        yield SideMutation(Operation(name, {"id": obj.id, **args}, (obj.id,)))
    # Read now: what turned out to be in no list of this object was dropped since the plan was made.
    members = [_members_edit(obj, name, noted) for name, noted in flush.pending.members.items() if noted]
    # A gallery's images before its cover, which has to be one of them.
    for edit in (*members, *sorted(flush.plan.sides, key=lambda edit: edit.field == "cover")):
        for operation in side_mutations(edit.at(obj.id)):
            yield _side_mutation(obj, flush, operation)


def _side_mutation(obj: StashObject, flush: FlushPlan, operation: Operation) -> SideMutation:
    """An operation with what it does to the committed state of its field."""
    [part] = operation.edits
    name, change = part.field, part.after
    if not isinstance(change, Change):
        is_counted = name in COUNTERS and part.after
        by = part.after - (part.before or 0) if is_counted else 0
        after = flush.sides[name][1]
        return SideMutation(operation, name, partial(_plus, by=by) if is_counted else lambda _: after)
    history, queued = flush.history(name), None
    if name in flush.pending.members and obj.pending is not None:
        queued = obj.pending.members.get(name)
    items = history.added if change.added else history.removed
    queue = None if queued is None else queued.added if change.added else queued.removed
    put_in = _joined if name in relationships(type(obj).__name__) else _more
    step = partial(put_in if change.added else _less, items=items)
    return SideMutation(operation, name, step, tuple(items), queue)


def _plus(base: Any, by: int) -> Any:
    return _known(base, 0) + by


def _more(base: Any, items: list[Any]) -> Any:
    return _known(base, []) + snapshot(items)


def _joined(base: Any, items: list[Any]) -> Any:
    """Like `_more`, each once: another object's save may have put some in meanwhile."""
    known = _known(base, [])
    return known + [item for item in snapshot(items) if item not in known]


def _less(base: Any, items: list[Any]) -> Any:
    return compare(items, _known(base, [])).added


def _known(before: Any, nothing: Any) -> Any:
    return nothing if before is UNSET or before is FORCED or before is None else before


def commit(obj: StashObject, call: SideMutation, answer: Any) -> None:
    """Note that one side mutation was done."""
    if not call.field:
        _commit_queued(obj, call)
    elif call.queue is not None:
        done = {id(item) for item in call.items}
        for key in [key for key, item in call.queue.items() if id(item) in done]:
            del call.queue[key]
        came = call.step([])
        mirror.settle(obj, call.field, [] if came else list(call.items), came)
    else:
        obj.rebase(call.field, call.step)
    if call.field in COUNTERS and isinstance(answer, int):
        obj.rebase(call.field, lambda _: answer)
    if isinstance(answer, dict) and "history" in answer:
        _take_times(obj, call.field, answer)


def _commit_queued(obj: StashObject, call: SideMutation) -> None:
    queued = call.operation.name
    args = {name: value for name, value in call.operation.args.items() if name != "id"}
    if obj.pending and obj.pending.calls.get(queued) == args:
        del obj.pending.calls[queued]
    for operation, fields in QUEUED.get(type(obj).__name__, {}).values():
        if operation == queued:
            obj.merge_answer(emptied(obj, operation, args, fields))
            obj.note_written(fields)
    obj.note_saved({})


def emptied(obj: StashObject, operation: str, args: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """What those of `fields` that are held are once a queued mutation is done."""
    asked = list(fields)
    if operation == "sceneResetActivity":
        asked = [n for n in fields if args.get("reset_resume" if n == "resume_time" else "reset_duration")]
    return {name: [] if name.endswith("history") else 0 for name in asked if name in obj.__dict__}


def _take_times(obj: StashObject, name: str, answer: dict[str, Any]) -> None:
    """Show the times and their number as the server has them now."""
    times = name if name in COUNTED else {v: k for k, v in COUNTED.items()}[name]
    if name == times:
        obj.note_saved(
            {COUNTED[times]: obj.__dict__[COUNTED[times]]} if COUNTED[times] in obj.__dict__ else {}
        )
    row = {times: answer["history"], COUNTED[times]: answer["count"]}
    obj.note_written(row)
    shown = plan_of(type(obj)).values(row, None)
    obj.merge_answer({attr: value for attr, value in shown.items() if attr in obj.__dict__})
