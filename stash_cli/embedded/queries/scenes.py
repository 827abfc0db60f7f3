"""Queries about scenes and markers: duplicates, streams, walls, tags."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stash_cli.core.types.phash import connected_components, similar_hashes
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import sql
from stash_cli.embedded.queries.find import parse_id, wall
from stash_cli.embedded.search.page import FoundPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stash_cli.embedded.library.context import RequestContext, Row


@dataclass(frozen=True)
class _Hashed:
    """A file of a scene: its perceptual hash, and its duration in seconds (0 if unknown)."""

    scene: int
    phash: int
    seconds: float


def duplicates(
    context: RequestContext, *, distance: int | None = None, duration_diff: float | None = None
) -> list[list[Row]]:
    """Groups of scenes whose perceptual hashes differ in at most `distance` bits.

    `duration_diff` is the maximal difference of durations in seconds; None or negative for any.
    """
    hashed = _hashed_files(context)
    seconds = -1.0 if duration_diff is None else duration_diff
    pairs = (
        (first, second)
        for first, second in _similar_pairs(hashed, distance or 0)
        if hashed[first].scene != hashed[second].scene
        and _similar_durations(hashed[first], hashed[second], seconds)
    )
    groups = [
        {hashed[index].scene: None for index in indexes}
        for indexes in connected_components(len(hashed), pairs)
    ]
    scenes = {row.id: row for row in context.fetch_many("Scene", [id_ for group in groups for id_ in group])}
    return [[scenes[id_] for id_ in group] for group in groups]


def _hashed_files(context: RequestContext) -> list[_Hashed]:
    """All video files with a perceptual hash, by path."""
    link, fingerprints, video = t.scenes_files, t.files_fingerprints, t.video_files
    statement = (
        select(link.c.scene_id, fingerprints.c.fingerprint, video.c.duration)
        .join(t.files, t.files.c.id == link.c.file_id)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .join(fingerprints, fingerprints.c.file_id == t.files.c.id)
        .outerjoin(video, video.c.file_id == t.files.c.id)
        .where(fingerprints.c.type == "phash")
        .order_by(sql.full_path(), link.c.scene_id)
    )
    return [_Hashed(row[0], row[1], row[2] or 0.0) for row in context.connection.execute(statement)]


def _similar_durations(first: _Hashed, second: _Hashed, seconds: float) -> bool:
    """Whether the durations differ by at most `seconds`; an unknown one always matches."""
    known = first.seconds > 0 and second.seconds > 0
    return seconds < 0 or not known or abs(first.seconds - second.seconds) <= seconds


def _similar_pairs(hashed: Sequence[_Hashed], distance: int) -> Iterator[tuple[int, int]]:
    """Pairs of indexes whose hashes differ in at most `distance` bits."""
    by_hash: dict[int, list[int]] = defaultdict(list)
    for index, file in enumerate(hashed):
        by_hash[file.phash].append(index)
    for indexes in by_hash.values():
        yield from combinations(indexes, 2)
    for first, second in similar_hashes(by_hash, distance):
        yield from ((one, other) for one in by_hash[first] for other in by_hash[second])


def by_path_regex(context: RequestContext, *, filter: dict[str, Any] | None = None) -> FoundPage:  # noqa: A002 - the API's own name
    """Scenes whose path matches the regular expression `q`, ignoring case."""
    find = {key: value for key, value in (filter or {}).items() if key != "q"}
    q = (filter or {}).get("q")
    scene_filter = {"path": {"value": f"(?i){q}", "modifier": "MATCHES_REGEX"}} if q else None
    page = FoundPage(context, "Scene", "scenes", find, scene_filter)
    page.check()
    return page


def streams(context: RequestContext, *, id: Any = None) -> Any:  # noqa: A002 - the API's own name
    """The streams of a scene; none without files."""
    if id is None:
        raise Refused("the id of a scene has to be given")
    scene = context.fetch("Scene", parse_id(id))
    if scene is None:
        raise Refused(f"scene with id {id} not found")
    return scene.get("sceneStreams")


def marker_strings(
    context: RequestContext, *, q: str | None = None, sort: str | None = None
) -> list[dict[str, Any]]:
    """Titles of markers with their number of uses and the id of one marker."""
    markers = t.scene_markers
    number = func.count(markers.c.id)
    order = number.desc() if sort == "count" else markers.c.title.asc()
    statement = select(func.min(markers.c.id), markers.c.title, number).group_by(markers.c.title)
    if q:
        statement = statement.where(markers.c.title.like(f"%{q}%"))
    result = context.connection.execute(statement.order_by(order, markers.c.title))
    return [{"id": str(id_), "title": title, "count": count} for id_, title, count in result]


def scene_marker_tags(context: RequestContext, *, scene_id: Any) -> list[dict[str, Any]]:
    """The markers of a scene by primary tag, in the order in which the tags first occur."""
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
    return [{"tag": tags[tag], "scene_markers": marker_rows} for tag, marker_rows in groups.items()]


def marker_wall(context: RequestContext, *, q: str | None = None) -> list[Row]:
    """Eighty random markers whose title contains `q`."""
    markers = t.scene_markers
    statement = select(markers.c.id).order_by(func.random()).limit(80)
    if q:
        statement = statement.where(markers.c.title.like(f"%{q}%"))
    return context.fetch_many("SceneMarker", context.connection.execute(statement).scalars().all())


RESOLVERS: dict[str, Callable[..., Any]] = {
    "findDuplicateScenes": duplicates,
    "findScenesByPathRegex": by_path_regex,
    "sceneStreams": streams,
    "markerStrings": marker_strings,
    "sceneMarkerTags": scene_marker_tags,
    "markerWall": marker_wall,
    "sceneWall": wall("Scene", "details"),
}
