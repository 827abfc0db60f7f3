r"""The query parseSceneFilenames: titles, dates, ratings and known names in file names.

A pattern such as `{date} {performer} - {title}.{ext}` captures fields in braces by their type; `{}`, `{ext}`,
`{d}` (a delimiter) and `{i}` (one of the words to ignore) are skipped. Other text is matched
literally, ignoring case, except for the operators `* + ? | ^ $ \` of regular expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import functions
from stash_cli.embedded.search.page import FoundPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stash_cli.embedded.library.context import RequestContext, Row


_CAPTURED = {
    **dict.fromkeys(("title", "performer", "studio", "movie", "tag"), ".*"),
    **dict.fromkeys(("rating", "rating100"), r"\d"),
    "date": r"\d{4}-\d{2}-\d{2}",
    **{name: rf"\d{{{len(name)}}}" for name in ("yyyy", "yy", "mm", "dd")},
    "mmm": r"\w{3}",
    **{name: rf"\d{{{len(name)}}}" for name in ("yyyymmdd", "yymmdd", "ddmmyyyy", "ddmmyy")},
    **{name: rf"\d{{{len(name)}}}" for name in ("mmddyyyy", "mmddyy")},
}
_SKIPPED = {"": ".*", "ext": ".*$", "d": "[-._]"}
_LITERAL = re.compile(r"[-.()\[\]]")
_TOKEN = re.compile(r"\{(?P<field>[A-Za-z]*|rating100)\}|[-.()\[\]]")
_DATE_PART = re.compile("y+|m+|d+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEARS = range(1900, 2101)


@dataclass
class ParsedName:
    """The captured fields of one name, as text."""

    title: str = ""
    studio: str = ""
    date: str | None = None
    rating100: int | None = None
    performers: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    movies: list[str] = field(default_factory=list)


class FilenamePattern:
    """A compiled pattern. Raises Refused for unknown fields and invalid expressions."""

    def __init__(self, pattern: str, ignored: Iterable[str] = ()) -> None:
        self._fields: list[str] = []
        self._unknown: list[str] = []
        self._ignored = "|".join(f"(?:{_escaped(word.strip())})" for word in ignored)
        self.regex = "(?i)" + _TOKEN.sub(self._translate, pattern)
        self._compiled = functions.compile_pattern(self.regex)
        if self._unknown:
            raise Refused(f"Invalid fields: {', '.join(self._unknown)}")

    def _translate(self, token: re.Match[str]) -> str:
        name = token["field"]
        if name is None:
            return f"\\{token[0]}"
        if name in _CAPTURED:
            self._fields.append(name)
            return f"({_CAPTURED[name]})"
        if name == "i":
            return f"(?:{self._ignored})"
        if name not in _SKIPPED:
            self._unknown.append(token[0])
        return _SKIPPED.get(name, "")

    def read(self, path: str) -> ParsedName | None:
        """Match the base name of `path`, or the whole path when the pattern names folders."""
        name = path if "/" in self.regex or r"\\" in self.regex else path.rpartition("/")[2]
        captured = self._compiled.groups(name)
        return None if captured is None else _parsed_name(list(zip(self._fields, captured, strict=False)))


def _escaped(text: str) -> str:
    return _LITERAL.sub(r"\\\g<0>", text)


def _parsed_name(captured: Sequence[tuple[str, str]]) -> ParsedName:
    parsed = ParsedName()
    parts: dict[str, str] = {}
    for name, text in captured:
        if name in ("title", "studio"):
            setattr(parsed, name, text)
        elif name in ("performer", "tag", "movie"):
            getattr(parsed, f"{name}s").append(text)
        elif name.startswith("rating"):
            parsed.rating100 = _rating(name, int(text))
        elif name == "date":
            parsed.date = _date(*text.split("-"))
        else:
            parts |= _date_parts(name, text)
    if parts.keys() >= {"y", "m", "d"}:
        parsed.date = _date(parts["y"], parts["m"], parts["d"])
    return parsed


def _rating(name: str, stars: int) -> int | None:
    """The rating of a capture; `rating` is one to five stars."""
    if name == "rating100":
        return stars or None
    return stars * 20 if stars in range(1, 6) else None


def _date_parts(name: str, text: str) -> dict[str, str]:
    """Date parts by letter: `mmddyy` and "050123" -> m: "05", d: "01", y: "2023"."""
    parts = {part[0][0]: text[part.start() : part.end()] for part in _DATE_PART.finditer(name)}
    if len(parts.get("y", "")) == len("yy"):
        parts["y"] = "20" + parts["y"]
    if name == "mmm":
        month = text.lower()
        parts["m"] = str(_MONTHS.index(month) + 1) if month in _MONTHS else "0"
    return parts


def _date(year: str, month: str, day: str) -> str | None:
    """The ISO date, or None for an invalid or implausible one."""
    try:
        parsed = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return parsed.isoformat() if parsed.year in _YEARS else None


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
    scene_filter: dict[str, Any] = {"path": {"value": pattern.regex, "modifier": "MATCHES_REGEX"}}
    if config.get("ignoreOrganized"):
        scene_filter["organized"] = False
    page = FoundPage(context, "Scene", "scenes", find, scene_filter)
    names, format_title = _NameIndex(context), _title_formatter(config)
    parsed_names = ((scene, pattern.read(_path(scene))) for scene in page.rows)
    results = [
        _result(scene, parsed, names, format_title) for scene, parsed in parsed_names if parsed is not None
    ]
    return {"count": page.count, "results": results}


def _path(scene: Row) -> str:
    files = scene.get("files")
    return str(files[0].get("path")) if files else ""


def _result(
    scene: Row, parsed: ParsedName, names: _NameIndex, format_title: Callable[[str], str]
) -> dict[str, Any]:
    movies = [{"movie_id": id_, "scene_index": None} for id_ in names.ids("movie", parsed.movies)]
    return {
        "scene": scene,
        "title": format_title(parsed.title) or None,
        "date": parsed.date,
        "rating": parsed.rating100,
        "rating100": parsed.rating100,
        "studio_id": next(iter(names.ids("studio", [parsed.studio])), None),
        "performer_ids": names.ids("performer", parsed.performers) or None,
        "tag_ids": names.ids("tag", parsed.tags) or None,
        "movies": movies or None,
    }


def _title_formatter(config: dict[str, Any]) -> Callable[[str], str]:
    """A function that formats a captured title by the options for whitespace and capitals."""
    blanks = set((config.get("whitespaceCharacters") or "").strip())

    def format_title(text: str) -> str:
        if blanks:
            spaced = "".join(" " if char in blanks else char for char in text)
            text = re.sub(" {2,}", " ", spaced)
        if config.get("capitalizeTitle"):
            text = _FIRST_LETTERS.sub(lambda found: found[0].upper(), text)
        return text

    return format_title


class _NameIndex:
    """Ids of entities by name; each name is looked up once."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._cache: dict[tuple[str, str], str | None] = {}

    def ids(self, kind: str, names: Iterable[str]) -> list[str]:
        """The ids of known names, without duplicates, in order."""
        ids = (self._find(kind, _DELIMITERS.sub(" ", name)) for name in names if name)
        return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))

    def _find(self, kind: str, name: str) -> str | None:
        if (kind, name) not in self._cache:
            self._cache[kind, name] = self._look_up(kind, name)
        return self._cache[kind, name]

    def _look_up(self, kind: str, name: str) -> str | None:
        table, aliases, owner = _KINDS[kind]
        object_id = self._first(table.c.id, table.c.name, name)
        if object_id is None and aliases is not None:
            object_id = self._first(aliases.c[owner], aliases.c.alias, name)
        return object_id

    def _first(self, id_column: ColumnElement[Any], column: ColumnElement[Any], name: str) -> str | None:
        statement = select(id_column).where(column.collate("NOCASE") == name).order_by(id_column).limit(1)
        object_id = self._context.connection.scalar(statement)
        return None if object_id is None else str(object_id)


RESOLVERS: dict[str, Callable[..., Any]] = {"parseSceneFilenames": parse_filenames}
