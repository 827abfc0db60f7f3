"""Taking files out of the library, and off the disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from stash_cli.embedded.tables import files, folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from stash_cli.embedded.context import RequestContext


def path_of(connection: Connection, file: int) -> Path | None:
    """Where a file lies; None for an unknown id."""
    query = select(folders.c.path, files.c.basename).join(folders, folders.c.id == files.c.parent_folder_id)
    row = connection.execute(query.where(files.c.id == file)).first()
    return None if row is None else Path(row[0]) / row[1]


def remove_from_disk(connection: Connection, ids: Iterable[int], unlink: Callable[[Path], object]) -> None:
    """Remove entries, and hand their files and the scripts beside them to `unlink`."""
    paths = [(file, path) for file in ids if (path := path_of(connection, file)) is not None]
    remove_entries(connection, [file for file, _ in paths])
    for _, path in paths:
        unlink(path)
        unlink(path.with_suffix(".funscript"))


def unlink_after_commit(context: RequestContext) -> Callable[[Path], object]:
    """An `unlink` that waits until the entries are gone for good; a failure is only logged."""

    def unlink(path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as failure:
            context.library.jobs.journal.error(f"cannot delete {path}: {failure.strerror}")

    return lambda path: context.defer(partial(unlink, path))


def remove_entries(connection: Connection, ids: Sequence[int]) -> None:
    """Forget files: their facts and hashes go with them, a zip's members and folders as well."""
    for file in ids:
        members = list(connection.scalars(select(files.c.id).where(files.c.zip_file_id == file)))
        remove_entries(connection, members)
        connection.execute(delete(folders).where(folders.c.zip_file_id == file))
        connection.execute(delete(files).where(files.c.id == file))
