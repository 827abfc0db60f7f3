"""Takes inspected files up into the library: rows for the file, then its scene, image or gallery."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.scan import file_rows
from stash_cli.embedded.scan.folder_rows import FolderRows, moment
from stash_cli.embedded.scan.moves import find_moved, follow
from stash_cli.embedded.scan.objects import (
    GALLERY,
    IMAGE,
    SCENE,
    add_image,
    attach,
    folder_gallery,
    link_same_stem,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.scan.archive import Member
    from stash_cli.embedded.scan.inspection import Inspected
    from stash_cli.embedded.scan.rules import Rules


class Importer:
    """Writes within one transaction; what it has taken up is complete when that is committed."""

    def __init__(self, connection: Connection, rules: Rules) -> None:
        self._connection = connection
        self._rules = rules
        self._folders = FolderRows(connection)
        self._take = {"video": self._scene, "image": self._image, "zip": self._gallery}

    def take_up(self, inspected: Inspected) -> None:
        """Write a file that is new, changed, moved or without its object."""
        file_id = self._file(inspected)
        file_rows.set_facts(self._connection, file_id, inspected.facts)
        file_rows.set_fingerprints(self._connection, file_id, inspected.fingerprints)
        self._take[inspected.found.kind](inspected, file_id)

    def _file(self, inspected: Inspected) -> int:
        found = inspected.found
        folder_id = self._folder(found.folder)
        known = file_rows.find(self._connection, folder_id, found.basename)
        if known is not None:
            self._freshen(known, found.size, found.mod_time)
            return int(known.id)
        moved = find_moved(self._connection, found, inspected.fingerprints, self._rules)
        if moved is None:
            return file_rows.add(self._connection, folder_id, found.basename, found.size, found.mod_time)
        follow(self._connection, moved, found, folder_id)
        self._folders.forget()
        return int(moved.id)

    def _folder(self, path: str) -> int:
        folder_id = self._folders.id_of(path)
        if folder_id is None:  # removed by someone else since the walk wrote it
            folder_id = self._folders.write(path, 0)
        return folder_id

    def _freshen(self, known: Any, size: int, mod_time: int) -> None:
        if (known.size, known.mod_time) != (size, moment(mod_time)):
            file_rows.change(self._connection, known.id, size=size, mod_time=moment(mod_time))

    def _scene(self, inspected: Inspected, file_id: int) -> None:
        found = inspected.found
        file_rows.set_companions(self._connection, file_id, found.captions, interactive=found.interactive)
        scene_id = attach(self._connection, SCENE, file_id, inspected.fingerprints)
        link_same_stem(self._connection, SCENE, scene_id, self._folder(found.folder), found.basename)

    def _image(self, inspected: Inspected, file_id: int) -> None:
        image_id = attach(self._connection, IMAGE, file_id, inspected.fingerprints)
        if inspected.found.in_gallery:
            gallery_id = folder_gallery(self._connection, self._folder(inspected.found.folder))
            add_image(self._connection, gallery_id, image_id)

    def _gallery(self, inspected: Inspected, file_id: int) -> None:
        found = inspected.found
        self._folders.write(found.path, found.mod_time, file_id)
        if not inspected.members:
            return
        gallery_id = attach(self._connection, GALLERY, file_id, inspected.fingerprints)
        for member in inspected.members:
            add_image(self._connection, gallery_id, self._member(inspected, file_id, member))
        link_same_stem(self._connection, GALLERY, gallery_id, self._folder(found.folder), found.basename)

    def _member(self, inspected: Inspected, zip_id: int, member: Member) -> int:
        folder_id = self._member_folder(inspected, zip_id, posixpath.dirname(member.name))
        name = posixpath.basename(member.name)
        known = file_rows.find(self._connection, folder_id, name)
        if known is None:
            size, mod_time = member.size, member.mod_time
            file_id = file_rows.add(self._connection, folder_id, name, size, mod_time, zip_id)
        else:
            file_id = known.id
            self._freshen(known, member.size, member.mod_time)
        fingerprints = {"md5": member.md5}
        file_rows.set_facts(self._connection, file_id, member.facts)
        file_rows.set_fingerprints(self._connection, file_id, fingerprints)
        return attach(self._connection, IMAGE, file_id, fingerprints)

    def _member_folder(self, inspected: Inspected, zip_id: int, inside: str) -> int:
        found = inspected.found
        path = posixpath.join(found.path, inside) if inside else found.path
        known = self._folders.id_of(path)
        if known is not None:
            return known
        self._member_folder(inspected, zip_id, posixpath.dirname(inside))
        return self._folders.write(path, found.mod_time, zip_id)
