"""The plan of a rename: a path of its own for each file, and the moves that lead there.

It is kept in a private file of this process, so that memory does not grow with the number of files. Two
paths count as one where a system that ignores case and the form of accents cannot tell them apart.
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
CREATE TABLE held (key TEXT, path TEXT, PRIMARY KEY (key, path)) WITHOUT ROWID;
CREATE INDEX folder_of ON file (folder);
CREATE TABLE folder (key TEXT, path TEXT, PRIMARY KEY (key, path)) WITHOUT ROWID;
"""
WANTED, MOVES, SAME, FAILED, LEFT = "wanted", "moves", "same", "failed", "left"
"""States of a file: to be decided, to be moved, there already, refused, left alone because of a collision."""
_UNKNOWN = "the server knows no folder above {}: scan its media folder first"
DECLINED = "declined"
_MANY = "several objects have the file, and give it different names"


class Target(NamedTuple):
    """A file of the object `owner`, and the folder and name (without its ending) that it is to have."""

    id: str
    owner: str
    label: str
    path: str
    folder: str
    stem: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a file of the object `owner`; `is_temporary` where a second one has to follow."""

    id: str
    owner: str
    label: str
    source: str
    target: str
    is_temporary: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not moved, and why; `is_left` where that was asked for."""

    id: str
    owner: str
    path: str
    reason: str
    is_left: bool


