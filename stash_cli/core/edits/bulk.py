"""The same change of many objects as one bulk update: equal values, the same put into lists or taken out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.writing import input_field, operation_name
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.pending import compare
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.api import ApiField, describe_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.edits.saving import Saving
    from stash_cli.core.graphql.capability import ServerCapabilities
    from stash_cli.core.types.entity import StashObject

Prepared = tuple["StashObject", "Saving"]

_LISTS = {"BulkUpdateIds": "ids", "BulkUpdateStrings": "values", "BulkUpdateGroupDescriptionsInput": "groups"}
"""Types that change a list -> their field for its items."""

_DROPS_CHANGES = frozenset({"SceneMarker"})
"""Types whose bulk update forgets a list that is as long as before (server facts, 5.2)."""


def alike(prepared: Iterable[Prepared], server: ServerCapabilities) -> list[list[Prepared]]:
    """Savings in groups that one mutation can write: many updates that say the same, else one by one."""
    groups: dict[Any, list[Prepared]] = {}
    for number, (obj, saving) in enumerate(prepared):
        change = bulk_change(type(obj).__name__, saving, server)
        key = number if change is None else (type(obj).__name__, json.dumps(change, sort_keys=True))
        groups.setdefault(key, []).append((obj, saving))
    return list(groups.values())


def bulk_change(type_name: str, saving: Saving, server: ServerCapabilities) -> dict[str, Any] | None:
    """The fields of a bulk update that says what `saving` does; None where none does on this server."""
    bulk = describe_api().types.get(f"Bulk{type_name}UpdateInput")
    if bulk is None or type_name in _DROPS_CHANGES or saving.verb != "Update":
        return None
    own = describe_api().types[f"{type_name}UpdateInput"].fields
    found = {}
    for name, value in saving.input.items():
        if name == "id":
            continue
        field = bulk.fields.get(name)
        if field is None or server.field_name(bulk.name, name) is None or not _means_the_same(name, value):
            return None
        shaped = _difference(type_name, name, saving) or _shaped(field, own[name], value)
        if shaped is None:
            return None
        found[name] = shaped[0]
    return found


def is_exact(obj: StashObject, saving: Saving, server: ServerCapabilities) -> bool:
    """Whether a bulk update says what changes of every list, whatever else others put into it."""
    change = bulk_change(type(obj).__name__, saving, server)
    lists = [value for value in (change or {}).values() if isinstance(value, dict) and "mode" in value]
    return bool(lists) and all(value["mode"] != "SET" for value in lists)


def operation_of(group: list[Prepared], server: ServerCapabilities) -> tuple[str, dict[str, Any]]:
    """The mutation that writes a group that is `alike`, and its arguments."""
    obj, saving = group[0]
    if len(group) > 1 or is_exact(obj, saving, server):
        return f"bulk{type(obj).__name__}Update", {"input": bulk_input(group, server)}
    return operation_name(type(obj), saving.verb), {"input": saving.input}


def _difference(type_name: str, name: str, saving: Saving) -> tuple[Any] | None:
    """What was put into a list, or taken out: it may be the same whatever else the lists hold."""
    for attr, before in saving.before.items():
        field = input_field(class_named(type_name), saving.verb, attr)
        relation = relationships(type_name).get(attr)
        if field is None or field.name != name or not isinstance(before, list):
            continue
        if relation is None:
            return _text_difference(before, saving.values[attr])
        change = compare(before, saving.values[attr])
        if not relation.through and change and not (change.added and change.removed):
            ids = sorted(item.id for item in change.added or change.removed)
            return ({"ids": ids, "mode": "ADD" if change.added else "REMOVE"},)
    return None


def _text_difference(before: list[Any], after: Any) -> tuple[Any] | None:
    """Texts put at the end of a list, or taken out of it: their order counts."""
    if not isinstance(after, list) or len({*before, *after}) < max(len(before), len(after)):
        return None
    added, removed = after[len(before) :], [text for text in before if text not in after]
    if added and after[: len(before)] == before:
        return ({"values": added, "mode": "ADD"},)
    if removed and after == [text for text in before if text in after]:
        return ({"values": removed, "mode": "REMOVE"},)
    return None


def _means_the_same(name: str, value: Any) -> bool:
    """Whether the bulk update takes the value as the single one does, which refuses blank titles."""
    return name != "title" or bool(value)


def _shaped(field: ApiField, own: ApiField, value: Any) -> tuple[Any] | None:
    """The value in the bulk input's shape, in a tuple as it may be None; None where it does not fit."""
    items = _LISTS.get(field.type.name)
    if items is not None and own.type.is_list:
        return ({items: value or [], "mode": "SET"},)
    same = field.type.name == own.type.name and field.type.is_list == own.type.is_list
    return (value,) if same else None


def bulk_input(group: list[Prepared], server: ServerCapabilities) -> Mapping[str, Any]:
    """The input of the bulk update for a group that is `alike`."""
    obj, saving = group[0]
    change = bulk_change(type(obj).__name__, saving, server) or {}
    return {"ids": [each.id for each, _ in group], **change}
