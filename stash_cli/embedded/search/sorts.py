"""Sort keys of each type, and ORDER BY of a find query: key, direction, tie breakers, and the id.

A key consists of one or more expressions on the table of its type; the direction applies to each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, FromClause, Select, String, case, cast, func, select
from sqlalchemy.sql import operators

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters.common import column_links
from stash_cli.embedded.filters.criteria import counted, pairs, total
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import sql
from stash_cli.embedded.search import file_sorts as files
from stash_cli.embedded.search.file_sorts import performer_age
from stash_cli.embedded.tables.search_index import title_order

Entity: TypeAlias = FromClause
Expressions: TypeAlias = list[ColumnElement[Any]]
Key: TypeAlias = Callable[[Entity], Expressions]


def columns(names: str) -> dict[str, Key]:
    """Sort keys that are columns."""
    return {name: named(name) for name in names.split()}


def named(column: str, *, naturally: bool = False) -> Key:
    return lambda entity: [sql.natural_order(entity.c[column]) if naturally else entity.c[column]]


def number(links: Callable[[], Any]) -> Key:
    """The number of objects in `links` (owner, object)."""
    return lambda entity: [counted(entity, links())]


def latest(links: Callable[[], Select[Any]]) -> Key:
    """The latest time in `links` (owner, time)."""

    def make(entity: Entity) -> Expressions:
        times = links().subquery()
        newest = select(func.max(times.c[1])).where(times.c[0] == entity.c.id)
        return [newest.correlate(entity).scalar_subquery()]

    return make


def summed(parts: Callable[[], list[Select[Any]]]) -> Key:
    make = total(parts)
    return lambda entity: [make(entity)]


def _scene_durations(owner: Callable[[], Select[Any]]) -> Callable[[], list[Select[Any]]]:
    """Select (owner, seconds) of the primary files of the scenes in `owner`, which selects (owner, scene)."""

    def parts() -> list[Select[Any]]:
        link, files_, video = owner().subquery(), t.scenes_files.alias(), t.video_files.alias()
        joined = link.join(files_, (files_.c.scene_id == link.c[1]) & files_.c.primary.is_(True)).join(
            video, video.c.file_id == files_.c.file_id
        )
        return [select(link.c[0], func.sum(video.c.duration)).select_from(joined).group_by(link.c[0])]

    return parts


def _over_scenes(link: Any, owner: str, table: Any, column: str) -> Callable[[], Select[Any]]:
    """Select (owner, column of `table`) for the scenes of each owner."""

    def links() -> Select[Any]:
        owners, values = link.alias(), table.alias()
        return select(owners.c[owner], values.c[column]).join(values, values.c.scene_id == owners.c.scene_id)

    return links


def _studio_name(entity: Entity) -> Expressions:
    name = select(t.studios.c.name).where(t.studios.c.id == entity.c.studio_id)
    return [sql.natural_order(name.correlate(entity).scalar_subquery())]


def _marker_title(entity: Entity) -> Expressions:
    tag = select(t.tags.c.name).where(t.tags.c.id == entity.c.primary_tag_id)
    name = tag.correlate(entity).scalar_subquery()
    return [sql.natural_order(func.coalesce(func.nullif(entity.c.title, ""), name))]


def _scene_updated(entity: Entity) -> Expressions:
    updated_at = select(t.scenes.c.updated_at).where(t.scenes.c.id == entity.c.scene_id)
    return [updated_at.correlate(entity).scalar_subquery()]


def _titled_by_key(entity: Entity) -> ColumnElement[Any]:
    """The title from the stored sort key, or the id in the form of such a key.

    BINARY is named explicitly, because a collation implemented in Python is slow for many ties.
    """
    return title_order(entity).collate("BINARY")


def _titled(entity: Entity) -> ColumnElement[Any]:
    return sql.natural_order(func.coalesce(entity.c.title, cast(entity.c.id, String)))


def _tag_name(entity: Entity) -> ColumnElement[Any]:
    return sql.natural_order(func.coalesce(entity.c.sort_name, entity.c.name))


def _named(entity: Entity) -> ColumnElement[Any]:
    return sql.natural_order(entity.c.name)


_performer_scenes = partial(pairs, t.performers_scenes, "performer_id", "scene_id")
_studio_scenes = column_links(t.scenes, "studio_id", "id")
_tag_scenes = partial(pairs, t.scenes_tags, "tag_id", "scene_id")


def _tagged(table: Any, other: str) -> Key:
    return number(partial(pairs, table, "tag_id", other))


_tag_groups = _tagged(t.groups_tags, "group_id")

SORTS: dict[str, dict[str, Key]] = {
    "Scene": {
        **columns("id code created_at updated_at date rating organized play_duration resume_time"),
        **files.SCENE_SORTS,
        "tag_count": number(partial(pairs, t.scenes_tags, "scene_id", "tag_id")),
        "performer_count": number(partial(pairs, t.performers_scenes, "scene_id", "performer_id")),
        "play_count": number(column_links(t.scenes_view_dates, "scene_id", "id")),
        "o_counter": number(column_links(t.scenes_o_dates, "scene_id", "id")),
        "last_played_at": latest(partial(pairs, t.scenes_view_dates, "scene_id", "view_date")),
        "last_o_at": latest(partial(pairs, t.scenes_o_dates, "scene_id", "o_date")),
        "studio": _studio_name,
    },
    "Image": {
        **columns("id created_at updated_at date rating o_counter"),
        **files.IMAGE_SORTS,
        "tag_count": number(partial(pairs, t.images_tags, "image_id", "tag_id")),
        "performer_count": number(partial(pairs, t.performers_images, "image_id", "performer_id")),
    },
    "Gallery": {
        **columns("id created_at updated_at date rating"),
        **files.GALLERY_SORTS,
        "images_count": number(partial(pairs, t.galleries_images, "gallery_id", "image_id")),
        "tag_count": number(partial(pairs, t.galleries_tags, "gallery_id", "tag_id")),
        "performer_count": number(partial(pairs, t.performers_galleries, "gallery_id", "performer_id")),
    },
    "Performer": {
        **columns("id created_at updated_at birthdate height weight measurements penis_length rating"),
        **columns("career_length"),
        "name": named("name", naturally=True),
        "tag_count": number(partial(pairs, t.performers_tags, "performer_id", "tag_id")),
        "scenes_count": number(_performer_scenes),
        "images_count": number(partial(pairs, t.performers_images, "performer_id", "image_id")),
        "galleries_count": number(partial(pairs, t.performers_galleries, "performer_id", "gallery_id")),
        "scenes_duration": summed(_scene_durations(_performer_scenes)),
        "play_count": number(_over_scenes(t.performers_scenes, "performer_id", t.scenes_view_dates, "id")),
        "o_counter": summed(lambda: sql.o_counts("Performer")),
        "last_played_at": latest(
            _over_scenes(t.performers_scenes, "performer_id", t.scenes_view_dates, "view_date")
        ),
        "last_o_at": latest(_over_scenes(t.performers_scenes, "performer_id", t.scenes_o_dates, "o_date")),
    },
    "Studio": {
        **columns("id created_at updated_at rating"),
        "name": named("name", naturally=True),
        "child_count": number(column_links(t.studios, "parent_id", "id")),
        "scenes_count": number(_studio_scenes),
        "images_count": number(column_links(t.images, "studio_id", "id")),
        "galleries_count": number(column_links(t.galleries, "studio_id", "id")),
        "scenes_duration": summed(_scene_durations(_studio_scenes)),
        "tag_count": number(partial(pairs, t.studios_tags, "studio_id", "tag_id")),
    },
    "Tag": {
        **columns("id created_at updated_at"),
        "name": lambda entity: [_tag_name(entity)],
        "scenes_count": number(_tag_scenes),
        "images_count": _tagged(t.images_tags, "image_id"),
        "galleries_count": _tagged(t.galleries_tags, "gallery_id"),
        "performers_count": _tagged(t.performers_tags, "performer_id"),
        "studios_count": _tagged(t.studios_tags, "studio_id"),
        "groups_count": _tag_groups,
        "movies_count": _tag_groups,
        "scene_markers_count": number(sql.marker_tags),
        "scenes_duration": summed(_scene_durations(_tag_scenes)),
    },
    "Group": {
        **columns("id created_at updated_at date duration rating"),
        "name": named("name", naturally=True),
        "scenes_count": number(partial(pairs, t.groups_scenes, "group_id", "scene_id")),
        "tag_count": number(partial(pairs, t.groups_tags, "group_id", "tag_id")),
        "o_counter": summed(lambda: sql.o_counts("Group")),
    },
    "SceneMarker": {
        **columns("id created_at updated_at scene_id seconds"),
        "title": _marker_title,
        "duration": lambda entity: [entity.c.end_seconds - entity.c.seconds],
        "scenes_updated_at": _scene_updated,
    },
    "BaseFile": {**columns("id created_at updated_at"), "path": files.file_path},
    "Folder": columns("id created_at updated_at path"),
}
SORTS["Movie"] = SORTS["Group"]

TIE_BREAKERS: dict[str, Callable[[Entity], Expressions]] = {
    "Scene": lambda entity: [_titled_by_key(entity)],
    "Image": lambda entity: [_titled_by_key(entity)],
    "Gallery": lambda entity: [_titled(entity)],
    "Performer": lambda entity: [_named(entity)],
    "Studio": lambda entity: [_named(entity)],
    "Tag": lambda entity: [_tag_name(entity)],
    "Group": lambda entity: [_named(entity)],
    "Movie": lambda entity: [_named(entity)],
    "SceneMarker": lambda entity: [entity.c.scene_id, entity.c.seconds],
}
"""Tie breakers for equal keys, always ascending; the id comes last."""

DEFAULTS = {"Performer": "name", "Studio": "name", "Tag": "name", "Group": "name", "Movie": "name"}
DEFAULTS["SceneMarker"] = "title"
"""Default sort keys; other types are sorted by id."""


_SEEDS, _LARGEST_SEED = 100_000_000, 1 << 64


def order_by(
    type_name: str, entity: FromClause, find: Mapping[str, Any], given: Mapping[str, Any] | None
) -> Expressions:
    """The expressions of ORDER BY; `given` is the filter of the query. Raises Refused for an unknown key."""
    key = sort_key_of(type_name, find)
    descending = find.get("direction") == "DESC"
    keys = _expressions(type_name, entity, key, given or {}, descending=descending)
    tie_breakers = (
        TIE_BREAKERS[type_name](entity)
        if type_name in TIE_BREAKERS and not _needs_no_tie_breaker(type_name, key)
        else []
    )
    return _with_directions(
        [(each, descending) for each in keys] + [(each, False) for each in tie_breakers], entity
    )


def sort_key_of(type_name: str, find: Mapping[str, Any]) -> str:
    """The sort key of the find arguments, or the default of the type."""
    key = find.get("sort")
    if key is None or (key == "" and type_name not in DEFAULTS):
        return DEFAULTS.get(type_name, "id")
    return str(key)


def _needs_no_tie_breaker(type_name: str, key: str) -> bool:
    """Whether a key needs no tie breaker: it is unique, or the tie breaker itself."""
    return key == "id" or (key == "title" and type_name in ("Scene", "Image"))


def _with_directions(keys: list[tuple[ColumnElement[Any], bool]], entity: FromClause) -> Expressions:
    """The keys with their directions, followed by the id.

    The server's natural collation treats the first of two equal texts as the greater one: equal rows come
    newest first (oldest first when descending), and later keys only apply to rows without text.
    """
    ordered: Expressions = []
    for expression, descending in keys:
        ordered.append(expression.desc() if descending else expression.asc())
        if _is_natural(expression):
            tie_breaker = case((expression.is_not(None), entity.c.id))
            ordered.append(tie_breaker.asc() if descending else tie_breaker.desc())
    return [*ordered, entity.c.id.asc()]


def _is_natural(expression: ColumnElement[Any]) -> bool:
    """Whether an expression sorts naturally: by collation, or as a stored sort key."""
    is_stored_key = isinstance(expression, Column) and expression.name in ("title_key", "path_key")
    return is_stored_key or getattr(expression, "operator", None) is operators.collate


def _expressions(
    type_name: str, entity: FromClause, key: str, object_filter: Mapping[str, Any], *, descending: bool
) -> Expressions:
    if key.startswith("random"):
        return [_random_order(entity, key)]
    if type_name == "Scene" and key in ("group_scene_number", "movie_scene_number"):
        return [_scene_number(entity, object_filter)]
    if type_name == "Scene" and key == "performer_age":
        return performer_age(entity, descending=descending)
    if key == "sub_group_order" and type_name in ("Group", "Movie"):
        return _sub_group_order(entity, object_filter)
    make = SORTS[type_name].get(key)
    if make is None:
        raise Refused(f"invalid sort: {key}")
    return make(entity)


def _random_order(entity: FromClause, key: str) -> ColumnElement[Any]:
    """The server's pseudo-random order with its constants, so that a seed gives the same order here."""
    text = key.removeprefix("random").removeprefix("_")
    if key != "random" and not (text.isdecimal() and key == f"random_{text}" and int(text) < _LARGEST_SEED):
        raise Refused(f"invalid random seed: {text}" if key.startswith("random_") else f"invalid sort: {key}")
    seed = int(text) % _SEEDS if text else random.randrange(_SEEDS)  # noqa: S311 - a shuffle, no secret
    position = entity.c.id + seed
    return func.mod(position * position * 52959209 + position * 1047483763, 2147483647)


def _single_id(criterion: Mapping[str, Any] | None) -> str | None:
    """The id of a criterion with exactly one, or None."""
    value = (criterion or {}).get("value") or []
    return str(value[0]) if len(value) == 1 else None


def _scene_number(entity: FromClause, scene_filter: Mapping[str, Any]) -> ColumnElement[Any]:
    """The index of a scene in the group that the filter names, or in any group."""
    link = t.groups_scenes.alias()
    index = select(func.min(link.c.scene_index)).where(link.c.scene_id == entity.c.id)
    group = _single_id(scene_filter.get("groups") or scene_filter.get("movies"))
    if group is not None:
        index = index.where(link.c.group_id == group)
    return index.correlate(entity).scalar_subquery()


def _sub_group_order(entity: FromClause, group_filter: Mapping[str, Any]) -> Expressions:
    """The index in the containing group that the filter names, or in any group."""
    containing = _single_id(group_filter.get("containing_groups"))
    link = t.groups_relations.alias()
    index = select(func.min(link.c.order_index)).where(link.c.sub_id == entity.c.id)
    if containing is not None:
        index = index.where(link.c.containing_id == containing)
    return [index.correlate(entity).scalar_subquery()]
