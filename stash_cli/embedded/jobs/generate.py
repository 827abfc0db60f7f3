"""Generation of covers and perceptual hashes, which needs no external program."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Select, Table, delete, insert, or_, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.imaging.phash import picture_hash, video_hash
from stash_cli.embedded.imaging.pictures import Picture, cover_at
from stash_cli.embedded.library import sql
from stash_cli.embedded.library.file_source import FileOpener, FileSource, locate
from stash_cli.embedded.persistence import blobs
from stash_cli.embedded.scan.probe import BrokenFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stash_cli.embedded.library.database import Database
    from stash_cli.embedded.library.library import Library

    Options = Mapping[str, Any]

_COVER_AT = 0.2
"""Default position of a cover, as a fraction of the duration."""
_IDS = ("sceneIDs", "markerIDs", "imageIDs", "galleryIDs")
FILES = "files"
"""Option of a scan: the ids of the files that it read."""


@dataclass(frozen=True)
class Piece:
    """One thing to generate; `make` returns the reason of a failure, or None."""

    description: str
    make: Callable[[], str | None]


def pieces(library: Library, options: Options) -> list[Piece]:
    """The pieces that a GenerateMetadataInput requests and that are missing (or all, with `overwrite`)."""
    missing = []
    for name, kind in _KINDS.items():
        if options.get(name):
            with library.database.read() as connection:
                access = FileOpener.of(connection, library.limits)
                rows = connection.execute(kind.to_generate(options)).all()
                locations = locate(connection, [row[0] for row in rows])
            missing += [
                kind.piece(library.database, options, FileSource(access, locations[row[0]]), row)
                for row in rows
                if row[0] in locations
            ]
    return missing


def _restrict(statement: Select[Any], options: Options, link: Table, owner: str) -> Select[Any]:
    """`statement` limited to the selected objects, scanned files or paths, if any are given."""
    if FILES in options:
        statement = statement.where(link.c.file_id.in_(sql.id_list(options[FILES])))
    elif any(options.get(name) for name in _IDS):
        statement = statement.where(or_(*_selected_objects(options, link, owner)))
    folders = [folder.rstrip(os.sep) for folder in options.get("paths") or ()]
    if not folders:
        return statement
    path = sql.full_path()
    below = (path.startswith(folder + os.sep, autoescape=True) for folder in folders)
    return statement.where(or_(path.in_(folders), *below))


def _selected_objects(options: Options, link: Table, owner: str) -> list[Any]:
    galleries = t.galleries_images
    if owner == "scene_id":
        return [link.c[owner].in_(_numbers(options, "sceneIDs"))]
    members = select(galleries.c.image_id).where(galleries.c.gallery_id.in_(_numbers(options, "galleryIDs")))
    return [link.c[owner].in_(_numbers(options, "imageIDs")), link.c[owner].in_(members)]


def _numbers(options: Options, name: str) -> Select[Any]:
    return sql.id_list([int(number) for number in options.get(name) or ()])


def _with_files(link: Table, *columns: Any) -> Select[Any]:
    """(file, columns...) of a join table, joined with files and folders."""
    statement = select(link.c.file_id, *columns).select_from(link)
    files = statement.join(t.files, t.files.c.id == link.c.file_id)
    return files.join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)


class _Covers:
    """Covers: a frame of the primary file of each scene."""

    def to_generate(self, options: Options) -> Select[Any]:
        link, video, scenes = t.scenes_files, t.video_files, t.scenes
        statement = (
            _with_files(link, link.c.scene_id, video.c.duration)
            .join(video, video.c.file_id == link.c.file_id)
            .join(scenes, scenes.c.id == link.c.scene_id)
            .where(link.c.primary)
        )
        if not options.get("overwrite"):
            statement = statement.where(scenes.c.cover_blob.is_(None))
        return _restrict(statement, options, link, "scene_id").order_by(link.c.scene_id)

    def piece(self, database: Database, options: Options, media: FileSource, row: Any) -> Piece:
        _, scene, duration = row
        second = duration * _COVER_AT if options.get("at") is None else options["at"]

        def make() -> str | None:
            try:
                with media.open() as file:
                    picture = cover_at(file.stream, second)
            except (BrokenFileError, OSError):
                picture = None
            if picture is None:
                return f"No cover could be made of {media.name}"
            cover = Picture.of(picture, "cover")
            with database.write() as connection:
                statement = update(t.scenes).where(t.scenes.c.id == scene)
                connection.execute(statement.values(cover_blob=blobs.store(connection, cover)))
                blobs.delete_unreferenced(connection)
            return None

        return Piece(f"Generating cover for {media.name}", make)


class _Hashes:
    """Perceptual hashes of the files of scenes or images."""

    def __init__(
        self,
        link: Table,
        owner: str,
        media_table: Table,
        compute: Callable[[IO[bytes], Any], int],
        *columns: Any,
    ) -> None:
        self._link, self._owner, self._media_table = link, owner, media_table
        self._compute = compute
        self._columns = columns

    def to_generate(self, options: Options) -> Select[Any]:
        link, fingerprints = self._link, t.files_fingerprints
        statement = _with_files(link, *self._columns).join(
            self._media_table, self._media_table.c.file_id == link.c.file_id
        )
        if not options.get("overwrite"):
            with_hash = select(fingerprints.c.file_id).where(fingerprints.c.type == "phash")
            statement = statement.where(link.c.file_id.not_in(with_hash))
        return _restrict(statement, options, link, self._owner).distinct().order_by(link.c.file_id)

    def piece(self, database: Database, _: Options, media: FileSource, row: Any) -> Piece:
        def make() -> str | None:
            try:
                with media.open() as file:
                    phash = self._compute(file.stream, row)
            except (BrokenFileError, OSError) as problem:
                return f"No phash could be made of {media.name}: {problem}"
            _store_phash(database, row[0], phash)
            return None

        return Piece(f"Generating phash for {media.name}", make)


def _store_phash(database: Database, file: int, phash: int) -> None:
    fingerprints = t.files_fingerprints
    with database.write() as connection:
        connection.execute(
            delete(fingerprints).where(fingerprints.c.file_id == file, fingerprints.c.type == "phash")
        )
        # The file may have been deleted while its hash was computed.
        if connection.scalar(select(t.files.c.id).where(t.files.c.id == file)) is not None:
            connection.execute(insert(fingerprints).values(file_id=file, type="phash", fingerprint=phash))


def _picture_hash(stream: IO[bytes], _: Any) -> int:
    return picture_hash(stream)


def _video_hash(stream: IO[bytes], row: Any) -> int:
    return video_hash(stream, row[1])


_video, _image = t.video_files, t.image_files
_KINDS: dict[str, _Covers | _Hashes] = {
    "covers": _Covers(),
    "phashes": _Hashes(t.scenes_files, "scene_id", _video, _video_hash, _video.c.duration),
    "imagePhashes": _Hashes(t.images_files, "image_id", _image, _picture_hash),
}
"""Generators by option."""
