"""Undo of a merge: recreate its sources, and remove from the destination what they added."""

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
    """Undo a merge, the last of `rows`; the others are the objects that it deleted."""
    *sources, merge = rows
    one = reversal.ids.current(merge.type, merge.id)
    key = (merge.type, one, "")
    snapshots = await read_snapshots(reversal.session, merge.type, [one])
    if reason := await _obstacle(reversal, merge, sources, one, is_there=one in snapshots):
        reversal.refuse(key, [merge], reason)
        return
    # First the destination: the names of the sources are its aliases, and have to be free again.
    edits = list(_destination_edits(reversal, merge, sources, snapshots[one][0]["values"]))
    for edit in edits:
        if reason := refusal(edit):
            reversal.refuse((edit.type, edit.id, edit.field), [merge], reason)
    await reversal.apply([edit for edit in edits if not refusal(edit)], {})
    _report_files(reversal, sources, snapshots[one][0], key)
    await _recreate_sources(reversal, merge, sources, one)


async def _recreate_sources(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str
) -> None:
    """Recreate the sources; the merge is undone if nothing failed, else the next undo continues."""
    failed = reversal.report.failed
    await recreate(reversal, sources)
    if not reversal.is_dry:
        await reversal.apply(await _unlinking_edits(reversal, merge, sources, one), {})
        if reversal.report.failed == failed:
            reversal.set_undone([merge])


async def _obstacle(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str, *, is_there: bool
) -> str:
    """Reason why a merge cannot be undone, or not yet; "" if there is none."""
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
    """The first later run in the journal that changed a link which the merge gave the destination.

    Undoing that run later would restore the link that is removed here.
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
    """Type, present id and field of the links that only a source had before the merge."""
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


def _destination_edits(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], now: Mapping[str, Any]
) -> Iterator[Edit]:
    """Yield the edits that restore the destination's own fields."""
    one = reversal.ids.current(merge.type, merge.id)
    sent_values = merge.wanted["input"].get("values") or {}
    shown = attributes(merge.type)
    values = {shown.get(name, name): value for name, value in sent_values.items() if name != "id"}
    for name, value in now.items():
        key = (merge.type, one, name)
        before = mapped(key, merge.before["values"].get(name), reversal.ids.current)
        if same(value, before):
            continue
        if isinstance(value, list):
            items = [item for row in sources for item in _items(row, name)]
            theirs, set_to = (mapped(key, many, reversal.ids.current) for many in (items, values.get(name)))
            # Links to the sources are restored after these are recreated.
            source_ids = {reversal.ids.current(row.type, row.id) for row in sources if _links_own_type(key)}
            others = [item for item in before or () if key_of(item) not in source_ids]
            if change := _restored_list(others, value, theirs, set_to):
                yield Edit(*key, value, change)
        elif isinstance(value, dict):
            yield Edit(*key, value, _restored_map(before or {}, value, values.get(name)))
        elif name in values and same(value, values[name]):
            yield Edit(*key, value, before)
        elif name in values:
            reversal.refuse(key, [merge], f"{CHANGED} by somebody else")


def _links_own_type(key: tuple[str, str, str]) -> bool:
    """Whether a field links objects of the same type."""
    relation = relationships(key[0]).get(key[2])
    return relation is not None and relation.inverse_type == key[0]


def _items(row: Recorded, name: str) -> list[Any]:
    """Items that a source may have added to a list of the destination."""
    values = row.before["values"]
    items = list(values.get(name) or ())
    if name in ("aliases", "alias_list"):
        items.append(values.get("name"))
    return items


def _restored_list(before: list[Any], now: list[Any], theirs: list[Any], set_to: list[Any] | None) -> Change:
    """The change that removes the items which the merge added to a list, and adds those that it removed.

    The merge added the items of the sources, or set the list to `set_to`; only the latter removes items. Any
    other missing item was removed since, and stays so.
    """
    old_keys, present_keys, added_keys = (
        {key_of(item) for item in items} for items in (before, now, [*theirs, *(set_to or ())])
    )
    retained = old_keys if set_to is None else {key_of(item) for item in set_to}
    added = tuple(item for item in before if key_of(item) not in present_keys | retained)
    return Change(added, tuple(item for item in now if key_of(item) in added_keys - old_keys))


def _restored_map(before: Mapping[str, Any], now: Mapping[str, Any], values: Any) -> MapChange:
    """The change that restores the keys that the merge set, unless they were changed since."""
    map_input = values or {}
    new_values = map_input.get("full") or map_input.get("partial") or {}
    ours = [name for name, value in now.items() if name in new_values and same(value, new_values[name])]
    changed = [name for name in ours if not same(before.get(name), now[name])]
    removed = tuple(name for name in changed if name not in before)
    return MapChange({name: before[name] for name in changed if name in before}, removed)


def _report_files(
    reversal: Reversal, sources: Sequence[Recorded], now: Mapping[str, Any], key: tuple[str, str, str]
) -> None:
    """Reduce the files of the sources to those that can be moved back, and report the others.

    The destination's primary file cannot be moved back, and neither can a file that it has no more.
    """
    present_ids = [each["id"] for each in now.get("files", ())]
    for row in sources:
        files = row.before.get("files", ())
        row.before["files"] = [each for each in files if each["id"] in present_ids[1:]]
        row.before["lost"] = list(files)
        for each in files:
            if each["id"] not in present_ids:
                reversal.refuse(key, [row], f"its file {each['path']} was deleted since, or given away")
            elif each["id"] == present_ids[0]:
                reversal.refuse(key, [row], f"its primary file {each['path']} stays: it cannot be moved back")


async def _unlinking_edits(
    reversal: Reversal, merge: Recorded, sources: Sequence[Recorded], one: str
) -> list[Edit]:
    """The edits that unlink the destination from objects to which only a source was linked."""
    keys = [key for key in _gained(reversal, merge, sources) if relationships(key[0])[key[2]].is_list]
    attrs_by_object: dict[tuple[str, str], set[str]] = {}
    for name, other, attr in keys:
        attrs_by_object.setdefault((name, other), set()).add(attr)
    rows = (
        await read_objects(reversal.session, attrs_by_object, await reversal.session.load_capabilities())
        if attrs_by_object
        else {}
    )
    edits = []
    for key in sorted(keys):
        row = rows.get(key[:2])
        now = before_of(key[0], key[2], row) if row else None
        items = now if isinstance(now, list) else ()
        edits += [Edit(*key, now, Change(removed=(item,))) for item in items if str(key_of(item)) == one]
    return edits
