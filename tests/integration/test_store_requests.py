"""Requests of the store, and their number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from store_support import RecordingTransport

from stash_cli.core.context import StashContext
from stash_cli.core.errors import (
    StashConnectionError,
    StashError,
    StashInputError,
    StashLookupError,
    StashNotFoundError,
    StashUsageError,
)
from stash_cli.core.graphql.batch import BatchOperation
from stash_cli.core.query.q import Q
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import UNSET, Performer, Scene, SceneMarker, Studio, Tag


@asynccontextmanager
async def library(
    url: str, scenes: int = 12, **options: Any
) -> AsyncIterator[tuple[StashEntityStore, RecordingTransport]]:
    """A store over a small library: scenes rated 0, 5, 10, ..., two tags, a studio, a performer."""
    async with StashContext(conn=url) as client:
        wire = client.session.transport = RecordingTransport(client.session.transport)  # type: ignore[assignment]
        tags = [BatchOperation("tagCreate", {"input": {"name": name}}) for name in ("Rock", "Pop")]
        owner = [BatchOperation("studioCreate", {"input": {"name": "Acme"}})]
        people = [BatchOperation("performerCreate", {"input": {"name": "Alice"}})]
        made = [
            BatchOperation(
                "sceneCreate",
                {
                    "input": {
                        "title": f"scene {number:03}",
                        "rating100": number * 5 % 101,
                        "tag_ids": ["1"] if number % 2 else ["1", "2"],
                        "studio_id": "1",
                        "performer_ids": ["1"],
                    }
                },
            )
            for number in range(scenes)
        ]
        assert (await client.execute_batch([*tags, *owner, *people, *made])).all_succeeded
        wire.take_documents()
        yield StashEntityStore(client, **options), wire


async def test_get_reads_through_once(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scene = await store.get(Scene, 3)
        assert scene is not None
        assert len(wire.take_documents()) == 1
        assert await store.get(Scene, "3") is scene
        assert await store.get_many(Scene, [3, "3"]) == [scene]
        assert wire.take_documents() == []
        assert await store.get(Scene, 999) is None


async def test_partial_object_is_completed_on_get(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scene = await store.get(Scene, 1)
        assert scene is not None
        studio = scene.studio
        assert studio.details is UNSET
        wire.take_documents()
        assert await store.get(Studio, studio.id, fields=["name"]) is studio
        assert wire.take_documents() == []
        assert await store.get(Studio, studio.id) is studio
        assert len(wire.take_documents()) == 1
        assert studio.details == ""


async def test_get_many_takes_one_request_per_500(embedded_url: str) -> None:
    async with library(embedded_url, scenes=600) as (store, wire):
        found = await store.get_many(Scene, range(1, 401), fields=["title"])
        assert [scene.id for scene in found] == [str(number) for number in range(1, 401)]
        assert len(wire.take_documents()) == 1
        found = await store.get_many(Scene, list(range(600, 0, -1)), fields=["title"])
        assert [scene.id for scene in found] == [str(number) for number in range(600, 0, -1)]
        assert len(wire.take_documents()) == 1
        store.invalidate_all()
        assert len(await store.get_many(Scene, range(1, 601), fields=["title"])) == 600
        assert len(wire.take_documents()) == 2


async def test_unknown_ids_are_omitted(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        found = await store.get_many(Scene, [2, 999, 1, 1000])
        assert [scene.id for scene in found] == ["2", "1"]
        assert len(wire.take_documents()) == 2
        assert await store.get_many(SceneMarker, [1, 2]) == []
        assert await store.get_many(Scene, []) == []


async def test_find_requests_only_the_given_fields(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scenes = await store.find(Scene, rating100__gte=40, fields=["title", "studio__name"], sort="-rating")
        assert [scene.title for scene in scenes] == ["scene 011", "scene 010", "scene 009", "scene 008"]
        assert scenes[0].studio.name == "Acme"
        assert scenes[0].studio is await store.get(Studio, 1, fields=["name"])
        assert scenes[0].rating100 is UNSET
        [document] = wire.take_documents()
        assert "details" not in document
        assert "performers" not in document


async def test_find_by_names_ids_and_objects(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        rock = await store.find_one(Tag, name="ROCK")
        assert rock is not None
        both = await store.find(Scene, tags=["rock", "pop"])
        assert len(both) == 6
        assert await store.find(Scene, tags=[rock, 2]) == both
        assert await store.find(Scene, studio="acme", tags__excludes="Pop") == [
            scene for scene in await store.find(Scene) if scene not in both
        ]
        with pytest.raises(StashNotFoundError, match="Did you mean Rock"):
            await store.find(Scene, tags="Rok")
        wire.take_documents()
        assert await store.count(Scene, performers__name="alice") == 12
        assert len(wire.take_documents()) == 1


async def test_find_one_and_limits(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        newest = await store.find_one(Scene, sort="-id")
        assert newest is not None
        assert newest.title == "scene 011"
        assert await store.find_one(Scene, title="nothing like it") is None
        assert len(await store.find(Scene, limit=5)) == 5
        assert await store.find(Scene, limit=0) == []
        assert len(wire.take_documents()) == 3


async def test_residual_predicates_respect_limits_and_counts(embedded_url: str) -> None:
    async with library(embedded_url) as (store, _):
        tagged = await store.find(Scene, tags=[1, 2])
        for number, scene in enumerate(tagged):
            scene.urls = [f"https://{'a' if number % 2 else 'b'}.example", "https://c.example"]
        assert (await store.save_all()).all_succeeded
        lookups = {"url__ne": "https://a.example", "tags": [1, 2]}
        scenes = await store.find(Scene, **lookups)
        assert scenes == tagged[::2]
        assert await store.find(Scene, **lookups, limit=2) == tagged[:4:2]
        assert await store.count(Scene, **lookups) == 3
        assert "row by row" in await store.explain(Scene, **lookups)


async def test_find_iter_pages_and_prefetches(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        found = [scene.id async for scene in store.find_iter(Scene, query_batch=5)]
        assert found == [str(number) for number in range(1, 13)]
        assert len(wire.take_documents()) >= 3
        found = [scene.id async for scene in store.find_iter(Scene, query_batch=5, prefetch=False)]
        assert found == [str(number) for number in range(1, 13)]
        assert len(wire.take_documents()) == 3
        stream = store.find_iter(Scene, query_batch=5, prefetch=False)
        assert (await anext(stream)).id == "1"
        assert len(wire.take_documents()) == 1
        await stream.aclose()
        with pytest.raises(StashUsageError):
            await anext(store.find_iter(Scene, query_batch=0))


async def test_find_iter_takes_conditions_positionally_and_batch_by_name(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        where = Q(id__lte=4) | Q(id=6)
        found = [scene.id async for scene in store.find_iter(Scene, where, query_batch=2, prefetch=False)]
        assert found == ["1", "2", "3", "4", "6"]
        assert len(wire.take_documents()) == 3
        # Positionally, as scripts for other libraries do.
        found = [scene.id async for scene in store.find_iter(Scene, 6, prefetch=False)]
        assert len(found) == 12
        assert len(wire.take_documents()) in (2, 3)


async def test_snapshot_is_stable_under_edits_of_matching_fields(embedded_url: str) -> None:
    async with library(embedded_url) as (store, _):
        seen = []
        async for scene in store.find_iter(Scene, query_batch=2, snapshot=True, organized=False):
            seen.append(scene.id)
            scene.organized = True
            await store.save(scene)
        assert seen == [str(number) for number in range(1, 13)]
        assert await store.count(Scene, organized=False) == 0


async def test_populate_loads_missing_fields_for_all_at_once(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scenes = await store.find(Scene, fields=["title"])
        wire.take_documents()
        assert not store.has_fields(scenes[0], "rating100")
        assert store.missing_fields(scenes[0], "title", "rating100", "urls") == {"rating100", "urls"}
        assert await store.populate(scenes, fields=["rating100", "studio__name"]) == scenes
        assert len(wire.take_documents()) == 1
        assert store.has_fields(scenes[0], "rating100", "studio")
        assert store.missing_fields_nested(scenes[0], "studio__name", "studio__details") == {
            "studio__details"
        }
        await store.populate(scenes, fields=["rating100"])
        assert wire.take_documents() == []
        scenes[0].rating100 = 99
        scenes[1].title = "changed"
        await store.populate(scenes[:2], fields=["title", "rating100"], force_refetch=True)
        assert (scenes[0].rating100, scenes[1].title) == (99, "changed")
        assert len(wire.take_documents()) == 1


async def test_populate_loads_inverse_relations(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        performer = await store.get(Performer, 1)
        assert performer is not None
        assert performer.images is UNSET
        await store.populate(performer, fields=["scenes", "images"])
        assert len(performer.scenes) == 12
        assert performer.images == []
        tags = await store.find(Tag)
        wire.take_documents()
        await store.populate(tags, fields=["scenes"])
        assert len(wire.take_documents()) == 1
        assert {tag.name: len(tag.scenes) for tag in tags} == {"Rock": 12, "Pop": 6}
        assert tags[0].scenes[0] is await store.get(Scene, tags[0].scenes[0].id, fields=["title"])
        assert not tags[0].is_dirty()


async def test_populate_follows_a_path(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        parent = Studio(name="Holding")
        await store.save(parent)
        studio = await store.get(Studio, 1)
        assert studio is not None
        studio.parent_studio = parent
        await store.save(studio)
        store.invalidate_all()
        scenes = await store.find(Scene, fields=["studio"], limit=3)
        wire.take_documents()
        await store.populate(scenes, fields=["studio__parent__name", "studio__parent__details"])
        assert len(wire.take_documents()) == 1
        assert scenes[0].studio is studio
        assert studio.parent_studio is parent
        assert parent.details == ""
        assert store.has_fields(scenes[0], "studio__parent__details", "studio.parent_studio.name")
        assert not studio.is_dirty()


async def test_populate_rejects_unknown_fields(embedded_url: str) -> None:
    async with library(embedded_url) as (store, _):
        scene = await store.get(Scene, 1, fields=["title"])
        assert scene is not None
        with pytest.raises(StashLookupError, match="Did you mean rating100"):
            await store.populate(scene, fields=["raitng100"])
        with pytest.raises(StashUsageError, match="never saved"):
            await store.populate(Scene(title="x"), fields=["files"])
        await store.client.scene_destroy({"id": scene.id})
        with pytest.raises(StashNotFoundError, match="any more"):
            await store.populate(scene, fields=["rating100"])


async def test_read_fields_are_fresh_for_the_ttl(embedded_url: str) -> None:
    async with library(embedded_url, default_ttl=60) as (store, wire):
        now = [1000.0]
        store.identity.clock = lambda: now[0]
        scene = await store.get(Scene, 1)
        assert scene is not None
        store.set_ttl(Tag, None)
        tag = await store.get(Tag, 1)
        wire.take_documents()
        now[0] += 59
        assert await store.get(Scene, 1) is scene
        assert store.is_cached(Scene, 1)
        assert wire.take_documents() == []
        now[0] += 2
        assert not store.is_cached(Scene, 1)
        assert store.get_cached(Scene, 1) is None
        assert store.get_cached(Tag, 1) is tag
        assert store.cache_stats().expired_count > 0
        assert await store.get(Scene, 1) is scene
        assert len(wire.take_documents()) == 1
        store.set_ttl(Scene, timedelta(seconds=0))
        await store.get(Scene, 1)
        assert len(wire.take_documents()) == 1
        with pytest.raises(StashUsageError):
            store.set_ttl(Scene, -1)


async def test_invalidate_rereads_and_keeps_edits(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scene, other = await store.get_many(Scene, [1, 2])
        scene.title = "mine"
        wire.take_documents()
        for forget in (
            lambda: store.invalidate(scene),
            lambda: store.invalidate(Scene, 1),
            lambda: store.invalidate(Scene),
            lambda: store.invalidate_type(Scene),
            store.invalidate_all,
        ):
            forget()
            assert not store.is_cached(Scene, 1)
            assert await store.get(Scene, 1) is scene
            assert len(wire.take_documents()) == 1
        assert scene.title == "mine"
        assert not other.is_dirty()


async def test_cached_objects_can_be_filtered(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        await store.find(Scene, fields=["title"])
        assert len(store.all_cached(Scene)) == 12
        wire.take_documents()
        assert len(store.filter(Scene, lambda scene: scene.title > "scene 005")) == 6
        assert wire.take_documents() == []
        with pytest.raises(StashUsageError, match="lacks rating100"):
            store.filter_strict(Scene, ["rating100"], lambda scene: scene.rating100 > 20)
        found, stats = await store.filter_and_populate_with_stats(
            Scene, {"rating100"}, lambda scene: scene.rating100 > 20
        )
        assert len(found) == 7
        assert stats["populated"] == 12
        assert len(wire.take_documents()) == 1
        again = await store.filter_and_populate(Scene, ["rating100"], lambda scene: scene.rating100 > 20)
        assert again == found
        assert store.filter_strict(Scene, ["rating100"], lambda scene: scene.rating100 > 20) == found
        assert wire.take_documents() == []
        assert [
            scene
            async for scene in store.populated_filter_iter(
                Scene, ["organized"], lambda scene: scene.rating100 > 20, populate_batch=5
            )
        ] == found
        assert len(wire.take_documents()) == 3


async def test_save_sends_changed_fields(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scene = await store.get(Scene, 1)
        assert scene is not None
        wire.take_documents()
        await store.save(scene)
        assert wire.take_documents() == []
        scene.rating100 = 77
        scene.tags.pop()
        await store.save(scene)
        [request] = wire.sent
        assert request.variables["input"] == {
            "ids": ["1"],
            "rating100": 77,
            "tag_ids": {"ids": ["1"], "mode": "REMOVE"},
        }
        assert not scene.is_dirty()
        store.invalidate(scene)
        assert (await store.get(Scene, 1)).rating100 == 77


async def test_edits_during_a_save_stay_changes(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scene = await store.get(Scene, 1)
        assert scene is not None
        scene.rating100 = 90
        scene.urls.append("b")

        def edit() -> None:
            scene.rating100 = 95
            scene.title = "later"
            scene.urls.append("c")

        wire.take_documents()
        wire.on_request = edit
        await store.save(scene)
        [request] = wire.sent
        assert request.variables["input"] == {
            "ids": ["1"],
            "rating100": 90,
            "urls": {"values": ["b"], "mode": "ADD"},
        }
        assert scene.get_changed_fields() == {"rating100": 95, "title": "later", "urls": ["b", "c"]}


async def test_failed_save_keeps_the_changes(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scene = await store.get(Scene, 1)
        assert scene is not None
        scene.rating100 = 90

        def cut() -> None:
            raise StashConnectionError("cut off")

        wire.on_request = cut
        with pytest.raises(StashConnectionError):
            await store.save(scene)
        assert scene.get_changed_fields() == {"rating100": 90}
        with pytest.raises(StashConnectionError):
            await store.find(Scene)


async def test_new_objects_enter_the_identity_map(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        tag = Tag(name="New")
        scene = Scene(title="with a new tag", tags=[tag])
        store.add(scene)
        with pytest.raises(StashInputError, match="not saved yet"):
            await scene.save(store.client)
        await store.save(scene)
        assert not tag.is_new()
        assert await store.get(Tag, tag.id, fields=["name"]) is tag
        assert (await store.find(Scene, tags="New"))[0] is scene
        wire.take_documents()
        made = await store.get_or_create(Tag, name="Newer")
        assert await store.get_or_create(Tag, name="newer") is made
        with pytest.raises(StashNotFoundError, match="name='Never'"):
            await store.get_or_create(Tag, create_if_missing=False, name="Never")


async def test_batch_save_takes_few_requests_and_reports_failures(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        scenes = await store.find(Scene)
        wire.take_documents()
        for scene in scenes:
            scene.organized = True
        result = await store.save_all()
        assert len(result) == 12
        assert result.all_succeeded
        assert len(wire.take_documents()) == 1
        assert (await store.save_all()).operations == []
        assert wire.take_documents() == []
        tags = [Tag(name="One"), Tag(name="rock"), Tag(name="Two")]
        result = await store.save_batch(tags, max_batch_size=2)
        assert [each.succeeded for each in result] == [True, False, True]
        assert len(wire.take_documents()) == 2
        assert [tag.is_new() for tag in tags] == [False, True, False]
        assert store.is_cached(Tag, tags[2].id)


async def test_delete_removes_from_the_store(embedded_url: str) -> None:
    async with library(embedded_url) as (store, _):
        scene = await store.get(Scene, 1)
        assert scene is not None
        assert await store.delete(scene)
        assert not store.is_cached(Scene, 1)
        assert await store.get(Scene, 1) is None
        with pytest.raises(StashUsageError, match="never saved"):
            await store.delete(Scene(title="x"))


async def test_merge_returns_the_destination(embedded_url: str) -> None:
    async with library(embedded_url) as (store, _):
        rock, pop = await store.find(Tag, sort="-name")
        merged = await Tag.merge(store.client, [pop.id], rock.id)
        assert merged is rock
        assert await store.count(Tag) == 1
        with pytest.raises(StashUsageError, match="cannot merge Studio"):
            await Studio.merge(store.client, ["1"], "2")


async def test_failure_is_never_an_empty_list() -> None:
    context = StashContext(conn={"Scheme": "http", "Host": "127.0.0.1", "Port": 9})
    with pytest.raises(StashConnectionError):
        async with context:
            await context.store.find(Scene)
    await context.close(force=True)


async def test_invalid_arguments_are_rejected_before_sending(embedded_url: str) -> None:
    async with library(embedded_url, scenes=1) as (store, wire):
        for arguments in (
            {"rating100__gte": 200},
            {"ratin100": 1},
            {"sort": "nonsense"},
            {"fields": ["nope"]},
        ):
            with pytest.raises(StashError):
                await store.find(Scene, **arguments)
        assert wire.take_documents() == []
