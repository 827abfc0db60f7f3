"""NFO files of Kodi, Jellyfin and Emby: `<movie>`, `<episodedetails>`, `<musicvideo>`; read and written."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars.record import GroupPlace, Sidecar, SiteId
from stash_cli.core.sidecars.text import (
    addresses,
    block,
    date_of,
    decode,
    line,
    once,
    rating_of,
    without_controls,
)
from stash_cli.core.sidecars.xml_reader import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

ROOTS = ("movie", "episodedetails", "musicvideo", "tvshow", "video", "scene", "gallery", "image")
"""Root elements that describe an object."""
_DATES = ("premiered", "releasedate", "aired", "date", "year")
_DEFAULT_MAXIMUM = 10.0
"""The default maximum of ratings."""
_STASH_RATING = "stash"
"""Name of the additional rating from 1 to 100, because media centres round theirs to 1 to 10."""


def read_nfo(data: bytes) -> Sidecar:
    """Parse an NFO file.

    A file with only a URL has that URL; other text that is not XML, such as release notes, has no facts.
    Raises StashSidecarError.
    """
    text = decode(data).lstrip("\ufeff \t\r\n")
    if not text.startswith("<"):
        urls = addresses(text)
        is_address = bool(urls) and not [part for part in text.split() if part not in urls]
        return Sidecar(urls=urls) if is_address else Sidecar(unused=("a text that is not XML",))
    root, rest = parse(text, "NFO")
    if root.tag.lower() not in ROOTS:
        raise StashSidecarError(
            f"not readable as NFO: it describes <{root.tag}>, not <{ROOTS[0]}> or the like"
        )
    return _Reader(root).sidecar(rest)


class _Reader:
    """Reads one element that describes an object, and records which parts were used."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.read: set[str] = set()

    def sidecar(self, rest: str) -> Sidecar:
        """Build the sidecar, with the URLs that Kodi writes after the element."""
        return Sidecar(
            title=self.first("title") or self.first("originaltitle"),
            code=self.first("code") or self.first("num"),
            details=block(self.raw("plot") or self.raw("outline")),
            director=", ".join(self.all("director")),
            photographer=self.first("photographer"),
            date=self.date(),
            rating100=self.rating(),
            studio=self.first("studio") or self.first("maker"),
            performers=once([*self.all("actor/name"), *self.all("artist")]),
            tags=once([*self.all("tag"), *self.all("genre")]),
            groups=tuple(self.groups()),
            urls=once([*self.all("url"), *self.all("website"), *addresses(rest)]),
            ids=tuple(self.ids()),
            cover=self.cover(),
            unused=tuple(self.unused(rest)),
        )

    def elements(self, path: str) -> list[Element]:
        """The elements at a path."""
        self.read.add(path.partition("/")[0])
        return self.root.findall(path)

    def raw(self, path: str) -> str:
        """The text of the first element that has one."""
        return next((text for each in self.elements(path) if (text := "".join(each.itertext())).strip()), "")

    def first(self, path: str) -> str:
        """The first of `all`, or "" without any."""
        return next(iter(self.all(path)), "")

    def all(self, path: str) -> tuple[str, ...]:
        """The texts of all elements, each once."""
        return once(line("".join(each.itertext())) for each in self.elements(path))

    def date(self) -> str:
        """The first unambiguous date."""
        self.read.update(_DATES)
        return next((date for name in _DATES for text in self.all(name) if (date := date_of(text))), "")

    def rating(self) -> int | None:
        """The rating named `stash`, else the user's, else the default site's, else that of older files."""
        ratings = self.elements("ratings/rating")
        ratings.sort(key=lambda each: each.get("default") != "true")
        stash_ratings = [each for each in ratings if each.get("name") == _STASH_RATING]
        site_ratings = [each for each in ratings if each.get("name") != _STASH_RATING]
        values = [_rating_of_element(each) for each in stash_ratings]
        values += [rating_of(text, _DEFAULT_MAXIMUM) for text in self.all("userrating")]
        values += [_rating_of_element(each) for each in site_ratings]
        values += [_rating_of_element(each) for each in self.elements("rating")]
        return next((value for value in values if value is not None), None)

    def groups(self) -> Iterator[GroupPlace]:
        """The sets: `<set>Name</set>`, or with a name inside."""
        for each in self.elements("set"):
            name, index = line(each.findtext("name") or each.text or ""), line(each.findtext("index") or "")
            if name:
                yield GroupPlace(name, int(index) if index.isdecimal() and len(index) < _MAX_DIGITS else None)

    def cover(self) -> str:
        """The first landscape picture, else a poster, else any picture."""
        thumbs = self.elements("thumb")
        thumbs.sort(key=lambda each: _ASPECTS.get(each.get("aspect") or "", len(_ASPECTS)))
        urls = [line(each.text or "") for each in [*thumbs, *self.elements("fanart/thumb")]]
        return next(filter(None, urls), "")

    def ids(self) -> Iterator[SiteId]:
        """Ids of the object at sites."""
        for each in self.elements("uniqueid"):
            if text := line(each.text or ""):
                yield SiteId(line(each.get("type") or ""), text)

    def unused(self, rest: str) -> Iterator[str]:
        """Yield the names of unused elements."""
        yield from dict.fromkeys(
            each.tag for each in self.root if each.tag not in self.read and len(each.tag)
        )
        for name in ("studio", "title", "code"):
            if len(self.all(name)) > 1:
                yield f"another {name}"
        if not self.date() and (text := next((t for name in _DATES for t in self.all(name)), "")):
            yield f"date {text[:20]}"
        if "<" in rest:
            yield "another element behind the first"


