"""A loopback HTTP proxy before a served library, which spoils the requests that a rule chooses.

    with FaultProxy(served_url) as proxy:
        proxy.rule = on_mutation(fault_kinds.reset_after)
        ...                     # a client that talks to proxy.url
    assert len(proxy.mutations) == 1

A fault is an async function of an Exchange: `await exchange.work()` has the server do what was asked and
gives the bytes of its answer; `exchange.send(...)` leads back to the client. The connection ends after a
fault. Those of `fault_kinds` cover most needs.
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

from loopback import Loopback, connected

Fault = Callable[["Exchange"], Awaitable[None]]
Rule = Callable[["Request"], Fault | None]


class Request:
    """One request as it came; `fault` is what was done to it, `forwarded` is set once the server has it."""

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
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

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
        """By the document's first word, which suffices for documents of the client's own making."""
        return self.document.lstrip().startswith("mutation")


class Exchange:
    """One request on its way: the server on one side, the client's connection on the other."""

    def __init__(
        self, proxy: FaultProxy, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy, self.request, self.reader, self.writer = proxy, request, reader, writer

    async def work(self) -> bytes:
        """Forward the request to the server and return its whole answer."""
        head = re.sub(rb"\r\nconnection:[^\r]*", b"", self.request.head, flags=re.IGNORECASE)
        async with connected(*self.proxy.target) as (reader, writer):
            writer.write(head[:-2] + b"connection: close\r\n\r\n" + self.request.body)
            await writer.drain()
            self.request.forwarded.set()
            answer = await reader.read()
        return re.sub(rb"\r\nconnection: close(?=\r\n)", b"", answer, count=1)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def tunnel(self) -> None:
        """Pass bytes both ways until one side ends, as a websocket wants it."""
        async with connected(*self.proxy.target) as (from_server, to_server):
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
        """Cut the connection with RST."""
        no_linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.writer.transport.abort()


class FaultProxy:
    """The proxy, on a free port and in a thread of its own; `requests` are all that came, in order.

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
        self._do(self.server.__aenter__())
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self._do(self.server.__aexit__(*exc))
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
    def spoilt(self) -> list[Request]:
        return [each for each in self.requests if each.fault]

    def accept(self) -> None:
        """Take connections, on the same port as before."""
        self._do(self.server.accept())

    def refuse(self) -> None:
        """Refuse connections from now on, and cut those that are open."""
        self._do(self.server.refuse())

    def drop_websockets(self) -> None:
        """Cut every websocket that is open now."""
        for each in list(self.tunnels):
            self._loop.call_soon_threadsafe(each.reset)

    def _do(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._exchange(reader, writer):
            pass

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether the connection stays open."""
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
            await exchange.send(await exchange.work())
            return True
        return False


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()


def on_mutation(fault: Fault, *numbers: int) -> Rule:
    """Mutations; only those with these numbers, from 1 on, when any are given."""
    return counted(lambda request: request.is_mutation, fault, *numbers)


def on_operation(name: str, fault: Fault, *numbers: int) -> Rule:
    """Requests whose document has this field."""
    return counted(lambda request: re.search(rf"\b{name}\b", request.document), fault, *numbers)


def on_websocket(fault: Fault, *numbers: int) -> Rule:
    return counted(lambda request: request.is_websocket, fault, *numbers)


def counted(chosen: Callable[[Request], Any], fault: Fault, *numbers: int) -> Rule:
    met = 0

    def rule(request: Request) -> Fault | None:
        nonlocal met
        if not chosen(request):
            return None
        met += 1
        return fault if not numbers or met in numbers else None

    return rule
