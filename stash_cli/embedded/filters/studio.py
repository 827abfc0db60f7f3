"""The criteria of a studio filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, conditions, criteria, relations, special


def _link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "studio_id", other)


_scenes = common.column_links(t.scenes, "studio_id", "id")
_images = common.column_links(t.images, "studio_id", "id")
_galleries = common.column_links(t.galleries, "studio_id", "id")
_groups = common.column_links(t.groups, "studio_id", "id")

STUDIO_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name details"),
    "rating100": criteria.column("rating", conditions.number),
    "favorite": criteria.boolean("favorite"),
    "organized": criteria.boolean("organized"),
    "ignore_auto_tag": criteria.boolean("ignore_auto_tag"),
    **criteria.dates("created_at updated_at"),
    "url": common.value_list(t.studio_urls, "url"),
    "aliases": common.value_list(t.studio_aliases, "alias"),
    **common.tag_criteria(t.studios_tags, "studio_id"),
    **common.stash_id_criteria(t.studio_stash_ids),
    "custom_fields": special.custom_fields(t.studio_custom_fields, "studio_id"),
    "parents": relations.Relation(criteria.OwnColumn(t.studios, "parent_id"), single=True),
    "child_count": criteria.count(common.column_links(t.studios, "parent_id", "id")),
    "scene_count": criteria.count(_scenes),
    "image_count": criteria.count(_images),
    "gallery_count": criteria.count(_galleries),
    "group_count": criteria.count(_groups),
    "is_missing": special.is_missing(
        {
            "url": special.has_none(_link(t.studio_urls, "url")),
            "image": lambda entity: entity.c.image_blob.is_(None),
            "stash_id": special.has_none(_link(t.studio_stash_ids, "stash_id")),
        },
        t.studios,
    ),
    "scenes_filter": relations.related("Scene", _scenes),
    "images_filter": relations.related("Image", _images),
    "galleries_filter": relations.related("Gallery", _galleries),
    "groups_filter": relations.related("Group", _groups),
}
