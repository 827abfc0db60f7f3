"""Removing an object, and its files where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.tables import (
    files,
    galleries_files,
    galleries_images,
    images_files,
    scene_markers,
)
from stash_cli.embedded.writing import blueprints
from stash_cli.embedded.writing.file_removal import owners_of, remove_entries, remove_from_disk
from stash_cli.embedded.writing.files_of import FILES
from stash_cli.embedded.writing.titles import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from stash_cli.embedded.writing.blueprint import Blueprint


@dataclass(frozen=True)
class Options:
    """What goes with an object: its files on disk, or only their entries."""

    delete_file: bool = False
    destroy_file_entry: bool = False
    unlink: Callable[[Path], object] = Path.unlink

    @classmethod
    def read(cls, given: Mapping[str, Any], unlink: Callable[[Path], object]) -> Options:
        return cls(bool(given.get("delete_file")), bool(given.get("destroy_file_entry")), unlink)


def destroy(connection: Connection, blueprint: Blueprint, object_id: int, options: Options) -> None:
    """Remove one object, its markers, and what `options` add to that."""
    if blueprint.type == "Scene":
        connection.execute(delete(scene_markers).where(scene_markers.c.scene_id == object_id))
    if blueprint.type == "Tag":
        _refuse_primary_tag(connection, object_id)
    own_files = FILES[blueprint.type].ids(connection, object_id) if blueprint.type in FILES else []
    members = _members(connection, object_id, options) if blueprint.type == "Gallery" else []
    connection.execute(delete(blueprint.table).where(blueprint.table.c.id == object_id))
    for image in members:
        destroy(connection, blueprints.IMAGE, image, options)
    _files_too(connection, own_files, options)


def _refuse_primary_tag(connection: Connection, tag: int) -> None:
    used = select(scene_markers.c.id).where(scene_markers.c.primary_tag_id == tag)
    if connection.scalar(used) is not None:
        raise Refused("cannot delete tag used as a primary tag in scene markers")


def _files_too(connection: Connection, ids: Iterable[int], options: Options) -> None:
    """Remove files that nothing uses any more: from disk, or only their entries."""
    free = [file for file in ids if not owners_of(connection, file)]
    if options.delete_file:
        loose = [file for file in free if not _zipped(connection, file)]
        remove_from_disk(connection, loose, options.unlink)
    elif options.destroy_file_entry:
        remove_entries(connection, free)


def _zipped(connection: Connection, file: int) -> bool:
    return connection.scalar(select(files.c.zip_file_id).where(files.c.id == file)) is not None


def _members(connection: Connection, gallery: int, options: Options) -> list[int]:
    """Images that go with a scanned gallery: a zip's own, a folder's only together with the files."""
    source = source_of(connection, gallery)
    if source is None or (source[0] == "folder" and not options.delete_file):
        return []
    columns = galleries_images.c
    elsewhere = select(columns.image_id).where(columns.gallery_id != gallery)
    mine = select(columns.image_id).where(columns.gallery_id == gallery, columns.image_id.not_in(elsewhere))
    ids = list(connection.scalars(mine))
    return [image for image in ids if source[0] == "folder" or _only_in_zip(connection, gallery, image)]


def _only_in_zip(connection: Connection, gallery: int, image: int) -> bool:
    """Whether every file of `image` lies in the zip of `gallery`."""
    zips = select(galleries_files.c.file_id).where(galleries_files.c.gallery_id == gallery)
    outside = (
        select(files.c.id)
        .join(images_files, images_files.c.file_id == files.c.id)
        .where(images_files.c.image_id == image)
        .where(files.c.zip_file_id.is_(None) | files.c.zip_file_id.not_in(zips))
    )
    return connection.scalar(outside) is None
