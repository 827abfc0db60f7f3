"""The channel of a real server: a websocket spoken with the websockets library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import Delivery, StashServerError
from stash_cli.core.transport.answers import unauthorised
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.socket import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.asyncio.client import ClientConnection

    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.socket import Channel

_CONNECT = 10.0
_UNAUTHORISED = (401, 302)


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
            raise translate(error, self._connection, Delivery.BODY_WRITTEN) from error
        return message if isinstance(message, str) else message.decode()

    async def close(self) -> None:
        await self._socket.close()


async def open_websocket(connection: Connection, headers: Mapping[str, str]) -> Channel:
    """Connect to the GraphQL endpoint; the key is checked on the upgrade only, so it rides as a header."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidStatus
    from websockets.typing import Subprotocol

    from stash_cli.core.transport.http import is_local, tls_context

    options: dict[str, Any] = {"ssl": context} if (context := tls_context(connection)) else {}
    if is_local(connection.url):
        options["proxy"] = None
    try:
        socket = await connect(
            connection.url.replace("http", "ws", 1),
            subprotocols=[Subprotocol(PROTOCOL)],
            additional_headers=headers,
            open_timeout=min(_CONNECT, connection.timeout),
            close_timeout=2,
            max_size=None,
            **options,
        )
    except InvalidStatus as error:
        if error.response.status_code in _UNAUTHORISED:
            raise unauthorised(connection) from error
        raise StashServerError(
            f"{connection.server} does not open a websocket (status {error.response.status_code})."
        ) from error
    except (InvalidHandshake, OSError, TimeoutError) as error:
        raise translate(error, connection, Delivery.NOT_STARTED) from error
    return WebSocketChannel(socket, connection)
