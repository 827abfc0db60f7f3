"""Compresses answers for clients that ask for it, as the server does: text only, gzip before deflate."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

_LEVEL = 4
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, _LEVEL, mtime=0),
    "deflate": lambda content: zlib.compress(content, _LEVEL),
}
_COMPRESSED = frozenset(
    (
        *("application/json", "application/javascript", "application/x-javascript", "text/javascript"),
        *("application/atom+xml", "application/rss+xml", "image/svg+xml"),
        *("text/html", "text/css", "text/plain"),
    )
)


def compressed(request: Request, content: bytes, media_type: str) -> tuple[bytes, dict[str, str]]:
    """`content` and the headers that say how it is encoded; as it is for what does not shrink."""
    if media_type.partition(";")[0] not in _COMPRESSED:
        return content, {}
    offered = request.headers.get("accept-encoding", "")
    taken = {part.strip().partition(";")[0] for part in offered.split(",")}
    encoding = next((name for name in _COMPRESSORS if name in taken), None)
    if encoding is None:
        return content, {}
    return _COMPRESSORS[encoding](content), {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
