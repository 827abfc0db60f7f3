"""Transports: HTTP with websockets, and the embedded library in this process."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from stash_cli.core.transport.base import GraphQLRequest, GraphQLResponse, Transport

if TYPE_CHECKING:
    from stash_cli.core.settings import Connection

__all__ = ["GraphQLRequest", "GraphQLResponse", "Transport", "open_transport"]


TRANSPORTS = {
    "embedded": "stash_cli.core.transport.in_process:InProcessTransport",
    "http": "stash_cli.core.transport.http:HttpTransport",
    "https": "stash_cli.core.transport.http:HttpTransport",
}
"""URL scheme -> transport by dotted name, imported when a connection first selects it."""


def open_transport(connection: Connection) -> Transport:
    """Create the transport for the connection's URL scheme; no connection is opened yet."""
    module, _, name = TRANSPORTS[connection.url.partition(":")[0].lower()].partition(":")
    return cast("Transport", getattr(import_module(module), name)(connection))
