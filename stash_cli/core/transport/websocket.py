"""The channel of a real server: a websocket spoken with the websockets library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import Delivery, StashError, StashServerError
from stash_cli.core.transport.answers import is_redirect, moved, unauthorised
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.reading import too_large
from stash_cli.core.transport.socket import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Response

    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.socket import Channel

_CONNECT = 10.0
_TOO_LARGE = 1009
"""The code that a connection is closed with for a message above `max_size`."""


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
