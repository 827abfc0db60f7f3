"""Edits that fill objects from external values: empty fields are set, lists extended."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.drafts.recheck import is_so
from stash_cli.core.edits.merging.combine import RULES, Rule, is_set
from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.orm.input import before_of
from stash_cli.core.sidecars import Sidecar
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

_LISTS = (Rule.UNITE, Rule.NAMES)
_ENDPOINTS = (Rule.ENDPOINTS, Rule.ONE_PERSON)


ATTRS = {"ids": "stash_ids"}
"""Facts of sidecars that have another name as attributes."""


def facts_of(type_name: str) -> list[str]:
    """The facts of sidecars that objects of a type have."""
    names = (each.name for each in fields(Sidecar))
    return [name for name in names if ATTRS.get(name, name) in RULES[type_name]]


def fill_edits(
    type_name: str, row: Row, values: Mapping[str, Any], *, overwrite: bool = False
) -> Iterator[Edit]:
    """The edits that give an object values by attribute, in the shape of its update input.

    Lists get what they lack, an endpoint one id. Any other field is filled where it is empty, with
    `overwrite` also where it is not. Fields that the row does not have are left alone.
    """
    for attr, value in values.items():
        before = before_of(type_name, attr, row)
        if before is UNSET or not is_set(value):
            continue
        after = _after(RULES[type_name][attr], before, value, overwrite=overwrite)
        edit = Edit(type_name, str(row["id"]), attr, before, after)
        if after is not UNSET and not is_so(edit):
            yield edit


def _after(rule: Rule, before: Any, value: Any, *, overwrite: bool) -> Any:
    """The value afterwards, or the change of a list; UNSET where the field stays."""
    if rule in _LISTS:
        held = {key_of(item) for item in before or ()}
        return Change(tuple(item for item in value if key_of(item) not in held))
    if rule in _ENDPOINTS:
        return _with_ids(before or (), value, overwrite=overwrite)
    return value if overwrite or not is_set(before) else UNSET


def _with_ids(before: Sequence[Any], value: Sequence[Any], *, overwrite: bool) -> Change:
    """The ids of endpoints that have none; with `overwrite` in place of those that they have."""
    held = {item["endpoint"]: item for item in before}
    new = [item for item in value if overwrite or item["endpoint"] not in held]
    changed = [item for item in new if held.get(item["endpoint"], {}).get("stash_id") != item["stash_id"]]
    old = [held[item["endpoint"]] for item in changed if item["endpoint"] in held]
    return Change(tuple(changed), tuple(old))
