"""Fields with mutations of their own are written by the same save; failed ones stay changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from store_support import recorded_store
from support import run

from stash_cli.core.errors import StashBatchError, StashError, StashGraphQLError, StashInputError
from stash_cli.core.types import Gallery, Image, Performer, Scene, Tag

PIXEL = b"GIF89a\x01\x00\x01\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
PIXEL += b"\x01\x00\x01\x00\x00\x02\x00;"
TIMES = [datetime(2024, month, 1, tzinfo=UTC) for month in (3, 2, 1)]


def test_histories_counts_and_activity(embedded_url: str) -> None:
    async def main() -> None:
        async with recorded_store(embedded_url) as (store, wire):
            scene = Scene(title="x", play_history=TIMES, o_counter=2, resume_time=4.5, play_duration=30.0)
            await store.save(scene)
            assert len(wire.take_documents()) == 2
            assert not scene.is_dirty()
            await store.populate(scene, ["play_count", "o_history", "resume_time"])
            assert (scene.play_count, scene.resume_time, len(scene.o_history)) == (3, 4.5, 2)
            scene.play_history.remove(TIMES[1])
            scene.o_counter += 1
            scene.play_duration = 60.0
            scene.resume_time = None
            wire.take_documents()
            await store.save(scene)
            history, main, sides = wire.take_documents()
            assert "o_counter o_history" in history
            assert "sceneUpdate" in main
            assert sides.count("sceneDeletePlay") == 1
            assert sides.count("sceneAddO") == 1
            assert (scene.play_history, scene.play_count) == ([TIMES[0], TIMES[2]], 2)
            assert not scene.is_dirty()
            await store.populate(scene, force_refetch=True)
            assert (scene.o_counter, scene.play_duration, scene.resume_time) == (3, 60.0, 0)
            scene.o_counter = 0
            scene.play_count = 1
            await store.save(scene)
            await store.populate(scene, force_refetch=True)
            assert (scene.o_counter, scene.o_history, scene.play_history) == (0, [], [TIMES[2]])

    run(main())


async def test_new_scene_is_counted_beside_an_empty_history(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene = Scene(title="x", o_counter=3, o_history=[], play_count=1, play_history=TIMES)
        await store.save(scene)
        await store.populate(scene, force_refetch=True)
        assert (scene.o_counter, scene.play_count, scene.is_dirty()) == (3, 3, False)


async def test_queued_operations(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene = Scene(title="x", play_history=TIMES, o_counter=1, resume_time=4.5, play_duration=30.0)
        await store.save(scene)
        wire.take_documents()
        scene.reset_play_count()
        scene.reset_o()
        scene.reset_activity(reset_duration=False)
        assert scene.is_dirty()
        assert (scene.play_history, scene.o_counter) == ([], 0)
        scene.play_count = 1
        await store.save(scene)
        [sides] = wire.take_documents()
        assert sides.index("sceneResetPlayCount") < sides.index("sceneAddPlay")
        assert not scene.is_dirty()
        await store.populate(scene, force_refetch=True)
        assert (scene.play_count, scene.o_counter, scene.resume_time) == (1, 0, 0)
        assert scene.play_duration == 30.0


async def test_failed_side_mutations_stay_pending(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, tag = Scene(title="x"), Tag(name="Rock")
        await store.save_batch([scene, tag])
        await store.populate(scene)
        gone = Scene.from_graphql({"id": "999"})
        await tag.add_scene(gone)
        tag.description = "new"
        with pytest.raises(StashGraphQLError):
            await store.save(tag)
        assert tag.get_changed_fields() == {}
        assert tag.get_history("scenes").added == [gone]
        tag.mark_clean()
        assert not tag.is_dirty()
        await store.client.scene_destroy({"id": scene.id})
        scene.play_count = 2
        with pytest.raises((StashBatchError, StashGraphQLError)):
            await store.save(scene)
        assert scene.get_changed_fields() == {"play_count": 2}
        result = await store.save_batch([scene, tag])
        assert not result.all_succeeded
        assert isinstance(result[0].error, StashError)


async def test_custom_fields_are_sent_as_a_difference(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene = Scene(title="x", custom_fields={"a": 1, "b": "two", "c": 3})
        await store.save(scene)
        other = Scene.from_graphql({"id": scene.id, "custom_fields": {"a": 1, "b": "two", "c": 3}})
        scene.custom_fields["a"] = 5
        del scene.custom_fields["b"]
        assert (await scene.to_input())["custom_fields"] == {"partial": {"a": 5}, "remove": ["b"]}
        await store.save(scene)
        other.custom_fields["d"] = 4
        await other.save(store.client)
        await store.populate(scene, ["custom_fields"], force_refetch=True)
        assert scene.custom_fields == {"a": 5, "c": 3, "d": 4}
        blind = Scene.from_graphql({"id": scene.id})
        blind.custom_fields = {"only": 1}
        assert (await blind.to_input())["custom_fields"] == {"full": {"only": 1}}
        scene.custom_fields.clear()
        assert (await scene.to_input())["custom_fields"] == {"remove": ["a", "c", "d"]}


async def test_gallery_images_and_cover() -> None:
    async with recorded_store("embedded:demo") as (store, wire):
        first, second, third = await store.find(Image, limit=3, sort="id")
        gallery = Gallery(title="mine")
        await store.save(gallery)
        await gallery.add_image(first)
        await gallery.add_image(second)
        gallery.cover = second
        wire.take_documents()
        await store.save(gallery)
        *_, sides = wire.take_documents()
        assert sides.index("bulkImageUpdate") < sides.index("setGalleryCover")
        await store.populate(gallery, ["images", "cover"], force_refetch=True)
        assert {image.id for image in gallery.images} == {first.id, second.id}
        assert gallery.cover is second
        assert (await gallery.image(0)).id in {first.id, second.id}
        gallery.cover = third
        with pytest.raises(StashInputError, match="is not in"):
            await store.save(gallery)
        gallery.cover = None
        await store.save(gallery)
        before = third.o_counter
        third.o_counter = before + 2
        await store.save(third)
        await store.populate(third, ["o_counter"], force_refetch=True)
        assert third.o_counter == before + 2


async def test_images_from_files(embedded_url: str, tmp_path: Path) -> None:
    async with recorded_store(embedded_url) as (store, _):
        picture = tmp_path / "picture.gif"
        picture.write_bytes(PIXEL)
        alice, tag = Performer(name="Alice"), Tag(name="Rock")
        await store.save(alice)
        assert await alice.update_avatar(store.client, picture) is alice
        tag.set_image(f"{picture}")
        assert (await tag.to_input())["image"].startswith("data:image/gif;base64,R0lG")
        await store.save(tag)
        assert not tag.is_dirty()
        with pytest.raises(StashInputError, match="cannot be read"):
            alice.set_image(tmp_path / "nowhere.png")


async def test_client_methods_write_them_too(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene = await store.client.create_scene(Scene(title="x", play_count=2))
        found = await store.get(Scene, scene.id)
        assert found is not None
        store.invalidate_all()
        await store.populate(found, force_refetch=True)
        assert found.play_count == 2
        found.play_count = 0
        await store.client.update_scene(found)
        await store.populate(found, force_refetch=True)
        assert (found.play_count, found.play_history) == (0, [])
