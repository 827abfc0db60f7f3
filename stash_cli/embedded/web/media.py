"""Pictures over HTTP: what is stored in the library; everything else is not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stash_cli.embedded import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table
    from starlette.requests import Request

    from stash_cli.embedded.library import Library

_PICTURES = {
    "/scene/{id}/screenshot": (tables.scenes, "cover_blob"),
    "/performer/{id}/image": (tables.performers, "image_blob"),
    "/studio/{id}/image": (tables.studios, "image_blob"),
    "/tag/{id}/image": (tables.tags, "image_blob"),
    "/group/{id}/frontimage": (tables.groups, "front_image_blob"),
    "/group/{id}/backimage": (tables.groups, "back_image_blob"),
}
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"RIFF": "image/webp"}
_FOREVER = "private, max-age=31536000, immutable"


def picture_routes(library: Library) -> list[Route]:
    """A route for every picture that objects have."""
    return [Route(path, _serving(library, *where)) for path, where in _PICTURES.items()]


def _serving(library: Library, table: Table, column: str) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        text = request.path_params["id"]
        if not text.isdigit():
            return PlainTextResponse("Bad Request", 400)
        blobs = tables.blobs
        query = select(blobs.c.checksum, blobs.c.blob).join(table, table.c[column] == blobs.c.checksum)
        with library.database.read() as connection:
            found = connection.execute(query.where(table.c.id == int(text))).first()
        return PlainTextResponse("Not Found", 404) if found is None else _picture(request, *found)

    return serve


def _picture(request: Request, checksum: str, content: bytes) -> Response:
    tag = f'"{checksum}"'
    headers = {"ETag": tag, "Cache-Control": _FOREVER if "t" in request.query_params else "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_kind(content))


def _kind(content: bytes) -> str:
    known = (kind for magic, kind in _KINDS.items() if content.startswith(magic))
    return next(known, "application/octet-stream")
