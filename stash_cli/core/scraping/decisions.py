"""Results and decisions of scrapes in a file, so that an interrupted run continues without new requests.

One private SQLite file beside the journal. Rejected results are stored permanently, and not offered again.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashJournalError
from stash_cli.core.private_files import create_private, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

RUNNING, DONE = "running", "done"
_RETENTION = timedelta(days=30)
"""Retention of the results of an interrupted run."""
_LOCK_TIMEOUT = 30.0
"""Seconds to wait for a lock while another process writes."""
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS scrape (
    id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, server TEXT NOT NULL, type TEXT NOT NULL,
    flags TEXT NOT NULL, status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS answer (
    scrape INTEGER NOT NULL, object TEXT NOT NULL, answers BLOB NOT NULL, decision TEXT NOT NULL,
    PRIMARY KEY (scrape, object)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejected (
    server TEXT NOT NULL, type TEXT NOT NULL, source TEXT NOT NULL, object TEXT NOT NULL,
    result TEXT NOT NULL, PRIMARY KEY (server, type, source, object, result)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Scrape:
    """One run: `flags` are the options that it was started with, `words` the objects among them."""

    id: int
    started: str
    server: str
    type: str
    flags: Mapping[str, Any]
    status: str


@dataclass(frozen=True, slots=True)
class SavedResults:
    """The raw results for one object, and the user's decision ({} without one)."""

    results: list[dict[str, Any]]
    decision: dict[str, Any]


class Decisions:
    """The store in the file `path`. Raises StashJournalError if it cannot be read or written."""

    def __init__(self, path: Path, server: str) -> None:
        self.path, self.server = path, server
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file; may be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def start(self, type_name: str, flags: Mapping[str, Any]) -> int:
        """Start a run and return its number; delete ended runs, and interrupted ones after the retention."""
        oldest = (datetime.now(UTC) - _RETENTION).isoformat()
        with self._transaction() as connection:
            expired = "SELECT id FROM scrape WHERE status = ? OR started < ?"
            connection.execute(f"DELETE FROM answer WHERE scrape IN ({expired})", (DONE, oldest))  # noqa: S608
            connection.execute("DELETE FROM scrape WHERE status = ? OR started < ?", (DONE, oldest))
            row = connection.execute(
                "INSERT INTO scrape (started, server, type, flags, status) VALUES (?, ?, ?, ?, ?)",
                (datetime.now(UTC).isoformat(), self.server, type_name, json.dumps(flags), RUNNING),
            )
            return int(row.lastrowid or 0)

    def last(self, type_name: str) -> Scrape | None:
        """The last interrupted run on this server, or None."""
        if not self.path.exists():
            return None
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT * FROM scrape WHERE server = ? AND type = ? AND status = ? ORDER BY id DESC LIMIT 1",
                (self.server, type_name, RUNNING),
            ).fetchone()
        return None if row is None else Scrape(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5])

    def end(self, scrape: int) -> None:
        """Mark a run as ended, and delete its results."""
        with self._transaction() as connection:
            connection.execute("UPDATE scrape SET status = ? WHERE id = ?", (DONE, scrape))
            connection.execute("DELETE FROM answer WHERE scrape = ?", (scrape,))

    def save(self, scrape: int, results: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Store the results for objects, by their ids."""
        rows = [(scrape, id_, _compress(found), "{}") for id_, found in results.items()]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", rows)

    def decide(self, scrape: int, id_: str, decision: Mapping[str, Any]) -> None:
        """Store the user's decision about an object."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE answer SET decision = ? WHERE scrape = ? AND object = ?",
                (json.dumps(decision), scrape, id_),
            )

    def saved(self, scrape: int, ids: Sequence[str]) -> dict[str, SavedResults]:
        """The stored results and decisions of a run for some objects, by id."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT object, answers, decision FROM answer WHERE scrape = ?"
                " AND object IN (SELECT value FROM json_each(?))",
                (scrape, json.dumps(list(ids))),
            ).fetchall()
        return {
            id_: SavedResults(_decompress(answers), json.loads(decision)) for id_, answers, decision in rows
        }

    def reject(self, type_name: str, source: str, id_: str, results: Sequence[str]) -> None:
        """Store results as rejected for an object."""
        rows = [(self.server, type_name, source, id_, result) for result in results]
        with self._transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO rejected VALUES (?, ?, ?, ?, ?)", rows)

    def rejected(self, type_name: str, source: str, ids: Sequence[str]) -> frozenset[tuple[str, str]]:
        """The (object, result) pairs that the user has rejected."""
        if not self.path.exists():
            return frozenset()
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT object, result FROM rejected WHERE server = ? AND type = ? AND source = ?"
                " AND object IN (SELECT value FROM json_each(?))",
                (self.server, type_name, source, json.dumps(list(ids))),
            ).fetchall()
        return frozenset((str(id_), str(result)) for id_, result in rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction, which is committed after the block."""
        try:
            if self._connection is None:
                make_private_folder(self.path.parent)
                create_private(self.path)
                self._connection = sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT)
                self._connection.executescript(_SCHEMA)
            with self._connection:
                yield self._connection
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise StashJournalError(
                f"The file of scrapes {self.path} cannot be used: {reason}.",
                hint="Make its folder writable, or give another with STASH_STATE_DIR.",
            ) from error


def _compress(results: Sequence[Mapping[str, Any]]) -> bytes:
    return zlib.compress(json.dumps(list(results)).encode(), 1)


def _decompress(data: bytes) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(zlib.decompress(data))
    return results
