"""The criteria of a scene filter and of a scene marker filter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, criteria, relations, special
from stash_cli.embedded.library import sql
from stash_cli.embedded.search.text_search import SearchSpec, scenes_matching, trigram_query

if TYPE_CHECKING:
    from collections.abc import Mapping


def _over_scene(link: Any, other: str) -> Any:
    """(marker, related object of its scene)."""

    def links() -> Select[Any]:
        markers, related_rows = t.scene_markers.alias(), link.alias()
        return select(markers.c.id, related_rows.c[other]).join(
            related_rows, related_rows.c.scene_id == markers.c.scene_id
        )

    return links


def _marker_tags() -> Select[Any]:
    rows = sql.marker_tags().subquery()
    return select(rows.c.marker, rows.c.tag)


def _secondary() -> Select[Any]:
    return criteria.pairs(t.scene_markers_tags, "scene_marker_id", "tag_id")


def _of_scene(name: str) -> criteria.Expression:
    def make(entity: criteria.Entity) -> ColumnElement[Any]:
        scenes = t.scenes.alias()
        value = select(scenes.c[name]).where(scenes.c.id == entity.c.scene_id)
        return value.correlate(entity).scalar_subquery()

    return make


def _marker_duration(entity: criteria.Entity) -> ColumnElement[Any]:
    return entity.c.end_seconds - entity.c.seconds


def _scene_fact(name: str, match: criteria.Matcher = criteria.date) -> criteria.Handler:
    return criteria.expression(_of_scene(name), match)


_marker_scene = criteria.OwnColumn(t.scene_markers, "scene_id")

MARKER_FILTER: dict[str, criteria.Handler] = {
    "tags": relations.Relation(_marker_tags, "Tag", null_links=(_secondary,), what="marker tag filtering"),
    "scene_tags": relations.Relation(_over_scene(t.scenes_tags, "tag_id"), "Tag"),
    "performers": relations.Relation(_over_scene(t.performers_scenes, "performer_id")),
    "scenes": relations.Relation(_marker_scene, single=True),
    "duration": criteria.expression(_marker_duration, criteria.number),
    **criteria.dates("created_at updated_at"),
    "scene_date": _scene_fact("date"),
    "scene_created_at": _scene_fact("created_at"),
    "scene_updated_at": _scene_fact("updated_at"),
    "scene_filter": relations.related("Scene", _marker_scene),
}


_video = t.video_files


def _link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "scene_id", other)


def _video_row(name: str, match: Any = criteria.number) -> criteria.Handler:
    return criteria.any_row(common.file_rows("scene", _video.c[name], source=_video), match)


def _interactive(entity: criteria.Entity, is_interactive: bool) -> criteria.Condition:
    scenes = common.file_rows("scene", source=_video).where(_video.c.interactive.is_(is_interactive))
    return entity.c.id.in_(scenes)


def _has_markers(entity: criteria.Entity, word: str) -> criteria.Condition:
    with_markers = select(t.scene_markers.alias().c.scene_id)
    return entity.c.id.in_(with_markers) if word == "true" else entity.c.id.not_in(with_markers)


def _last_played(entity: criteria.Entity) -> ColumnElement[Any]:
    """The last view time; scenes that were never played count as 1970."""
    plays = t.scenes_view_dates.alias()
    latest = select(func.max(plays.c.view_date)).where(plays.c.scene_id == entity.c.id).correlate(entity)
    return func.coalesce(latest.scalar_subquery(), func.datetime(0))


_any_path = common.path("scene")


def _path(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition | None:
    """Criterion on the path; EQUALS narrows the scenes with the trigram index first."""
    matched = _any_path(entity, criterion)
    exact_path = [criterion["value"]] if criterion["modifier"] == "EQUALS" else []
    phrases = trigram_query(SearchSpec(must=exact_path))
    if matched is None or not phrases:
        return matched
    return and_(entity.c.id.in_(scenes_matching(phrases)), matched)


def _phashes() -> Select[Any]:
    return common.fingerprint_rows("scene", "phash")


def _no_phash(entity: criteria.Entity) -> criteria.Condition:
    return entity.c.id.not_in(select(_phashes().subquery().c[0]))


def _texts(table: Any, name: str) -> Any:
    return lambda: select(table.c.scene_id, table.c[name])


_titles = common.column_links(t.scenes, "id", "title")
_performers, _tags = _link(t.performers_scenes, "performer_id"), _link(t.scenes_tags, "tag_id")
_groups, _galleries = _link(t.groups_scenes, "group_id"), _link(t.scenes_galleries, "gallery_id")
_studio = criteria.OwnColumn(t.scenes, "studio_id")
_markers = common.column_links(t.scene_markers, "scene_id", "id")
_same_phash = special.shared_prints(_phashes)

SCENE_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("title code details director"),
    **criteria.numbers("id"),
    "rating100": criteria.column("rating", criteria.number),
    "organized": criteria.boolean("organized"),
    "resume_time": common.integer_part("resume_time"),
    "play_duration": common.integer_part("play_duration"),
    **criteria.dates("date created_at updated_at"),
    "url": common.value_list(t.scene_urls, "url"),
    # files
    "path": _path,
    "file_count": criteria.count(_link(t.scenes_files, "file_id")),
    "oshash": common.fingerprint("scene", "oshash"),
    "checksum": common.fingerprint("scene", "md5"),
    "phash": common.phash_text("scene"),
    "phash_distance": special.phash(_phashes()),
    "duplicated": special.duplicated(
        {
            "duplicated": _same_phash,
            "phash": _same_phash,
            "url": special.duplicate_values(_texts(t.scene_urls, "url")),
            "stash_id": special.duplicate_values(_texts(t.scene_stash_ids, "stash_id")),
            "title": special.duplicate_values(_titles),
        }
    ),
    **common.picture_facts("scene", _video),
    "duration": _video_row("duration", common.truncated),
    "framerate": _video_row("frame_rate", common.rounded),
    "bitrate": _video_row("bit_rate"),
    "interactive_speed": _video_row("interactive_speed"),
    "video_codec": _video_row("video_codec", criteria.string),
    "audio_codec": _video_row("audio_codec", criteria.string),
    "interactive": _interactive,
    "captions": common.captions("scene"),
    # history
    "play_count": criteria.count(common.column_links(t.scenes_view_dates, "scene_id", "id")),
    "o_counter": criteria.count(common.column_links(t.scenes_o_dates, "scene_id", "id")),
    "last_played_at": criteria.expression(_last_played, criteria.date),
    # related objects
    **common.tag_criteria(t.scenes_tags, "scene_id"),
    **common.performer_criteria(t.performers_scenes, "scene_id"),
    "studios": common.studio_criterion(t.scenes),
    "groups": relations.Relation(_groups, "Group"),
    "movies": relations.Relation(_groups),
    "galleries": relations.Relation(_galleries),
    "has_markers": _has_markers,
    **common.stash_id_criteria(t.scene_stash_ids),
    "stash_id_count": criteria.count(_link(t.scene_stash_ids, "endpoint")),
    "custom_fields": special.custom_fields(t.scene_custom_fields, "scene_id"),
    "is_missing": special.is_missing(
        {
            "url": special.has_none(_link(t.scene_urls, "url")),
            "galleries": special.has_none(_galleries),
            "studio": lambda entity: entity.c.studio_id.is_(None),
            "movie": special.has_none(_groups),
            "group": special.has_none(_groups),
            "performers": special.has_none(_performers),
            "date": lambda entity: entity.c.date.is_(None),
            "tags": special.has_none(_tags),
            "stash_id": special.has_none(_link(t.scene_stash_ids, "stash_id")),
            "phash": _no_phash,
            "cover": lambda entity: entity.c.cover_blob.is_(None),
        },
        t.scenes,
    ),
    "performers_filter": relations.related("Performer", _performers),
    "studios_filter": relations.related("Studio", _studio),
    "tags_filter": relations.related("Tag", _tags),
    "groups_filter": relations.related("Group", _groups),
    "movies_filter": relations.related("Movie", _groups),
    "galleries_filter": relations.related("Gallery", _galleries),
    "markers_filter": relations.related("SceneMarker", _markers),
    "files_filter": relations.related("BaseFile", _link(t.scenes_files, "file_id")),
}
