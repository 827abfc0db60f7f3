"""A unit of work: many objects saved in few requests, each with its own outcome.

Data first: what each object has to send is collected and checked before anything is sent. New objects
go before those that refer to them; where new objects refer to each other in a circle, one is made
without the reference, which follows. Equal changes become one bulk update. Only what the server took
counts as saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits import guards
from stash_cli.core.edits.conflicts import find_conflicts
from stash_cli.core.edits.load_before_save import load_before_save
from stash_cli.core.edits.plan import alike, operation_of
from stash_cli.core.edits.save import save_side_mutations, side_mutations_of
from stash_cli.core.edits.unknown_outcomes import Sending, resolve
from stash_cli.core.errors import StashError, StashInputError, StashNotSentError
from stash_cli.core.graphql.batch import BatchOperation, BatchResult, Outcome
from stash_cli.core.orm import state_of
from stash_cli.core.orm.flush import apply_flush, plan_flush
from stash_cli.core.orm.input import operation_name
from stash_cli.core.orm.relationship import relationships

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.flush import FlushPlan
    from stash_cli.core.orm.history import OnConflict
    from stash_cli.core.types.entity import StashObject


Prepared = tuple["StashObject", "FlushPlan"]


def gather(objects: Iterable[StashObject]) -> list[StashObject]:
    """The changed ones of `objects`, each once, and after them the new ones that were related to them."""
    found = {id(obj): obj for obj in (state_of(each).canonical for each in objects) if obj.is_dirty()}
    queue = list(found.values())
    for obj in queue:
        for other in _given(obj):
            if other.is_new() and id(other) not in found:
                found[id(other)] = other
                queue.append(other)
    return queue


def _given(obj: StashObject) -> Iterator[Any]:
    """Entities added to the relationships of an object."""
    known, members = state_of(obj).expected_state(), held.members if (held := state_of(obj).pending) else {}
    changed = obj.get_changed_fields()
    for name, relation in relationships(type(obj).__name__).items():
        queued = members[name].added.values() if name in members else ()
        before = known.get(name)
        now = [*relation.targets(changed.get(name)), *relation.targets([*queued])]
        was = {id(each) for each in (relation.targets(before) if isinstance(before, list) else [before])}
        yield from (each for each in now if hasattr(each, "is_new") and id(each) not in was)


class UnitOfWork:
    """The objects of one save, `size` per request."""

    def __init__(
        self,
        client: StashClient,
        size: int,
        *,
        on_conflict: OnConflict | None = None,
        retry_unknown: bool = False,
    ) -> None:
        self.client = client
        self.size = size
        self.on_conflict = on_conflict
        self.retry_unknown = retry_unknown
        self.ended: StashError | None = None
        """Error after which nothing more can be sent."""
        self.waiting: dict[int, StashObject] = {}
        self.links: dict[int, dict[str, list[StashObject]]] = {}
        self.outcomes: dict[int, BatchOperation] = {}
        self.saved: list[Prepared] = []
        self.raw: list[dict[str, Any] | None] = []

    async def save(self, objects: Sequence[StashObject]) -> BatchResult:
        """Save the changed ones of `objects`, which were gathered: an operation for each, in their order.

        What may have been made before is looked up first. Raises StashInputError, before anything is sent,
        for what cannot be written, and what shows that nothing can be sent at all.
        """
        dirty = [obj for obj in objects if obj.is_dirty()]
        self.waiting = {id(obj): obj for obj in dirty}
        for obj, error in await resolve(self.client, dirty, forget=self.retry_unknown):
            self._note(obj, error)
        await load_before_save(self.client, self.waiting.values())
        self.links = {key: self._links(obj) for key, obj in self.waiting.items()}
        for obj, conflict in await find_conflicts(self.client, self._first_flushes(), self.on_conflict):
            self._note(obj, conflict)
        await guards.check(self.client, self._first_flushes())
        while self.waiting:
            await self._step()
        await self._sides()
        return BatchResult([self.outcomes[id(obj)] for obj in dirty], self.raw)

    def _links(self, obj: StashObject) -> dict[str, list[StashObject]]:
        """The changed fields of `obj` that lead to objects which this unit has to make."""
        found: dict[str, list[StashObject]] = {}
        changed = obj.get_changed_fields()
        members = held.members if (held := state_of(obj).pending) else {}
        queued = {name: [*delta.added.values()] for name, delta in members.items()}
        for name, relation in relationships(type(obj).__name__).items():
            value = changed.get(name, queued.get(name))
            new = [each for each in relation.targets(value) if id(each) in self.waiting and each.is_new()]
            if new:
                found[name] = new
        return found

    def _first_flushes(self) -> list[Prepared]:
        """Flush plans of all objects, without links to objects that this unit creates."""
        found = []
        for obj in list(self.waiting.values()):
            try:
                found.append((obj, plan_flush(obj, self.links[id(obj)])))
            except StashInputError as error:
                if not self.outcomes:
                    raise
                # It refers to one that may have been made before.
                self._note(obj, error)
        return found

    def _open(self, obj: StashObject) -> dict[str, list[StashObject]]:
        """Those of its links that lead to objects which are still to be made."""
        links = self.links[id(obj)].items()
        left = {name: [x for x in many if id(x) in self.waiting and x.is_new()] for name, many in links}
        return {name: many for name, many in left.items() if many}

    async def _step(self) -> None:
        """Save one request full of objects that wait for nothing."""
        opened = {key: self._open(obj) for key, obj in self.waiting.items()}
        wanted = {id(each) for links in opened.values() for many in links.values() for each in many}
        ready = [obj for key, obj in self.waiting.items() if not opened[key]]
        ready.sort(key=lambda obj: id(obj) not in wanted)
        if ready:
            await self._send(ready[: self.size])
            return
        # A circle of new objects: one of them goes without what it refers to, and again with it.
        first = next(obj for obj in self.waiting.values() if obj.is_new())
        await self._send([first], without=opened[id(first)].keys())
        if self.outcomes[id(first)].error is None:
            self.waiting[id(first)] = first

    async def _send(self, objects: list[StashObject], without: Collection[str] = ()) -> None:
        prepared = []
        for obj in objects:
            try:
                prepared.append((obj, plan_flush(obj, without)))
            except StashInputError as error:
                # It refers to one that the server refused.
                self._note(obj, error)
        for obj, flush in prepared:
            if not flush.sends_input:
                self._take((obj, flush), obj.id)
        await self._write([each for each in prepared if each[1].sends_input])
        if self.ended is not None:
            if not self.saved:
                raise self.ended
            for obj in list(self.waiting.values()):
                self._note(obj, _not_sent(self.ended))

    async def _write(self, prepared: list[Prepared]) -> None:
        """Send the inputs: alike ones as a bulk update, and one by one where that is refused."""
        server = await self.client.session.learn()
        places = {id(flush.plan): (obj, flush) for obj, flush in prepared}
        alike_plans = alike([flush.plan for _, flush in prepared], server)
        groups = [[places[id(plan)] for plan in plans] for plans in alike_plans]
        written = [operation_of(plans, server) for plans in alike_plans]
        operations = [BatchOperation(each.name, each.args, ["id"]) for each in written]
        await self._execute(groups, operations)
        single = []
        for group, operation in zip(groups, operations, strict=True):
            if len(group) > 1 and operation.outcome is Outcome.FAILED and self.ended is None:
                single += [[each] for each in group]
                continue
            for each in group:
                self._record_result(each, operation)
        again = [self._operation(*each) for [each] in single]
        await self._execute(single, again)
        for [each], operation in zip(single, again, strict=True):
            self._record_result(each, operation)

    async def _execute(self, groups: list[list[Prepared]], operations: list[BatchOperation]) -> None:
        """Send operations, each for a group of objects; notes which of these may have been taken."""
        if not operations:
            return
        sending = Sending(self.client, [each for group in groups for each in group])
        sending.begin()
        try:
            result = await self.client.execute_batch(operations, max_batch_size=self.size)
            self.raw += result.raw_response
        except StashError as error:
            self.ended = error
        finally:
            for group, operation in zip(groups, operations, strict=True):
                if operation.error is not None:
                    for each in group:
                        sending.fail(*each, is_unknown=operation.outcome is Outcome.UNKNOWN)

    @staticmethod
    def _operation(obj: StashObject, flush: Any = None) -> BatchOperation:
        verb = flush.verb if flush else "Create" if obj.is_new() else "Update"
        sent = {"input": flush.input} if flush else {}
        return BatchOperation(operation_name(type(obj).__name__, verb), sent, ["id"])

    def _record_result(self, each: Prepared, operation: BatchOperation) -> None:
        if operation.error is not None:
            self._note(each[0], operation.error)
        else:
            is_bulk = isinstance(operation.result, list)
            self._take(each, each[0].id if is_bulk else operation.result["id"])

    def _take(self, each: Prepared, server_id: str) -> None:
        """Note what the server took."""
        obj, flush = each
        apply_flush(obj, flush, server_id)
        operation = self.outcomes.setdefault(id(obj), self._operation(obj, flush))
        operation.result = {"id": obj.id}
        self.saved.append(each)
        self.waiting.pop(id(obj), None)

    def _note(self, obj: StashObject, error: StashError) -> None:
        """Note what the server did not take."""
        self.outcomes.setdefault(id(obj), self._operation(obj)).error = error
        self.waiting.pop(id(obj), None)

    async def _sides(self) -> None:
        """Send what follows the inputs in mutations of its own, of all objects together."""
        sent = [each for each in self.saved if each[1].sides or each[1].pending.is_dirty()]
        if self.ended is not None:
            failed: dict[int, StashError] = dict.fromkeys((id(obj) for obj, _ in sent), _not_sent(self.ended))
        else:
            failed = await self._send_sides(sent)
        for key, problem in failed.items():
            self.outcomes[key].error = problem

    async def _send_sides(self, sent: list[Prepared]) -> dict[int, StashError]:
        """Errors of side mutations by `id()` of the object."""
        try:
            return {id(obj): problem for obj, problem, _ in await save_side_mutations(self.client, sent)}
        except StashError as error:
            return dict.fromkeys(
                (id(obj) for obj, flush in sent if any(side_mutations_of(obj, flush))), error
            )


def _not_sent(cause: StashError) -> StashNotSentError:
    error = StashNotSentError(f"It was not sent, because a request before it failed: {cause.message}")
    error.__cause__ = cause
    return error