_ASPECTS = {"landscape": 0, "thumb": 1, "poster": 2}
_MAX_DIGITS = 9
"""Maximum digits of a position in a group."""


def _rating_of_element(rating: Element) -> int | None:
    maximum = rating.get("max") or ""
    value = rating.findtext("value") or rating.text
    return rating_of(value, float(maximum) if maximum.isdecimal() and float(maximum) else _DEFAULT_MAXIMUM)


def write_nfo(sidecar: Sidecar, root: str = "movie") -> str:
    """Format a sidecar as NFO for media centres and `read_nfo`; characters not allowed in XML are dropped."""
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', f"<{root}>"]
    lines += [f"  {each}" for each in _elements(sidecar)]
    return "\n".join([*lines, f"</{root}>", ""])


def _elements(sidecar: Sidecar) -> Iterator[str]:
    texts = {
        "title": sidecar.title,
        "plot": sidecar.details,
        "premiered": sidecar.date,
        "year": sidecar.date[:4],
        "studio": sidecar.studio,
        "director": sidecar.director,
        "photographer": sidecar.photographer,
        "code": sidecar.code,
        "thumb": sidecar.cover,
    }
    yield from (_element(name, value) for name, value in texts.items() if value)
    yield from _rating_elements(sidecar.rating100)
    for order, performer in enumerate(sidecar.performers):
        yield f"<actor>{_element('name', performer)}<order>{order}</order></actor>"
    yield from (_element("tag", tag) for tag in sidecar.tags)
    for group in sidecar.groups:
        index = f"<index>{group.index}</index>" if group.index is not None else ""
        yield f"<set>{_element('name', group.name)}{index}</set>"
    yield from (_element("url", url) for url in sidecar.urls)
    yield from (
        f'<uniqueid type="{_escaped(each.site)}">{_escaped(each.id)}</uniqueid>' for each in sidecar.ids
    )


def _rating_elements(rating100: int | None) -> Iterator[str]:
    """Yield the rating from 1 to 100, and the one from 1 to 10 for media centres."""
    if rating100:
        value = _element("value", str(rating100))
        yield f'<ratings><rating name="{_STASH_RATING}" max="100" default="true">{value}</rating></ratings>'
        yield _element("userrating", str(max(1, round(rating100 / _DEFAULT_MAXIMUM))))


def _element(name: str, text: str) -> str:
    return f"<{name}>{_escaped(text)}</{name}>"


def _escaped(text: str) -> str:
    return escape(without_controls(text)).replace("\r", "&#13;")
