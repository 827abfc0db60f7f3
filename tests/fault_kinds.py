"""Faults for FaultProxy: responses that are lost, late or malformed."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from typing import Any

from fault_proxy import Exchange, Fault


async def reset_before(exchange: Exchange) -> None:
    """Cut the connection before the request reaches the server."""
    exchange.reset()


async def reset_after(exchange: Exchange) -> None:
    """Cut the connection in place of the response, after the server has handled the request."""
    await exchange.work()
    exchange.reset()


async def half(exchange: Exchange) -> None:
    """Cut the response in the middle of its body."""
    head, _, body = (await exchange.work()).partition(b"\r\n\r\n")
    await exchange.send(head + b"\r\n\r\n" + body[: len(body) // 2])


async def silence(exchange: Exchange) -> None:
    """Handle the request and never respond."""
    await exchange.work()
    await asyncio.Event().wait()


def trickle(pause: float = 0.2) -> Fault:
    """Send the response byte by byte, with a pause in seconds after each."""

    async def fault(exchange: Exchange) -> None:
        for byte in await exchange.work():
            await exchange.send(bytes([byte]))
            await asyncio.sleep(pause)

    return fault


def held(worked: threading.Event, go: threading.Event) -> Fault:
    """Set `worked` when the server has handled the request; send the response when `go` is set."""

    async def fault(exchange: Exchange) -> None:
        answer = await exchange.work()
        worked.set()
        await asyncio.to_thread(go.wait, 30)
        await exchange.send(answer)

    return fault


# --- faulty answers: nothing is done ---


def answered(
    body: bytes | str = b"", status: int = 200, kind: str = "application/json", **headers: str
) -> Fault:
    """A fixed response; underscores in header names become hyphens."""
    raw = body.encode() if isinstance(body, str) else body
    facts = {"Content-Type": kind, "Content-Length": len(raw), "Connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in facts.items()]

    async def fault(exchange: Exchange) -> None:
        await exchange.send("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + raw)

    return fault


def worked(fault: Fault) -> Fault:
    """`fault`, after the server has handled the request."""

    async def after(exchange: Exchange) -> None:
        await exchange.work()
        await fault(exchange)

    return after


def page(status: int, **headers: str) -> Fault:
    """The HTML error page of a web server or proxy: 401, 403, 429, 500, 502, ..."""
    return answered(f"<html><h1>{status}</h1></html>", status, "text/html", **headers)


def errors(*messages: str, data: Any = None, status: int = 200) -> Fault:
    """GraphQL errors."""
    found = [{"message": message} for message in messages]
    return answered(json.dumps({"errors": found, "data": data}), status)


def redirected(address: str, status: int = 302) -> Fault:
    return answered("", status, Location=address)


def gzipped(raw: bytes, *, damaged: bool = False) -> Fault:
    packed = gzip.compress(raw)
    return answered(packed[: len(packed) // 2] if damaged else packed, Content_Encoding="gzip")


locked = errors("database is locked")


def huge(size: int, *, packed: bool = False) -> Fault:
    """A response with a text of `size` bytes; `packed` sends it as gzip."""
    raw = b'{"data": {"x": "' + b"x" * size + b'"}}'
    return gzipped(raw) if packed else answered(raw)


SHAPES = {
    "null data": '{"data": null}',
    "empty data": '{"data": {}}',
    "data that is a list": '{"data": [1, 2]}',
    "data that is a text": '{"data": "x"}',
    "errors that are texts": '{"errors": ["boom", 3, null], "data": null}',
    "a list": "[1, 2]",
    "a number": "3",
    "null": "null",
    "no JSON": "{",
    "no UTF-8": "\xff".encode("latin-1"),
    "nothing": "",
    "200,000 brackets": "[" * 200_000,
}
"""Response bodies that are not GraphQL responses."""
