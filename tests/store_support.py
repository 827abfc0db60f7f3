"""A store over an empty library, with a transport that records requests and injects faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from stash_cli.core.context import StashContext
from stash_cli.core.errors import Delivery, StashConnectionError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.transport import GraphQLRequest, GraphQLResponse, Transport


class Held:
    """A delayed response, or (`before`) a request that is not handled yet."""

    def __init__(self, word: str, *, before: bool = False) -> None:
        self.word = word
        self.before = before
        self.come: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.released = asyncio.Event()

    def release(self) -> None:
        self.released.set()


class Counting:
    """A transport that forwards requests, records them, and runs a hook meanwhile."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.url = inner.url
        self.sent: list[GraphQLRequest] = []
        self.answers: list[GraphQLResponse] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.held: list[Held] = []
        self.loses: Callable[[GraphQLRequest], bool] = lambda _: False
        """Matches requests whose response is lost after the server has handled them."""
        self.spoils: Callable[[GraphQLRequest], bool] = lambda _: False
        """Matches requests that are lost before the server handles them."""

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        self.sent.append(request)
        self.meanwhile()
        if self.spoils(request):
            raise StashConnectionError("the request is lost", delivery=Delivery.BODY_WRITTEN)
        held = next((each for each in self.held if each.word in request.document), None)
        if held is None:
            answer = await self.inner.execute(request)
            self.answers.append(answer)
            if self.loses(request):
                raise StashConnectionError("the answer is lost", delivery=Delivery.BODY_WRITTEN)
            return answer
        self.held.remove(held)
        if not held.before:
            answer = await self.inner.execute(request)
        held.come.set_result(None)
        await held.released.wait()
        return await self.inner.execute(request) if held.before else answer

    def lose(self, word: str, *, done: bool = True) -> None:
        """Lose the response to the next document with `word`; `done`: after the server has handled it."""

        def once(request: GraphQLRequest) -> bool:
            if word not in request.document:
                return False
            self.loses = self.spoils = lambda _: False
            return True

        self.loses, self.spoils = (once, lambda _: False) if done else (lambda _: False, once)

    def lose_all_from(self, word: str) -> None:
        """Lose the response to the next document with `word`, and all later ones until `lose` is called."""
        seen: list[str] = []

        def later(request: GraphQLRequest) -> bool:
            seen.extend([word] if word in request.document else [])
            return bool(seen)

        self.loses = later

    def hold(self, word: str, *, before: bool = False) -> Held:
        """Hold back the answer to the next document that contains `word`, or (`before`) the request."""
        held = Held(word, before=before)
        self.held.append(held)
        return held

    def subscribe(self, request: GraphQLRequest, **options: Any) -> AsyncIterator[GraphQLResponse]:
        return self.inner.subscribe(request, **options)

    def download(self, address: str, span: str = "") -> AsyncIterator[bytes]:
        return self.inner.download(address, span)

    async def close(self) -> None:
        await self.inner.close()

    def take(self) -> list[str]:
        """Documents sent since the last call."""
        sent, self.sent = [request.document for request in self.sent], []
        return sent


@asynccontextmanager
async def counted(url: str, **options: Any) -> AsyncIterator[tuple[StashEntityStore, Counting]]:
    """A store, and the transport below it."""
    async with StashContext(conn=url) as client:
        wire = client.session.transport = Counting(client.session.transport)  # type: ignore[assignment]
        store = StashEntityStore(client, **options)
        await client.find_tags({"per_page": 1})
        wire.take()
        yield store, wire
