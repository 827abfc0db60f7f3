"""Queries about scenes and their markers that are no plain find: duplicates, streams, walls, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stash_cli.embedded import sql
from stash_cli.embedded import tables as t
from stash_cli.embedded.errors import Refused
from stash_cli.embedded.finding.page import FoundPage
from stash_cli.embedded.functions import phash_distance
from stash_cli.embedded.queries.finders import parse_id, wall

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.embedded.context import RequestContext
    from stash_cli.embedded.rows import Row

_Hashed = tuple[int, int, float | None]


def by_path_regex(context: RequestContext, *, filter: dict[str, Any] | None = None) -> FoundPage:  # noqa: A002 - the API's own name
    """Scenes whose path matches `q` as a regular expression, in any case."""
    find = {key: value for key, value in (filter or {}).items() if key != "q"}
    q = (filter or {}).get("q")
    given = {"path": {"value": f"(?i){q}", "modifier": "MATCHES_REGEX"}} if q else None
    return FoundPage(context, "Scene", "scenes", find, given)


def duplicates(
    context: RequestContext, *, distance: int | None = None, duration_diff: float | None = None
) -> list[list[Row]]:
    """Groups of scenes whose perceptual hashes are at most `distance` bits apart.

    `duration_diff` is how many seconds their lengths may differ; None or negative for any.
    """
    groups = _grouped(_hashed_scenes(context), distance or 0, -1 if duration_diff is None else duration_diff)
    scenes = {row.id: row for row in context.fetch_many("Scene", [id_ for group in groups for id_ in group])}
    return [[scenes[id_] for id_ in group] for group in groups]


def _hashed_scenes(context: RequestContext) -> list[_Hashed]:
    """(scene, phash, seconds) of every file with a perceptual hash, by path."""
    link, prints, video = t.scenes_files, t.files_fingerprints, t.video_files
    statement = (
        select(link.c.scene_id, prints.c.fingerprint, video.c.duration)
        .join(t.files, t.files.c.id == link.c.file_id)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .join(prints, prints.c.file_id == t.files.c.id)
        .outerjoin(video, video.c.file_id == t.files.c.id)
        .where(prints.c.type == "phash")
        .order_by(sql.natural(sql.full_path()))
    )
    return [(row[0], row[1], row[2]) for row in context.connection.execute(statement)]


def _grouped(hashed: Sequence[_Hashed], distance: int, seconds: float) -> list[list[int]]:
    """Neighbours of neighbours are in one group; a group has at least two scenes."""
    group_of = list(range(len(hashed)))
    for later in range(len(hashed)):
        for earlier in range(later):
            if group_of[later] != group_of[earlier] and _alike(
                hashed[earlier], hashed[later], distance, seconds
            ):
                old, new = group_of[later], group_of[earlier]
                group_of = [new if group == old else group for group in group_of]
    members: dict[int, dict[int, None]] = {}
    for place, group in enumerate(group_of):
        members.setdefault(group, {})[hashed[place][0]] = None
    return [list(scenes) for scenes in members.values() if len(scenes) > 1]


def _alike(first: _Hashed, second: _Hashed, distance: int, seconds: float) -> bool:
    apart = phash_distance(first[1], second[1])
    if apart is None or apart > distance:
        return False
    return seconds < 0 or abs((first[2] or 0) - (second[2] or 0)) <= seconds


def streams(context: RequestContext, *, id: Any = None) -> Any:  # noqa: A002 - the API's own name
    """What can be played of a scene; nothing without files."""
    scene = None if id is None else context.fetch("Scene", parse_id(id))
    if scene is None:
        raise Refused(f"scene with id {id} not found")
    return scene.get("sceneStreams")


def marker_strings(
    context: RequestContext, *, q: str | None = None, sort: str | None = None
) -> list[dict[str, Any]]:
    """Titles of markers, how often each is used, and the id of one of them."""
    markers = t.scene_markers
    number = func.count(markers.c.id)
    order = number.desc() if sort == "count" else markers.c.title.asc()
    statement = select(func.min(markers.c.id), markers.c.title, number).group_by(markers.c.title)
    if q:
        statement = statement.where(markers.c.title.like(f"%{q}%"))
    found = context.connection.execute(statement.order_by(order, markers.c.title))
    return [{"id": str(id_), "title": title, "count": count} for id_, title, count in found]


def scene_marker_tags(context: RequestContext, *, scene_id: Any) -> list[dict[str, Any]]:
    """The markers of a scene by their primary tag, in the order in which the tags first appear."""
    markers = t.scene_markers
    statement = select(markers.c.id, markers.c.primary_tag_id).where(
        markers.c.scene_id == parse_id(scene_id, "converting scene id: ")
    )
    pairs = context.connection.execute(statement.order_by(markers.c.seconds, markers.c.id)).all()
    rows = {row.id: row for row in context.fetch_many("SceneMarker", (pair[0] for pair in pairs))}
    tags = {row.id: row for row in context.fetch_many("Tag", (pair[1] for pair in pairs))}
    groups: dict[int, list[Row]] = {}
    for marker, tag in pairs:
        groups.setdefault(tag, []).append(rows[marker])
    return [{"tag": tags[tag], "scene_markers": found} for tag, found in groups.items()]


def marker_wall(context: RequestContext, *, q: str | None = None) -> list[Row]:
    """Eighty random markers whose title contains `q`."""
    markers = t.scene_markers
    statement = select(markers.c.id).order_by(func.random()).limit(80)
    if q:
        statement = statement.where(markers.c.title.like(f"%{q}%"))
    return context.fetch_many("SceneMarker", context.connection.execute(statement).scalars().all())


RESOLVERS: dict[str, Callable[..., Any]] = {
    "findScenesByPathRegex": by_path_regex,
    "findDuplicateScenes": duplicates,
    "sceneStreams": streams,
    "markerStrings": marker_strings,
    "sceneMarkerTags": scene_marker_tags,
    "markerWall": marker_wall,
    "sceneWall": wall("Scene", "details"),
}
