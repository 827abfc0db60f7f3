"""JSON files: of yt-dlp (`info.json`), of gallery-dl, and with the API's own names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars.record import GroupPlace, Sidecar, SiteId
from stash_cli.core.sidecars.text import block, date_of, decode, line, once, rating_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KEYS: dict[str, tuple[str, ...]] = {
    "title": ("title", "fulltitle", "track"),
    "code": ("code",),
    "details": ("details", "description", "caption", "synopsis", "content"),
    "director": ("director",),
    "photographer": ("photographer",),
    "date": ("date", "release_date", "upload_date", "published", "release_year"),
    "rating100": ("rating100",),
    "studio": ("studio", "channel", "uploader"),
    "performers": ("performers", "cast", "actors", "artists", "artist"),
    "tags": ("tags", "categories", "keywords", "genres"),
    "groups": ("groups", "movies"),
    "urls": ("urls", "url", "webpage_url", "original_url", "post_url", "page_url", "source"),
    "ids": ("stash_ids",),
    "cover": ("cover", "image", "thumbnail"),
}
"""Field -> keys in files; the first non-empty one is used, for tags and urls all."""
_SPACE_SEPARATED = ("tags",)
"""Lists that gallery-dl writes as one text separated by spaces, with underscores in names."""
_DOWNLOAD_KEYS = ("formats", "requested_formats", "format_id")
"""Keys of yt-dlp that mark `url` as a direct download URL, which expires soon."""


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def read_json(data: bytes) -> Sidecar:
    """Parse a JSON file. Raises StashSidecarError."""
    try:
        content = json.loads(decode(data))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise StashSidecarError(f"not readable as JSON: {reason}") from None
    if not isinstance(content, dict):
        raise StashSidecarError("not readable as JSON: it is not an object")
    return _Reader(content).sidecar()


class _Reader:
    """Reads one object, and records which keys were used."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found
        self.read: set[str] = set()

    def sidecar(self) -> Sidecar:
        """Build the sidecar, with the unused keys."""
        facts = Sidecar(
            title=line(self.text("title")),
            code=line(self.text("code")),
            details=block(self.text("details")),
            director=", ".join(self.names("director")),
            photographer=", ".join(self.names("photographer")),
            date=self.date(),
            rating100=rating_of(self.value("rating100"), 100),
            studio=next(iter(self.names("studio")), ""),
            performers=self.names("performers"),
            tags=once(name for key in _KEYS["tags"] for name in self.names_at(key)),
            groups=tuple(self.groups()),
            urls=self.urls(),
            ids=tuple(self.ids()),
            cover=line(self.text("cover")),
        )
        unused_keys = (
            key for key, value in self.found.items() if key not in self.read and value not in _EMPTY
        )
        return replace(facts, unused=tuple(unused_keys))

    def value(self, field: str) -> Any:
        """The first value that is not empty."""
        for key in _KEYS[field]:
            if (value := self.found.get(key)) not in _EMPTY:
                self.read.add(key)
                return value
        return None

    def text(self, field: str) -> str:
        """The first text of a field."""
        value = self.value(field)
        return value if isinstance(value, str) else ""

    def date(self) -> str:
        """The first unambiguous date; a number of eight digits counts as one."""
        for key in _KEYS["date"]:
            value = self.found.get(key)
            if isinstance(value, str | int) and (date := date_of(str(value))):
                self.read.add(key)
                return date
        return ""

    def names(self, field: str) -> tuple[str, ...]:
        """The names of a field, from its first key with any."""
        for key in _KEYS[field]:
            if found := self.names_at(key):
                return found
        return ()

    def names_at(self, key: str) -> tuple[str, ...]:
        """The names in a text, an object with a name, or a list of these."""
        value = self.found.get(key)
        if key in _SPACE_SEPARATED and isinstance(value, str):
            value = [name.replace("_", " ") for name in value.split()]
        names = once(map(_name, value if isinstance(value, list) else [value]))
        self.read.update([key] if names else [])
        return names

    def urls(self) -> tuple[str, ...]:
        """The addresses of pages."""
        is_download = any(key in self.found for key in _DOWNLOAD_KEYS)
        keys = [key for key in _KEYS["urls"] if not (is_download and key in ("urls", "url"))]
        if is_download:
            self.read.update(("urls", "url"))
        pages = [url for key in keys for url in self.names_at(key) if url.startswith(("http://", "https://"))]
        return once(pages)

    def groups(self) -> Iterator[GroupPlace]:
        """Yield groups by name, with the position in them if given."""
        for item in _items(self.value("groups")):
            inner = item.get("group") or item.get("movie") if isinstance(item, dict) else None
            index = item.get("scene_index") if isinstance(item, dict) else None
            if name := _name(inner or item):
                yield GroupPlace(name, index if type(index) is int else None)

    def ids(self) -> Iterator[SiteId]:
        """Ids at stash-boxes."""
        for item in _items(self.value("ids")):
            if isinstance(item, dict) and isinstance(item.get("stash_id"), str):
                yield SiteId(str(item.get("endpoint") or ""), item["stash_id"].strip())


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _name(value: Any) -> str:
    """The name in a text or in an object with a name."""
    text = value.get("name") if isinstance(value, dict) else value
    return line(text) if isinstance(text, str) else ""
