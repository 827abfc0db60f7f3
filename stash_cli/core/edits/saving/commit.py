"""Side mutations of saved objects: sent together after the inputs, and committed one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.counts import lost_count, timed
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.side_mutations import side_mutations
from stash_cli.core.graphql.batch import BatchOperation, Outcome, not_sent
from stash_cli.core.orm import backrefs, state_of
from stash_cli.core.orm.edit import Change
from stash_cli.core.orm.flush import FlushPlan, members_edit, value_or
from stash_cli.core.orm.history import compare, snapshot
from stash_cli.core.orm.hydrate import plan_of
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import COUNTED, QUEUED, emptied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.edits.apply import Applier
    from stash_cli.core.orm.flush import Prepared
    from stash_cli.core.types.entity import StashObject


@dataclass(frozen=True, slots=True)
class SideMutation:
    """One mutation of an object beside its own update.

    `step` maps the committed state of `field` to the state after the mutation; a queued mutation has no
    `field`. The `items` that the mutation added or removed are then dropped from `queue`, if there is one.
    """

    operation: Operation
    field: str = ""
    step: Callable[[Any], Any] = lambda base: base
    items: tuple[Any, ...] = ()
    queue: dict[str | int, Any] | None = None


async def save_side_mutations(
    client: StashClient, applier: Applier, flushes: Sequence[Prepared]
) -> list[tuple[StashObject, BatchOperation]]:
    """Send the side mutations of several objects together; return each with its outcome."""
    calls = [(obj, flush, call) for obj, flush in flushes for call in side_mutations_of(obj, flush)]
    answers: dict[int, BatchOperation] = {}

    def note(operation: Operation, done: BatchOperation) -> None:
        client.record_outcome_effects(operation, done)
        answers[id(operation)] = done

    for obj, flush in flushes:
        state_of(obj).begin_sending(flush.side_fields)
    try:
        await applier.apply([call.operation for *_, call in calls], note)
    finally:
        # Also after an interruption: an executed mutation must not be sent again by the next save.
        unsent = BatchOperation("", error=not_sent(applier.stopped))
        outcomes = [answers.get(id(call.operation), unsent) for *_, call in calls]
        _commit_all(calls, outcomes)
        for obj, flush in flushes:
            state_of(obj).end_sending(flush.side_fields)
    return [(obj, done) for (obj, *_), done in zip(calls, outcomes, strict=True)]


def _commit_all(
    calls: Sequence[tuple[StashObject, FlushPlan, SideMutation]], outcomes: Sequence[BatchOperation]
) -> None:
    """Commit the executed side mutations; of several for one field only the last result is current."""
    answered = list(zip(calls, outcomes, strict=True))
    done = [(obj, call, each.result) for (obj, _, call), each in answered if each.succeeded]
    last = {(id(obj), call.field): call for obj, call, _ in done}
    for obj, call, answer in done:
        commit(obj, call, answer if last[id(obj), call.field] is call else None)
    for (obj, flush, call), each in answered:
        if each.outcome is Outcome.UNKNOWN and call.field in flush.side_fields:
            sent = flush.side_fields[call.field][1]
            is_count = call.field in COUNTERS
            state_of(obj).set_unknown({call.field: lost_count(call.operation, sent) if is_count else sent})


def side_mutations_of(obj: StashObject, flush: FlushPlan) -> Iterator[SideMutation]:
    """The mutations that follow an object's own, queued ones first."""
    for name, args in flush.pending.calls.items():
        yield SideMutation(Operation(name, {"id": obj.id, **args}, (obj.id,)))
    # Read now: the checks before the save dropped removals of items that are not in the list.
    members = [members_edit(obj, name, delta) for name, delta in flush.pending.members.items() if delta]
    # A gallery's images before its cover, which has to be one of them.
    for edit in (*members, *sorted(flush.plan.side_edits, key=lambda edit: edit.field == "cover")):
        own = edit.at(obj.id)
        for operation in timed(obj, own) or side_mutations(own):
            yield _side_mutation(obj, flush, operation)


def _side_mutation(obj: StashObject, flush: FlushPlan, operation: Operation) -> SideMutation:
    """Return an operation with its effect on the committed state of its field."""
    [part] = operation.edits
    name, change = part.field, part.after
    if not isinstance(change, Change):
        is_counted = name in COUNTERS and part.after
        by = part.after - (part.before or 0) if is_counted else 0
        after = flush.side_fields[name][1]
        return SideMutation(operation, name, partial(_increase, by=by) if is_counted else lambda _: after)
    history, queued = flush.history(name), None
    if name in flush.pending.members and (pending := state_of(obj).pending) is not None:
        queued = pending.members.get(name)
    items = history.added if change.added else history.removed
    queue = None if queued is None else queued.added if change.added else queued.removed
    # A link occurs once in a list, but a time may occur twice in a history: a scene can be played twice in
    # one second.
    append = _append_missing if name in relationships(type(obj).__name__) else _append_all
    step = partial(append if change.added else _remove, items=items)
    return SideMutation(operation, name, step, tuple(items), queue)


def _increase(base: Any, by: int) -> Any:
    return value_or(base, 0) + by


def _append_all(base: Any, items: list[Any]) -> Any:
    return value_or(base, []) + snapshot(items)


def _append_missing(base: Any, items: list[Any]) -> Any:
    """Add the items that are missing: the save of another object may have added some meanwhile."""
    known = value_or(base, [])
    return known + [item for item in snapshot(items) if item not in known]


def _remove(base: Any, items: list[Any]) -> Any:
    return compare(items, value_or(base, [])).added


def commit(obj: StashObject, call: SideMutation, answer: Any) -> None:
    """Commit one executed side mutation."""
    if not call.field:
        _commit_queued(obj, call)
    elif call.queue is not None:
        done = {id(item) for item in call.items}
        for key in [key for key, item in call.queue.items() if id(item) in done]:
            del call.queue[key]
        # A list that was never read has no committed state to rebase; only the items that were sent are
        # known.
        added = call.step([])
        backrefs.commit_backrefs(obj, call.field, [] if added else list(call.items), added)
    else:
        state_of(obj).rebase(call.field, call.step)
    if call.field in COUNTERS and isinstance(answer, int):
        state_of(obj).rebase(call.field, lambda _: answer)
    if isinstance(answer, dict) and "history" in answer:
        _merge_times(obj, call.field, answer)


def _commit_queued(obj: StashObject, call: SideMutation) -> None:
    """Commit a queued mutation, and merge the fields that it has changed."""
    mutation = call.operation.name
    args = {name: value for name, value in call.operation.args.items() if name != "id"}
    if (pending := state_of(obj).pending) and pending.calls.get(mutation) == args:
        del pending.calls[mutation]
    for operation, fields in QUEUED.get(type(obj).__name__, {}).values():
        if operation == mutation:
            merge_answer(obj, emptied(obj, operation, args, fields))
            state_of(obj).record_writes(fields)
    state_of(obj).commit({})


def _merge_times(obj: StashObject, name: str, answer: dict[str, Any]) -> None:
    """Merge the times of a history and their count from the response."""
    times = name if name in COUNTED else {v: k for k, v in COUNTED.items()}[name]
    if name == times:
        state_of(obj).commit(
            {COUNTED[times]: obj.__dict__[COUNTED[times]]} if COUNTED[times] in obj.__dict__ else {}
        )
    row = {times: answer["history"], COUNTED[times]: answer["count"]}
    state_of(obj).record_writes(row)
    shown = plan_of(type(obj)).values(row, None)
    merge_answer(obj, {attr: value for attr, value in shown.items() if attr in obj.__dict__})
