"""A scripted HTTP server with canned GraphQL responses and connection faults."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from loopback import Loopback

from stash_cli.core.client.session import Session
from stash_cli.core.settings import Connection, normalise_url

Answer = Callable[[dict[str, Any]], Any]

RESET, HANG = object(), object()
"""Instead of a response: reset the connection, or never respond."""


def http_response(status: int, body: bytes | str, content_type: str = "text/plain", **headers: str) -> bytes:
    """A complete HTTP response."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def graphql_response(data: Any = None, errors: list[Any] | None = None, status: int = 200) -> bytes:
    payload = {"data": data, **({"errors": errors} if errors else {})}
    return http_response(status, json.dumps(payload), "application/json")


def truncated_response(data: Any) -> bytes:
    """A response that ends in the middle of its body."""
    whole = graphql_response(data)
    return whole[:-5]


def error_response(message: str, *path: str, data: Any = None, **extra: Any) -> bytes:
    error = {"message": message, **({"path": list(path)} if path else {}), **extra}
    return graphql_response(data, [error])


@cache
def schema() -> dict[str, Any]:
    """The embedded library's answer to introspection."""
    from graphql import introspection_from_schema

    from stash_cli.embedded.graphql.schema import library_schema

    return dict(introspection_from_schema(library_schema(), descriptions=False))


class CannedServer:
    """Answers requests with `answer(payload)`; records the payloads."""

    def __init__(self, answer: Answer, **options: Any) -> None:
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self.version = "v0.31.0"
        self.loopback = Loopback(self.handle, **options)

    @property
    def url(self) -> str:
        return self.loopback.url

    @property
    def connections(self) -> int:
        """How many there were so far."""
        return self.loopback.connections

    @property
    def operations(self) -> list[str]:
        """Names of the received operations, in order."""
        return [each.get("operationName") or each["query"].split()[1] for each in self.requests]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            self.headers.append(head)
            length = next(int(x[15:]) for x in head.split("\r\n") if x.lower().startswith("content-length:"))
            if not await self.reply(json.loads(await reader.readexactly(length)), writer):
                return

    async def reply(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        """Send the answer; False when the connection is over."""
        self.requests.append(request)
        answer = self.answer(request)
        answer = await answer if asyncio.iscoroutine(answer) else answer
        if answer is HANG:
            await asyncio.sleep(30)
        if answer is RESET:
            writer.transport.abort()
            return False
        raw = answer if isinstance(answer, bytes) else graphql_response(self.with_version(request, answer))
        writer.write(raw)
        await writer.drain()
        return raw.count(b"\r\n\r\n") == 1 and int(
            raw.split(b"Content-Length: ")[1].split(b"\r\n")[0]
        ) == len(raw.split(b"\r\n\r\n", 1)[1])

    def with_version(self, request: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        rider = {"_server": {"version": self.version, "hash": "abc"}}
        return {**data, **rider} if "_server" in request["query"] else data


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return ""


def with_schema(answer: Answer) -> Answer:
    """`answer`, with introspection answered from our own schema."""
    return lambda request: schema() if "__schema" in request["query"] else answer(request)


CERTIFICATE = Path(__file__).with_name("client_localhost.pem")
"""Self-signed certificate and key, valid for localhost from 2020 to 2120."""


@asynccontextmanager
async def canned_server(answer: Answer, *, tls: bool = False) -> AsyncIterator[CannedServer]:
    """A running server."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    server = CannedServer(answer, ssl=context)
    async with server.loopback:
        yield server


def connection_to(url: str, cache_dir: Path, **facts: Any) -> Connection:
    return Connection(normalise_url(url), cache_dir=cache_dir, **facts)


@asynccontextmanager
async def session_with(
    answer: Answer, cache_dir: Path, **facts: Any
) -> AsyncIterator[tuple[Session, CannedServer]]:
    """A session and its server, which also answers introspection."""
    async with (
        canned_server(with_schema(answer)) as server,
        Session(connection_to(server.url, cache_dir, **facts)) as session,
    ):
        yield session, server


def in_sequence(*answers: Any) -> Answer:
    """Return the answers one after the other, then the last one forever."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]
