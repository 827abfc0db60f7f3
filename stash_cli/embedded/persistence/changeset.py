"""The one writer of all entities: from an input to column values and rows, driven by a mapper."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Boolean, Column, Connection, Float, Table, Text, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.persistence import blobs
from stash_cli.embedded.persistence.entity_mapper import COLUMN_NAMES, Change, EntityMapper
from stash_cli.embedded.persistence.lists import SET, ListChange, TextList

if TYPE_CHECKING:
    from collections.abc import Mapping


DAY, MONTH, YEAR = 0, 1, 2
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?", re.DOTALL)
_LAYOUTS = {"2006-01": (("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d")), "2006": (("2006", r"\d{4}"),)}


class StoredDate(NamedTuple):
    """A date as it is stored: the first day of a period as `YYYY-MM-DD`, and its precision."""

    day: str
    precision: int

    def __str__(self) -> str:
        return self.day[: {DAY: 10, MONTH: 7, YEAR: 4}[self.precision]]


def parse_date(text: str, what: str) -> StoredDate:
    """Parse a date of an input. Raises Refused with the server's wording.

    The server accepts more than the client's `FuzzyDate`: of a date with a time, it uses the day.
    """
    if (day := _whole_day(text)) is not None:
        return StoredDate(day, DAY)
    month, year = (_layout_error(text, layout) for layout in _LAYOUTS)
    if month is None:
        return StoredDate(f"{text}-01", MONTH)
    if year is None:
        return StoredDate(f"{text}-01-01", YEAR)
    reasons = f"ParseDateStringAsTime failed: dateString <{text}> {month} {year}"
    raise Refused(f'converting {what}: failed to parse date "{text}": [{reasons}]')


def _whole_day(text: str) -> str | None:
    """The day of a date, of a date and time, or of an RFC 3339 time; None for other text."""
    match = _DATED.fullmatch(text)
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Go's RFC 3339 layout requires a zone after `T`; its layout with a space does not allow one.
    has_time = len(text) > len("2006-01-02")
    if has_time and ("T" in text) != (moment.tzinfo is not None):
        return None
    return match[1]


def _layout_error(text: str, layout: str) -> str | None:
    """The server's error message for `text` in `layout`; None when it fits."""
    rest = text
    for element, pattern in _LAYOUTS[layout]:
        match = re.match(pattern, rest)
        if match is None:
            return f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{element}"'
        if element == "01" and not 1 <= int(match[0]) <= 12:  # noqa: PLR2004 - months
            return f'parsing time "{text}": month out of range'
        rest = rest[match.end() :]
    return f'parsing time "{text}": extra text: "{rest}"' if rest else None


_NOT_FIELDS = frozenset({"id", "created_at", "updated_at"})


def column_for(change: Change, field: str) -> Column[Any] | None:
    """The column of an input field, or None if it is not a single value."""
    if field in _NOT_FIELDS or field in change.mapper.ignored:
        return None
    return change.mapper.table.c.get(COLUMN_NAMES.get(field, field))


def set_column(change: Change, field: str, column: Column[Any], value: Any) -> None:
    """Convert `value` and set it in `change.columns`."""
    if f"{column.name}_precision" in column.table.c:
        _set_date(change, field, column, value)
    elif column.foreign_keys:
        what = field.replace("_", " ")
        number = inputs.to_reference(value, what, creating=change.creating)
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
    is_untrimmed = field in change.mapper.untrimmed and not change.creating
    text = ("" if value is None else str(value)) if is_untrimmed else inputs.trimmed(value)
    return None if text == "" and column.nullable else text


def _required(change: Change, column: Column[Any], value: Any) -> Any:
    """Refuse null for a NOT NULL column; a create uses the column's default."""
    if value is not None or column.nullable:
        return value
    if change.creating and column.server_default is not None:
        return False if isinstance(column.type, Boolean) else 0
    if isinstance(column.type, Boolean):
        raise inputs.null_refused("bool")
    raise inputs.null_refused("float64" if isinstance(column.type, Float) else "int")


_HANDLES = {"twitter": "https://twitter.com/", "instagram": "https://instagram.com/"}
_OLDER_NAMES = {"movies": "groups", "movie_ids": "group_ids"}
_EXCLUSIVE = frozenset({"Performer", "Studio"})


