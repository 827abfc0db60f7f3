"""Every constraint violation has a message that names the object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from library_client import LibraryClient, library_client
from sqlalchemy import Index, UniqueConstraint, insert
from sqlalchemy.exc import IntegrityError

from stash_cli.embedded import tables as t
from stash_cli.embedded.persistence.constraints import explained

RAW = ("constraint", "UNIQUE", "FOREIGN KEY", "NULL", "_")


def unique_keys() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(table, columns) of every unique constraint, unique index and primary key of several columns."""
    for table in t.metadata.tables.values():
        keys = [tuple(column.name for column in table.primary_key.columns)]
        keys += [
            tuple(c.name for c in each.columns)
            for each in table.constraints
            if isinstance(each, UniqueConstraint)
        ]
        keys += [
            tuple(c.name for c in each.columns)
            for each in table.indexes
            if isinstance(each, Index) and each.unique
        ]
        yield from ((table.name, key) for key in dict.fromkeys(keys) if key not in ((), ("id",)))


@pytest.fixture
def ask(library_file: Path) -> Iterator[LibraryClient]:
    with library_client(library_file) as client:
        yield client


@pytest.mark.parametrize(("name", "key"), list(dict.fromkeys(unique_keys())))
def test_every_unique_key_has_a_message(ask: LibraryClient, name: str, key: tuple[str, ...]) -> None:
    database = ask.library.database
    columns = ", ".join(f"{name}.{column}" for column in key)
    statement = f"INSERT INTO {name} ({', '.join(key)}) VALUES (?)"
    failure = IntegrityError(
        statement, tuple("xyz"[: len(key)]), Exception(f"UNIQUE constraint failed: {columns}")
    )
    with database.read() as connection:
        error = explained(failure, connection)
    assert error.original == f"UNIQUE constraint failed: {columns}"
    assert error.message.endswith("is already used")
    assert not [raw for raw in RAW if raw in error.message]


CASES = [
    ("tagCreate", {"name": "b", "aliases": ["out", "out"]}, 'the alias "out" is given twice'),
    ("studioCreate", {"name": "b", "aliases": ["out", "out"]}, 'the alias "out" is given twice'),
    ("sceneCreate", {"title": "x", "tag_ids": ["99"]}, "there is no tag 99"),
    ("sceneCreate", {"title": "x", "studio_id": "99"}, "there is no studio 99"),
    ("sceneCreate", {"title": "x", "performer_ids": ["1", "98"]}, "there is no performer 98"),
    (
        "sceneMarkerCreate",
        {"title": "x", "seconds": 1, "scene_id": "97", "primary_tag_id": "1"},
        "there is no scene 97",
    ),
    (
        "sceneCreate",
        {"title": "x", "groups": [{"group_id": "1"}, {"group_id": "1"}]},
        "the scene 2 of group 1 is given twice",
    ),
    (
        "sceneCreate",
        {"title": "x", "stash_ids": [{"endpoint": "e", "stash_id": one} for one in "ab"]},
        'the endpoint "e" of scene 2 is given twice',
    ),
]


@pytest.mark.parametrize(("operation", "given", "message"), CASES)
def test_violation_of_a_mutation_is_named(
    ask: LibraryClient, operation: str, given: dict[str, Any], message: str
) -> None:
    for noun in ("tag", "studio", "performer", "group"):
        ask.create(f"{noun}Create", name="a")
    ask.create("sceneCreate", title="a")
    assert ask.write_error(operation, **given) == message


def test_conflicting_object_is_named(ask: LibraryClient) -> None:
    ask.create("tagCreate", name="a", aliases=["out"])
    other = ask.create("tagCreate", name="b")
    again = insert(t.tag_aliases).values(tag_id=other, alias="out")
    with ask.library.database.write() as connection, pytest.raises(IntegrityError) as caught:
        connection.execute(again)
    with ask.library.database.read() as connection:
        error = explained(caught.value, connection)
    assert (error.message, error.original) == (
        'the alias "out" is already used by tag 1',
        "UNIQUE constraint failed: tag_aliases.alias",
    )
