"""The criteria of an image filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, conditions
from stash_cli.embedded.filters.criteria import (
    Handler,
    OwnColumn,
    boolean,
    column,
    count,
    dates,
    numbers,
    pairs,
    strings,
)
from stash_cli.embedded.filters.relations import Relation, related
from stash_cli.embedded.filters.special import custom_fields, missing, phash, without


def _link(table: Any, other: str) -> Any:
    return partial(pairs, table, "image_id", other)


_performers, _tags = _link(t.performers_images, "performer_id"), _link(t.images_tags, "tag_id")
_galleries, _files = _link(t.galleries_images, "gallery_id"), _link(t.images_files, "file_id")

IMAGE_FILTER: dict[str, Handler] = {
    **strings("title code details photographer"),
    **numbers("id o_counter"),
    "rating100": column("rating", conditions.number),
    "organized": boolean("organized"),
    **dates("date created_at updated_at"),
    "url": common.values(t.image_urls, "url"),
    "path": common.path("image"),
    "file_count": count(_files),
    "checksum": common.fingerprint("image", "md5"),
    "phash_distance": phash(common.fingerprint_rows("image", "phash")),
    **common.picture_facts("image", t.image_files),
    **common.tag_criteria(t.images_tags, "image_id"),
    **common.performer_criteria(t.performers_images, "image_id"),
    "studios": common.studio_of(t.images),
    "galleries": Relation(_galleries),
    "custom_fields": custom_fields(t.image_custom_fields, "image_id"),
    "is_missing": missing(
        {
            "studio": lambda entity: entity.c.studio_id.is_(None),
            "performers": without(_performers),
            "galleries": without(_galleries),
            "tags": without(_tags),
        },
        t.images,
    ),
    "performers_filter": related("Performer", _performers),
    "studios_filter": related("Studio", OwnColumn(t.images, "studio_id")),
    "tags_filter": related("Tag", _tags),
    "galleries_filter": related("Gallery", _galleries),
    "files_filter": related("BaseFile", _files),
}
