"""Fields that no server filter has: they are tested on rows; the text search is sent beside the filter.

| field | lookups |
|---|---|
| id (where the type has no filter for it) | those of numbers |
| size | those of numbers, of any one file |
| q | in: a searched field contains one of these texts; excludes: none does |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import value_parsers
from stash_cli.core.query.criteria.ordered import Ordered
from stash_cli.core.query.extractors import Extractor, at, follow
from stash_cli.core.query.model import Condition, FilterField, Lookup, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


FILE_SIZES = {"Image": ("visual_files.size",), "File": ("size",), "": ("files.size",)}
"""Type -> the paths of sizes; "" is any other type."""

SEARCHED = {
    "Scene": ("title", "details", "files.path", "files.fingerprints", "scene_markers.title"),
    "Image": ("title", "visual_files.path", "visual_files.fingerprints"),
    "Gallery": ("title", "folder.path", "files.path", "files.fingerprints", "chapters.title"),
    "Performer": ("name", "alias_list"),
    "Studio": ("name", "aliases"),
    "Tag": ("name", "aliases", "sort_name"),
    "Group": ("name", "aliases"),
    "SceneMarker": ("title", "scene.title", "primary_tag.name"),
    "File": ("path",),
    "Folder": ("path",),
}
"""Type -> the paths of the fields that the server's text search covers."""

_SENDABLE = re.compile(r'[^\s"%_|-][^\s"%_]*( [^\s"%_]+)*')
"""Texts that the server searches for literally."""
MOST_TEXTS = 200
"""Texts that are sent in one search; the server's SQL fails at about 300."""
_SIGN_BIT = 1 << 63


@dataclass(frozen=True)
class Local(Ordered):
    """An ordered field that rows hold at one of `paths`."""

    paths: Mapping[str, tuple[str, ...]]

    def compile(self, field: FilterField, given: Mapping[str, Any], now: datetime) -> Condition:
        found = super().compile(field, given, now)
        paths = self.paths.get(_owner(field)) or self.paths[""]
        return replace(found, clauses=[], exact=False, extractor=at(*paths), split=None)


class TextSearch:
    """The server's text search as lookups on rows; as there, case is ignored for ASCII letters only."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        parse = value_parsers.list_parser()
        return {
            "in": Lookup("in", "list", "TEXT", "one of these texts in a searched field", parse),
            "excludes": Lookup("excludes", "list", "TEXT", "none of them in any searched field", parse),
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        some = [
            [_folded(text) for text in _texts(field, value)] for name, value in given.items() if name == "in"
        ]
        none = [
            _folded(text)
            for name, value in given.items()
            if name == "excludes"
            for text in _texts(field, value)
        ]

        def test(values: list[Any]) -> bool:
            searched = [_folded(str(value)) for value in values]
            found = all(any(text in one for one in searched for text in texts) for texts in some)
            return found and not any(text in one for one in searched for text in none)

        paths = SEARCHED[_owner(field)]
        return Condition(field, [], test, exact=False, extractor=Extractor(paths, _reader(paths)))


def _owner(field: FilterField) -> str:
    """The type that the tables above name; all types of files are `File`."""
    return "File" if field.owner.endswith("File") else field.owner


def _texts(field: FilterField, value: Any) -> Sequence[str]:
    many = [value] if isinstance(value, str) else list(value)
    return (
        many
        if many and all(isinstance(one, str) and one.strip() for one in many)
        else field.refuse(value, "texts")
    )


def _folded(text: str) -> bytes:
    # `bytes.lower` changes ASCII letters only, and LIKE ignores the case of these only.
    return text.encode("utf-8", "surrogatepass").lower()


def _reader(paths: Sequence[str]) -> Any:
    routes = [path.split(".") for path in paths]

    def read(row: Row) -> list[Any]:
        found = [value for route in routes for value in follow(row, route)]
        return [_fingerprint(value) if isinstance(value, dict) else value for value in found]

    return read


def _fingerprint(value: Mapping[str, Any]) -> str:
    """A fingerprint as stored in the database: a perceptual hash is a signed 64-bit number there."""
    if value["type"] != "phash":
        return str(value["value"])
    number = int(value["value"], 16)
    return str(number - 2 * _SIGN_BIT if number >= _SIGN_BIT else number)


def search_text(given: Mapping[str, Any]) -> tuple[str, bool]:
    """The server's search text for the lookups of `q`, and whether it is equivalent to them.

    In it `%` and `_` are wildcards, `|` and `or` are operators, and an exclusion is tested per file and
    alias. Where the text is not equivalent, it matches more objects, and none is lost.
    """
    terms: list[str] = []
    exact = True
    for name, value in given.items():
        texts = [value] if isinstance(value, str) else list(value)
        known = [_SENDABLE.fullmatch(text) is not None and text.lower() != "or" for text in texts]
        exact = exact and all(known) and name == "q__in"
        if len(texts) > MOST_TEXTS:
            exact = False
        elif name == "q__excludes":
            terms += ["-" + _phrase(text) for text, plain in zip(texts, known, strict=True) if plain]
        elif all(known):
            terms.append(" or ".join(map(_phrase, texts)))
        elif len(texts) == 1:
            terms += _pieces(texts[0])
    return " ".join(terms), exact


def _phrase(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _pieces(text: str) -> list[str]:
    """The words of a text that cannot be sent as a phrase; a match contains each of them."""
    found = (part.lstrip("-") for part in re.split(r'[\s"|]+', text))
    return [part for part in found if part and part.lower() != "or"]
