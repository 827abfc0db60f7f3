"""Authentication by API key or session: login, logout, cookies, and the throttle for wrong attempts."""

from __future__ import annotations

import asyncio
import math
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from stash_cli.embedded.library import settings
from stash_cli.embedded.library.settings import REFUSAL, UNKNOWN_PROXY, Credentials, is_locked, lock
from stash_cli.embedded.web.peers import peer_of, prefix_of
from stash_cli.embedded.web.policy import parse_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stash_cli.embedded.library.library import Library


FREE = 5
"""Wrong attempts from one address before it has to wait."""
CROWD = 100
"""Wrong attempts from all addresses together after which each address has only one."""
# The longest pause in seconds.
LONGEST = 300.0
# Seconds without an attempt after which the count of wrong attempts is reset.
MEMORY = 900.0
MAX_PEERS = 4096


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last: float = 0.0


class LoginThrottle:
    """Throttle for wrong passwords and keys: after `free` attempts, each waits 1, 2, 4 ... 300 seconds.

    An attempt counts as wrong from its start until it succeeds, so that concurrent attempts cannot bypass the
    limit. Thread-safe; at most `MAX_PEERS` addresses are recorded. `clock` returns seconds.
    """

    def __init__(self, free: int = FREE, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._clock = clock
        self._lock = threading.Lock()
        self._peers: OrderedDict[str, _Record] = OrderedDict()
        self._all = _Record()

    def attempt(self, address: str) -> int:
        """Count an attempt from `address`; returns 0 if it is permitted, or the seconds to wait."""
        now, key = self._clock(), _network(address)
        with self._lock:
            record = self._peers.setdefault(key, _Record())
            for counted in (record, self._all):
                _expire(counted, now)
            wait = record.last + self._pause(record.failures) - now
            if wait > 0:
                return math.ceil(wait)
            self._count(key, record, now)
        return 0

    def fail(self, address: str) -> None:
        """Start the pause of `address` now, after a wrong attempt."""
        with self._lock:
            record = self._peers.get(_network(address))
            if record is not None:
                record.last = self._clock()

    def succeed(self, address: str) -> None:
        """Reset the attempts of `address` after a right one."""
        with self._lock:
            record = self._peers.pop(_network(address), None)
            if record is not None:
                self._all.failures = max(self._all.failures - 1, 0)

    def _pause(self, failures: int) -> float:
        free = self._free if self._all.failures < CROWD else 1
        return 0.0 if failures < free else min(2.0 ** min(failures - free, 30), LONGEST)

    def _count(self, key: str, record: _Record, now: float) -> None:
        for counted in (record, self._all):
            counted.failures += 1
            counted.last = now
        self._peers.move_to_end(key)
        while len(self._peers) > MAX_PEERS:
            self._peers.popitem(last=False)


def _expire(record: _Record, now: float) -> None:
    if now - record.last > MEMORY:
        record.failures = 0


def _network(address: str) -> str:
    """The key of one client: an IPv4 address, or the /64 network of an IPv6 address."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        # A client has a whole /64 of addresses, and could use up the attempts of each.
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed) if parsed is not None else ""


_COOKIE = "session"
_MAX_SESSIONS = 1000
# Passwords that are checked at the same time; each check takes 16 MB and a tenth of a second.
_CHECKS = 2
_FORM = """<!doctype html><title>Stash</title><form method="post" action="/login">
<input name="username" autofocus><input name="password" type="password"><button>Log in</button></form>"""


@dataclass(frozen=True)
class _Session:
    end: float
    credentials: tuple[str, str]


class Sessions:
    """Sessions in memory: random tokens with their expiry and the credentials they were created for."""

    def __init__(self) -> None:
        self._by_token: dict[str, _Session] = {}

    def start(self, credentials: Credentials) -> str:
        """Create a session; past `_MAX_SESSIONS` the oldest ones end."""
        token = secrets.token_urlsafe(32)
        self._by_token[token] = _session(credentials)
        # Limited, because a script may log in for each request.
        for oldest in list(self._by_token)[:-_MAX_SESSIONS]:
            del self._by_token[oldest]
        return token

    def renew(self, token: str, credentials: Credentials) -> bool:
        """Renew a valid session. False when it has expired or the credentials have changed."""
        now = time.monotonic()
        for expired in [old for old, session in self._by_token.items() if session.end < now]:
            del self._by_token[expired]
        session, renewed = self._by_token.get(token), _session(credentials)
        # A changed password ends all sessions, because the old one may have been stolen.
        if session is None or session.credentials != renewed.credentials:
            return False
        self._by_token[token] = renewed
        return True

    def end(self, token: str) -> None:
        self._by_token.pop(token, None)


def _session(credentials: Credentials) -> _Session:
    end = time.monotonic() + credentials.max_session_age
    return _Session(end, (credentials.username, credentials.password))


def session_token(request: HTTPConnection) -> str:
    """The session token of a request; empty without one."""
    return request.cookies.get(_COOKIE, "")


def session_cookie(request: HTTPConnection, token: str, seconds: int) -> str:
    """The `Set-Cookie` value that sets, renews or (with 0 seconds) deletes a session."""
    secure = "; Secure" if request.url.scheme in {"https", "wss"} else ""
    return f"{_COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def refuse_guess(wait: int) -> Response:
    """The response to too many wrong attempts; `wait` in seconds."""
    text = f"Too many wrong attempts from your address: try again in {wait} seconds."
    return PlainTextResponse(text, 429, {"Retry-After": str(wait)})


def login_endpoint(library: Library, sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """`/login`: the form, and the POST that creates a session."""
    throttle, checks = LoginThrottle(), asyncio.Semaphore(_CHECKS)

    async def handle(request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse(_FORM)
        username, password = await _login_fields(request)
        credentials = await run_in_threadpool(Credentials.read, library)
        address = peer_of(request.scope).address
        wait = throttle.attempt(address)
        if wait:
            return refuse_guess(wait)
        async with checks:
            # In a thread, because hashing a password would block the event loop for a tenth of a second.
            accepted = await run_in_threadpool(credentials.accepts_login, username, password)
        if not accepted:
            throttle.fail(address)
            return PlainTextResponse("Username or password is invalid", 401)
        throttle.succeed(address)
        return _start_session(request, sessions, credentials)

    return handle


async def _login_fields(request: Request) -> tuple[str, str]:
    """User name and password of a login request, from its URL or else its body; "" for a missing one."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace")) | parse_qs(request.url.query)
    username, password = (fields.get(name, [""])[0] for name in ("username", "password"))
    return username, password


