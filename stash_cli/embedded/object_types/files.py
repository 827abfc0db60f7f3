"""Fields of files, folders, images, galleries and chapters; media properties determine a file's type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, case, cast, func, literal, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import context, settings, sql
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.context import Batch, Row


_video, _image, _fingerprint_table = t.video_files, t.image_files, t.files_fingerprints
# A phash is stored as a number, so that its bits can be compared, and returned in hex.
_fingerprint_text = case(
    (_fingerprint_table.c.type == "phash", func.printf("%x", _fingerprint_table.c.fingerprint)),
    else_=cast(_fingerprint_table.c.fingerprint, Text),
)
_fingerprints = relations.for_owners(
    select(
        _fingerprint_table.c.file_id,
        _fingerprint_table.c.type.label("type"),
        _fingerprint_text.label("value"),
    )
)


def _fingerprint(batch: Batch, args: Mapping[str, Any]) -> dict[int, str]:
    """The fingerprint of one type for each file that has it."""
    statement = relations.for_owners(select(_fingerprint_table.c.file_id, _fingerprint_text)).where(
        _fingerprint_table.c.type == args["type"]
    )
    return dict(batch.context.connection.execute(statement, {"ids": batch.ids}).all())


FILE = fields.ObjectType(
    "BaseFile",
    t.files,
    noun="file",
    source=t.files.join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    .outerjoin(_video, _video.c.file_id == t.files.c.id)
    .outerjoin(_image, _image.c.file_id == t.files.c.id),
    columns={
        "__typename": case(
            (_video.c.file_id.is_not(None), literal("VideoFile")),
            (_image.c.file_id.is_not(None), literal("ImageFile")),
            else_=literal("BasicFile"),
        ),
        "path": sql.full_path(),
        **fields.plain(t.files, "basename size mod_time created_at updated_at"),
        "parent_folder_id": cast(t.files.c.parent_folder_id, Text),
        "zip_file_id": cast(t.files.c.zip_file_id, Text),
        "_folder": t.files.c.parent_folder_id,
        "_zip": t.files.c.zip_file_id,
        **fields.plain(_video, "duration video_codec audio_codec frame_rate bit_rate"),
        **{name: func.coalesce(_video.c[name], _image.c[name]) for name in ("format", "width", "height")},
    },
    relations={
        "parent_folder": relations.ToOne("Folder", "_folder"),
        "zip_file": relations.ToOne("BasicFile", "_zip"),
        "fingerprints": relations.Values(_fingerprints),
        "fingerprint": relations.Function(_fingerprint),
    },
)


def _with_type(type_name: str) -> fields.ObjectType:
    """The same fields under a type name that the API fixes, as for the files of a gallery."""
    return replace(FILE, type=type_name, columns={**FILE.columns, "__typename": literal(type_name)})


FILES = {name: _with_type(name) for name in ("VideoFile", "ImageFile", "GalleryFile", "BasicFile")}
FILES |= {"BaseFile": FILE, "VisualFile": replace(FILE, type="VisualFile")}


def _ancestors(batch: Batch, _: Mapping[str, Any]) -> dict[int, list[Row]]:
    """The ancestors of each folder, nearest first; a longer path is nearer."""
    tree = sql.descendants("Folder", sql.id_list(sql.ids_param()), -1, upwards=True)
    statement = (
        select(tree.c.root, tree.c.id)
        .join(t.folders, t.folders.c.id == tree.c.id)
        .where(tree.c.id != tree.c.root)
        .order_by(func.length(t.folders.c.path).desc())
    )
    pairs = batch.context.connection.execute(statement, {"ids": batch.ids}).all()
    folders = context.load(batch.context, FOLDER, (pair[1] for pair in pairs))
    lists: dict[int, list[Row]] = {row.id: [] for row in batch.rows}
    for root, folder in pairs:
        lists[root].append(folders[folder])
    return lists


FOLDER = fields.ObjectType(
    "Folder",
    t.folders,
    noun="folder",
    columns={
        **fields.plain(t.folders, "path basename mod_time created_at updated_at"),
        "parent_folder_id": cast(t.folders.c.parent_folder_id, Text),
        "zip_file_id": cast(t.folders.c.zip_file_id, Text),
        "_parent": t.folders.c.parent_folder_id,
        "_zip": t.folders.c.zip_file_id,
    },
    relations={
        "parent_folder": relations.ToOne("Folder", "_parent"),
        "zip_file": relations.ToOne("BasicFile", "_zip"),
        "parent_folders": relations.Function(_ancestors),
        "sub_folders": relations.ToMany(
            "Folder",
            relations.for_owners(select(t.folders.c.parent_folder_id, t.folders.c.id)).order_by(
                t.folders.c.path
            ),
        ),
    },
)


def _image_paths(row: Row) -> dict[str, str]:
    image = f"{row.batch.context.base_url}/image/{row.id}"
    clip = row.get("_clip")
    return {
        "image": f"{image}/image?t={fields.changed_at(row)}",
        "thumbnail": f"{image}/thumbnail?t={fields.changed_at(row)}",
        "preview": f"{image}/preview?t={fields.changed_at(row)}" if clip else "",
    }


_image_link = t.images_files
_image_files = relations.for_owners(select(_image_link.c.image_id, _image_link.c.file_id))
_image_pictures = _image_files.join(t.image_files, t.image_files.c.file_id == _image_link.c.file_id)
_clips = select(_image_link.c.image_id, t.video_files.c.file_id).join(
    t.video_files, and_(t.video_files.c.file_id == _image_link.c.file_id, _image_link.c.primary.is_(True))
)
_order: tuple[Any, ...] = (_image_link.c.primary.desc(), _image_link.c.file_id)

IMAGE = fields.ObjectType(
    "Image",
    t.images,
    noun="image",
    columns={
        **fields.texts(t.images, "title code details photographer"),
        **fields.dates(t.images, "date"),
        **fields.plain(t.images, "organized o_counter created_at updated_at"),
        "rating100": t.images.c.rating,
        "_studio_id": t.images.c.studio_id,
    },
    relations={
        **fields.url_fields(t.image_urls),
        "studio": relations.ToOne("Studio", "_studio_id"),
        "tags": fields.tags_over(t.images_tags, "image_id"),
        "performers": fields.many("Performer", t.performers_images, "image_id", "performer_id"),
        "galleries": fields.many("Gallery", t.galleries_images, "image_id", "gallery_id"),
        "visual_files": relations.ToMany("VisualFile", _image_files.order_by(*_order)),
        "files": relations.ToMany("ImageFile", _image_pictures.order_by(*_order)),
        "custom_fields": fields.CustomFields(t.image_custom_fields),
        "paths": relations.Computed(_image_paths),
        "_clip": relations.Value(relations.for_owners(_clips)),
    },
)


COVER_NAMES = r"(?i)(poster|cover|folder|board)\.[^\.]+$"
"""Names of images that become the cover of a gallery without one: the server's default setting."""

