"""The file of a mirror: an update in one transaction, and the state after the last one."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from stash_cli.core.errors import StashRunLockedError
from stash_cli.core.private_files import FILE, make_private_folder, try_lock
from stash_cli.embedded import tables as t
from stash_cli.embedded.library import settings, sql, timestamps
from stash_cli.embedded.library.database import Database
from stash_cli.embedded.mirror.kinds import KINDS, Kind, Part, stored
from stash_cli.embedded.search.file_sorts import update_search_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stash_cli.embedded.mirror.kinds import Answer

FORMAT = 1
"""Increment when KINDS change; mirrors in another format are read again completely."""
_SIDE_FILES = ("", "-wal", "-shm")

_digests_table = Table(
    "mirrored",
    MetaData(),
    Column("type", Text, primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Digests of the compared fields of objects; an object with an empty digest is read again."""


@contextmanager
def updating(path: Path, server: str, *, full: bool = False) -> Iterator[Mirror]:
    """An update of the mirror at `path` in one transaction: an error in the block leaves the old copy.

    With `full`, unchanged objects are read, too. Raises StashRunLockedError during another update.
    """
    make_private_folder(path.parent)
    with _locked(path), closing(Database(path)) as database, database.write_unchecked() as connection:
        _digests_table.create(connection, checkfirst=True)
        mirror, started = Mirror(connection, full=full), timestamps.utc()
        yield mirror
        state = {"server": server, "updated": started, "format": FORMAT, "counts": mirror.counts()}
        settings.write_part(connection, settings.MIRROR, state)


def read_state(path: Path) -> dict[str, Any] | None:
    """`server`, `updated` and `counts` of the last update; None if no update was completed."""
    if not path.exists():
        return None
    # Not opened as a Database, which would create tables in a file that is not a mirror.
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute(
                "SELECT value FROM settings WHERE key = ?", (settings.MIRROR,)
            ).fetchone()
    except sqlite3.DatabaseError:
        return None
    return json.loads(row[0]) if row else None


