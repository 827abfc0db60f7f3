"""HTTP downloads of pictures: public addresses only; redirects, bytes and seconds are bounded."""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_NAT64 = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48"))
_NEVER = tuple(
    ip_network(text)
    for text in (
        # These networks embed other addresses, or are site-local.
        *("::/96", "2001::/32", "2002::/16", "fec0::/10"),
        *("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "100.64.0.0/10"),
    )
)


def is_public(text: str) -> bool:
    """Whether an address is public; NAT64 and mapped IPv4 addresses are judged by the embedded one."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in network for network in _NAT64):
            address = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


# Seconds without a byte.
_LONGEST_READ = 20.0


class FetchError(Exception):
    """A download that failed; the message is worded as a server's."""


class ForbiddenAddressError(FetchError):
    """A host whose address must not be connected to."""


class FetchDeadline:
    """The deadline of a download."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def remaining(self, most: float | None = None) -> float:
        """Seconds until the deadline, at most `most`. Raises httpcore.ReadTimeout past it."""
        remaining = self._ends - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("timeout exceeded")
        return remaining if most is None else min(remaining, most)


class CheckedBackend(httpcore.NetworkBackend):
    """Network backend that resolves a host, checks all its addresses, and connects to a checked one.

    Checking the name alone would allow a second lookup to return another address (DNS rebinding).
    """

    def __init__(self, deadline: FetchDeadline, *, private_addresses: bool) -> None:
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
        address = self._resolve(host, port)
        remaining = self._deadline.remaining(timeout)
        stream = self._plain.connect_tcp(address, port, remaining, local_address, socket_options)
        return BoundedStream(stream, self._deadline)

    def _resolve(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as failure:
            raise httpcore.ConnectError(f"lookup {host}: {failure}") from failure
        addresses = [str(entry[4][0]) for entry in found]
        if not self._private and not all(map(is_public, addresses)):
            raise ForbiddenAddressError(f"{host} is not an address of the public internet")
        # Exactly this address is connected to; a second lookup might return another one.
        return addresses[0]


class BoundedStream(httpcore.NetworkStream):
    """A connection on which every step ends by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: FetchDeadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(timeout or _LONGEST_READ))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining(timeout or _LONGEST_READ))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        remaining = self._deadline.remaining(timeout or _LONGEST_READ)
        return BoundedStream(self._stream.start_tls(ssl_context, server_hostname, remaining), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


_REDIRECTS = 5
"""The largest number of redirects that are followed."""
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_FIRST_ERROR_STATUS = 400
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "stash-cli",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
}
# Characters that a URL may contain unquoted.
_UNSAFE = "!#$%&'()*+,/:;=?@[]~"


def download(url: str, *, most_bytes: int, seconds: float, private_addresses: bool = False) -> bytes:
    """Download the content at `url`. Raises FetchError.

    `seconds` limit the whole download with its redirects; content of more than `most_bytes` is refused.
    """
    backend = CheckedBackend(FetchDeadline(seconds), private_addresses=private_addresses)
    try:
        with httpcore.ConnectionPool(network_backend=backend) as pool:
            return _follow_redirects(pool, url, most_bytes)
    except ForbiddenAddressError as reason:
        raise ForbiddenAddressError(f'Get "{url}": {reason}') from None
    except (httpcore.TimeoutException, TimeoutError):
        raise FetchError(f'Get "{url}": timeout exceeded') from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError, LookupError) as failure:
        raise FetchError(f'Get "{url}": {failure}') from None


def _follow_redirects(pool: httpcore.ConnectionPool, url: str, most_bytes: int) -> bytes:
    target = url
    for _ in range(_REDIRECTS + 1):
        scheme = urlsplit(target).scheme
        if scheme not in {"http", "https"}:
            raise FetchError(f'Get "{target}": unsupported protocol scheme "{scheme}"')
        with pool.stream("GET", _normalised(target), headers=_HEADERS) as answer:
            if answer.status in _REDIRECT_STATUSES and (place := _location(answer.headers)):
                target = urljoin(target, place)
                continue
            if answer.status >= _FIRST_ERROR_STATUS:
                raise FetchError(f"http error {answer.status}")
            return _content(answer, target, most_bytes)
    raise FetchError(f'Get "{target}": stopped after {_REDIRECTS} redirects')


def _normalised(url: str) -> str:
    """`url` without credentials and fragment, in ASCII."""
    parts = urlsplit(url)
    # Credentials in a URL would be sent to wherever a redirect leads.
    netloc = parts.netloc.rpartition("@")[2].encode("idna").decode()
    return quote(parts._replace(netloc=netloc, fragment="").geturl(), safe=_UNSAFE)


def _location(headers: Iterable[tuple[bytes, bytes]]) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == b"location"), "")


def _content(answer: httpcore.Response, url: str, most_bytes: int) -> bytes:
    content = bytearray()
    for chunk in answer.iter_stream():
        content += chunk
        if len(content) > most_bytes:
            raise FetchError(f'Get "{url}": larger than {most_bytes} bytes')
    return bytes(content)
