"""Unit of work: many objects saved in few requests, each with its own outcome.

The inputs of all objects are collected and checked before anything is sent. New objects are created before
the objects that refer to them; in a cycle of new objects one is created without its references, which are
sent afterwards. Equal changes become one bulk update. Only changes that the server accepted are committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.plan import group_plans, operation_of
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
    """Return the changed ones of `objects`, each once, then the new objects that they refer to."""
    by_identity = {id(obj): obj for obj in (state_of(each).canonical for each in objects) if obj.is_dirty()}
    ordered = list(by_identity.values())
    for obj in ordered:
        for other in _added_targets(obj):
            if other.is_new() and id(other) not in by_identity:
                by_identity[id(other)] = other
                ordered.append(other)
    return ordered


def _added_targets(obj: StashObject) -> Iterator[Any]:
    """Objects added to the relationships of an object."""
    expected = state_of(obj).expected_state()
    members = pending.members if (pending := state_of(obj).pending) else {}
    changed = obj.get_changed_fields()
    for name, relation in relationships(type(obj).__name__).items():
        queued = members[name].added.values() if name in members else ()
        before = expected.get(name)
        now = [*relation.targets(changed.get(name)), *relation.targets([*queued])]
        was = {id(each) for each in (relation.targets(before) if isinstance(before, list) else [before])}
        yield from (each for each in now if hasattr(each, "is_new") and id(each) not in was)


class UnitOfWork:
    """The objects of one save, at most `size` in a request."""

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
        """Number of the request whose response is merged into the objects, if any."""
        self.objects: list[StashObject] = []
        self.waiting: dict[int, StashObject] = {}
        self.links: dict[int, dict[str, list[StashObject]]] = {}
        self.outcomes: dict[int, BatchOperation] = {}
        self.saved: list[Prepared] = []
        self.side_outcomes: list[tuple[StashObject, BatchOperation]] = []

    async def save(self, objects: Sequence[StashObject]) -> BatchResult:
        """Save the changed ones of `objects`, from `gather`; return an operation for each, in their order.

        Creates with an unknown outcome are looked up first. Raises StashInputError, before anything is sent,
        for values that cannot be written, and the error because of which nothing can be sent at all.
        """
        self.objects = self._select(objects)
        if not self.objects:
            return BatchResult([])
        self.waiting = {id(obj): obj for obj in self.objects}
        # Before anything else: an object that is found to exist has the server's id from here on, and
        # perhaps nothing left to send.
        for obj, error in await resolve(self.client, self.objects, forget=self.retry_unknown):
            self._fail(obj, error)
        await load_before_save(self.client, self.waiting.values())
        self.links = {key: self._links(obj) for key, obj in self.waiting.items()}
        for obj, conflict in await find_conflicts(self.client, self._first_flushes(), self.on_conflict):
            self._fail(obj, conflict)
        await guards.check(self.client, self._first_flushes())
        while self.waiting:
            await self._step()
        answers = self.applier.raw or []
        self.applier.raw = None
        # Side mutations need the id of their object, which a new one has only now. Their responses are not
        # part of the result.
        await self._save_side_mutations()
        return BatchResult([self.outcomes[id(obj)] for obj in self.objects], answers)

    def _select(self, objects: Sequence[StashObject]) -> list[StashObject]:
        """Select the objects to write."""
        return [obj for obj in objects if obj.is_dirty()]

    def _links(self, obj: StashObject) -> dict[str, list[StashObject]]:
        """Changed fields of `obj` that refer to objects which this unit has to create."""
        links: dict[str, list[StashObject]] = {}
        changed = obj.get_changed_fields()
        members = pending.members if (pending := state_of(obj).pending) else {}
        queued = {name: [*delta.added.values()] for name, delta in members.items()}
        for name, relation in relationships(type(obj).__name__).items():
            value = changed.get(name, queued.get(name))
            new = [each for each in relation.targets(value) if id(each) in self.waiting and each.is_new()]
            if new:
                links[name] = new
        return links

    def _first_flushes(self) -> list[Prepared]:
        """Flush plans of all objects, without links to objects that this unit creates."""
        flushes = []
        for obj in list(self.waiting.values()):
            try:
                flushes.append((obj, plan_flush(obj, self.links[id(obj)])))
            except StashInputError as error:
                if not self.outcomes:
                    raise
                # It refers to an object whose create has an unknown outcome.
                self._fail(obj, error)
        return flushes

    def _open_links(self, obj: StashObject) -> dict[str, list[StashObject]]:
        """The links of `obj` to objects that are not created yet."""
        links = self.links[id(obj)].items()
        uncreated = {name: [x for x in many if id(x) in self.waiting and x.is_new()] for name, many in links}
        return {name: many for name, many in uncreated.items() if many}

    async def _step(self) -> None:
        """Send one request with objects that refer to no uncreated object."""
        open_links = {key: self._open_links(obj) for key, obj in self.waiting.items()}
        blocking = {id(each) for links in open_links.values() for many in links.values() for each in many}
        ready = [obj for key, obj in self.waiting.items() if not open_links[key]]
        # Objects that others refer to go first, so that the next request can include those others.
        ready.sort(key=lambda obj: id(obj) not in blocking)
        if ready:
            await self._send(ready[: self.size])
            return
        # A cycle of new objects: one of them is created without its links, and saved again with them.
        first = next(obj for obj in self.waiting.values() if obj.is_new())
        await self._send([first], without=open_links[id(first)].keys())
        if self.outcomes[id(first)].error is None:
            self.waiting[id(first)] = first

    async def _send(self, objects: list[StashObject], without: Collection[str] = ()) -> None:
        """Send one request, without the fields in `without`; raises if nothing at all can be saved."""
        prepared = []
        for obj in objects:
            try:
                prepared.append((obj, plan_flush(obj, without)))
            except StashInputError as error:
                # It refers to an object that the server refused.
                self._fail(obj, error)
        with Sending(self.client, prepared) as sending:
            for each in prepared:
                if not self._is_sent(each[1]):
                    self._commit(sending, each, {"id": each[0].id})
            await self._write(sending, [each for each in prepared if self._is_sent(each[1])])
        if (stopped := self.applier.stopped) is not None:
            # Certainly nothing was written: the cause itself says more than a result in which all failed.
            if not self.saved and not isinstance(stopped, StashUnknownOutcomeError):
                raise stopped
            for obj in list(self.waiting.values()):
                self._fail(obj, not_sent(stopped))

    async def _write(self, sending: Sending, prepared: list[Prepared]) -> None:
        """Send the inputs, and record the outcome of each object."""
        objects = {(type(obj).__name__, obj.id): (obj, flush) for obj, flush in prepared}

        def note(operation: Operation, done: BatchOperation) -> None:
            rows = done.result if isinstance(done.result, list) else [done.result]
            for one in operation.ids:
                each = objects[operation.type, one]
                if done.error is None:
                    self._commit(sending, each, _row(rows, one))
                    continue
                if done.outcome is Outcome.UNKNOWN:
                    sending.note_unknown(each)
                self._fail(each[0], done.error)
            self.client.record_outcome_effects(operation, done)

        await self.applier.apply(await self._operations(prepared), note, size=self.size)

    async def _operations(self, prepared: list[Prepared]) -> list[Operation]:
        """Return the mutations that write the inputs, equal ones merged into one."""
        server = await self.client.session.load_capabilities()
        return [
            operation_of(plans, server)
            for plans in group_plans([flush.plan for _, flush in prepared], server)
        ]

    def _is_sent(self, flush: FlushPlan) -> bool:
        """Whether a flush has input for the object's own mutation."""
        return flush.sends_input

    @staticmethod
    def _operation(obj: StashObject, flush: Any = None) -> BatchOperation:
        verb = flush.verb if flush else "Create" if obj.is_new() else "Update"
        sent = {"input": flush.input} if flush else {}
        return BatchOperation(operation_name(type(obj).__name__, verb), sent, ["id"])

    def _commit(self, sending: Sending, each: Prepared, row: Mapping[str, Any]) -> None:
        """Commit the input that the server accepted; `row` is the object in its response."""
        obj, flush = each
        sending.commit(each, row["id"], self.number)
        operation = self.outcomes.setdefault(id(obj), self._operation(obj, flush))
        operation.result = {"id": obj.id}
        self.saved.append(each)
        self.waiting.pop(id(obj), None)

    def _fail(self, obj: StashObject, error: StashError) -> None:
        """Record the error of an object that was not saved."""
        self.outcomes.setdefault(id(obj), self._operation(obj)).error = error
        self.waiting.pop(id(obj), None)

    async def _save_side_mutations(self) -> None:
        """Send the side mutations of all saved objects together."""
        sent = [each for each in self.saved if each[1].side_fields or each[1].pending.is_dirty()]
        if sent:
            self.side_outcomes = await save_side_mutations(self.client, self.applier, sent)
        for obj, done in self.side_outcomes:
            self.outcomes[id(obj)].error = done.error or self.outcomes[id(obj)].error

    def check(self) -> None:
        """Raise the first error; a new object's error before those of the objects that refer to it.

        Several failed side mutations of one object are one StashBatchError.
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
    """Unit of work that writes objects by one given mutation, changed or not, and merges its results."""

    def __init__(self, client: StashClient, operation: str, count: int) -> None:
        super().__init__(client, max(1, count))
        self.operation = operation
        self.answers: list[Any] = []

    def _select(self, objects: Sequence[StashObject]) -> list[StashObject]:
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

    def _commit(self, sending: Sending, each: Prepared, row: Mapping[str, Any]) -> None:
        super()._commit(sending, each, row)
        # Merge the response under the number of its request first; `record_saved` would make it outdated.
        self.answers.append(self.client.hydrated(TypeRef(type(each[0]).__name__), row, self.number))
        self.client.record_saved(*each)


async def save(
    obj: StashObject,
    client: StashClient,
    *,
    on_conflict: OnConflict | None = None,
    retry_unknown: bool = False,
) -> None:
    """Save the changes of one object; raises the first error. The caller holds the object's lock."""
    unit = UnitOfWork(client, on_conflict=on_conflict, retry_unknown=retry_unknown)
    await unit.save([obj])
    unit.check()


async def write(client: StashClient, operation: str, objects: Sequence[StashObject]) -> list[Any]:
    """Create or update objects by one mutation and return its results; raises the first error."""
    unit = NamedWrite(client, operation, len(objects))
    await unit.save(objects)
    unit.check()
    return unit.answers


def _row(rows: Sequence[Any], object_id: str) -> Mapping[str, Any]:
    """Return the row of an object in a response; for a new object the only row."""
    named: list[Mapping[str, Any]] = [row for row in rows if row]
    # The response to an update names the id. A create has no id to search for, and returns one row.
    return next((row for row in named if str(row["id"]) == object_id), named[0])
