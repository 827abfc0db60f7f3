"""Authentication by API key or session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from stash_cli.embedded.library import settings
from stash_cli.embedded.library.settings import REFUSAL, UNKNOWN_PROXY, Credentials, is_locked, lock
from stash_cli.embedded.web.login import LoginThrottle, Sessions, refuse_guess, session_cookie, session_token
from stash_cli.embedded.web.peers import peer_of, prefix_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stash_cli.embedded.library.library import Library

_ALIVE = "/healthz"
_OPEN = ("/login", "/logout", "/css", "/assets")
# Attempts of one address before it has to wait; a script with an old key gets 401 for a while.
_WRONG_KEYS = 20
_ALLOW_PRIVILEGED = "stash.allow_privileged"


@dataclass(frozen=True)
class _Rules:
    """The access rules of the library at the time of a request."""

    credentials: Credentials
    is_locked: bool


def allow_privileged(scope: Mapping[str, Any]) -> bool:
    """Whether a request may send privileged mutations.

    With credentials every authenticated request may; without, only programs on this machine. Requests in this
    process opened the file themselves.
    """
    return bool(scope.get(_ALLOW_PRIVILEGED, True))


class AuthMiddleware:
    """ASGI middleware that authenticates HTTP and websocket requests.

    A library without credentials is kept from the public internet.
    """

    def __init__(self, app: ASGIApp, library: Library, sessions: Sessions) -> None:
        self._app = app
        self._library = library
        self._sessions = sessions
        self._wrong_keys = LoginThrottle(_WRONG_KEYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"] == _ALIVE:
            await self._app(scope, receive, send)
            return
        request, rules = HTTPConnection(scope), await run_in_threadpool(self._rules)
        session = session_token(request)
        logged_in = bool(session) and self._sessions.renew(session, rules.credentials)
        refusal = await self._refusal(request, rules, logged_in=logged_in)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope[_ALLOW_PRIVILEGED] = rules.credentials.needed or peer_of(scope).is_this_machine
        age = rules.credentials.max_session_age
        cookie = session_cookie(request, session, age) if logged_in else None
        await self._app(scope, receive, _with_cookie(send, cookie))

    def _rules(self) -> _Rules:
        with self._library.database.read() as connection:
            credentials = Credentials.of(settings.read_part(connection, "general"))
            return _Rules(credentials, not credentials.needed and is_locked(connection))

    async def _refusal(self, request: HTTPConnection, rules: _Rules, *, logged_in: bool) -> Response | None:
        """The response to a refused request, or None."""
        if rules.is_locked:
            return PlainTextResponse(REFUSAL, 403)
        key = request.headers.get("apikey") or request.query_params.get("apikey")
        if key and not request.url.path.startswith(_OPEN):
            return None if rules.credentials.accepts_key(key) else self._wrong_key(request)
        if rules.credentials.needed:
            return None if logged_in or request.url.path.startswith(_OPEN) else _challenge(request)
        return await self._refuse_public(request)

    def _wrong_key(self, request: HTTPConnection) -> Response:
        wait = self._wrong_keys.attempt(peer_of(request.scope).address)
        return refuse_guess(wait) if wait else _unauthorized()

    async def _refuse_public(self, request: HTTPConnection) -> Response | None:
        """Refuse public addresses while the library has no credentials."""
        peer = peer_of(request.scope)
        if peer.is_public:
            await run_in_threadpool(lock, self._library, peer.address)
            return PlainTextResponse(REFUSAL, 403)
        return PlainTextResponse(UNKNOWN_PROXY, 403) if peer.claims_to_be_public else None


def _challenge(request: HTTPConnection) -> Response:
    """The response without key or session: 401, or a redirect of browsers to the login page."""
    path = request.url.path.rstrip("/")
    if path == "/graphql" or PurePosixPath(path).suffix not in {"", ".html"}:
        return _unauthorized()
    prefix = prefix_of(request.scope)
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
