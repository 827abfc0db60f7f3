"""Writes inspected files to the library: rows of the file, then its scene, image or gallery.

Files with the same content belong to one object.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import timestamps
from stash_cli.embedded.library.file_access import stem
from stash_cli.embedded.scan import rows
from stash_cli.embedded.scan.matching import apply_move, find_gone_members, find_moved
from stash_cli.embedded.scan.rows import WITH_HASHES, FolderRows, hashes, stored_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.scan.content import Inspected, Member
    from stash_cli.embedded.scan.probe import ImageFacts, VideoFacts
    from stash_cli.embedded.scan.rules import Rules


@dataclass(frozen=True, slots=True)
class Owner:
    """The statements that find and insert the owners of files, for one object type."""

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


SCENE = _owner(t.scenes, t.scenes_files, "scene_id")
IMAGE = _owner(t.images, t.images_files, "image_id")
GALLERY = _owner(t.galleries, t.galleries_files, "gallery_id")

_FOLDER_GALLERY = select(t.galleries.c.id).where(t.galleries.c.folder_id == bindparam("folder"))
_ADD_IMAGE = upsert(t.galleries_images).on_conflict_do_nothing()
_LINK_SCENE = upsert(t.scenes_galleries).on_conflict_do_nothing()


def attach(connection: Connection, owner: Owner, file_id: int, fingerprints: Mapping[str, str]) -> int:
    """The id of a file's object: its own, one with the same content, or a new one."""
    owning = connection.execute(owner.owning, {"file": file_id}).scalar()
    return int(owning) if owning is not None else attach_new(connection, owner, file_id, fingerprints)


def attach_new(connection: Connection, owner: Owner, file_id: int, fingerprints: Mapping[str, str]) -> int:
    """The id of the object for a file that has none: one with the same content, or a new one."""
    sharing = connection.execute(owner.sharing, hashes(fingerprints)).scalar()
    if sharing is None:
        object_id = _insert_object(connection, owner.make)
        connection.execute(owner.join, {owner.key: object_id, "file_id": file_id, "primary": True})
        return object_id
    connection.execute(owner.join, {owner.key: sharing, "file_id": file_id, "primary": False})
    connection.execute(owner.touch, {"object": sharing, "updated_at": timestamps.now()})
    return int(sharing)


def _insert_object(connection: Connection, statement: Insert, **values: int) -> int:
    key = connection.execute(
        statement, {"created_at": timestamps.now(), "updated_at": timestamps.now(), **values}
    ).inserted_primary_key
    return int(key[0]) if key else 0


def folder_gallery(connection: Connection, folder_id: int) -> int:
    """The id of a folder's gallery, inserted if missing."""
    existing = connection.execute(_FOLDER_GALLERY, {"folder": folder_id}).scalar()
    return (
        int(existing)
        if existing is not None
        else _insert_object(connection, GALLERY.make, folder_id=folder_id)
    )


def add_image(connection: Connection, gallery_id: int, image_id: int) -> None:
    """Add an image to a gallery, once."""
    connection.execute(_ADD_IMAGE, {"gallery_id": gallery_id, "image_id": image_id, "cover": False})


_BESIDE = {
    owner.key: select(join.c[owner.key], t.files.c.basename)
    .join_from(join, t.files)
    .where(
        t.files.c.parent_folder_id == bindparam("folder"),
        t.files.c.basename >= bindparam("first"),
        t.files.c.basename < bindparam("past"),
    )
    for owner, join in ((SCENE, t.scenes_files), (GALLERY, t.galleries_files))
}


def link_same_stem(connection: Connection, owner: Owner, object_id: int, folder_id: int, name: str) -> None:
    """Link a scene with galleries of zips in its folder with the same name, or the other way round."""
    other = GALLERY if owner is SCENE else SCENE
    own_stem = stem(name)
    # "/" is the character after ".": the index on folder and name can be used for this range of names.
    parameters = {"folder": folder_id, "first": f"{own_stem}.", "past": f"{own_stem}/"}
    for row in connection.execute(_BESIDE[other.key], parameters):
        if stem(row.basename) == own_stem:
            connection.execute(_LINK_SCENE, {owner.key: object_id, other.key: row[0]})


@dataclass(frozen=True, slots=True)
class _Entry:
    """The row of a file; a new row cannot have related rows yet."""

    id: int
    is_new: bool


