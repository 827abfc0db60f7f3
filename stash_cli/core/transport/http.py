"""GraphQL over HTTP with httpx, which is imported when the first request is sent."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import asynccontextmanager
from logging import DEBUG, INFO
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from stash_cli.core.errors import StashInputError
from stash_cli.core.log import logger
from stash_cli.core.transport import answers
from stash_cli.core.transport.event_loops import PerLoop
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.files import Uploads, download_url, multipart, same_origin
from stash_cli.core.transport.outcome import Progress, check_read_only
from stash_cli.core.transport.proxies import is_local, routing_transport
from stash_cli.core.transport.setup import naming, tls_context

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from types import ModuleType

    import httpx

    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.base import GraphQLRequest, GraphQLResponse
    from stash_cli.core.transport.websocket import Channel, WebSocketSubscription


_CONNECT_TIMEOUT = 10.0
"""Seconds to connect, unless the timeout of the connection is shorter."""
_KEEP_ALIVE = 30.0
"""Seconds after which an idle connection is closed."""
ENOUGH = 400_000
"""Received bytes from which the import of msgspec, a faster parser, pays off."""


class HttpTransport:
    """HTTP: a pool of kept-alive connections per event loop, and a websocket per subscription."""

    def __init__(self, connection: Connection) -> None:
        self.url = connection.url
        self.connection = connection
        self.clients = PerLoop(self.make_client)
        self.json = JsonReader()
        self.session = connection.session
        """The cookie of a login, which the server renews with each response."""

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        """Send the request once; anything but a GraphQL result raises an error of `faults` or `answers`.

        Every exception, including a cancellation, gets the attribute `delivery`.
        """
        check_read_only(self.connection, request)
        uploads = Uploads.of(request.variables)
        progress = Progress(self.connection.timeout, carries_files=bool(uploads.files))
        try:
            return await self._exchange(request, uploads, progress)
        except BaseException as error:
            progress.mark(error)
            raise

    async def _exchange(
        self, request: GraphQLRequest, uploads: Uploads, progress: Progress
    ) -> GraphQLResponse:
        client = await self.clients.get()
        error_type = load_httpx().HTTPError
        started = perf_counter()
        if logger.isEnabledFor(DEBUG):
            from stash_cli.core.log.requests import log_request

            log_request(request.document, request.variables)
        try:
            async with (
                asyncio.timeout(None) as progress.clock,
                self._posted(client, request, uploads, progress) as answer,
            ):
                body = await answers.read_all(answer, self.connection.max_answer_bytes)
        except (error_type, OSError, answers.DamagedError) as error:
            raise translate(error, self.connection, progress.delivery, progress.handled) from error
        milliseconds = (perf_counter() - started) * 1000
        if logger.isEnabledFor(INFO):
            from stash_cli.core.log.requests import title

            name = title(request.operation_name, request.document)
            logger.info("%s -> %d, %d bytes, %.0f ms", name, answer.status_code, len(body), milliseconds)
        return answers.read_answer(self.connection, answer.status_code, answer.headers, body, self.json.read)

    @asynccontextmanager
    async def _posted(
        self, client: httpx.AsyncClient, request: GraphQLRequest, uploads: Uploads, progress: Progress
    ) -> AsyncGenerator[httpx.Response, None]:
        """The response to a request; its body is not read yet."""
        body = encode({**request.payload(), "variables": uploads.variables})
        with uploads.opened() as files:
            content: dict[str, Any] = {"content": body}
            if files:
                headers = {"Content-Type": multipart()}
                content = {"data": uploads.fields(body), "files": files, "headers": headers}
            sent = client.build_request(
                "POST", self.endpoint, extensions={"trace": progress.trace}, **content
            )
            answer = await client.send(sent, stream=True)
            try:
                yield answer
            finally:
                await answer.aclose()
                # Break a reference cycle: the stream refers to the response, and the request to the task that
                # returns the rows. Without the cycle a page is freed as soon as it is printed.
                answer.stream = load_httpx().ByteStream(b"")

    async def download(self, address: str, span: str = "") -> AsyncGenerator[bytes, None]:
        """The bytes of a file at a path of the server or at a URL, as they arrive.

        `span` requests a byte range, "0-99" or "100-"; a server without ranges sends the whole file. The
        length of a pause and the rate are limited, the total time is not.
        """
        client = await self.clients.get()
        url = download_url(self.endpoint, address)
        progress = Progress()
        try:
            headers = {"Range": f"bytes={span}"} if span else {}
            async with client.stream(
                "GET", url, headers=headers, extensions={"trace": progress.trace}
            ) as answer:
                if answer.status_code not in (200, 206):
                    body = await answers.read_all(answer, self.connection.max_answer_bytes)
                    raise answers.download_error(self.connection, answer.status_code, answer.headers, body)
                # httpx decompresses without a limit on the size of a piece.
                async for piece in answers.with_minimum_rate(
                    answers.decoded(answer), self.connection.timeout
                ):
                    yield piece
        except (load_httpx().HTTPError, answers.DamagedError, answers.TooSlowError) as error:
            raise translate(error, self.connection, progress.delivery, progress.handled) from error

    def subscribe(self, request: GraphQLRequest, *, reconnect: bool = False) -> WebSocketSubscription:
        """A websocket for one operation; a mutation is sent at most once, even with `reconnect`."""
        check_read_only(self.connection, request)
        from stash_cli.core.transport.websocket import WebSocketSubscription

        return WebSocketSubscription(self.open_channel, request, reconnect=reconnect)

    async def close(self) -> None:
        await self.clients.aclose()

    @property
    def endpoint(self) -> str:
        """The URL for requests."""
        return self.url

    async def open_channel(self) -> Channel:
        """A new websocket to the server."""
        from stash_cli.core.transport.websocket import open_websocket

        return await open_websocket(self.connection, self.headers())

    def headers(self) -> dict[str, str]:
        """The user's own headers and authentication; Stash expects the key in the header `ApiKey`."""
        key = self.connection.api_key
        cookie = {"Cookie": f"{_SESSION}={self.session}"} if self.session else {}
        return dict(self.connection.headers) | ({"ApiKey": key} if key else {}) | cookie

    def make_client(self) -> httpx.AsyncClient:
        """The httpx client of one event loop."""
        httpx, connection = load_httpx(), self.connection
        with naming("The server address (--server, STASH_URL)"):
            httpx.URL(self.endpoint)
        limits = httpx.Limits(max_connections=20, keepalive_expiry=_KEEP_ALIVE)
        options = {"limits": limits, "verify": tls_context(connection) or False, "trust_env": False}
        transport = routing_transport(httpx, options, connection.proxy)
        encoding = "identity" if is_local(self.url) else "gzip, deflate"
        headers = httpx.Headers(_HEADERS | {"Accept-Encoding": encoding})
        headers.update(self.headers())  # httpx.Headers ignores the case of names
        return httpx.AsyncClient(  # type: ignore[no-any-return]
            headers=headers,
            timeout=httpx.Timeout(connection.timeout, connect=min(_CONNECT_TIMEOUT, connection.timeout)),
            transport=transport,
            trust_env=False,
            # A redirect would send the API key to another host.
            follow_redirects=False,
            event_hooks={"request": [self._strip_credentials], "response": [self._store_renewed_session]},
        )

    async def _strip_credentials(self, request: httpx.Request) -> None:
        """Remove the key and the user's own headers from a request to another origin than the server's."""
        # A download may be on another host, which must not receive them.
        if not same_origin(str(request.url), self.endpoint):
            for name in self.headers():
                request.headers.pop(name, None)
        elif self.session:
            request.headers["Cookie"] = f"{_SESSION}={self.session}"  # only the newest cookie

    async def _store_renewed_session(self, response: httpx.Response) -> None:
        """Store a renewed session cookie; without a login of our own, cookies are ignored."""
        if not self.session or not same_origin(str(response.request.url), self.endpoint):
            return
        for text in response.headers.get_list("set-cookie"):
            name, _, value = text.partition(";")[0].partition("=")
            if name.strip() == _SESSION and value.strip():
                self.session = value.strip()


