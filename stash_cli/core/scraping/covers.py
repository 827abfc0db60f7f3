"""Covers: their kind and size, read from the first bytes, and whether one may replace another."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, NamedTuple

from stash_cli.core.edits.journal.pictures import download_picture
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def data_of(uri: str) -> bytes | None:
    """Decode a base64 data URI; None for a URL or an invalid URI."""
    head, comma, body = uri.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64") and comma):
        return None
    try:
        return base64.b64decode(body)
    except ValueError:
        return None


def kind_of(data: bytes) -> str | None:
    """The media subtype of a picture, such as `png`; None if its size cannot be read."""
    if size_of(data) is None:
        return None
    return next((kind for start, kind in _KINDS.items() if data.startswith(start)), None)


_KINDS = {b"\x89PNG": "png", b"GIF8": "gif", b"RIFF": "webp", b"\xff\xd8": "jpeg"}


def size_of(data: bytes) -> Size | None:
    """Read the size of a PNG, JPEG, GIF or WebP picture; None for other or truncated data."""
    try:
        if data.startswith(b"\x89PNG"):
            return Size(*struct.unpack(">II", data[16:24]))
        if data.startswith(b"GIF8"):
            return Size(*struct.unpack("<HH", data[6:10]))
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
        return _jpeg(data) if data.startswith(b"\xff\xd8") else None
    except (struct.error, IndexError):  # the file ends before its size
        return None


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return Size(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        return Size(int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1)
    return None


_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers of frame headers, which have the size."""


def _jpeg(data: bytes) -> Size | None:
    offset = 2
    while offset + 9 <= len(data) and data[offset] == 0xFF:  # noqa: PLR2004 - the byte before every marker
        marker = data[offset + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[offset + 5 : offset + 9])
            return Size(width, height)
        offset += 2 + int(struct.unpack(">H", data[offset + 2 : offset + 4])[0])
    return None


def is_better(new: bytes, old: bytes | None) -> tuple[bool, str]:
    """Whether a picture may replace another one, and the reason; a larger one is never replaced."""
    if old is None:
        return True, "there is none"
    if new == old:
        return False, "it is the same"
    old_size, new_size = size_of(old), size_of(new)
    if old_size is None or new_size is None:
        return False, "the sizes cannot be compared"
    if new_size.pixels > old_size.pixels:
        return True, f"{new_size} instead of {old_size}"
    return False, f"{new_size} is not larger than {old_size}"


async def is_improved(session: Session, address: str | None, new: bytes | None) -> tuple[bool, str]:
    """Whether a picture may replace the one at a URL of the server, and the reason.

    `new` is None for a picture that only the source's server can download.
    """
    old = await download_picture(session, address)
    if old is None:
        return True, "there is none"
    if old is UNSET or new is None:
        return False, "the sizes cannot be compared"
    return is_better(new, old)
