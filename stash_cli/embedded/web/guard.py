"""Lets requests through that carry a key or a session, where the library asks for them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from stash_cli.embedded.web.credentials import Credentials
from stash_cli.embedded.writing.settings import read_part

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stash_cli.embedded.library import Library

_OPEN = ("/login", "/logout", "/healthz")
_COOKIE = "session"
_FORM = """<!doctype html><title>Stash</title><form method="post" action="/login">
<input name="username" autofocus><input name="password" type="password"><button>Log in</button></form>"""


@dataclass
class Sessions:
    """Who is logged in: random tokens and when they end, in memory only."""

    _ends: dict[str, float] = field(default_factory=dict, repr=False)

    def start(self, seconds: int) -> str:
        token = secrets.token_urlsafe(32)
        self._ends[token] = time.monotonic() + seconds
        return token

    def renew(self, token: str, seconds: int) -> bool:
        """Whether the session still runs; if so it runs `seconds` from now."""
        now = time.monotonic()
        for ended in [old for old, end in self._ends.items() if end < now]:
            del self._ends[ended]
        if token not in self._ends:
            return False
        self._ends[token] = now + seconds
        return True

    def end(self, token: str) -> None:
        self._ends.pop(token, None)


def read_credentials(library: Library) -> Credentials:
    with library.database.read() as connection:
        return Credentials.of(read_part(connection, "general"))


class Guard:
    """ASGI middleware for HTTP and websockets."""

    def __init__(self, app: ASGIApp, library: Library, sessions: Sessions) -> None:
        self._app = app
        self._library = library
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"].startswith(_OPEN):
            await self._app(scope, receive, send)
            return
        credentials = await run_in_threadpool(read_credentials, self._library)
        request = HTTPConnection(scope)
        session = request.cookies.get(_COOKIE, "")
        logged_in = bool(session) and self._sessions.renew(session, credentials.max_session_age)
        refusal = _refusal(request, credentials, logged_in=logged_in)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        cookie = _cookie(session, credentials.max_session_age) if logged_in else None
        await self._app(scope, receive, _with_cookie(send, cookie))


def _refusal(request: HTTPConnection, credentials: Credentials, *, logged_in: bool) -> Response | None:
    key = request.headers.get("apikey") or request.query_params.get("apikey")
    if key:
        accepted = credentials.accepts_key(key)
        return None if accepted else Response(status_code=401, headers={"WWW-Authenticate": "FormBased"})
    if logged_in or not credentials.needed:
        return None
    path = request.url.path.rstrip("/")
    if path == "/graphql" or PurePosixPath(path).suffix not in {"", ".html"}:
        return Response(status_code=401)
    return RedirectResponse(f"/login?returnURL={quote(path, safe='')}", 302)


def _cookie(token: str, seconds: int) -> str:
    return f"{_COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def _with_cookie(send: Send, cookie: str | None) -> Send:
    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", str(cookie))
        await send(message)

    return send if cookie is None else send_with_cookie


def login_endpoint(library: Library, sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """`/login`: a form to fill in, and the POST that starts a session."""

    async def handle(request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(_FORM)
        fields = parse_qs((await request.body()).decode("utf-8", "replace")) | parse_qs(request.url.query)
        username, password = (fields.get(name, [""])[0] for name in ("username", "password"))
        credentials = await run_in_threadpool(read_credentials, library)
        if not await run_in_threadpool(credentials.accepts_login, username, password):
            return PlainTextResponse("Username or password is invalid", 401)
        token = sessions.start(credentials.max_session_age)
        return Response(headers={"Set-Cookie": _cookie(token, credentials.max_session_age)})

    return handle


def logout_endpoint(sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """`/logout`: ends the session."""

    async def handle(request: Request) -> Response:
        sessions.end(request.cookies.get(_COOKIE, ""))
        return RedirectResponse("/login", 302, {"Set-Cookie": _cookie("", 0)})

    return handle
