"""Typed client methods against the embedded library, in process and served."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from stash_cli.core.client import BatchOperation, StashClient
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.context import StashContext
from stash_cli.core.errors import (
    StashCapabilityError,
    StashConfigurationError,
    StashGraphQLError,
    StashInputError,
    StashJobUnknownError,
    StashNotFoundError,
    StashUsageError,
)
from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types import (
    UNSET,
    BulkSceneUpdateInput,
    FuzzyDate,
    Gallery,
    Group,
    Image,
    JobStatus,
    OnMultipleMatch,
    Performer,
    Scene,
    SceneMarker,
    Studio,
    SystemStatusEnum,
    Tag,
    TagCreateInput,
)
from stash_cli.core.types.entities import ENTITIES


@pytest.fixture(params=["in process", "served"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("embedded_url" if request.param == "in process" else "served_url"))


NEW = {
    "gallery": Gallery(title="A"),
    "performer": Performer(name="A"),
    "studio": Studio(name="A"),
    "tag": Tag(name="A"),
    "group": Group(name="A"),
    "scene": Scene(title="A"),
}


async def test_update_reads_a_count_before_changing_it(embedded_url: str) -> None:
    async with StashContext(conn=embedded_url) as client:
        new_scene = await client.create_scene(Scene(title="counted", play_count=2))
        await client.update_scene(Scene(id=new_scene.id, play_count=3))
        scene = await client.find_scene(new_scene.id)
        assert scene is not None
        assert scene.play_count == 3


async def test_update_rejects_a_tag_as_its_own_ancestor(embedded_url: str) -> None:
    async with StashContext(conn=embedded_url) as client:
        parent = await client.create_tag(Tag(name="parent"))
        child = await client.create_tag(Tag(name="child", parents=[parent]))
        with pytest.raises(StashInputError, match="contain each other"):
            await client.update_tag(Tag(id=parent.id, parents=[Tag(id=child.id)]))


@pytest.mark.parametrize("noun", NEW)
async def test_create_find_update_remove(noun: str, url: str) -> None:
    label = ENTITIES[type(NEW[noun]).__name__].label
    plural = ENTITIES[type(NEW[noun]).__name__].plural

    async with StashContext(url) as client:
        made: Any = await getattr(client, f"create_{noun}")(type(NEW[noun])(**{label: "first"}))
        assert not made.is_dirty()
        assert getattr(made, label) == "first"
        assert made.created_at is not UNSET
        setattr(made, label, "second")
        changed = await getattr(client, f"update_{noun}")(made)
        assert getattr(changed, label) == "second"
        assert not made.is_dirty()
        found = await getattr(client, f"find_{noun}")(int(made.id))
        assert (found, getattr(found, label)) == (made, "second")
        page = await getattr(client, f"find_{plural}")(q="second")
        assert (page.count, getattr(page, plural)) == (1, [made])
        assert await client.destroy_entity(type(made), [made.id])
        assert await getattr(client, f"find_{noun}")(made.id) is None


async def test_find_without_paging_returns_all(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        names = [BatchOperation("tagCreate", {"input": {"name": f"t{n:03}"}}) for n in range(60)]
        assert (await client.execute_batch(names)).all_succeeded
        assert len((await client.find_tags()).tags) == 60
        page = await client.find_tags({"per_page": 7, "page": 2, "sort": "name", "direction": "DESC"})
        assert [tag.name for tag in page.tags] == [f"t{n:03}" for n in range(52, 45, -1)]
        assert page.count == 60
        found = await client.find_tags(tag_filter={"name": {"value": "t05", "modifier": "INCLUDES"}})
        assert found.count == 10
        assert [t.id for t in (await client.find_tags(ids=[3, "2"])).tags] == ["3", "2"]


async def test_bulk_updates_and_return_fields(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        tags = [await client.create_tag(Tag(name=name)) for name in "abc"]
        ids = [tag.id for tag in tags]
        response = await client.bulk_tag_update(ids, description="same", favorite=True)
        assert [(tag.description, tag.favorite) for tag in response] == [("same", True)] * 3
        studio = await client.create_studio(Studio(name="S"))
        change = {"ids": [studio.id], "rating100": 70, "tag_ids": {"ids": ids, "mode": "ADD"}}
        rows = await client.bulk_studio_update(change, return_fields="id rating100 tags { name }")
        assert rows == [
            {"id": studio.id, "rating100": 70, "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
        ]
        with pytest.raises(StashInputError, match="rating100"):
            await client.bulk_studio_update({"ids": [studio.id], "rating100": 700})
        with pytest.raises(StashInputError, match="Did you mean rating100"):
            await client.bulk_studio_update({"ids": [studio.id], "raitng100": 7})


async def test_names_to_ids(embedded_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with StashContext(embedded_url) as client:
        outdoor = await client.create_tag(Tag(name="Outdoor", aliases=["Outside"]))
        beach = await client.create_tag(Tag(name="Beach"))
        items: list[Any] = [
            "outdoor",
            "Outside",
            int(beach.id),
            {"name": "Beach"},
            beach,
            {"stored_id": "77"},
        ]
        assert await client.map_tag_ids(items) == [outdoor.id, beach.id, "77"]
        assert await client.map_tag_ids(["Nowhere"]) == []
        assert "Nowhere" in caplog.text
        new = await client.map_tag_ids(["Nowhere", "Beach", "Nowhere"], create=True)
        assert (await client.find_tag(new[0])).name == "Nowhere"  # type: ignore[union-attr]
        assert new[1:] == [beach.id]
        again = await client.map_tag_ids(["Wood", "WOOD", "wood"], create=True)
        assert (len(again), (await client.find_tag(again[0])).name) == (1, "Wood")  # type: ignore[union-attr]
        with pytest.raises(StashInputError, match="Neither an id nor a name"):
            await client.map_tag_ids([" "])
        twins = [await client.create_performer(Performer(name="Sam", disambiguation=which)) for which in "ab"]
        ids = [twin.id for twin in twins]
        assert await client.map_performer_ids(["Sam"]) == ids[:1]
        assert await client.map_performer_ids(["Sam"], on_multiple=OnMultipleMatch.RETURN_LIST) == ids
        assert await client.map_performer_ids(["Sam"], on_multiple=OnMultipleMatch.RETURN_NONE) == []
        assert await client.find_performer("sam") == twins[0]
        assert await client.find_performer(ids[1]) == twins[1]
        assert await client.find_performer({"name": "Nobody"}) is None


async def test_studio_hierarchy_deeper_than_one_request(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        line: list[Studio] = []
        for depth in range(20):
            parent = {"parent_studio": line[-1]} if line else {}
            line.append(await client.create_studio(Studio(name=f"s{depth}", **parent)))
        for depth in (19, 16, 8, 7, 0):
            assert await client.find_studio_hierarchy(line[depth].id) == line[: depth + 1]
            assert await client.find_studio_root(line[depth].id) == line[0]
        assert await client.find_studio_hierarchy("999") == []
        assert await client.find_studio_root(999) is None


async def test_markers_and_chapters(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        tag = await client.create_tag(Tag(name="T"))
        scenes = [await client.create_scene(Scene(title=name)) for name in "ab"]
        markers = [
            await client.create_marker(SceneMarker(title="m", seconds=at, scene=scene, primary_tag=tag))
            for scene, at in ((scenes[0], 1.0), (scenes[1], 1.0), (scenes[1], 2.0))
        ]
        found = await client.find_marker(markers[0].id)
        assert (found, found.seconds) == (markers[0], 1.0)  # type: ignore[union-attr]
        assert await client.find_marker(999) is None
        moved = await client.merge_scene_markers(scenes[0].id, [scenes[1].id])
        assert moved == [markers[2]]
        with pytest.raises(StashNotFoundError, match="no scene with the id 99"):
            await client.merge_scene_markers(scenes[0].id, [99])
        assert await client.scene_markers_destroy([marker.id for marker in markers[:2]])
        assert (await client.find_markers()).count == 1
        gallery = await client.create_gallery(Gallery(title="G"))
        with pytest.raises(StashGraphQLError, match="Image #"):
            await client.gallery_chapter_create(gallery.id, "c", 1)


async def test_play_history_and_activity(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        scene = await client.create_scene(Scene(title="A"))
        times = ["2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z"]
        assert (await client.scene_add_play(scene.id, times)).count == 2
        assert (await client.scene_add_o(int(scene.id))).count == 1
        assert await client.scene_save_activity(scene.id, resume_time=3.5, play_duration=2)
        again = await client.find_scene(scene.id)
        assert again is not None
        assert (again.play_count, again.o_counter, again.resume_time) == (2, 1, 3.5)
        assert await client.scene_reset_play_count(scene.id) == 0


async def test_missing_ids_do_not_fail_the_rest(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        tag = await client.create_tag(Tag(name="T"))
        scene = await client.create_scene(Scene(title="s"))
        for at in (1.0, 2.0):
            await client.create_marker(SceneMarker(title="m", seconds=at, scene=scene, primary_tag=tag))
        for entity, ids, there in (
            ("Tag", ("8", tag.id, "9"), [tag.id]),
            ("SceneMarker", ("2", "7", "1", "9"), ["2", "1"]),
            ("Scene", ("7",), []),
        ):
            query = FindQuery(ENTITIES[entity], ids=ids)
            assert [row["id"] async for row in iter_rows(client.session, query)] == there


async def test_server_and_jobs(url: str) -> None:
    async with StashContext(url) as client:
        await client.check_system_ready()
        status = await client.get_system_status()
        assert status is not None
        assert status.status is SystemStatusEnum.OK
        assert (await client.version()).version == client.capabilities.version or url.startswith("embedded")
        assert (await client.stats()).scene_count == 0
        async with client.subscribe_to_jobs() as updates:
            job_id = await client.metadata_scan()
            seen = [update async for update in _updates_until_finished(updates)]
        assert seen[-1].job.id == job_id
        assert await client.wait_for_job(job_id) is True
        job = await client.find_job(job_id)
        assert job is not None
        assert job.status is JobStatus.FINISHED
        assert await client.job_queue() == []
        assert await client.find_job(99) is None
        assert [await client.find_job(one) for one in ("nope", "", "²", "-1", "9" * 30)] == [None] * 5
        for unknown in (99, "nope"):
            with pytest.raises(StashJobUnknownError, match=f"does not know job {unknown}"):
                await client.wait_for_job(unknown)


async def _updates_until_finished(updates: Any) -> Any:
    async for update in updates:
        yield update
        if update.job.status == "FINISHED":
            return


async def test_invalid_operations_raise(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        with pytest.raises(StashCapabilityError, match="cannot be created"):
            await client.create_image(Image(title="x"))
        with pytest.raises(StashInputError, match="takes no delete_file"):
            await client.destroy_entity(Performer, ["1"], delete_file=True)
        with pytest.raises(StashInputError, match="mode is one of"):
            await client.update_gallery_images("1", ["1"], mode="MERGE")
        with pytest.raises(StashInputError, match="performerCreate takes a Performer, not dict"):
            await client.create_performer({"name": "x"})  # type: ignore[arg-type]
        with pytest.raises(StashInputError, match="scenesUpdate takes a Scene, not Tag"):
            await client.scenes_update([Tag(name="x")])  # type: ignore[list-item]
        with pytest.raises(StashInputError, match="TagCreateInput has no field 'nmae'"):
            await client.execute_batch([BatchOperation("tagCreate", {"input": {"nmae": "x"}})])
        with pytest.raises(StashGraphQLError, match="not found"):
            await client.update_tag(Tag.from_graphql({"id": "99", "name": "x"}))
        mixed = [BatchOperation("version"), BatchOperation("stopAllJobs")]
        with pytest.raises(StashUsageError, match="either queries or mutations"):
            await client.execute_batch(mixed)


async def test_nulls_become_none_or_empty_lists(url: str) -> None:
    """Where the server answers null for a list, or an error for a missing file or folder."""

    async with StashContext(url) as client:
        assert await client.find_file("99") is None
        assert await client.find_file(path="/nowhere") is None
        assert await client.find_folder(99) is None
        assert await client.find_folder(path="/nowhere") is None
        with pytest.raises(StashGraphQLError, match="either id or path"):
            await client.find_file()
        assert await client.bulk_image_update({"ids": [], "rating100": 10}) == []
        assert await client.job_queue() == []
        assert await client.get_plugins() == []
        assert await client.anonymise_database({"download": False}) == ""


async def test_values_are_python_types(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        performer = await client.create_performer(
            Performer(name="A", birthdate=FuzzyDate("1990-05"), death_date=date(2020, 1, 2))  # type: ignore[arg-type]
        )
        assert (performer.birthdate, performer.death_date) == ("1990-05", "2020-01-02")
        young = {"birthdate": {"value": date(1990, 1, 1), "modifier": "GREATER_THAN"}}
        assert (await client.find_performers(performer_filter=young)).performers == [performer]
        await client.bulk_scene_update(BulkSceneUpdateInput(ids=[], date=datetime(2024, 5, 6)))  # type: ignore[arg-type]  # noqa: DTZ001
        typed = TagCreateInput(name="T", aliases=["U"])
        [made] = await client.execute_batch([BatchOperation("tagCreate", {"input": typed}, "name aliases")])
        assert made.result == {"name": "T", "aliases": ["U"]}


async def test_execute_with_a_type(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        tag = await client.create_tag(Tag(name="T"))
        data = await client.execute("query F($id: ID!) { findTag(id: $id) { id name } }", {"id": tag.id}, Tag)
        assert (data, data.name, data.description) == (tag, "T", UNSET)
        assert await client.execute("{ version { hash } }") == {"version": {"hash": "embedded"}}


async def test_contexts_are_independent_and_close_after_the_last_user(tmp_path: Path) -> None:
    one, two = (StashContext(f"embedded:{tmp_path / name}.sqlite") for name in "ab")
    async with one as first, two as second:
        await first.create_tag(Tag(name="only in one"))
        assert (await second.find_tags()).count == 0
        assert first is not second
        assert one.store is not two.store
    with pytest.raises(StashUsageError, match="not open"):
        _ = one.client
    async with one:
        async with one as client:
            assert one.ref_count == 2
        assert one.client is client
        assert (await client.find_tags()).count == 1
        assert one.capabilities.has_scene_custom_fields
    assert one.ref_count == 0
    client = await one.get_client()
    assert one.interface is client
    await one.close(force=True)
    await one.close()


async def test_entities_are_in_the_identity_map(embedded_url: str) -> None:
    async with StashContext(embedded_url) as client:
        new_tag = await client.create_tag(Tag(name="T"))
        client.identity = IdentityMap()
        first, second = await client.find_tag(new_tag.id), await client.find_tag(new_tag.id)
        assert first is second
        assert (await client.find_tags()).tags[0] is first


def test_invalid_conn_is_rejected_before_connecting() -> None:
    with pytest.raises(StashConfigurationError, match="Unknown conn key"):
        StashContext({"Hosst": "x"})


def test_every_operation_has_a_method() -> None:
    """Except deprecated aliases, which share the method of their replacement."""
    from stash_cli.core.types.api import describe_api

    api = describe_api()
    source = "".join(
        inspect.getsource(inspect.getmodule(cls))
        for cls in StashClient.__mro__
        if cls is not object  # type: ignore[arg-type]
    )
    operations = {**api.queries, **api.mutations, **api.subscriptions}
    listed = {entity.find for entity in ENTITIES.values()}
    missing = [
        name
        for name, declared in operations.items()
        if not declared.deprecated and f'"{name}"' not in source and name not in listed
    ]
    assert missing == []
