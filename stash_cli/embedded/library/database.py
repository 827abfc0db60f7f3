"""The SQLite file: migrations, and connections (many readers, one writer, one snapshot for each request)."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager
from functools import cache
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, create_mock_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateIndex, ExecutableDDLElement
from sqlalchemy.util import LRUCache

from stash_cli.core.errors import StashConfigurationError, StashVersionError
from stash_cli.core.private_files import create_private
from stash_cli.embedded import tables as t
from stash_cli.embedded.library.functions import register
from stash_cli.embedded.search.file_sorts import mark_all_stale, update_search_index
from stash_cli.embedded.tables.entities import SORT_INDEXES
from stash_cli.embedded.tables.search_index import SEARCH, triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
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
        statements.append(str(definition.compile(dialect=_Dialect())))

    t.metadata.create_all(create_mock_engine("sqlite+library://", compile_), checkfirst=False)
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
"""Step N migrates version N-1 to N. New steps are appended; existing ones never change."""

# The last step that adds a column whose value is computed for every existing row.
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


# Instructions of SQLite's virtual machine between two checks, which take a millisecond or less.
_CHECK_INTERVAL = 20_000


class ReadEndedError(BaseException):
    """A query that has to end; not an Exception, so that it ends all fields and not only the current one."""


class Deadline:
    """The deadline of a query: `seconds` from now, or when `stop` is set."""

    def __init__(self, seconds: float, stop: threading.Event | None = None) -> None:
        self.seconds = seconds
        self._ends = monotonic() + seconds
        self._stop = stop or threading.Event()

    @property
    def passed(self) -> bool:
        return self._stop.is_set() or monotonic() > self._ends

    def check(self) -> None:
        """Raise ReadEndedError when the deadline has passed."""
        if self.passed:
            raise ReadEndedError

    @contextmanager
    def over(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Interrupt statements on `connection` inside this block once the deadline has passed."""
        connection.set_progress_handler(lambda: self.passed, _CHECK_INTERVAL)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)


# Milliseconds. Other processes may be writing, or vacuuming, which takes long.
_BUSY_TIMEOUT = 30_000
# In WAL mode, synchronous=NORMAL keeps the file consistent in a crash, and does not wait for the disk at each
# commit.
_PRAGMAS = (f"busy_timeout={_BUSY_TIMEOUT}", "foreign_keys=ON", "synchronous=NORMAL", "cache_size=-16000")
# Seconds between two attempts to switch the journal mode.
_PAUSE = 0.01
# Connections kept open, and additional ones while more threads of a server read at the same time.
_READERS, _MORE_READERS = 10, 30


class Database:
    """The connections to one library file, which is created or migrated when opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _create(path)
        self._lock = threading.Lock()
        self._writing_thread: int | None = None
        # IMMEDIATE takes the write lock at once: a transaction that reads first and writes later fails if
        # another process has written in between.
        self._writer = _engine(path, "BEGIN IMMEDIATE", pool_size=1, read_only=False)
        try:
            migrate(self._writer, path)
        except BaseException:
            self._writer.dispose()
            raise
        self._reader = _engine(path, "BEGIN", pool_size=_READERS, read_only=True)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """The reading and the writing engine, for listeners on executed statements."""
        return self._reader, self._writer

    @contextmanager
    def read(self, deadline: Deadline | None = None) -> Iterator[Connection]:
        """A read-only connection in one transaction, which is a snapshot from its first query on.

        Statements that run past `deadline` fail as "interrupted".
        """
        with self._reader.connect() as connection:
            if deadline is None:
                yield connection
                return
            with deadline.over(driver_connection(connection)):
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The writing connection, in BEGIN IMMEDIATE; committed on exit, rolled back on an exception."""
        with self._exclusive(), self._writer.begin() as connection:
            yield connection
            update_search_index(connection)

    @contextmanager
    def write_unchecked(self) -> Iterator[Connection]:
        """As `write`, but foreign keys are not enforced; the caller makes them valid before the end."""
        with self._exclusive(), self._writer.connect() as connection:
            # SQLite ignores this pragma inside a transaction.
            raw = driver_connection(connection)
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    update_search_index(connection)
            finally:
                raw.execute("PRAGMA foreign_keys=ON")

    def vacuum(self) -> None:
        """Rewrite the file without free pages, and refresh the statistics of the query planner."""
        with self._exclusive(), self._writer.connect() as connection:
            raw = connection.connection.cursor()
            for statement in ("ANALYZE", "VACUUM"):
                raw.execute(statement)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the write lock. Raises RuntimeError in a thread that holds it already."""
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("this thread is inside a write transaction already")
        with self._lock:
            self._writing_thread = threading.get_ident()
            try:
                yield
            finally:
                self._writing_thread = None

    def close(self) -> None:
        """Close all connections; SQLite then checkpoints the write-ahead log."""
        self._reader.dispose()
        self._writer.dispose()


def _create(path: Path) -> None:
    """Create a missing file with private permissions, which SQLite applies to the files beside it."""
    try:
        create_private(path)
    except OSError as failure:
        raise StashConfigurationError(
            f"Cannot open {path} as a library: {failure.strerror or failure}"
        ) from failure


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """The sqlite3 connection of a SQLAlchemy connection."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - the driver of both engines
    return raw


class _Dialect(SQLiteDialect_pysqlite):
    """SQLite's dialect; equal for all engines, so that these share compiled statements."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Dialect)

    def __hash__(self) -> int:
        return hash(_Dialect)


registry.register("sqlite.library", __name__, _Dialect.__name__)


@cache
def _compiled() -> LRUCache[Any, Any]:
    """The compiled statements of all libraries of this process: compiling takes longer than running them."""
    return LRUCache(2000)


def _engine(path: Path, begin: str, *, pool_size: int, read_only: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite+library", database=str(path)),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=_MORE_READERS if read_only else 0,
        pool_timeout=60,
        # A pooled connection is used by one thread at a time, but not always by the one that opened it.
        connect_args={"check_same_thread": False},
        execution_options={"compiled_cache": _compiled()},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        try:
            _configure(connection, read_only=read_only)
        except BaseException:
            # SQLAlchemy 2.0 leaves the connection open when a listener raises.
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _configure(connection: sqlite3.Connection, *, read_only: bool) -> None:
    # The driver's own transaction control is off; the engine's "begin" listener starts transactions.
    connection.isolation_level = None
    register(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    else:
        log_ahead(connection)


def log_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging.

    Several processes may switch a new file at the same time. SQLite then fails at once with SQLITE_BUSY
    instead of waiting for `busy_timeout`, so this function waits itself.
    """
    deadline = monotonic() + _BUSY_TIMEOUT / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(_PAUSE)
        else:
            return