def without_deprecated(change: Change) -> dict[str, Any]:
    """The input with deprecated fields replaced by the current ones."""
    values = dict(change.given)
    for old, new in _OLDER_NAMES.items():
        if old in values:
            values.setdefault(new, values.pop(old))
    old_links = {name: values.pop(name) for name in ("url", *_HANDLES) if name in values}
    if old_links and "urls" in change.mapper.lists:
        urls = _urls(change, values, old_links)
        if urls is not None:
            values["urls"] = urls
    return values


def _urls(change: Change, values: Mapping[str, Any], old: Mapping[str, Any]) -> Any:
    """The new value of `urls`, or None to leave it unchanged."""
    # The server refuses `url` beside `urls` for these types; for the others `urls` wins.
    exclusive = change.mapper.type in _EXCLUSIVE
    if exclusive and change.creating:
        return [*filter(None, (_as_url(*item) for item in old.items())), *(values.get("urls") or ())]
    if "urls" in values:
        if exclusive:
            raise Refused(f"{next(iter(old))} field must not be included if urls is included")
        return None
    if exclusive:
        return _replace_urls(change, old)
    links = [old["url"]] if old.get("url") else []
    return {"mode": SET, "values": links}


def _as_url(name: str, value: str | None) -> str:
    text = inputs.trimmed(value)
    prefix = _HANDLES.get(name, "")
    return text if not text or "://" in text or not prefix else prefix + text


def _replace_urls(change: Change, old: Mapping[str, Any]) -> dict[str, Any]:
    """The current urls, with the one of each deprecated field replaced, added or removed."""
    field = change.mapper.lists["urls"]
    urls = field.current(change.connection, change.owner) if isinstance(field, TextList) else []
    for name, value in old.items():
        index = next((i for i, url in enumerate(urls) if _matches_site(name, url)), len(urls))
        urls[index : index + 1] = filter(None, [_as_url(name, value)])
    return {"mode": SET, "values": urls}


def _matches_site(name: str, url: str) -> bool:
    hosts = {other: f"{other}.com" for other in _HANDLES}
    if name in hosts:
        return hosts[name] in url
    return not any(host in url for host in hosts.values())


def create(connection: Connection, mapper: EntityMapper, values: Mapping[str, Any]) -> int:
    """Insert an object and return its id."""
    change = _change_from_input(connection, mapper, values, None)
    stamp = timestamps.now()
    row = {"created_at": stamp, "updated_at": stamp, **change.columns}
    change.id = _inserted_id(connection.execute(insert(mapper.table).values(row)).inserted_primary_key)
    _write_lists(change)
    if values.get("custom_fields") and mapper.custom_fields is not None:
        fields = values["custom_fields"]
        write_on_create(connection, mapper.custom_fields, change.id, fields)
    _run_hooks(change)
    return change.id


def update_one(
    connection: Connection, mapper: EntityMapper, object_id: int, values: Mapping[str, Any]
) -> int:
    """Update an object by an input and return its id: absent fields are unchanged, null clears."""
    change = _change_from_input(connection, mapper, values, object_id)
    columns = {**change.columns, "updated_at": timestamps.now()}
    connection.execute(update(mapper.table).where(mapper.table.c.id == object_id).values(columns))
    _write_lists(change)
    if "custom_fields" in values and mapper.custom_fields is not None:
        fields = values["custom_fields"]
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


def _inserted_id(key: Any) -> int:
    return int(key[0])


def _change_from_input(
    connection: Connection, mapper: EntityMapper, values: Mapping[str, Any], object_id: int | None
) -> Change:
    """Convert the input to columns and lists, and validate it."""
    change = Change(connection, mapper, values, object_id)
    values = change.given = without_deprecated(change)
    for field, value in values.items():
        if field in mapper.lists:
            change.lists[field] = ListChange.read(value)
        elif (column := column_for(change, field)) is not None:
            set_column(change, field, column, value)
    for validate in mapper.validators:
        validate(change)
    for field, column_name in mapper.pictures.items():
        if field in values:
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
_MAX_NAME_BYTES = 64
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
    if conflicting := [name for name in values if name in removed]:
        raise Refused(f'custom field name "{conflicting[0]}" cannot be in both values and delete keys')
    key = table.primary_key.columns.values()[0]
    is_replaced = table.c.field.in_([*values, *removed]) if full is None else key == owner
    connection.execute(delete(table).where(key == owner, is_replaced))
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
    elif len(name.encode()) > _MAX_NAME_BYTES:
        problem = f"must be less than {_MAX_NAME_BYTES + 1} characters"
    else:
        return
    raise Refused(f'custom field name "{name}": custom field name {problem}')
