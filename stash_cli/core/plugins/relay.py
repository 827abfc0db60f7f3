"""A loopback server that forwards requests to the connected server, for a simulated plugin.

A plugin receives only a scheme, a host, a port and a session: no path, no API key, and no embedded library.
So it connects to this relay, which forwards its requests over the transport of the connection. Only requests
with the relay's own session or the server's key are forwarded, because other users can reach the port.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Self

from stash_cli.core.errors import StashError
from stash_cli.core.plugins.plugin_input import KEY_QUERY
from stash_cli.core.tasks import cancel_tasks
from stash_cli.core.transport.base import GraphQLRequest
from stash_cli.core.transport.http import HttpTransport, load_httpx

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session

_LARGEST = 64 * 1024 * 1024
"""Maximum bytes of one request."""
_PASSED_ON = ("content-type", "accept", "range")
_PASSED_BACK = ("content-type", "content-range", "accept-ranges", "location", "cache-control", "date")


class Relay:
    """The relay of one connection; a context manager. The plugin has to send `session`."""

    def __init__(self, session: Session, transport: HttpTransport) -> None:
        self._session, self._transport = session, transport
        self.session = secrets.token_urlsafe(24)
        self._keys: list[str] = []
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.url = ""

    async def __aenter__(self) -> Self:
        with suppress(StashError):  # a server that is not set up has no key
            general = (await self._session.execute(KEY_QUERY))["configuration"]["general"]
            self._keys = [general["apiKey"]] if general.get("apiKey") else []
        # Port 0: the system chooses a free one, so that several simulations can run at the same time.
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._server is not None:
            self._server.close()
        await cancel_tasks(self._connections)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Forward one request; return whether the connection stays open. Raises ValueError."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        size = int(headers.get("content-length") or 0)
        # Chunked bodies are refused rather than parsed: clients of GraphQL send the length.
        if "transfer-encoding" in headers or size > _LARGEST:
            await _answer(writer, 411 if size <= _LARGEST else 413)
            return False
        body = await reader.readexactly(size)
        # The relay forwards single requests and responses, so websockets are not supported.
        if headers.get("upgrade"):
            await _answer(writer, 501)
            return False
        if not self._is_allowed(headers):
            await _answer(writer, 401)
        elif self._session.connection.read_only and not _only_reads(method, body):
            await _answer(writer, 200, _READ_ONLY, {"content-type": "application/json"})
        else:
            await self._pass_on(method, path, headers, body, writer)
        return headers.get("connection", "").lower() != "close"

    def _is_allowed(self, headers: dict[str, str]) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get("session")
        except CookieError:
            cookie = None
        given = [cookie.value] if cookie else []
        known = [self.session] if not headers.get("apikey") else self._keys
        given = [headers["apikey"]] if headers.get("apikey") else given
        # In constant time, so that the duration does not reveal how much of the session was correct.
        return any(
            hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
            for one in known
            for other in given
        )

    async def _pass_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        # The client of the connection has the key, the proxy and the certificates, which the plugin lacks.
        client = await self._transport.clients.get()
        kept = {name: headers[name] for name in _PASSED_ON if name in headers}
        url = self._transport.endpoint.removesuffix("/graphql") + path
        try:
            answer = await client.request(method, url, content=body, headers=kept)
        except load_httpx().HTTPError:
            await _answer(writer, 502)
            return
        told = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        await _answer(writer, answer.status_code, answer.content, told)


_READ_ONLY = b'{"data": null, "errors": [{"message": "this connection is read-only"}]}'


def _only_reads(method: str, body: bytes) -> bool:
    """Whether a request changes nothing: a GET, or a document without a mutation."""
    if method == "GET":
        return True
    try:
        given = json.loads(body)
        request = GraphQLRequest(str(given["query"]), {}, given.get("operationName"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return not request.is_mutation


async def _answer(
    writer: asyncio.StreamWriter, status: int, body: bytes = b"", headers: dict[str, str] | None = None
) -> None:
    facts = {**(headers or {}), "content-length": str(len(body))}
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in facts.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    await writer.drain()
