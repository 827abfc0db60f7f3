"""The embedded library in this process: the same requests, handed to its ASGI app without a port."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError, StashInputError, did_you_mean
from stash_cli.core.log import logger
from stash_cli.core.settings import DEMO
from stash_cli.core.transport.asgi import open_asgi_channel
from stash_cli.core.transport.background_loop import LoopThread, in_daemon_thread
from stash_cli.core.transport.files import download_url, same_origin
from stash_cli.core.transport.http import HttpTransport, load_httpx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    import httpx

    from stash_cli.core.settings import Connection
    from stash_cli.core.transport.socket import Channel
    from stash_cli.embedded import Library

_LEAVES_AFTER = 2.0
"""Seconds for the library to close while a request that was given up is still worked on."""


class InProcessTransport(HttpTransport):
    """An embedded library, opened with the first request and closed with the transport."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._library: Library | None = None
        self._opening = threading.Lock()
        self._background = LoopThread("stash-library")

    @property
    def endpoint(self) -> str:
        return "http://embedded/graphql"

    @property
    def library(self) -> Library:
        """The open library."""
        with self._opening:
            if self._library is None:
                require_file(self.connection)
                self._library = open_library(self.connection.location)
            return self._library

    def make_client(self) -> httpx.AsyncClient:
        library, background = load_httpx(), self._background

        class Recorded(library.ASGITransport):  # type: ignore[misc, name-defined]
            """Reports what it does like httpcore; the app has the whole request from the start."""

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                trace = request.extensions.get("trace", _unheard)
                await trace("asgi.send_request_headers.started", {"request": request})
                await trace("asgi.send_request_body.complete", {})
                answer: httpx.Response = await background.run(super().handle_async_request(request))
                await trace("asgi.receive_response_headers.complete", {})
                return answer

        return library.AsyncClient(  # type: ignore[no-any-return]
            transport=Recorded(app=self.library.app),
            headers={"Content-Type": "application/json"},
            timeout=self.connection.timeout,
            trust_env=False,
        )

    def download(self, address: str) -> AsyncGenerator[bytes, None]:
        if not same_origin(download_url(self.endpoint, address), self.endpoint):
            raise StashInputError(f"{address} is not a file of this library.")
        return super().download(address)

    async def open_channel(self) -> Channel:
        return await open_asgi_channel(self.library.app)

    async def close(self) -> None:
        """Close the library once its jobs have ended; an interrupted caller has them stopped.

        Work that goes on although its request was given up is waited for a moment only.
        """
        await super().close()
        library, self._library = self._library, None
        if library is None:
            return
        task = asyncio.current_task()
        # In threads: jobs report their progress to sockets on this loop.
        if task is not None and task.cancelling():
            await in_daemon_thread(partial(library.jobs.close, drain=False), "stash-jobs-end")
        try:
            async with asyncio.timeout(_LEAVES_AFTER if self._background.is_busy else None):
                await in_daemon_thread(library.close, "stash-library-end")
        except TimeoutError:
            logger.info("The library still works on a request that was given up.")
        except asyncio.CancelledError:
            await in_daemon_thread(partial(library.jobs.close, drain=False), "stash-jobs-end")
            raise
        finally:
            self._background.stop()


def require_file(connection: Connection) -> None:
    """Raise StashConfigurationError for a missing library that may not be made; the demo always may."""
    path = Path(connection.location)
    if connection.location == DEMO or (connection.create and not connection.read_only) or path.exists():
        return
    folder = path.parent
    names = [each.name for each in folder.iterdir() if each.is_file()] if folder.is_dir() else []
    raise StashConfigurationError(
        f"There is no library {path}. {did_you_mean(path.name, names)}".rstrip(),
        hint="Commands that write make a new library, unless they are read-only.",
    )


async def _unheard(event: str, info: Mapping[str, Any]) -> None:
    """For requests that nobody keeps a record of."""


def open_library(location: str) -> Library:
    """Open an embedded library; raises StashConfigurationError where the extra is not installed."""
    try:
        from stash_cli import embedded
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("stash_cli"):
            raise
        raise StashConfigurationError(
            f"Embedded libraries need the package {error.name}.", hint="pip install 'stash-cli[embedded]'"
        ) from error
    return embedded.open_library(location)
