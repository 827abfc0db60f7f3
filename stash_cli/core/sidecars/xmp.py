"""XMP files of photo and video tools: Dublin Core, IPTC, Exif, and the people in a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars.record import Sidecar
from stash_cli.core.sidecars.text import addresses, block, date_of, line, once, rating_of
from stash_cli.core.sidecars.xml_reader import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "iptc": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "rights": "http://ns.adobe.com/xap/1.0/rights/",
    "dm": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "mwg": "http://www.metadataworkinggroup.com/schemas/regions/",
}
_PREFIXES = {uri: prefix for prefix, uri in _NAMESPACES.items()}
_DATES = ("photoshop:DateCreated", "exif:DateTimeOriginal", "xmp:CreateDate", "dc:date")
_MAX_RATING = 5.0
"""The maximum rating; -1 is a rejected picture."""


def read_xmp(data: bytes) -> Sidecar:
    """Parse an XMP file. Raises StashSidecarError."""
    root, _ = read_xml(data, "XMP")
    descriptions = list(root.iter(f"{{{_RDF}}}Description"))
    if not descriptions:
        raise StashSidecarError("not readable as XMP: it has no rdf:Description")
    values: dict[str, list[str]] = {}
    for name, text in (pair for each in descriptions for pair in _properties(each)):
        values.setdefault(name, []).append(text)
    return _sidecar(values, _faces(root))


def _properties(description: Element) -> Iterator[tuple[str, str]]:
    """Yield names and texts of properties: attributes, and elements with one value or a list."""
    for name, text in description.attrib.items():
        if text.strip() and _RDF not in name:
            yield _short(name), text
    for each in description:
        items = list(each.iter(f"{{{_RDF}}}li"))
        for item in items or [each]:
            text = item.text or ""
            if text.strip():
                yield _short(each.tag), text


def _short(name: str) -> str:
    """`dc:title` for `{http://purl.org/dc/elements/1.1/}title`."""
    uri, _, local = name.removeprefix("{").rpartition("}")
    return f"{_PREFIXES.get(uri) or uri.rstrip('/#').rpartition('/')[2]}:{local}"


def _faces(root: Element) -> list[str]:
    """Names of the faces marked in a picture."""
    names = []
    for each in root.iter():
        properties = dict(_properties(each))
        if properties.get("mwg:Type") == "Face" and "mwg:Name" in properties:
            names.append(line(properties["mwg:Name"]))
    return names


def _sidecar(values: dict[str, list[str]], faces: list[str]) -> Sidecar:
    read: set[str] = set()

    def all_of(*names: str) -> tuple[str, ...]:
        read.update(names)
        return once(line(text) for name in names for text in values.get(name, ()))

    def first(*names: str) -> str:
        return next(iter(all_of(*names)), "")

    details = next(iter(values.get("dc:description", ())), "")
    sidecar = Sidecar(
        title=first("dc:title", "photoshop:Headline"),
        details=block(details),
        director=first("dm:director"),
        photographer=", ".join(all_of("dc:creator")),
        date=next((date for name in _DATES for text in all_of(name) if (date := date_of(text))), ""),
        rating100=rating_of(first("xmp:Rating"), _MAX_RATING),
        studio=first("dc:publisher", "photoshop:Credit"),
        performers=once([*all_of("iptc:PersonInImage"), *faces]),
        tags=all_of("dc:subject"),
        urls=addresses(" ".join(all_of("dc:source", "dc:identifier", "rights:WebStatement", "xmp:BaseURL"))),
    )
    read.update(("dc:description", "mwg:Type", "mwg:Name"))
    unused = (name for name in values if name not in read)
    return replace(sidecar, unused=tuple(unused))
