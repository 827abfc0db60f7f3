"""Mutations whose response was lost: the present state of the server shows which were executed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import filled, is_read, read_objects, reads_of
from stash_cli.core.edits.journal.changes import CREATE, DELETE, MERGE
from stash_cli.core.edits.journal.described import edits_of, subjects
from stash_cli.core.edits.journal.pictures import is_picture
from stash_cli.core.edits.undo.reverse import COUNTERS, is_applied
from stash_cli.core.errors import StashError
from stash_cli.core.graphql.batch import BatchOperation, Outcome, call_each
from stash_cli.core.log import logger
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.before_values import Rows
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.orm.edit import Edit

    Note = Callable[[Operation, BatchOperation], None]
    Sent = tuple[Operation, BatchOperation]
    Row = Mapping[str, Any]

_LOOKUP_TIMEOUT = 10.0
"""Maximum duration of the lookup in seconds."""
_CLOCK_SKEW = timedelta(seconds=5)
"""Maximum clock skew: how far this machine may be ahead of the server."""


class LostAnswers:
    """Operations of one `apply` whose response was lost, deferred until they are looked up on the server."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._deferred: list[Sent] = []
        self._created_keys: set[tuple[str, str]] = set()
        """Type and id of objects whose creation was answered."""
        self._since = datetime.now(UTC)

    def __bool__(self) -> bool:
        return bool(self._deferred)

    def deferring_callback(self, note: Note) -> Note:
        """Return a callback that defers operations with an unknown outcome and passes others to `note`."""

        def note_or_defer(operation: Operation, done: BatchOperation) -> None:
            if done.outcome is Outcome.UNKNOWN:
                self._deferred.append((operation, done))
                return
            subject = subjects().get(operation.name)
            if done.error is None and subject is not None and subject.verb == CREATE:
                self._created_keys.add((subject.type, str(done.result["id"])))
            note(operation, done)

        return note_or_defer

    def report(self, note: Note) -> None:
        """Call `note` for the deferred operations."""
        deferred, self._deferred = self._deferred, []
        for operation, done in deferred:
            note(operation, done)

    async def look_up(self) -> None:
        """Look up which deferred operations the server has executed; those get a result.

        The outcome of the others stays unknown: the server may still be executing them.
        """
        try:
            async with asyncio.timeout(_LOOKUP_TIMEOUT):
                self._deferred = [each async for each in self._resolved()]
        except (StashError, TimeoutError) as error:
            logger.info("The outcome cannot be looked up: %s", error)

    async def _resolved(self) -> AsyncIterator[Sent]:
        """Deferred operations with their outcomes; one on several objects is split where these differ."""
        rows, created = await self._read(), await self._created()
        for operation, done in self._deferred:
            if id(operation) in created:
                yield operation, _succeeded(done, created[id(operation)])
                continue
            executed = [] if _verb(operation) == CREATE else _applied_ids(operation, rows)
            if executed:
                result = _result(operation, [row for (_, one), row in rows.items() if one in executed])
                yield operation.of(executed), _succeeded(done, result)
            if unresolved := [one for one in operation.ids if one not in executed]:
                yield operation.of(unresolved), done

    async def _read(self) -> Rows:
        """Present rows of the objects that operations changed, merged or deleted."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for operation, _ in self._deferred:
            for type_name, one, attr in _reads(operation):
                wanted.setdefault((type_name, one), set()).update([attr] if attr else [])
        return (
            await read_objects(self.session, wanted, await self.session.load_capabilities()) if wanted else {}
        )

    async def _created(self) -> dict[int, Any]:
        """Identity of each executed creation -> the object that it created."""
        objects: dict[int, Any] = {}
        by_type: dict[str, list[Operation]] = {}
        for operation, _ in self._deferred:
            if _verb(operation) == CREATE:
                by_type.setdefault(subjects()[operation.name].type, []).append(operation)
        for type_name, many in by_type.items():
            known = {one for name, one in self._created_keys if name == type_name}
            inputs = [each.input for each in many]
            paths = dict.fromkeys(path for each in many for path in each.paths or ())
            rows = await created_since(self.session, type_name, inputs, self._since, known, [*paths])
            objects |= {id(each): row[0] for each, row in zip(many, rows, strict=True) if row}
        return objects


def _verb(operation: Operation) -> str:
    subject = subjects().get(operation.name)
    return subject.verb if subject else ""


def _reads(operation: Operation) -> Iterator[tuple[str, str, str]]:
    """Type, id and attribute ("": whether the object exists) that show whether an operation was executed."""
    if _verb(operation) == MERGE:
        for one in (*operation.input["source"], operation.input["destination"]):
            yield subjects()[operation.name].type, str(one), ""
        return
    for edit in edits_of(operation):
        if _verb(operation) == DELETE:
            yield edit.type, edit.id, ""
        elif _is_conclusive(edit):
            yield from reads_of(edit)


def _is_conclusive(edit: Edit) -> bool:
    """Whether the present value of a field shows that an edit was made; a count may be another client's."""
    is_known = edit.id and edit.after is not UNSET and is_read(edit.type)
    return bool(is_known) and edit.field not in COUNTERS and not is_picture(edit.type, edit.field)


