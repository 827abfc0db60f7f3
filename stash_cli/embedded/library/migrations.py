"""The migrations of a library file: a new file is made by the first step, an older one by those it lacks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Engine, Table, create_mock_engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateColumn, CreateIndex, ExecutableDDLElement

from stash_cli.core.errors import StashConfigurationError, StashVersionError
from stash_cli.embedded import tables as t
from stash_cli.embedded.search.file_sorts import mark_all_stale, update_search_index
from stash_cli.embedded.tables.entities import SORT_INDEXES
from stash_cli.embedded.tables.search_index import SEARCH, triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPICursor

    Step = Callable[[Connection], None]

APPLICATION_ID = 0x53746C62
"""Marks a SQLite file as a library (PRAGMA application_id)."""


def create_tables(connection: Connection) -> None:
    """Step 1: create all tables."""
    for statement in _definitions():
        connection.exec_driver_sql(statement)


@cache
def _definitions() -> tuple[str, ...]:
    """The statements that create all tables: compiling them takes longer than running them."""
    statements: list[str] = []

    def compile_(definition: ExecutableDDLElement, *_: Any, **__: Any) -> None:
        statements.append(str(definition.compile(dialect=SQLiteDialect_pysqlite())))

    t.metadata.create_all(create_mock_engine("sqlite://", compile_), checkfirst=False)
    return tuple(statements)


def index_scenes(connection: Connection) -> None:
    """Step 2: sort key of the title and full-text index of scenes; a new file has the column already."""
    if _add_key(connection, t.scenes, "title_key"):
        t.scenes_stale.create(connection)
    for statement in (SEARCH, *triggers("scenes")):
        connection.exec_driver_sql(statement)


def index_paths(connection: Connection) -> None:
    """Step 3: sort key of the path of scenes."""
    _add_key(connection, t.scenes, "path_key")


def index_images(connection: Connection) -> None:
    """Step 4: sort keys of title and path of images."""
    if _add_key(connection, t.images, "title_key"):
        t.images_stale.create(connection)
    _add_key(connection, t.images, "path_key")
    for statement in triggers("images"):
        connection.exec_driver_sql(statement)


def recognise_files(connection: Connection) -> None:
    """Step 5: `files.recognised`; files with a hash of their content count as recognised."""
    if not add_column(connection, t.files.c.recognised):
        return
    connection.exec_driver_sql(
        "UPDATE files SET recognised = 1 WHERE id IN"
        " (SELECT file_id FROM files_fingerprints WHERE type IN ('oshash', 'md5'))"
    )


def index_sort_keys(connection: Connection) -> None:
    """Step 6: indexes on date, times and rating of scenes and images."""
    for index in SORT_INDEXES:
        connection.execute(CreateIndex(index, if_not_exists=True))


def index_names(connection: Connection) -> None:
    """Step 7: indexes on names and aliases; each new object is compared with all of them."""
    for index in t.NAME_INDEXES:
        connection.execute(CreateIndex(index, if_not_exists=True))


STEPS: tuple[Step, ...] = (
    create_tables,
    index_scenes,
    index_paths,
    index_images,
    recognise_files,
    index_sort_keys,
    index_names,
)
"""Step N migrates version N-1 to N. New steps are appended; existing ones never change.

A new file runs all of them, and step 1 creates its tables as they are declared today: every later step finds
its columns and indexes there already.
"""

# The last step that adds a column whose value is computed for every existing row.
_DERIVING = 4


def add_column(connection: Connection, column: Column[Any]) -> bool:
    """Add a declared column to the table of an older file; False in a new file, which has it already."""
    table = column.table
    if column.name in {row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')}:
        return False
    declaration = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f'ALTER TABLE "{table}" ADD COLUMN {declaration}')
    return True


def _add_key(connection: Connection, table: Table, column: str) -> bool:
    """Add a sort key with its index to a table of an older file; False if it exists already."""
    if not add_column(connection, table.c[column]):
        return False
    next(index for index in table.indexes if index.columns.keys() == [column]).create(connection)
    return True


def migrate(engine: Engine, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Run the missing steps in one transaction.

    Raises StashVersionError for a file of a newer version, StashConfigurationError for a file that is not a
    library.
    """
    try:
        # Without a transaction, so that opening a library does not wait for a writer.
        with closing(engine.raw_connection()) as raw:
            version = _version(raw.cursor(), path, len(steps))
        if version == len(steps):
            return
        with engine.begin() as connection:
            # Another process may have migrated the file while this one waited for the lock.
            version = _version(connection.connection.cursor(), path, len(steps))
            for step in steps[version:]:
                step(connection)
            if version < _DERIVING:
                mark_all_stale(connection)
                update_search_index(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {len(steps)}")
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    except (DatabaseError, sqlite3.DatabaseError) as failure:
        raise StashConfigurationError(f"Cannot open {path} as a library: {_reason(failure)}") from failure


def _reason(failure: Exception) -> str:
    return str(getattr(failure, "orig", None) or failure)


_VERSION_QUERY = """SELECT (SELECT user_version FROM pragma_user_version),
    (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)"""
"""Version, application id and number of objects in one statement, so that all are of one snapshot."""


def _version(cursor: DBAPICursor, path: Path, newest: int) -> int:
    """The version of the file. Raises if it is not a library or too new."""
    cursor.execute(_VERSION_QUERY)
    version, application_id, objects = cursor.fetchall()[0]
    if application_id != APPLICATION_ID and objects:
        raise StashConfigurationError(
            f"{path} is a SQLite database, but not a library.",
            hint="Give another file; a missing one is created.",
        )
    if version > newest:
        raise StashVersionError(
            f"The library {path} has version {version}, this stash knows up to {newest}.",
            hint="Install a newer version of stash-cli.",
        )
    return int(version)
