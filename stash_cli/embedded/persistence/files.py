"""Files of an entity, and rows of folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, insert, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import file_access, settings, timestamps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.persistence.entity_mapper import Change


@dataclass(frozen=True)
class FileTable:
    """The join table between an entity and its files."""

    table: Table
    own: str

    def ids(self, connection: Connection, owner: int) -> list[int]:
        """Files of `owner`, the primary one first."""
        columns = self.table.c
        query = select(columns.file_id).where(columns[self.own] == owner)
        return list(connection.scalars(query.order_by(columns.primary.desc(), columns.file_id)))

    def set_primary(self, connection: Connection, owner: int, file: int) -> None:
        of_owner = self.table.c[self.own] == owner
        connection.execute(update(self.table).where(of_owner).values(primary=False))
        connection.execute(
            update(self.table).where(of_owner, self.table.c.file_id == file).values(primary=True)
        )

    def assign(self, connection: Connection, owner: int, file: int) -> None:
        """Assign `file` to `owner`; the first file becomes primary."""
        first = not self.ids(connection, owner)
        connection.execute(insert(self.table).values({self.own: owner, "file_id": file, "primary": first}))


FILES = {
    "Scene": FileTable(t.scenes_files, "scene_id"),
    "Image": FileTable(t.images_files, "image_id"),
    "Gallery": FileTable(t.galleries_files, "gallery_id"),
}


def choose_primary(change: Change) -> None:
    """Apply `primary_file_id` of an update."""
    if change.given.get("primary_file_id") is None or change.creating:
        return
    file = inputs.to_id(change.given["primary_file_id"], "primary file id")
    table = FILES[change.mapper.type]
    if file not in table.ids(change.connection, change.owner):
        raise Refused(f"file with id {file} not associated with {change.mapper.noun}")
    table.set_primary(change.connection, change.owner, file)


def assign_files(change: Change) -> None:
    """Apply `file_ids` of a create."""
    for file in inputs.to_ids(change.given.get("file_ids"), "file ids"):
        move_to_scene(change.connection, file, change.owner, f"assigning file {file} to new scene")


def move_to_scene(connection: Connection, file: int, scene: int, doing: str) -> None:
    """Move a file to `scene`. Raises Refused, prefixed by `doing`, for the primary file of another."""
    if connection.scalar(select(t.files.c.id).where(t.files.c.id == file)) is None:
        raise Refused(f"{doing}: getting file by id {file}: sql: no rows in result set")
    columns = t.scenes_files.c
    links = connection.execute(select(columns.scene_id, columns.primary).where(columns.file_id == file)).all()
    if any(primary for _, primary in links):
        raise Refused(f"{doing}: cannot reassign primary file")
    connection.execute(t.scenes_files.delete().where(columns.file_id == file))
    FILES["Scene"].assign(connection, scene, file)


def media_folders(context: RequestContext) -> list[str]:
    """The library folders, without system folders unless the limits permit them."""
    any_folder = context.library.limits.any_folder
    roots = map(str, library_roots(context.connection))
    return [root for root in roots if any_folder or not file_access.is_system_folder(root)]


def library_roots(connection: Connection) -> list[Path]:
    """The configured library folders."""
    return [Path(stash["path"]) for stash in settings.read_part(connection, "general").get("stashes") or ()]


def root_of(roots: Iterable[Path], path: Path) -> Path | None:
    """The folder of `roots` that contains `path`, normalised, or None."""
    path = Path(os.path.normpath(path))
    return next((root for root in roots if path == root or root in path.parents), None)


def library_root(connection: Connection, path: Path) -> Path | None:
    """The library folder that contains `path`, or None."""
    return root_of(library_roots(connection), path)


def folder_for(connection: Connection, path: Path) -> int:
    """The row of a folder, inserted with its ancestors up to the library folder if missing."""
    existing = connection.scalar(select(t.folders.c.id).where(t.folders.c.path == str(path)))
    if existing is not None:
        return int(existing)
    root = library_root(connection, path)
    has_parent = root is not None and root != path
    parent = folder_for(connection, path.parent) if has_parent else None
    stamp = timestamps.now()
    row = {
        "path": str(path),
        "basename": path.name,
        "parent_folder_id": parent,
        "mod_time": stamp,
        "created_at": stamp,
        "updated_at": stamp,
    }
    key = connection.execute(insert(t.folders).values(row)).inserted_primary_key
    assert key is not None  # noqa: S101 - an insert has one
    return int(key[0])
