"""The criteria of performer, studio, tag and group filters (a group's are a movie's, too)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, criteria, relations, special
from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Mapping


def _performer_link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "performer_id", other)


def _gender(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    """Criterion `gender`; `value_list` takes precedence over `value`."""
    single = criterion.get("value")
    values = list(criterion.get("value_list") or ([single] if single else []))
    return criteria.one_of(entity.c.gender, values, criterion["modifier"], "gender")


def _circumcised(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
    values = list(criterion.get("value") or ())
    return criteria.one_of(entity.c.circumcised, values, criterion["modifier"], "circumcision")


def _age(entity: criteria.Entity) -> ColumnElement[Any]:
    """Whole years from birth to death or today."""
    return criteria.age_at(entity.c.birthdate, func.coalesce(entity.c.death_date, func.date("now")))


def _plays() -> list[Select[Any]]:
    """(performer, number of distinct view times of their scenes)."""
    link, plays = t.performers_scenes.alias(), t.scenes_view_dates.alias()
    # The server counts a time only once, even if two scenes were played at that time.
    number = func.count(plays.c.view_date.distinct())
    joined = select(link.c.performer_id, number).join(plays, plays.c.scene_id == link.c.scene_id)
    return [joined.group_by(link.c.performer_id)]


def _performer_studios() -> Select[Any]:
    rows = sql.performer_studios().subquery()
    return select(rows.c.performer, rows.c.studio)


def _studio_or_none(key: str, media: Table, performers: Table) -> Select[Any]:
    """(performer, studio or NULL) of every scene, image or gallery."""
    link, table = performers.alias(), media.alias()
    return select(link.c.performer_id, table.c.studio_id).join(table, table.c.id == link.c[key])


_MEDIA_STUDIOS = tuple(
    partial(_studio_or_none, key, media, performers) for key, media, performers in sql.MEDIA
)


def _groups_or_none() -> Select[Any]:
    """(performer, group or NULL) of every scene."""
    link, groups = t.performers_scenes.alias(), t.groups_scenes.alias()
    joined = link.outerjoin(groups, groups.c.scene_id == link.c.scene_id)
    return select(link.c.performer_id, groups.c.group_id).select_from(joined)


def _co_performers() -> Select[Any]:
    rows = sql.co_appearances().subquery()
    return select(rows.c.performer, rows.c.other)


def _performer_markers() -> Select[Any]:
    link, markers = t.performers_scenes.alias(), t.scene_markers.alias()
    return select(link.c.performer_id, markers.c.id).join(markers, markers.c.scene_id == link.c.scene_id)


_performer_scenes, _performer_images = (
    _performer_link(t.performers_scenes, "scene_id"),
    _performer_link(t.performers_images, "image_id"),
)
_performer_galleries, _performer_tags = (
    _performer_link(t.performers_galleries, "gallery_id"),
    _performer_link(t.performers_tags, "tag_id"),
)

PERFORMER_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name disambiguation details ethnicity country eye_color hair_color measurements"),
    **criteria.strings("fake_tits career_length tattoos piercings"),
    **criteria.numbers("weight penis_length"),
    "height_cm": criteria.column("height", criteria.number),
    "rating100": criteria.column("rating", criteria.number),
    "filter_favorites": criteria.boolean("favorite"),
    "ignore_auto_tag": criteria.boolean("ignore_auto_tag"),
    "gender": _gender,
    "circumcised": _circumcised,
    **criteria.dates("birthdate death_date career_start career_end created_at updated_at"),
    "birth_year": common.year("birthdate"),
    "death_year": common.year("death_date"),
    "age": criteria.expression(_age, criteria.number),
    "url": common.value_list(t.performer_urls, "url"),
    "aliases": common.value_list(t.performer_aliases, "alias"),
    **common.tag_criteria(t.performers_tags, "performer_id"),
    **common.stash_id_criteria(t.performer_stash_ids),
    "custom_fields": special.custom_fields(t.performer_custom_fields, "performer_id"),
    "scene_count": criteria.count(_performer_scenes),
    "image_count": criteria.count(_performer_images),
    "gallery_count": criteria.count(_performer_galleries),
    "marker_count": criteria.count(_performer_markers),
    "play_count": criteria.expression(criteria.total(_plays), criteria.number),
    "o_counter": criteria.expression(criteria.total(lambda: sql.o_counts("Performer")), criteria.number),
    "studios": relations.Relation(_performer_studios, "Studio", null_links=_MEDIA_STUDIOS),
    "groups": relations.Relation(sql.groups_of_performers, "Group", null_links=(_groups_or_none,)),
    "performers": relations.Relation(_co_performers),
    "is_missing": special.is_missing(
        {
            "url": special.has_none(_performer_link(t.performer_urls, "url")),
            "scenes": special.has_none(_performer_scenes),
            "image": lambda entity: entity.c.image_blob.is_(None),
            "stash_id": special.has_none(_performer_link(t.performer_stash_ids, "stash_id")),
            "aliases": special.has_none(_performer_link(t.performer_aliases, "alias")),
        },
        t.performers,
    ),
    "scenes_filter": relations.related("Scene", _performer_scenes),
    "images_filter": relations.related("Image", _performer_images),
    "galleries_filter": relations.related("Gallery", _performer_galleries),
    "tags_filter": relations.related("Tag", _performer_tags),
    "markers_filter": relations.related("SceneMarker", _performer_markers),
}


def _studio_link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "studio_id", other)


_studio_scenes = common.column_links(t.scenes, "studio_id", "id")
_studio_images = common.column_links(t.images, "studio_id", "id")
_studio_galleries = common.column_links(t.galleries, "studio_id", "id")
_studio_groups = common.column_links(t.groups, "studio_id", "id")

STUDIO_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name details"),
    "rating100": criteria.column("rating", criteria.number),
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
    "scene_count": criteria.count(_studio_scenes),
    "image_count": criteria.count(_studio_images),
    "gallery_count": criteria.count(_studio_galleries),
    "group_count": criteria.count(_studio_groups),
    "is_missing": special.is_missing(
        {
            "url": special.has_none(_studio_link(t.studio_urls, "url")),
            "image": lambda entity: entity.c.image_blob.is_(None),
            "stash_id": special.has_none(_studio_link(t.studio_stash_ids, "stash_id")),
        },
        t.studios,
    ),
    "scenes_filter": relations.related("Scene", _studio_scenes),
    "images_filter": relations.related("Image", _studio_images),
    "galleries_filter": relations.related("Gallery", _studio_galleries),
    "groups_filter": relations.related("Group", _studio_groups),
}


def _tag_link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "tag_id", other)


def _tag_markers() -> Select[Any]:
    rows = sql.marker_tags().subquery()
    return select(rows.c.tag, rows.c.marker)


_tag_scenes, _tag_images = _tag_link(t.scenes_tags, "scene_id"), _tag_link(t.images_tags, "image_id")
_tag_galleries, _tag_groups = _tag_link(t.galleries_tags, "gallery_id"), _tag_link(t.groups_tags, "group_id")
_tag_performers, _tag_studios = (
    _tag_link(t.performers_tags, "performer_id"),
    _tag_link(t.studios_tags, "studio_id"),
)
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
    "scene_count": criteria.count(_tag_scenes),
    "image_count": criteria.count(_tag_images),
    "gallery_count": criteria.count(_tag_galleries),
    "performer_count": criteria.count(_tag_performers),
    "studio_count": criteria.count(_tag_studios),
    "group_count": criteria.count(_tag_groups),
    "movie_count": criteria.count(_tag_groups),
    "marker_count": criteria.count(_tag_markers),
    "parent_count": criteria.count(_parents),
    "child_count": criteria.count(_children),
    "parents": relations.Relation(_parents, "Tag", exact=False),
    "children": relations.Relation(_children, "Tag", upwards=True, exact=False),
    "is_missing": special.is_missing(
        {"image": lambda entity: entity.c.image_blob.is_(None)},
        t.tags,
    ),
    "scenes_filter": relations.related("Scene", _tag_scenes),
    "images_filter": relations.related("Image", _tag_images),
    "galleries_filter": relations.related("Gallery", _tag_galleries),
    "groups_filter": relations.related("Group", _tag_groups),
    "performers_filter": relations.related("Performer", _tag_performers),
    "studios_filter": relations.related("Studio", _tag_studios),
    "markers_filter": relations.related("SceneMarker", _tag_markers),
}


def _group_link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "group_id", other)


def _group_performers() -> Select[Any]:
    rows = sql.groups_of_performers().subquery()
    return select(rows.c.group, rows.c.performer)


def _performers_or_none() -> Select[Any]:
    """(group, performer or NULL) of every scene."""
    link, performers = t.groups_scenes.alias(), t.performers_scenes.alias()
    joined = link.outerjoin(performers, performers.c.scene_id == link.c.scene_id)
    return select(link.c.group_id, performers.c.performer_id).select_from(joined)


_group_scenes = _group_link(t.groups_scenes, "scene_id")
_containing = partial(criteria.pairs, t.groups_relations, "sub_id", "containing_id")
_subs = partial(criteria.pairs, t.groups_relations, "containing_id", "sub_id")

GROUP_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name director"),
    "synopsis": criteria.column("description", criteria.string),
    "duration": common.integer_part("duration"),
    "rating100": criteria.column("rating", criteria.number),
    **criteria.dates("date created_at updated_at"),
    "url": common.value_list(t.group_urls, "url"),
    **common.tag_criteria(t.groups_tags, "group_id"),
    "studios": common.studio_criterion(t.groups),
    "performers": relations.Relation(_group_performers, null_links=(_performers_or_none,)),
    "scene_count": criteria.count(_group_scenes),
    "o_counter": criteria.expression(criteria.total(lambda: sql.o_counts("Group")), criteria.number),
    "containing_groups": relations.Relation(_containing, "Group", exact=False),
    "sub_groups": relations.Relation(_subs, "Group", upwards=True, exact=False),
    "containing_group_count": criteria.count(_containing),
    "sub_group_count": criteria.count(_subs),
    "custom_fields": special.custom_fields(t.group_custom_fields, "group_id"),
    "is_missing": special.is_missing(
        {
            "front_image": lambda entity: entity.c.front_image_blob.is_(None),
            "back_image": lambda entity: entity.c.back_image_blob.is_(None),
            "scenes": special.has_none(_group_scenes),
        },
        t.groups,
    ),
    "scenes_filter": relations.related("Scene", _group_scenes),
    "studios_filter": relations.related("Studio", criteria.OwnColumn(t.groups, "studio_id")),
}
