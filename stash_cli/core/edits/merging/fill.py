"""Edits that fill objects from external values: empty fields are set, lists extended."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.drafts.recheck import is_noop
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
"""Facts of sidecars whose attribute has another name."""


def facts_of(type_name: str) -> list[str]:
    """The facts of sidecars that objects of a type have."""
    names = (each.name for each in fields(Sidecar))
    return [name for name in names if ATTRS.get(name, name) in RULES[type_name]]


def fill_edits(
    type_name: str, row: Row, values: Mapping[str, Any], *, overwrite: bool = False
) -> Iterator[Edit]:
    """Edits that fill an object with values by attribute, in the shape of its update input.

    Missing items are added to lists, and one id for each endpoint. Any other field is set if it is empty, and
    with `overwrite` always. Fields that the row does not have are left alone.
    """
    for attr, value in values.items():
        before = before_of(type_name, attr, row)
        if before is UNSET or not is_set(value):
            continue
        after = _after(RULES[type_name][attr], before, value, overwrite=overwrite)
        edit = Edit(type_name, str(row["id"]), attr, before, after)
        if after is not UNSET and not is_noop(edit):
            yield edit


def _after(rule: Rule, before: Any, value: Any, *, overwrite: bool) -> Any:
    """The new value, or the change of a list; UNSET if the field stays."""
    if rule in _LISTS:
        present_keys = {key_of(item) for item in before or ()}
        return Change(tuple(item for item in value if key_of(item) not in present_keys))
    if rule in _ENDPOINTS:
        return _with_ids(before or (), value, overwrite=overwrite)
    return value if overwrite or not is_set(before) else UNSET


def _with_ids(before: Sequence[Any], value: Sequence[Any], *, overwrite: bool) -> Change:
    """The change that adds ids for endpoints without one, and with `overwrite` replaces differing ids."""
    by_endpoint = {item["endpoint"]: item for item in before}
    new = [item for item in value if overwrite or item["endpoint"] not in by_endpoint]
    changed = [
        item for item in new if by_endpoint.get(item["endpoint"], {}).get("stash_id") != item["stash_id"]
    ]
    old = [by_endpoint[item["endpoint"]] for item in changed if item["endpoint"] in by_endpoint]
    return Change(tuple(changed), tuple(old))
