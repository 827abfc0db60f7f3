"""Takes inspected files up into the library: rows for the file, then its scene, image or gallery."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.scan import file_rows
from stash_cli.embedded.scan.folder_rows import FolderRows, moment
from stash_cli.embedded.scan.moves import find_moved, follow
from stash_cli.embedded.scan.objects import (
    GALLERY,
    IMAGE,
    SCENE,
    Owner,
    add_image,
    attach,
    attach_new,
    folder_gallery,
    link_same_stem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from stash_cli.embedded.scan.archive import Member
    from stash_cli.embedded.scan.inspection import Inspected
    from stash_cli.embedded.scan.probe import ImageFacts, VideoFacts
    from stash_cli.embedded.scan.rules import Rules


@dataclass(frozen=True, slots=True)
class _Entry:
    """The row of a file: its id, and whether it was added just now, so that nothing can be known of it."""

    id: int
    is_new: bool


class Importer:
    """Writes within one transaction; what it has taken up is complete when that is committed.

    `made` holds the paths of the folders that the scan found for the first time; `described` are the
    ids of the files taken up so far, those inside zip files among them.
    """

    def __init__(self, connection: Connection, rules: Rules, made: set[str]) -> None:
        self._connection = connection
        self._rules = rules
        self._folders = FolderRows(connection, made)
        self.described: list[int] = []
        self._take = {"video": self._scene, "image": self._image, "zip": self._gallery}

    def take_up(self, inspected: Inspected) -> None:
        """Write a file that is new, changed, moved or without its object."""
        entry = self._entry(inspected)
        self._describe(entry, inspected.facts, inspected.fingerprints)
        self._take[inspected.found.kind](inspected, entry)

    def _entry(self, inspected: Inspected) -> _Entry:
        found = inspected.found
        folder_id = self._folder(found.folder)
        known = file_rows.find(self._connection, folder_id, found.basename)
        if known is not None:
            return self._freshened(known, found.size, found.mod_time)
        moved = find_moved(self._connection, found, inspected.fingerprints, self._rules)
        if moved is not None:
            follow(self._connection, moved, found, folder_id, self._folders.made)
            self._folders.forget()
            return _Entry(moved.id, is_new=False)
        added = file_rows.add(self._connection, folder_id, found.basename, found.size, found.mod_time)
        return _Entry(added, is_new=True)

    def _freshened(self, known: Any, size: int, mod_time: int) -> _Entry:
        read = {"size": size, "mod_time": moment(mod_time), "recognised": True}
        if any(getattr(known, name) != value for name, value in read.items()):
            file_rows.change(self._connection, known.id, **read)
        return _Entry(known.id, is_new=False)

    def _describe(
        self, entry: _Entry, facts: VideoFacts | ImageFacts | None, fingerprints: Mapping[str, str]
    ) -> None:
        self.described.append(entry.id)
        write = file_rows.describe_new if entry.is_new else file_rows.describe
        write(self._connection, entry.id, facts, fingerprints)

    def _attach(self, owner: Owner, entry: _Entry, fingerprints: Mapping[str, str]) -> int:
        give = attach_new if entry.is_new else attach
        return give(self._connection, owner, entry.id, fingerprints)

    def _folder(self, path: str) -> int:
        folder_id = self._folders.id_of(path)
        if folder_id is None:  # removed by someone else since the walk wrote it
            folder_id = self._folders.write(path, 0)
        return folder_id

    def _scene(self, inspected: Inspected, entry: _Entry) -> None:
        found = inspected.found
        if not entry.is_new or found.captions or found.interactive:
            file_rows.set_companions(
                self._connection, entry.id, found.captions, interactive=found.interactive
            )
        scene_id = self._attach(SCENE, entry, inspected.fingerprints)
        link_same_stem(self._connection, SCENE, scene_id, self._folder(found.folder), found.basename)

    def _image(self, inspected: Inspected, entry: _Entry) -> None:
        image_id = self._attach(IMAGE, entry, inspected.fingerprints)
        if inspected.found.in_gallery:
            gallery_id = folder_gallery(self._connection, self._folder(inspected.found.folder))
            add_image(self._connection, gallery_id, image_id)

    def _gallery(self, inspected: Inspected, entry: _Entry) -> None:
        found = inspected.found
        self._folders.write(found.path, found.mod_time, entry.id)
        if not inspected.members:
            return
        gallery_id = self._attach(GALLERY, entry, inspected.fingerprints)
        for member in inspected.members:
            add_image(self._connection, gallery_id, self._member(inspected, entry.id, member))
        link_same_stem(self._connection, GALLERY, gallery_id, self._folder(found.folder), found.basename)

    def _member(self, inspected: Inspected, zip_id: int, member: Member) -> int:
        folder_id = self._member_folder(inspected, zip_id, posixpath.dirname(member.name))
        name, size, mod_time = posixpath.basename(member.name), member.size, member.mod_time
        known = file_rows.find(self._connection, folder_id, name)
        if known is not None:
            entry = self._freshened(known, size, mod_time)
        else:
            added = file_rows.add(self._connection, folder_id, name, size, mod_time, zip_id)
            entry = _Entry(added, is_new=True)
        fingerprints = {"md5": member.md5}
        self._describe(entry, member.facts, fingerprints)
        return self._attach(IMAGE, entry, fingerprints)

    def _member_folder(self, inspected: Inspected, zip_id: int, inside: str) -> int:
        found = inspected.found
        path = posixpath.join(found.path, inside) if inside else found.path
        known = self._folders.id_of(path)
        if known is not None:
            return known
        self._member_folder(inspected, zip_id, posixpath.dirname(inside))
        return self._folders.write(path, found.mod_time, zip_id)
