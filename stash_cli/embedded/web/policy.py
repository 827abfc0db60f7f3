"""The access policy of a served library: origins, host names and proxies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashConfigurationError
from stash_cli.embedded.web.addresses import Host, Network, Origin, is_loopback, is_within, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class WebPolicy:
    """The access that the owner permits beyond requests to the server's own address.

    `origins` are those of other pages that may use the library, `hosts` further names of the server,
    `proxies` the networks whose forwarding headers are trusted.
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

    def reached_at(self, name: str) -> WebPolicy:
        """The policy of a server that listens on `name`; an address needs no entry."""
        return self if parse_address(name) else replace(self, hosts=self.hosts | {name.lower()})

    def allows_host(self, host: Host, bound: str | None) -> bool:
        """Whether requests may name `host`; `bound` is the local address of the connection.

        An unknown name may be one that somebody else points at this machine.
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