def _start_session(request: Request, sessions: Sessions, credentials: Credentials) -> Response:
    """The response that sets a new session, which replaces the session of the request."""
    sessions.end(session_token(request))
    token = sessions.start(credentials)
    cookie = session_cookie(request, token, credentials.max_session_age)
    return Response(headers={"Set-Cookie": cookie})


def logout_endpoint(sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """`/logout`: ends the session."""

    async def handle(request: Request) -> Response:
        sessions.end(session_token(request))
        return RedirectResponse("/login", 302, {"Set-Cookie": session_cookie(request, "", 0)})

    return handle


_ALIVE = "/healthz"
_OPEN = ("/login", "/logout", "/css", "/assets")
# Wrong keys from one address before it has to wait; a script with an old key gets 401 until then, then 429.
_WRONG_KEYS = 20
_ALLOW_PRIVILEGED = "stash.allow_privileged"


@dataclass(frozen=True)
class _Rules:
    """The access rules of the library at the time of a request."""

    credentials: Credentials
    is_locked: bool


def allow_privileged(scope: Mapping[str, Any]) -> bool:
    """Whether a request may send privileged mutations.

    If the library has credentials, every authenticated request may; otherwise only programs on this machine.
    Requests from this process may, because it has opened the file.
    """
    return bool(scope.get(_ALLOW_PRIVILEGED, True))


class AuthMiddleware:
    """ASGI middleware that authenticates HTTP and websocket requests.

    A library without credentials refuses requests from public addresses.
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
        # Checked before the session: a wrong key is refused even without credentials, as on the server.
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
    """The response to a request without key or session: 401, or a redirect to the login page for browsers."""
    path = request.url.path.rstrip("/")
    # A redirect to a form is useless for programs and for pictures in a page, so these get a status.
    if path == "/graphql" or PurePosixPath(path).suffix not in {"", ".html"}:
        return _unauthorized()
    prefix = prefix_of(request.scope)
    requested = f"{prefix}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{prefix}/login?returnURL={quote(requested, safe='')}", 302)


def _unauthorized() -> Response:
    return Response(status_code=401, headers={"WWW-Authenticate": "FormBased"})


def _with_cookie(send: Send, cookie: str | None) -> Send:
    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", str(cookie))
        await send(message)

    return send if cookie is None else send_with_cookie
