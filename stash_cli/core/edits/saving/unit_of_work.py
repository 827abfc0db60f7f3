"""A unit of work: many objects saved in few requests, each with its own outcome.

Data first: what each object has to send is collected and checked before anything is sent. New objects
go before those that refer to them; where new objects refer to each other in a circle, one is made
without the reference, which follows. Equal changes become one bulk update. Only what the server took
counts as saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.plan import alike, operation_of
from stash_cli.core.edits.saving import guards
from stash_cli.core.edits.saving.commit import save_side_mutations
from stash_cli.core.edits.saving.conflicts import find_conflicts
from stash_cli.core.edits.saving.load_before_save import load_before_save
from stash_cli.core.edits.saving.unknown_outcomes import Sending, resolve
from stash_cli.core.errors import StashBatchError, StashInputError, StashUnknownOutcomeError, StashUsageError
from stash_cli.core.graphql.batch import MAX_BATCH, BatchOperation, BatchResult, Outcome, not_sent
from stash_cli.core.graphql.document import describe
from stash_cli.core.orm import state_of
from stash_cli.core.orm.flush import plan_flush
from stash_cli.core.orm.input import operation_name
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.api import TypeRef

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.errors import StashError
    from stash_cli.core.orm.flush import FlushPlan, Prepared
    from stash_cli.core.orm.history import OnConflict
    from stash_cli.core.types.entity import StashObject


def gather(objects: Iterable[StashObject]) -> list[StashObject]:
    """The changed ones of `objects`, each once, and after them the new ones that were related to them."""
    found = {id(obj): obj for obj in (state_of(each).canonical for each in objects) if obj.is_dirty()}
    queue = list(found.values())
    for obj in queue:
        for other in _added_targets(obj):
            if other.is_new() and id(other) not in found:
                found[id(other)] = other
                queue.append(other)
    return queue


def _added_targets(obj: StashObject) -> Iterator[Any]:
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
        size: int = MAX_BATCH,
        *,
        on_conflict: OnConflict | None = None,
        retry_unknown: bool = False,
    ) -> None:
        if size < 1:
            raise StashUsageError("max_batch_size is at least 1.")
        self.client = client
        self.size = size
        self.on_conflict = on_conflict
        self.retry_unknown = retry_unknown
        self.applier = Applier(client.session, raw=[], reads_back=False)
        self.number: int | None = None
        """Number of the request, where its answer is merged into the objects."""
        self.objects: list[StashObject] = []
        self.waiting: dict[int, StashObject] = {}
        self.links: dict[int, dict[str, list[StashObject]]] = {}
        self.outcomes: dict[int, BatchOperation] = {}
        self.saved: list[Prepared] = []
        self.side_outcomes: list[tuple[StashObject, BatchOperation]] = []

    async def save(self, objects: Sequence[StashObject]) -> BatchResult:
        """Save the changed ones of `objects`, which were gathered: an operation for each, in their order.

        What may have been made before is looked up first. Raises StashInputError, before anything is sent,
        for what cannot be written, and what shows that nothing can be sent at all.
        """
        self.objects = self._chosen(objects)
        if not self.objects:
            return BatchResult([])
        self.waiting = {id(obj): obj for obj in self.objects}
        # Before anything else: what turns out to have been made has the server's id from here on, and
        # perhaps nothing left to send.
        for obj, error in await resolve(self.client, self.objects, forget=self.retry_unknown):
            self._note(obj, error)
        await load_before_save(self.client, self.waiting.values())
        self.links = {key: self._links(obj) for key, obj in self.waiting.items()}
        for obj, conflict in await find_conflicts(self.client, self._first_flushes(), self.on_conflict):
            self._note(obj, conflict)
        await guards.check(self.client, self._first_flushes())
        while self.waiting:
            await self._step()
        answers = self.applier.raw or []
        self.applier.raw = None
        # Side mutations name their object by its id, which a new one has only now; their answers are no part
        # of the result.
        await self._save_side_mutations()
        return BatchResult([self.outcomes[id(obj)] for obj in self.objects], answers)

    def _chosen(self, objects: Sequence[StashObject]) -> list[StashObject]:
        """The objects to write."""
        return [obj for obj in objects if obj.is_dirty()]

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
        # Those that others wait for go first, so that the next request can hold these others.
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
        with Sending(self.client, prepared) as sending:
            for each in prepared:
                if not self._is_sent(each[1]):
                    self._take(sending, each, {"id": each[0].id})
            await self._write(sending, [each for each in prepared if self._is_sent(each[1])])
        if (stopped := self.applier.stopped) is not None:
            # Nothing was written and nothing may have been: the cause itself says more than a result in
            # which all failed.
            if not self.saved and not isinstance(stopped, StashUnknownOutcomeError):
                raise stopped
            for obj in list(self.waiting.values()):
                self._note(obj, not_sent(stopped))

    async def _write(self, sending: Sending, prepared: list[Prepared]) -> None:
        """Send the inputs, and record of each object whether the server took it."""
        objects = {(type(obj).__name__, obj.id): (obj, flush) for obj, flush in prepared}

        def note(operation: Operation, done: BatchOperation) -> None:
            rows = done.result if isinstance(done.result, list) else [done.result]
            for one in operation.ids:
                each = objects[operation.type, one]
                if done.error is None:
                    self._take(sending, each, _row(rows, one))
                    continue
                if done.outcome is Outcome.UNKNOWN:
                    sending.note_unknown(each)
                self._note(each[0], done.error)
            self.client.note_outcome(operation, done)

        await self.applier.apply(await self._operations(prepared), note, size=self.size)

    async def _operations(self, prepared: list[Prepared]) -> list[Operation]:
        """The mutations that write the inputs: alike ones are one."""
        server = await self.client.session.learn()
        return [operation_of(plans, server) for plans in alike([flush.plan for _, flush in prepared], server)]

    def _is_sent(self, flush: FlushPlan) -> bool:
        """Whether a flush has anything for the object's own mutation."""
        return flush.sends_input

    @staticmethod
    def _operation(obj: StashObject, flush: Any = None) -> BatchOperation:
        verb = flush.verb if flush else "Create" if obj.is_new() else "Update"
        sent = {"input": flush.input} if flush else {}
        return BatchOperation(operation_name(type(obj).__name__, verb), sent, ["id"])

    def _take(self, sending: Sending, each: Prepared, row: Mapping[str, Any]) -> None:
        """Commit what the server took; `row` is its answer."""
        obj, flush = each
        sending.commit(each, row["id"], self.number)
        operation = self.outcomes.setdefault(id(obj), self._operation(obj, flush))
        operation.result = {"id": obj.id}
        self.saved.append(each)
        self.waiting.pop(id(obj), None)

    def _note(self, obj: StashObject, error: StashError) -> None:
        """Note what the server did not take."""
        self.outcomes.setdefault(id(obj), self._operation(obj)).error = error
        self.waiting.pop(id(obj), None)

    async def _save_side_mutations(self) -> None:
        """Send what follows the inputs in mutations of its own, of all objects together."""
        sent = [each for each in self.saved if each[1].side_fields or each[1].pending.is_dirty()]
        if sent:
            self.side_outcomes = await save_side_mutations(self.client, self.applier, sent)
        for obj, done in self.side_outcomes:
            self.outcomes[id(obj)].error = done.error or self.outcomes[id(obj)].error

    def check(self) -> None:
        """Raise an error: of what the objects refer to first, which is why they were refused themselves.

        Several side mutations of one object that failed are one StashBatchError.
        """
        sides = [(obj, done.error) for obj, done in self.side_outcomes if done.error is not None]
        errors = [error for obj, error in sides if obj is sides[0][0]]
        if len(errors) > 1 and self.applier.stopped is None:
            batch = BatchResult([done for _, done in self.side_outcomes])
            reason = f"{len(errors)} changes of {sides[0][0]!r} failed: {errors[0].message}"
            raise StashBatchError(reason, batch)
        for obj in reversed(self.objects):
            if (error := self.outcomes[id(obj)].error) is not None:
                raise error


