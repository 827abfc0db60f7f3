"""Which files belong to an object: assigning them, and choosing the primary one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.tables import files, galleries_files, images_files, scenes_files
from stash_cli.embedded.writing.arguments import to_id, to_ids

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from stash_cli.embedded.writing.blueprint import Change


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
        mine = self.table.c[self.own] == owner
        connection.execute(update(self.table).where(mine).values(primary=False))
        connection.execute(update(self.table).where(mine, self.table.c.file_id == file).values(primary=True))

    def assign(self, connection: Connection, owner: int, file: int) -> None:
        """Give `file` to `owner`; the first one becomes the primary."""
        first = not self.ids(connection, owner)
        connection.execute(insert(self.table).values({self.own: owner, "file_id": file, "primary": first}))


FILES = {
    "Scene": FileTable(scenes_files, "scene_id"),
    "Image": FileTable(images_files, "image_id"),
    "Gallery": FileTable(galleries_files, "gallery_id"),
}


def choose_primary(change: Change) -> None:
    """Honour `primary_file_id` of an update."""
    if change.given.get("primary_file_id") is None or change.creating:
        return
    file = to_id(change.given["primary_file_id"], "primary file id")
    table = FILES[change.blueprint.type]
    if file not in table.ids(change.connection, change.owner):
        raise Refused(f"file with id {file} not associated with {change.blueprint.noun}")
    table.set_primary(change.connection, change.owner, file)


def take_files(change: Change) -> None:
    """Honour `file_ids` of a create."""
    for file in to_ids(change.given.get("file_ids"), "file ids"):
        move_to_scene(change.connection, file, change.owner, f"assigning file {file} to new scene")


def move_to_scene(connection: Connection, file: int, scene: int, doing: str) -> None:
    """Take a file that is no scene's primary one and give it to `scene`."""
    if connection.scalar(select(files.c.id).where(files.c.id == file)) is None:
        raise Refused(f"{doing}: getting file by id {file}: sql: no rows in result set")
    columns = scenes_files.c
    held = connection.execute(select(columns.scene_id, columns.primary).where(columns.file_id == file)).all()
    if any(primary for _, primary in held):
        raise Refused(f"{doing}: cannot reassign primary file")
    connection.execute(scenes_files.delete().where(columns.file_id == file))
    FILES["Scene"].assign(connection, scene, file)
