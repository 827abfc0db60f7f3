"""Refuses bodies that are too large before they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 32 * 1024 * 1024


class _TooLarge(Exception):  # noqa: N818 - internal signal of this module
    pass


class BodyLimit:
    """ASGI middleware: answers 413 to bodies of more than 32 MiB, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        try:
            if announced.isdigit() and int(announced) > MAX_BODY:
                raise _TooLarge  # noqa: TRY301 - answered like a body that turns out too large
            await self._app(scope, _counted(receive), send)
        except _TooLarge:
            refusal = PlainTextResponse("request body too large", 413, {"Connection": "close"})
            await refusal(scope, receive, send)


def _counted(receive: Receive) -> Receive:
    read = 0

    async def receive_counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY:
            raise _TooLarge
        return message

    return receive_counted