class NamedWrite(UnitOfWork):
    """Objects that one given mutation writes, changed or not, and its answers merged into them."""

    def __init__(self, client: StashClient, operation: str, count: int) -> None:
        super().__init__(client, max(1, count))
        self.operation = operation
        self.answers: list[Any] = []

    def _chosen(self, objects: Sequence[StashObject]) -> list[StashObject]:
        return list(objects)

    def _is_sent(self, _flush: FlushPlan) -> bool:
        return True

    async def _operations(self, prepared: list[Prepared]) -> list[Operation]:
        if not prepared:
            return []
        inputs: Any = [flush.input for _, flush in prepared]
        given = inputs if describe(self.operation)[1].args["input"].is_list else inputs[0]
        ids = tuple(obj.id for obj, _ in prepared)
        return [Operation(self.operation, {"input": given}, ids, paths=None)]

    async def _write(self, sending: Sending, prepared: list[Prepared]) -> None:
        with self.client.session.order.request() as self.number:
            await super()._write(sending, prepared)

    def _take(self, sending: Sending, each: Prepared, row: Mapping[str, Any]) -> None:
        super()._take(sending, each, row)
        # At the number of the request first, so that its own answer is merged; afterwards at the present.
        self.answers.append(self.client.hydrated(TypeRef(type(each[0]).__name__), row, self.number))
        self.client.record_saved(*each)


async def save(
    obj: StashObject,
    client: StashClient,
    *,
    on_conflict: OnConflict | None = None,
    retry_unknown: bool = False,
) -> None:
    """Save what one object has changed; raises what failed. The caller holds the object's lock."""
    unit = UnitOfWork(client, on_conflict=on_conflict, retry_unknown=retry_unknown)
    await unit.save([obj])
    unit.check()


async def write(client: StashClient, operation: str, objects: Sequence[StashObject]) -> list[Any]:
    """Create or update objects by one mutation: the answers to it; raises what failed."""
    unit = NamedWrite(client, operation, len(objects))
    await unit.save(objects)
    unit.check()
    return unit.answers


def _row(rows: Sequence[Any], object_id: str) -> Mapping[str, Any]:
    """The row of an object in an answer; of a new object the only one."""
    named: list[Mapping[str, Any]] = [row for row in rows if row]
    # An update of an object is answered under its id; a create has no id to look for, and one row.
    return next((row for row in named if str(row["id"]) == object_id), named[0])
