"""Deletion of entities and of files, from the library and from disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import file_access, sql
from stash_cli.embedded.persistence import entity_mapper, files
from stash_cli.embedded.persistence.files import FILES
from stash_cli.embedded.persistence.validators import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.persistence.entity_mapper import EntityMapper

Owner = tuple[str, int]
"""Type and id of an entity that owns files."""


def path_of(connection: Connection, file: int) -> Path | None:
    """The path of a file, or None for an unknown id."""
    query = select(t.folders.c.path, t.files.c.basename).join(
        t.folders, t.folders.c.id == t.files.c.parent_folder_id
    )
    row = connection.execute(query.where(t.files.c.id == file)).first()
    return None if row is None else Path(row[0]) / row[1]


def remove_from_disk(connection: Connection, ids: Sequence[int], unlink: Callable[[Path], object]) -> None:
    """Delete rows of files, and pass their paths and funscripts to `unlink`.

    Files that no scan has read are not deleted from disk, because their rows may be imported.
    """
    paths = [(file, path) for file in ids if (path := path_of(connection, file)) is not None]
    # An imported row must not cause the deletion of a file that the library has never read.
    statement = select(t.files.c.id).where(t.files.c.id.in_(sql.id_list(ids)), t.files.c.recognised)
    recognised = set(connection.scalars(statement))
    remove_entries(connection, [file for file, _ in paths])
    for path in (path for file, path in paths if file in recognised):
        unlink(path)
        unlink(path.with_suffix(".funscript"))


def unlink_after_commit(context: RequestContext) -> Callable[[Path], object]:
    """An `unlink` that runs after the commit; failures are logged.

    Only files in the current library folders are removed.
    """
    roots = files.media_folders(context)

    def unlink(path: Path) -> None:
        try:
            file_access.remove_file(str(path), roots)
        except file_access.OutsideError:
            context.library.jobs.library_log.warning(f"{path} is kept: it is outside the library folders")
        except OSError as failure:
            context.library.jobs.library_log.error(f"cannot delete {path}: {failure.strerror}")

    return lambda path: context.on_commit(partial(unlink, path))


def remove_entries(connection: Connection, ids: Sequence[int]) -> list[Owner]:
    """Delete rows of files with all their data, and of zip files with their members and folders.

    Another file of each owner becomes primary. Returns the owners (type, id) without a file left.
    """
    owners: list[Owner] = []
    for file in ids:
        members = list(connection.scalars(select(t.files.c.id).where(t.files.c.zip_file_id == file)))
        owners += remove_entries(connection, members)
        owners += owners_of(connection, file)
        connection.execute(delete(t.folders).where(t.folders.c.zip_file_id == file))
        connection.execute(delete(t.files).where(t.files.c.id == file))
    return [owner for owner in dict.fromkeys(owners) if not _choose_primary_file(connection, *owner)]


def owners_of(connection: Connection, file: int) -> list[Owner]:
    """The entities that own a file."""
    return [
        (kind, owner)
        for kind, entry in FILES.items()
        for owner in connection.scalars(select(entry.table.c[entry.own]).where(entry.table.c.file_id == file))
    ]


def _choose_primary_file(connection: Connection, kind: str, owner: int) -> bool:
    """Make the first remaining file primary; return whether there is one."""
    remaining = FILES[kind].ids(connection, owner)
    if remaining:
        FILES[kind].set_primary(connection, owner, remaining[0])
    return bool(remaining)


@dataclass(frozen=True)
class Options:
    """Deletion of files with their entity: from disk, or only their rows."""

    delete_file: bool = False
    destroy_file_entry: bool = False
    unlink: Callable[[Path], object] = Path.unlink

    @classmethod
    def read(cls, options_input: Mapping[str, Any], unlink: Callable[[Path], object]) -> Options:
        return cls(
            bool(options_input.get("delete_file")), bool(options_input.get("destroy_file_entry")), unlink
        )


def destroy(connection: Connection, mapper: EntityMapper, object_id: int, options: Options) -> None:
    """Delete one entity, its markers, and its files by `options`."""
    if mapper.type == "Scene":
        # Markers restrict the deletion of their scene (ON DELETE RESTRICT), as in Stash's own database.
        connection.execute(delete(t.scene_markers).where(t.scene_markers.c.scene_id == object_id))
    if mapper.type == "Tag":
        _refuse_primary_tag(connection, object_id)
    # Read before the deletion, which cascades to the join tables.
    own_files = FILES[mapper.type].ids(connection, object_id) if mapper.type in FILES else []
    members = _members(connection, object_id, options) if mapper.type == "Gallery" else []
    connection.execute(delete(mapper.table).where(mapper.table.c.id == object_id))
    for image in members:
        destroy(connection, entity_mapper.IMAGE, image, options)
    _delete_files(connection, own_files, options)


def _refuse_primary_tag(connection: Connection, tag: int) -> None:
    used = select(t.scene_markers.c.id).where(t.scene_markers.c.primary_tag_id == tag)
    if connection.scalar(used) is not None:
        raise Refused("cannot delete tag used as a primary tag in scene markers")


def _delete_files(connection: Connection, ids: Iterable[int], options: Options) -> None:
    """Delete files that no entity owns any more, from disk or only their rows."""
    unowned = [file for file in ids if not owners_of(connection, file)]
    if options.delete_file:
        on_disk = [file for file in unowned if not _is_zip_member(connection, file)]
        remove_from_disk(connection, on_disk, options.unlink)
    elif options.destroy_file_entry:
        remove_entries(connection, unowned)


def _is_zip_member(connection: Connection, file: int) -> bool:
    return connection.scalar(select(t.files.c.zip_file_id).where(t.files.c.id == file)) is not None


def _members(connection: Connection, gallery: int, options: Options) -> list[int]:
    """Images that are deleted with a scanned gallery; those of a folder only with their files."""
    source = source_of(connection, gallery)
    if source is None or (source[0] == "folder" and not options.delete_file):
        return []
    columns = t.galleries_images.c
    elsewhere = select(columns.image_id).where(columns.gallery_id != gallery)
    only_here = select(columns.image_id).where(
        columns.gallery_id == gallery, columns.image_id.not_in(elsewhere)
    )
    ids = list(connection.scalars(only_here))
    return [image for image in ids if source[0] == "folder" or _only_in_zip(connection, gallery, image)]


def _only_in_zip(connection: Connection, gallery: int, image: int) -> bool:
    """Whether all files of `image` are members of the zip of `gallery`."""
    zips = select(t.galleries_files.c.file_id).where(t.galleries_files.c.gallery_id == gallery)
    outside = (
        select(t.files.c.id)
        .join(t.images_files, t.images_files.c.file_id == t.files.c.id)
        .where(t.images_files.c.image_id == image)
        .where(t.files.c.zip_file_id.is_(None) | t.files.c.zip_file_id.not_in(zips))
    )
    return connection.scalar(outside) is None
