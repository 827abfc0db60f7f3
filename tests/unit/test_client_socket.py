"""The end of a subscription, whatever arrives in the same moment."""

from __future__ import annotations

import asyncio
import json

import pytest

from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.transport.websocket import WebSocketSubscription

REQUEST = GraphQLRequest("subscription { scanCompleteSubscribe }", {}, "ScanComplete")
NEWS = json.dumps({"type": "next", "id": "1", "payload": {"data": {"scanCompleteSubscribe": True}}})


class Line:
    """A channel that greets, and then says nothing until it is told to."""

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
async def test_giving_up_while_an_answer_comes_in_is_not_forgotten(turns: int) -> None:
    """A task that goes on after it was cancelled would be waited for without end."""

    line = Line()

    async def open_line() -> Line:
        return line

    async with WebSocketSubscription(open_line, REQUEST, reconnect=False) as answers:
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
