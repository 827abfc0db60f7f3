"""Where the content of a file lies: on disk inside the library's folders, or in a zip file there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy import select

from stash_cli.embedded import sql
from stash_cli.embedded import tables as t
from stash_cli.embedded.scan.archive import opened_member
from stash_cli.embedded.writing.folders import library_roots, root_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Located:
    """A file on disk, or a member of the zip file that `path` names; it may be gone by now."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The path as the library shows it."""
        return str(self.path) if self.member is None else f"{self.path}{os.sep}{self.member}"

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Its content, to be read and sought in; raises OSError or BrokenFileError."""
        if self.member is None:
            with self.path.open("rb") as stream:
                yield stream
        else:
            with opened_member(self.path, self.member) as stream:
                yield stream


def locate(connection: Connection, ids: Collection[int]) -> dict[int, Located]:
    """Where the files with these ids lie; those outside the library's folders are left out.

    Entries may name any path, because they can be imported.
    """
    zips, zip_folders = t.files.alias(), t.folders.alias()
    statement = (
        select(t.files.c.id, sql.full_path(), sql.full_path(zip_folders, zips))
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .outerjoin(zips, zips.c.id == t.files.c.zip_file_id)
        .outerjoin(zip_folders, zip_folders.c.id == zips.c.parent_folder_id)
        .where(t.files.c.id.in_(sql.id_list(ids)))
    )
    roots = library_roots(connection)
    found = ((row[0], _located(row[1], row[2])) for row in connection.execute(statement))
    return {number: place for number, place in found if root_of(roots, place.path) is not None}


def _located(path: str, zip_path: str | None) -> Located:
    if zip_path is None:
        return Located(Path(path))
    return Located(Path(zip_path), path.removeprefix(zip_path + os.sep).replace(os.sep, "/"))
