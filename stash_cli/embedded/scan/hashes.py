"""Content hashes that identify a file wherever it lies: oshash for videos, md5 for everything."""

from __future__ import annotations

import hashlib
from array import array
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 64 * 1024
_BLOCK = 1024 * 1024
_WORD = 8
_MASK = (1 << 64) - 1


def oshash(stream: IO[bytes], size: int) -> str:
    """Return the OpenSubtitles hash of a seekable stream of `size` bytes as 16 hex digits.

    It is the size plus the 64-bit little-endian words of the first and of the last 64 KiB; a smaller
    file gives its whole words to both ends. Raises ValueError below 8 bytes, where no word exists.
    """
    length = min(size, _CHUNK) // _WORD * _WORD
    if length == 0:
        raise ValueError(f"a file of {size} bytes is too short for an oshash")
    total = size
    for start in (0, size - length):
        stream.seek(start)
        total += _sum_words(stream.read(length))
    return f"{total & _MASK:016x}"


def _sum_words(data: bytes) -> int:
    words = array("Q", data[: len(data) // _WORD * _WORD])
    if _BIG_ENDIAN:
        words.byteswap()
    return sum(words)


_BIG_ENDIAN = array("H", b"\x01\x00")[0] != 1


def md5(stream: IO[bytes], check: Callable[[], None]) -> str:
    """Return the md5 of the rest of a stream as 32 hex digits.

    `check` is called for every MiB read: it may raise to give up on a large file.
    """
    digest = hashlib.md5(usedforsecurity=False)
    while block := stream.read(_BLOCK):
        digest.update(block)
        check()
    return digest.hexdigest()
