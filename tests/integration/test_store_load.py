"""Load test: many tasks in several threads, lost responses and another client; every edit arrives once."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from stash_cli.core.context import StashContext
from stash_cli.core.errors import Delivery, StashBatchError, StashConnectionError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.transport import GraphQLRequest, GraphQLResponse
from stash_cli.core.types import Scene, Tag

TASKS, THREADS = 24, 4
FIELDS = ["title", "tags", "custom_fields", "o_counter", "urls"]
READ = (
    "{ findScenes(filter: {per_page: -1}) { scenes { title urls o_counter custom_fields tags { name } } } }"
)


class Faulty:
    """A transport that drops some mutations before, some after execution, and rejects some requests."""

    def __init__(self, inner: Any, chance: random.Random) -> None:
        self.inner, self.url, self.chance = inner, inner.url, chance
        self.rate = 0.06

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        drawn = self.chance.random()
        if drawn < self.rate:
            raise StashConnectionError("refused", delivery=Delivery.NOT_STARTED)
        if request.is_mutation and drawn < 2 * self.rate:
            raise StashConnectionError("lost", delivery=Delivery.BODY_WRITTEN)
        answer: GraphQLResponse = await self.inner.execute(request)
        if request.is_mutation and drawn < 3 * self.rate:
            raise StashConnectionError("lost", delivery=Delivery.BODY_WRITTEN)
        return answer

    async def close(self) -> None:
        await self.inner.close()


class Load:
    """The work of each task, and the expected state of the server."""

    def __init__(self, store: StashEntityStore, wire: Faulty) -> None:
        self.store, self.wire = store, wire
        self.tags = [Tag(name=name) for name in ("first", "second", "theirs")]
        self.scenes = [Scene(title=f"{number}", custom_fields={}, tags=[]) for number in range(TASKS)]

    async def fill(self) -> None:
        await self.store.save_batch([*self.tags, *self.scenes], check=True)
        await self.store.populate(self.scenes, FIELDS)

    async def again(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Repeat the work until it gets a response."""
        while True:
            try:
                await work()
            except (StashConnectionError, StashBatchError):
                await asyncio.sleep(0.002)
            else:
                return

    async def task(self, number: int) -> None:
        scene, other = self.scenes[number], self.scenes[(number * 7 + 3) % TASKS]
        scene.title = f"title {number}"
        scene.custom_fields["ours"] = number
        scene.tags.append(self.tags[0])
        await self.again(lambda: self.store.save(scene))
        new_scene = Scene(title=f"new {number}", tags=[self.tags[1]])
        await self.again(lambda: self.store.save(new_scene))
        with self.store.identity.lock:
            other.urls.append(f"http://a/{number}")
        await self.again(lambda: self.store.save(other))
        scene.tags = [tag for tag in scene.tags if tag is not self.tags[0]] + [self.tags[1]]
        scene.o_counter += 1
        await self.again(lambda: self.store.save(scene))
        await self.again(lambda: self.store.find(Scene, title__contains="title"))

    async def another_client(self) -> None:
        text = (
            "mutation($input: BulkSceneUpdateInput!, $id: ID!)"
            " { bulkSceneUpdate(input: $input) { id } sceneAddO(id: $id) { count } }"
        )
        change = {
            "tag_ids": {"ids": [self.tags[2].id], "mode": "ADD"},
            "custom_fields": {"partial": {"theirs": 1}},
        }
        for scene in self.scenes:
            given = {"input": {"ids": [scene.id], **change}, "id": scene.id}
            answer = await self.wire.inner.execute(GraphQLRequest(text, given))
            assert not answer.errors

    def in_thread(self, index: int, failures: list[BaseException]) -> None:
        async def main() -> None:
            tasks = [self.task(number) for number in range(index, TASKS, THREADS)]
            await asyncio.gather(*tasks, *([self.another_client()] if index == 0 else []))

        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    def in_threads(self) -> None:
        failures: list[BaseException] = []
        threads = [threading.Thread(target=self.in_thread, args=(n, failures)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []

    async def check(self) -> None:
        answer = await self.wire.inner.execute(GraphQLRequest(READ))
        rows = {row["title"]: row for row in answer.data["findScenes"]["scenes"]}
        expected = [f"{word} {number}" for word in ("title", "new") for number in range(TASKS)]
        assert Counter(row["title"] for row in answer.data["findScenes"]["scenes"]) == Counter(expected)
        for number in range(TASKS):
            row = rows[f"title {number}"]
            assert row["custom_fields"] == {"ours": number, "theirs": 1}
            assert sorted(tag["name"] for tag in row["tags"]) == ["second", "theirs"]
            assert row["o_counter"] == 2
            senders = [sender for sender in range(TASKS) if (sender * 7 + 3) % TASKS == number]
            assert sorted(row["urls"]) == sorted(f"http://a/{sender}" for sender in senders)


async def test_every_edit_arrives_once(embedded_url: str) -> None:
    async with StashContext(conn=embedded_url) as client:
        wire = client.session.transport = Faulty(client.session.transport, random.Random(1))  # type: ignore[assignment]
        store, rate = StashEntityStore(client), wire.rate
        load, wire.rate = Load(store, wire), 0
        await load.fill()
        wire.rate = rate
        await asyncio.to_thread(load.in_threads)
        wire.rate = 0
        await store.save_all(check=True)
        await load.check()
