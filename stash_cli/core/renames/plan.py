"""The plan of a rename: a unique path for each file, and the moves to these paths.

It is stored in a private file of this process, so that memory does not grow with the number of files. Paths
that differ only in case or in the form of accents count as equal, because many systems ignore these.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.renames.collisions import FAIL, cascade, resolve_collisions
from stash_cli.core.renames.names import fold
from stash_cli.core.renames.order import ordered
from stash_cli.core.renames.paths import join, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SCHEMA = """
CREATE TABLE file (
    id INTEGER PRIMARY KEY, owner TEXT, label TEXT, old TEXT, old_key TEXT, folder TEXT, stem TEXT,
    suffix TEXT, wanted_key TEXT, new TEXT, new_key TEXT, state TEXT, reason TEXT
);
CREATE INDEX old_key ON file (old_key);
CREATE INDEX new_key ON file (new_key);
CREATE VIEW move AS
    SELECT id, owner, label, old, new, suffix, old_key = new_key AS is_case_only, new_key
    FROM file WHERE state = 'moves';
CREATE TABLE reserved (key TEXT, path TEXT, PRIMARY KEY (key, path)) WITHOUT ROWID;
CREATE INDEX folder_of ON file (folder);
CREATE TABLE folder (key TEXT, path TEXT, PRIMARY KEY (key, path)) WITHOUT ROWID;
"""
WANTED, MOVES, SAME, FAILED, LEFT = "wanted", "moves", "same", "failed", "left"
"""States of a file: undecided, to be moved, already at its target, refused, skipped by a collision policy."""
_UNKNOWN_FOLDER = "the server knows no folder above {}: scan its media folder first"
DECLINED = "declined"
_AMBIGUOUS = "several objects have the file, and give it different names"


class Target(NamedTuple):
    """A file of the object `owner`, and its target folder and stem."""

    id: str
    owner: str
    label: str
    path: str
    folder: str
    stem: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a file of the object `owner`; `is_temporary` if a second move follows."""

    id: str
    owner: str
    label: str
    source: str
    target: str
    is_temporary: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not moved, and the reason; `is_left` if a policy or the user has skipped it."""

    id: str
    owner: str
    path: str
    reason: str
    is_left: bool


class RenamePlan:
    """Files with their targets; after `resolve`, `moves` and `refusals` return the result."""

    def __init__(self) -> None:
        # "" is a temporary database, which SQLite keeps in memory while it is small, and deletes on close.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_SCHEMA)
        self._token = secrets.token_hex(4)

    def close(self) -> None:
        """Delete the plan."""
        self._connection.close()

    def add(self, targets: Iterable[Target]) -> None:
        """Add files. A file with two different targets is refused."""
        with self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 'wanted', NULL)"
                " ON CONFLICT DO UPDATE SET state = 'failed', reason = ?"
                " WHERE state = 'wanted' AND (folder, stem) <> (excluded.folder, excluded.stem)",
                ((*_values(each), _AMBIGUOUS) for each in targets),
            )

    def refuse(self, file: str, owner: str, path: str, reason: str) -> None:
        """Refuse a file with a reason; this overrides its other targets."""
        self._connection.execute(
            "INSERT OR REPLACE INTO file (id, owner, old, old_key, state, reason)"
            " VALUES (?, ?, ?, ?, 'failed', ?)",
            (int(file), owner, path, fold(path), reason),
        )

    def folders(self) -> list[str]:
        """The folders of the targets."""
        rows = self._connection.execute("SELECT DISTINCT folder FROM file WHERE state = 'wanted'")
        return [row[0] for row in rows]

    def use_existing_case(self, existing: Iterable[str]) -> None:
        """Use the case of existing folders, and one common case for each new folder.

        Folders that differ only in case are one folder on a disk that ignores case. Files without a known
        ancestor folder are refused, because the server would search for one in an endless loop.
        """
        with self._connection as connection:
            connection.execute("BEGIN")
            rows = ((fold(path), path) for path in existing)
            connection.executemany("INSERT OR IGNORE INTO folder VALUES (?, ?)", rows)
            for path in sorted(self.folders()):
                actual = self._in_existing_case(path)
                if actual is None:
                    statement = "UPDATE file SET state = 'failed', reason = ? WHERE folder = ?"
                    connection.execute(statement, (_UNKNOWN_FOLDER.format(path), path))
                elif actual != path:
                    connection.execute("UPDATE file SET folder = ? WHERE folder = ?", (actual, path))

    def _in_existing_case(self, path: str) -> str | None:
        """The path of a folder in its existing case; None without a known ancestor."""
        rows = self._connection.execute("SELECT path FROM folder WHERE key = ?", (fold(path),)).fetchall()
        paths = [row[0] for row in rows]
        if paths:
            return path if path in paths else str(paths[0])
        folder, name = split(path)
        parent = self._in_existing_case(folder) if folder != path else None
        if parent is None:
            return None
        new = join(parent, name)
        self._connection.execute("INSERT INTO folder VALUES (?, ?)", (fold(new), new))
        return new

    def reserve(self, files: Iterable[tuple[str, str]]) -> None:
        """Reserve the paths of existing files (id, path) that are not in this plan.

        The id is "" for a file that exists only on disk.
        """
        with self._connection as connection:
            connection.execute("BEGIN")
            for id_, path in files:
                statement = "SELECT 1 FROM file WHERE id = ?1 OR old = ?2"
                if connection.execute(statement, (int(id_ or -1), path)).fetchone() is None:
                    connection.execute("INSERT OR IGNORE INTO reserved VALUES (?, ?)", (fold(path), path))

    def resolve(self, policy: str, limit: int) -> None:
        """Assign a unique path to each file; `policy` is number, skip or fail."""
        resolve_collisions(self._connection, policy, limit)

    def decline(self, files: Iterable[str]) -> None:
        """Skip files that the user declined, and files whose target is the path of a skipped one."""
        self._connection.executemany(
            "UPDATE file SET state = 'left', reason = ?, new = NULL, new_key = NULL WHERE id = ?",
            ((DECLINED, int(id_)) for id_ in files),
        )
        cascade(self._connection, FAIL)

    def renames(self) -> Iterator[Move]:
        """Yield the old and the new path of each moved file, in the order of the objects."""
        for row in self._connection.execute("SELECT * FROM move ORDER BY CAST(owner AS INTEGER), id"):
            yield _move(row)

    def target_of(self, file: str) -> tuple[str | None, str]:
        """The new path of a file and ""; or None and the reason."""
        statement = "SELECT new, coalesce(reason, '') FROM file WHERE id = ?"
        row = self._connection.execute(statement, (int(file),)).fetchone()
        return (row[0], row[1]) if row is not None else (None, "it is not of this plan")

    def counts(self) -> dict[str, int]:
        """Map of state -> number of files."""
        return dict(self._connection.execute("SELECT state, count(*) FROM file GROUP BY state"))

    def refusals(self) -> Iterator[Refusal]:
        """Yield the files that are not moved although they are not at their target."""
        rows = self._connection.execute(
            "SELECT id, owner, old, reason, state FROM file WHERE state IN ('failed', 'left') ORDER BY id"
        )
        for id_, owner, path, reason, state in rows:
            yield Refusal(str(id_), owner, path, reason, state == LEFT)

    def owners(self, state: str) -> list[str]:
        """The objects of the files in a state."""
        rows = self._connection.execute(
            "SELECT DISTINCT owner FROM file WHERE state = ? ORDER BY CAST(owner AS INTEGER)", (state,)
        )
        return [row[0] for row in rows]

    # --- moves ---

    def moves(self) -> Iterator[Move]:
        """Yield all moves in an order in which each target path is free."""
        waits = self._waits()
        for row in self._connection.execute("SELECT * FROM move ORDER BY new_key"):
            if row[0] not in waits:
                # On a disk that ignores case, the new name collides with the file itself.
                yield from self._via_temporary(row) if row[6] else [_move(row)]
        started: set[int] = set()
        for id_, is_temporary in ordered(waits):
            row = self._connection.execute("SELECT * FROM move WHERE id = ?", (id_,)).fetchone()
            first, second = self._via_temporary(row)
            if is_temporary:
                started.add(id_)
                yield first
            else:
                yield second if id_ in started else _move(row)

    def _waits(self) -> dict[int, list[int]]:
        """Map of file -> files that have to be moved away from its new path first."""
        rows = self._connection.execute(
            "SELECT mine.id, other.id FROM move AS mine JOIN file AS other ON other.old_key = mine.new_key"
            " WHERE other.state = 'moves' AND mine.id <> other.id ORDER BY mine.id"
        )
        waits: dict[int, list[int]] = {}
        for one, other in rows:
            waits.setdefault(one, []).append(other)
            waits.setdefault(other, [])
        return waits

    def _via_temporary(self, row: Sequence[Any]) -> tuple[Move, Move]:
        """The two moves via a temporary name, in the same folder and with the same suffix."""
        id_, owner, label, old, new, suffix, *_ = row
        temporary = join(split(old)[0], f"stash-rename-{self._token}-{id_}{suffix}")
        first = Move(str(id_), owner, label, old, temporary, is_temporary=True)
        return first, Move(str(id_), owner, label, temporary, new)


def _move(row: Sequence[Any]) -> Move:
    return Move(str(row[0]), *row[1:5])


def _values(each: Target) -> tuple[Any, ...]:
    target_path = join(each.folder, each.stem + each.suffix)
    return (
        *(int(each.id), each.owner, each.label, each.path, fold(each.path)),
        *(each.folder, each.stem, each.suffix, fold(target_path)),
    )
