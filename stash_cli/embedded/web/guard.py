"""Lets requests through that carry a key or a session, where the library asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from stash_cli.embedded.web.credentials import Credentials
from stash_cli.embedded.web.exposure import REFUSAL, expose, exposed, public_address
from stash_cli.embedded.web.login import session_cookie, session_token
from stash_cli.embedded.writing.settings import read_part

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stash_cli.embedded.library import Library
    from stash_cli.embedded.web.login import Sessions

_ALIVE = "/healthz"
_OPEN = ("/login", "/logout", "/css", "/assets")


@dataclass(frozen=True)
class _Rules:
    """What the library asks of a request at this moment."""

    credentials: Credentials
    exposed: bool


class Guard:
    """ASGI middleware for HTTP and websockets.

    `served` says that requests come over a network: then the library keeps itself from the internet
    while it has no credentials.
    """

    def __init__(self, app: ASGIApp, library: Library, sessions: Sessions, *, served: bool) -> None:
        self._app = app
        self._library = library
        self._sessions = sessions
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"] == _ALIVE:
            await self._app(scope, receive, send)
            return
        request, rules = HTTPConnection(scope), await run_in_threadpool(self._rules)
        age = rules.credentials.max_session_age
        session = session_token(request)
        logged_in = bool(session) and self._sessions.renew(session, age)
        refusal = await self._refusal(request, rules, logged_in=logged_in)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        cookie = session_cookie(session, age) if logged_in else None
        await self._app(scope, receive, _with_cookie(send, cookie))

    def _rules(self) -> _Rules:
        with self._library.database.read() as connection:
            credentials = Credentials.of(read_part(connection, "general"))
            return _Rules(credentials, self._served and not credentials.needed and exposed(connection))

    async def _refusal(self, request: HTTPConnection, rules: _Rules, *, logged_in: bool) -> Response | None:
        """Why a request is not answered; None when it is."""
        if rules.exposed:
            return PlainTextResponse(REFUSAL, 403)
        key = request.headers.get("apikey") or request.query_params.get("apikey")
        if key and not request.url.path.startswith(_OPEN):
            return None if rules.credentials.accepts_key(key) else _unauthorized()
        if rules.credentials.needed:
            return None if logged_in or request.url.path.startswith(_OPEN) else _unknown(request)
        stranger = public_address(request) if self._served else None
        if stranger is None:
            return None
        await run_in_threadpool(expose, self._library, stranger)
        return PlainTextResponse(REFUSAL, 403)


def _unknown(request: HTTPConnection) -> Response:
    """The answer to who has neither key nor session: a browser is led to the login."""
    path = request.url.path.rstrip("/")
    if path == "/graphql" or PurePosixPath(path).suffix not in {"", ".html"}:
        return _unauthorized()
    prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    wanted = f"{prefix}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{prefix}/login?returnURL={quote(wanted, safe='')}", 302)


def _unauthorized() -> Response:
    return Response(status_code=401, headers={"WWW-Authenticate": "FormBased"})


def _with_cookie(send: Send, cookie: str | None) -> Send:
    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", str(cookie))
        await send(message)

    return send if cookie is None else send_with_cookie
