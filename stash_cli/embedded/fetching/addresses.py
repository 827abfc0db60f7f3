"""Which network addresses are public: those that a stranger may have the library connect to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48"))
_NEVER = tuple(
    ip_network(text)
    for text in (
        *("::/96", "2001::/32", "2002::/16", "fec0::/10"),  # carry other addresses, or are site-local
        *("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "100.64.0.0/10"),
    )
)


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet; what carries another address is judged by that."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in network for network in _NAT64):
            address = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
