"""What one save of an object sends, in order, and what is noted once the server has taken it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.replacing import read_replaced
from stash_cli.core.edits.sides import (
    COUNTED,
    QUEUED,
    SideCall,
    is_exchangeable,
    member_calls,
    members,
    writer_of,
)
from stash_cli.core.edits.writing import input_field, written
from stash_cli.core.errors import StashBatchError, StashInputError
from stash_cli.core.orm import mirror
from stash_cli.core.orm.changes import FORCED, snapshot
from stash_cli.core.orm.hydrate import plan_of
from stash_cli.core.orm.merging import COUNTERS
from stash_cli.core.orm.pending import Noted, Pending, compare, forget
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.client.batch import BatchOperation
    from stash_cli.core.edits.looking import OnConflict
    from stash_cli.core.errors import StashError
    from stash_cli.core.types.entity import StashObject


@dataclass(frozen=True, slots=True)
class Saving:
    """One save: "Create" or "Update", the input to send, and the fields as they are sent.

    `sides` are the fields that follow in mutations of their own: what the server has, and what is sent.
    """

    verb: str
    input: dict[str, Any]
    values: dict[str, Any]
    before: dict[str, Any]
    sides: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    pending: Pending = field(default_factory=Pending)

    @property
    def sends_input(self) -> bool:
        """Whether there is anything for the object's own mutation."""
        return self.verb == "Create" or self.input.keys() != {"id"}


def prepare(obj: StashObject, without: Collection[str] = ()) -> Saving:
    """What there is to send now, but for the fields `without`; see `StashObject.begin_save`."""
    cls, known = type(obj), obj.known_fields()
    verb = "Create" if obj.is_new() else "Update"
    changed = {name: value for name, value in obj.get_changed_fields().items() if name not in without}
    beside = {
        name for name in changed if _is_side(obj, verb, name) or _is_exchange(obj, verb, name, known[name])
    }
    own = {name: _sendable(obj, name, value) for name, value in changed.items() if name not in beside}
    forced = {name for name in changed if known[name] is FORCED}
    pending = obj.pending.copy() if obj.pending else Pending()
    for name in without:
        pending.members.pop(name, None)
    main = {**written(cls, verb, own, known, optional=forced), **pending.inputs}
    sides = {name: (known[name], snapshot(_sendable(obj, name, changed[name]))) for name in beside - forced}
    _check_saved(obj, {**{name: after for name, (_, after) in sides.items()}, **pending.members})
    for times, number in COUNTED.items():
        if times in sides:
            sides.pop(number, None)
    return Saving(
        verb,
        main if obj.is_new() else {"id": obj.id, **main},
        {name: snapshot(changed[name]) for name in (*own, *(beside & forced))},
        {name: known[name] for name in own},
        sides,
        pending,
    )


def _is_side(obj: StashObject, verb: str, name: str) -> bool:
    return input_field(type(obj), verb, name) is None and writer_of(type(obj).__name__, name) is not None


def _is_exchange(obj: StashObject, verb: str, name: str, before: Any) -> bool:
    """Whether links were put into a list and others taken out: said as such, whatever else is in it."""
    relation = relationships(type(obj).__name__).get(name)
    if verb != "Update" or relation is None or not is_exchangeable(type(obj).__name__, relation):
        return False
    value = obj.__dict__.get(name)
    if not isinstance(before, list) or not isinstance(value, list):
        return False
    change = compare(before, value)
    return bool(change.added and change.removed)


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


