"""A library served over loopback HTTP with a given policy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from library_client import copy_empty_library

from stash_cli.embedded.library.limits import DEFAULT_LIMITS, Limits
from stash_cli.embedded.server import LibraryServer
from stash_cli.embedded.web.policy import WebPolicy

VERSION = {"query": "{ version { version } }"}
CONFIGURE = "mutation($input: ConfigGeneralInput!) { configureGeneral(input: $input) { username } }"


@contextmanager
def serve_library(
    path: Path,
    *,
    host: str = "127.0.0.1",
    arrival: float = 20.0,
    allow_sql: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    **policy: Any,
) -> Iterator[str]:
    """URL of the library at `path`, created if missing; `policy` holds arguments of WebPolicy.parse."""
    allowed = WebPolicy.parse(**policy)
    options = {"arrival": arrival, "allow_sql": allow_sql, "limits": limits}
    server = LibraryServer(str(copy_empty_library(path)), host, 0, policy=allowed, **options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.wait_until_ready(timeout=60)
    finally:
        server.stop()
        thread.join(timeout=60)


def ask(
    url: str, query: str = "{ version { version } }", headers: Any = None, **variables: Any
) -> httpx.Response:
    """The response to a posted GraphQL document."""
    body = {"query": query, "variables": variables}
    return httpx.post(
        f"{url}/graphql", json=body, headers=headers, verify=False, timeout=60
    )  # avoids loading certificates


def set_password(url: str, username: str = "ada", password: str = "secret") -> None:
    """Set user name and password of a library."""
    given = {"username": username, "password": password}
    assert "errors" not in ask(url, CONFIGURE, input=given).json()


def client_from(address: str, url: str) -> httpx.Client:
    """A client that connects from another address of this machine."""
    return httpx.Client(base_url=url, transport=httpx.HTTPTransport(local_address=address))


def open_socket(url: str) -> socket.socket:
    """An open TCP connection."""
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=60)


def read_to_end(connection: socket.socket) -> bytes:
    """Bytes received until the peer closes the connection."""
    received = b""
    while part := connection.recv(65536):
        received += part
    return received
