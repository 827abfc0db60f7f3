"""The criteria of an image filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, conditions, criteria, relations, special


def _link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "image_id", other)


_performers, _tags = _link(t.performers_images, "performer_id"), _link(t.images_tags, "tag_id")
_galleries, _files = _link(t.galleries_images, "gallery_id"), _link(t.images_files, "file_id")

IMAGE_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("title code details photographer"),
    **criteria.numbers("id o_counter"),
    "rating100": criteria.column("rating", conditions.number),
    "organized": criteria.boolean("organized"),
    **criteria.dates("date created_at updated_at"),
    "url": common.value_list(t.image_urls, "url"),
    "path": common.path("image"),
    "file_count": criteria.count(_files),
    "checksum": common.fingerprint("image", "md5"),
    "phash_distance": special.phash(common.fingerprint_rows("image", "phash")),
    **common.picture_facts("image", t.image_files),
    **common.tag_criteria(t.images_tags, "image_id"),
    **common.performer_criteria(t.performers_images, "image_id"),
    "studios": common.studio_criterion(t.images),
    "galleries": relations.Relation(_galleries),
    "custom_fields": special.custom_fields(t.image_custom_fields, "image_id"),
    "is_missing": special.is_missing(
        {
            "studio": lambda entity: entity.c.studio_id.is_(None),
            "performers": special.has_none(_performers),
            "galleries": special.has_none(_galleries),
            "tags": special.has_none(_tags),
        },
        t.images,
    ),
    "performers_filter": relations.related("Performer", _performers),
    "studios_filter": relations.related("Studio", criteria.OwnColumn(t.images, "studio_id")),
    "tags_filter": relations.related("Tag", _tags),
    "galleries_filter": relations.related("Gallery", _galleries),
    "files_filter": relations.related("BaseFile", _files),
}
