"""Gives every file its scene, image or gallery: files of the same content share one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Insert, Select, Update, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from stash_cli.embedded.library.timestamps import now
from stash_cli.embedded.scan.file_rows import WITH_HASHES, hashes
from stash_cli.embedded.scan.paths import stem
from stash_cli.embedded.tables import (
    files,
    galleries,
    galleries_files,
    galleries_images,
    images,
    images_files,
    scenes,
    scenes_files,
    scenes_galleries,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table


@dataclass(frozen=True, slots=True)
class Owner:
    """The statements that find and make the objects of one kind for their files."""

    key: str
    owning: Select[Any]
    sharing: Select[Any]
    make: Insert
    join: Insert
    touch: Update


def _owner(table: Table, join: Table, key: str) -> Owner:
    column = join.c[key]
    return Owner(
        key=key,
        owning=select(column).where(join.c.file_id == bindparam("file")).order_by(column).limit(1),
        sharing=(select(column).where(join.c.file_id.in_(WITH_HASHES)).order_by(column).limit(1)),
        make=insert(table),
        join=insert(join),
        touch=update(table).where(table.c.id == bindparam("object")),
    )


SCENE = _owner(scenes, scenes_files, "scene_id")
IMAGE = _owner(images, images_files, "image_id")
GALLERY = _owner(galleries, galleries_files, "gallery_id")

_FOLDER_GALLERY = select(galleries.c.id).where(galleries.c.folder_id == bindparam("folder"))
_ADD_IMAGE = upsert(galleries_images).on_conflict_do_nothing()
_LINK_SCENE = upsert(scenes_galleries).on_conflict_do_nothing()


def attach(connection: Connection, owner: Owner, file_id: int, fingerprints: Mapping[str, str]) -> int:
    """Return the id of a file's object: its own, else one with the same content, else a new one."""
    owning = connection.execute(owner.owning, {"file": file_id}).scalar()
    return int(owning) if owning is not None else attach_new(connection, owner, file_id, fingerprints)


def attach_new(connection: Connection, owner: Owner, file_id: int, fingerprints: Mapping[str, str]) -> int:
    """Return the id of the object that a file without one is given."""
    sharing = connection.execute(owner.sharing, hashes(fingerprints)).scalar()
    if sharing is None:
        made = _make(connection, owner.make)
        connection.execute(owner.join, {owner.key: made, "file_id": file_id, "primary": True})
        return made
    connection.execute(owner.join, {owner.key: sharing, "file_id": file_id, "primary": False})
    connection.execute(owner.touch, {"object": sharing, "updated_at": now()})
    return int(sharing)


def _make(connection: Connection, statement: Insert, **values: int) -> int:
    key = connection.execute(
        statement, {"created_at": now(), "updated_at": now(), **values}
    ).inserted_primary_key
    return int(key[0]) if key else 0


def folder_gallery(connection: Connection, folder_id: int) -> int:
    """Return the id of a folder's gallery, made when it has none."""
    known = connection.execute(_FOLDER_GALLERY, {"folder": folder_id}).scalar()
    return int(known) if known is not None else _make(connection, GALLERY.make, folder_id=folder_id)


def add_image(connection: Connection, gallery_id: int, image_id: int) -> None:
    """Put an image into a gallery, once."""
    connection.execute(_ADD_IMAGE, {"gallery_id": gallery_id, "image_id": image_id, "cover": False})


_BESIDE = {
    owner.key: select(join.c[owner.key], files.c.basename)
    .join_from(join, files)
    .where(
        files.c.parent_folder_id == bindparam("folder"),
        files.c.basename >= bindparam("first"),
        files.c.basename < bindparam("past"),
    )
    for owner, join in ((SCENE, scenes_files), (GALLERY, galleries_files))
}


def link_same_stem(connection: Connection, owner: Owner, object_id: int, folder_id: int, name: str) -> None:
    """Link a scene with the galleries of the zips beside it that bear its name, or the other way round."""
    other = GALLERY if owner is SCENE else SCENE
    own = stem(name)
    # "/" comes right after ".": a range of names that the index of a folder's files answers
    asked = {"folder": folder_id, "first": f"{own}.", "past": f"{own}/"}
    for row in connection.execute(_BESIDE[other.key], asked):
        if stem(row.basename) == own:
            connection.execute(_LINK_SCENE, {owner.key: object_id, other.key: row[0]})
