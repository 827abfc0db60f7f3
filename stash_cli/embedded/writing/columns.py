"""Single values of an input, each turned into what its column holds; the column says how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Float, Text

from stash_cli.embedded.writing.arguments import null_refused, to_reference, trimmed
from stash_cli.embedded.writing.blueprint import COLUMN_NAMES
from stash_cli.embedded.writing.dates import parse_date

if TYPE_CHECKING:
    from sqlalchemy import Column

    from stash_cli.embedded.writing.blueprint import Change

_NOT_FIELDS = frozenset({"id", "created_at", "updated_at"})


def column_for(change: Change, field: str) -> Column[Any] | None:
    """The column behind an input field, or None when it is no single value."""
    if field in _NOT_FIELDS or field in change.blueprint.ignored:
        return None
    return change.blueprint.table.c.get(COLUMN_NAMES.get(field, field))


def set_column(change: Change, field: str, column: Column[Any], value: Any) -> None:
    """Convert `value` and note it down in `change.columns`."""
    if f"{column.name}_precision" in column.table.c:
        _set_date(change, field, column, value)
    elif column.foreign_keys:
        what = field.replace("_", " ")
        number = to_reference(value, what, creating=change.creating)
        change.columns[column.name] = _required(change, column, number)
    elif isinstance(column.type, Text):
        change.columns[column.name] = _text(change, field, column, value)
    else:
        change.columns[column.name] = _required(change, column, value)


def _set_date(change: Change, field: str, column: Column[Any], value: str | None) -> None:
    date = parse_date(value, field.replace("_", " ")) if value else None
    change.columns[column.name] = date.day if date else None
    change.columns[f"{column.name}_precision"] = date.precision if date else None


def _text(change: Change, field: str, column: Column[Any], value: Any) -> str | None:
    as_given = field in change.blueprint.untrimmed and not change.creating
    text = ("" if value is None else str(value)) if as_given else trimmed(value)
    return None if text == "" and column.nullable else text


def _required(change: Change, column: Column[Any], value: Any) -> Any:
    """Refuse null where the column takes none; a create falls back to the column's default."""
    if value is not None or column.nullable:
        return value
    if change.creating and column.server_default is not None:
        return False if isinstance(column.type, Boolean) else 0
    if isinstance(column.type, Boolean):
        raise null_refused("bool")
    raise null_refused("float64" if isinstance(column.type, Float) else "int")
