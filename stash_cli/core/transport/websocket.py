"""Subscriptions: the graphql-transport-ws protocol over any text channel, and websockets as that channel."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, Self

from stash_cli.core.errors import (
    Delivery,
    StashConnectionError,
    StashError,
    StashIntegrationError,
    StashServerError,
)
from stash_cli.core.log import logger
from stash_cli.core.transport import answers
from stash_cli.core.transport.base import GraphQLRequest, GraphQLResponse, checked_errors
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.outcome import Backoff, Progress, as_unknown_outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Response

    from stash_cli.core.settings import Connection


_CONNECT_TIMEOUT = 10.0
"""Seconds to connect, unless the timeout of the connection is shorter."""
_TOO_LARGE = 1009
"""Close code for a message above `max_size`."""

PROTOCOL = "graphql-transport-ws"
_ANSWER_TIMEOUT = 10.0
"""Seconds for the server to answer a handshake or ping."""
_PONG_TIMEOUT = 2.0
"""Seconds after which a server without pings is assumed to have read the subscription."""
_PING_INTERVAL = 20.0
"""Seconds without a message after which the server is pinged."""
_ID = "1"
"""The id of the operation, of which a websocket has only one."""


class Channel(Protocol):
    """A text connection; `receive` and `send` raise StashConnectionError once it is lost."""

    async def send(self, text: str) -> None: ...
    async def receive(self) -> str: ...
    async def close(self) -> None: ...


class WebSocketSubscription:
    """The responses to one operation, usually a subscription, over a websocket of its own.

    The server caches loaded objects per websocket, so a shared one would serve stale objects. Entering
    connects and waits until the server has read the subscription; events from then on are received. A lost
    connection raises StashConnectionError, or with `reconnect` is reopened with growing pauses; events in
    between are lost. A mutation is never sent twice: without an answer it raises StashUnknownOutcomeError.
    """

    def __init__(
        self, open_channel: Callable[[], Awaitable[Channel]], request: GraphQLRequest, *, reconnect: bool
    ) -> None:
        self._open_channel = open_channel
        self._request = request
        self._reconnect = reconnect
        self.on_lost: Callable[[StashError], None] | None = None
        self._pauses = _pauses()
        self._channel: Channel | None = None
        self._queued: deque[dict[str, Any]] = deque()
        self._ended = False
        self._progress = Progress()
        self._is_answered = False

    async def __aenter__(self) -> Self:
        with self._recording_outcome():
            await self._connect()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> GraphQLResponse:
        with self._recording_outcome():
            while not self._ended:
                try:
                    message = self._queued.popleft() if self._queued else await self._receive()
                except StashConnectionError as error:
                    await self._pause_or_raise(error)
                    continue
                self._pauses = _pauses()
                answer = await self._handle(message)
                if answer is not None:
                    return answer
        raise StopAsyncIteration

    @contextmanager
    def _recording_outcome(self) -> Iterator[None]:
        """Set `delivery` on errors; a mutation that may have been done raises StashUnknownOutcomeError."""
        try:
            yield
        except StashError as error:
            if error.delivery is None or isinstance(error, StashConnectionError):
                self._progress.mark(error)
            if self._is_answered or (unknown := as_unknown_outcome(self._request, error)) is error:
                raise
            raise unknown from error
        except BaseException as error:
            self._progress.mark(error)
            raise

    async def aclose(self) -> None:
        """End the subscription and the connection; may be called twice."""
        self._ended = True
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def _connect(self) -> Channel:
        if self._channel is None:
            self._progress = Progress()
            self._channel = channel = await self._open_channel()
            try:
                async with asyncio.timeout(_ANSWER_TIMEOUT):
                    await self._handshake(channel)
            except BaseException as error:
                self._channel = None
                await channel.close()
                if isinstance(error, TimeoutError):
                    raise StashConnectionError("The server does not answer on its websocket.") from error
                raise
            self._log()
        return self._channel

    def _log(self) -> None:
        """Log the start of the subscription."""
        from stash_cli.core.log.requests import log_request, title

        logger.info("%s: listening", title(self._request.operation_name, self._request.document))
        log_request(self._request.document, self._request.variables)

    async def _handshake(self, channel: Channel) -> None:
        await _send_message(channel, "connection_init", payload={})
        await self._read_until(channel, "connection_ack")
        self._progress.delivery = Delivery.HEADERS_WRITTEN
        await _send_message(channel, "subscribe", id=_ID, payload=self._request.payload())
        self._progress.delivery = Delivery.BODY_WRITTEN
        # Messages are read in order: the answer to a ping proves that the subscription was read.
        await _send_message(channel, "ping")
        with suppress(TimeoutError):
            async with asyncio.timeout(_PONG_TIMEOUT):
                await self._read_until(channel, "pong")

    async def _read_until(self, channel: Channel, kind: str) -> None:
        """Read until a message of `kind`; earlier responses are queued."""
        while True:
            message = _parse(await channel.receive())
            if message["type"] == kind:
                return
            # Events may arrive before the pong and must not be dropped.
            self._queued.append(message)

    async def _receive(self) -> dict[str, Any]:
        """The next message; a silent server is pinged, and counts as lost when it does not answer."""
        channel = await self._connect()
        if self._queued:
            return self._queued.popleft()
        # Stash sends no pings itself, so a lost connection would never be noticed.
        try:
            async with asyncio.timeout(_PING_INTERVAL):
                return _parse(await channel.receive())
        except TimeoutError:
            await _send_message(channel, "ping")
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                return _parse(await channel.receive())
        except TimeoutError as error:
            raise StashConnectionError("The server went silent on its websocket.") from error

    async def _handle(self, message: dict[str, Any]) -> GraphQLResponse | None:
        kind = message["type"]
        if kind == "next":
            self._progress.delivery = Delivery.ANSWER_BEGUN
            answer = GraphQLResponse.from_payload(message.get("payload"))
            if answer.data is None and not answer.errors:
                raise StashIntegrationError("The server's answer has neither data nor errors.")
            self._is_answered = True
            return answer
        if kind == "error":
            self._progress.delivery = Delivery.ANSWER_BEGUN
            await self.aclose()
            errors = checked_errors(message.get("payload")) or [{"message": "subscription refused"}]
            self._is_answered = True
            return GraphQLResponse(None, errors)
        if kind == "complete":
            await self.aclose()
            if not self._is_answered and self._request.is_mutation:
                raise StashIntegrationError("The server ended the operation without an answer.")
        elif kind == "ping" and self._channel is not None:
            await _send_message(self._channel, "pong")
        return None

    async def _pause_or_raise(self, error: StashConnectionError) -> None:
        """Close the channel; raise `error`, or pause before the next attempt."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()
        # A mutation that is sent twice would be executed twice.
        sent_once = self._progress.delivery is not Delivery.NOT_STARTED and self._request.is_mutation
        pause = next(self._pauses, None) if self._reconnect and not sent_once else None
        if pause is None:
            self._ended = True
            raise error
        logger.info("%s Connecting again in %.1f s.", error.message, pause)
        if self.on_lost is not None:
            self.on_lost(error)
        await asyncio.sleep(pause)


