"""The criteria of a studio filter."""

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
    pairs,
    strings,
)
from stash_cli.embedded.filters.relations import Relation, related
from stash_cli.embedded.filters.special import custom_fields, missing, without


def _link(table: Any, other: str) -> Any:
    return partial(pairs, table, "studio_id", other)


_scenes = common.column_links(t.scenes, "studio_id", "id")
_images = common.column_links(t.images, "studio_id", "id")
_galleries = common.column_links(t.galleries, "studio_id", "id")
_groups = common.column_links(t.groups, "studio_id", "id")

STUDIO_FILTER: dict[str, Handler] = {
    **strings("name details"),
    "rating100": column("rating", conditions.number),
    "favorite": boolean("favorite"),
    "organized": boolean("organized"),
    "ignore_auto_tag": boolean("ignore_auto_tag"),
    **dates("created_at updated_at"),
    "url": common.values(t.studio_urls, "url"),
    "aliases": common.values(t.studio_aliases, "alias"),
    **common.tag_criteria(t.studios_tags, "studio_id"),
    **common.stash_id_criteria(t.studio_stash_ids),
    "custom_fields": custom_fields(t.studio_custom_fields, "studio_id"),
    "parents": Relation(OwnColumn(t.studios, "parent_id"), single=True),
    "child_count": count(common.column_links(t.studios, "parent_id", "id")),
    "scene_count": count(_scenes),
    "image_count": count(_images),
    "gallery_count": count(_galleries),
    "group_count": count(_groups),
    "is_missing": missing(
        {
            "url": without(_link(t.studio_urls, "url")),
            "image": lambda entity: entity.c.image_blob.is_(None),
            "stash_id": without(_link(t.studio_stash_ids, "stash_id")),
        },
        t.studios,
    ),
    "scenes_filter": related("Scene", _scenes),
    "images_filter": related("Image", _images),
    "galleries_filter": related("Gallery", _galleries),
    "groups_filter": related("Group", _groups),
}