def finish(obj: StashObject, saving: Saving, server_id: str | int, number: int | None = None) -> None:
    """Note that the server has taken the input; see `StashObject.end_save`."""
    other = obj.update_id(server_id)
    if obj.pending:
        forget(obj.pending.inputs, saving.pending.inputs)
    if saving.verb == "Create":
        for name, (before, after) in saving.sides.items():
            if before is UNSET and isinstance(after, list):
                obj.merge_answer({name: []})
    obj.note_saved(saving.values, number, saving.before)
    obj.end_sending(saving.values)
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
    from stash_cli.core.edits.bulk import operation_of
    from stash_cli.core.edits.guards import check
    from stash_cli.core.edits.looking import confront
    from stash_cli.core.edits.unknown import Sending, resolve

    for _, error in await resolve(client, [obj], forget=retry_unknown):
        raise error
    await read_replaced(client, [obj])
    for _, conflict in await confront(client, [(obj, obj.begin_save())], on_conflict):
        raise conflict
    saving = obj.begin_save()
    await check(client, [(obj, saving)])
    server_id = obj.id
    if saving.sends_input:
        with Sending(client, [(obj, saving)]):
            operation, args = operation_of([(obj, saving)], await client.session.learn())
            answer = await client.mutate_entity(operation, args["input"])
        server_id = answer["id"] if isinstance(answer, dict) else obj.id
    obj.end_save(saving, server_id)
    await finish_sides(obj, saving, client)


async def finish_sides(obj: StashObject, saving: Saving, client: StashClient) -> None:
    """Send the mutations beside an object's own; raises what failed, which stays changed."""
    failed = await save_sides(client, [(obj, saving)])
    if len(failed) > 1:
        first = failed[0][1]
        raise StashBatchError(f"{len(failed)} changes of {obj!r} failed: {first.message}", failed[0][2])
    if failed:
        raise failed[0][1]


async def save_sides(
    client: StashClient, savings: Sequence[tuple[StashObject, Saving]]
) -> list[tuple[StashObject, StashError, Any]]:
    """Send the side mutations of several objects together: what failed, with its error and the batch."""
    calls = [(obj, saving, call) for obj, saving in savings for call in side_calls(obj, saving)]
    if not calls:
        return []
    operations = client.operations([(call.operation, call.args, call.returns) for *_, call in calls])
    for obj, saving in savings:
        obj.begin_sending({name: before for name, (before, _) in saving.sides.items()})
    try:
        batch = await client.execute_batch(operations)
    finally:
        # Also where it was interrupted: what was done must not be done again.
        _settle_all(calls, operations)
        for obj, saving in savings:
            obj.end_sending(saving.sides)
    return [
        (obj, operation.error, batch)
        for (obj, *_), operation in zip(calls, operations, strict=True)
        if operation.error is not None
    ]


def _settle_all(
    calls: Sequence[tuple[StashObject, Saving, SideCall]], operations: Sequence[BatchOperation]
) -> None:
    """Note what became of side mutations; of several for one field, the last answer is current."""
    outcomes = list(zip(calls, operations, strict=True))
    done = [(obj, call, operation.result) for (obj, _, call), operation in outcomes if operation.succeeded]
    last = {(id(obj), call.field): call for obj, call, _ in done}
    for obj, call, answer in done:
        settle(obj, call, answer if last[id(obj), call.field] is call else None)
    for (obj, saving, call), operation in outcomes:
        if operation.outcome == "unknown" and call.field in saving.sides:
            obj.note_unknown({call.field: saving.sides[call.field][1]})


def side_calls(obj: StashObject, saving: Saving) -> Iterator[SideCall]:
    """The mutations that follow an object's own, queued ones first."""
    for operation, args in saving.pending.calls.items():
        yield SideCall(operation, {"id": obj.id, **args})
    for name, change in saving.pending.members.items():
        queued = obj.pending.members.get(name) if obj.pending else None
        yield from member_calls(obj, name, change.history(), queued)
    # A gallery's images before its cover, which has to be one of them.
    for name in sorted(saving.sides, key=lambda name: name == "cover"):
        writer = writer_of(type(obj).__name__, name) or members
        yield from writer(obj, name, *saving.sides[name])


def settle(obj: StashObject, call: SideCall, answer: Any) -> None:
    """Note that one side mutation was done."""
    if not call.field:
        _settle_queued(obj, call)
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


def _settle_queued(obj: StashObject, call: SideCall) -> None:
    args = {name: value for name, value in call.args.items() if name != "id"}
    if obj.pending and obj.pending.calls.get(call.operation) == args:
        del obj.pending.calls[call.operation]
    for operation, fields in QUEUED.get(type(obj).__name__, {}).values():
        if operation == call.operation:
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
