"""Pairs that the user has dismissed as no duplicates, stored on this machine beside the journal.

Files are stored by their hashes and objects by their names, so that dismissals survive a new scan and a
restored database, and apply to another server with the same files.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashJournalError
from stash_cli.core.private_files import create_private, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from stash_cli.core.duplicates.copies import Copy, File

_TABLE = """CREATE TABLE IF NOT EXISTS dismissed (
    kind TEXT NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL, dismissed_at TEXT NOT NULL,
    PRIMARY KEY (kind, one, other)) WITHOUT ROWID"""
_HASHES = ("oshash", "md5", "phash")
Pair = tuple[str, str]


@dataclass
class Dismissed:
    """The dismissed pairs of one kind, such as `Scene` or `Tag`."""

    file: Path
    kind: str
    pairs: set[Pair] = field(default_factory=set)

    @classmethod
    def load(cls, journal: Path, kind: str) -> Dismissed:
        """Load the pairs from the file beside the journal. Raises StashJournalError."""
        dismissed = cls(journal.with_name("dismissed.sqlite"), kind)
        if dismissed.file.exists():
            with closing(dismissed._connect()) as connection:
                dismissed.pairs = set(
                    connection.execute("SELECT one, other FROM dismissed WHERE kind = ?", (kind,))
                )
        return dismissed

    def holds(self, one: str, other: str) -> bool:
        """Whether a pair was dismissed."""
        return bool(self.pairs) and _pair(one, other) in self.pairs

    def holds_files(self, one: File, other: File) -> bool:
        """Whether a pair of files was dismissed."""
        return bool(self.pairs) and any(_pair(*each) in self.pairs for each in _keys(one, other))

    def add(self, pairs: Iterable[Pair]) -> int:
        """Store pairs; return the number of new ones. Raises StashJournalError."""
        new = {_pair(*each) for each in pairs} - self.pairs
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._write(
            "INSERT OR IGNORE INTO dismissed VALUES (?, ?, ?, ?)", [(self.kind, *each, now) for each in new]
        )
        self.pairs |= new
        return len(new)

    def remove(self, pairs: Iterable[Pair]) -> int:
        """Delete pairs; return the number of deleted ones. Raises StashJournalError."""
        stored = {_pair(*each) for each in pairs} & self.pairs
        self._write(
            "DELETE FROM dismissed WHERE kind = ? AND one = ? AND other = ?",
            [(self.kind, *each) for each in stored],
        )
        self.pairs -= stored
        return len(stored)

    def _write(self, statement: str, rows: list[tuple[str, ...]]) -> None:
        if not rows:
            return
        try:
            make_private_folder(self.file.parent)
            create_private(self.file)
            with closing(self._connect()) as connection, connection:
                connection.execute(_TABLE)
                connection.executemany(statement, rows)
        except (OSError, sqlite3.Error) as error:
            raise _store_error(self.file, error) from error

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.file, timeout=10)
        except sqlite3.Error as error:
            raise _store_error(self.file, error) from error
        try:
            connection.execute(_TABLE)
        except sqlite3.Error as error:
            connection.close()
            raise _store_error(self.file, error) from error
        return connection


def _store_error(file: Path, error: Exception) -> StashJournalError:
    return StashJournalError(
        f"What was dismissed cannot be kept in {file}: {error}.",
        hint="Name another folder in STASH_STATE_DIR.",
    )


def pairs_of_files(copies: Iterable[Copy]) -> Iterator[Pair]:
    """Yield the pairs of all files of some objects, as pairs of hashes."""
    files = [file for copy in copies for file in copy.files]
    for one, other in combinations(files, 2):
        yield from _keys(one, other)


def _keys(one: File, other: File) -> Iterator[Pair]:
    """Yield the pair of hashes of two files, of the first kind that both have; none without a common kind."""
    for kind in _HASHES:
        if kind in one.hashes and kind in other.hashes:
            yield f"{kind} {one.hashes[kind]}", f"{kind} {other.hashes[kind]}"
            return


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)
