"""Undo of a merge: its sources are made again, and what it gave the destination is taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import read_objects
from stash_cli.core.edits.journal.snapshots import read_snapshots
from stash_cli.core.edits.undo.present_values import GONE
from stash_cli.core.edits.undo.recreate import deleted_later, missing_links, recreate
from stash_cli.core.edits.undo.reverse import CHANGED, NOT_READ, mapped, named, same
from stash_cli.core.edits.undo.undo import refusal
from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.input import attributes, before_of
from stash_cli.core.orm.relationship import relationships

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.edits.journal.changes import Recorded
    from stash_cli.core.edits.undo.undo import Reversal


async def unmerge(reversal: Reversal, rows: Sequence[Recorded]) -> None:
    """Take back a merge, the last of `rows`; the others are the objects that it deleted."""
    *sources, merge = rows
    one = reversal.ids.current(merge.type, merge.id)
    key = (merge.type, one, "")
    found = await read_snapshots(reversal.session, merge.type, [one])
    if reason := await _obstacle(reversal, merge, sources, one, is_there=one in found):
        reversal.refuse(key, [merge], reason)
        return
    # The names of the sources are aliases of the destination now, and must be free.
    edits = list(_own(reversal, merge, sources, found[one][0]["values"]))
    for edit in edits:
        if reason := refusal(edit):
            reversal.refuse((edit.type, edit.id, edit.field), [merge], reason)
    await reversal.apply([edit for edit in edits if not refusal(edit)], {})
    _leave_files(reversal, sources, found[one][0], key)
    await _make_again(reversal, merge, sources, one)


async def _make_again(reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str) -> None:
    """Make the sources again; the merge is undone when that was not refused, else the next undo goes on."""
    failed = reversal.report.failed
    await recreate(reversal, sources)
    if not reversal.is_dry:
        await reversal.apply(await _taken_off(reversal, merge, sources, one), {})
        if reversal.report.failed == failed:
            reversal.set_undone([merge])


async def _obstacle(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str, *, is_there: bool
) -> str:
    """Why a merge cannot be taken back, or not yet; "" for no reason."""
    if (run := reversal.later_merge((merge.type, one, ""))) is not None:
        return f"{CHANGED} by run {run}"
    if not isinstance(merge.before, dict) or any(not isinstance(row.before, dict) for row in sources):
        return NOT_READ
    if not is_there:
        return GONE
    missing = await missing_links(reversal, sources)
    reasons = (deleted_later(reversal, row, missing) for row in sources)
    if reason := next(filter(None, reasons), ""):
        return reason
    run = _later_link(reversal, merge, sources, one)
    return "" if run is None else f"what it links is {CHANGED} by run {run}"


def _later_link(reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str) -> int | None:
    """The first later run of ours that changed a link which the merge gave the destination.

    Its undo would put back what was taken off here.
    """
    gained: dict[str, set[tuple[str, str]]] = {}
    for name, other, attr in _gained(reversal, merge, sources):
        gained.setdefault(name, set()).add((other, attr))
    for name, links in gained.items():
        for row in reversal.later_changes(name, sorted({other for other, _ in links})):
            _, other, attr = reversal.key(row)
            if (other, attr) in links and one in named(reversal.net(row)):
                return row.run
    return None


def _gained(reversal: Reversal, merge: Recorded, sources: Sequence[Recorded]) -> set[tuple[str, str, str]]:
    """Type, present id and field of the links that only a source had before."""
    current = reversal.ids.current
    had, theirs = (
        {
            (name, current(name, other), attr)
            for row in rows
            for name, other, attr, _ in row.before["references"]
        }
        for rows in ([merge], sources)
    )
    return theirs - had


def _own(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], now: Mapping[str, Any]
) -> Iterator[Edit]:
    """The edits of the destination's own fields."""
    one = reversal.ids.current(merge.type, merge.id)
    given = merge.wanted["input"].get("values") or {}
    shown = attributes(merge.type)
    values = {shown.get(name, name): value for name, value in given.items() if name != "id"}
    for name, value in now.items():
        key = (merge.type, one, name)
        before = mapped(key, merge.before["values"].get(name), reversal.ids.current)
        if same(value, before):
            continue
        if isinstance(value, list):
            items = [item for row in sources for item in _items(row, name)]
            theirs, set_to = (mapped(key, many, reversal.ids.current) for many in (items, values.get(name)))
            # Links to the sources follow when these are made again.
            again = {reversal.ids.current(row.type, row.id) for row in sources if _leads_there(key)}
            was = [item for item in before or () if key_of(item) not in again]
            if change := _list_back(was, value, theirs, set_to):
                yield Edit(*key, value, change)
        elif isinstance(value, dict):
            yield Edit(*key, value, _map_back(before or {}, value, values.get(name)))
        elif name in values and same(value, values[name]):
            yield Edit(*key, value, before)
        elif name in values:
            reversal.refuse(key, [merge], f"{CHANGED} by somebody else")


