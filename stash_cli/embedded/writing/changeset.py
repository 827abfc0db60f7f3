"""The one writer of all entities: from an input to rows, driven by a blueprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.writing import custom_fields, pictures
from stash_cli.embedded.writing.blueprint import Blueprint, Change
from stash_cli.embedded.writing.columns import column_for, set_column
from stash_cli.embedded.writing.legacy import modern
from stash_cli.embedded.writing.lists import ListChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def create(connection: Connection, blueprint: Blueprint, given: Mapping[str, Any]) -> int:
    """Make an object and return its id."""
    change = _read(connection, blueprint, given, None)
    stamp = timestamps.now()
    row = {"created_at": stamp, "updated_at": stamp, **change.columns}
    change.id = _inserted(connection.execute(insert(blueprint.table).values(row)).inserted_primary_key)
    _write_parts(change)
    if given.get("custom_fields") and blueprint.custom_fields is not None:
        fields = given["custom_fields"]
        custom_fields.write_on_create(connection, blueprint.custom_fields, change.id, fields)
    _finish(change)
    return change.id


def change_one(connection: Connection, blueprint: Blueprint, object_id: int, given: Mapping[str, Any]) -> int:
    """Apply `given` to an existing object: absent fields stay, null clears. Returns the id."""
    change = _read(connection, blueprint, given, object_id)
    columns = {**change.columns, "updated_at": timestamps.now()}
    connection.execute(update(blueprint.table).where(blueprint.table.c.id == object_id).values(columns))
    _write_parts(change)
    if "custom_fields" in given and blueprint.custom_fields is not None:
        fields = given["custom_fields"]
        custom_fields.write_on_update(connection, blueprint.custom_fields, object_id, fields)
    _finish(change)
    return object_id


def require(connection: Connection, blueprint: Blueprint, object_id: int, message: str) -> None:
    """Refuse with the blueprint's `message` when there is no such object."""
    if not exists(connection, blueprint, object_id):
        raise Refused(blueprint.not_found(message, object_id))


def exists(connection: Connection, blueprint: Blueprint, object_id: int) -> bool:
    column = blueprint.table.c.id
    return bool(connection.scalar(select(func.count()).where(column == object_id)))


def _inserted(key: Any) -> int:
    return int(key[0])


def _read(
    connection: Connection, blueprint: Blueprint, given: Mapping[str, Any], object_id: int | None
) -> Change:
    """Take the input apart and hold it against the entity's checks."""
    change = Change(connection, blueprint, given, object_id)
    given = change.given = modern(change)
    for field, value in given.items():
        if field in blueprint.lists:
            change.lists[field] = ListChange.read(value)
        elif (column := column_for(change, field)) is not None:
            set_column(change, field, column, value)
    for check in blueprint.checks:
        check(change)
    for field, column_name in blueprint.pictures.items():
        if field in given:
            _set_picture(change, field, column_name)
    return change


def _set_picture(change: Change, field: str, column: str) -> None:
    text = change.given[field]
    if text:
        picture = pictures.read_picture(text, field.replace("_", " "))
        change.columns[column] = pictures.store(change.connection, picture) if picture else None
    elif change.blueprint.clearable:
        change.columns[column] = None


def _write_parts(change: Change) -> None:
    for field, list_change in change.lists.items():
        change.blueprint.lists[field].write(change.connection, change.owner, list_change)


def _finish(change: Change) -> None:
    for check in change.blueprint.aftermath:
        check(change)
    if not change.creating and any(name.endswith("_blob") for name in change.columns):
        pictures.forget_unused(change.connection)
