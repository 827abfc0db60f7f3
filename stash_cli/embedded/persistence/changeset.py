"""The one writer of all entities: from an input to rows, driven by a mapper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.persistence import blobs
from stash_cli.embedded.persistence.entity_mapper import Change, EntityMapper
from stash_cli.embedded.persistence.input_fields import column_for, set_column, without_deprecated
from stash_cli.embedded.persistence.lists import ListChange

if TYPE_CHECKING:
    from collections.abc import Mapping


def create(connection: Connection, mapper: EntityMapper, given: Mapping[str, Any]) -> int:
    """Insert an object and return its id."""
    change = _change_from_input(connection, mapper, given, None)
    stamp = timestamps.now()
    row = {"created_at": stamp, "updated_at": stamp, **change.columns}
    change.id = _inserted(connection.execute(insert(mapper.table).values(row)).inserted_primary_key)
    _write_lists(change)
    if given.get("custom_fields") and mapper.custom_fields is not None:
        fields = given["custom_fields"]
        write_on_create(connection, mapper.custom_fields, change.id, fields)
    _run_hooks(change)
    return change.id


def update_one(connection: Connection, mapper: EntityMapper, object_id: int, given: Mapping[str, Any]) -> int:
    """Update an object by `given` and return its id: absent fields are kept, null clears."""
    change = _change_from_input(connection, mapper, given, object_id)
    columns = {**change.columns, "updated_at": timestamps.now()}
    connection.execute(update(mapper.table).where(mapper.table.c.id == object_id).values(columns))
    _write_lists(change)
    if "custom_fields" in given and mapper.custom_fields is not None:
        fields = given["custom_fields"]
        write_on_update(connection, mapper.custom_fields, object_id, fields)
    _run_hooks(change)
    return object_id


def require(connection: Connection, mapper: EntityMapper, object_id: int, message: str) -> None:
    """Raise Refused with the mapper's `message` if there is no such object."""
    if not exists(connection, mapper, object_id):
        raise Refused(mapper.not_found(message, object_id))


def exists(connection: Connection, mapper: EntityMapper, object_id: int) -> bool:
    column = mapper.table.c.id
    return bool(connection.scalar(select(func.count()).where(column == object_id)))


def _inserted(key: Any) -> int:
    return int(key[0])


def _change_from_input(
    connection: Connection, mapper: EntityMapper, given: Mapping[str, Any], object_id: int | None
) -> Change:
    """Convert the input to columns and lists, and validate it."""
    change = Change(connection, mapper, given, object_id)
    given = change.given = without_deprecated(change)
    for field, value in given.items():
        if field in mapper.lists:
            change.lists[field] = ListChange.read(value)
        elif (column := column_for(change, field)) is not None:
            set_column(change, field, column, value)
    for validate in mapper.validators:
        validate(change)
    for field, column_name in mapper.pictures.items():
        if field in given:
            _set_picture(change, field, column_name)
    return change


def _set_picture(change: Change, field: str, column: str) -> None:
    text = change.given[field]
    if text:
        picture = blobs.read_picture(text, field.replace("_", " "))
        change.columns[column] = blobs.store(change.connection, picture) if picture else None
    # An empty text clears a picture, except the cover of a scene, which the server keeps.
    elif change.mapper.clearable:
        change.columns[column] = None


def _write_lists(change: Change) -> None:
    for field, list_change in change.lists.items():
        change.mapper.lists[field].write(change.connection, change.owner, list_change)


def _run_hooks(change: Change) -> None:
    for validate in change.mapper.after_write:
        validate(change)
    # The replaced picture may have been the last reference to its content.
    if not change.creating and any(name.endswith("_blob") for name in change.columns):
        blobs.delete_unreferenced(change.connection)


# Bytes of a custom field's name; the server's message counts characters.
_LONGEST_NAME = 64
_INT64 = 1 << 63
_GO_NAMES = {list: "[]interface {}", dict: "map[string]interface {}"}
_NOT_A_MAP = "Internal system error. Error <interface conversion: interface {} is nil, not a map>"


def write_on_create(connection: Connection, table: Table, owner: int, values: Mapping[str, Any]) -> None:
    """Insert the custom fields of a new object; as on the server, their names are not validated here."""
    _insert(connection, table, owner, values)


def write_on_update(
    connection: Connection, table: Table, owner: int, change: Mapping[str, Any] | None
) -> None:
    """Apply `{full | partial, remove}`; `full` takes precedence and replaces all fields."""
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
