"""Rows of folders and files, with media properties, fingerprints and captions."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.library.file_access import name, parent
from stash_cli.embedded.scan.probe import ImageFacts, VideoFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.embedded.scan.walk import Caption

_FOLDER_BY_PATH = select(t.folders.c.id, t.folders.c.mod_time, t.folders.c.zip_file_id).where(
    t.folders.c.path == bindparam("path")
)
_INSERT_FOLDER = insert(t.folders)
_UPDATE_FOLDER = update(t.folders).where(t.folders.c.id == bindparam("folder"))


def stored_time(seconds: int) -> str:
    """An epoch second as stored: RFC 3339 with the local offset."""
    return timestamps.to_text(datetime.fromtimestamp(seconds, UTC).astimezone())


class FolderRows:
    """The folder rows of one transaction, with a cache of ids.

    The paths of inserted rows are added to `made`.
    """

    def __init__(self, connection: Connection, made: set[str]) -> None:
        self._connection = connection
        self.made = made
        self._ids: dict[str, int] = {}

    def id_of(self, path: str) -> int | None:
        """The id of a folder's row, or None."""
        if path not in self._ids:
            folder_id = self._connection.execute(_FOLDER_BY_PATH, {"path": path}).scalar()
            if folder_id is None:
                return None
            self._ids[path] = folder_id
        return self._ids[path]

    def clear(self) -> None:
        """Clear the cache of ids, because folders were moved."""
        self._ids.clear()

    def write(self, path: str, mod_time: int, zip_file_id: int | None = None) -> int:
        """Insert or update the row of a folder and return its id; its parent must exist."""
        row = self._connection.execute(_FOLDER_BY_PATH, {"path": path}).first()
        stamp = stored_time(mod_time)
        if row is None:
            return self._insert(path, stamp, zip_file_id)
        if (row.mod_time, row.zip_file_id) != (stamp, zip_file_id):
            values = {"mod_time": stamp, "zip_file_id": zip_file_id, "updated_at": timestamps.now()}
            self._connection.execute(_UPDATE_FOLDER, {"folder": row.id, **values})
        self._ids[path] = row.id
        return int(row.id)

    def _insert(self, path: str, stamp: str, zip_file_id: int | None) -> int:
        values = {
            "path": path,
            "basename": name(path),
            "parent_folder_id": self.id_of(parent(path)),
            "zip_file_id": zip_file_id,
            "mod_time": stamp,
            "created_at": timestamps.now(),
            "updated_at": timestamps.now(),
        }
        key = self._connection.execute(_INSERT_FOLDER, values).inserted_primary_key
        self._ids[path] = int(key[0]) if key else 0
        self.made.add(path)
        return self._ids[path]


def count_below(connection: Connection, path: str) -> int:
    """The number of files in a folder and all folders below it."""
    below = (t.folders.c.path == path) | t.folders.c.path.startswith(
        path.rstrip(os.sep) + os.sep, autoescape=True
    )
    query = (
        select(func.count())
        .select_from(t.files)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    )
    return int(connection.scalar(query.where(below)) or 0)


_FIND_FILE = select(t.files.c.id, t.files.c.size, t.files.c.mod_time, t.files.c.recognised).where(
    t.files.c.parent_folder_id == bindparam("folder"), t.files.c.basename == bindparam("name")
)
_INSERT_FILE = insert(t.files)
_UPDATE_FILE = update(t.files).where(t.files.c.id == bindparam("file"))
_FINGERPRINTS = select(t.files_fingerprints.c.type, t.files_fingerprints.c.fingerprint).where(
    t.files_fingerprints.c.file_id == bindparam("file")
)
_DELETE_FINGERPRINTS = delete(t.files_fingerprints).where(t.files_fingerprints.c.file_id == bindparam("file"))
_INSERT_FINGERPRINTS = insert(t.files_fingerprints)
_DELETE_CAPTIONS = delete(t.video_captions).where(t.video_captions.c.file_id == bindparam("file"))
_INSERT_CAPTIONS = insert(t.video_captions)
_SET_INTERACTIVE = update(t.video_files).where(t.video_files.c.file_id == bindparam("file"))

WITH_HASHES = select(t.files_fingerprints.c.file_id).where(
    t.files_fingerprints.c.type.in_(bindparam("types", expanding=True)),
    t.files_fingerprints.c.fingerprint.in_(bindparam("values", expanding=True)),
)
"""Files with one of some hashes; `hashes` returns the parameters. Types are compared separately from values,
as hashes of different types differ in length."""


