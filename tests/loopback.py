"""Loopback servers and connections that leave nothing open, also when they are cancelled.

    async with Loopback(handle) as server:
        ...                     # a client that talks to server.url

`handle` serves one connection, which is closed when it returns, raises or is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_TURNS = 4
"""Turns of the event loop: asyncio takes up to three from accepting a connection to calling its handler, and
one from cutting a connection to closing its socket."""


def reserve_port() -> socket.socket:
    """A socket on a free port that does not listen: connections to the port are refused.

    While it is open, no other program can get the port by asking for any free one. A server that is started
    with reuse_port can listen on it.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


class Loopback:
    """A server on a free port; leaving it cuts its connections and cancels their handlers.

    The port stays reserved while connections are refused, so that they can be accepted on it again.
    `options` are those of asyncio.start_server. An error of a handler is raised when the server is left;
    those of a connection that the client ended are none.
    """

    def __init__(self, handle: Handler, **options: Any) -> None:
        self._handle, self._options = handle, options
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._reserved: socket.socket | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        self._reserved = reserve_port()
        self.port = self._reserved.getsockname()[1]
        await self.accept()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.refuse()
        for task in self._connections.values():
            task.cancel()
        ended = await asyncio.gather(*self._connections.values(), return_exceptions=True)
        await _settled()
        if self._reserved is not None:
            self._reserved.close()
        for error in ended:
            if isinstance(error, Exception):
                raise error

    @property
    def url(self) -> str:
        scheme = "https" if self._options.get("ssl") else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many there were so far."""
        return len(self._connections)

    async def accept(self) -> None:
        """Take connections, on the same port as before."""
        options = {"reuse_port": True, **self._options}
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, **options)

    async def refuse(self, but: asyncio.StreamWriter | None = None) -> None:
        """Refuse connections from now on, and cut those that are open, except one."""
        self.stop_listening()
        await _settled()
        for writer in self._connections:
            if writer is not but:
                writer.transport.abort()

    def stop_listening(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections[writer] = asyncio.ensure_future(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._handle(reader, writer)
        finally:
            writer.close()


async def _settled() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


@asynccontextmanager
async def connected(host: str, port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, closed when the block ends; what is still to be sent is lost when that is cancelled."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    finally:
        writer.transport.abort()
