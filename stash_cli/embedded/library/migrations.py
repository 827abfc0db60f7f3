"""Migrations of a library file to the current schema."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateIndex

from stash_cli.core.errors import StashConfigurationError, StashVersionError
from stash_cli.embedded import tables as t
from stash_cli.embedded.search.file_sorts import mark_all_stale, update_search_index
from stash_cli.embedded.tables.entities import SORT_INDEXES
from stash_cli.embedded.tables.search_index import SEARCH, triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Table
    from sqlalchemy.engine.interfaces import DBAPICursor

    Step = Callable[[Connection], None]

APPLICATION_ID = 0x53746C62
"""Marks a SQLite file as a library (PRAGMA application_id)."""


def create_tables(connection: Connection) -> None:
    """Step 1: create all tables."""
    t.metadata.create_all(connection, checkfirst=False)


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
    if "recognised" in {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(files)")}:
        return
    connection.exec_driver_sql("ALTER TABLE files ADD COLUMN recognised BOOLEAN NOT NULL DEFAULT 0")
    connection.exec_driver_sql(
        "UPDATE files SET recognised = 1 WHERE id IN"
        " (SELECT file_id FROM files_fingerprints WHERE type IN ('oshash', 'md5'))"
    )


def index_sort_keys(connection: Connection) -> None:
    """Step 6: indexes on date, times and rating of scenes and images."""
    for index in SORT_INDEXES:
        connection.execute(CreateIndex(index, if_not_exists=True))


STEPS: tuple[Step, ...] = (
    create_tables,
    index_scenes,
    index_paths,
    index_images,
    recognise_files,
    index_sort_keys,
)
"""Step N migrates version N-1 to N. New steps are appended; existing ones never change."""

# The last step that adds something to be computed for every existing row.
_DERIVING = 4


def _add_key(connection: Connection, table: Table, column: str) -> bool:
    """Add a sort key with its index to a table of an older file; False if it exists already."""
    if column in {row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table.name})")}:
        return False
    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column} TEXT")
    next(index for index in table.indexes if index.columns.keys() == [column]).create(connection)
    return True


def migrate(engine: Engine, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Run the missing steps in one transaction.

    Raises StashVersionError for a file of a newer version, StashConfigurationError for a file that is not a
    library.
    """
    try:
        # Without a transaction: opening a library does not wait for whoever is writing to it.
        with closing(engine.raw_connection()) as raw:
            version = _version(raw.cursor(), path, len(steps))
        if version == len(steps):
            return
        with engine.begin() as connection:
            # Another process may have been quicker while this one waited for the lock.
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


_FACTS = """SELECT (SELECT user_version FROM pragma_user_version),
    (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)"""
"""Version, application id and number of objects in one statement, so that all are of one snapshot."""


def _version(cursor: DBAPICursor, path: Path, newest: int) -> int:
    """The version of the file. Raises if it is not a library or too new."""
    cursor.execute(_FACTS)
    version, mark, objects = cursor.fetchall()[0]
    if mark != APPLICATION_ID and objects:
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
