"""Exports and copies of the library over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from stash_cli.embedded.library.library import Library


def download_route(library: Library) -> Route:
    """`/downloads/<key>/<any name>`: the key alone says which file it is."""

    def serve(request: Request) -> Response:
        path = library.downloads.find(request.path_params["key"])
        if path is None:
            return PlainTextResponse("Not Found", 404)
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")

    return Route("/downloads/{key}/{name}", serve)
