"""Collisions of target paths, with each other or with existing files: numbered, skipped or refused."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from stash_cli.core.renames.names import fold
from stash_cli.core.renames.paths import MAX_PATH, join, split

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

NUMBER, SKIP, FAIL = POLICIES = ("number", "skip", "fail")
"""Policies: append a number; move only the first file; move none, and report all."""
_UNNUMBERED = 1 << 60
"""Sort key of a file that has none of the numbered names of its group."""


def resolve_collisions(connection: sqlite3.Connection, policy: str, limit: int) -> None:
    """Assign a path to all files that are to be moved; refuse names of more than `limit` bytes."""
    connection.create_function("number", 4, number_of, deterministic=True)
    connection.create_function("target_path", 3, lambda folder, stem, suffix: join(folder, stem + suffix))
    with connection:
        connection.execute("BEGIN")
        # Files already at their target stay, even if another path differs from it only in case.
        connection.execute(
            "UPDATE file SET state = 'same', new = old, new_key = old_key"
            " WHERE state = 'wanted' AND old = target_path(folder, stem, suffix)"
        )
        _reserve_staying(connection)
        _assign_numbered(connection, limit) if policy == NUMBER else _assign_single(connection, policy, limit)
        cascade(connection, policy)


def number_of(old: str, folder: str, stem: str, suffix: str) -> int:
    """The number in the current name of a file: 1 for the name itself, 3 for `name (3)`."""
    current_folder, name = split(old)
    if fold(current_folder) != fold(folder):
        return _UNNUMBERED
    match = re.fullmatch(
        f"{re.escape(fold(stem))}(?: \\((\\d{{1,6}})\\))?{re.escape(fold(suffix))}", fold(name)
    )
    return int(match[1] or 1) if match else _UNNUMBERED


def _reserve_staying(connection: sqlite3.Connection) -> None:
    """Reserve the paths of files that are not moved."""
    connection.execute(
        "INSERT OR IGNORE INTO reserved SELECT old_key, old FROM file WHERE state IN ('failed', 'left')"
    )


def _path_of_key(connection: sqlite3.Connection, key: str) -> str | None:
    """The reserved or assigned path with this key; None if it is free."""
    row = connection.execute(
        "SELECT path FROM reserved WHERE key = ?1 UNION ALL SELECT new FROM file WHERE new_key = ?1 LIMIT 1",
        (key,),
    ).fetchone()
    return None if row is None else str(row[0])


def _files_by_key(connection: sqlite3.Connection) -> Iterable[tuple[str, list[tuple[int, str, str, str]]]]:
    """Yield the keys of target paths with their files: id, folder, stem and suffix."""
    rows = connection.execute(
        "SELECT wanted_key, id, folder, stem, suffix FROM file WHERE state = 'wanted'"
        " ORDER BY wanted_key, number(old, folder, stem, suffix), id"
    )
    for key, group in groupby(rows, key=lambda row: row[0]):
        yield key, [row[1:] for row in group]


def _assign_numbered(connection: sqlite3.Connection, limit: int) -> None:
    """Assign the first free numbers to the files of each group; files that already have one come first."""
    for _, files in _files_by_key(connection):
        number = 1
        for id_, folder, stem, suffix in files:
            name = stem + suffix
            while _path_of_key(connection, fold(join(folder, name))) is not None:
                number += 1
                name = f"{stem} ({number}){suffix}"
            _assign(connection, id_, folder, name, limit)


def _assign_single(connection: sqlite3.Connection, policy: str, limit: int) -> None:
    """Assign the path of each group to its only file, or with SKIP to its first one; refuse the others."""
    for key, files in _files_by_key(connection):
        occupant = _path_of_key(connection, key)
        id_, folder, stem, suffix = files[0]
        path = join(folder, stem + suffix)
        if occupant is not None:
            _refuse(connection, (each[0] for each in files), policy, f"{occupant} is there already")
        elif policy == FAIL and len(files) > 1:
            _refuse(connection, (each[0] for each in files), policy, f"{len(files)} files would be {path}")
        else:
            _assign(connection, id_, folder, stem + suffix, limit)
            others = (each[0] for each in files[1:])
            _refuse(connection, others, policy, f"another file becomes {path}")


def _assign(connection: sqlite3.Connection, id_: int, folder: str, name: str, limit: int) -> None:
    path = join(folder, name)
    if len(name.encode()) > limit or len(path.encode()) > MAX_PATH:
        _refuse(connection, [id_], FAIL, f"its path would be too long: {path}")
        return
    connection.execute(
        "UPDATE file SET new = ?2, new_key = ?3, state = iif(old = ?2, 'same', 'moves') WHERE id = ?1",
        (id_, path, fold(path)),
    )


def _refuse(connection: sqlite3.Connection, files: Iterable[int], policy: str, reason: str) -> None:
    state = "left" if policy == SKIP else "failed"
    connection.executemany(
        "UPDATE file SET state = ?, reason = ? WHERE id = ?", [(state, reason, id_) for id_ in files]
    )


def cascade(connection: sqlite3.Connection, policy: str) -> None:
    """Refuse files whose new path is the path of a file that stays, transitively."""
    connection.execute(
        "WITH RECURSIVE stays(key) AS ("
        " SELECT old_key FROM file WHERE state IN ('failed', 'left') UNION"
        " SELECT file.old_key FROM file JOIN stays ON file.new_key = stays.key WHERE file.state = 'moves')"
        " UPDATE file SET state = ?, reason = new || ' is there still', new = NULL, new_key = NULL"
        " WHERE state = 'moves' AND new_key IN (SELECT key FROM stays)",
        ("left" if policy == SKIP else "failed",),
    )
