"""Library files: creation, reopening, migration, rejection; readers beside a writer."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Connection, func, select

from stash_cli.core.errors import StashConfigurationError, StashVersionError
from stash_cli.embedded.library.database import Database, driver_connection
from stash_cli.embedded.library.migrations import STEPS, add_column, migrate
from stash_cli.embedded.tables import tags

TAG = {"name": "a", "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}


@pytest.fixture
def library_file(new_file: Path) -> Path:
    """Path of a library that does not exist yet."""
    return new_file


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(tags)).scalar_one()


def test_data_survives_reopening(library_file: Path) -> None:
    for expected in (1, 2):
        database = Database(library_file)
        with database.write() as connection:
            connection.execute(tags.insert().values(**TAG))
        assert count(database) == expected
        database.close()


def test_connection_in_use_is_closed_after_the_database(library_file: Path) -> None:
    database = Database(library_file)
    with database.read() as connection:
        raw = driver_connection(connection)
        database.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        raw.execute("SELECT 1")


def test_ids_are_never_reused(library_file: Path) -> None:
    database = Database(library_file)
    for expected in (1, 2):
        with database.write() as connection:
            made = connection.execute(tags.insert().values(**TAG)).inserted_primary_key
            connection.execute(tags.delete())
        assert made == (expected,)
    database.close()


def test_older_schema_is_migrated_without_data_loss(library_file: Path) -> None:
    database = Database(library_file)
    with database.write() as connection:
        connection.execute(tags.insert().values(**TAG))

    def add_column(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE tags ADD COLUMN colour TEXT")

    migrate(database.engines[1], library_file, (*STEPS, add_column))
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT name, colour FROM tags").all() == [("a", None)]
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == len(STEPS) + 1
    database.close()
    with pytest.raises(StashVersionError, match=f"has version {len(STEPS) + 1}"):
        Database(library_file)


def test_add_column_adds_only_a_missing_column(library_file: Path) -> None:
    database = Database(library_file)
    with database.write() as connection:
        assert not add_column(connection, tags.c.favorite)  # as every new file has it
        connection.exec_driver_sql("ALTER TABLE tags DROP COLUMN favorite")
        connection.execute(tags.insert().values(**TAG))
        assert add_column(connection, tags.c.favorite)
        assert connection.execute(select(tags.c.favorite)).scalar_one() is False
    database.close()


def test_failed_migration_changes_nothing(library_file: Path) -> None:
    database = Database(library_file)

    def fail_half_way(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE tags ADD COLUMN colour TEXT")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        migrate(database.engines[1], library_file, (*STEPS, fail_half_way))
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == len(STEPS)
        assert "colour" not in str(connection.exec_driver_sql("PRAGMA table_info(tags)").all())
    database.close()


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")


@pytest.mark.parametrize(
    "make",
    [lambda path: path.write_text("no database " * 100), other_database, Path.mkdir],
    ids=["text", "another database", "folder"],
)
def test_foreign_files_are_rejected_with_one_line(library_file: Path, make: Callable[[Path], object]) -> None:
    make(library_file)
    with pytest.raises(StashConfigurationError) as refusal:
        Database(library_file)
    assert str(library_file) in refusal.value.message
    assert "\n" not in refusal.value.message


def open_database_files() -> set[str]:
    """Files of all open SQLite connections."""
    found: set[str] = set()
    for each in gc.get_objects():
        if issubclass(type(each), sqlite3.Connection):  # isinstance would dereference dead weak proxies
            with suppress(sqlite3.Error):  # a closed connection, or one of another thread or test
                found.update(row[2] for row in each.execute("PRAGMA database_list"))
    return found


def test_rejected_file_is_closed(library_file: Path) -> None:
    library_file.write_text("no database " * 100)
    with pytest.raises(StashConfigurationError) as refusal:
        Database(library_file)
    assert str(library_file) not in open_database_files()
    assert refusal.value.__cause__  # the traceback of the error keeps its locals alive


def test_missing_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(StashConfigurationError, match="No such file"):
        Database(tmp_path / "nowhere" / "library.sqlite")


def test_special_characters_in_file_name_are_not_url_syntax(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1?.sqlite"
    Database(path).close()
    assert path.exists()


def test_readers_see_a_snapshot_during_writes(library_file: Path) -> None:
    database = Database(library_file)
    with database.read() as reading:
        before = reading.execute(select(func.count()).select_from(tags)).scalar_one()
        with database.write() as connection:
            connection.execute(tags.insert().values(**TAG))
        assert reading.execute(select(func.count()).select_from(tags)).scalar_one() == before
    assert count(database) == before + 1
    database.close()


def test_writers_are_serialized(library_file: Path) -> None:
    database = Database(library_file)

    def add() -> None:
        for _ in range(10):
            with database.write() as connection:
                connection.execute(tags.insert().values(**TAG))

    threads = [Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 50
    database.close()


def test_nested_write_raises(library_file: Path) -> None:
    database = Database(library_file)
    with database.write(), pytest.raises(RuntimeError, match="inside a write transaction"), database.write():
        pass
    database.close()


def test_failed_write_is_rolled_back(library_file: Path) -> None:
    database = Database(library_file)

    def fail() -> None:
        with database.write() as connection:
            connection.execute(tags.insert().values(**TAG))
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        fail()
    assert count(database) == 0
    database.close()


def test_read_connection_cannot_write(library_file: Path) -> None:
    database = Database(library_file)
    with database.read() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(tags.insert().values(**TAG))
    database.close()