async def _send_message(channel: Channel, kind: str, **fields: Any) -> None:
    logger.debug("socket <- %s", kind)
    await channel.send(json.dumps({"type": kind, **fields}))


def _parse(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or "type" not in message:
        raise StashIntegrationError(f"Not a {PROTOCOL} message: {text[:80]!r}.")
    return message


def _pauses() -> Iterator[float]:
    return Backoff(attempts=9, first=0.3, factor=2.0, longest=15.0).pauses()


class WebSocketChannel:
    """Text messages over a websocket."""

    def __init__(self, socket: ClientConnection, connection: Connection) -> None:
        self._socket = socket
        self._connection = connection

    async def send(self, text: str) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(text)
        except (ConnectionClosed, OSError) as error:
            raise translate(error, self._connection, Delivery.BODY_WRITTEN) from error

    async def receive(self) -> str:
        from websockets.exceptions import ConnectionClosed

        try:
            message = await self._socket.recv()
        except (ConnectionClosed, OSError) as error:
            # The client itself closes the connection at a message above the limit, with this close code.
            if isinstance(error, ConnectionClosed) and error.sent and error.sent.code == _TOO_LARGE:
                raise answers.too_large_error(self._connection.max_answer_bytes) from error
            raise translate(error, self._connection, Delivery.BODY_WRITTEN) from error
        return message if isinstance(message, str) else message.decode("utf-8", "replace")

    async def close(self) -> None:
        await self._socket.close()


async def open_websocket(connection: Connection, headers: Mapping[str, str]) -> Channel:
    """Connect to the GraphQL endpoint; the key is a header, because servers check it on the upgrade only."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.typing import Subprotocol

    from stash_cli.core.transport.proxies import proxy_for
    from stash_cli.core.transport.setup import naming, tls_context

    class NoRedirects(connect):
        """A connection that follows no redirects: these would send the API key to another host."""

        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    options: dict[str, Any] = {"ssl": context} if (context := tls_context(connection)) else {}
    proxy = proxy_for(connection.url, connection.proxy)
    try:
        opening = NoRedirects(
            connection.url.replace("http", "ws", 1),
            # The newer protocol alone: where both are offered, servers choose the older one.
            subprotocols=[Subprotocol(PROTOCOL)],
            additional_headers=headers,
            open_timeout=min(_CONNECT_TIMEOUT, connection.timeout),
            # A dead server never answers the close frame, and Ctrl-C must not wait for it.
            close_timeout=2,
            max_size=connection.max_answer_bytes,
            proxy=proxy and proxy.url,
            **options,
        )
        socket = await opening
    except InvalidStatus as error:
        raise _refusal(connection, error.response) from error
    except ImportError:
        assert proxy is not None  # noqa: S101 - only a SOCKS proxy needs another package
        with naming(proxy.setting, proxy.hint):
            raise
    except (WebSocketException, OSError) as error:
        raise translate(error, connection, Delivery.NOT_STARTED) from error
    return WebSocketChannel(socket, connection)


def _refusal(connection: Connection, answer: Response) -> StashError:
    """The error for a response that refuses the websocket."""
    status, location = answer.status_code, answer.headers.get("Location", "")
    if status == 401:  # noqa: PLR2004 - HTTP's number
        return answers.authentication_error(connection)
    if answers.is_redirect(status) and location:
        return answers.redirect_error(connection, location)
    unavailable = answers.unavailable_error(connection, status, answer.headers.get("Retry-After", ""))
    return unavailable or StashServerError(
        f"{connection.server} does not open a websocket (status {status})."
    )
