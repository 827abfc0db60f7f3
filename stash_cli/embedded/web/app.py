"""The ASGI applications of a library: GraphQL over HTTP and websocket, login, media and downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from stash_cli.embedded.web.auth import AuthMiddleware
from stash_cli.embedded.web.graphql_http import graphql_endpoint
from stash_cli.embedded.web.graphql_ws import socket_endpoint
from stash_cli.embedded.web.login import Sessions, login_endpoint, logout_endpoint
from stash_cli.embedded.web.media.images import image_routes, portrait_routes
from stash_cli.embedded.web.media.scenes import scene_routes
from stash_cli.embedded.web.middleware import BodyLimit, CrossSiteMiddleware, ResponseHeadersMiddleware
from stash_cli.embedded.web.peers import PeerMiddleware
from stash_cli.embedded.web.policy import WebPolicy

if TYPE_CHECKING:
    from starlette.requests import Request

    from stash_cli.embedded.library.library import Library

_MOUNTS = frozenset(
    (
        *("performer", "scene", "gallery", "image", "studio", "group", "tag"),
        *("downloads", "plugin", "custom", "css", "javascript", "customlocales"),
    )
)
"""First path segments under which unknown paths are not found instead of the page."""
_PAGE = """<!doctype html><title>Stash</title><p>This is an embedded library: it answers GraphQL at
<a href="/graphql">/graphql</a> and has no web interface."""


def page_route() -> Route:
    """The catch-all route; it must be the last one."""
    return Route("/{path:path}", _show)


def _show(request: Request) -> Response:
    first = request.path_params["path"].partition("/")[0]
    return PlainTextResponse("Not Found", 404) if first in _MOUNTS else HTMLResponse(_PAGE)


def download_route(library: Library) -> Route:
    """`/downloads/<key>/<any name>`; only the key identifies the file."""

    def serve(request: Request) -> Response:
        path = library.downloads.find(request.path_params["key"])
        if path is None:
            return PlainTextResponse("Not Found", 404)
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")

    return Route("/downloads/{key}/{name}", serve)


_ALL_METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]


def create_app(library: Library) -> Starlette:
    """The application for this process, without authentication: whoever opened the file has full access."""
    return Starlette(routes=_routes(library), middleware=[Middleware(BodyLimit)])


def create_served_app(library: Library, policy: WebPolicy | None = None) -> Starlette:
    """The application for a network; the caller opens and closes the library."""
    policy = policy or WebPolicy()
    sessions = Sessions()
    login = [
        Route("/login", login_endpoint(library, sessions), methods=["GET", "POST"]),
        Route("/logout", logout_endpoint(sessions)),
    ]
    # The order matters: peers are determined before anything relies on them, and bodies are read last, so
    # that refused requests occupy no memory.
    middleware = [
        Middleware(PeerMiddleware, policy=policy),
        Middleware(ResponseHeadersMiddleware),
        Middleware(CrossSiteMiddleware, policy=policy),
        *([_cors(policy)] if policy.origins else []),
        Middleware(AuthMiddleware, library=library, sessions=sessions),
        Middleware(BodyLimit),
    ]
    return Starlette(routes=[*login, *_routes(library)], middleware=middleware)


def _routes(library: Library) -> list[BaseRoute]:
    graphql, socket = graphql_endpoint(library), socket_endpoint(library)
    return [
        *(Route(path, graphql, methods=_ALL_METHODS) for path in ("/graphql", "/graphql/")),
        *(WebSocketRoute(path, socket) for path in ("/graphql", "/graphql/")),
        Route("/healthz", _alive),
        *portrait_routes(library),
        *image_routes(library),
        *scene_routes(library),
        download_route(library),
        page_route(),
    ]


def _cors(policy: WebPolicy) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=sorted(map(str, policy.origins)),
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["*"],
        allow_credentials=True,
    )


async def _alive(_: Request) -> PlainTextResponse:
    return PlainTextResponse(".")
