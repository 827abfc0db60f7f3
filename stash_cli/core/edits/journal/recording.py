"""Recording of operations that are sent together: as planned before the request, as done after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import TIMES, is_read, paths_of, read_times, with_before
from stash_cli.core.edits.journal import changes, resources
from stash_cli.core.edits.journal.changes import Recorded, wanted_of
from stash_cli.core.edits.journal.described import completed, edits_of, subjects, verb_of
from stash_cli.core.edits.journal.pictures import PICTURES, Pictures, is_picture
from stash_cli.core.edits.journal.resources import is_resource, with_present
from stash_cli.core.edits.journal.snapshots import read_snapshots
from stash_cli.core.edits.side_mutations import compare
from stash_cli.core.graphql.batch import Outcome
from stash_cli.core.graphql.selection import DefaultPaths, is_default
from stash_cli.core.orm.edit import Edit
from stash_cli.core.orm.input import attributes, before_of
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.types.api import describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation

    Note = Callable[[Operation, BatchOperation], None]

_STATES = {
    Outcome.SUCCEEDED: changes.DONE,
    Outcome.FAILED: changes.FAILED,
    Outcome.UNKNOWN: changes.UNKNOWN,
    Outcome.NOT_SENT: changes.PLANNED,
}


class Recording:
    """The changes of operations that are sent together.

    `operations` are to be sent in place of those given: they also select the fields that the edits change, to
    record the values that the server has stored.
    """

    def __init__(self, recorder: Recorder, server: ServerCapabilities) -> None:
        self.recorder = recorder
        self.server = server
        self.operations: list[Operation] = []
        self._originals: dict[int, Operation] = {}
        self._rows: dict[int, Recorded] = {}
        self._unsaved: dict[int, Recorded] = {}
        self.pictures = Pictures(recorder.journal)
        self._old_pictures: dict[tuple[str, str, str], Any] = {}
        self._merge_sources: dict[int, list[Recorded]] = {}

    async def plan(self, session: Session, operations: Sequence[Operation]) -> None:
        """Store operations as planned, after reading the values to be replaced that the plan did not read."""
        edits = [edits_of(each) for each in operations]
        flat = [edit for many in edits for edit in many]
        known = iter(await with_present(session, await with_before(session, flat)))
        times = await read_times(session, flat, self.server)
        pictured = [(each.type, each.id, each.field) for each in flat if is_picture(each.type, each.field)]
        self._old_pictures |= await self.pictures.read(session, [key for key in pictured if key[1]])
        planned: list[Recorded] = []
        for operation, many in zip(operations, edits, strict=True):
            own = tuple(completed(operation, next(known)) for _ in many)
            each = replace(operation, edits=own, paths=self._paths(operation, own))
            self.operations.append(each)
            self._originals[id(each)] = operation
            planned += self._planned(each, times)
        await self._take_snapshots(session, planned)
        changes.add(self.recorder.journal, self.recorder.start(), [row for row in planned if not row.seq])

    def _planned(self, operation: Operation, times: Mapping[tuple[str, str], Any]) -> Iterator[Recorded]:
        """The changes that an operation makes."""
        verb, subject = verb_of(operation), subjects().get(operation.name)
        if verb == changes.UPDATE:
            yield from self._updated(operation, times)
        elif verb == changes.DELETE:
            for edit in operation.edits:
                row = Recorded(edit.type, edit.id, verb, wanted=_options(operation))
                yield self._store_row(id(edit), row)
        else:
            # Of other mutations only the name is stored: a setting may be a secret.
            row = Recorded(subject.type if subject else "", "", verb)
            row.wanted = self.pictures.packed(dict(operation.args)) if subject else UNSET
            yield self._store_row(id(operation.args), row)
            if subject and verb == changes.MERGE:
                yield from self._merged(subject.type, operation, row)

    def _updated(self, operation: Operation, times: Mapping[tuple[str, str], Any]) -> Iterator[Recorded]:
        """The changes of fields that an operation makes."""
        for edit in operation.edits:
            row = Recorded(edit.type, edit.id, changes.UPDATE, edit.field, edit.before, wanted_of(edit))
            if (edit.id, edit.field) in times:
                row.field, row.before = TIMES[edit.field], times[edit.id, edit.field]
                row.wanted = {"added": list(operation.args.get("times", ())), "removed": []}
            if is_picture(edit.type, edit.field):
                row.before = self._old_pictures.get(row.key, UNSET)
                row.wanted = self.pictures.packed(row.wanted)
            yield self._store_row(id(edit), row)
        if resources.is_partly_private(operation):
            yield self._store_row(id(operation.args), Recorded("", "", operation.name))

    def _merged(self, type_name: str, operation: Operation, row: Recorded) -> Iterator[Recorded]:
        """Deletions of the sources of a merge; `row` is the change of the destination."""
        row.id = str(operation.input["destination"])
        for one in operation.input["source"]:
            source = Recorded(type_name, str(one), changes.DELETE, wanted={"merged_into": row.id})
            self._merge_sources.setdefault(id(operation.args), []).append(source)
            yield source

    async def _take_snapshots(self, session: Session, planned: Sequence[Recorded]) -> None:
        """Read everything that is needed to recreate objects that are to be deleted or merged away."""
        groups: dict[str, dict[str, list[Recorded]]] = {}
        for row in planned:
            if row.operation in (changes.DELETE, changes.MERGE) and is_read(row.type):
                groups.setdefault(row.type, {}).setdefault(row.id, []).append(row)
        for type_name, rows in groups.items():
            for one, (snapshot, created_at) in (await read_snapshots(session, type_name, list(rows))).items():
                for row in rows[one]:
                    row.before, row.created_at = snapshot, created_at
            keys = [(type_name, one, field) for one in rows for name, field in PICTURES if name == type_name]
            for (_, one, field), picture in (await self.pictures.read(session, keys)).items():
                for row in rows[one] if picture not in (None, UNSET) else ():
                    row.before.setdefault("pictures", {})[field] = picture

    def _store_row(self, key: int, row: Recorded) -> Recorded:
        resumed = self.recorder.resumed
        # A change that takes two mutations continues its recorded row with the first one only.
        row = resumed.get(key) or resumed.pop(row.key, None) or row
        targets = self.recorder.targets
        row.target = targets.get(key) or targets.get(row.key) or row.target
        self._rows[key] = row
        return row

    def _paths(self, operation: Operation, edits: Sequence[Edit]) -> Sequence[str] | None:
        """Fields to select in the response, including those that the edits change."""
        if operation.paths is None or describe_api().types[operation.type].kind != "OBJECT":
            return operation.paths
        subject = subjects().get(operation.name)
        if subject is not None and subject.verb == changes.CREATE:
            names = {*attributes(subject.type).values()}
        else:
            names = {edit.field for edit in edits if edit.type == operation.type}
        if not names:
            return operation.paths
        more = paths_of(operation.type, ["created_at", *names], self.server)
        selected = dict.fromkeys([*operation.paths, "id", *more])
        return DefaultPaths(selected) if is_default(operation.paths) else tuple(selected)

    def sent(self, operations: Sequence[Operation]) -> None:
        """Store that operations are being sent. Raises StashJournalError, and then nothing may be sent."""
        self._mark(operations, changes.SENT)
        self.commit()
        self.recorder.is_sending = True

    def skip(self, operations: Sequence[Operation]) -> None:
        """Mark operations as skipped, because their objects had errors before."""
        self._mark(operations, changes.SKIPPED)

    def _mark(self, operations: Sequence[Operation], state: str) -> None:
        for row in (row for each in operations for row in self._rows_of(each)):
            row.state = state
            self._unsaved[row.seq] = row

    def recording_callback(self, note: Note) -> Note:
        """Return a callback that records the outcome, and calls `note` with the operation as it was given."""

        def record_outcome(operation: Operation, done: BatchOperation) -> None:
            self.note(operation, done)
            note(self._originals.get(id(operation), operation), done)

        return record_outcome

    def _rows_of(self, operation: Operation) -> Iterator[Recorded]:
        if id(operation.args) in self._rows:
            yield self._rows[id(operation.args)]
        yield from self._merge_sources.get(id(operation.args), ())
        yield from (self._rows[id(edit)] for edit in operation.edits if id(edit) in self._rows)

    def note(self, operation: Operation, done: BatchOperation) -> None:
        """Record the outcome of an operation; `commit` stores it."""
        state = _STATES[done.outcome]
        for row in self._rows_of(operation):
            row.state, row.reason = state, done.error.message if done.error else None
            self._unsaved[row.seq] = row
            if row.operation == changes.CREATE and isinstance(done.result, dict):
                row.id, row.created_at = str(done.result["id"]), done.result.get("created_at")
                row.answered = shown(row.type, done.result)
        if done.error is None:
            for edit in operation.edits:
                self._record_result(edit, operation, done.result)

    def _record_result(self, edit: Edit, operation: Operation, result: Any) -> None:
        """Record the value that a field has after an edit, by the result of its operation."""
        row = self._rows.get(id(edit))
        if row is None or row.operation != changes.UPDATE:
            return
        if is_resource(edit.type):
            row.answered = resources.answered(edit, result)
            row.id = row.id or str(result["id"])  # only a new object has none
            return
        result_row = _row_of(result, edit.id) if edit.type == operation.type else None
        row.created_at = (result_row or {}).get("created_at", row.created_at)
        row.answered = answered(edit, result_row, result)
        if row.field in COUNTED:
            _compare_times(row, result)
        if is_picture(row.type, row.field):
            row.answered = row.wanted["after"]
        if _is_chosen_by_server(edit, row):
            row.answered = UNSET
            self.recorder.chosen.append(row)

    def commit(self) -> None:
        """Store the recorded outcomes. Raises StashJournalError, and then nothing more may be sent."""
        self.recorder.is_sending = False
        rows, self._unsaved = list(self._unsaved.values()), {}
        if rows:
            changes.set_states(self.recorder.journal, rows)


def answered(edit: Edit, row: Mapping[str, Any] | None, result: Any) -> Any:
    """Value of a field after an edit: from the response, or the wanted value if the response lacks it."""
    if isinstance(result, dict) and "history" in result:
        return result["history"] if edit.field.endswith("history") else result["count"]
    value = before_of(edit.type, edit.field, row) if row else UNSET
    return edit.result if value is UNSET else value


def _is_chosen_by_server(edit: Edit, row: Recorded) -> bool:
    """Whether the response lacks the new value: a picture from a URL, or a gallery's cover after a reset."""
    if is_picture(row.type, row.field):
        return isinstance(row.answered, str)
    return (row.type, row.field) == ("Gallery", "cover") and edit.result is None


