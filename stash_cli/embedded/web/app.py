"""The ASGI applications of a library (GraphQL, login, media, downloads), and their middleware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from stash_cli.embedded.web.graphql_http import graphql_endpoint
from stash_cli.embedded.web.graphql_ws import socket_endpoint
from stash_cli.embedded.web.login import AuthMiddleware, Sessions, login_endpoint, logout_endpoint
from stash_cli.embedded.web.media.images import image_routes, portrait_routes
from stash_cli.embedded.web.media.scenes import scene_routes
from stash_cli.embedded.web.peers import PeerMiddleware, peer_of
from stash_cli.embedded.web.policy import Host, Origin, WebPolicy

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stash_cli.embedded.library.library import Library


MAX_BODY = 32 * 1024 * 1024
# Smaller than other bodies, because login needs no credentials.
MAX_LOGIN = 64 * 1024
MAX_TOGETHER = 8 * MAX_BODY


class _Refusal(Exception):  # noqa: N818 - internal signal of this module
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class BodyLimit:
    """ASGI middleware: responds with 413 to bodies of more than 32 MiB, with or without Content-Length.

    `together` is the limit in bytes for the bodies of all concurrent requests; beyond, it responds with 503.
    """

    def __init__(self, app: ASGIApp, together: int = MAX_TOGETHER) -> None:
        self._app = app
        self._free_bytes = together

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self, receive, MAX_LOGIN if scope["path"] == "/login" else MAX_BODY)
        try:
            # A too large Content-Length is refused before the body is read.
            body.announce(Headers(scope=scope).get("content-length", "0"))
            await self._app(scope, body.receive, send)
        except _Refusal as refusal:
            await refusal.response(scope, receive, send)
        finally:
            self._free_bytes += body.read

    def reserve(self, count: int) -> None:
        """Count bytes of a body. Raises _Refusal if all bodies together exceed the limit."""
        self._free_bytes -= count
        if self._free_bytes < 0:
            raise _Refusal(_closing("too many large requests", 503, {"Retry-After": "1"}))


class _Body:
    """The body of one request, counted while it is read."""

    def __init__(self, limit: BodyLimit, receive: Receive, max_bytes: int) -> None:
        self._limit = limit
        self._receive = receive
        self._max_bytes = max_bytes
        self.read = 0

    def announce(self, length: str) -> None:
        if length.isdigit() and int(length) > self._max_bytes:
            raise _Refusal(_closing("request body too large", 413))

    async def receive(self) -> Message:
        message = await self._receive()
        count = len(message.get("body", b""))
        self.read += count
        self._limit.reserve(count)
        self.announce(str(self.read))
        return message


def _closing(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status, {"Connection": "close", **(headers or {})})


_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_CONTENT_POLICY = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class ResponseHeadersMiddleware:
    """ASGI middleware: adds security headers to every response.

    HTML comes only from this package and may contain a form; everything else is content of the library.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add(headers: MutableHeaders) -> None:
    headers.update(_ALWAYS)
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    is_page = headers.get("content-type", "").startswith("text/html")
    headers["Content-Security-Policy"] = _PAGE_POLICY if is_page else _CONTENT_POLICY


_PAGES = frozenset({"/", "/login"})
"""Pages to which other sites may link: they show nothing of the library and change nothing."""
_OWN_SITES = frozenset({"same-origin", "none"})
FOREIGN_ORIGIN = "Pages of other sites may not use this library; its owner can allow one with --allow-origin."
FOREIGN_HOST = "This library is not served under that host name; its owner can allow it with --allow-host."


class CrossSiteMiddleware:
    """ASGI middleware: answers 403 to requests of other sites or for unknown hosts, websockets too.

    A browser sends requests for every page that it shows, also to loopback and private addresses. It names
    the page in `Origin`, `Sec-Fetch-Site` and `Referer`, which pages cannot set. A page whose host name was
    pointed at this machine (DNS rebinding) is recognised by `Host`. Programs send none of these but `Host`.
    """

    def __init__(self, app: ASGIApp, policy: WebPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        pages = [Origin.parse(text) for text in headers.getlist("origin")]
        pages = pages or [Origin.of_url(text) for text in headers.getlist("referer")]
        if not self._is_host_allowed(scope, headers):
            await PlainTextResponse(FOREIGN_HOST, 403)(scope, receive, send)
        elif pages and all(page in self._policy.origins for page in pages):
            await self._app(scope, receive, _embeddable(send))
        elif _is_same_site(scope, headers, pages) or _is_link(scope, headers):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(FOREIGN_ORIGIN, 403)(scope, receive, send)

    def _is_host_allowed(self, scope: Scope, headers: Headers) -> bool:
        bound = scope["server"][0] if scope.get("server") else None
        named = [*headers.getlist("host"), *filter(None, [peer_of(scope).proxy_host])]
        hosts = [Host.parse(text) for text in named]
        return bool(hosts) and all(
            host is not None and self._policy.allows_host(host, bound) for host in hosts
        )


def _is_same_site(scope: Scope, headers: Headers, pages: list[Origin | None]) -> bool:
    """Whether a request comes from a page of this library, or from a program."""
    host = Host.parse(headers.get("host", ""))
    own_origin = None if host is None else Origin.of(scope["scheme"], host)
    is_own_site = headers.get("sec-fetch-site", "none") in _OWN_SITES
    return is_own_site and all(page is not None and page == own_origin for page in pages)


def _is_link(scope: Scope, headers: Headers) -> bool:
    """Whether a browser follows a link to one of `_PAGES`."""
    return (
        scope["type"] == "http"
        and scope["method"] in {"GET", "HEAD"}
        and scope["path"] in _PAGES
        and "origin" not in headers
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
    )


def _embeddable(send: Send) -> Send:
    """Permit the requesting page to embed the response."""

    async def send_embeddable(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cross-Origin-Resource-Policy"] = "cross-origin"
        await send(message)

    return send_embeddable


_MOUNTS = frozenset(
    (
        *("performer", "scene", "gallery", "image", "studio", "group", "tag"),
        *("downloads", "plugin", "custom", "css", "javascript", "customlocales"),
    )
)
"""First path segments under which unknown paths get 404 instead of the page."""
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
    """The application for this process, without authentication: opening the file gives full access."""
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