def hashes(fingerprints: Mapping[str, str]) -> dict[str, list[str]]:
    """The parameters of WITH_HASHES."""
    return {"types": list(fingerprints), "values": list(fingerprints.values())}


def find_file(connection: Connection, folder_id: int, name: str) -> Any:
    """id, size, mod_time and recognised of the file with that name in a folder, or None."""
    return connection.execute(_FIND_FILE, {"folder": folder_id, "name": name}).first()


def insert_file(
    connection: Connection,
    folder_id: int,
    name: str,
    size: int,
    mod_time: int,
    zip_file_id: int | None = None,
) -> int:
    """Insert a file and return its id; sizes in bytes, times in epoch seconds."""
    values = {
        "basename": name,
        "parent_folder_id": folder_id,
        "zip_file_id": zip_file_id,
        "size": size,
        "mod_time": stored_time(mod_time),
        "recognised": True,
        "created_at": timestamps.now(),
        "updated_at": timestamps.now(),
    }
    key = connection.execute(_INSERT_FILE, values).inserted_primary_key
    return int(key[0]) if key else 0


def update_file(connection: Connection, file_id: int, **values: Any) -> None:
    """Update columns of a file and its `updated_at`."""
    connection.execute(_UPDATE_FILE, {"file": file_id, **values, "updated_at": timestamps.now()})


def _upsert(table: Table, columns: Iterable[str]) -> Any:
    statement = upsert(table)
    return statement.on_conflict_do_update(
        index_elements=["file_id"], set_={column: statement.excluded[column] for column in columns}
    )


_FACTS = {
    kind: (
        _upsert(table, kind.__dataclass_fields__),
        delete(other).where(other.c.file_id == bindparam("file")),
    )
    for kind, table, other in (
        (VideoFacts, t.video_files, t.image_files),
        (ImageFacts, t.image_files, t.video_files),
    )
}


def insert_properties(
    connection: Connection,
    file_id: int,
    facts: VideoFacts | ImageFacts | None,
    fingerprints: Mapping[str, str],
) -> None:
    """Insert the properties and fingerprints of a new file."""
    if facts is not None:
        connection.execute(_FACTS[type(facts)][0], {"file_id": file_id, **asdict(facts)})
    _add_fingerprints(connection, file_id, fingerprints)


def update_properties(
    connection: Connection,
    file_id: int,
    facts: VideoFacts | ImageFacts | None,
    fingerprints: Mapping[str, str],
) -> None:
    """Update the properties and fingerprints of a known file; it is a video or a picture, never both.

    When a hash has changed, fingerprints of the old content are deleted.
    """
    if facts is not None:
        write, delete_other = _FACTS[type(facts)]
        # A file may become another kind under the same name, for example a clip instead of a picture.
        connection.execute(delete_other, {"file": file_id})
        connection.execute(write, {"file_id": file_id, **asdict(facts)})
    stored = {row.type: row.fingerprint for row in connection.execute(_FINGERPRINTS, {"file": file_id})}
    # The content has changed: hashes that a scan does not compute, such as a phash, are of the old content.
    if any(stored.get(kind, value) != value for kind, value in fingerprints.items()):
        connection.execute(_DELETE_FINGERPRINTS, {"file": file_id})
        stored = {}
    missing = {kind: value for kind, value in fingerprints.items() if kind not in stored}
    _add_fingerprints(connection, file_id, missing)


def _add_fingerprints(connection: Connection, file_id: int, fingerprints: Mapping[str, str]) -> None:
    rows = [{"file_id": file_id, "type": kind, "fingerprint": value} for kind, value in fingerprints.items()]
    if rows:
        connection.execute(_INSERT_FINGERPRINTS, rows)


def set_sidecars(
    connection: Connection, file_id: int, captions: Iterable[Caption], *, interactive: bool
) -> None:
    """Replace the captions of a video, and its `interactive` flag."""
    connection.execute(_SET_INTERACTIVE, {"file": file_id, "interactive": interactive})
    connection.execute(_DELETE_CAPTIONS, {"file": file_id})
    rows = [{"file_id": file_id, **caption._asdict()} for caption in captions]
    if rows:
        connection.execute(_INSERT_CAPTIONS, rows)
