"""The query parseSceneFilenames: titles, dates, ratings and known names in file names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.queries.filename_pattern import FilenamePattern, Reading
from stash_cli.embedded.search.page import FoundPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.rows import Row

_DELIMITERS = re.compile("[-._]")
_FIRST_LETTERS = re.compile(r"(?:^| )[0-9A-Za-z_]")
_KINDS: dict[str, tuple[Table, Table | None, str]] = {
    "performer": (t.performers, None, ""),
    "movie": (t.groups, None, ""),
    "studio": (t.studios, t.studio_aliases, "studio_id"),
    "tag": (t.tags, t.tag_aliases, "tag_id"),
}
"""Tables in which a name is looked up: by name, then by alias."""


def parse_filenames(
    context: RequestContext,
    *,
    config: dict[str, Any],
    filter: dict[str, Any] | None = None,  # noqa: A002 - the API's own name
) -> dict[str, Any]:
    """The scenes whose path matches the pattern in `filter.q`, with the fields of their file names."""
    find = dict(filter or {})
    text = find.pop("q", None)
    if text is None:
        raise Refused("filter.q has to hold the pattern of the file names")
    pattern = FilenamePattern(text, config.get("ignoreWords") or ())
    given: dict[str, Any] = {"path": {"value": pattern.regex, "modifier": "MATCHES_REGEX"}}
    if config.get("ignoreOrganized"):
        given["organized"] = False
    page = FoundPage(context, "Scene", "scenes", find, given)
    names, titled = _Names(context), _titler(config)
    read = ((scene, pattern.read(_path(scene))) for scene in page.rows)
    results = [_result(scene, reading, names, titled) for scene, reading in read if reading is not None]
    return {"count": page.count, "results": results}


def _path(scene: Row) -> str:
    files = scene.get("files")
    return str(files[0].get("path")) if files else ""


def _result(scene: Row, reading: Reading, names: _Names, titled: Callable[[str], str]) -> dict[str, Any]:
    movies = [{"movie_id": id_, "scene_index": None} for id_ in names.ids("movie", reading.movies)]
    return {
        "scene": scene,
        "title": titled(reading.title) or None,
        "date": reading.date,
        "rating": reading.rating100,
        "rating100": reading.rating100,
        "studio_id": next(iter(names.ids("studio", [reading.studio])), None),
        "performer_ids": names.ids("performer", reading.performers) or None,
        "tag_ids": names.ids("tag", reading.tags) or None,
        "movies": movies or None,
    }


def _titler(config: dict[str, Any]) -> Callable[[str], str]:
    """A function that formats a captured title by the options for whitespace and capitals."""
    blanks = set((config.get("whitespaceCharacters") or "").strip())

    def titled(text: str) -> str:
        if blanks:
            spaced = "".join(" " if char in blanks else char for char in text)
            text = re.sub(" {2,}", " ", spaced)
        if config.get("capitalizeTitle"):
            text = _FIRST_LETTERS.sub(lambda found: found[0].upper(), text)
        return text

    return titled


class _Names:
    """Ids of entities by name; each name is looked up once."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._known: dict[tuple[str, str], str | None] = {}

    def ids(self, kind: str, names: Iterable[str]) -> list[str]:
        """The ids of known names, without duplicates, in order."""
        found = (self._find(kind, _DELIMITERS.sub(" ", name)) for name in names if name)
        return list(dict.fromkeys(id_ for id_ in found if id_ is not None))

    def _find(self, kind: str, name: str) -> str | None:
        if (kind, name) not in self._known:
            self._known[kind, name] = self._looked_up(kind, name)
        return self._known[kind, name]

    def _looked_up(self, kind: str, name: str) -> str | None:
        table, aliases, owner = _KINDS[kind]
        found = self._first(table.c.id, table.c.name, name)
        if found is None and aliases is not None:
            found = self._first(aliases.c[owner], aliases.c.alias, name)
        return found

    def _first(self, wanted: ColumnElement[Any], column: ColumnElement[Any], name: str) -> str | None:
        statement = select(wanted).where(column.collate("NOCASE") == name).order_by(wanted).limit(1)
        found = self._context.connection.scalar(statement)
        return None if found is None else str(found)


RESOLVERS: dict[str, Callable[..., Any]] = {"parseSceneFilenames": parse_filenames}
