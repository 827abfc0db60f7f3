"""Facts about a video in a file beside it: NFO as media centres write them, or JSON with the API's names."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.library import file_access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from xml.etree.ElementTree import Element

Facts = dict[str, Any]
"""Fields of a scene by their names in the API; performers, tags and the studio by name."""

_LARGEST = 1_000_000
"""Bytes of a file that is read."""
_TEXTS = ("title", "code", "details", "director", "date")
_RATING = 10.0
"""The best rating of an NFO."""


class SidecarError(Exception):
    """A file that cannot be read as what its name says."""


def read(source: str, video: str, roots: Sequence[str]) -> Facts | None:
    """The facts in the file of a source beside a video; None without one. Raises SidecarError."""
    path = f"{file_access.stem(video)}.{source}"
    try:
        descriptor = file_access.open_file(path, roots)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SidecarError(f"{path}: {error.strerror or error}") from None
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise SidecarError(f"{path}: larger than {_LARGEST:,} bytes")
    try:
        return READERS[source](data)
    except (ValueError, SyntaxError) as error:  # XML's errors are syntax errors
        raise SidecarError(f"{path}: not readable as {source.upper()}: {error}") from None


def _read_nfo(data: bytes) -> Facts:
    # Its parser refuses entities, with which a small file could fill the memory or read other files.
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        root: Element = ElementTree.fromstring(data)
    except DefusedXmlException as error:
        raise ValueError(f"refused: {type(error).__name__}") from None
    first = {
        name: _text(root, name) for name in ("title", "plot", "outline", "director", "code", "userrating")
    }
    date = (
        _text(root, "premiered") or _text(root, "releasedate") or _text(root, "aired") or _text(root, "year")
    )
    return _known(
        {
            "title": first["title"],
            "details": first["plot"] or first["outline"],
            "director": first["director"],
            "code": first["code"],
            "date": date,
            "studio": _text(root, "studio"),
            "urls": _texts(root, "url") + _texts(root, "website"),
            "performers": _texts(root, "actor/name"),
            "tags": _texts(root, "tag") + _texts(root, "genre"),
            "rating100": _rating(first["userrating"]),
        }
    )


def _text(root: Element, path: str) -> str:
    return next(iter(_texts(root, path)), "")


def _texts(root: Element, path: str) -> list[str]:
    return [text for each in root.findall(path) if (text := " ".join((each.text or "").split()))]


def _rating(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return round(value * 100 / _RATING) if 0 < value <= _RATING else None


def _read_json(data: bytes) -> Facts:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - a fault of the file, as are others
    texts = {name: found.get(name) for name in _TEXTS if isinstance(found.get(name), str)}
    urls = found.get("urls") or [found.get("url")]
    return _known(
        {
            **texts,
            "studio": next(iter(_names([found.get("studio")])), ""),
            "urls": [url for url in urls if isinstance(url, str) and url.strip()]
            if isinstance(urls, list)
            else [],
            "performers": _names(found.get("performers")),
            "tags": _names(found.get("tags")),
        }
    )


def _names(value: Any) -> list[str]:
    """The names in a list of texts or of objects with a name."""
    items: Iterable[Any] = value if isinstance(value, list) else ()
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name.strip() for name in names if isinstance(name, str) and name.strip()]


def _known(facts: Mapping[str, Any]) -> Facts:
    """The facts that say something; names each once."""
    found = {
        name: list(dict.fromkeys(value)) if isinstance(value, list) else value
        for name, value in facts.items()
    }
    return {name: value for name, value in found.items() if value}


READERS: dict[str, Callable[[bytes], Facts]] = {"nfo": _read_nfo, "json": _read_json}
"""The sources by their id, which is the extension of the file."""
