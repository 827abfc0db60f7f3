"""Saving again after lost responses: the rest is executed, and nothing twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from store_support import DelayedResponse, recorded_store

from stash_cli.core.errors import StashBatchError, StashError, StashUnknownOutcomeError
from stash_cli.core.graphql.batch import Outcome
from stash_cli.core.types import Group, Image, Scene, SceneMarker, Studio, Tag

done = pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])


async def all_rows(client: Any, items: str, fields: str) -> list[dict[str, Any]]:
    find = "findScenes" if items == "scenes" else f"find{items.title()}"
    response = await client.execute(
        f'{{ {find}(filter: {{per_page: -1, sort: "id"}}) {{ {items} {{ {fields} }} }} }}'
    )
    return response[find][items]


@done
async def test_lost_batch_creates_are_not_repeated(embedded_url: str, done: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        studio = Studio(name="Acme")
        scenes = [Scene(title=f"scene {n}", studio=studio, urls=[f"http://a/{n}"]) for n in range(30)]
        scenes += [Scene(title="alike") for _ in range(3)]
        await store.save(studio)
        wire.drop_response("sceneCreate", done=done)
        first = await store.save_batch(scenes, max_batch_size=10)
        assert [len(part) for part in (first.succeeded, first.unknown)] == [23, 10]
        assert all(scene.is_new() for scene in scenes[:9])
        second = await store.save_all()
        assert second.all_succeeded
        assert len(second) == 10
        rows = await all_rows(store.client, "scenes", "id title studio { name }")
        assert sorted(row["title"] for row in rows) == sorted(scene.title for scene in scenes)
        assert {scene.id: scene.title for scene in scenes} == {row["id"]: row["title"] for row in rows}
        assert not store.identity.dirty()


@done
@pytest.mark.parametrize(
    "new", [Tag(name="T"), Group(name="G"), Studio(name="S")], ids=lambda new: type(new).__name__
)
async def test_lost_create_is_not_repeated(embedded_url: str, new: Any, done: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        made = type(new)(name=new.name)
        wire.drop_response("Create", done=done)
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(made)
        assert made.is_new()
        assert made.is_dirty()
        await store.save(made)
        assert made.id == "1"
        assert await store.count(type(new)) == 1


async def test_lost_create_extended_by_others_is_found(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        new_scene = Scene(title="made once", urls=["http://a/1"])
        wire.drop_response("sceneCreate")
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(new_scene)
        added = '{id: "1", urls: ["http://a/1", "http://b/2"]}'
        await store.client.execute(f"mutation {{ sceneUpdate(input: {added}) {{ id }} }}")
        await store.save(new_scene)
        assert (new_scene.id, new_scene.is_dirty(), await store.count(Scene)) == ("1", False, 1)


async def test_ambiguous_lost_create_is_not_guessed(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        new_scene = Scene(title="twice")
        wire.drop_response("sceneCreate")
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(new_scene)
        await store.client.execute('mutation { sceneCreate(input: {title: "twice"}) { id } }')
        with pytest.raises(StashUnknownOutcomeError, match="may have been made before"):
            await store.save(new_scene)
        assert await store.count(Scene) == 2
        await store.save(new_scene, retry_unknown=True)
        assert (new_scene.id, await store.count(Scene)) == ("3", 3)


async def test_object_found_meanwhile_is_the_created_one(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        made, tag = Scene(title="new"), Tag(name="T")
        await store.save(tag)
        made.tags = [tag]
        wire.drop_response("sceneCreate")
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(made)
        [scene] = await store.find(Scene, fields=["title", "rating100", "tags"])
        scene.rating100 = 50
        await store.populate(tag, ["scenes"])
        await store.save(made)
        assert store.identity.get(Scene, "1") is made
        assert (made.rating100, made.is_dirty()) == (50, False)
        scene.title = "newer"
        assert (made.title, made.get_changed_fields()) == ("newer", {"title": "newer"})
        assert (await store.save_all(check=True)).all_succeeded
        assert not scene.is_dirty()
        assert (tag.scenes[0] is made, len(tag.scenes)) == (True, 1)
        rows = await all_rows(store.client, "scenes", "title rating100")
        assert rows == [{"title": "newer", "rating100": 50}]


async def test_row_read_before_its_create_response_is_the_same_object(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        new_scene = Scene(title="new")
        delayed = wire.delay("sceneCreate")
        saving = asyncio.ensure_future(store.save(new_scene))
        await delayed.reached
        [scene] = await store.find(Scene)
        delayed.release()
        await saving
        assert store.identity.get(Scene, new_scene.id) is new_scene
        scene.title = "edited"
        assert (new_scene.title, store.identity.dirty()) == ("edited", [new_scene])
        assert store.identity.objects(Scene) == [new_scene]


@done
async def test_lost_updates_are_idempotent(embedded_url: str, done: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="old", rating100=1)
        tags = [Tag(name=name) for name in "ab"]
        await store.save_batch([scene, *tags], check=True)
        await store.populate(scene, ["title", "rating100", "tags", "o_counter", "play_history"])
        scene.title, scene.tags, scene.rating100 = "new", [tags[0]], 2
        wire.drop_response("SceneUpdate", done=done)
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(scene)
        assert set(scene.get_changed_fields()) == {"title", "tags", "rating100"}
        scene.rating100 = 1  # the original value: the server may have 2
        await store.save(scene)
        [row] = await all_rows(store.client, "scenes", "title rating100 tags { id }")
        assert row == {"title": "new", "rating100": 1, "tags": [{"id": tags[0].id}]}
        assert not scene.is_dirty()


@done
async def test_counter_is_read_before_counting_again(embedded_url: str, done: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="new")
        await store.save(scene)
        await store.populate(scene, ["o_counter", "play_count", "play_history"])
        scene.o_counter += 2
        wire.drop_response("sceneAddO", done=done)
        with pytest.raises(StashError):
            await store.save(scene)
        assert scene.is_dirty()
        await store.save(scene)
        [row] = await all_rows(store.client, "scenes", "o_counter")
        assert (row, scene.o_counter, scene.is_dirty()) == ({"o_counter": 2}, 2, False)


@done
@pytest.mark.parametrize("field", ["o_counter", "play_count"])
async def test_counts_of_other_clients_are_not_taken_for_ours(
    embedded_url: str, field: str, done: bool
) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="new")
        await store.save(scene)
        await store.populate(scene, [field])
        add = "sceneAddO" if field == "o_counter" else "sceneAddPlay"
        setattr(scene, field, 2)
        wire.drop_response(add, done=done)
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(scene)
        others = f"mutation {{ a: {add}(id: 1) {{ count }} b: {add}(id: 1) {{ count }} }}"
        await store.client.execute(others)
        await store.populate(scene, [field], force_refetch=True)
        assert scene.is_dirty()
        await store.save(scene)
        rows = await all_rows(store.client, "scenes", field)
        assert (rows, getattr(scene, field), scene.is_dirty()) == ([{field: 4}], 4, False)


@done
async def test_client_methods_check_a_count_as_well(embedded_url: str, done: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        client, scene = store.client, Scene(title="new")
        await client.create_scene(scene)
        scene.o_counter = 2
        wire.drop_response("sceneAddO", done=done)
        with pytest.raises(StashUnknownOutcomeError):
            await client.update_scene(scene)
        await client.scene_add_o(scene.id)
        await client.update_scene(scene)
        assert await all_rows(client, "scenes", "o_counter") == [{"o_counter": 3}]


async def test_count_during_a_read_is_left_for_the_next_save(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tag = Scene(title="new", o_counter=0, tags=[]), Tag(name="T")
        await store.save_batch([scene, tag], check=True)
        scene.title, scene.tags = "newer", [tag]
        delayed = wire.delay("findScene")
        saving = asyncio.ensure_future(store.save(scene, on_conflict="merge"))
        await delayed.reached
        scene.o_counter += 1
        delayed.release()
        await saving
        assert scene.get_changed_fields() == {"o_counter": 1}
        await store.save(scene)
        assert await all_rows(store.client, "scenes", "o_counter") == [{"o_counter": 1}]


async def test_repeated_count_differs_from_the_previous_one(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="new", o_counter=1)
        await store.save(scene)
        for number, done in enumerate([True, False, False, True], 2):
            scene.o_counter = number
            wire.drop_response("sceneAddO", done=done)
            with pytest.raises(StashUnknownOutcomeError):
                await store.save(scene)
            await store.save(scene)
            assert await all_rows(store.client, "scenes", "o_counter") == [{"o_counter": number}]
        await store.populate(scene, ["o_history"])
        assert len({*scene.o_history}) == 5


@pytest.mark.parametrize("way", ["retry", "leave"])
async def test_count_without_times_stays_unknown(way: str) -> None:
    async with recorded_store("embedded:demo") as (store, wire):
        [image] = await store.find(Image, limit=1, fields=["o_counter"])
        was = image.o_counter
        image.o_counter += 1
        wire.drop_response("imageIncrementO")
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(image)
        with pytest.raises(StashUnknownOutcomeError, match=f"was {was} and is {was + 1}"):
            await store.save(image)
        assert "by whom is not known" in str((await store.save_all()).unknown[0].error)
        if way == "retry":
            await store.save(image, retry_unknown=True)
        else:
            image.mark_clean()
        await store.populate(image, ["o_counter"], force_refetch=True)
        assert (image.o_counter, image.is_dirty()) == (was + (2 if way == "retry" else 1), False)


async def test_unexecuted_count_without_times_is_retried() -> None:
    async with recorded_store("embedded:demo") as (store, wire):
        [image] = await store.find(Image, limit=1, fields=["o_counter"])
        image.o_counter += 2
        expected = image.o_counter
        wire.drop_response("imageIncrementO", done=False)
        with pytest.raises(StashError):
            await store.save(image)
        await store.save(image)
        await store.populate(image, ["o_counter"], force_refetch=True)
        assert (image.o_counter, image.is_dirty()) == (expected, False)


@done
@pytest.mark.parametrize("counted_meanwhile", [0, 1])
async def test_lost_reset_is_retried(embedded_url: str, done: bool, counted_meanwhile: int) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="new", o_counter=3)
        await store.save(scene)
        scene.o_counter = 0
        wire.drop_response("sceneResetO", done=done)
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(scene)
        scene.o_counter = counted_meanwhile
        await store.save(scene)
        rows = await all_rows(store.client, "scenes", "o_counter")
        assert (rows, scene.is_dirty()) == ([{"o_counter": counted_meanwhile}], False)


@done
async def test_lost_delete_is_looked_up(embedded_url: str, done: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="new")
        await store.save(scene)
        wire.drop_response("scenesDestroy", done=done)
        if done:
            assert await store.delete(scene)
        else:
            with pytest.raises(StashUnknownOutcomeError):
                await store.delete(scene)
            assert await store.delete(scene)
        assert store.identity.get(Scene, "1") is None


async def test_outcomes_are_distinguished(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        await store.save(Tag(name="there"))
        tags = [Tag(name=name) for name in ("a", "there", "b", "c", "d")]
        wire.take_documents()
        wire.drops_response = lambda request: '"c"' in str(request.variables).replace("'", '"')
        with pytest.raises(StashBatchError) as raised:
            await store.save_batch(tags, max_batch_size=2, check=True)
        outcomes = [each.outcome for each in raised.value.result]
        ok, failed, unknown = Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNKNOWN
        assert outcomes == [ok, failed, unknown, unknown, ok]
        assert "1 of 5 failed, 2 of 5 may have been done" in str(raised.value)


async def test_lost_marker_create_is_not_repeated(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tag = Scene(title="s"), Tag(name="t")
        await store.save_batch([scene, tag], check=True)
        marker = SceneMarker(title="m", seconds=1.5, scene=scene, primary_tag=tag)
        wire.drop_response("sceneMarkerCreate")
        assert (await store.save_batch([marker])).unknown
        assert (await store.save_all()).all_succeeded
        assert await store.count(SceneMarker) == 1


async def test_cancelled_save_has_an_unknown_outcome(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        new_scene = Scene(title="new")
        delayed = wire.delay("sceneCreate")
        saving = asyncio.ensure_future(store.save_batch([new_scene]))
        await delayed.reached
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        assert (await store.save_all()).all_succeeded
        assert await store.count(Scene) == 1


async def test_item_of_a_lost_addition_can_be_removed(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        tags = [Tag(name=name) for name in "ab"]
        scene = Scene(title="new", tags=tags[:1], custom_fields={})
        await store.save_batch([*tags, scene], check=True)
        await store.populate(scene, ["tags", "custom_fields"])
        scene.tags.append(tags[1])
        scene.custom_fields["k"] = 1
        wire.drop_response("SceneUpdate")
        with pytest.raises(StashUnknownOutcomeError):
            await store.save(scene)
        scene.tags.clear()
        scene.custom_fields.clear()
        await store.save(scene)
        [row] = await all_rows(store.client, "scenes", "tags { id } custom_fields")
        assert row == {"tags": [], "custom_fields": {}}


def finish(task: asyncio.Task[Any], held: DelayedResponse, *, lost: bool) -> Any:
    """Release the delayed response, or cancel the task; wait for it."""
    if lost:
        task.cancel()
    held.release()
    return asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "lost"])
@pytest.mark.parametrize("size", [0, 1], ids=["save", "save_batch"])
async def test_field_reverted_during_a_save_is_saved(embedded_url: str, size: int, lost: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tag = Scene(title="old", tags=[], custom_fields={}), Tag(name="T")
        await store.save_batch([scene, tag], check=True)
        scene.title, scene.tags, scene.custom_fields = "new", [tag], {"key": 1}
        delayed = wire.delay("SceneUpdate")
        task = asyncio.ensure_future(store.save_batch([scene]) if size else store.save(scene))
        await delayed.reached
        scene.title, scene.tags, scene.custom_fields = "old", [], {}
        await store.find(Scene, fields=["title", "tags", "custom_fields"])
        assert (scene.title, scene.tags, scene.custom_fields) == ("old", [], {})
        await finish(task, delayed, lost=lost)
        await store.save_all(check=True)
        rows = await all_rows(store.client, "scenes", "title tags { id } custom_fields")
        assert rows == [{"title": "old", "tags": [], "custom_fields": {}}]
        assert not scene.is_dirty()


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "lost"])
@pytest.mark.parametrize("wanted", [2, 3, 4, 5])
async def test_count_during_a_save_is_counted_once(embedded_url: str, wanted: int, lost: bool) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="counted", o_counter=2)
        await store.save(scene)
        scene.o_counter = 4
        delayed = wire.delay("sceneAddO")
        task = asyncio.ensure_future(store.save(scene))
        await delayed.reached
        scene.o_counter = wanted
        await store.find(Scene, fields=["o_counter"])
        assert scene.o_counter == wanted
        await finish(task, delayed, lost=lost)
        await store.save_all(check=True)
        rows = await all_rows(store.client, "scenes", "o_counter")
        assert (rows, scene.o_counter) == ([{"o_counter": wanted}], wanted)


async def test_field_reverted_during_a_rejected_save_is_clean(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        studio = Studio(name="old")
        await store.save_batch([studio, Studio(name="taken")], check=True)
        studio.name = "taken"
        delayed = wire.delay("studioUpdate")
        task = asyncio.ensure_future(store.save(studio))
        await delayed.reached
        studio.name = "old"
        await store.find(Studio, fields=["name"])
        await finish(task, delayed, lost=False)
        assert isinstance(task.exception(), StashError)
        assert (studio.name, studio.is_dirty()) == ("old", False)
