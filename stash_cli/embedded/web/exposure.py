"""Keeps a library without credentials from the public internet: who came from there, and what follows.

One request from a public address shows that everybody can reach the library. From then on nobody is
answered, until a user name and a password are set in its file.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from stash_cli.embedded.writing.settings import read_part, write_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from starlette.requests import HTTPConnection

    from stash_cli.embedded.library import Library

_PART, _FIELD = "exposure", "accessedFrom"
_LOCAL = tuple(
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "::1/128"),  # this machine
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),  # private networks
        *("169.254.0.0/16", "fe80::/10"),  # the next wire
        "100.64.0.0/10",  # shared by the customers of a carrier
    )
)
REFUSAL = (
    "This library has no user name and password, and was reached from a public address."
    " It answers again when both are set: open its file with --url embedded:FILE to do so."
)


def public_address(request: HTTPConnection) -> str | None:
    """The first address on the way of a request that is no local one; None when all are.

    What a proxy says about the way counts when the proxy itself is local.
    """
    return next((address for address in _way(request) if not _is_local(address)), None)


def _way(request: HTTPConnection) -> Iterator[str]:
    if request.client is not None:
        yield request.client.host
    forwarded = request.headers.get("x-forwarded-for", "")
    yield from (address.strip() for address in forwarded.split(",") if forwarded)


def _is_local(text: str) -> bool:
    """Whether `text` is an address of a private network or of this machine; what is none is not."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _LOCAL)


def exposed(connection: Connection) -> bool:
    """Whether the library was reached from a public address while it had no credentials."""
    return bool(read_part(connection, _PART).get(_FIELD))


def expose(library: Library, address: str) -> None:
    """Remember that `address` got through."""
    with library.database.write() as connection:
        write_part(connection, _PART, {_FIELD: address})


def forget_exposure(connection: Connection) -> None:
    """Answer again: there are credentials now."""
    if exposed(connection):
        write_part(connection, _PART, {})
