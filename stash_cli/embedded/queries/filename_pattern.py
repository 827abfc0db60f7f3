r"""Patterns of file names such as `{date} {performer} - {title}.{ext}`.

A field in braces captures text by its type; `{}`, `{ext}`, `{d}` (a delimiter) and `{i}` (one of the words to
ignore) are skipped. Other text is matched literally, ignoring case, except for the operators `* + ? | ^ $ \`
of regular expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.regex import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
class Reading:
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
        self.regex = "(?i)" + _TOKEN.sub(self._translated, pattern)
        self._compiled = compile_pattern(self.regex)
        if self._unknown:
            raise Refused(f"Invalid fields: {', '.join(self._unknown)}")

    def _translated(self, token: re.Match[str]) -> str:
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

    def read(self, path: str) -> Reading | None:
        """Match the base name of `path`, or the whole path when the pattern names folders."""
        name = path if "/" in self.regex or r"\\" in self.regex else path.rpartition("/")[2]
        found = self._compiled.groups(name)
        return None if found is None else _reading(list(zip(self._fields, found, strict=False)))


def _escaped(text: str) -> str:
    return _LITERAL.sub(r"\\\g<0>", text)


def _reading(found: Sequence[tuple[str, str]]) -> Reading:
    reading = Reading()
    parts: dict[str, str] = {}
    for name, text in found:
        if name in ("title", "studio"):
            setattr(reading, name, text)
        elif name in ("performer", "tag", "movie"):
            getattr(reading, f"{name}s").append(text)
        elif name.startswith("rating"):
            reading.rating100 = _rating(name, int(text))
        elif name == "date":
            reading.date = _date(*text.split("-"))
        else:
            parts |= _date_parts(name, text)
    if parts.keys() >= {"y", "m", "d"}:
        reading.date = _date(parts["y"], parts["m"], parts["d"])
    return reading


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
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if found.year in _YEARS else None
