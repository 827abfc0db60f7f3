"""A loopback HTTP proxy in front of a served library that injects faults into the requests a rule selects.

    with FaultProxy(served_url) as proxy:
        proxy.rule = on_mutation(fault_kinds.reset_after)
        ...                     # a client that talks to proxy.url
    assert len(proxy.mutations) == 1

A fault is an async function of an Exchange: `await exchange.forward()` sends the request to the server and
returns the bytes of the response; `exchange.send(...)` sends bytes to the client. The connection is closed
after a fault. `fault_kinds` has the common ones.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlsplit

from loopback import Loopback, open_connection

Fault = Callable[["Exchange"], Awaitable[None]]
Rule = Callable[["Request"], Fault | None]


class Request:
    """A received request; `fault` is the injected one, `forwarded` is set once the server has the request."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head, self.body = head, body
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        self.method, self.path = first.split(" ")[:2]
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.fault: Fault | None = None
        self.forwarded = threading.Event()

    @property
    def is_websocket(self) -> bool:
        return self.headers.get("upgrade", "").lower() == "websocket"

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The GraphQL request; empty for anything else, uploads included."""
        try:
            payload = json.loads(self.body)
        except ValueError:
            return {}
        return payload if isinstance(payload, dict) else {}

    @property
    def document(self) -> str:
        return str(self.payload.get("query", ""))

    @property
    def operation(self) -> str:
        return str(self.payload.get("operationName") or "")

    @property
    def variables(self) -> dict[str, Any]:
        return dict(self.payload.get("variables") or {})

    @property
    def is_mutation(self) -> bool:
        """Decided by the first word of the document, which suffices for documents that the client builds."""
        return self.document.lstrip().startswith("mutation")


class Exchange:
    """One request in progress, between the connection to the client and the server."""

    def __init__(
        self, proxy: FaultProxy, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy, self.request, self.reader, self.writer = proxy, request, reader, writer

    async def forward(self) -> bytes:
        """Forward the request to the server and return the whole response."""
        head = re.sub(rb"\r\nconnection:[^\r]*", b"", self.request.head, flags=re.IGNORECASE)
        async with open_connection(*self.proxy.target) as (reader, writer):
            writer.write(head[:-2] + b"connection: close\r\n\r\n" + self.request.body)
            await writer.drain()
            self.request.forwarded.set()
            response = await reader.read()
        return re.sub(rb"\r\nconnection: close(?=\r\n)", b"", response, count=1)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def tunnel(self) -> None:
        """Copy bytes in both directions until one side closes, for websockets."""
        async with open_connection(*self.proxy.target) as (from_server, to_server):
            to_server.write(self.request.head)
            self.proxy.tunnels.add(self)
            pairs = ((self.reader, to_server), (from_server, self.writer))
            tasks = [asyncio.ensure_future(_copy(*pair)) for pair in pairs]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.proxy.tunnels.discard(self)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def reset(self) -> None:
        """Reset the connection to the client (TCP RST)."""
        no_linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.writer.transport.abort()


class FaultProxy:
    """The proxy, on a free port and in its own thread; `requests` are all received requests, in order.

    `options` are those of asyncio.start_server.
    """

    def __init__(self, target: str, **options: Any) -> None:
        parts = urlsplit(target)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.rule: Rule = lambda _: None
        self.requests: list[Request] = []
        self.tunnels: set[Exchange] = set()
        self.server = Loopback(self._serve, limit=1 << 24, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run_in_loop(self.server.__aenter__())
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self._run_in_loop(self.server.__aexit__(*exc))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(30)
            self._loop.close()

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def mutations(self) -> list[Request]:
        return [each for each in self.requests if each.is_mutation]

    @property
    def faulted(self) -> list[Request]:
        return [each for each in self.requests if each.fault]

    def accept(self) -> None:
        """Accept connections again, on the same port."""
        self._run_in_loop(self.server.accept())

    def refuse(self) -> None:
        """Refuse new connections and abort the open ones."""
        self._run_in_loop(self.server.refuse())

    def drop_websockets(self) -> None:
        """Reset every open websocket."""
        for each in list(self.tunnels):
            self._loop.call_soon_threadsafe(each.reset)

    def _run_in_loop(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._serve_request(reader, writer):
            pass

    async def _serve_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; return whether the connection stays open."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        request = Request(head, await reader.readexactly(int(length[1]) if length else 0))
        request.fault = self.rule(request)
        self.requests.append(request)
        exchange = Exchange(self, request, reader, writer)
        if request.fault is not None:
            await request.fault(exchange)
        elif request.is_websocket:
            await exchange.tunnel()
        else:
            await exchange.send(await exchange.forward())
            return True
        return False


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()


def on_mutation(fault: Fault, *numbers: int) -> Rule:
    """Rule for mutations; `numbers` limits it to the n-th ones, counted from 1."""
    return matching(lambda request: request.is_mutation, fault, *numbers)


def on_operation(name: str, fault: Fault, *numbers: int) -> Rule:
    """Rule for requests whose document names this field; `numbers` as for on_mutation."""
    return matching(lambda request: re.search(rf"\b{name}\b", request.document), fault, *numbers)


def on_websocket(fault: Fault, *numbers: int) -> Rule:
    return matching(lambda request: request.is_websocket, fault, *numbers)


def matching(is_match: Callable[[Request], Any], fault: Fault, *numbers: int) -> Rule:
    count = 0

    def rule(request: Request) -> Fault | None:
        nonlocal count
        if not is_match(request):
            return None
        count += 1
        return fault if not numbers or count in numbers else None

    return rule
