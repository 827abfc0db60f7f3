"""The channel of an app in this process: an ASGI websocket without a network."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConnectionError
from stash_cli.core.log import logger
from stash_cli.core.transport.socket import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    App = Callable[
        [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
    ]

_SCOPE = {
    "type": "websocket",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "scheme": "ws",
    "path": "/graphql",
    "raw_path": b"/graphql",
    "root_path": "",
    "query_string": b"",
    "headers": [(b"host", b"embedded"), (b"sec-websocket-protocol", PROTOCOL.encode())],
    "client": ("embedded", 0),
    "server": ("embedded", 80),
    "subprotocols": [PROTOCOL],
}


class AsgiChannel:
    """Two queues between this task and the app's."""

    def __init__(self, app: App) -> None:
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._run(app))

    async def _run(self, app: App) -> None:
        try:
            await app({**_SCOPE, "state": {}}, self._to_app.get, self._from_app.put)
        finally:
            self._from_app.put_nowait({"type": "websocket.close"})

    async def accepted(self) -> None:
        """Wait until the app has taken the connection."""
        if (await self._from_app.get())["type"] != "websocket.accept":
            await self.close()
            raise StashConnectionError("The embedded library refused the websocket.")

    async def send(self, text: str) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self) -> str:
        message = await self._from_app.get()
        if message["type"] != "websocket.send":
            self._from_app.put_nowait(message)
            raise StashConnectionError("The embedded library closed the websocket.", transient=True)
        text = message.get("text")
        return text if text is not None else bytes(message["bytes"]).decode()

    async def close(self) -> None:
        """Say goodbye and wait for the app to end, a moment at most."""
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        _, running = await asyncio.wait([self._task], timeout=2)
        if running:
            self._task.cancel()
        (end,) = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(end, Exception):
            logger.warning("The embedded library's websocket failed: %r", end)


async def open_asgi_channel(app: App) -> AsgiChannel:
    """A websocket to `app` that it has accepted."""
    channel = AsgiChannel(app)
    await channel.accepted()
    return channel
