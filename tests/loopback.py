"""Loopback servers and connections that close everything, also when they are cancelled.

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

_ITERATIONS = 4
"""Iterations of the event loop: asyncio needs up to three from accepting a connection to calling its handler,
and one from aborting a connection to closing its socket."""


def reserve_port() -> socket.socket:
    """A bound socket that does not listen: connections to its port are refused.

    While it is open, the system gives the port to no other program. A server started with reuse_port can
    listen on it.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


class Loopback:
    """A server on a free port; leaving the context aborts its connections and cancels their handlers.

    The port stays reserved while connections are refused, so that the server can accept them again.
    `options` are those of asyncio.start_server. Errors of handlers are raised on leaving, except those caused
    by a client that closed its connection.
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
        outcomes = await asyncio.gather(*self._connections.values(), return_exceptions=True)
        await _run_pending_callbacks()
        if self._reserved is not None:
            self._reserved.close()
        for error in outcomes:
            if isinstance(error, Exception):
                raise error

    @property
    def url(self) -> str:
        scheme = "https" if self._options.get("ssl") else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Number of connections accepted so far."""
        return len(self._connections)

    async def accept(self) -> None:
        """Accept connections, on the same port as before."""
        options = {"reuse_port": True, **self._options}
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, **options)

    async def refuse(self, but: asyncio.StreamWriter | None = None) -> None:
        """Refuse new connections and abort the open ones, except `but`."""
        self.stop_listening()
        await _run_pending_callbacks()
        for writer in self._connections:
            if writer is not but:
                writer.transport.abort()

    def stop_listening(self) -> None:
        """Refuse new connections."""
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


async def _run_pending_callbacks() -> None:
    for _ in range(_ITERATIONS):
        await asyncio.sleep(0)


@asynccontextmanager
async def open_connection(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, closed at the end of the block; if that is cancelled, unsent data is discarded."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    finally:
        writer.transport.abort()
