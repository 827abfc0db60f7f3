"""Descriptions of saved criteria for people: a line for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stash_cli.core.query.fields import fields

_MODIFIERS = {
    "EQUALS": "is",
    "NOT_EQUALS": "is not",
    "GREATER_THAN": "more than",
    "LESS_THAN": "less than",
    "IS_NULL": "none",
    "NOT_NULL": "any",
    "INCLUDES": "includes",
    "INCLUDES_ALL": "includes all of",
    "EXCLUDES": "excludes",
    "MATCHES_REGEX": "matches",
    "NOT_MATCHES_REGEX": "does not match",
    "BETWEEN": "between",
    "NOT_BETWEEN": "not between",
}

Names = Mapping[tuple[str, str], str]
"""(Type, id) -> the current name, where it differs from the saved label."""


def describe_criteria(type_name: str, object_filter: Mapping[str, Any], names: Names) -> list[str]:
    """A line for each criterion: `tags includes all of Outdoor and below, but not Indoor`."""
    return [_line(type_name, name, saved, names) for name, saved in object_filter.items()]


def _line(type_name: str, name: str, saved: Any, names: Names) -> str:
    if not isinstance(saved, Mapping):
        rows = saved if isinstance(saved, list) else []
        return f"{name} {'; '.join(_custom(row) for row in rows if isinstance(row, Mapping)) or saved}"
    declared = fields(type_name).get(name)
    target = declared.target or "" if declared else ""
    modifier = str(saved.get("modifier") or "EQUALS")
    value = "" if modifier in ("IS_NULL", "NOT_NULL") else _value(saved.get("value"), saved, target, names)
    return f"{name} {_MODIFIERS.get(modifier, modifier)} {value}".rstrip()


def _custom(row: Mapping[str, Any]) -> str:
    values = ", ".join(map(str, row.get("value") or ()))
    modifier = str(row.get("modifier"))
    return f"{row.get('field')} {_MODIFIERS.get(modifier, modifier)} {values}".rstrip()


def _value(value: Any, saved: Mapping[str, Any], target: str, names: Names) -> str:
    if isinstance(value, list):
        return ", ".join(_item(one, target, names) for one in value)
    if isinstance(value, Mapping) and ("items" in value or "excluded" in value):
        return _items(value, target, names)
    if isinstance(value, Mapping) and "stashID" in value:
        return f"{value['stashID']} {value.get('endpoint') or ''}".strip()
    if isinstance(value, Mapping):
        ends = [value.get("value"), value.get("value2")]
        near = f" within {value['distance']} bits" if value.get("distance") else ""
        return " and ".join(str(end) for end in ends if end is not None) + near
    second = saved.get("value2")
    return f"{value}" if second is None else f"{value} and {second}"


def _items(value: Mapping[str, Any], target: str, names: Names) -> str:
    items = ", ".join(_item(one, target, names) for one in value.get("items") or ())
    excluded = ", ".join(_item(one, target, names) for one in value.get("excluded") or ())
    depth = value.get("depth") or 0
    below = "" if not depth else " and all below" if depth < 0 else f" and {depth} levels below"
    parts = [items + below if items else "", f"not {excluded}" if excluded else ""]
    return ", but ".join(filter(None, parts)) or "nothing"


def _item(item: Any, target: str, names: Names) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    known = names.get((target, str(item.get("id"))))
    return str(known or item.get("label") or item.get("id"))