def _applied_ids(operation: Operation, rows: Rows) -> list[str]:
    """Ids of the objects on which an operation was executed."""
    if _verb(operation) == MERGE:
        *sources, destination = [(name, one) for name, one, _ in _reads(operation)]
        is_done = destination in rows and not any(each in rows for each in sources)
        return list(operation.ids) if is_done else []
    edits = edits_of(operation)
    if _verb(operation) == DELETE:
        unapplied = {edit.id for edit in edits if not is_read(edit.type) or (edit.type, edit.id) in rows}
    else:
        unapplied = {
            edit.id
            for edit in edits
            if not _is_conclusive(edit) or not is_applied(edit.after, _present_value(edit, rows))
        }
    named = {edit.id for edit in edits}
    return [one for one in operation.ids if one in named and one not in unapplied]


def _present_value(edit: Edit, rows: Rows) -> Any:
    return filled(replace(edit, before=UNSET), rows).before


def _result(operation: Operation, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return the result of an operation in place of the lost one."""
    returned = describe_api().mutations[operation.name].type
    if _verb(operation) in (DELETE, MERGE) or describe_api().types[returned.name].kind != "OBJECT":
        return rows[0] if _verb(operation) == MERGE else True
    if operation.type == "HistoryMutationResult":
        [edit] = operation.edits
        times = rows[0][edit.field]
        return {"count": len(times), "history": times}
    return list(rows) if returned.is_list else rows[0]


def _succeeded(done: BatchOperation, result: Any) -> BatchOperation:
    return replace(done, result=result, error=None)


async def created_since(
    session: Session,
    type_name: str,
    inputs: Sequence[Mapping[str, Any]],
    since: datetime,
    known: Collection[str],
    paths: Sequence[str] = (),
) -> list[list[Row] | None]:
    """For each create input of a type, find the object that was created from it since a time.

    Each item is a list of one row, an empty list if there is none, or None if that is unclear.
    Objects are found by name; those with an id in `known` are excluded, as something else created them.
    """
    entity = ENTITIES.get(type_name)
    results: list[list[Row] | None] = [None] * len(inputs)
    if entity is None or entity.label not in describe_api().types[entity.filter_type].fields:
        return results
    indexes_by_name: dict[str, list[int]] = {}
    for index, create_input in enumerate(inputs):
        if name := str(create_input.get(entity.label) or "").strip():
            indexes_by_name.setdefault(name, []).append(index)
    criteria = ({entity.label: {"value": name, "modifier": "EQUALS"}} for name in indexes_by_name)
    args = [{"filter": {"per_page": -1}, entity.filter_arg: each} for each in criteria]
    selected = [
        f"{entity.items}.{path}" for path in dict.fromkeys(("id", "created_at", entity.label, *paths))
    ]
    answers = await call_each(session, entity.find, args, selected, quiet=True)
    for (name, many), answer in zip(indexes_by_name.items(), answers, strict=True):
        rows = [row for row in answer[entity.items] or () if row[entity.label] == name]
        rows = [row for row in rows if row["id"] not in known and _is_created_since(row, since)]
        if len(rows) in (0, len(many)):  # inputs with one name are interchangeable
            for number, index in enumerate(many):
                results[index] = rows[number : number + 1]
    return results


def _is_created_since(row: Row, since: datetime) -> bool:
    return datetime.fromisoformat(row["created_at"]) >= since - _CLOCK_SKEW