_gallery_link = t.galleries_images
_path = sql.full_path()
_gallery_pictures = (
    _gallery_link.outerjoin(
        t.images_files,
        and_(t.images_files.c.image_id == _gallery_link.c.image_id, t.images_files.c.primary.is_(True)),
    )
    .outerjoin(t.files, t.files.c.id == t.images_files.c.file_id)
    .outerjoin(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    .join(t.images, t.images.c.id == _gallery_link.c.image_id)
)
_by_path = (t.images.c.path_key, sql.natural_order(t.images.c.title), t.images.c.id)


def _ranked_images(*first: Any) -> Any:
    """(gallery, image, place): the images of each gallery numbered from 0, ordered by `first`, then path."""
    position = (
        func.row_number().over(partition_by=_gallery_link.c.gallery_id, order_by=(*first, *_by_path)) - 1
    )
    return relations.for_owners(
        select(
            _gallery_link.c.gallery_id, _gallery_link.c.image_id.label("image"), position.label("place")
        ).select_from(_gallery_pictures)
    ).subquery()


def _images_at(batch: Batch, ranked: Any, position: int) -> dict[int, Row]:
    """The image at a position of each gallery."""
    statement = select(ranked.c.gallery_id, ranked.c.image).where(ranked.c.place == position)
    result = batch.context.connection.execute(statement, {"ids": batch.ids})
    image_by_gallery: dict[int, int] = {row[0]: row[1] for row in result}
    images = context.load(batch.context, IMAGE, image_by_gallery.values())
    return {gallery: images[image] for gallery, image in image_by_gallery.items()}


def _cover(batch: Batch, _: Mapping[str, Any]) -> dict[int, Row]:
    names = settings.read_part(batch.context.connection, "general").get("galleryCoverRegex") or COVER_NAMES
    has_cover_name = func.coalesce(_path.op("REGEXP")(names), 0)
    return _images_at(batch, _ranked_images(_gallery_link.c.cover.desc(), has_cover_name.desc()), 0)


def _gallery_image(batch: Batch, args: Mapping[str, Any]) -> dict[int, Row]:
    return _images_at(batch, _ranked_images(), args["index"])


def _gallery_paths(row: Row) -> dict[str, str]:
    gallery = f"{row.batch.context.base_url}/gallery/{row.id}"
    return {"cover": f"{gallery}/cover?t={fields.changed_at(row)}", "preview": f"{gallery}/preview"}


_gallery_files = select(t.galleries_files.c.gallery_id, t.galleries_files.c.file_id)
_chapters = select(t.galleries_chapters.c.gallery_id, t.galleries_chapters.c.id)

GALLERY = fields.ObjectType(
    "Gallery",
    t.galleries,
    noun="gallery",
    columns={
        **fields.texts(t.galleries, "title code details photographer"),
        **fields.dates(t.galleries, "date"),
        **fields.plain(t.galleries, "organized created_at updated_at"),
        "rating100": t.galleries.c.rating,
        "_studio_id": t.galleries.c.studio_id,
        "_folder_id": t.galleries.c.folder_id,
    },
    relations={
        **fields.url_fields(t.gallery_urls),
        "studio": relations.ToOne("Studio", "_studio_id"),
        "folder": relations.ToOne("Folder", "_folder_id"),
        "tags": fields.tags_over(t.galleries_tags, "gallery_id"),
        "performers": fields.many("Performer", t.performers_galleries, "gallery_id", "performer_id"),
        "scenes": fields.many("Scene", t.scenes_galleries, "gallery_id", "scene_id"),
        "chapters": relations.ToMany(
            "GalleryChapter", relations.for_owners(_chapters).order_by(t.galleries_chapters.c.image_index)
        ),
        "files": relations.ToMany(
            "GalleryFile",
            relations.for_owners(_gallery_files).order_by(
                t.galleries_files.c.primary.desc(), t.galleries_files.c.file_id
            ),
        ),
        "image_count": relations.direct_count(_gallery_link.c.gallery_id),
        "cover": relations.Function(_cover),
        "image": relations.Function(_gallery_image),
        "custom_fields": fields.CustomFields(t.gallery_custom_fields),
        "paths": relations.Computed(_gallery_paths),
    },
)

CHAPTER = fields.ObjectType(
    "GalleryChapter",
    t.galleries_chapters,
    noun="gallery chapter",
    columns={
        **fields.plain(t.galleries_chapters, "title image_index created_at updated_at"),
        "_gallery_id": t.galleries_chapters.c.gallery_id,
    },
    relations={"gallery": relations.ToOne("Gallery", "_gallery_id")},
)
