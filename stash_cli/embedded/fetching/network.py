"""Connections to addresses that were checked, ended by a deadline."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import httpcore

from stash_cli.embedded.fetching.addresses import is_public

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_LONGEST_READ = 20.0  # seconds without a byte


class ForbiddenAddressError(Exception):
    """A host at an address that may not be connected to."""


class Deadline:
    """A moment by which everything has to be done."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Seconds that are left, at most `most`; raises httpcore.ReadTimeout when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("timeout exceeded")
        return left if most is None else min(left, most)


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves a host, checks what it resolves to, and connects to just that."""

    def __init__(self, deadline: Deadline, *, private_addresses: bool) -> None:
        self._deadline = deadline
        self._private = private_addresses
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises ForbiddenAddressError when any address of the host is not public."""
        address = self._resolved(host, port)
        left = self._deadline.left(timeout)
        stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
        return BoundedStream(stream, self._deadline)

    def _resolved(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as failure:
            raise httpcore.ConnectError(f"lookup {host}: {failure}") from failure
        addresses = [str(entry[4][0]) for entry in found]
        if not self._private and not all(map(is_public, addresses)):
            raise ForbiddenAddressError(f"{host} is not an address of the public internet")
        return addresses[0]


class BoundedStream(httpcore.NetworkStream):
    """A connection whose every step ends by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout or _LONGEST_READ))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout or _LONGEST_READ))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout or _LONGEST_READ)
        return BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
