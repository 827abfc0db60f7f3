"""Markers whose primary tag is also in their list of tags, which no single update can restore.

A merge may produce such a marker. An update removes from the list the primary tag that it sets, too. So the
list is set while another tag is the primary one, and the primary tag is set afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.edits.before_values import read_objects
from stash_cli.core.orm.edit import Edit, key_of
from stash_cli.core.orm.input import before_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from stash_cli.core.client.session import Session

MARKER, TAGS, PRIMARY = "SceneMarker", "tags", "primary_tag"


async def in_two_parts(session: Session, edits: Sequence[Edit]) -> tuple[list[Edit], list[Edit]]:
    """Split edits into those to make first, and edits of primary tags that follow."""
    lists = {edit.id: edit for edit in edits if (edit.type, edit.field) == (MARKER, TAGS)}
    if not lists:
        return list(edits), []
    wanted = {(MARKER, one): (TAGS, PRIMARY) for one in lists}
    rows = await read_objects(session, wanted, await session.load_capabilities())
    primaries = {edit.id: edit for edit in edits if (edit.type, edit.field) == (MARKER, PRIMARY)}
    first = {(edit.type, edit.id, edit.field): edit for edit in edits}
    last: list[Edit] = []
    for one, edit in lists.items():
        if (row := rows.get((MARKER, one))) is None:
            continue
        now = str(before_of(MARKER, PRIMARY, row))
        primary = str(primaries[one].after) if one in primaries else now
        ids = _ids(edit.result)
        if primary not in ids:
            continue
        key = (MARKER, one, PRIMARY)
        first.pop(key, None)
        if now in ids and (other := await _other(session, ids, row)):
            first[key] = Edit(*key, now, other)
            now = other
        last.append(Edit(*key, now, primary))
    return list(first.values()), last


def _ids(items: Any) -> list[str]:
    return [str(key_of(item)) for item in items] if isinstance(items, list | tuple) else []


async def _other(session: Session, ids: Sequence[str], row: Mapping[str, Any]) -> str | None:
    """A tag that is not in `ids`: one that the marker loses, else any other; None if there is none."""
    for one in _ids(before_of(MARKER, TAGS, row)):
        if one not in ids:
            return one
    args = {"filter": {"per_page": len(ids) + 1, "sort": "id"}}
    answer = await session.call("findTags", args, ["tags.id"])
    return next((str(tag["id"]) for tag in answer["tags"] if str(tag["id"]) not in ids), None)
