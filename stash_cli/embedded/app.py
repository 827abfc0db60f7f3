"""The ASGI application of a library: GraphQL, its websocket, login and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from stash_cli.embedded.web.conversation import socket_endpoint
from stash_cli.embedded.web.downloads import download_route
from stash_cli.embedded.web.endpoint import graphql_endpoint
from stash_cli.embedded.web.guard import Guard
from stash_cli.embedded.web.limits import BodyLimit
from stash_cli.embedded.web.login import Sessions, login_endpoint, logout_endpoint
from stash_cli.embedded.web.media import media_routes
from stash_cli.embedded.web.pages import page_route

if TYPE_CHECKING:
    from starlette.requests import Request

    from stash_cli.embedded.library import Library

_ALL_METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]


def create_app(library: Library, *, served: bool = False) -> Starlette:
    """The application that answers for `library`; it neither opens nor closes it.

    `served` says that requests come over a network, not from the process that opened the file.
    """
    sessions = Sessions()
    graphql, socket = graphql_endpoint(library), socket_endpoint(library)
    routes = [
        *(Route(path, graphql, methods=_ALL_METHODS) for path in ("/graphql", "/graphql/")),
        *(WebSocketRoute(path, socket) for path in ("/graphql", "/graphql/")),
        Route("/healthz", _alive),
        Route("/login", login_endpoint(library, sessions), methods=["GET", "POST"]),
        Route("/logout", logout_endpoint(sessions)),
        *media_routes(library),
        download_route(library),
        page_route(),
    ]
    middleware = [
        Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]),
        Middleware(Guard, library=library, sessions=sessions, served=served),
        Middleware(BodyLimit),
    ]
    return Starlette(routes=routes, middleware=middleware)


async def _alive(_: Request) -> PlainTextResponse:
    return PlainTextResponse(".")
