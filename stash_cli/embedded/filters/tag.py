"""The criteria of a tag filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Select, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common
from stash_cli.embedded.filters.criteria import Handler, boolean, count, dates, pairs, strings
from stash_cli.embedded.filters.relations import Relation, related
from stash_cli.embedded.filters.special import custom_fields, missing
from stash_cli.embedded.library import pair_queries as two_steps


def _link(table: Any, other: str) -> Any:
    return partial(pairs, table, "tag_id", other)


def _markers() -> Select[Any]:
    found = two_steps.marker_tags().subquery()
    return select(found.c.tag, found.c.marker)


_scenes, _images = _link(t.scenes_tags, "scene_id"), _link(t.images_tags, "image_id")
_galleries, _groups = _link(t.galleries_tags, "gallery_id"), _link(t.groups_tags, "group_id")
_performers, _studios = _link(t.performers_tags, "performer_id"), _link(t.studios_tags, "studio_id")
_parents = partial(pairs, t.tags_relations, "child_id", "parent_id")
_children = partial(pairs, t.tags_relations, "parent_id", "child_id")

TAG_FILTER: dict[str, Handler] = {
    **strings("name sort_name description"),
    "favorite": boolean("favorite"),
    "ignore_auto_tag": boolean("ignore_auto_tag"),
    **dates("created_at updated_at"),
    "aliases": common.values(t.tag_aliases, "alias"),
    **common.stash_id_criteria(t.tag_stash_ids),
    "custom_fields": custom_fields(t.tag_custom_fields, "tag_id"),
    "scene_count": count(_scenes),
    "image_count": count(_images),
    "gallery_count": count(_galleries),
    "performer_count": count(_performers),
    "studio_count": count(_studios),
    "group_count": count(_groups),
    "movie_count": count(_groups),
    "marker_count": count(_markers),
    "parent_count": count(_parents),
    "child_count": count(_children),
    "parents": Relation(_parents, "Tag", exact=False),
    "children": Relation(_children, "Tag", upwards=True, exact=False),
    "is_missing": missing(
        {"image": lambda entity: entity.c.image_blob.is_(None)},
        t.tags,
    ),
    "scenes_filter": related("Scene", _scenes),
    "images_filter": related("Image", _images),
    "galleries_filter": related("Gallery", _galleries),
    "groups_filter": related("Group", _groups),
    "performers_filter": related("Performer", _performers),
    "studios_filter": related("Studio", _studios),
    "markers_filter": related("SceneMarker", _markers),
}
