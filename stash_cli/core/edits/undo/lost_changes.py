"""Recorded changes with a lost response: the present state of the server shows which were executed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import is_read, paths_of, read_objects, with_before
from stash_cli.core.edits.journal import changes
from stash_cli.core.edits.journal.changes import CREATE, DELETE, DONE, FAILED, MERGE, SENT, UNKNOWN, UPDATE
from stash_cli.core.edits.journal.pictures import is_picture
from stash_cli.core.edits.journal.recording import shown
from stash_cli.core.edits.journal.resources import is_resource, read_resources
from stash_cli.core.edits.lost_answers import created_since
from stash_cli.core.edits.undo.reverse import NOTHING, is_applied, mapped, same
from stash_cli.core.orm.edit import Edit
from stash_cli.core.orm.input import attributes
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.changes import Recorded
    from stash_cli.core.edits.journal.journal import Journal, Run

    Current = Callable[[str, str], str]

LOST = (SENT, UNKNOWN)
"""States of changes whose response was lost."""
REPLACED = {"url": "urls", "twitter": "urls", "instagram": "urls", "movies": "groups"}
"""Field of older releases -> the field that replaced it."""
_NOT_DONE = "its answer was lost, and the server has not done it"


async def resolve(session: Session, journal: Journal, run: Run, current: Current) -> None:
    """Store which changes of a run with a lost response were executed, and which were not (FAILED).

    Ambiguous ones stay as they are. `current` returns the present id of an object by type and id.
    """
    repeated = changes.repeated(journal, run.id)
    for rows in _pages(changes.lost(journal, run.id)):
        if rows[0].operation == UPDATE:
            await _resolve_updates(session, [row for row in rows if row.key not in repeated], current)
        elif rows[0].operation == CREATE:
            await _resolve_creates(session, journal, rows, run.started)
        elif rows[0].operation in (DELETE, MERGE):
            await _resolve_removals(session, rows, current)
        changes.set_states(journal, [row for row in rows if row.state not in LOST])


def _pages(rows: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    """Changes in order, in pages of one operation each."""
    page: list[Recorded] = []
    for row in rows:
        if page and (page[-1].operation != row.operation or len(page) >= changes.PAGE):
            yield page
            page = []
        page.append(row)
    if page:
        yield page


async def _resolve_updates(session: Session, rows: Sequence[Recorded], current: Current) -> None:
    """Resolve updates by present values; pictures, and counts at an unknown time, stay open."""
    conclusive = [row for row in rows if not is_picture(row.type, row.field) and not _has_unknown_time(row)]
    edits = [_present_edit(row, current) for row in conclusive]
    own = await with_before(session, [edit for edit in edits if not is_resource(edit.type)])
    possible_values = {row.key: (row.before, row.edit.after) for row in conclusive if is_resource(row.type)}
    now = {(edit.type, edit.id, edit.field): edit.before for edit in own}
    now |= await read_resources(session, possible_values)
    for row, edit in zip(conclusive, edits, strict=True):
        value = now.get((edit.type, edit.id, edit.field), UNSET)
        if value is UNSET:
            continue
        if is_applied(edit.after, value):
            row.state, row.answered = DONE, value
        elif same(value, mapped(row.key, row.before, current)):
            row.state, row.reason = FAILED, _NOT_DONE


def _present_edit(row: Recorded, current: Current) -> Edit:
    """The edit of a change with the present ids of objects; its old value is to be read."""
    return Edit(
        row.type,
        current(row.type, row.id),
        row.field,
        UNSET,
        mapped(row.key, row.edit.after, current),
    )


def _has_unknown_time(row: Recorded) -> bool:
    """Whether a change counted at an unknown time, so that its outcome cannot be determined."""
    return row.field in COUNTED and not any(row.wanted.values())


async def _resolve_creates(
    session: Session, journal: Journal, rows: Sequence[Recorded], started: str
) -> None:
    for row, made in await find_created(session, journal, rows, started):
        if made:
            note_created(row, made)
        else:
            row.state, row.reason = FAILED, _NOT_DONE


async def find_created(
    session: Session, journal: Journal, rows: Sequence[Recorded], started: str
) -> list[tuple[Recorded, Mapping[str, Any] | None]]:
    """Creations of a run that began at `started`, each with the object that it created, or None.

    Ambiguous ones are left out.
    """
    server = await session.load_capabilities()
    results: list[tuple[Recorded, Mapping[str, Any] | None]] = []
    for type_name in dict.fromkeys(row.type for row in rows):
        many = [row for row in rows if row.type == type_name]
        known = changes.created_ids(journal, many[0].run, type_name)
        paths = paths_of(type_name, attributes(type_name).values(), server)
        inputs = [row.wanted["input"] for row in many]
        created = await created_since(
            session, type_name, inputs, datetime.fromisoformat(started), known, paths
        )
        for row, each in zip(many, created, strict=True):
            if each is not None:
                results.append((row, each[0] if each else None))
    return results


def note_created(row: Recorded, made: Mapping[str, Any]) -> None:
    """Record the object that a creation has made.

    A field that has the sent value is recorded as answered. For a field that others changed since, the sent
    value is recorded, so that an undo finds the difference.
    """
    names = attributes(row.type)
    sent = {names[name]: value for name, value in row.wanted["input"].items() if name in names}
    row.state, row.id, row.created_at = DONE, str(made["id"]), made["created_at"]
    row.answered = {
        name: value if _agree(value, sent.get(name)) or _is_derived(name, sent) else sent.get(name)
        for name, value in shown(row.type, made).items()
    }


def _is_derived(name: str, sent: Mapping[str, Any]) -> bool:
    """Whether a field shows a value that was sent in its replacement, or in the field that it replaces."""
    others = {old for old, new in REPLACED.items() if new == name} | {REPLACED.get(name)}
    return name not in sent and not others.isdisjoint(sent)


def _agree(one: Any, other: Any) -> bool:
    """Whether a value equals the sent one; servers trim texts and reorder lists."""
    return (one in NOTHING and other in NOTHING) or same(_plain(one), _plain(other))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    return sorted(map(_plain, value), key=str) if isinstance(value, list) else value


async def _resolve_removals(session: Session, rows: Sequence[Recorded], current: Current) -> None:
    """Resolve deletions and merges by whether the objects to be removed still exist."""
    removed = {id(row): [(row.type, current(row.type, one)) for one in _removed(row)] for row in rows}
    keys = {key for many in removed.values() for key in many if is_read(key[0])}
    existing = (
        await read_objects(session, dict.fromkeys(keys, ()), await session.load_capabilities())
        if keys
        else {}
    )
    for row in rows:
        found = [existing.get(key) for key in removed[id(row)] if is_read(key[0])]
        if found and not any(found):
            row.state = DONE
        elif found and all(_is_same(each, row) for each in found):
            row.state, row.reason = FAILED, _NOT_DONE


def _removed(row: Recorded) -> list[str]:
    """The ids of the objects that a deletion or a merge removes."""
    return [row.id] if row.operation == DELETE else [str(one) for one in row.wanted["input"]["source"]]


def _is_same(found: Mapping[str, Any] | None, row: Recorded) -> bool:
    """Whether an object exists, and is not another one that got the same id since."""
    if found is None or row.operation == MERGE or row.created_at is None:
        return found is not None
    return same(found.get("created_at"), row.created_at)
