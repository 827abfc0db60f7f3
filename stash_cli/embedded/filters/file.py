"""The criteria of a file filter and of a folder filter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Table, and_, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, conditions, criteria, relations, special
from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_prints = t.files_fingerprints


def _phashes() -> Select[Any]:
    return select(_prints.c.file_id, _prints.c.fingerprint).where(_prints.c.type == "phash")


def _hashes(entity: criteria.Entity, entries: Sequence[Mapping[str, Any]]) -> criteria.Condition | None:
    """Criterion `hashes`: every entry needs a fingerprint of its type; values are read as hex integers."""
    wanted = []
    for entry in entries:
        rows = select(_prints.c.file_id, _prints.c.fingerprint).where(_prints.c.type == entry["type"])
        wanted.append(special.phash(rows)(entity, {**entry, "modifier": "EQUALS"}))
    made = [condition for condition in wanted if condition is not None]
    return and_(*made) if made else None


def _resolution(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    return conditions.resolution(criteria.shorter_side(entity.c.width, entity.c.height), criterion)


def _orientation(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition | None:
    return conditions.orientation(entity.c.width, entity.c.height, criterion)


def _captions(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    """Criterion on the language code of any caption; EXCLUDES compares it exactly."""
    language = t.video_captions.c.language_code
    spoken = select(t.video_captions.c.file_id)
    if criterion["modifier"] == "EXCLUDES":
        return entity.c.file_id.not_in(spoken.where(language == criterion["value"]))
    if criterion["modifier"] == "IS_NULL":
        return entity.c.file_id.not_in(spoken)
    return entity.c.file_id.in_(spoken.where(conditions.string(language, criterion)))


_PICTURE: dict[str, criteria.Handler] = {
    **criteria.strings("format"),
    "resolution": _resolution,
    "orientation": _orientation,
}
_VIDEO: dict[str, criteria.Handler] = {
    **_PICTURE,
    **criteria.strings("video_codec audio_codec"),
    **criteria.numbers("interactive_speed"),
    "bitrate": criteria.column("bit_rate", conditions.number),
    "duration": criteria.column("duration", common.truncated),
    "framerate": criteria.column("frame_rate", common.rounded),
    "interactive": criteria.boolean("interactive"),
    "captions": _captions,
}


def _facts(table: Table, handlers: dict[str, criteria.Handler]) -> criteria.Handler:
    """Criteria on the media properties of a video or picture, all on the same row."""

    def handle(entity: criteria.Entity, given: Mapping[str, Any]) -> criteria.Condition | None:
        row = table.alias()
        condition = criteria.compose(handlers, row, given)
        return None if condition is None else entity.c.id.in_(select(row.c.file_id).where(condition))

    return handle


def _path_rows() -> Select[Any]:
    return select(t.files.c.id, sql.full_path()).join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)


def _dir_rows() -> Select[Any]:
    return select(t.files.c.id, t.folders.c.path).join(
        t.folders, t.folders.c.id == t.files.c.parent_folder_id
    )


def _zip_of(table: Table) -> relations.Relation:
    return relations.Relation(criteria.OwnColumn(table, "zip_file_id"), single=True, keep_empty=False)


def _folder_of(table: Table) -> relations.Relation:
    return relations.Relation(criteria.OwnColumn(table, "parent_folder_id"), "Folder", single=True)


_scenes = partial(criteria.pairs, t.scenes_files, "file_id", "scene_id")
_images = partial(criteria.pairs, t.images_files, "file_id", "image_id")
_galleries = partial(criteria.pairs, t.galleries_files, "file_id", "gallery_id")
_same_phash = special.duplicate_values(_phashes)

FILE_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("basename"),
    **criteria.dates("mod_time created_at updated_at"),
    "path": criteria.any_row(_path_rows(), conditions.string),
    "dir": criteria.any_row(_dir_rows(), conditions.string),
    "parent_folder": _folder_of(t.files),
    "zip_file": _zip_of(t.files),
    "duplicated": special.duplicated({"duplicated": _same_phash, "phash": _same_phash}),
    "hashes": _hashes,
    "video_file_filter": _facts(t.video_files, _VIDEO),
    "image_file_filter": _facts(t.image_files, _PICTURE),
    "scene_count": criteria.count(_scenes),
    "image_count": criteria.count(_images),
    "gallery_count": criteria.count(_galleries),
    "scenes_filter": relations.related("Scene", _scenes),
    "images_filter": relations.related("Image", _images),
    "galleries_filter": relations.related("Gallery", _galleries),
}

_folder_galleries = common.column_links(t.galleries, "folder_id", "id")

FOLDER_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("path basename"),
    **criteria.dates("mod_time created_at updated_at"),
    "parent_folder": _folder_of(t.folders),
    "zip_file": _zip_of(t.folders),
    "gallery_count": criteria.count(_folder_galleries),
    "files_filter": relations.related("BaseFile", common.column_links(t.files, "parent_folder_id", "id")),
    "galleries_filter": relations.related("Gallery", _folder_galleries),
}
