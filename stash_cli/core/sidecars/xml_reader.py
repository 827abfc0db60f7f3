"""Parser of untrusted XML: hostile documents are refused, common mistakes are tolerated."""

from __future__ import annotations

import re
from html import escape, unescape
from html.entities import html5
from sys import maxunicode
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars.text import decode, without_controls

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

_MAX_DEPTH = 100
"""Maximum nesting of elements."""
_DECLARATION = re.compile(r"<\?xml[^>]{0,300}\?>\s*")
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z]\w{1,30});)?")
_PREDEFINED = frozenset(("amp", "lt", "gt", "quot", "apos"))
_CDATA = "<![CDATA["


def read_xml(data: bytes, name: str) -> tuple[Element, str]:
    """Parse the first root element of a document; return also the text after it.

    Raises StashSidecarError; `name` is the name of the format in its message.
    """
    return parse(decode(data).lstrip(), name)


class _FirstRoot(TreeBuilder):
    """Builder of the first root; `end_at` is the byte offset of its end tag."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.end_at: int | None = None
        self.place: Callable[[], int] = lambda: 0
        """Function that returns the current byte offset of the parser."""

    def start(self, tag: Any, attrs: Any) -> Any:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise StashSidecarError(f"refused: it has more than {_MAX_DEPTH} levels of elements")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Any:
        self.depth -= 1
        if not self.depth and self.end_at is None:
            self.end_at = self.place()
        return super().end(tag)


def parse(text: str, name: str) -> tuple[Element, str]:
    """Like `read_xml`, for text. Document types, and so all entity declarations, are refused."""
    source = repaired(_DECLARATION.sub("", text, count=1)).encode()
    builder = _FirstRoot()
    # With entities, a small file could exhaust the memory or read other files.
    parser: Any = XMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
    builder.place = lambda: parser.parser.CurrentByteIndex
    try:
        parser.feed(source)
    except DefusedXmlException as error:
        raise StashSidecarError("refused: it declares a document type or entities of its own") from error
    except ParseError as error:  # errors after the first root are ignored
        if builder.end_at is None:
            raise StashSidecarError(f"not readable as {name}: {error}") from None
    if builder.end_at is None:
        raise StashSidecarError(f"not readable as {name}: it ends before its first element does")
    return builder.close(), unescape(source[builder.end_at :].partition(b">")[2].decode())


def repaired(text: str) -> str:
    r"""Escape every invalid `&`, and replace HTML entities by characters.

    >>> repaired("Acme & Sons&nbsp;<![CDATA[&]]>")
    'Acme &amp; Sons\xa0<![CDATA[&]]>'
    """
    first, *sections = text.split(_CDATA)
    parts = [_AMPERSAND.sub(_replacement, first)]
    for section in sections:
        inside, end, outside = section.partition("]]>")
        parts.append(f"{_CDATA}{inside}{end}{_AMPERSAND.sub(_replacement, outside)}")
    return "".join(parts)


def _replacement(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return "&amp;"
    if name in _PREDEFINED:
        return match[0]
    if name[0] != "#":
        return escape(html5.get(f"{name};", f"&{name};"))
    number = int(f"0{name[1:]}", 16) if name[1] == "x" else int(name[1:])
    return match[0] if number <= maxunicode and without_controls(chr(number)) else ""
