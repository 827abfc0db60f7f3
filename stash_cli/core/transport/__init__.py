"""How requests reach a server: HTTP, websocket, or the embedded library in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.transport.base import GraphQLRequest, GraphQLResponse, Transport

if TYPE_CHECKING:
    from stash_cli.core.settings import Connection

__all__ = ["GraphQLRequest", "GraphQLResponse", "Transport", "open_transport"]


def open_transport(connection: Connection) -> Transport:
    """The transport that the connection's URL selects; nothing is sent yet."""
    if connection.is_embedded:
        from stash_cli.core.transport.in_process import InProcessTransport

        return InProcessTransport(connection)
    from stash_cli.core.transport.http import HttpTransport

    return HttpTransport(connection)
