"""The find queries that answer pages, and the all queries that answer everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stash_cli.core.types.entities import ENTITIES
from stash_cli.embedded.finding.page import FoundPage
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.rows import Row


_INT64 = 1 << 63


def parse_id(value: Any, prefix: str = "") -> int:
    """An id as a number; worded as the server's refusal when it is none."""
    text = str(value)
    if not (text.isascii() and text.removeprefix("-").removeprefix("+").isdecimal()):
        raise Refused(f'{prefix}strconv.Atoi: parsing "{text}": invalid syntax')
    if not -_INT64 <= int(text) < _INT64:
        raise Refused(f'{prefix}strconv.Atoi: parsing "{text}": value out of range')
    return int(text)


def _chosen(ids: Sequence[Any] | None, *, unique: bool) -> list[int] | None:
    """The ids to answer in their order; None for an ordinary search."""
    if not ids:
        return None
    numbers = [parse_id(id_, "converting ids: ") for id_ in ids]
    seen: set[int] = set()
    for number in numbers:
        if unique and number in seen:
            raise Refused(f"validating ids: duplicate id found: {number}")
        seen.add(number)
    return numbers


def finder(type_name: str, items: str, filter_arg: str, older: str | None = None) -> Callable[..., FoundPage]:
    """The resolver of a find query; `older` is the deprecated argument that `ids` replaced."""

    def resolve(context: RequestContext, **args: Any) -> FoundPage:
        ids = args.get("ids") or (args.get(older) if older else None)
        numbers = _chosen(ids, unique=type_name != "BaseFile")
        page = FoundPage(context, type_name, items, args.get("filter"), args.get(filter_arg), ids=numbers)
        page.check()
        return page

    return resolve


def _everything(type_name: str, sort: str) -> Callable[[RequestContext], list[Row]]:
    def resolve(context: RequestContext) -> list[Row]:
        return FoundPage(context, type_name, "items", {"per_page": -1, "sort": sort}).rows

    return resolve


def _by_name(type_name: str) -> Callable[[RequestContext], list[Row]]:
    """All objects by name, letter by letter, not in the natural order of the find queries."""

    def resolve(context: RequestContext) -> list[Row]:
        table = KINDS[type_name].table
        statement = select(table.c.id).order_by(table.c.name, table.c.id)
        return context.fetch_many(type_name, context.connection.execute(statement).scalars().all())

    return resolve


def wall(type_name: str, column: str) -> Callable[..., list[Row]]:
    """Eighty random objects whose `column` contains `q`."""

    def resolve(context: RequestContext, *, q: str | None = None) -> list[Row]:
        given = {column: {"value": f'"{q}"', "modifier": "INCLUDES"}} if q else None
        find = {"per_page": 80, "sort": "random"}
        return FoundPage(context, type_name, "items", find, given).rows

    return resolve


_OLDER = {"Scene": "scene_ids", "Image": "image_ids", "Performer": "performer_ids"}

RESOLVERS: dict[str, Callable[..., Any]] = {
    **{
        entity.find: finder(entity.type, entity.items, entity.filter_arg, _OLDER.get(entity.type))
        for entity in ENTITIES.values()
    },
    "findMovies": finder("Movie", "movies", "movie_filter"),
    "findFiles": finder("BaseFile", "files", "file_filter"),
    "findFolders": finder("Folder", "folders", "folder_filter"),
    "allScenes": _everything("Scene", "path"),
    "allImages": _everything("Image", "path"),
    "allGalleries": _everything("Gallery", "path"),
    "allPerformers": _by_name("Performer"),
    "allStudios": _by_name("Studio"),
    "allTags": _by_name("Tag"),
    "allMovies": _by_name("Movie"),
    "allSceneMarkers": _everything("SceneMarker", "title"),
}
