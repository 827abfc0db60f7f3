"""Serves a library over HTTP and websocket, with limits on connections and the time to send a request."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import closing, contextmanager
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from stash_cli.core.errors import StashConfigurationError
from stash_cli.embedded import open_library
from stash_cli.embedded.library.library import remove_abandoned_downloads
from stash_cli.embedded.library.settings import Credentials
from stash_cli.embedded.web.app import create_served_app
from stash_cli.embedded.web.policy import WebPolicy

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Iterator


ARRIVAL = 20.0
"""Seconds for receiving a request, plus one for every `MIN_BYTES_PER_SECOND` bytes."""
MIN_BYTES_PER_SECOND = 8 * 1024
MAX_CONNECTIONS = 500
"""Simultaneous connections, well below the usual limit on open files."""
MAX_PER_ADDRESS = 100
"""Simultaneous connections from one address, except from configured proxies."""
MAX_SOCKETS, MAX_SOCKETS_PER_ADDRESS = 250, 50
"""Simultaneous websockets, which are long-lived."""


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with limits; `bounded` sets its policy.

    Responses have no time limit, because a video is read at the speed of its player.
    At the limit of connections, a new one replaces the connection that has waited longest for its request.
    """

    policy: ClassVar[WebPolicy]
    arrival: ClassVar[float]

    _timer: asyncio.TimerHandle | None = None
    _started = 0.0
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_watching()
        if not self._is_within_limits():
            self._answer_and_close(503, "Too many connections")

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._start_watching()
        self._received += len(data)
        super().data_received(data)
        if not self.is_arriving:
            self._stop_watching()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self._start_watching()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._stop_watching()
        sockets: list[Any] = [other for other in self.connections if not isinstance(other, BoundedProtocol)]
        if len(sockets) >= MAX_SOCKETS or len(self._of_same_address(sockets)) >= MAX_SOCKETS_PER_ADDRESS:
            self._answer_and_close(503, "Too many websockets")
        else:
            super().handle_websocket_upgrade(event)

    @property
    def is_arriving(self) -> bool:
        """Whether a request, or the rest of one, is expected."""
        return self.conn.their_state in {h11.IDLE, h11.SEND_BODY}

    def _is_within_limits(self) -> bool:
        """Whether the connection is within the limits, possibly after closing an idle one."""
        connections: list[Any] = list(self.connections)
        if len(connections) > MAX_CONNECTIONS:
            return _close_oldest(connections, self)
        same_address = self._of_same_address(connections)
        return len(same_address) <= MAX_PER_ADDRESS or _close_oldest(same_address, self)

    def _of_same_address(self, connections: Iterable[Any]) -> list[Any]:
        """The connections from the same address; none for a proxy, which forwards many clients."""
        address = self.client[0] if self.client else ""
        if self.policy.is_proxy(address):
            return []
        return [other for other in connections if other.client and other.client[0] == address]

    def _start_watching(self) -> None:
        if self._timer is None:
            self._started = self.loop.time()
            self._timer = self.loop.call_later(self.arrival, self._check)

    def _stop_watching(self) -> None:
        self._received = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        """Close a request that is late, unless the library itself has paused reading."""
        end = self._started + self.arrival + self._received / MIN_BYTES_PER_SECOND
        if self.flow.read_paused:
            self._timer = self.loop.call_later(self.arrival, self._check)
        elif self.loop.time() < end:
            self._timer = self.loop.call_at(end, self._check)
        else:
            self.end()

    def end(self) -> None:
        """Close a connection whose request does not arrive."""
        has_begun = self._received > 0
        self._stop_watching()
        if has_begun:
            self._answer_and_close(408, "The request did not arrive in time")
        # No response without a request: the client would assign it to the request it is about to send.
        else:
            self.transport.close()

    def _answer_and_close(self, status: int, text: str) -> None:
        """Send an error response unless one has started, and close the connection."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
        content = text.encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(content)))]
        headers.append(("Connection", "close"))
        response = h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase)
        for event in (response, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def bounded(policy: WebPolicy, arrival: float = ARRIVAL) -> type[BoundedProtocol]:
    """The protocol class of one server; `arrival` in seconds."""
    return type("BoundedProtocol", (BoundedProtocol,), {"policy": policy, "arrival": arrival})


def _close_oldest(connections: Iterable[Any], new: BoundedProtocol) -> bool:
    """Close the connection that has waited longest for a request; False without one."""
    waiting = [
        other
        for other in connections
        if isinstance(other, BoundedProtocol) and other is not new and other.is_arriving
    ]
    oldest = min(waiting, key=attrgetter("_started"), default=None)
    if oldest is not None:
        oldest.end()
    return oldest is not None


# Seconds that open requests have to finish.
_SHUTDOWN = 5
# Bytes of a websocket message; larger documents have to be sent by POST.
_MAX_MESSAGE = 4 * 1024 * 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class LibraryServer:
    """A server for one library on one port; port 0 selects a free one. Usable from any thread.

    `policy` permits further origins, hosts and proxies; `arrival` is the time limit in seconds for receiving
    a request; further options open the library. Raises StashConfigurationError when the address is not
    available. While it serves, `is_open` is true if the library has no password; afterwards `interrupted_by`
    is the signal that stopped it, or None.
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
        self._policy = (policy or WebPolicy()).with_host(host)
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

        self._server = _Server(self._config(app), announce)
        self._server.run(sockets=[listener])
        self.interrupted_by = self._server.signal

    def _config(self, app: Any) -> uvicorn.Config:
        return uvicorn.Config(
            app,
            http=bounded(self._policy, self._arrival),
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=_MAX_MESSAGE,
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            # The policy decides which proxies are trusted.
            proxy_headers=False,
            timeout_graceful_shutdown=_SHUTDOWN,
        )

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
        # A second signal ends the process at once, even while it waits for open requests.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        old_handlers = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in old_handlers.items() if self.signal is None else ():
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