_SESSION = "session"
"""The name of Stash's cookie."""


# With any other Accept, servers since 0.29 answer in a type that they do not compress.
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "stash-cli"}


def load_httpx() -> ModuleType:
    """Import httpx without its command-line program.

    httpx imports its own program when click, rich and pygments are installed, which doubles the time of the
    import; None in `sys.modules` makes that import fail, as it does without these packages.
    """
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
    try:
        import httpx  # waits while another thread imports it
    finally:
        if sys.modules.get("httpx._main", httpx) is None:
            sys.modules.pop("httpx._main", None)
    return httpx


_MARK = "\0float:"
_MARKED = re.compile(r'"\\u0000float:(-?[0-9.]+)"')


def encode(payload: dict[str, Any]) -> bytes:
    """`payload` as JSON without exponents in numbers.

    Stash parses numbers in maps without a decimal point as integers and stores 0 where that fails, so 1e+20
    would silently become 0.
    """
    marked = _has_exponent(payload.get("variables"))
    if marked:
        payload = {**payload, "variables": _mark(payload["variables"])}
    try:
        text = json.dumps(payload, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StashInputError(f"A variable cannot be sent as JSON: {error}.") from error
    return (_MARKED.sub(r"\1", text) if marked else text).encode()


def _has_exponent(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_exponent, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_exponent, value))
    return isinstance(value, float) and "e" in repr(value)


def _mark(value: Any) -> Any:
    """A copy with floats in exponent notation as marked strings, which `encode` unquotes."""
    if isinstance(value, dict):
        return {key: _mark(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mark(item) for item in value]
    if not _has_exponent(value):
        return value
    from decimal import Decimal

    digits = format(Decimal(repr(value)), "f")
    return f"{_MARK}{digits if '.' in digits else digits + '.0'}"


class JsonReader:
    """JSON parser for the responses of one server; uses msgspec once `ENOUGH` bytes were received."""

    def __init__(self) -> None:
        self._received = 0

    def read(self, body: bytes) -> Any:
        """The JSON value in `body`, in any encoding that JSON may have; all numbers are finite.

        Raises ValueError, and RecursionError where it is nested too deeply.
        """
        self._received += len(body)
        if self._received > ENOUGH:
            import msgspec

            try:
                return msgspec.json.decode(body)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                # msgspec accepts UTF-8 only, and no lone surrogates, which file names may contain. For
                # invalid JSON, `json.loads` below raises the error.
                pass
        return json.loads(body, parse_float=_finite, parse_constant=_refuse)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    # JSON has neither NaN nor Infinity, and 1e999 would be parsed as infinity.
    raise ValueError(f"{text[:20]} is not a number of JSON")