def remove(path: Path) -> None:
    """Delete a mirror. Raises StashRunLockedError during an update."""
    with _locked(path):
        for suffix in _SIDE_FILES:
            path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a mirror, which ends with the process."""
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, FILE)
    try:
        if not try_lock(descriptor):
            raise StashRunLockedError(
                "This mirror is being updated by another process.", hint="Try again when that has ended."
            )
        yield
    finally:
        os.close(descriptor)


class Mirror:
    """The contents of a mirror during an update.

    Each kind is compared page by page in the order of ids: `differing`, `write` and, after the last page,
    `finish`. Between pages, nothing about existing objects is cached in memory.
    """

    def __init__(self, connection: Connection, *, full: bool) -> None:
        self._connection = connection
        state = settings.read_part(connection, settings.MIRROR)
        self._full = full or state.get("format") != FORMAT
        self.changes: dict[str, Counter[str]] = defaultdict(Counter)
        """Type -> number of objects "added", "changed" and "removed"."""
        self._digests: dict[int, bytes] = {}
        self._last = 0
        self._removed_ids: list[int] = []

    def reads_all(self, kind: Kind) -> bool:
        """Whether all objects are read completely, because comparing them first would save nothing."""
        first_digest = select(_digests_table.c.id).where(_digests_table.c.type == kind.type).limit(1)
        return self._full or kind.compared == kind.paths or self._connection.scalar(first_digest) is None

    def differing(self, kind: Kind, compared: Sequence[Answer]) -> set[str]:
        """The ids of the objects of a page that are new, or differ in `kind.compared`."""
        if not compared:
            return set()
        self.note(compared)
        highest = max(self._digests)
        old_digests = self._read_digests(
            kind, (_digests_table.c.id > self._last) & (_digests_table.c.id <= highest)
        )
        self._removed_ids += [number for number in old_digests if number not in self._digests]
        self._last = highest
        differing = {
            number
            for number, digest in self._digests.items()
            if self._full or old_digests.get(number) != digest
        }
        changed = sum(
            old_digests[number] != self._digests[number] for number in differing & old_digests.keys()
        )
        self.changes[kind.type] += Counter(added=len(differing - old_digests.keys()), changed=changed)
        return {str(number) for number in differing}

    def note(self, compared: Sequence[Answer]) -> None:
        """Compute the digests of the objects that are written next."""
        self._digests = {int(each["id"]): _digest(each) for each in compared}

    def _read_digests(self, kind: Kind, condition: Any) -> dict[int, bytes]:
        rows = self._connection.execute(
            select(_digests_table.c.id, _digests_table.c.digest).where(
                _digests_table.c.type == kind.type, condition
            )
        )
        return {number: digest for number, digest in rows}  # noqa: C416 - for the type checker, rows are not pairs

    def write(self, kind: Kind, answers: Sequence[Answer]) -> None:
        """Write objects with all `kind.paths`; their ids and digests are those of the last `note`."""
        if not answers:
            return
        # REPLACE, because an object may have the name that another one had, which is written later.
        statement = insert(kind.table).prefix_with("OR REPLACE")
        self._connection.execute(statement, [kind.row(each) for each in answers])
        for part in kind.parts:
            self._write_part(part, answers)
        if kind.after is not None:
            kind.after(self._connection, answers)
        rows = [{"type": kind.type, "id": n, "digest": self._digests[n]} for n in map(_id, answers)]
        self._connection.execute(insert(_digests_table).prefix_with("OR REPLACE"), rows)
        update_search_index(self._connection)

    def _write_part(self, part: Part, answers: Sequence[Answer]) -> None:
        table = part.table
        of_objects = table.c[part.owner].in_(sql.id_list([_id(each) for each in answers]))
        keys, kept_columns = (
            [column.name for column in table.primary_key],
            [table.c[name] for name in part.kept],
        )
        empty_values = {column.name: stored(column, None) for column in kept_columns}
        before: dict[tuple[Any, ...], dict[str, Any]] = {}
        if kept_columns:
            for row in self._connection.execute(select(table).where(of_objects)).mappings():
                before[tuple(row[key] for key in keys)] = {
                    column.name: row[column.name] for column in kept_columns
                }
        self._connection.execute(delete(table).where(of_objects))
        rows = [{part.owner: _id(each), **empty_values, **row} for each in answers for row in part.make(each)]
        if before:
            rows = [row | before.get(tuple(row.get(key) for key in keys), {}) for row in rows]
        if rows:
            self._connection.execute(insert(table).prefix_with("OR REPLACE"), rows)

    def finish(self, kind: Kind) -> None:
        """Remove the objects that the server no longer has."""
        after = self._read_digests(kind, _digests_table.c.id > self._last)
        self._remove(kind, [*self._removed_ids, *after])
        self._last, self._removed_ids = 0, []

    def _remove(self, kind: Kind, ids: Sequence[int]) -> None:
        if not ids:
            return
        for table, owner in _tables(kind):
            self._connection.execute(delete(table).where(table.c[owner].in_(sql.id_list(ids))))
        removed = _digests_table.c.id.in_(sql.id_list(ids))
        self._connection.execute(delete(_digests_table).where(_digests_table.c.type == kind.type, removed))
        self.changes[kind.type]["removed"] += len(ids)

    def clear_contents(self, galleries: Sequence[str]) -> None:
        """Remove all images from some galleries."""
        of_galleries = t.galleries_images.c.gallery_id.in_(sql.id_list([int(each) for each in galleries]))
        self._connection.execute(delete(t.galleries_images).where(of_galleries))

    def add_contents(self, galleries: Sequence[str], images: Sequence[Answer]) -> None:
        """Link images to those of some galleries that their rows contain."""
        selected = set(galleries)
        pairs = [(image["id"], each["id"]) for image in images for each in image["galleries"]]
        rows = [{"image_id": int(a), "gallery_id": int(b), "cover": False} for a, b in pairs if b in selected]
        if rows:
            self._connection.execute(insert(t.galleries_images).on_conflict_do_nothing(), rows)

    def dangling(self) -> dict[str, list[str]]:
        """Type -> ids of objects that refer to a missing object.

        Merging tags, performers or scenes changes the objects that refer to them without a new `updated_at`.
        """
        by_type: dict[str, dict[int, None]] = defaultdict(dict)
        for kind, owner, column in _references():
            by_type[kind.type] |= dict.fromkeys(self._connection.scalars(_dangling_owners(owner, column)))
        return {name: [str(number) for number in ids] for name, ids in by_type.items() if ids}

    def drop_dangling(self) -> None:
        """Remove references to missing objects; the next update reads their owners again.

        The server created or deleted these objects during this update.
        """
        for kind, owner, column in _references():
            ids = list(self._connection.scalars(_dangling_owners(owner, column)))
            if not ids:
                continue
            owners = (_digests_table.c.type == kind.type) & _digests_table.c.id.in_(sql.id_list(ids))
            self._connection.execute(update(_digests_table).where(owners).values(digest=b""))
            table, of_owners = column.table, owner.in_(sql.id_list(ids))
            broken = of_owners & column.not_in(select(_target(column).c.id))
            if table is kind.table and column.nullable:
                self._connection.execute(update(table).where(broken).values({column.name: None}))
            elif table is kind.table:
                self._remove(kind, ids)
            else:
                self._connection.execute(delete(table).where(broken))

    def counts(self) -> dict[str, int]:
        """Type -> number of objects."""
        number = select(func.count())
        return {kind.type: self._connection.scalar(number.select_from(kind.table)) or 0 for kind in KINDS}


def _id(answer: Answer) -> int:
    return int(answer["id"])


def _digest(answer: Answer) -> bytes:
    text = json.dumps(answer, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def _tables(kind: Kind) -> Iterator[tuple[Table, str]]:
    """The tables with rows of a kind, each with the column that has the object's id."""
    yield kind.table, "id"
    yield from ((part.table, part.owner) for part in kind.parts)
    if kind.table is t.files:
        yield t.video_captions, "file_id"  # written with scenes


def _references() -> Iterator[tuple[Kind, Column[Any], Column[Any]]]:
    """Kind, column with the object's id, column with the id of an object that it refers to."""
    for kind in KINDS:
        for table, owner in _tables(kind):
            for column in table.c:
                if column.foreign_keys and column.name != owner:
                    yield kind, table.c[owner], column


def _target(column: Column[Any]) -> Table:
    return next(iter(column.foreign_keys)).column.table


def _dangling_owners(owner: Column[Any], column: Column[Any]) -> Any:
    """The owners whose `column` refers to a missing object."""
    target = _target(column).alias()
    exists = select(1).where(target.c.id == column).correlate(column.table).exists()
    return select(owner).distinct().where(column.is_not(None), ~exists)
