"""Logging in and out: a form, the sessions it starts, and the cookie that carries them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from stash_cli.embedded.web.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import HTTPConnection, Request

    from stash_cli.embedded.library import Library

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


def session_token(request: HTTPConnection) -> str:
    """The session that a request claims to belong to; empty without one."""
    return request.cookies.get(_COOKIE, "")


def session_cookie(token: str, seconds: int) -> str:
    """What `Set-Cookie` says to keep, renew or (with no seconds) forget a session."""
    return f"{_COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def login_endpoint(library: Library, sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """`/login`: a form to fill in, and the POST that starts a session."""

    async def handle(request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(_FORM)
        fields = parse_qs((await request.body()).decode("utf-8", "replace")) | parse_qs(request.url.query)
        username, password = (fields.get(name, [""])[0] for name in ("username", "password"))
        credentials = await run_in_threadpool(Credentials.read, library)
        if not await run_in_threadpool(credentials.accepts_login, username, password):
            return PlainTextResponse("Username or password is invalid", 401)
        token = sessions.start(credentials.max_session_age)
        return Response(headers={"Set-Cookie": session_cookie(token, credentials.max_session_age)})

    return handle


def logout_endpoint(sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """`/logout`: ends the session."""

    async def handle(request: Request) -> Response:
        sessions.end(session_token(request))
        return RedirectResponse("/login", 302, {"Set-Cookie": session_cookie("", 0)})

    return handle