class RenamePlan:
    """Files with their targets; `resolve` decides, then `moves` and `refusals` tell what was decided."""

    def __init__(self) -> None:
        # "" is a file of its own that SQLite removes, and keeps in memory while it is small.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_SCHEMA)
        self._token = secrets.token_hex(4)

    def close(self) -> None:
        """Drop the plan."""
        self._connection.close()

    def add(self, targets: Iterable[Target]) -> None:
        """Add files. A file with two targets that differ is refused."""
        with self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 'wanted', NULL)"
                " ON CONFLICT DO UPDATE SET state = 'failed', reason = ?"
                " WHERE state = 'wanted' AND (folder, stem) <> (excluded.folder, excluded.stem)",
                ((*_values(each), _MANY) for each in targets),
            )

    def refuse(self, file: str, owner: str, path: str, reason: str) -> None:
        """Note a file that stays where it is, and why; of a file of several objects all targets."""
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
        """Take folders as they are spelt where they exist, and otherwise in one way only.

        A folder that differs by case alone would be a second one, which no disk that ignores case has. Below
        folders that the server does not know it looks for one without end, so files do not go there.
        """
        with self._connection as connection:
            connection.execute("BEGIN")
            rows = ((fold(path), path) for path in existing)
            connection.executemany("INSERT OR IGNORE INTO folder VALUES (?, ?)", rows)
            for path in sorted(self.folders()):
                spelt = self._spelt(path)
                if spelt is None:
                    unknown = "UPDATE file SET state = 'failed', reason = ? WHERE folder = ?"
                    connection.execute(unknown, (_UNKNOWN.format(path), path))
                elif spelt != path:
                    connection.execute("UPDATE file SET folder = ? WHERE folder = ?", (spelt, path))

    def _spelt(self, path: str) -> str | None:
        rows = self._connection.execute("SELECT path FROM folder WHERE key = ?", (fold(path),)).fetchall()
        known = [row[0] for row in rows]
        if known:
            return path if path in known else str(known[0])
        folder, name = split(path)
        above = self._spelt(folder) if folder != path else None
        if above is None:
            return None
        found = join(above, name)
        self._connection.execute("INSERT INTO folder VALUES (?, ?)", (fold(found), found))
        return found

    def reserve(self, files: Iterable[tuple[str, str]]) -> None:
        """Note id and path of files on the server; those that are not of this plan stay where they are.

        An id of "" stands for a file that only the disk has.
        """
        with self._connection as connection:
            connection.execute("BEGIN")
            for one, path in files:
                known = "SELECT 1 FROM file WHERE id = ?1 OR old = ?2"
                if connection.execute(known, (int(one or -1), path)).fetchone() is None:
                    connection.execute("INSERT OR IGNORE INTO held VALUES (?, ?)", (fold(path), path))

    def resolve(self, policy: str, limit: int) -> None:
        """Give each file a path of its own; `policy` is number, skip or fail."""
        resolve_collisions(self._connection, policy, limit)

    def decline(self, files: Iterable[str]) -> None:
        """Leave files where they are after all, and those that are to have their paths."""
        self._connection.executemany(
            "UPDATE file SET state = 'left', reason = ?, new = NULL, new_key = NULL WHERE id = ?",
            ((DECLINED, int(one)) for one in files),
        )
        cascade(self._connection, FAIL)

    def renames(self) -> Iterator[Move]:
        """For each file that is moved its old and its new path, in the order of the objects."""
        for row in self._connection.execute("SELECT * FROM move ORDER BY CAST(owner AS INTEGER), id"):
            yield _move(row)

    def target_of(self, file: str) -> tuple[str | None, str]:
        """The path that a file is moved to, and why it has none."""
        known = "SELECT new, coalesce(reason, '') FROM file WHERE id = ?"
        row = self._connection.execute(known, (int(file),)).fetchone()
        return (row[0], row[1]) if row is not None else (None, "it is not of this plan")

    def counts(self) -> dict[str, int]:
        """State -> number of files."""
        return dict(self._connection.execute("SELECT state, count(*) FROM file GROUP BY state"))

    def refusals(self) -> Iterator[Refusal]:
        """The files that are not moved though they are not at their target."""
        rows = self._connection.execute(
            "SELECT id, owner, old, reason, state FROM file WHERE state IN ('failed', 'left') ORDER BY id"
        )
        for one, owner, path, reason, state in rows:
            yield Refusal(str(one), owner, path, reason, state == LEFT)

    def owners(self, state: str) -> list[str]:
        """The objects of the files in a state."""
        rows = self._connection.execute(
            "SELECT DISTINCT owner FROM file WHERE state = ? ORDER BY CAST(owner AS INTEGER)", (state,)
        )
        return [row[0] for row in rows]

    # --- moves ---

    def moves(self) -> Iterator[Move]:
        """All moves in an order in which each path is free when it is needed."""
        waits = self._waits()
        for row in self._connection.execute("SELECT * FROM move ORDER BY new_key"):
            if row[0] not in waits:
                # On a disk that ignores case the new name is taken by the file itself.
                yield from self._twice(row) if row[6] else [_move(row)]
        begun: set[int] = set()
        for one, is_temporary in ordered(waits):
            row = self._connection.execute("SELECT * FROM move WHERE id = ?", (one,)).fetchone()
            first, second = self._twice(row)
            if is_temporary:
                begun.add(one)
                yield first
            else:
                yield second if one in begun else _move(row)

    def _waits(self) -> dict[int, list[int]]:
        """File -> those that have to leave its new path before."""
        rows = self._connection.execute(
            "SELECT mine.id, other.id FROM move AS mine JOIN file AS other ON other.old_key = mine.new_key"
            " WHERE other.state = 'moves' AND mine.id <> other.id ORDER BY mine.id"
        )
        found: dict[int, list[int]] = {}
        for one, other in rows:
            found.setdefault(one, []).append(other)
            found.setdefault(other, [])
        return found

    def _twice(self, row: Sequence[Any]) -> tuple[Move, Move]:
        """The moves by way of a temporary name, in the same folder and with the same ending."""
        one, owner, label, old, new, suffix, *_ = row
        temporary = join(split(old)[0], f"stash-rename-{self._token}-{one}{suffix}")
        first = Move(str(one), owner, label, old, temporary, is_temporary=True)
        return first, Move(str(one), owner, label, temporary, new)


def _move(row: Sequence[Any]) -> Move:
    return Move(str(row[0]), *row[1:5])


def _values(each: Target) -> tuple[Any, ...]:
    wanted = join(each.folder, each.stem + each.suffix)
    return (
        *(int(each.id), each.owner, each.label, each.path, fold(each.path)),
        *(each.folder, each.stem, each.suffix, fold(wanted)),
    )
