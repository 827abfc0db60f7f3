"""Keeps pages of other sites from a served library: no request of theirs is answered, none is carried out.

A browser sends requests for any page that it shows, to loopback and private addresses as well. It says for
whom in `Origin`, `Sec-Fetch-Site` and `Referer`, which pages cannot set. A page whose host name was pointed
at this machine (DNS rebinding) is known by `Host`. Programs send none of these headers but `Host`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from stash_cli.embedded.web.addresses import Host, Origin
from stash_cli.embedded.web.peers import peer_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stash_cli.embedded.web.policy import WebPolicy

_PAGES = frozenset({"/", "/login"})
"""What a link on another page may lead to: shows nothing of the library and changes nothing."""
_OWN_SITES = frozenset({"same-origin", "none"})
FOREIGN_ORIGIN = "Pages of other sites may not use this library; its owner can allow one with --allow-origin."
FOREIGN_HOST = "This library is not served under that host name; its owner can allow it with --allow-host."


class CrossSiteMiddleware:
    """ASGI middleware: answers 403 to requests of foreign pages and host names, websockets included."""

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
            await self._app(scope, receive, _shared(send))
        elif _is_own(scope, headers, pages) or _is_link(scope, headers):
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


def _is_own(scope: Scope, headers: Headers, pages: list[Origin | None]) -> bool:
    """Whether a request comes from a page of this library, or from no page at all."""
    host = Host.parse(headers.get("host", ""))
    own = None if host is None else Origin.of(scope["scheme"], host)
    is_own_site = headers.get("sec-fetch-site", "none") in _OWN_SITES
    return is_own_site and all(page is not None and page == own for page in pages)


def _is_link(scope: Scope, headers: Headers) -> bool:
    """Whether a browser follows a link in its window to a page that is the same for everybody."""
    return (
        scope["type"] == "http"
        and scope["method"] in {"GET", "HEAD"}
        and scope["path"] in _PAGES
        and "origin" not in headers
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
    )


def _shared(send: Send) -> Send:
    """Let the page that asked embed what is answered."""

    async def send_shared(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cross-Origin-Resource-Policy"] = "cross-origin"
        await send(message)

    return send_shared