def _leads_there(key: tuple[str, str, str]) -> bool:
    """Whether a field leads to objects of the same type."""
    relation = relationships(key[0]).get(key[2])
    return relation is not None and relation.inverse_type == key[0]


def _items(row: Recorded, name: str) -> list[Any]:
    """Items that a source may have given to a list of the destination."""
    values = row.before["values"]
    items = list(values.get(name) or ())
    if name in ("aliases", "alias_list"):
        items.append(values.get("name"))
    return items


def _list_back(before: list[Any], now: list[Any], theirs: list[Any], set_to: list[Any] | None) -> Change:
    """Take out what the merge put into a list, and put in again what it took out.

    It put in the items of the sources, or what the list was `set_to`; only that takes out others. What else
    is missing was taken out since.
    """
    was, held, gave = (
        {key_of(item) for item in items} for items in (before, now, [*theirs, *(set_to or ())])
    )
    kept = was if set_to is None else {key_of(item) for item in set_to}
    added = tuple(item for item in before if key_of(item) not in held | kept)
    return Change(added, tuple(item for item in now if key_of(item) in gave - was))


def _map_back(before: Mapping[str, Any], now: Mapping[str, Any], values: Any) -> MapChange:
    """Keys that the merge set get what they had."""
    given = values or {}
    wanted = given.get("full") or given.get("partial") or {}
    ours = [name for name, value in now.items() if name in wanted and same(value, wanted[name])]
    changed = [name for name in ours if not same(before.get(name), now[name])]
    gone = tuple(name for name in changed if name not in before)
    return MapChange({name: before[name] for name in changed if name in before}, gone)


def _leave_files(
    reversal: Reversal, sources: Sequence[Recorded], now: Mapping[str, Any], key: tuple[str, str, str]
) -> None:
    """A file that is the destination's primary one now cannot be moved back, nor one that it has no more."""
    held = [each["id"] for each in now.get("files", ())]
    for row in sources:
        files = row.before.get("files", ())
        row.before["files"] = [each for each in files if each["id"] in held[1:]]
        row.before["lost"] = list(files)
        for each in files:
            if each["id"] not in held:
                reversal.refuse(key, [row], f"its file {each['path']} was deleted since, or given away")
            elif each["id"] == held[0]:
                reversal.refuse(key, [row], f"its primary file {each['path']} stays: it cannot be moved back")


async def _taken_off(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str
) -> list[Edit]:
    """The edits that take the destination off objects that only a source was linked to."""
    keys = [key for key in _gained(reversal, merge, sources) if relationships(key[0])[key[2]].is_list]
    wanted: dict[tuple[str, str], set[str]] = {}
    for name, other, attr in keys:
        wanted.setdefault((name, other), set()).add(attr)
    rows = await read_objects(reversal.session, wanted, await reversal.session.learn()) if wanted else {}
    edits = []
    for key in sorted(keys):
        row = rows.get(key[:2])
        now = before_of(key[0], key[2], row) if row else None
        items = now if isinstance(now, list) else ()
        edits += [Edit(*key, now, Change(removed=(item,))) for item in items if str(key_of(item)) == one]
    return edits
