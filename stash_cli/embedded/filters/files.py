"""The criteria of file, folder, image and gallery filters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Table, and_, func, select, union_all

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, criteria, relations, special
from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_prints = t.files_fingerprints


def _phashes() -> Select[Any]:
    return select(_prints.c.file_id, _prints.c.fingerprint).where(_prints.c.type == "phash")


def _hashes(entity: criteria.Entity, entries: Sequence[Mapping[str, Any]]) -> criteria.Condition | None:
    """Criterion `hashes`: every entry needs a fingerprint of its type; values are read as hex integers."""
    by_entry = []
    for entry in entries:
        rows = select(_prints.c.file_id, _prints.c.fingerprint).where(_prints.c.type == entry["type"])
        by_entry.append(special.phash(rows)(entity, {**entry, "modifier": "EQUALS"}))
    conditions = [condition for condition in by_entry if condition is not None]
    return and_(*conditions) if conditions else None


def _resolution(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    return criteria.resolution(criteria.shorter_side(entity.c.width, entity.c.height), criterion)


def _orientation(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition | None:
    return criteria.orientation(entity.c.width, entity.c.height, criterion)


def _captions(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    """Criterion on the language code of any caption; EXCLUDES compares it exactly."""
    language = t.video_captions.c.language_code
    captioned = select(t.video_captions.c.file_id)
    if criterion["modifier"] == "EXCLUDES":
        return entity.c.file_id.not_in(captioned.where(language == criterion["value"]))
    if criterion["modifier"] == "IS_NULL":
        return entity.c.file_id.not_in(captioned)
    return entity.c.file_id.in_(captioned.where(criteria.string(language, criterion)))


_PICTURE: dict[str, criteria.Handler] = {
    **criteria.strings("format"),
    "resolution": _resolution,
    "orientation": _orientation,
}
_VIDEO: dict[str, criteria.Handler] = {
    **_PICTURE,
    **criteria.strings("video_codec audio_codec"),
    **criteria.numbers("interactive_speed"),
    "bitrate": criteria.column("bit_rate", criteria.number),
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
_same_phash = special.shared_prints(_phashes)

FILE_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("basename"),
    **criteria.dates("mod_time created_at updated_at"),
    "path": criteria.any_row(_path_rows(), criteria.string),
    "dir": criteria.any_row(_dir_rows(), criteria.string),
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


def _image_link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "image_id", other)


_image_performers, _image_tags = (
    _image_link(t.performers_images, "performer_id"),
    _image_link(t.images_tags, "tag_id"),
)
_image_galleries, _image_files = (
    _image_link(t.galleries_images, "gallery_id"),
    _image_link(t.images_files, "file_id"),
)

IMAGE_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("title code details photographer"),
    **criteria.numbers("id o_counter"),
    "rating100": criteria.column("rating", criteria.number),
    "organized": criteria.boolean("organized"),
    **criteria.dates("date created_at updated_at"),
    "url": common.value_list(t.image_urls, "url"),
    "path": common.path("image"),
    "file_count": criteria.count(_image_files),
    "checksum": common.fingerprint("image", "md5"),
    "phash_distance": special.phash(common.fingerprint_rows("image", "phash")),
    **common.picture_facts("image", t.image_files),
    **common.tag_criteria(t.images_tags, "image_id"),
    **common.performer_criteria(t.performers_images, "image_id"),
    "studios": common.studio_criterion(t.images),
    "galleries": relations.Relation(_image_galleries),
    "custom_fields": special.custom_fields(t.image_custom_fields, "image_id"),
    "is_missing": special.is_missing(
        {
            "studio": lambda entity: entity.c.studio_id.is_(None),
            "performers": special.has_none(_image_performers),
            "galleries": special.has_none(_image_galleries),
            "tags": special.has_none(_image_tags),
        },
        t.images,
    ),
    "performers_filter": relations.related("Performer", _image_performers),
    "studios_filter": relations.related("Studio", criteria.OwnColumn(t.images, "studio_id")),
    "tags_filter": relations.related("Tag", _image_tags),
    "galleries_filter": relations.related("Gallery", _image_galleries),
    "files_filter": relations.related("BaseFile", _image_files),
}


def _gallery_link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "gallery_id", other)


def _own_folder() -> Select[Any]:
    """(gallery, path of its own folder)."""
    own, folder = t.galleries.alias(), t.folders.alias()
    return select(own.c.id, folder.c.path).join(folder, folder.c.id == own.c.folder_id)


def _path(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition | None:
    """Criterion on the path of a file or of the gallery's folder; NOT_MATCHES_REGEX applies to both."""
    in_file = common.path("gallery")
    in_folder = criteria.any_row(_own_folder(), criteria.string)
    if criterion["modifier"] in ("NOT_MATCHES_REGEX", "IS_NULL"):
        first, second = in_file(entity, criterion), in_folder(entity, criterion)
        return and_(first, second) if first is not None and second is not None else None
    both = union_all(common.path_rows("gallery"), _own_folder()).subquery()
    return criteria.any_row(select(both.c[0], both.c[1]), criteria.string)(entity, criterion)


