"""Serves a library over HTTP and websocket."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from stash_cli.core.errors import StashConfigurationError
from stash_cli.embedded import open_library
from stash_cli.embedded.library.settings import Credentials
from stash_cli.embedded.library.temporary import remove_abandoned_downloads
from stash_cli.embedded.web.app import create_served_app
from stash_cli.embedded.web.connections import ARRIVAL, bounded
from stash_cli.embedded.web.policy import WebPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Seconds that open requests have to finish.
_SHUTDOWN = 5
# Bytes of a websocket message; larger documents are posted.
_LARGEST_MESSAGE = 4 * 1024 * 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class LibraryServer:
    """A server for one library on one port; port 0 selects a free one. Usable from any thread.

    `policy` permits further origins, hosts and proxies; `arrival` is the time limit in seconds for receiving
    a request; further options open the library. Raises StashConfigurationError when the address is not
    available. Once it serves, `is_open` says whether the library has no password; `interrupted_by` is the
    signal that stopped it, if any.
    """

    def __init__(
        self,
        location: str,
        host: str = "127.0.0.1",
        port: int = 9999,
        *,
        policy: WebPolicy | None = None,
        arrival: float = ARRIVAL,
        **options: Any,
    ) -> None:
        self._location = location
        self._arrival = arrival
        self._policy = (policy or WebPolicy()).reached_at(host)
        self._options = options
        self._host, self._port = host, port
        self._ready = threading.Event()
        self._server: _Server | None = None
        self.url = ""
        self.is_open = False
        self.interrupted_by: int | None = None

    def run(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Serve until stopped; `on_ready` receives the base URL once requests are accepted."""
        try:
            with closing(_listen(self._host, self._port)) as listener:
                self.url = _url(self._host, listener.getsockname()[1])
                remove_abandoned_downloads()
                library = open_library(self._location, **self._options)
                try:
                    self.is_open = not Credentials.read(library).needed
                    self._serve(create_served_app(library, self._policy), listener, on_ready)
                finally:
                    library.jobs.close(drain=False)
                    library.close()
        finally:
            self._ready.set()

    def _serve(self, app: Any, listener: socket.socket, on_ready: Callable[[str], None] | None) -> None:
        def announce() -> None:
            self._ready.set()
            if on_ready is not None:
                on_ready(self.url)

        config = uvicorn.Config(
            app,
            http=bounded(self._policy, self._arrival),
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            # The policy decides which proxies are trusted.
            proxy_headers=False,
            timeout_graceful_shutdown=_SHUTDOWN,
        )
        self._server = _Server(config, announce)
        self._server.run(sockets=[listener])
        self.interrupted_by = self._server.signal

    def wait_until_ready(self, timeout: float | None = None) -> str:
        """The base URL once requests are accepted. Raises TimeoutError."""
        if not self._ready.wait(timeout) or self._server is None:
            raise TimeoutError("the library server did not start")
        return self.url

    def stop(self) -> None:
        """Stop the server; `run` returns when open requests are finished."""
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """Reports readiness; a signal stops it without being re-raised, so that the library is closed."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self.signal: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.signal = sig
        # A second signal ends the process at once, whatever it waits for.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items() if self.signal is None else ():
                signal.signal(number, handler)


def serve(
    location: str,
    host: str = "127.0.0.1",
    port: int = 9999,
    on_ready: Callable[[str], None] | None = None,
    *,
    policy: WebPolicy | None = None,
    **options: Any,
) -> int | None:
    """Serve the library at `location` until a signal, which is returned."""
    server = LibraryServer(location, host, port, policy=policy, **options)
    server.run(on_ready)
    return server.interrupted_by


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as failure:
        raise StashConfigurationError(f"Cannot serve on {host}:{port}: {failure.strerror}") from failure
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as failure:
        listener.close()
        raise StashConfigurationError(
            f"Cannot serve on {host}:{port}: {failure.strerror}", hint="Choose another port with --port."
        ) from failure
    return listener


def _url(host: str, port: int) -> str:
    """The base URL of a server that listens on `host`; of one on all addresses, the loopback URL."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
