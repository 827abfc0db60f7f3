"""Writes folders: each path once, under its parent, library roots without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from stash_cli.embedded.library.timestamps import now, to_text
from stash_cli.embedded.scan.paths import name, parent
from stash_cli.embedded.tables import folders

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BY_PATH = select(folders.c.id, folders.c.mod_time, folders.c.zip_file_id).where(
    folders.c.path == bindparam("path")
)
_INSERT = insert(folders)
_TOUCH = update(folders).where(folders.c.id == bindparam("folder"))


def moment(seconds: int) -> str:
    """Return an epoch second as the library stores times: in the machine's own offset."""
    return to_text(datetime.fromtimestamp(seconds, UTC).astimezone())


class FolderRows:
    """The folders of one transaction; ids are looked up once and forgotten with it.

    `made` is told the paths of rows that were not there before.
    """

    def __init__(self, connection: Connection, made: set[str]) -> None:
        self._connection = connection
        self.made = made
        self._ids: dict[str, int] = {}

    def id_of(self, path: str) -> int | None:
        """Return the id of a folder's row, or None when it has none."""
        if path not in self._ids:
            found = self._connection.execute(_BY_PATH, {"path": path}).scalar()
            if found is None:
                return None
            self._ids[path] = found
        return self._ids[path]

    def forget(self) -> None:
        """Look all ids up again: folders have moved."""
        self._ids.clear()

    def write(self, path: str, mod_time: int, zip_file_id: int | None = None) -> int:
        """Make or freshen the row of a folder and return its id; its parent has been written before."""
        row = self._connection.execute(_BY_PATH, {"path": path}).first()
        stamp = moment(mod_time)
        if row is None:
            return self._insert(path, stamp, zip_file_id)
        if (row.mod_time, row.zip_file_id) != (stamp, zip_file_id):
            values = {"mod_time": stamp, "zip_file_id": zip_file_id, "updated_at": now()}
            self._connection.execute(_TOUCH, {"folder": row.id, **values})
        self._ids[path] = row.id
        return int(row.id)

    def _insert(self, path: str, stamp: str, zip_file_id: int | None) -> int:
        values = {
            "path": path,
            "basename": name(path),
            "parent_folder_id": self.id_of(parent(path)),
            "zip_file_id": zip_file_id,
            "mod_time": stamp,
            "created_at": now(),
            "updated_at": now(),
        }
        key = self._connection.execute(_INSERT, values).inserted_primary_key
        self._ids[path] = int(key[0]) if key else 0
        self.made.add(path)
        return self._ids[path]
