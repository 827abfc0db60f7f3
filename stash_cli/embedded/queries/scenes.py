"""Queries about scenes and their markers that are no plain find: streams, walls, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.finding.page import FoundPage
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.queries.finders import parse_id, wall

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.rows import Row


def by_path_regex(context: RequestContext, *, filter: dict[str, Any] | None = None) -> FoundPage:  # noqa: A002 - the API's own name
    """Scenes whose path matches `q` as a regular expression, in any case."""
    find = {key: value for key, value in (filter or {}).items() if key != "q"}
    q = (filter or {}).get("q")
    given = {"path": {"value": f"(?i){q}", "modifier": "MATCHES_REGEX"}} if q else None
    page = FoundPage(context, "Scene", "scenes", find, given)
    page.check()
    return page


def streams(context: RequestContext, *, id: Any = None) -> Any:  # noqa: A002 - the API's own name
    """What can be played of a scene; nothing without files."""
    if id is None:
        raise Refused("the id of a scene has to be given")
    scene = context.fetch("Scene", parse_id(id))
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
    "sceneStreams": streams,
    "markerStrings": marker_strings,
    "sceneMarkerTags": scene_marker_tags,
    "markerWall": marker_wall,
    "sceneWall": wall("Scene", "details"),
}
