"""Limits on connections to a served library: their number, and the time for receiving a request.

Responses have no time limit, because a video is read at the speed of its player.
"""

from __future__ import annotations

from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from stash_cli.embedded.web.policy import WebPolicy

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

    When the limit is reached, a new connection replaces the one that has waited longest for its request.
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
        everybody: list[Any] = list(self.connections)
        if len(everybody) > MAX_CONNECTIONS:
            return _end_oldest(everybody, self)
        same = self._of_same_address(everybody)
        return len(same) <= MAX_PER_ADDRESS or _end_oldest(same, self)

    def _of_same_address(self, connections: Iterable[Any]) -> list[Any]:
        """The connections from the same address; none for a proxy, which stands for many clients."""
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
        # A response would be taken for the answer to a request that is just being sent.
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


def _end_oldest(connections: Iterable[Any], new: BoundedProtocol) -> bool:
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
