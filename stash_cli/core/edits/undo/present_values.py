"""Present values of the fields that an undo restores; missing and replaced objects are reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import is_read, read_objects, with_before
from stash_cli.core.edits.journal.pictures import is_picture
from stash_cli.core.edits.journal.resources import is_resource, mapped, read_resources
from stash_cli.core.edits.undo.reverse import same
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.input import before_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.edits.journal.changes import Recorded
    from stash_cli.core.edits.undo.reverse import NetChange
    from stash_cli.core.edits.undo.undo import Reversal

    Key = tuple[str, str, str]
    Nets = Mapping[Key, NetChange]
    RowsByKey = Mapping[Key, list[Recorded]]

GONE = "it does not exist any more"
OTHER = "its id is another object's now"


async def present_values(reversal: Reversal, nets: Nets, rows_by_key: RowsByKey) -> dict[Key, Any]:
    """Read fields by type, present id and name; `rows_by_key` are the changes to undo."""
    # A file that was moved twice may be at any of its paths.
    others = {
        key: [value for row in rows_by_key[key] for value in (row.before, row.edit.after)]
        for key in nets
        if is_resource(key[0])
    }
    values = await _resources(reversal, others, rows_by_key)
    own = {key: net for key, net in nets.items() if key not in others}
    return values | (await _fields(reversal, own, rows_by_key) if own else {})


async def _resources(
    reversal: Reversal, wanted: Mapping[Key, list[Any]], rows_by_key: RowsByKey
) -> dict[Key, Any]:
    """Values of resources."""
    present = await read_resources(reversal.session, wanted)
    for key in wanted.keys() - present.keys():
        reversal.refuse(key, rows_by_key[key], GONE)
    # A filter may refer to objects by the ids that they had before they were deleted and recreated.
    return {key: mapped(key, value, reversal.ids.current) for key, value in present.items()}


async def _fields(reversal: Reversal, nets: Nets, rows_by_key: RowsByKey) -> dict[Key, Any]:
    """Values of entities; pictures, and lists that related objects store, are read separately."""
    attrs_by_object: dict[tuple[str, str], set[str]] = {}
    for type_name, one, name in nets:
        if is_read(type_name):
            attrs_by_object.setdefault((type_name, one), set()).add(name)
    session = reversal.session
    rows = (
        await read_objects(session, attrs_by_object, await session.load_capabilities())
        if attrs_by_object
        else {}
    )
    values: dict[Key, Any] = {}  # in the order of the changes
    unread = []
    for key, net in nets.items():
        row = rows.get(key[:2])
        if row is None or _is_other(key, row, rows_by_key[key]):
            reversal.refuse(key, rows_by_key[key], GONE if row is None else OTHER)
        elif _is_stored_by_related(key):
            values[key] = UNSET
            unread.append(Edit(*key, UNSET, _items(net)))
        else:
            values[key] = before_of(key[0], key[2], row)
    pictured = [key for key in values if is_picture(key[0], key[2])]
    values |= await reversal.pictures.read(session, pictured)
    for edit in await with_before(session, unread):
        values[edit.type, edit.id, edit.field] = edit.before
    return values


def _is_other(key: Key, row: Mapping[str, Any], changes: list[Recorded]) -> bool:
    """Whether the id belongs to another object by now than the one that was changed."""
    created_at = next((each.created_at for each in changes if each.created_at), None)
    is_own_id = key[1] == changes[0].id
    return created_at is not None and is_own_id and not same(created_at, row.get("created_at", created_at))


def _is_stored_by_related(key: Key) -> bool:
    """Whether a field is a list that related objects store."""
    relation = relationships(key[0]).get(key[2])
    return relation is not None and relation.query_strategy == "filter_query"


def _items(net: NetChange) -> Change:
    """All items that are in the change, or in the value before or after it."""
    change = net.change if isinstance(net.change, Change) else Change()
    return Change(tuple({*change.added, *change.removed, *(net.before or ()), *(net.answered or ())}))
