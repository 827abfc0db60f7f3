"""Cancelling a subscription while a message arrives."""

from __future__ import annotations

import asyncio
import json

import pytest

from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.transport.websocket import WebSocketSubscription

REQUEST = GraphQLRequest("subscription { scanCompleteSubscribe }", {}, "ScanComplete")
NEWS = json.dumps({"type": "next", "id": "1", "payload": {"data": {"scanCompleteSubscribe": True}}})


class FakeChannel:
    """A websocket channel that acknowledges, then sends nothing until `message` is set."""

    def __init__(self) -> None:
        self.said = ["connection_ack", "pong"]
        self.news: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.silent = asyncio.Event()

    async def send(self, text: str) -> None:
        json.loads(text)

    async def receive(self) -> str:
        if self.said:
            return json.dumps({"type": self.said.pop(0)})
        self.silent.set()
        return await self.news

    async def close(self) -> None:
        self.said.clear()


@pytest.mark.parametrize("turns", range(5))
async def test_cancellation_is_not_lost_while_a_message_arrives(turns: int) -> None:
    """A task that ignored its cancellation would block its awaiter forever."""

    line = FakeChannel()

    async def open_channel() -> FakeChannel:
        return line

    async with WebSocketSubscription(open_channel, REQUEST, reconnect=False) as answers:
        listening = asyncio.ensure_future(anext(answers))
        await line.silent.wait()
        line.news.set_result(NEWS)
        for _ in range(turns):
            await asyncio.sleep(0)
        if listening.cancel():
            with pytest.raises(asyncio.CancelledError):
                await listening
        else:
            assert listening.result().data == {"scanCompleteSubscribe": True}
