"""Paths that several files are to have, or that a file has which stays: numbered, skipped or refused."""

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
"""Collisions: a number behind the name; all but the first stay; all of them stay, and are reported."""
_LATE = 1 << 60
"""Place of a file that has none of the numbered names of its group."""


def resolve_collisions(connection: sqlite3.Connection, policy: str, limit: int) -> None:
    """Decide on all files that are to be moved; names of more than `limit` bytes are refused."""
    connection.create_function("number", 4, number_of, deterministic=True)
    connection.create_function("target_path", 3, lambda folder, stem, suffix: join(folder, stem + suffix))
    with connection:
        connection.execute("BEGIN")
        # What is in place stays, also where only its case tells it from another one.
        connection.execute(
            "UPDATE file SET state = 'same', new = old, new_key = old_key"
            " WHERE state = 'wanted' AND old = target_path(folder, stem, suffix)"
        )
        _hold(connection)
        _numbered(connection, limit) if policy == NUMBER else _single(connection, policy, limit)
        cascade(connection, policy)


def number_of(old: str, folder: str, stem: str, suffix: str) -> int:
    """The number in the present name of a file: 1 for the name itself, 3 for `name (3)`."""
    present, name = split(old)
    if fold(present) != fold(folder):
        return _LATE
    found = re.fullmatch(
        f"{re.escape(fold(stem))}(?: \\((\\d{{1,6}})\\))?{re.escape(fold(suffix))}", fold(name)
    )
    return int(found[1] or 1) if found else _LATE


def _hold(connection: sqlite3.Connection) -> None:
    """Take the paths of files that stay out of those that can be given."""
    connection.execute(
        "INSERT OR IGNORE INTO held SELECT old_key, old FROM file WHERE state IN ('failed', 'left')"
    )


def _path_of_key(connection: sqlite3.Connection, key: str) -> str | None:
    """The path that has this key already: of a file that stays, or one that was given."""
    row = connection.execute(
        "SELECT path FROM held WHERE key = ?1 UNION ALL SELECT new FROM file WHERE new_key = ?1 LIMIT 1",
        (key,),
    ).fetchone()
    return None if row is None else str(row[0])


def _files_by_key(connection: sqlite3.Connection) -> Iterable[tuple[str, list[tuple[int, str, str, str]]]]:
    """Keys of paths with the files that are to have them: id, folder, stem and ending."""
    rows = connection.execute(
        "SELECT wanted_key, id, folder, stem, suffix FROM file WHERE state = 'wanted'"
        " ORDER BY wanted_key, number(old, folder, stem, suffix), id"
    )
    for key, group in groupby(rows, key=lambda row: row[0]):
        yield key, [row[1:] for row in group]


def _numbered(connection: sqlite3.Connection, limit: int) -> None:
    """Give the files of a group the first free numbers, those that have one already first."""
    for _, files in _files_by_key(connection):
        number = 1
        for one, folder, stem, suffix in files:
            name = stem + suffix
            while _path_of_key(connection, fold(join(folder, name))) is not None:
                number += 1
                name = f"{stem} ({number}){suffix}"
            _give(connection, one, folder, name, limit)


def _single(connection: sqlite3.Connection, policy: str, limit: int) -> None:
    """Give a path to the only file of a group, or to the first one."""
    for key, files in _files_by_key(connection):
        holder = _path_of_key(connection, key)
        one, folder, stem, suffix = files[0]
        path = join(folder, stem + suffix)
        if holder is not None:
            _refuse(connection, (each[0] for each in files), policy, f"{holder} is there already")
        elif policy == FAIL and len(files) > 1:
            _refuse(connection, (each[0] for each in files), policy, f"{len(files)} files would be {path}")
        else:
            _give(connection, one, folder, stem + suffix, limit)
            others = (each[0] for each in files[1:])
            _refuse(connection, others, policy, f"another file becomes {path}")


def _give(connection: sqlite3.Connection, one: int, folder: str, name: str, limit: int) -> None:
    path = join(folder, name)
    if len(name.encode()) > limit or len(path.encode()) > MAX_PATH:
        _refuse(connection, [one], FAIL, f"its path would be too long: {path}")
        return
    connection.execute(
        "UPDATE file SET new = ?2, new_key = ?3, state = iif(old = ?2, 'same', 'moves') WHERE id = ?1",
        (one, path, fold(path)),
    )


def _refuse(connection: sqlite3.Connection, files: Iterable[int], policy: str, reason: str) -> None:
    state = "left" if policy == SKIP else "failed"
    connection.executemany(
        "UPDATE file SET state = ?, reason = ? WHERE id = ?", [(state, reason, one) for one in files]
    )


def cascade(connection: sqlite3.Connection, policy: str) -> None:
    """Refuse the files whose new path is that of one which stays, and so on."""
    connection.execute(
        "WITH RECURSIVE stays(key) AS ("
        " SELECT old_key FROM file WHERE state IN ('failed', 'left') UNION"
        " SELECT file.old_key FROM file JOIN stays ON file.new_key = stays.key WHERE file.state = 'moves')"
        " UPDATE file SET state = ?, reason = new || ' is there still', new = NULL, new_key = NULL"
        " WHERE state = 'moves' AND new_key IN (SELECT key FROM stays)",
        ("left" if policy == SKIP else "failed",),
    )
