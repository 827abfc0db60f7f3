"""Refuses bodies that are too large before they are read, and more of them than memory is meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 32 * 1024 * 1024
MAX_LOGIN = 64 * 1024  # anybody may send one
MAX_TOGETHER = 8 * MAX_BODY


class _Refusal(Exception):  # noqa: N818 - internal signal of this module
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class BodyLimit:
    """ASGI middleware: answers 413 to bodies of more than 32 MiB, announced or not.

    Of all requests that are read or answered at a time, bodies may have `together` bytes; 503 is answered to
    what is more.
    """

    def __init__(self, app: ASGIApp, together: int = MAX_TOGETHER) -> None:
        self._app = app
        self._free = together

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self, receive, MAX_LOGIN if scope["path"] == "/login" else MAX_BODY)
        try:
            body.announce(Headers(scope=scope).get("content-length", "0"))
            await self._app(scope, body.receive, send)
        except _Refusal as refusal:
            await refusal.response(scope, receive, send)
        finally:
            self._free += body.read

    def take(self, count: int) -> None:
        """Count bytes of a body; raises the refusal when there are too many of all."""
        self._free -= count
        if self._free < 0:
            raise _Refusal(_closing("too many large requests", 503, {"Retry-After": "1"}))


class _Body:
    """The body of one request, counted while it is read."""

    def __init__(self, limit: BodyLimit, receive: Receive, most: int) -> None:
        self._limit = limit
        self._receive = receive
        self._most = most
        self.read = 0

    def announce(self, length: str) -> None:
        if length.isdigit() and int(length) > self._most:
            raise _Refusal(_closing("request body too large", 413))

    async def receive(self) -> Message:
        message = await self._receive()
        count = len(message.get("body", b""))
        self.read += count
        self._limit.take(count)
        self.announce(str(self.read))
        return message


def _closing(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status, {"Connection": "close", **(headers or {})})
