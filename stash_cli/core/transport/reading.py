"""Bounds on HTTP responses: their decompressed size, and the rate at which they arrive."""

from __future__ import annotations

import zlib
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashIntegrationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    import httpx

ENCODINGS = {"gzip": zlib.MAX_WBITS | 32, "x-gzip": zlib.MAX_WBITS | 32, "deflate": zlib.MAX_WBITS}
"""Content encodings and their zlib window bits."""
_STEP = 1 << 20
"""Bytes decompressed at a time."""
_MIN_RATE = 1024
"""Bytes per second below which a download counts as stalled."""


class DamagedError(Exception):
    """Compressed content that is invalid."""


class TooSlowError(Exception):
    """A response below the minimum rate."""


async def read_all(answer: httpx.Response, limit: int) -> bytes:
    """The whole body; raises StashIntegrationError above `limit` bytes, DamagedError."""
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large_error(limit)
    parts, size = [], 0
    async with aclosing(decoded(answer)) as pieces:
        async for piece in pieces:
            size += len(piece)
            if size > limit:
                raise too_large_error(limit)
            parts.append(piece)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large_error(limit: int) -> StashIntegrationError:
    """The error for a response above the limit."""
    return StashIntegrationError(
        f"The server's answer is larger than {limit:,} bytes.",
        hint="Ask for less at once, or raise STASH_MAX_ANSWER_BYTES.",
    )


async def with_minimum_rate(
    pieces: AsyncGenerator[bytes, None], window: float
) -> AsyncGenerator[bytes, None]:
    """`pieces` as they arrive; raises TooSlowError below the minimum rate over `window` seconds."""
    began, size = monotonic(), 0
    async for piece in pieces:
        size += len(piece)
        if monotonic() - began > window:
            if size < _MIN_RATE * window:
                raise TooSlowError
            began, size = monotonic(), 0
        yield piece


async def decoded(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The decompressed body in pieces of bounded size; raises DamagedError."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    inflater = None if encoding in ("", "identity") else _Inflater(encoding)
    async for raw in answer.aiter_raw():
        if inflater is None:
            yield raw
            continue
        for piece in inflater.pieces(raw):
            yield piece
    if inflater is not None and not inflater.is_complete:
        raise DamagedError("the compressed content ends too early")


class _Inflater:
    """Incremental decompression."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ENCODINGS:
            raise DamagedError(f"unknown encoding {encoding}")
        self._zlib = zlib.decompressobj(ENCODINGS[encoding])
        self._may_be_bare = encoding == "deflate"

    @property
    def is_complete(self) -> bool:
        return self._zlib.eof

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        """The decompressed content of `raw`, in pieces of at most _STEP bytes."""
        piece = b""
        while (raw or len(piece) == _STEP) and not self._zlib.eof:
            piece = self._inflated(raw)
            raw = self._zlib.unconsumed_tail
            if piece:
                yield piece

    def _inflated(self, raw: bytes) -> bytes:
        """The next piece; some servers send `deflate` without the zlib header."""
        try:
            piece = self._zlib.decompress(raw, _STEP)
        except zlib.error as error:
            if not self._may_be_bare:
                raise DamagedError(str(error)) from error
            self._may_be_bare = False
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflated(raw)
        self._may_be_bare = False
        return piece
