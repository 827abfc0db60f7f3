"""Fields of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from stash_cli.embedded.library.rows import Row


def _paths(row: Row) -> dict[str, str]:
    image = f"{row.batch.context.base_url}/image/{row.id}"
    clip = row.get("_clip")
    return {
        "image": f"{image}/image?t={fields.changed_at(row)}",
        "thumbnail": f"{image}/thumbnail?t={fields.changed_at(row)}",
        "preview": f"{image}/preview?t={fields.changed_at(row)}" if clip else "",
    }


_link = t.images_files
_files = relations.for_owners(select(_link.c.image_id, _link.c.file_id))
_pictures = _files.join(t.image_files, t.image_files.c.file_id == _link.c.file_id)
_clips = select(_link.c.image_id, t.video_files.c.file_id).join(
    t.video_files, and_(t.video_files.c.file_id == _link.c.file_id, _link.c.primary.is_(True))
)
_order: tuple[Any, ...] = (_link.c.primary.desc(), _link.c.file_id)

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
        "studio": relations.One("Studio", "_studio_id"),
        "tags": fields.tags_over(t.images_tags, "image_id"),
        "performers": fields.many("Performer", t.performers_images, "image_id", "performer_id"),
        "galleries": fields.many("Gallery", t.galleries_images, "image_id", "gallery_id"),
        "visual_files": relations.Many("VisualFile", _files.order_by(*_order)),
        "files": relations.Many("ImageFile", _pictures.order_by(*_order)),
        "custom_fields": fields.CustomFields(t.image_custom_fields),
        "paths": relations.Computed(_paths),
        "_clip": relations.Value(relations.for_owners(_clips)),
    },
)
