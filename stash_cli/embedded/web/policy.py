"""The access policy of a served library: origins, host names, proxies, and the addresses in headers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from stash_cli.core.errors import StashConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable


Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_LAST_PORT = 65535
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_ORIGIN = re.compile(r"(https?)://([^/?#\s]+)", re.IGNORECASE)
_LOCAL = tuple(
    ip_network(text)
    for text in (
        # Loopback.
        *("127.0.0.0/8", "::1/128"),
        # Private networks.
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
        # Link-local.
        *("169.254.0.0/16", "fe80::/10"),
        # Shared by the customers of a carrier (CGNAT).
        "100.64.0.0/10",
    )
)


@dataclass(frozen=True)
class Host:
    """A `Host` header: lower-case name or address without brackets, and port."""

    name: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Host | None:
        """Parse a header; None for an invalid one. A trailing dot of the name is removed."""
        matched = _HOST.fullmatch(text.strip())
        if matched is None:
            return None
        if matched[2] and int(matched[2]) > _LAST_PORT:
            return None
        name = matched[1].lower().removeprefix("[").removesuffix("]").removesuffix(".")
        return cls(name, int(matched[2]) if matched[2] else None) if name else None


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of an origin (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Origin | None:
        """Parse an `Origin` header; None for `null` and for origins that are not HTTP."""
        matched = _ORIGIN.fullmatch(text)
        host = None if matched is None else Host.parse(matched[2])
        if matched is None or host is None:
            return None
        scheme = matched[1].lower()
        return cls(scheme, host.name, host.port or _PORTS[scheme])

    @classmethod
    def of_url(cls, text: str) -> Origin | None:
        """The origin of an HTTP URL, or None."""
        matched = _ORIGIN.match(text)
        return None if matched is None else cls.parse(matched[0])

    @classmethod
    def of(cls, scheme: str, host: Host) -> Origin:
        """The origin of pages at `scheme` and `host`."""
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        return cls(scheme, host.name, host.port or _PORTS.get(scheme, 0))

    def __str__(self) -> str:
        """The origin as a browser writes it, without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def parse_address(text: str) -> Address | None:
    """Parse an IP address without its zone, with mapped IPv6 as IPv4; None for other text."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_loopback(text: str) -> bool:
    """Whether `text` is a loopback address."""
    address = parse_address(text)
    return address is not None and address.is_loopback


def is_local(text: str) -> bool:
    """Whether `text` is a loopback, private, link-local or carrier-grade NAT address."""
    return is_within(text, _LOCAL)


def is_within(text: str, networks: Iterable[Network]) -> bool:
    """Whether `text` is an address in one of `networks`."""
    address = parse_address(text)
    return address is not None and any(address in network for network in networks)


@dataclass(frozen=True)
class WebPolicy:
    """The access that the owner permits in addition to requests to the server's own address.

    Pages of the `origins` may use the library, `hosts` are further names of the server, and the forwarding
    headers of proxies in the networks `proxies` are trusted.
    """

    origins: frozenset[Origin] = frozenset()
    hosts: frozenset[str] = frozenset()
    proxies: tuple[Network, ...] = ()

    @classmethod
    def parse(
        cls, origins: Iterable[str] = (), hosts: Iterable[str] = (), proxies: Iterable[str] = ()
    ) -> WebPolicy:
        """Parse the owner's settings. Raises StashConfigurationError."""
        return cls(
            frozenset(_origin(text) for text in origins),
            frozenset(_host(text) for text in hosts),
            tuple(_network(text) for text in proxies),
        )

    def with_host(self, name: str) -> WebPolicy:
        """The policy of a server that listens on `name`; an address needs no entry."""
        return self if parse_address(name) else replace(self, hosts=self.hosts | {name.lower()})

    def allows_host(self, host: Host, bound: str | None) -> bool:
        """Whether requests may name `host`; `bound` is the local address of the connection.

        Other names are refused, because an attacker can let a name of his own resolve to this machine (DNS
        rebinding).
        """
        if host.name == "localhost" or host.name in self.hosts or is_loopback(host.name):
            return True
        address = parse_address(host.name)
        if bound is None or address is None or address.is_unspecified:
            return False
        return address == parse_address(bound)

    def is_proxy(self, address: str) -> bool:
        """Whether the forwarding headers of this peer are trusted."""
        return is_within(address, self.proxies)


def _origin(text: str) -> Origin:
    origin = Origin.parse(text.strip().removesuffix("/"))
    if origin is None:
        raise StashConfigurationError(
            f"{text!r} is not an origin.",
            hint="An origin is like https://app.example or http://localhost:3000.",
        )
    return origin


def _host(text: str) -> str:
    host = Host.parse(text) or Host.parse(f"[{text}]")
    if host is None or host.port is not None:
        raise StashConfigurationError(
            f"{text!r} is not a host name.",
            hint="A host name is like media.example; it holds for every port.",
        )
    return host.name


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise StashConfigurationError(
            f"{text!r} is not an address or a network.", hint="A proxy is like 192.168.1.2 or 172.18.0.0/16."
        ) from None
