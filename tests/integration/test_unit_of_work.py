"""Unit of work: many objects saved in few requests, in the right order, each with its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from store_support import RecordingTransport, recorded_store

from stash_cli.core.errors import StashBatchError, StashConnectionError, StashGraphQLError, StashInputError
from stash_cli.core.graphql.batch import BatchOperation
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Performer, Scene, Studio, Tag


@asynccontextmanager
async def scenes(
    url: str, number: int
) -> AsyncIterator[tuple[StashEntityStore, RecordingTransport, list[Scene]]]:
    async with recorded_store(url) as (store, wire):
        made = [BatchOperation("sceneCreate", {"input": {"title": f"{n}"}}) for n in range(number)]
        assert (await store.client.execute_batch(made, max_batch_size=1000)).all_succeeded
        found = await store.find(Scene, fields=["title", "tags", "rating100", "urls"])
        wire.take_documents()
        yield store, wire, found


async def test_few_requests(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        tags = [Tag(name=f"{number}") for number in range(1000)]
        assert (await store.save_batch(tags)).all_succeeded
        assert len(wire.take_documents()) == 4
        for tag in tags:
            tag.favorite = True
        assert (await store.save_all()).all_succeeded
        assert len(wire.take_documents()) == 4
        await store.populate(tags[:500], ["favorite", "description"], force_refetch=True)
        assert len(wire.take_documents()) <= 2
        assert {tag.favorite for tag in tags[:500]} == {True}
        await store.get_or_create(Tag, name="new")
        assert len(wire.take_documents()) == 2
        await store.get_or_create(Tag, name="new")
        assert len(wire.take_documents()) == 1


async def test_reading_in_pages_needs_no_extra_request(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        made = [BatchOperation("tagCreate", {"input": {"name": f"{n}"}}) for n in range(100)]
        assert (await store.client.execute_batch(made)).all_succeeded
        wire.take_documents()
        assert len([tag async for tag in store.find_iter(Tag, query_batch=5, fields=["name"])]) == 100
        assert len(wire.take_documents()) == 20
        assert len([tag async for tag in store.find_iter(Tag, query_batch=30, fields=["name"])]) == 100
        assert len(wire.take_documents()) == 4


async def test_equal_changes_are_one_mutation(embedded_url: str) -> None:
    async with scenes(embedded_url, 12) as (store, wire, found):
        tag = await store.get_or_create(Tag, name="Rock")
        wire.take_documents()
        for scene in found:
            scene.tags = [tag]
            scene.urls = ["https://example.com"]
        found[0].rating100 = 5
        assert (await store.save_all()).all_succeeded
        [document] = wire.take_documents()
        assert document.count("bulkSceneUpdate") == 2  # eleven equal ones, and the different one
        assert await store.count(Scene, tags="Rock", url="https://example.com") == 12


async def test_equal_additions_to_different_lists_are_one_mutation(embedded_url: str) -> None:
    """Concurrent additions of others survive, because only the difference is sent."""

    async with scenes(embedded_url, 6) as (store, wire, found):
        tags = [Tag(name=f"{number}") for number in range(8)]
        await store.save_batch(tags, check=True)
        for number, scene in enumerate(found):
            scene.tags = [tags[number], tags[6]]
        await store.save_all(check=True)
        text = "mutation($input: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $input) { id } }"
        more = {"ids": [found[0].id], "tag_ids": {"ids": [tags[5].id], "mode": "ADD"}}
        await store.client.execute(text, {"input": more})
        wire.take_documents()
        for scene in found:
            scene.tags.append(tags[7])
        await store.save_all(check=True)
        for scene in found:
            scene.tags.remove(tags[6])
        await store.save_all(check=True)
        sent = [request.variables for request in wire.sent]
        assert [len(variables) for variables in sent] == [1, 1]
        modes = [next(iter(variables.values()))["tag_ids"]["mode"] for variables in sent]
        assert modes == ["ADD", "REMOVE"]
        await store.populate(found, ["tags"], force_refetch=True)
        expected = [{f"{number}", "7"} | ({"5"} if number == 0 else set()) for number in range(6)]
        assert [{tag.name for tag in scene.tags} for scene in found] == expected
        assert not store.identity.dirty()


async def test_rejected_bulk_update_is_split(embedded_url: str) -> None:
    async with scenes(embedded_url, 4) as (store, wire, found):
        await store.client.execute(f"mutation {{ sceneDestroy(input: {{id: {found[2].id}}}) }}")
        wire.take_documents()
        for scene in found:
            scene.rating100 = 50
        result = await store.save_batch(found)
        assert [each.succeeded for each in result] == [True, True, False, True]
        assert len(wire.take_documents()) == 2
        assert [scene.is_dirty() for scene in found] == [False, False, True, False]
        with pytest.raises(StashBatchError, match="1 of 1 failed") as caught:
            await store.save_all(check=True)
        assert len(caught.value.result.failed) == 1
        assert caught.value.result.succeeded == []


async def test_referenced_objects_are_saved_first(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        parent = Tag(name="parent")
        child = Tag(name="child", parents=[parent])
        studio = Studio(name="Acme")
        scene = Scene(title="x", tags=[child], studio=studio, performers=[Performer(name="Alice")])
        result = await store.save_batch([scene, child, parent, studio, *scene.performers])
        assert result.all_succeeded
        assert len(wire.take_documents()) == 3
        assert [each.operation for each in result][:2] == ["sceneCreate", "tagCreate"]
        store.invalidate_all()
        assert await store.count(Scene, tags="child", studio="Acme", performers="Alice") == 1
        assert await store.count(Tag, parents="parent") == 1


async def test_new_related_objects_are_saved_too(embedded_url: str) -> None:
    """All that a saved object leads to, over any number of steps, on either side of a relationship."""

    async with recorded_store(embedded_url) as (store, _):
        scene = Scene(title="x", tags=[Tag(name="child", parents=[Tag(name="parent")])])
        await store.save(scene)
        assert await store.count(Tag, parents="parent") == await store.count(Scene, tags="child") == 1
        studio, more = await store.get_or_create(Studio, name="Acme"), Scene(title="more")
        await studio.add_scene(more)
        result = await store.save_all()
        assert [each.operation for each in result] == ["studioUpdate", "sceneCreate"]
        assert await store.count(Scene, studio="Acme") == 1
        assert not store.identity.dirty()
        scene.tags.append(Tag(name="CHILD"))
        with pytest.raises(StashGraphQLError, match="CHILD"):
            await store.save(scene)
        assert scene.is_dirty()
        rest = Scene(title="rest", performers=[Performer(name="Alice")])
        assert [each.succeeded for each in await store.save_batch([rest, scene])] == [
            True,
            False,
            True,
            False,
        ]


async def test_new_objects_that_refer_to_each_other(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        studio, child = Studio(name="Up"), Studio(name="Down")
        tag, other = Tag(name="one", children=[]), Tag(name="two", parents=[])
        child.parent_studio = studio
        await tag.add_child(other)
        assert other.parents == [tag]
        assert (await store.save_batch([tag, other, child, studio])).all_succeeded
        assert not any(each.is_dirty() for each in (tag, other, child, studio))
        assert [each.name for each in await store.find(Tag, parents="one")] == ["two"]
        assert [each.name for each in await store.find(Studio, parents="Up")] == ["Down"]


async def test_objects_that_refer_to_a_rejected_object_fail(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        await store.get_or_create(Tag, name="Rock")
        twin, lone = Tag(name="rock"), Tag(name="lone")
        scene = Scene(title="x", tags=[twin, lone])
        result = await store.save_batch([scene, twin, lone])
        assert [each.succeeded for each in result] == [False, False, True]
        assert isinstance(result[0].error, StashInputError)
        assert await store.count(Scene) == 0
        assert (scene.is_new(), twin.is_new(), lone.is_new()) == (True, True, False)


async def test_cut_connection_keeps_pending_changes(embedded_url: str) -> None:
    async with scenes(embedded_url, 20) as (store, wire, found):
        for number, scene in enumerate(found):
            scene.rating100 = number

        def cut() -> None:
            if len(wire.sent) > 1:
                raise StashConnectionError("cut off")

        wire.on_request = cut
        result = await store.save_batch(found, max_batch_size=8)
        assert [each.succeeded for each in result] == [True] * 8 + [False] * 12
        assert [scene.is_dirty() for scene in found] == [False] * 8 + [True] * 12
        wire.on_request = lambda: None
        wire.take_documents()
        assert len(await store.save_all()) == 12
        assert len(wire.take_documents()) == 1


async def test_silent_server_is_asked_three_times(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        wire.drops_request = lambda request: "tagCreate" in request.document
        result = await store.save_batch([Tag(name=f"{number}") for number in range(5)], max_batch_size=1)
        assert [each.outcome.value for each in result] == ["unknown"] * 3 + ["not sent"] * 2
        assert len(wire.take_documents()) == 3
        wire.drops_request = lambda _: False
        assert (await store.save_all()).all_succeeded
        assert await store.count(Tag) == 5


async def test_nothing_is_sent_twice(embedded_url: str) -> None:
    async with scenes(embedded_url, 3) as (store, wire, found):
        tag = Tag(name="once")
        for scene in found:
            scene.rating100 = 1
        saves: list[Any] = [store.save(tag), store.save(tag), store.save_batch([tag, *found])]
        await asyncio.gather(*saves, store.save_all(), store.save(found[0]))
        assert await store.count(Tag) == 1
        sent = "".join(wire.take_documents())
        assert sent.count("tagCreate(") == 1
        assert sent.count("sceneUpdate(") + sent.count("bulkSceneUpdate(") <= 2
        assert await store.count(Scene, rating100=1) == 3


async def test_several_rejected_bulk_updates_are_split_in_one_request(embedded_url: str) -> None:
    async with scenes(embedded_url, 6) as (store, wire, found):
        for gone in (found[0], found[3]):
            await store.client.execute(f"mutation {{ sceneDestroy(input: {{id: {gone.id}}}) }}")
        wire.take_documents()
        for number, scene in enumerate(found):
            scene.rating100 = 50 + number // 3
        result = await store.save_batch(found)
        assert [each.succeeded for each in result] == [False, True, True, False, True, True]
        assert len(wire.take_documents()) == 2
