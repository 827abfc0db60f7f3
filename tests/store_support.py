"""A store over an empty library, with a transport that records requests, delays and drops them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from stash_cli.core.context import StashContext
from stash_cli.core.errors import Delivery, StashConnectionError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.transport import GraphQLRequest, GraphQLResponse, Transport


class DelayedResponse:
    """A response delayed until `release`, or (`before`) a request delayed before the server handles it.

    `reached` is done once the transport waits.
    """

    def __init__(self, word: str, *, before: bool = False) -> None:
        self.word = word
        self.before = before
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.released = asyncio.Event()

    def release(self) -> None:
        self.released.set()


class RecordingTransport:
    """A transport that records requests, calls `on_request` for each, and forwards it."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.url = inner.url
        self.sent: list[GraphQLRequest] = []
        self.responses: list[GraphQLResponse] = []
        self.on_request: Callable[[], None] = lambda: None
        self.delays: list[DelayedResponse] = []
        self.drops_response: Callable[[GraphQLRequest], bool] = lambda _: False
        """Matches requests whose response is lost after the server has handled them."""
        self.drops_request: Callable[[GraphQLRequest], bool] = lambda _: False
        """Matches requests that are lost before the server handles them."""

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        self.sent.append(request)
        self.on_request()
        if self.drops_request(request):
            raise StashConnectionError("the request is lost", delivery=Delivery.BODY_WRITTEN)
        delay = next((each for each in self.delays if each.word in request.document), None)
        if delay is None:
            response = await self.inner.execute(request)
            self.responses.append(response)
            if self.drops_response(request):
                raise StashConnectionError("the answer is lost", delivery=Delivery.BODY_WRITTEN)
            return response
        self.delays.remove(delay)
        if not delay.before:
            response = await self.inner.execute(request)
        delay.reached.set_result(None)
        await delay.released.wait()
        return await self.inner.execute(request) if delay.before else response

    def drop_response(self, word: str, *, done: bool = True) -> None:
        """Drop the response to the next document that contains `word`; not `done`: drop the request."""

        def once(request: GraphQLRequest) -> bool:
            if word not in request.document:
                return False
            self.drops_response = self.drops_request = lambda _: False
            return True

        self.drops_response, self.drops_request = (once, lambda _: False) if done else (lambda _: False, once)

    def drop_responses_from(self, word: str) -> None:
        """Drop the response to the next document that contains `word`, and all later ones."""
        seen: list[str] = []

        def later(request: GraphQLRequest) -> bool:
            seen.extend([word] if word in request.document else [])
            return bool(seen)

        self.drops_response = later

    def delay(self, word: str, *, before: bool = False) -> DelayedResponse:
        """Delay the response to the next document that contains `word`, or (`before`) the request."""
        delay = DelayedResponse(word, before=before)
        self.delays.append(delay)
        return delay

    def subscribe(self, request: GraphQLRequest, **options: Any) -> AsyncIterator[GraphQLResponse]:
        return self.inner.subscribe(request, **options)

    def download(self, address: str, span: str = "") -> AsyncIterator[bytes]:
        return self.inner.download(address, span)

    async def close(self) -> None:
        await self.inner.close()

    def take_documents(self) -> list[str]:
        """Return the documents sent since the last call."""
        sent, self.sent = [request.document for request in self.sent], []
        return sent


@asynccontextmanager
async def recorded_store(
    url: str, **options: Any
) -> AsyncIterator[tuple[StashEntityStore, RecordingTransport]]:
    """A store and its recording transport."""
    async with StashContext(conn=url) as client:
        wire = client.session.transport = RecordingTransport(client.session.transport)  # type: ignore[assignment]
        store = StashEntityStore(client, **options)
        await client.find_tags({"per_page": 1})
        wire.take_documents()
        yield store, wire
