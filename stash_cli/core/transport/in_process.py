"""The embedded library in this process: requests go to its ASGI application without a network."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from stash_cli.core.errors import StashConfigurationError, StashConnectionError, StashInputError, did_you_mean
from stash_cli.core.log import logger
from stash_cli.core.settings import DEMO, Connection
from stash_cli.core.transport.event_loops import LoopThread, in_daemon_thread
from stash_cli.core.transport.files import download_url, same_origin
from stash_cli.core.transport.http import HttpTransport, load_httpx
from stash_cli.core.transport.setup import naming
from stash_cli.core.transport.websocket import PROTOCOL, Channel

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping

    import httpx

    Message = MutableMapping[str, Any]
    App = Callable[
        [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
    ]


_IMPLEMENTATION = "stash_cli.embedded"
"""A dotted name instead of an import: the embedded library imports core, so core must not import it."""
_CLOSE_TIMEOUT = 2.0
"""Seconds to close the library while an abandoned request is still being executed."""


class EmbeddedLibrary(Protocol):
    """The part of an open library that the transport uses."""

    @property
    def app(self) -> App: ...
    @property
    def jobs(self) -> JobQueue: ...
    def close(self) -> None: ...


class JobQueue(Protocol):
    """The background jobs of a library."""

    def close(self, *, drain: bool = True) -> None: ...


class InProcessTransport(HttpTransport):
    """An embedded library, opened by the first request and closed with the transport."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._library: EmbeddedLibrary | None = None
        self._opening = threading.Lock()
        # A thread, so that a cancelled caller does not wait for a statement that SQLite is executing.
        self._background = LoopThread("stash-library")

    @property
    def endpoint(self) -> str:
        return "http://embedded/graphql"

    @property
    def library(self) -> EmbeddedLibrary:
        """The open library."""
        with self._opening:
            if self._library is None:
                require_file(self.connection)
                self._library = open_library(self.connection.location)
            return self._library

    def make_client(self) -> httpx.AsyncClient:
        library, background = load_httpx(), self._background

        class TracedTransport(library.ASGITransport):  # type: ignore[misc, name-defined]
            """Emits httpcore's trace events, so that delivery is recorded as for HTTP."""

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                trace = request.extensions.get("trace", _no_trace)
                await trace("asgi.send_request_headers.started", {"request": request})
                await trace("asgi.send_request_body.complete", {})
                answer: httpx.Response = await background.run(super().handle_async_request(request))
                await trace("asgi.receive_response_headers.complete", {})
                return answer

        return library.AsyncClient(  # type: ignore[no-any-return]
            transport=TracedTransport(app=self.library.app),
            headers={"Content-Type": "application/json"},
            timeout=self.connection.timeout,
            trust_env=False,
        )

    def download(self, address: str, span: str = "") -> AsyncGenerator[bytes, None]:
        # The ASGI application would answer for any host.
        if not same_origin(download_url(self.endpoint, address), self.endpoint):
            raise StashInputError(f"{address} is not a file of this library.")
        return super().download(address, span)

    async def open_channel(self) -> Channel:
        return await open_asgi_channel(self.library.app)

    async def close(self) -> None:
        """Close the library once its jobs have ended; jobs are cancelled when the caller is interrupted.

        Requests of cancelled callers are waited for `_CLOSE_TIMEOUT` seconds at most.
        """
        await super().close()
        library, self._library = self._library, None
        if library is None:
            return
        task = asyncio.current_task()
        # In threads, as this loop has to keep running: jobs report their progress to websockets on it.
        if task is not None and task.cancelling():
            await in_daemon_thread(partial(library.jobs.close, drain=False), "stash-jobs-end")
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT if self._background.is_busy else None):
                await in_daemon_thread(library.close, "stash-library-end")
        except TimeoutError:
            logger.info("The library still works on a request that was given up.")
        except asyncio.CancelledError:
            await in_daemon_thread(partial(library.jobs.close, drain=False), "stash-jobs-end")
            raise
        finally:
            self._background.stop()


def require_file(connection: Connection) -> None:
    """Raise StashConfigurationError for a missing library that may not be created; the demo always may be."""
    path = Path(connection.location)
    if connection.location == DEMO or (connection.create and not connection.read_only) or path.exists():
        return
    folder = path.parent
    names = [each.name for each in folder.iterdir() if each.is_file()] if folder.is_dir() else []
    raise StashConfigurationError(
        f"There is no library {path}. {did_you_mean(path.name, names)}".rstrip(),
        hint="A command that writes creates it, unless --read-only is given.",
    )


async def _no_trace(event: str, info: Mapping[str, Any]) -> None:
    """Trace callback for requests whose delivery is not recorded."""


def open_library(location: str) -> EmbeddedLibrary:
    """Open an embedded library; raises StashConfigurationError where the extra is not installed."""
    try:
        embedded = import_module(_IMPLEMENTATION)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("stash_cli"):
            raise
        raise StashConfigurationError(
            f"Embedded libraries need the package {error.name}.",
            hint="Run: pip install 'stash-cli[embedded]'",
        ) from error
    setting = "The demo library (XDG_DATA_HOME)" if location == DEMO else f"The library {location}"
    with naming(setting, "Choose a folder that can be written.", only=OSError):
        return cast("EmbeddedLibrary", embedded.open_library(location))


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
    """An ASGI websocket: two queues between the client's task and the application's."""

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
        """Wait until the application has accepted the connection."""
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
        """Disconnect and wait briefly for the application to end."""
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