async def read_chosen(
    session: Session, pictures: Pictures, rows: Sequence[Recorded]
) -> dict[tuple[str, str, str], Any]:
    """Present values of the fields of changes by their keys; UNSET where one cannot be read."""
    pictured = [row.key for row in rows if is_picture(row.type, row.field)]
    others = [Edit(*row.key, UNSET, UNSET) for row in rows if row.key not in pictured]
    values = {(edit.type, edit.id, edit.field): edit.before for edit in await with_before(session, others)}
    return values | await pictures.read(session, pictured)


def _compare_times(row: Recorded, result: Any) -> None:
    """Record which times a history gained and lost; a reset counter lost all."""
    row.answered = result["history"] if isinstance(result, dict) else []
    change = compare(row.before or (), row.answered)
    row.wanted = {"added": list(change.added), "removed": list(change.removed)}


def shown(type_name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of an object in a row, in the shape of its update input."""
    values = {attr: before_of(type_name, attr, row) for attr in attributes(type_name).values()}
    return {attr: value for attr, value in values.items() if value is not UNSET and attr != "id"}


def _row_of(result: Any, one: str) -> Mapping[str, Any] | None:
    rows = result if isinstance(result, list) else [result]
    return next((row for row in rows if isinstance(row, dict) and str(row.get("id")) == one), None)


def _options(operation: Operation) -> dict[str, Any]:
    """The options of a deletion."""
    return {name: value for name, value in operation.input.items() if name not in ("id", "ids")}
