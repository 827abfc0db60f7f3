"""Comparison of planned edits with present values before they are sent: concurrent changes are conflicts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConflictError, StashError, StashNotFoundError
from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.history import Conflict
from stash_cli.core.orm.input import before_of, field_paths
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from stash_cli.core.edits.drafts.draft import ObjectEdits

    Row = Mapping[str, Any]
    Read = Callable[[Sequence[str], Sequence[str]], Awaitable[Mapping[str, Row]]]
    """Reads objects by ids, with paths to select; returns rows by id, without deleted objects."""


async def recheck(
    read: Read, type_name: str, page: Sequence[ObjectEdits]
) -> tuple[list[ObjectEdits], dict[str, StashError]]:
    """Read the objects of a page again; return those whose edits are valid, and the errors of the others.

    A value that differs from the one that the edit was planned on is a conflict. Changes of single list items
    or map keys keep the additions of others. Edits that are in effect already are dropped.
    """
    rows = await read([each.id for each in page], paths_of(type_name, fields_of(page)))
    valid: list[ObjectEdits] = []
    errors: dict[str, StashError] = {}
    for each in page:
        row = rows.get(each.id)
        if row is None:
            errors[each.id] = StashNotFoundError(f"no {ENTITIES[type_name].noun} with id {each.id}")
            continue
        edits, conflicts = rebase(each.edits, row)
        if conflicts:
            errors[each.id] = _error(conflicts)
        else:
            times = {name: row.get(name) or [] for name in each.times}
            valid.append(replace(each, edits=edits, times=times))
    return valid, errors


def fields_of(page: Iterable[ObjectEdits]) -> list[str]:
    """Fields that the edits of a page change, and the histories of counters."""
    names = (name for each in page for name in (*(edit.field for edit in each.edits), *each.times))
    return list(dict.fromkeys(names))


def paths_of(type_name: str, fields: Iterable[str]) -> list[str]:
    """Paths to select for fields of an object, with its id."""
    wanted = set(fields)
    declared = (field for field in ENTITIES[type_name].api.fields.values() if field.attr in wanted)
    return ["id", *(path for field in declared for path in field_paths(field))]


def rebase(edits: Iterable[Edit], row: Row) -> tuple[tuple[Edit, ...], dict[str, Conflict]]:
    """Edits based on the present values, and conflicts: fields that differ from the planned old value."""
    rebased: list[Edit] = []
    conflicts: dict[str, Conflict] = {}
    for edit in edits:
        now = before_of(edit.type, edit.field, row)
        # A value that was not read, or cannot be on this server, is not compared: the edit stays as planned.
        if now is UNSET or edit.before is UNSET:
            rebased.append(edit)
        elif is_noop(replace(edit, before=now)):
            continue
        elif is_applicable(edit, now):
            rebased.append(replace(edit, before=now))
        else:
            conflicts[edit.field] = Conflict(edit.before, edit.result, now)
    return tuple(rebased), conflicts


def is_applicable(edit: Edit, now: Any) -> bool:
    """Whether an edit may be made on `now`: the old value is unchanged, or not affected by the edit."""
    if isinstance(edit.after, Change):
        return True
    if isinstance(edit.after, MapChange):
        before, after = edit.before or {}, now or {}
        touched = {*edit.after.values, *edit.after.removed}
        return all(same_value(before.get(key), after.get(key)) for key in touched)
    return equal(edit.type, edit.field, edit.before, now)


def is_noop(edit: Edit) -> bool:
    """Whether an edit changes nothing: the server already has its value, as far as it was read."""
    if edit.before is UNSET:
        return False
    if isinstance(edit.after, Change):
        present_keys = {key_of(item) for item in edit.before or ()}
        added = {key_of(item) for item in edit.after.added}
        return added <= present_keys and present_keys.isdisjoint(key_of(item) for item in edit.after.removed)
    if isinstance(edit.after, MapChange):
        before = edit.before or {}
        kept = all(key in before and same_value(before[key], item) for key, item in edit.after.values.items())
        return kept and before.keys().isdisjoint(edit.after.removed)
    return equal(edit.type, edit.field, edit.before, edit.after)


def equal(type_name: str, field: str, one: Any, other: Any) -> bool:
    """Whether two values of a field are the same; servers return links in any order, and "" for no text."""
    if isinstance(one, list) or isinstance(other, list):
        left, right = list(one or ()), list(other or ())
        if field in relationships(type_name) or field == "stash_ids":
            return sorted(map(_comparable, left)) == sorted(map(_comparable, right))
        return left == right
    if isinstance(one, dict) or isinstance(other, dict):
        left_map, right_map = one or {}, other or {}
        return left_map.keys() == right_map.keys() and all(
            same_value(left_map[key], right_map[key]) for key in left_map
        )
    return same_value(one if one != "" else None, other if other != "" else None)


def same_value(one: Any, other: Any) -> bool:
    """Whether two plain values are the same; servers turn true into 1 and 2.0 into 2."""
    return bool(one == other)


def _comparable(item: Any) -> str:
    """An item and its data as comparable text; without the time of a stash-box id, which the server sets."""
    if not isinstance(item, dict):
        return str(item)
    kept = {name: value for name, value in item.items() if value is not None and name != "updated_at"}
    return json.dumps(kept, sort_keys=True)


def _error(conflicts: dict[str, Conflict]) -> StashConflictError:
    return StashConflictError(
        f"changed by others since it was read, in {', '.join(conflicts)}",
        conflicts,
        hint="Look at it and try again, or overwrite it with --force.",
    )
