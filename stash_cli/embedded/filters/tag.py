"""The criteria of a tag filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Select, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, criteria, relations, special
from stash_cli.embedded.library import pair_queries


def _link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "tag_id", other)


def _markers() -> Select[Any]:
    found = pair_queries.marker_tags().subquery()
    return select(found.c.tag, found.c.marker)


_scenes, _images = _link(t.scenes_tags, "scene_id"), _link(t.images_tags, "image_id")
_galleries, _groups = _link(t.galleries_tags, "gallery_id"), _link(t.groups_tags, "group_id")
_performers, _studios = _link(t.performers_tags, "performer_id"), _link(t.studios_tags, "studio_id")
_parents = partial(criteria.pairs, t.tags_relations, "child_id", "parent_id")
_children = partial(criteria.pairs, t.tags_relations, "parent_id", "child_id")

TAG_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name sort_name description"),
    "favorite": criteria.boolean("favorite"),
    "ignore_auto_tag": criteria.boolean("ignore_auto_tag"),
    **criteria.dates("created_at updated_at"),
    "aliases": common.value_list(t.tag_aliases, "alias"),
    **common.stash_id_criteria(t.tag_stash_ids),
    "custom_fields": special.custom_fields(t.tag_custom_fields, "tag_id"),
    "scene_count": criteria.count(_scenes),
    "image_count": criteria.count(_images),
    "gallery_count": criteria.count(_galleries),
    "performer_count": criteria.count(_performers),
    "studio_count": criteria.count(_studios),
    "group_count": criteria.count(_groups),
    "movie_count": criteria.count(_groups),
    "marker_count": criteria.count(_markers),
    "parent_count": criteria.count(_parents),
    "child_count": criteria.count(_children),
    "parents": relations.Relation(_parents, "Tag", exact=False),
    "children": relations.Relation(_children, "Tag", upwards=True, exact=False),
    "is_missing": special.is_missing(
        {"image": lambda entity: entity.c.image_blob.is_(None)},
        t.tags,
    ),
    "scenes_filter": relations.related("Scene", _scenes),
    "images_filter": relations.related("Image", _images),
    "galleries_filter": relations.related("Gallery", _galleries),
    "groups_filter": relations.related("Group", _groups),
    "performers_filter": relations.related("Performer", _performers),
    "studios_filter": relations.related("Studio", _studios),
    "markers_filter": relations.related("SceneMarker", _markers),
}
