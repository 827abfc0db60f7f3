"""The criteria of a performer filter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, conditions, criteria, relations, special
from stash_cli.embedded.library import pair_queries

if TYPE_CHECKING:
    from collections.abc import Mapping


def _link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "performer_id", other)


def _gender(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    """Criterion `gender`; `value_list` takes precedence over `value`."""
    single = criterion.get("value")
    values = list(criterion.get("value_list") or ([single] if single else []))
    return conditions.one_of(entity.c.gender, values, criterion["modifier"], "gender")


def _circumcised(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    values = list(criterion.get("value") or ())
    return conditions.one_of(entity.c.circumcised, values, criterion["modifier"], "circumcision")


def _age(entity: criteria.Entity) -> ColumnElement[Any]:
    """Whole years from birth to death or today."""
    return criteria.age_at(entity.c.birthdate, func.coalesce(entity.c.death_date, func.date("now")))


def _plays() -> list[Select[Any]]:
    """(performer, number of distinct view times of their scenes)."""
    link, plays = t.performers_scenes.alias(), t.scenes_view_dates.alias()
    number = func.count(plays.c.view_date.distinct())
    joined = select(link.c.performer_id, number).join(plays, plays.c.scene_id == link.c.scene_id)
    return [joined.group_by(link.c.performer_id)]


def _studios() -> Select[Any]:
    found = pair_queries.performer_studios().subquery()
    return select(found.c.performer, found.c.studio)


def _studio_or_none(key: str, media: Table, performers: Table) -> Select[Any]:
    """(performer, studio or NULL) of every scene, image or gallery."""
    link, table = performers.alias(), media.alias()
    return select(link.c.performer_id, table.c.studio_id).join(table, table.c.id == link.c[key])


_MEDIA_STUDIOS = tuple(
    partial(_studio_or_none, key, media, performers) for key, media, performers in pair_queries.MEDIA
)


def _groups_or_none() -> Select[Any]:
    """(performer, group or NULL) of every scene."""
    link, groups = t.performers_scenes.alias(), t.groups_scenes.alias()
    joined = link.outerjoin(groups, groups.c.scene_id == link.c.scene_id)
    return select(link.c.performer_id, groups.c.group_id).select_from(joined)


def _co_performers() -> Select[Any]:
    found = pair_queries.co_appearances().subquery()
    return select(found.c.performer, found.c.other)


def _markers() -> Select[Any]:
    link, markers = t.performers_scenes.alias(), t.scene_markers.alias()
    return select(link.c.performer_id, markers.c.id).join(markers, markers.c.scene_id == link.c.scene_id)


_scenes, _images = _link(t.performers_scenes, "scene_id"), _link(t.performers_images, "image_id")
_galleries, _tags = _link(t.performers_galleries, "gallery_id"), _link(t.performers_tags, "tag_id")

PERFORMER_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name disambiguation details ethnicity country eye_color hair_color measurements"),
    **criteria.strings("fake_tits career_length tattoos piercings"),
    **criteria.numbers("weight penis_length"),
    "height_cm": criteria.column("height", conditions.number),
    "rating100": criteria.column("rating", conditions.number),
    "filter_favorites": criteria.boolean("favorite"),
    "ignore_auto_tag": criteria.boolean("ignore_auto_tag"),
    "gender": _gender,
    "circumcised": _circumcised,
    **criteria.dates("birthdate death_date career_start career_end created_at updated_at"),
    "birth_year": common.year("birthdate"),
    "death_year": common.year("death_date"),
    "age": criteria.expression(_age, conditions.number),
    "url": common.value_list(t.performer_urls, "url"),
    "aliases": common.value_list(t.performer_aliases, "alias"),
    **common.tag_criteria(t.performers_tags, "performer_id"),
    **common.stash_id_criteria(t.performer_stash_ids),
    "custom_fields": special.custom_fields(t.performer_custom_fields, "performer_id"),
    "scene_count": criteria.count(_scenes),
    "image_count": criteria.count(_images),
    "gallery_count": criteria.count(_galleries),
    "marker_count": criteria.count(_markers),
    "play_count": criteria.expression(criteria.total(_plays), conditions.number),
    "o_counter": criteria.expression(
        criteria.total(lambda: pair_queries.o_counts("Performer")), conditions.number
    ),
    "studios": relations.Relation(_studios, "Studio", null_links=_MEDIA_STUDIOS),
    "groups": relations.Relation(pair_queries.groups_of_performers, "Group", null_links=(_groups_or_none,)),
    "performers": relations.Relation(_co_performers),
    "is_missing": special.is_missing(
        {
            "url": special.has_none(_link(t.performer_urls, "url")),
            "scenes": special.has_none(_scenes),
            "image": lambda entity: entity.c.image_blob.is_(None),
            "stash_id": special.has_none(_link(t.performer_stash_ids, "stash_id")),
            "aliases": special.has_none(_link(t.performer_aliases, "alias")),
        },
        t.performers,
    ),
    "scenes_filter": relations.related("Scene", _scenes),
    "images_filter": relations.related("Image", _images),
    "galleries_filter": relations.related("Gallery", _galleries),
    "tags_filter": relations.related("Tag", _tags),
    "markers_filter": relations.related("SceneMarker", _markers),
}
