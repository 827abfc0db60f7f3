"""Whether an MP4 or QuickTime video is shown turned: the display matrix, which PyAV does not show."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = 8
_LARGE_HEADER = 16
_VERSION_1_OFFSET = 52
_VERSION_0_OFFSET = 40
_MATRIX_WORDS = 9
_NESTED = (b"moov", b"trak")


def is_on_its_side(stream: IO[bytes], size: int) -> bool:
    """Return whether the first visible track is shown turned by 90 or 270 degrees: width and height swap."""
    for start, end in _boxes(stream, 0, size, b"tkhd"):
        stream.seek(start)
        turned = _turned(stream.read(min(end - start, 128)))
        if turned is not None:
            return turned
    return False


def _boxes(stream: IO[bytes], start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of the contents of every `wanted` box, looking inside moov and trak."""
    while start + _HEADER <= end:
        stream.seek(start)
        head = stream.read(_LARGE_HEADER)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        header = _HEADER
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), _LARGE_HEADER
        stop = end if length == 0 else min(start + length, end)
        if stop < start + header:
            return
        if kind == wanted:
            yield start + header, stop
        elif kind in _NESTED:
            yield from _boxes(stream, start + header, stop, wanted)
        start = stop


def _turned(header: bytes) -> bool | None:
    """Return whether a track header swaps the axes; None for a track without a picture or a cut header."""
    offset = _VERSION_1_OFFSET if header[:1] == b"\x01" else _VERSION_0_OFFSET
    fields = struct.Struct(f">{_MATRIX_WORDS}i2I")
    if len(header) < offset + fields.size:
        return None
    a, b, _u, c, d, _v, _x, _y, _w, width, height = fields.unpack_from(header, offset)
    if not (width and height):
        return None
    return bool(a == 0 and d == 0 and b and c)
