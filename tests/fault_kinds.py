"""Faults for FaultProxy: responses that are lost, late or malformed."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from typing import Any

from fault_proxy import Exchange, Fault


async def reset_before(exchange: Exchange) -> None:
    """Reset the connection before the request reaches the server."""
    exchange.reset()


async def reset_after(exchange: Exchange) -> None:
    """Reset the connection instead of responding, after the server has handled the request."""
    await exchange.forward()
    exchange.reset()


async def truncated_response(exchange: Exchange) -> None:
    """Close the connection in the middle of the response body."""
    head, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
    await exchange.send(head + b"\r\n\r\n" + body[: len(body) // 2])


async def no_response(exchange: Exchange) -> None:
    """Handle the request and never respond."""
    await exchange.forward()
    await asyncio.Event().wait()


def slow_response(pause: float = 0.2) -> Fault:
    """Send the response byte by byte, with a pause in seconds after each."""

    async def fault(exchange: Exchange) -> None:
        for byte in await exchange.forward():
            await exchange.send(bytes([byte]))
            await asyncio.sleep(pause)

    return fault


def delayed_response(handled: threading.Event, release: threading.Event) -> Fault:
    """Set `handled` when the server has handled the request; send the response once `release` is set."""

    async def fault(exchange: Exchange) -> None:
        response = await exchange.forward()
        handled.set()
        await asyncio.to_thread(release.wait, 30)
        await exchange.send(response)

    return fault


# --- fixed responses: the request is not forwarded ---


def fixed_response(
    body: bytes | str = b"", status: int = 200, kind: str = "application/json", **headers: str
) -> Fault:
    """A fixed response; underscores in header names become hyphens."""
    raw = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": kind, "Content-Length": len(raw), "Connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]

    async def fault(exchange: Exchange) -> None:
        await exchange.send("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + raw)

    return fault


def after_handling(fault: Fault) -> Fault:
    """`fault`, after the server has handled the request."""

    async def after(exchange: Exchange) -> None:
        await exchange.forward()
        await fault(exchange)

    return after


def error_page(status: int, **headers: str) -> Fault:
    """The HTML error page of a web server or proxy: 401, 403, 429, 500, 502, ..."""
    return fixed_response(f"<html><h1>{status}</h1></html>", status, "text/html", **headers)


def graphql_errors(*messages: str, data: Any = None, status: int = 200) -> Fault:
    """A GraphQL response with these error messages."""
    errors = [{"message": message} for message in messages]
    return fixed_response(json.dumps({"errors": errors, "data": data}), status)


def redirect(address: str, status: int = 302) -> Fault:
    return fixed_response("", status, Location=address)


def gzip_response(raw: bytes, *, damaged: bool = False) -> Fault:
    packed = gzip.compress(raw)
    return fixed_response(packed[: len(packed) // 2] if damaged else packed, Content_Encoding="gzip")


database_locked = graphql_errors("database is locked")


def large_response(size: int, *, packed: bool = False) -> Fault:
    """A JSON response with a string of `size` bytes; `packed` compresses it with gzip."""
    raw = b'{"data": {"x": "' + b"x" * size + b'"}}'
    return gzip_response(raw) if packed else fixed_response(raw)


MALFORMED_BODIES = {
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
