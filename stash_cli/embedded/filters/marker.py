"""The criteria of a scene marker filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import conditions
from stash_cli.embedded.filters.criteria import OwnColumn, dates, expression, pairs
from stash_cli.embedded.filters.relations import Relation, related
from stash_cli.embedded.library import pair_queries as two_steps

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from stash_cli.embedded.filters.criteria import Entity, Expression, Handler, Matcher


def _over_scene(link: Any, other: str) -> Any:
    """(marker, related object of its scene)."""

    def links() -> Select[Any]:
        markers, related_rows = t.scene_markers.alias(), link.alias()
        return select(markers.c.id, related_rows.c[other]).join(
            related_rows, related_rows.c.scene_id == markers.c.scene_id
        )

    return links


def _tags() -> Select[Any]:
    found = two_steps.marker_tags().subquery()
    return select(found.c.marker, found.c.tag)


def _secondary() -> Select[Any]:
    return pairs(t.scene_markers_tags, "scene_marker_id", "tag_id")


def _of_scene(name: str) -> Expression:
    def make(entity: Entity) -> ColumnElement[Any]:
        scenes = t.scenes.alias()
        fact = select(scenes.c[name]).where(scenes.c.id == entity.c.scene_id)
        return fact.correlate(entity).scalar_subquery()

    return make


def _duration(entity: Entity) -> ColumnElement[Any]:
    return entity.c.end_seconds - entity.c.seconds


def _scene_fact(name: str, match: Matcher = conditions.date) -> Handler:
    return expression(_of_scene(name), match)


_scene = OwnColumn(t.scene_markers, "scene_id")

MARKER_FILTER: dict[str, Handler] = {
    "tags": Relation(_tags, "Tag", null_links=(_secondary,), what="marker tag filtering"),
    "scene_tags": Relation(_over_scene(t.scenes_tags, "tag_id"), "Tag"),
    "performers": Relation(_over_scene(t.performers_scenes, "performer_id")),
    "scenes": Relation(_scene, single=True),
    "duration": expression(_duration, conditions.number),
    **dates("created_at updated_at"),
    "scene_date": _scene_fact("date"),
    "scene_created_at": _scene_fact("created_at"),
    "scene_updated_at": _scene_fact("updated_at"),
    "scene_filter": related("Scene", _scene),
}
