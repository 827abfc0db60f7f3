"""The ASGI application of a library: GraphQL, its websocket, login and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from stash_cli.embedded.web.conversation import socket_endpoint
from stash_cli.embedded.web.cross_site import CrossSiteMiddleware
from stash_cli.embedded.web.downloads import download_route
from stash_cli.embedded.web.endpoint import graphql_endpoint
from stash_cli.embedded.web.guard import Guard
from stash_cli.embedded.web.limits import BodyLimit
from stash_cli.embedded.web.login import Sessions, login_endpoint, logout_endpoint
from stash_cli.embedded.web.media import media_routes
from stash_cli.embedded.web.pages import page_route
from stash_cli.embedded.web.peers import PeerMiddleware
from stash_cli.embedded.web.policy import WebPolicy
from stash_cli.embedded.web.response_headers import ResponseHeadersMiddleware

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from stash_cli.embedded.library.library import Library

_ALL_METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]


def create_app(library: Library) -> Starlette:
    """The application that answers for `library` in this process: who opened the file may do everything."""
    return Starlette(routes=_routes(library), middleware=[Middleware(BodyLimit)])


def create_served_app(library: Library, policy: WebPolicy | None = None) -> Starlette:
    """The application that answers for `library` over a network; it neither opens nor closes it."""
    policy = policy or WebPolicy()
    sessions = Sessions()
    login = [
        Route("/login", login_endpoint(library, sessions), methods=["GET", "POST"]),
        Route("/logout", logout_endpoint(sessions)),
    ]
    middleware = [
        Middleware(PeerMiddleware, policy=policy),
        Middleware(ResponseHeadersMiddleware),
        Middleware(CrossSiteMiddleware, policy=policy),
        *([_cors(policy)] if policy.origins else []),
        Middleware(Guard, library=library, sessions=sessions),
        Middleware(BodyLimit),
    ]
    return Starlette(routes=[*login, *_routes(library)], middleware=middleware)


def _routes(library: Library) -> list[BaseRoute]:
    graphql, socket = graphql_endpoint(library), socket_endpoint(library)
    return [
        *(Route(path, graphql, methods=_ALL_METHODS) for path in ("/graphql", "/graphql/")),
        *(WebSocketRoute(path, socket) for path in ("/graphql", "/graphql/")),
        Route("/healthz", _alive),
        *media_routes(library),
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
