"""Connections to the SQLite file: many readers, one writer, and one snapshot for each request."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from functools import cache
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.private_files import create_private
from stash_cli.embedded.library.functions import register
from stash_cli.embedded.library.migrations import migrate
from stash_cli.embedded.search.file_sorts import update_search_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
        """Close all connections; SQLite then checkpoints the write-ahead log.

        The connection of a cancelled request that still runs in a thread is closed when that request ends.
        """
        for engine in (self._reader, self._writer):
            event.listen(engine.pool, "checkin", _close_returned)
            engine.dispose()


def _close_returned(connection: sqlite3.Connection | None, _: object) -> None:
    """Close a connection that comes back to the pool of a closed database; None was closed before."""
    if connection is not None:
        connection.close()


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
