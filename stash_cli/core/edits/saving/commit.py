"""Side mutations of objects: sent together after the inputs, and what each of them commits."""

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
from stash_cli.core.orm.flush import FlushPlan, known_or, members_edit
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

    `step` leads from the committed state of `field` to the one after the mutation; of a queued mutation
    `field` is blank. `items` are then taken out of `queue`, where there is one.
    """

    operation: Operation
    field: str = ""
    step: Callable[[Any], Any] = lambda base: base
    items: tuple[Any, ...] = ()
    queue: dict[str | int, Any] | None = None


async def save_side_mutations(
    client: StashClient, applier: Applier, flushes: Sequence[Prepared]
) -> list[tuple[StashObject, BatchOperation]]:
    """Send the side mutations of several objects together; each with its outcome."""
    calls = [(obj, flush, call) for obj, flush in flushes for call in side_mutations_of(obj, flush)]
    answers: dict[int, BatchOperation] = {}

    def note(operation: Operation, done: BatchOperation) -> None:
        client.note_outcome(operation, done)
        answers[id(operation)] = done

    for obj, flush in flushes:
        state_of(obj).begin_sending(flush.side_fields)
    try:
        await applier.apply([call.operation for *_, call in calls], note)
    finally:
        # Also where it was interrupted: what was done must not be done again.
        unsent = BatchOperation("", error=not_sent(applier.stopped))
        outcomes = [answers.get(id(call.operation), unsent) for *_, call in calls]
        _commit_all(calls, outcomes)
        for obj, flush in flushes:
            state_of(obj).end_sending(flush.side_fields)
    return [(obj, done) for (obj, *_), done in zip(calls, outcomes, strict=True)]


def _commit_all(
    calls: Sequence[tuple[StashObject, FlushPlan, SideMutation]], outcomes: Sequence[BatchOperation]
) -> None:
    """Commit the side mutations that were done; of several for one field, the last answer is current."""
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
    # Read now: what turned out to be in no list of this object was dropped since the plan was made.
    members = [members_edit(obj, name, delta) for name, delta in flush.pending.members.items() if delta]
    # A gallery's images before its cover, which has to be one of them.
    for edit in (*members, *sorted(flush.plan.side_edits, key=lambda edit: edit.field == "cover")):
        own = edit.at(obj.id)
        for operation in timed(obj, own) or side_mutations(own):
            yield _side_mutation(obj, flush, operation)


def _side_mutation(obj: StashObject, flush: FlushPlan, operation: Operation) -> SideMutation:
    """An operation with what it does to the committed state of its field."""
    [part] = operation.edits
    name, change = part.field, part.after
    if not isinstance(change, Change):
        is_counted = name in COUNTERS and part.after
        by = part.after - (part.before or 0) if is_counted else 0
        after = flush.side_fields[name][1]
        return SideMutation(operation, name, partial(_plus, by=by) if is_counted else lambda _: after)
    history, queued = flush.history(name), None
    if name in flush.pending.members and (held := state_of(obj).pending) is not None:
        queued = held.members.get(name)
    items = history.added if change.added else history.removed
    queue = None if queued is None else queued.added if change.added else queued.removed
    # A link is in a list once, but a time may be in a history twice: a scene can be played twice in one
    # second.
    put_in = _joined if name in relationships(type(obj).__name__) else _more
    step = partial(put_in if change.added else _less, items=items)
    return SideMutation(operation, name, step, tuple(items), queue)


def _plus(base: Any, by: int) -> Any:
    return known_or(base, 0) + by


def _more(base: Any, items: list[Any]) -> Any:
    return known_or(base, []) + snapshot(items)


def _joined(base: Any, items: list[Any]) -> Any:
    """Like `_more`, each once: another object's save may have put some in meanwhile."""
    known = known_or(base, [])
    return known + [item for item in snapshot(items) if item not in known]


def _less(base: Any, items: list[Any]) -> Any:
    return compare(items, known_or(base, [])).added


def commit(obj: StashObject, call: SideMutation, answer: Any) -> None:
    """Commit one side mutation, which was done."""
    if not call.field:
        _commit_queued(obj, call)
    elif call.queue is not None:
        done = {id(item) for item in call.items}
        for key in [key for key, item in call.queue.items() if id(item) in done]:
            del call.queue[key]
        # A list that was never read has no committed state to rebase; only the items that were sent are
        # known.
        came = call.step([])
        backrefs.commit_backrefs(obj, call.field, [] if came else list(call.items), came)
    else:
        state_of(obj).rebase(call.field, call.step)
    if call.field in COUNTERS and isinstance(answer, int):
        state_of(obj).rebase(call.field, lambda _: answer)
    if isinstance(answer, dict) and "history" in answer:
        _take_times(obj, call.field, answer)


def _commit_queued(obj: StashObject, call: SideMutation) -> None:
    queued = call.operation.name
    args = {name: value for name, value in call.operation.args.items() if name != "id"}
    if (held := state_of(obj).pending) and held.calls.get(queued) == args:
        del held.calls[queued]
    for operation, fields in QUEUED.get(type(obj).__name__, {}).values():
        if operation == queued:
            merge_answer(obj, emptied(obj, operation, args, fields))
            state_of(obj).record_writes(fields)
    state_of(obj).commit({})


def _take_times(obj: StashObject, name: str, answer: dict[str, Any]) -> None:
    """Show the times and their number as the server has them now."""
    times = name if name in COUNTED else {v: k for k, v in COUNTED.items()}[name]
    if name == times:
        state_of(obj).commit(
            {COUNTED[times]: obj.__dict__[COUNTED[times]]} if COUNTED[times] in obj.__dict__ else {}
        )
    row = {times: answer["history"], COUNTED[times]: answer["count"]}
    state_of(obj).record_writes(row)
    shown = plan_of(type(obj)).values(row, None)
    merge_answer(obj, {attr: value for attr, value in shown.items() if attr in obj.__dict__})
