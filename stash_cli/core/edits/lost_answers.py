"""Mutations whose answer was lost: what the server has now tells which of them it has done."""

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

_LONGEST = 10.0
"""Seconds that the look at the server may take."""
_CLOCKS = timedelta(seconds=5)
"""The most by which the clock of this machine may be ahead of the server's."""


class LostAnswers:
    """The operations of one `apply` without an answer, held back until the server was asked."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._held: list[Sent] = []
        self._made: set[tuple[str, str]] = set()
        """Type and id of what was made, and answered."""
        self._since = datetime.now(UTC)

    def __bool__(self) -> bool:
        return bool(self._held)

    def holding(self, note: Note) -> Note:
        """`note`, which is not told yet of what is unknown."""

        def held(operation: Operation, done: BatchOperation) -> None:
            if done.outcome is Outcome.UNKNOWN:
                self._held.append((operation, done))
                return
            subject = subjects().get(operation.name)
            if done.error is None and subject is not None and subject.verb == CREATE:
                self._made.add((subject.type, str(done.result["id"])))
            note(operation, done)

        return held

    def report(self, note: Note) -> None:
        """Tell `note` of what was held back."""
        held, self._held = self._held, []
        for operation, done in held:
            note(operation, done)

    async def look_up(self) -> None:
        """Ask the server which operations it has done; those get a result.

        What it has not done stays unknown, as it may be at work on it still.
        """
        try:
            async with asyncio.timeout(_LONGEST):
                self._held = [each async for each in self._resolved()]
        except (StashError, TimeoutError) as error:
            logger.info("What became of it is not known: %s", error)

    async def _resolved(self) -> AsyncIterator[Sent]:
        """Held operations, each with its outcome; an operation on several objects may fall apart."""
        rows, created = await self._read(), await self._created()
        for operation, done in self._held:
            if id(operation) in created:
                yield operation, _succeeded(done, created[id(operation)])
                continue
            made = [] if _verb(operation) == CREATE else _applied_ids(operation, rows)
            if made:
                result = _result(operation, [row for (_, one), row in rows.items() if one in made])
                yield operation.of(made), _succeeded(done, result)
            if left := [one for one in operation.ids if one not in made]:
                yield operation.of(left), done

    async def _read(self) -> Rows:
        """The objects that operations changed, merged or deleted, as they are now."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for operation, _ in self._held:
            for type_name, one, attr in _reads(operation):
                wanted.setdefault((type_name, one), set()).update([attr] if attr else [])
        return await read_objects(self.session, wanted, await self.session.learn()) if wanted else {}

    async def _created(self) -> dict[int, Any]:
        """Identity of a creation that was done -> the object that it made."""
        found: dict[int, Any] = {}
        by_type: dict[str, list[Operation]] = {}
        for operation, _ in self._held:
            if _verb(operation) == CREATE:
                by_type.setdefault(subjects()[operation.name].type, []).append(operation)
        for type_name, many in by_type.items():
            known = {one for name, one in self._made if name == type_name}
            inputs = [each.input for each in many]
            paths = dict.fromkeys(path for each in many for path in each.paths or ())
            rows = await made_since(self.session, type_name, inputs, self._since, known, [*paths])
            found |= {id(each): row[0] for each, row in zip(many, rows, strict=True) if row}
        return found


def _verb(operation: Operation) -> str:
    subject = subjects().get(operation.name)
    return subject.verb if subject else ""


def _reads(operation: Operation) -> Iterator[tuple[str, str, str]]:
    """Type, id and attribute ("": the object at all) of what tells whether an operation was done."""
    if _verb(operation) == MERGE:
        for one in (*operation.input["source"], operation.input["destination"]):
            yield subjects()[operation.name].type, str(one), ""
        return
    for edit in edits_of(operation):
        if _verb(operation) == DELETE:
            yield edit.type, edit.id, ""
        elif _is_told(edit):
            yield from reads_of(edit)


def _is_told(edit: Edit) -> bool:
    """Whether the present value of a field tells that an edit was made; a count may be that of others."""
    is_known = edit.id and edit.after is not UNSET and is_read(edit.type)
    return bool(is_known) and edit.field not in COUNTERS and not is_picture(edit.type, edit.field)


def _applied_ids(operation: Operation, rows: Rows) -> list[str]:
    """The objects on which an operation was done."""
    if _verb(operation) == MERGE:
        *sources, destination = [(name, one) for name, one, _ in _reads(operation)]
        is_done = destination in rows and not any(each in rows for each in sources)
        return list(operation.ids) if is_done else []
    edits = edits_of(operation)
    if _verb(operation) == DELETE:
        left = {edit.id for edit in edits if not is_read(edit.type) or (edit.type, edit.id) in rows}
    else:
        left = {
            edit.id for edit in edits if not _is_told(edit) or not is_applied(edit.after, _now(edit, rows))
        }
    named = {edit.id for edit in edits}
    return [one for one in operation.ids if one in named and one not in left]


def _now(edit: Edit, rows: Rows) -> Any:
    return filled(replace(edit, before=UNSET), rows).before


def _result(operation: Operation, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The answer that an operation would have had."""
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


async def made_since(
    session: Session,
    type_name: str,
    inputs: Sequence[Mapping[str, Any]],
    since: datetime,
    known: Collection[str],
    paths: Sequence[str] = (),
) -> list[list[Row] | None]:
    """For each create input of a type the object that was made of it since a time, or []; None: not clear.

    Objects are found by their name. Those with an id in `known` were made by something else.
    """
    entity = ENTITIES.get(type_name)
    found: list[list[Row] | None] = [None] * len(inputs)
    if entity is None or entity.label not in describe_api().types[entity.filter_type].fields:
        return found
    places: dict[str, list[int]] = {}
    for place, given in enumerate(inputs):
        if name := str(given.get(entity.label) or "").strip():
            places.setdefault(name, []).append(place)
    criteria = ({entity.label: {"value": name, "modifier": "EQUALS"}} for name in places)
    args = [{"filter": {"per_page": -1}, entity.filter_arg: each} for each in criteria]
    wanted = [f"{entity.items}.{path}" for path in dict.fromkeys(("id", "created_at", entity.label, *paths))]
    answers = await call_each(session, entity.find, args, wanted, quiet=True)
    for (name, many), answer in zip(places.items(), answers, strict=True):
        rows = [row for row in answer[entity.items] or () if row[entity.label] == name]
        rows = [row for row in rows if row["id"] not in known and _is_since(row, since)]
        if len(rows) in (0, len(many)):  # those of one name are alike
            for number, place in enumerate(many):
                found[place] = rows[number : number + 1]
    return found


def _is_since(row: Row, since: datetime) -> bool:
    return datetime.fromisoformat(row["created_at"]) >= since - _CLOCKS
