"""Media over HTTP: pictures, streams and captions; objects are looked up by the id or hash in a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library.file_source import FileOpener, FileSource, locate
from stash_cli.embedded.web.responses import NotServed

if TYPE_CHECKING:
    from stash_cli.embedded.library.library import Library


_HASH = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
LARGEST = (1 << 63) - 1


def object_id(_: Connection, text: str) -> int:
    """The integer of an id. Raises NotServed (400)."""
    if not (text.isascii() and text.isdigit()):
        raise NotServed("Bad Request", 400)
    return min(int(text), LARGEST)


def scene_id(connection: Connection, text: str) -> int:
    """The scene with an id, or with a file of that oshash or md5."""
    return _by_id_or_hash(connection, text, t.scenes_files, "scene_id")


def image_id(connection: Connection, text: str) -> int:
    """The image with an id, or with a file of that md5. Raises NotServed (404)."""
    return _id_of(connection, text, t.images_files, "image_id")


def gallery_id(connection: Connection, text: str) -> int:
    """The gallery with an id, or with a zip file of that md5. Raises NotServed (404)."""
    return _id_of(connection, text, t.galleries_files, "gallery_id")


def _id_of(connection: Connection, text: str, link: Table, owner: str) -> int:
    try:
        return _by_id_or_hash(connection, text, link, owner)
    except NotServed:
        raise NotServed from None


def _by_id_or_hash(connection: Connection, text: str, link: Table, owner: str) -> int:
    if not _HASH.fullmatch(text):
        return object_id(connection, text)
    fingerprints = t.files_fingerprints
    statement = (
        select(link.c[owner])
        .join(fingerprints, fingerprints.c.file_id == link.c.file_id)
        .where(fingerprints.c.type.in_(("oshash", "md5")), fingerprints.c.fingerprint == text)
    )
    number = connection.scalar(statement.order_by(link.c[owner]).limit(1))
    if number is None:
        raise NotServed
    return int(number)


def primary_file(
    library: Library, connection: Connection, link: Table, owner: str, number: int
) -> FileSource:
    """The primary file of an object. Raises NotServed (404) without files."""
    statement = select(link.c.file_id).where(link.c[owner] == number)
    file = connection.scalar(statement.order_by(link.c.primary.desc(), link.c.file_id).limit(1))
    location = None if file is None else locate(connection, [file]).get(file)
    if location is None:
        raise NotServed
    return FileSource(FileOpener.of(connection, library.limits), location)
