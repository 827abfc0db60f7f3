"""Journal: every run of edits, with the replaced, the wanted and the answered value of each change.

One SQLite file, private to its owner. Each transaction is on disk before a request is sent, and several
processes may write. `recorder` writes it; `undo` and `resume` read it.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashJournalError, StashNotFoundError
from stash_cli.core.private_files import FILE, create_private, make_private_folder, try_lock
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

_VERSION = 1
_PATIENCE = 30.0
"""Seconds to wait for the lock of another process that writes."""
_SCHEMA = """
CREATE TABLE database (id INTEGER PRIMARY KEY, server TEXT NOT NULL, fingerprint TEXT NOT NULL);
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, ended TEXT, command TEXT NOT NULL,
    who TEXT NOT NULL, is_person INTEGER NOT NULL, database INTEGER, server TEXT NOT NULL, version TEXT,
    status TEXT NOT NULL, kind TEXT NOT NULL, target INTEGER
);
CREATE TABLE change (
    run INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    operation TEXT NOT NULL, field TEXT NOT NULL, before TEXT, wanted TEXT, answered TEXT,
    state TEXT NOT NULL, reason TEXT, created_at TEXT, undone_by INTEGER, target_run INTEGER,
    target_seq INTEGER, PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE INDEX change_of_object ON change (type, id, field, run);
CREATE INDEX change_by_target ON change (target_run, target_seq) WHERE target_run IS NOT NULL;
CREATE TABLE new_id (
    database INTEGER NOT NULL, type TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,
    PRIMARY KEY (database, type, old)
) WITHOUT ROWID;
CREATE INDEX new_id_by_new ON new_id (database, type, new);
"""
EDIT, UNDO, REDO = "edit", "undo", "redo"
"""Kinds of runs."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command, or one block of Python code, that changed objects.

    `status` is running, done, incomplete (something failed or is unknown) or interrupted; `kind` edit, undo
    or redo, of run `target`. `is_person` says whether it was started at a terminal.
    """

    id: int
    started: str
    ended: str | None
    command: str
    who: str
    is_person: bool
    database: int | None
    server: str
    version: str | None
    status: str
    kind: str
    target: int | None


class Journal:
    """Journal in the file `path`, which is opened on first use and created on the first write.

    Raises StashJournalError where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Context of a transaction, which is on disk after the block."""
        with self._lock, self._translated("written"):
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query; none where there is no journal yet."""
        with self._lock, self._translated("read"):
            if self._connection is None and not self.path.exists():
                return []
            connection = self._opened()
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Context that only one process enters at a time, because two undos would create objects twice.

        Raises StashJournalError if another process is in it.
        """
        with self._translated("locked"):
            make_private_folder(self.path.parent)
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, FILE)
        try:
            if not try_lock(descriptor):
                raise StashJournalError(
                    "Another undo is going on.", hint="Nothing was sent. Try again later."
                )
            yield
        finally:
            os.close(descriptor)  # which releases the lock

    def shrink(self) -> None:
        """Return the space of deleted rows to the disk."""
        with self._lock, self._translated("written"):
            connection = self._opened()
            connection.execute("VACUUM")

    @contextmanager
    def _translated(self, action: str) -> Iterator[None]:
        """Raise errors of SQLite and the file system as StashJournalError; `action` is a past participle."""
        import sqlite3

        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StashJournalError(
                f"The journal {self.path} cannot be {action}: {reason}.",
                hint="Free the disk or name another folder in STASH_STATE_DIR;"
                " --no-journal makes changes that cannot be undone.",
            ) from error

    def _opened(self) -> sqlite3.Connection:
        """Return the connection; open the file on first use."""
        if self._connection is None:
            import sqlite3

            make_private_folder(self.path.parent)
            create_private(self.path)
            # One lock for all threads of this process; other processes wait for each other.
            connection = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    # --- runs ---

    def start(self, command: str, server: str, *, who: str, is_person: bool, **facts: Any) -> int:
        """Store a run that starts now; return its number. `facts` are kind and target of an undo or redo."""
        values = (_now(), command, who, is_person, server, facts.get("kind", EDIT), facts.get("target"))
        with self.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO run (started, command, who, is_person, server, status, kind, target)"
                " VALUES (?, ?, ?, ?, ?, 'running', ?, ?) RETURNING id",
                values,
            )
            return int(cursor.fetchone()[0])

    def set_database(self, run: int, database: int, version: str) -> None:
        """Store the database of a run, and the server's version."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE run SET database = ?, version = ? WHERE id = ?", (database, version, run)
            )

    def finish(self, run: int, *, interrupted: bool = False) -> None:
        """Store how a run ended."""
        counts = self.counts(run)
        failed = any(counts.get(state) for state in ("failed", "unknown", "conflict", "planned", "sent"))
        status = "interrupted" if interrupted else "incomplete" if failed else "done"
        with self.writing() as connection:
            connection.execute("UPDATE run SET ended = ?, status = ? WHERE id = ?", (_now(), status, run))

    def run(self, number: int) -> Run:
        """Return a run; raises StashNotFoundError if there is none with this number."""
        matching = self.runs(number)
        if not matching:
            raise StashNotFoundError(
                f"There is no run {number} in the journal.", hint="`stash history` lists the runs."
            )
        return matching[0]

    def runs(self, number: int | None = None, *, limit: int = -1) -> list[Run]:
        """All runs, the latest first, or only the one with this number."""
        rows = self.rows(
            "SELECT * FROM run WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC LIMIT ?2", number, limit
        )
        return [Run(**{**row, "is_person": bool(row["is_person"])}) for row in map(dict, rows)]

    def counts(self, run: int) -> dict[str, int]:
        """State -> number of changes of a run."""
        rows = self.rows("SELECT state, count(*) FROM change WHERE run = ? GROUP BY state", run)
        return {row[0]: row[1] for row in rows}


def _prepare(connection: sqlite3.Connection) -> None:
    """Set durability, and create the tables of a new file."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if _version(connection) == _VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have created them meanwhile
        if version > _VERSION:
            raise StashJournalError("The journal was written by a newer release of this program.")
        if version == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
    finally:
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_text(value: Any) -> str | None:
    """A value as it is stored: JSON, or NULL for UNSET."""
    return None if value is UNSET else json.dumps(value, ensure_ascii=False, default=str)


def of_text(text: str | None) -> Any:
    """A stored value; UNSET for NULL."""
    return UNSET if text is None else json.loads(text)
