"""Taking files out of the library, and off the disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from stash_cli.embedded.library import sql
from stash_cli.embedded.library.file_access import OutsideError, remove_file
from stash_cli.embedded.tables import files, folders
from stash_cli.embedded.writing.files_of import FILES
from stash_cli.embedded.writing.folders import media_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from stash_cli.embedded.library.context import RequestContext

Owner = tuple[str, int]
"""Type and id of an object that has files."""


def path_of(connection: Connection, file: int) -> Path | None:
    """Where a file lies; None for an unknown id."""
    query = select(folders.c.path, files.c.basename).join(folders, folders.c.id == files.c.parent_folder_id)
    row = connection.execute(query.where(files.c.id == file)).first()
    return None if row is None else Path(row[0]) / row[1]


def remove_from_disk(connection: Connection, ids: Sequence[int], unlink: Callable[[Path], object]) -> None:
    """Remove entries, and hand their files and the scripts beside them to `unlink`.

    Files that no scan has read, or outside the library folders, are left alone, whatever entries say.
    """
    paths = [(file, path) for file in ids if (path := path_of(connection, file)) is not None]
    was_read = select(files.c.id).where(files.c.id.in_(sql.id_list(ids)), files.c.recognised)
    read = set(connection.scalars(was_read))
    remove_entries(connection, [file for file, _ in paths])
    for path in (path for file, path in paths if file in read):
        unlink(path)
        unlink(path.with_suffix(".funscript"))


def unlink_after_commit(context: RequestContext) -> Callable[[Path], object]:
    """An `unlink` that waits until the entries are gone for good; a failure is only logged.

    Only files in the library folders of this moment are removed.
    """
    roots = media_folders(context)

    def unlink(path: Path) -> None:
        try:
            remove_file(str(path), roots)
        except OutsideError:
            context.library.jobs.journal.warning(f"{path} is kept: it is outside the library folders")
        except OSError as failure:
            context.library.jobs.journal.error(f"cannot delete {path}: {failure.strerror}")

    return lambda path: context.defer(partial(unlink, path))


def remove_entries(connection: Connection, ids: Sequence[int]) -> list[Owner]:
    """Forget files with their facts and hashes, zip files with their members and folders.

    Of what they belonged to, another file becomes the primary one; returned are the objects (type and
    id) that have no file left.
    """
    owners: list[Owner] = []
    for file in ids:
        members = list(connection.scalars(select(files.c.id).where(files.c.zip_file_id == file)))
        owners += remove_entries(connection, members)
        owners += owners_of(connection, file)
        connection.execute(delete(folders).where(folders.c.zip_file_id == file))
        connection.execute(delete(files).where(files.c.id == file))
    return [owner for owner in dict.fromkeys(owners) if not _keeps_a_file(connection, *owner)]


def owners_of(connection: Connection, file: int) -> list[Owner]:
    """What a file belongs to."""
    return [
        (kind, owner)
        for kind, entry in FILES.items()
        for owner in connection.scalars(select(entry.table.c[entry.own]).where(entry.table.c.file_id == file))
    ]


def _keeps_a_file(connection: Connection, kind: str, owner: int) -> bool:
    left = FILES[kind].ids(connection, owner)
    if left:
        FILES[kind].set_primary(connection, owner, left[0])
    return bool(left)
