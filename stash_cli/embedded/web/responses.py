"""HTTP responses: compression, caching, ranges, errors and placeholders."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from stash_cli.embedded.imaging.pictures import is_svg
from stash_cli.embedded.scan.probe import BrokenFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from stash_cli.embedded.library.file_source import ServableFile

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
    """`content` in an encoding that the client accepts, and headers; media types like JPEG are unchanged."""
    if media_type.partition(";")[0] not in _COMPRESSED:
        return content, {}
    offered = request.headers.get("accept-encoding", "")
    accepted = {part.strip().partition(";")[0] for part in offered.split(",")}
    encoding = next((name for name in _COMPRESSORS if name in accepted), None)
    if encoding is None:
        return content, {}
    return _COMPRESSORS[encoding](content), {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}


_TALL, _WIDE = (60, 90), (120, 68)
_DRAWINGS = {
    "performer": (_TALL, '<circle cx="30" cy="32" r="13"/><path d="M8 82c2-24 12-31 22-31s20 7 22 31z"/>'),
    "group": (_TALL, '<path d="M12 20h36v50H12zM12 28h36M12 62h36"/>'),
    "studio": (_WIDE, '<path d="M36 54V22h20l6 8h22v24zM44 40h32"/>'),
    "tag": (_WIDE, '<path d="M36 20h22l26 20-16 16-26-20zM46 29v0"/>'),
    "scene": (_WIDE, '<path d="M48 18v32l28-16z"/>'),
    "image": (_WIDE, '<path d="M24 54l22-28 14 16 10-10 26 22z"/><circle cx="82" cy="20" r="6"/>'),
    "gallery": (_WIDE, '<path d="M30 22h50v34H30zM38 22v-8h50v34h-8"/>'),
}


def placeholder(kind: str) -> bytes:
    """A placeholder as SVG; `kind` is "performer", "studio", "tag", "group", or a media type."""
    (width, height), drawing = _DRAWINGS[kind]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#456"/>'
        f'<g fill="none" stroke="#def" stroke-width="3" stroke-linecap="round">{drawing}</g></svg>'
    ).encode()


_IMMUTABLE, _REVALIDATE = "private, max-age=31536000, immutable", "no-cache"
_SVG = "image/svg+xml"
# Bytes that are read at a time.
_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_KINDS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
_EXTENSIONS = {
    "image/jpeg": "jpg jpeg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/tiff": "tif tiff",
    "video/mp4": "mp4 m4v f4v",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/x-ms-wmv": "wmv",
    "video/x-ms-asf": "asf",
    "video/x-flv": "flv",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpg mpeg",
}
_BY_EXTENSION = {extension: kind for kind, listed in _EXTENSIONS.items() for extension in listed.split()}


class NotServed(Exception):  # noqa: N818 - a response, not a failure
    """An error response as plain text, raised by handlers."""

    def __init__(self, text: str = "Not Found", status: int = 404) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def media_route(path: str, handle: Callable[[Request], Response]) -> Route:
    """The route of a handler; missing and broken files get 404."""

    def serve(request: Request) -> Response:
        try:
            return handle(request)
        except NotServed as reason:
            return PlainTextResponse(reason.text, reason.status)
        except (BrokenFileError, OSError):
            return PlainTextResponse("Not Found", 404)

    return Route(path, serve)


def send_content(
    request: Request, content: bytes, media_type: str | None = None, *, cache: str | None = None
) -> Response:
    """A response from memory; the media type is detected by the first bytes unless it is given."""
    tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": cache or _caching(request), "Accept-Ranges": "bytes"}
    if _is_not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    kind = media_type or media_type_of(content)
    # SVG is also a document: an uploaded file may contain scripts.
    if kind == _SVG:
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    part = _requested_range(request, tag, len(content))
    if part is None:
        content, encoding = compressed(request, content, kind)
        return Response(content, headers=headers | encoding, media_type=kind)
    if not part:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], 206, headers, kind)


def send_file(request: Request, file: ServableFile, media_type: str | None = None) -> Response:
    """A response with an open file or a range of it; the file is closed after it has been sent."""
    tag = f'"{file.changed:x}-{file.size:x}"'
    headers = {"ETag": tag, "Cache-Control": _caching(request), "Accept-Ranges": "bytes"}
    if _is_not_modified(request, tag):
        file.stream.close()
        return Response(status_code=304, headers=headers)
    part = _requested_range(request, tag, file.size)
    if part is not None and not part:
        file.stream.close()
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
    kind = media_type or media_type_by_name(file.name)
    return FileStream(file, part, headers, kind)


class FileStream(StreamingResponse):
    """A streaming response with a file or a range of it."""

    def __init__(self, file: ServableFile, part: range | None, headers: dict[str, str], kind: str) -> None:
        self._file = file
        sent = range(file.size) if part is None else part
        headers["Content-Length"] = str(len(sent))
        if part is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.size}"
        super().__init__(self._read(sent), 200 if part is None else 206, headers, kind)

    def _read(self, part: range) -> Iterator[bytes]:
        self._file.stream.seek(part.start)
        remaining = len(part)
        while remaining and (chunk := self._file.stream.read(min(remaining, _CHUNK))):
            remaining -= len(chunk)
            yield chunk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "HEAD":
                await Response(status_code=self.status_code, headers=dict(self.headers))(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            self._file.stream.close()


def media_type_of(content: bytes) -> str:
    """The media type of a picture by its content; text is SVG or unknown."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    media_type = next((kind for magic, kind in _KINDS.items() if content.startswith(magic)), None)
    return media_type or (_SVG if is_svg(content) else "application/octet-stream")


def media_type_by_name(name: str) -> str:
    """The media type of a file name by its extension."""
    return _BY_EXTENSION.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _caching(request: Request) -> str:
    """Cache-Control: the value of `t=` changes with the object, so the content of such a URL is immutable."""
    return _IMMUTABLE if "t" in request.query_params else _REVALIDATE


def _is_not_modified(request: Request, tag: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    return tag in tags or "*" in tags


def _requested_range(request: Request, tag: str, size: int) -> range | None:
    """The requested range of bytes: None for all of them, empty if it is not satisfiable."""
    matched = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if matched is None or request.headers.get("if-range", tag) != tag or not (matched[1] or matched[2]):
        return None
    if not matched[1]:
        return range(max(size - int(matched[2]), 0), size)
    return range(int(matched[1]), min(int(matched[2]) + 1 if matched[2] else size, size))