def _shorter_sides(entity: criteria.Entity) -> ColumnElement[Any]:
    """The average shorter side of all files of the gallery's images."""
    link, files, picture = t.galleries_images.alias(), t.images_files.alias(), t.image_files.alias()
    average = (
        select(func.avg(criteria.shorter_side(picture.c.width, picture.c.height)))
        .select_from(link)
        .join(files, files.c.image_id == link.c.image_id)
        .join(picture, picture.c.file_id == files.c.file_id)
        .where(link.c.gallery_id == entity.c.id)
    )
    return average.correlate(entity).scalar_subquery()


def _is_zip(entity: criteria.Entity, is_zip: bool) -> criteria.Condition:
    with_zip = select(t.galleries_files.alias().c.gallery_id)
    return entity.c.id.in_(with_zip) if is_zip else entity.c.id.not_in(with_zip)


def _has_chapters(entity: criteria.Entity, word: str) -> criteria.Condition:
    with_chapters = select(t.galleries_chapters.alias().c.gallery_id)
    # The API declares this boolean as a text; any text but "true" counts as false.
    return entity.c.id.in_(with_chapters) if word == "true" else entity.c.id.not_in(with_chapters)


def _parent_folders() -> Select[Any]:
    """(gallery, folder): the parent folder of its file, or of the folder that it is made from."""
    link, files = t.galleries_files.alias(), t.files.alias()
    own, folder = t.galleries.alias(), t.folders.alias()
    in_files = select(link.c.gallery_id, files.c.parent_folder_id).join(files, files.c.id == link.c.file_id)
    of_folder = select(own.c.id, folder.c.parent_folder_id).join(folder, folder.c.id == own.c.folder_id)
    both = union_all(in_files, of_folder).subquery()
    return select(both.c[0], both.c[1])


_gallery_performers, _gallery_tags = (
    _gallery_link(t.performers_galleries, "performer_id"),
    _gallery_link(t.galleries_tags, "tag_id"),
)
_gallery_scenes, _gallery_images = (
    _gallery_link(t.scenes_galleries, "scene_id"),
    _gallery_link(t.galleries_images, "image_id"),
)
_gallery_files = _gallery_link(t.galleries_files, "file_id")

GALLERY_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("title code details photographer"),
    **criteria.numbers("id"),
    "rating100": criteria.column("rating", criteria.number),
    "organized": criteria.boolean("organized"),
    **criteria.dates("date created_at updated_at"),
    "url": common.value_list(t.gallery_urls, "url"),
    "path": _path,
    "file_count": criteria.count(_gallery_files),
    "checksum": common.fingerprint("gallery", "md5"),
    "is_zip": _is_zip,
    "average_resolution": criteria.expression(_shorter_sides, criteria.resolution),
    "has_chapters": _has_chapters,
    "image_count": criteria.count(_gallery_images),
    **common.tag_criteria(t.galleries_tags, "gallery_id"),
    **common.performer_criteria(t.performers_galleries, "gallery_id"),
    "studios": common.studio_criterion(t.galleries),
    "scenes": relations.Relation(_gallery_scenes),
    "parent_folder": relations.Relation(_parent_folders, "Folder"),
    "custom_fields": special.custom_fields(t.gallery_custom_fields, "gallery_id"),
    "is_missing": special.is_missing(
        {
            "url": special.has_none(_gallery_link(t.gallery_urls, "url")),
            "scenes": special.has_none(_gallery_scenes),
            "studio": lambda entity: entity.c.studio_id.is_(None),
            "performers": special.has_none(_gallery_performers),
            "date": lambda entity: entity.c.date.is_(None),
            "tags": special.has_none(_gallery_tags),
        },
        t.galleries,
    ),
    "performers_filter": relations.related("Performer", _gallery_performers),
    "studios_filter": relations.related("Studio", criteria.OwnColumn(t.galleries, "studio_id")),
    "tags_filter": relations.related("Tag", _gallery_tags),
    "scenes_filter": relations.related("Scene", _gallery_scenes),
    "images_filter": relations.related("Image", _gallery_images),
    "files_filter": relations.related("BaseFile", _gallery_files),
    "folders_filter": relations.related("Folder", criteria.OwnColumn(t.galleries, "folder_id")),
}
