"""Custom fields: what a create takes whole, and what an update replaces, adds or removes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

_LONGEST_NAME = 64  # bytes
_INT64 = 1 << 63
_GO_NAMES = {list: "[]interface {}", dict: "map[string]interface {}"}
_NOT_A_MAP = "Internal system error. Error <interface conversion: interface {} is nil, not a map>"


def write_on_create(connection: Connection, table: Table, owner: int, values: Mapping[str, Any]) -> None:
    """All fields of a new object; names are not checked, as the server does not check them here."""
    _insert(connection, table, owner, values)


def write_on_update(
    connection: Connection, table: Table, owner: int, change: Mapping[str, Any] | None
) -> None:
    """Apply `{full | partial, remove}`; `full` wins and replaces everything."""
    if change is None:
        raise Refused(_NOT_A_MAP)
    full, partial = change.get("full"), change.get("partial") or {}
    values, removed = (partial if full is None else full), change.get("remove") or []
    for name in [*values, *removed]:
        _check_name(name)
    if both := [name for name in values if name in removed]:
        raise Refused(f'custom field name "{both[0]}" cannot be in both values and delete keys')
    key = table.primary_key.columns.values()[0]
    gone = table.c.field.in_([*values, *removed]) if full is None else key == owner
    connection.execute(delete(table).where(key == owner, gone))
    _insert(connection, table, owner, values)


def _insert(connection: Connection, table: Table, owner: int, values: Mapping[str, Any]) -> None:
    key = table.primary_key.columns.keys()[0]
    rows = [
        {key: owner, "field": name, "value": _sql_value(name, value)}
        for name, value in values.items()
        if value is not None
    ]
    if rows:
        connection.execute(insert(table), rows)


def _sql_value(name: str, value: Any) -> Any:
    if isinstance(value, list | dict):
        kind = _GO_NAMES[type(value)]
        raise Refused(f'getting SQL value for field "{name}": unsupported custom field value type: {kind}')
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    too_large = isinstance(value, int) and not -_INT64 <= value < _INT64
    return float(value) if too_large else value


def _check_name(name: str) -> None:
    if not name:
        problem = "cannot be empty"
    elif name != name.strip():
        problem = "cannot have leading or trailing whitespace"
    elif len(name.encode()) > _LONGEST_NAME:
        problem = f"must be less than {_LONGEST_NAME + 1} characters"
    else:
        return
    raise Refused(f'custom field name "{name}": custom field name {problem}')
