"""Error messages for violated constraints: a sentence that names the object replaces SQLite's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, select, text

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.exc import IntegrityError

    Values = dict[str, Any]

NOUNS = {
    "scenes": "scene",
    "images": "image",
    "galleries": "gallery",
    "galleries_chapters": "chapter",
    "performers": "performer",
    "studios": "studio",
    "tags": "tag",
    "groups": "group",
    "scene_markers": "marker",
    "files": "file",
    "folders": "folder",
    "blobs": "picture",
    "saved_filters": "filter",
}
"""Table -> noun of its objects; for other tables, their name is used."""
CHECKS = {
    "containing_id != sub_id": "a group cannot contain itself",
    "tags_relations": "a tag cannot be its own parent",
}
"""Sentences for checks, by a part of SQLite's text."""
_TEXT = re.compile(
    r"(?P<kind>UNIQUE|NOT NULL|CHECK|FOREIGN KEY|PRIMARY KEY) constraint failed(?:: (?P<detail>.*))?"
)
_INSERT = re.compile(r"INSERT (?:OR \w+ )?INTO (?P<table>\w+) \((?P<columns>[^)]*)\)")
_UPDATE = re.compile(r"UPDATE (?P<table>\w+) SET (?P<columns>.*?)(?: WHERE|$)", re.DOTALL)
_DELETE = re.compile(r"DELETE FROM (?P<table>\w+)")


def explained(failure: IntegrityError, connection: Connection) -> Refused:
    """The error with a sentence for a violated constraint; SQLite's text becomes its `original`.

    `connection` reads the library as it is after the statement was rolled back.
    """
    original = str(failure.orig)
    match = _TEXT.match(original)
    sentence = (
        None if match is None else _SENTENCES[match["kind"]](failure, connection, match["detail"] or "")
    )
    refused = Refused(sentence or original)
    refused.original = original if sentence else None
    return refused


def _unique(failure: IntegrityError, connection: Connection, detail: str) -> str:
    table, names = _key(detail)
    if table is None:
        return "a value that must be unique is already used"
    rows = [row for _, row in _rows(failure)]
    keys = [tuple(row.get(name) for name in names) for row in rows]
    for key in keys:
        if keys.count(key) > 1:
            return f"{_describe_key(table, names, key)} is given twice"
    for key in keys:
        owner = _find_owner(connection, table, names, key)
        if owner is not None:
            return f"{_describe_key(table, names, key)} is already used by {owner}"
    return f"{_describe_key(table, names, keys[0] if keys else ())} is already used"


def _key(detail: str) -> tuple[Table | None, list[str]]:
    """The table and columns of `tags.name, tags.x` or `index 'performers_name_unique'`."""
    if detail.startswith("index "):
        index_name = detail.removeprefix("index ").strip("'")
        indexes = (index for table in t.metadata.tables.values() for index in table.indexes)
        found = next((index for index in indexes if index.name == index_name), None)
        return (None, []) if found is None else (found.table, [column.name for column in found.columns])
    names = [part.rpartition(".") for part in detail.split(", ")]
    table = t.metadata.tables.get(names[0][0])
    return table, [name for _, _, name in names]


def _describe_key(table: Table, names: Sequence[str], key: Sequence[Any]) -> str:
    """`the alias "x"`, `scene 12 with group 5`."""
    values = dict(zip(names, key, strict=False)) if key else {}
    described = [
        _describe_column(table, name, values.get(name)) for name in names if values.get(name) is not None
    ]
    return (
        "the " + " of ".join(reversed(described))
        if described
        else f"a {NOUNS.get(table.name, table.name)} of this kind"
    )


def _describe_column(table: Table, name: str, value: Any) -> str:
    """A column with its value: `alias "x"`, or the object that a reference points to: `tag 12`."""
    for key in table.c[name].foreign_keys:
        return f"{NOUNS.get(key.column.table.name, name)} {value}"
    noun = f"{NOUNS[table.name]} " if table.name in NOUNS and name in ("name", "path", "basename") else ""
    return f'{noun}{name.replace("_", " ")} "{value}"'


def _find_owner(connection: Connection, table: Table, names: Sequence[str], key: Sequence[Any]) -> str | None:
    """`tag 3`: the object whose row has these values."""
    columns = [column for column in table.c if column.name == "id" or column.foreign_keys]
    owner_column = next((column for column in columns if column.name not in names), None)
    if owner_column is None or any(value is None for value in key):
        return None
    conditions = [table.c[name] == value for name, value in zip(names, key, strict=True)]
    owner_id = connection.scalar(select(owner_column).where(*conditions).limit(1))
    if owner_id is None:
        return None
    target = table if owner_column.name == "id" else next(iter(owner_column.foreign_keys)).column.table
    return f"{NOUNS.get(target.name, target.name)} {owner_id}"


def _foreign_key(failure: IntegrityError, connection: Connection, _: str) -> str:
    missing = [
        (key.column.table.name, value)
        for table, row in _rows(failure)
        for name, value in row.items()
        for key in (table.c[name].foreign_keys if name in table.c else ())
        if value is not None and connection.scalar(select(key.column).where(key.column == value)) is None
    ]
    # The object that was being created has been rolled back as well.
    others = [pair for pair in missing if pair[1] != _next_id(connection, pair[0])]
    for table_name, value in (others or missing)[:1]:
        return f"there is no {NOUNS.get(table_name, table_name)} {value}"
    deleted = _DELETE.match(failure.statement or "")
    if deleted:
        return f"the {NOUNS.get(deleted['table'], deleted['table'])} is still used by other objects"
    return "it refers to an object that does not exist"


def _next_id(connection: Connection, table: str) -> int:
    """The id that the next object of a table gets."""
    last = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return int(connection.scalar(last, {"name": table}) or 0) + 1


def _not_null(_: IntegrityError, __: Connection, detail: str) -> str:
    table, _dot, column = detail.rpartition(".")
    return f"{NOUNS.get(table, table)} {column.replace('_', ' ')} must have a value"


def _check(failure: IntegrityError, _: Connection, detail: str) -> str:
    statement = f"{detail} {failure.statement or ''}"
    sentences = (sentence for part, sentence in CHECKS.items() if part in statement)
    return next(sentences, "a value is not one that the library can hold")


_SENTENCES = {
    "UNIQUE": _unique,
    "PRIMARY KEY": _unique,
    "FOREIGN KEY": _foreign_key,
    "NOT NULL": _not_null,
    "CHECK": _check,
}


def _rows(failure: IntegrityError) -> Iterator[tuple[Table, Values]]:
    """(table, values by column) of an INSERT or UPDATE that failed; one for each set of parameters."""
    statement = failure.statement or ""
    match = _INSERT.match(statement) or _UPDATE.match(statement)
    table = t.metadata.tables.get(match["table"]) if match else None
    if match is None or table is None:
        return
    names = [name.partition("=")[0].strip().strip('"') for name in match["columns"].split(",")]
    for parameters in _parameter_sets(failure.params):
        yield table, dict(zip(names, parameters, strict=False))


def _parameter_sets(params: Any) -> list[Sequence[Any]]:
    is_many = isinstance(params, list) or (params and isinstance(params[0], tuple))
    return list(params) if is_many else [params or ()]