class Importer:
    """Writes within one transaction.

    `made` are the paths of folders new in this scan; `described` the ids of files written so far, members of
    zip files included.
    """

    def __init__(self, connection: Connection, rules: Rules, made: set[str]) -> None:
        self._connection = connection
        self._rules = rules
        self._folders = FolderRows(connection, made)
        self.described: list[int] = []
        self._add_object = {"video": self._scene, "image": self._image, "zip": self._gallery}

    def add(self, inspected: Inspected) -> None:
        """Write a file that is new, changed, moved or without an object."""
        entry = self._entry(inspected)
        self._describe(entry, inspected.facts, inspected.fingerprints)
        self._add_object[inspected.found.kind](inspected, entry)

    def _entry(self, inspected: Inspected) -> _Entry:
        found = inspected.found
        folder_id = self._folder(found.folder)
        existing = rows.find_file(self._connection, folder_id, found.basename)
        if existing is not None:
            return self._update_file(existing, found.size, found.mod_time)
        moved = find_moved(self._connection, found, inspected.fingerprints, self._rules)
        if moved is not None:
            apply_move(self._connection, moved, found, folder_id, self._folders.made, self._rules)
            self._folders.clear()
            return _Entry(moved.id, is_new=False)
        file_id = rows.insert_file(self._connection, folder_id, found.basename, found.size, found.mod_time)
        return _Entry(file_id, is_new=True)

    def _update_file(self, row: Any, size: int, mod_time: int) -> _Entry:
        new_values = {"size": size, "mod_time": stored_time(mod_time), "recognised": True}
        if any(getattr(row, name) != value for name, value in new_values.items()):
            rows.update_file(self._connection, row.id, **new_values)
        return _Entry(row.id, is_new=False)

    def _describe(
        self, entry: _Entry, facts: VideoFacts | ImageFacts | None, fingerprints: Mapping[str, str]
    ) -> None:
        self.described.append(entry.id)
        write = rows.insert_properties if entry.is_new else rows.update_properties
        write(self._connection, entry.id, facts, fingerprints)

    def _attach(self, owner: Owner, entry: _Entry, fingerprints: Mapping[str, str]) -> int:
        attach_file = attach_new if entry.is_new else attach
        return attach_file(self._connection, owner, entry.id, fingerprints)

    def _folder(self, path: str) -> int:
        folder_id = self._folders.id_of(path)
        # Another process has removed the folder since the walk inserted it.
        if folder_id is None:
            folder_id = self._folders.write(path, 0)
        return folder_id

    def _scene(self, inspected: Inspected, entry: _Entry) -> None:
        found = inspected.found
        if not entry.is_new or found.captions or found.interactive:
            rows.set_sidecars(self._connection, entry.id, found.captions, interactive=found.interactive)
        scene_id = self._attach(SCENE, entry, inspected.fingerprints)
        link_same_stem(self._connection, SCENE, scene_id, self._folder(found.folder), found.basename)

    def _image(self, inspected: Inspected, entry: _Entry) -> None:
        image_id = self._attach(IMAGE, entry, inspected.fingerprints)
        if inspected.found.in_gallery:
            gallery_id = folder_gallery(self._connection, self._folder(inspected.found.folder))
            add_image(self._connection, gallery_id, image_id)

    def _gallery(self, inspected: Inspected, entry: _Entry) -> None:
        found = inspected.found
        # A zip file is a folder, too, so that its members have a parent.
        self._folders.write(found.path, found.mod_time, entry.id)
        if not inspected.members:
            return
        gallery_id = self._attach(GALLERY, entry, inspected.fingerprints)
        missing_members = {} if entry.is_new else find_gone_members(self._connection, entry.id, inspected)
        for member in inspected.members:
            add_image(
                self._connection, gallery_id, self._member(inspected, entry.id, member, missing_members)
            )
        link_same_stem(self._connection, GALLERY, gallery_id, self._folder(found.folder), found.basename)

    def _member(
        self, inspected: Inspected, zip_id: int, member: Member, missing_members: Mapping[str, list[int]]
    ) -> int:
        """The id of a member's image; the row of a renamed member is removed from `missing_members`."""
        folder_id = self._member_folder(inspected, zip_id, posixpath.dirname(member.name))
        name, size, mod_time = posixpath.basename(member.name), member.size, member.mod_time
        existing = rows.find_file(self._connection, folder_id, name)
        if existing is not None:
            entry = self._update_file(existing, size, mod_time)
        elif missing_members.get(member.md5):
            entry = _Entry(missing_members[member.md5].pop(0), is_new=False)
            moved = {"parent_folder_id": folder_id, "basename": name, "mod_time": stored_time(mod_time)}
            rows.update_file(self._connection, entry.id, **moved, size=size, recognised=True)
        else:
            file_id = rows.insert_file(self._connection, folder_id, name, size, mod_time, zip_id)
            entry = _Entry(file_id, is_new=True)
        fingerprints = {"md5": member.md5}
        self._describe(entry, member.facts, fingerprints)
        return self._attach(IMAGE, entry, fingerprints)

    def _member_folder(self, inspected: Inspected, zip_id: int, folder: str) -> int:
        found = inspected.found
        path = posixpath.join(found.path, folder) if folder else found.path
        folder_id = self._folders.id_of(path)
        if folder_id is not None:
            return folder_id
        self._member_folder(inspected, zip_id, posixpath.dirname(folder))
        return self._folders.write(path, found.mod_time, zip_id)
