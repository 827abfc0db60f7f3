"""Subscriptions: the graphql-transport-ws protocol over a text channel, and websockets as such a channel."""

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
from stash_cli.core.transport.answers import is_redirect, moved, unauthorised
from stash_cli.core.transport.base import GraphQLResponse, checked_errors
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.outcome import as_unknown_outcome
from stash_cli.core.transport.progress import Progress
from stash_cli.core.transport.reading import too_large
from stash_cli.core.transport.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Response

    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.base import GraphQLRequest


_CONNECT = 10.0
_TOO_LARGE = 1009
"""The code that a connection is closed with for a message above `max_size`."""

PROTOCOL = "graphql-transport-ws"
_ANSWER_WITHIN = 10.0
"""Seconds within which the server must say that it is there."""
_PONG_WITHIN = 2.0
"""Seconds after which a server that does not answer pings is taken to have read the subscription."""
_PING_EVERY = 20.0
_ID = "1"


class Channel(Protocol):
    """A text connection; `receive` and `send` raise StashConnectionError once it is lost."""

    async def send(self, text: str) -> None: ...
    async def receive(self) -> str: ...
    async def close(self) -> None: ...


class WebSocketSubscription:
    """The answers to one operation, usually a subscription, over a socket of its own.

    The server keeps what it loaded for the life of a socket, so sharing one would share stale objects.
    Entering it connects and waits until the server has read the subscription: what happens from then on
    is seen. A lost connection raises StashConnectionError, or with `reconnect` is opened again, with
    growing pauses; answers in between are lost. A mutation that was sent is never sent again: without an
    answer it raises StashUnknownOutcomeError.
    """

    def __init__(
        self, open_channel: Callable[[], Awaitable[Channel]], request: GraphQLRequest, *, reconnect: bool
    ) -> None:
        self._open_channel = open_channel
        self._request = request
        self._reconnect = reconnect
        self._pauses = _pauses()
        self._channel: Channel | None = None
        self._waiting: deque[dict[str, Any]] = deque()
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
                    message = self._waiting.popleft() if self._waiting else await self._receive()
                except StashConnectionError as error:
                    await self._lost(error)
                    continue
                self._pauses = _pauses()
                answer = await self._handle(message)
                if answer is not None:
                    return answer
        raise StopAsyncIteration

    @contextmanager
    def _recording_outcome(self) -> Iterator[None]:
        """Note on errors how far the operation got; one that may have been done is told as such."""
        try:
            yield
        except StashError as error:
            if error.delivery is None or isinstance(error, StashConnectionError):
                self._progress.mark(error)
            if self._is_answered or (meaning := as_unknown_outcome(self._request, error)) is error:
                raise
            raise meaning from error
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
                async with asyncio.timeout(_ANSWER_WITHIN):
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
        """Log what is listened to."""
        from stash_cli.core.log.requests import log_request, title

        logger.info("%s: listening", title(self._request.operation_name, self._request.document))
        log_request(self._request.document, self._request.variables)

    async def _handshake(self, channel: Channel) -> None:
        await _send_message(channel, "connection_init", payload={})
        await self._until(channel, "connection_ack")
        self._progress.delivery = Delivery.HEADERS_WRITTEN
        await _send_message(channel, "subscribe", id=_ID, payload=self._request.payload())
        self._progress.delivery = Delivery.BODY_WRITTEN
        # Messages are read in order: the answer to a ping proves that the subscription was read.
        await _send_message(channel, "ping")
        with suppress(TimeoutError):
            async with asyncio.timeout(_PONG_WITHIN):
                await self._until(channel, "pong")

    async def _until(self, channel: Channel, kind: str) -> None:
        """Read on until a message of `kind`; answers that come earlier wait for the reader."""
        while True:
            message = _parse(await channel.receive())
            if message["type"] == kind:
                return
            self._waiting.append(message)

    async def _receive(self) -> dict[str, Any]:
        """The next message; a silent server is pinged and given up when it does not answer."""
        channel = await self._connect()
        if self._waiting:
            return self._waiting.popleft()
        try:
            async with asyncio.timeout(_PING_EVERY):
                return _parse(await channel.receive())
        except TimeoutError:
            await _send_message(channel, "ping")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
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

    async def _lost(self, error: StashConnectionError) -> None:
        """Close what is left; raise `error`, or pause before the next attempt."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()
        sent_once = self._progress.delivery is not Delivery.NOT_STARTED and self._request.is_mutation
        pause = next(self._pauses, None) if self._reconnect and not sent_once else None
        if pause is None:
            self._ended = True
            raise error
        logger.info("%s Connecting again in %.1f s.", error.message, pause)
        await asyncio.sleep(pause)


async def _send_message(channel: Channel, kind: str, **facts: Any) -> None:
    logger.debug("socket <- %s", kind)
    await channel.send(json.dumps({"type": kind, **facts}))


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
    """Text messages over one websocket."""

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
            if isinstance(error, ConnectionClosed) and error.sent and error.sent.code == _TOO_LARGE:
                raise too_large(self._connection.max_answer_bytes) from error
            raise translate(error, self._connection, Delivery.BODY_WRITTEN) from error
        return message if isinstance(message, str) else message.decode("utf-8", "replace")

    async def close(self) -> None:
        await self._socket.close()


async def open_websocket(connection: Connection, headers: Mapping[str, str]) -> Channel:
    """Connect to the GraphQL endpoint; the key is checked on the upgrade only, so it rides as a header."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.typing import Subprotocol

    from stash_cli.core.transport.http import is_local, tls_context

    class Unredirected(connect):
        """Follows no redirect: its target would get the headers, and the key among them."""

        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    options: dict[str, Any] = {"ssl": context} if (context := tls_context(connection)) else {}
    if is_local(connection.url):
        options["proxy"] = None
    try:
        socket = await Unredirected(
            connection.url.replace("http", "ws", 1),
            subprotocols=[Subprotocol(PROTOCOL)],
            additional_headers=headers,
            open_timeout=min(_CONNECT, connection.timeout),
            close_timeout=2,
            max_size=connection.max_answer_bytes,
            **options,
        )
    except InvalidStatus as error:
        raise _refused(connection, error.response) from error
    except (WebSocketException, OSError) as error:
        raise translate(error, connection, Delivery.NOT_STARTED) from error
    return WebSocketChannel(socket, connection)


def _refused(connection: Connection, answer: Response) -> StashError:
    """What an answer amounts to that opens no websocket."""
    status, location = answer.status_code, answer.headers.get("Location", "")
    if status == 401:  # noqa: PLR2004 - HTTP's number
        return unauthorised(connection)
    if is_redirect(status) and location:
        return moved(connection, location)
    return StashServerError(f"{connection.server} does not open a websocket (status {status}).")
