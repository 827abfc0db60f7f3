"""Late responses do not overwrite later writes or reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from store_support import RecordingTransport, recorded_store

from stash_cli.core.errors import StashBatchError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.types import Scene, Tag

Work = Callable[[StashEntityStore], Awaitable[Any]]
BULK = "mutation($input: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $input) { id } }"
SCENE = "query($id: ID!) { findScene(id: $id) { title rating100 tags { id } } }"


async def filled(store: StashEntityStore) -> tuple[Scene, list[Tag]]:
    """A scene without tags and two tags, all of them read."""
    tags = [Tag(name="first"), Tag(name="second")]
    scene = Scene(title="old", rating100=10)
    await store.save_batch([scene, *tags], check=True)
    await store.populate(scene, ["title", "rating100", "tags"])
    return scene, tags


async def late_response(
    wire: RecordingTransport, reading: Awaitable[Any], writing: Awaitable[Any], word: str = "find"
) -> Any:
    """The result of `reading`, whose response is delayed until `writing` is done."""
    delayed = wire.delay(word)
    task = asyncio.ensure_future(reading)
    await delayed.reached
    await writing
    delayed.release()
    return await task


READS: dict[str, Callable[[StashEntityStore, Scene], Awaitable[Any]]] = {
    "find": lambda store, _: store.find(Scene),
    "get": lambda store, scene: store.populate(scene, ["title", "tags"], force_refetch=True),
    "client": lambda store, scene: store.client.find_scene(scene.id),
    "client page": lambda store, _: store.client.find_scenes(),
    "nested": lambda store, _: store.find(Tag, fields=["scenes.title", "scenes.tags"]),
    "iterator": lambda store, _: anext(store.find_iter(Scene, 1)),
}


async def delayed_task(
    wire: RecordingTransport, work: Awaitable[Any], word: str, *, before: bool = False
) -> Any:
    """`work` as a task, once its request is delayed; and a function that completes it."""
    delayed = wire.delay(word, before=before)
    task = asyncio.ensure_future(work)
    await delayed.reached

    async def end() -> None:
        delayed.release()
        await task

    return end


async def test_reads_during_a_save_do_not_restore_removed_items(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.tags = tags[:1]
        await store.save(scene)
        scene.tags = tags[1:]
        # Sent first and executed last: the order of sending does not tell what was read.
        newer = await delayed_task(wire, store.find(Scene), "findScenes", before=True)
        older = await delayed_task(wire, store.find(Scene), "findScenes")
        save = await delayed_task(wire, store.save(scene), "bulkSceneUpdate")
        for end in (newer, older, save):
            await end()
        assert (scene.tags, scene.is_dirty()) == (tags[1:], False)
        await store.populate(scene, ["tags"], force_refetch=True)
        assert scene.tags == tags[1:]


async def test_reads_after_an_unknown_outcome_do_not_restore_removed_items(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.tags = tags[:1]
        await store.save(scene)
        scene.tags = tags[1:]
        wire.drop_response("bulkSceneUpdate", done=False)
        with pytest.raises(StashBatchError, match="may have been done"):
            await store.save(scene)
        newer = await delayed_task(wire, store.find(Scene), "findScenes", before=True)
        older = await delayed_task(wire, store.find(Scene), "findScenes")
        change = {"ids": [scene.id], "tag_ids": {"ids": [tags[0].id], "mode": "REMOVE"}}
        await wire.inner.execute(GraphQLRequest(BULK, {"input": change}))  # the server executes it eventually
        await newer()
        await older()
        assert scene.tags == tags[1:]
        await store.save(scene)
        await store.populate(scene, ["tags"], force_refetch=True)
        assert scene.tags == tags[1:]


@pytest.mark.parametrize("way", READS)
async def test_response_requested_before_a_save_does_not_undo_it(embedded_url: str, way: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.title = "new"
        scene.tags.append(tags[0])
        await late_response(wire, READS[way](store, scene), store.save(scene))
        assert (scene.title, scene.tags, scene.is_dirty()) == ("new", [tags[0]], False)
        scene.tags.append(tags[1])
        await store.save(scene)
        row = (await store.client.execute(SCENE, {"id": scene.id}))["findScene"]
        assert [tag["id"] for tag in row["tags"]] == [tag.id for tag in tags]


async def test_prefetched_page_does_not_undo_a_save(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scenes = [Scene(title=f"{number}") for number in range(6)]
        await store.save_batch(scenes, check=True)
        reading = store.find_iter(Scene, 2, fields=["title"], sort="id")
        found = [await anext(reading)]
        delayed = wire.delay("findScenes")
        found += [await anext(reading), await anext(reading)]
        await delayed.reached  # the third page, during work on the second
        for each in scenes:
            each.title = "new"
        await store.save_batch(scenes, check=True)
        delayed.release()
        found += [scene async for scene in reading]
        assert found == scenes
        assert {scene.title for scene in found} == {"new"}


WRITES: dict[str, Callable[[StashEntityStore, Scene], Awaitable[Any]]] = {
    "bulk": lambda store, s: store.client.bulk_scene_update({"ids": [s.id], "rating100": 90}),
    "update": lambda store, s: store.client.update_scene(changed(Scene.from_graphql({"id": s.id}))),
    "updates": lambda store, s: store.client.scenes_update([changed(Scene.from_graphql({"id": s.id}))]),
}


def changed(scene: Scene) -> Scene:
    scene.rating100 = 90
    return scene


@pytest.mark.parametrize("way", WRITES)
async def test_writes_of_client_methods_are_not_undone(embedded_url: str, way: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        await late_response(wire, store.find(Scene), WRITES[way](store, scene))
        assert (scene.title, scene.rating100) == ("old", 90)


async def test_new_object_is_reread_after_a_write(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        store.identity.discard(scene)
        change = {"ids": [scene.id], "rating100": 90}
        writing = store.client.bulk_scene_update(change, return_fields="id")
        [found] = await late_response(wire, store.find(Scene, fields=["title", "rating100"]), writing)
        assert (found.title, found.rating100) == ("old", 90)


async def test_inverse_relationship_is_not_undone(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.tags.append(tags[0])
        await late_response(wire, store.populate(tags[0], ["scenes"]), store.save(scene), "findScenes")
        assert tags[0].scenes == [scene]
        scene.tags.append(tags[1])
        await late_response(wire, store.populate(tags[1], ["scene_count"]), store.save(scene))
        assert tags[1].scene_count == 1


async def test_side_mutation_is_not_undone(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        await store.populate(scene, ["o_counter", "play_count", "resume_time"])
        scene.o_counter += 2
        scene.resume_time = 12.5
        reading = store.find(Scene, fields=["o_counter", "resume_time", "play_count"])
        await late_response(wire, reading, store.save(scene))
        assert (scene.o_counter, scene.resume_time) == (2, 12.5)
        await late_response(wire, store.find(Scene), store.client.scene_add_o(scene.id))
        await store.populate(scene, ["o_counter"], force_refetch=True)
        assert scene.o_counter == 3


async def test_count_of_others_read_during_a_save_is_not_ours(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        await store.populate(scene, ["o_counter"])
        scene.title, scene.o_counter = "new", 1
        end = await delayed_task(wire, store.save(scene), "sceneUpdate")
        await wire.execute(GraphQLRequest(f"mutation {{ sceneAddO(id: {scene.id}) {{ count }} }}"))
        await store.find(Scene, fields=["o_counter"])
        await end()
        assert (scene.o_counter, scene.is_dirty()) == (2, False)


async def test_deleted_object_does_not_return(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.tags = [*tags]
        await store.save(scene)
        gone, kept = tags
        found = await late_response(wire, store.find(Tag), store.delete(gone))
        assert found == [kept]
        await late_response(wire, store.find(Scene), store.client.tags_destroy([kept.id]))
        assert scene.tags == []
        assert store.identity.objects(Tag) == []


async def test_merged_tag_does_not_return(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.tags = [tags[0]]
        await store.save(scene)
        merging = Tag.merge(store.client, [tags[0].id], tags[1].id)
        await late_response(wire, store.find(Scene), merging)
        assert tags[0] not in scene.tags
        await store.populate(scene, ["tags"], force_refetch=True)
        assert scene.tags == [tags[1]]


async def test_later_of_two_reads_counts(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        text = 'mutation($id: ID!) { sceneUpdate(input: {id: $id, title: "theirs"}) { id } }'

        async def read_anew() -> None:
            await store.client.execute(text, {"id": scene.id})
            await store.populate(scene, ["title"], force_refetch=True)

        await late_response(wire, store.find(Scene, fields=["title", "code"]), read_anew(), "findScenes")
        assert (scene.title, scene.code) == ("theirs", "")


async def test_later_read_of_other_fields_keeps_values(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        text = 'mutation($id: ID!) { sceneUpdate(input: {id: $id, title: "theirs"}) { id } }'
        await store.client.execute(text, {"id": scene.id})
        reading = store.populate(scene, ["title"], force_refetch=True)
        await late_response(wire, reading, store.find(Scene, fields=["rating100"]), "findScene(")
        assert scene.title == "theirs"


async def test_expired_object_stays_expired_after_an_older_response(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)

        async def invalidate() -> None:
            store.invalidate_all()

        await late_response(wire, store.find(Scene), invalidate())
        assert not store.is_cached(Scene, scene.id)


async def test_no_state_remains_after_all_responses(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        scene.title = "new"
        await late_response(wire, store.find(Scene), store.save(scene))
        await store.find(Scene)
        scene.title = "newer"
        await store.save(scene)
        assert store.identity.order.is_empty
