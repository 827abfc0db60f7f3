"""Changes are saved as differences, so that concurrent changes of others survive."""

from __future__ import annotations

from typing import Any

import pytest
from store_support import recorded_store

from stash_cli.core.errors import StashConflictError, StashUsageError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Group, Performer, Scene, SceneGroup, StashID, Tag

READ = "title rating100 urls tags { id } custom_fields stash_ids { endpoint stash_id }"
READ += " groups { group { id } scene_index }"
BOX = "https://box/graphql"


async def update_by_other_client(store: StashEntityStore, scene: Scene, **change: Any) -> None:
    """Change a scene as another client."""
    text = "mutation($input: SceneUpdateInput!) { sceneUpdate(input: $input) { id } }"
    await store.client.execute(text, {"input": {"id": scene.id, **change}})


async def row(store: StashEntityStore, scene: Scene) -> dict[str, Any]:
    answer = await store.client.execute(
        f"query($id: ID!) {{ findScene(id: $id) {{ {READ} }} }}", {"id": scene.id}
    )
    found: dict[str, Any] = answer["findScene"]
    return {**found, "tags": sorted(tag["id"] for tag in found["tags"])}


async def filled(store: StashEntityStore) -> tuple[Scene, list[Tag]]:
    tags = [Tag(name=name) for name in "abcd"]
    scene = Scene(title="old", tags=tags[:2], urls=["u1", "u2"], custom_fields={"a": 1, "b": 2})
    await store.save_batch([scene, *tags], check=True)
    await store.populate(
        scene, ["title", "rating100", "tags", "urls", "custom_fields", "stash_ids", "groups"]
    )
    return scene, tags


@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
async def test_changes_of_other_clients_survive(embedded_url: str, read: bool) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, tags = await filled(store)
        scene.custom_fields["a"] = 10
        del scene.custom_fields["b"]
        scene.urls[0] = "mine"
        scene.tags = [tags[0], tags[2]]
        scene.stash_ids.append(StashID(endpoint=BOX, stash_id="1"))
        await update_by_other_client(
            store,
            scene,
            custom_fields={"partial": {"new": 3}},
            urls=["u1", "u2", "theirs"],
            tag_ids=[tags[0].id, tags[1].id, tags[3].id],
            stash_ids=[{"endpoint": "https://other/graphql", "stash_id": "2"}],
        )
        if read:
            await store.populate(scene, ["custom_fields", "urls", "tags", "stash_ids"], force_refetch=True)
            assert scene.custom_fields == {"a": 10, "new": 3}
            assert scene.urls == ["mine", "u2", "theirs"]
        await store.save(scene)
        found = await row(store, scene)
        assert found["custom_fields"] == {"a": 10, "new": 3}
        assert found["urls"] == ["mine", "u2", "theirs"]
        assert found["tags"] == sorted(tags[number].id for number in (0, 2, 3))
        assert {each["stash_id"] for each in found["stash_ids"]} == {"1", "2"}
        assert not scene.is_dirty()


async def test_removing_all_keys_keeps_keys_of_others(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, _ = await filled(store)
        scene.custom_fields.clear()
        await update_by_other_client(store, scene, custom_fields={"partial": {"new": 3}})
        await store.save(scene)
        assert (await row(store, scene))["custom_fields"] == {"new": 3}


async def test_link_data_is_merged_per_item(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, _ = await filled(store)
        groups = [Group(name=name) for name in "abc"]
        await store.save_batch(groups, check=True)
        scene.groups = [
            SceneGroup(group=groups[0], scene_index=1),
            SceneGroup(group=groups[1], scene_index=1),
        ]
        await store.save(scene)
        scene.groups[0].scene_index = 5
        changed = [{"group_id": group.id, "scene_index": 7} for group in groups[1:]]
        await update_by_other_client(
            store, scene, groups=[{"group_id": groups[0].id, "scene_index": 1}, *changed]
        )
        await store.save(scene)
        found = {each["group"]["id"]: each["scene_index"] for each in (await row(store, scene))["groups"]}
        assert found == {groups[0].id: 5, groups[1].id: 7, groups[2].id: 7}


async def test_counts_are_added_to_counts_of_others(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, _ = await filled(store)
        await store.populate(scene, ["o_counter"])
        scene.o_counter += 1
        for _ in range(3):
            await store.client.execute(f"mutation {{ sceneAddO(id: {scene.id}) {{ count }} }}")
        await store.populate(scene, ["o_counter"], force_refetch=True)
        assert scene.o_counter == 4
        await store.save(scene)
        assert (scene.o_counter, scene.is_dirty()) == (4, False)
        await store.populate(scene, ["o_counter"], force_refetch=True)
        assert scene.o_counter == 4


async def test_additions_and_removals_need_no_read(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, tags = await filled(store)
        scene.tags.append(tags[2])
        scene.urls.append("u3")
        scene.rating100 = 5
        wire.take_documents()
        await store.save(scene)
        assert [document[:8] for document in wire.take_documents()] == ["mutation"]
        scene.tags = [tags[3]]
        await store.save(scene)
        assert [document[:8] for document in wire.take_documents()] == ["mutation"]
        assert (await row(store, scene))["tags"] == [tags[3].id]
        scene.urls = ["other"]
        wire.take_documents()
        await store.save(scene)
        assert [document[:8] for document in wire.take_documents()] == ["query Fi", "mutation"]


async def test_current_values_are_read_in_one_request(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scenes = [Scene(title=f"{number}", urls=[f"http://a/{number}"]) for number in range(10)]
        await store.save_batch(scenes, check=True)
        for number, scene in enumerate(scenes):
            scene.urls = [f"http://b/{number}"]
        wire.take_documents()
        await store.save_all(check=True)
        assert [document[:5] for document in wire.take_documents()] == ["query", "mutat"]


async def test_conflicting_change_is_not_silently_overwritten(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        other = Scene(title="other")
        await store.save(other)
        scene.title, scene.rating100, other.title = "mine", 5, "edited"
        await update_by_other_client(store, scene, title="theirs")
        await store.populate(scene, ["title"], force_refetch=True)
        wire.take_documents()
        with pytest.raises(StashConflictError, match="in title: it was not saved") as raised:
            await store.save(scene)
        conflict = raised.value.conflicts["title"]
        assert (conflict.original, conflict.mine, conflict.theirs) == ("old", "mine", "theirs")
        assert wire.take_documents() == []
        result = await store.save_all()
        assert [type(each.error) for each in result] == [StashConflictError, type(None)]
        assert scene.get_changed_fields() == {"title": "mine", "rating100": 5}
        await store.save(scene, on_conflict="mine")
        found = await row(store, scene)
        assert (found["title"], found["rating100"]) == ("mine", 5)


@pytest.mark.parametrize(
    ("on_conflict", "title"), [("merge", "mine"), ("mine", "mine"), ("raise", "theirs"), (None, "mine")]
)
async def test_unread_fields_are_checked_on_request(embedded_url: str, on_conflict: Any, title: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, tags = await filled(store)
        scene.title = "mine"
        scene.tags.append(tags[2])
        await update_by_other_client(store, scene, title="theirs", tag_ids=[tags[3].id])
        if on_conflict == "raise":
            with pytest.raises(StashConflictError):
                await scene.save(store.client, on_conflict="raise")
        else:
            await scene.save(store.client, on_conflict=on_conflict)
        found = await row(store, scene)
        kept = [tags[3].id] if on_conflict == "raise" else [tags[2].id, tags[3].id]
        assert (found["title"], found["tags"]) == (title, kept)


async def test_equal_changes_are_no_conflict(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        scene, _ = await filled(store)
        scene.title = "same"
        scene.custom_fields["a"] = 9
        await update_by_other_client(store, scene, title="same", custom_fields={"partial": {"a": 9}})
        wire.take_documents()
        await store.save(scene, on_conflict="raise")
        assert [document[:5] for document in wire.take_documents()] == ["query"]
        assert not scene.is_dirty()
        scene.title = "x"
        with pytest.raises(StashUsageError, match="raise, mine or merge"):
            await store.save(scene, on_conflict="theirs")  # type: ignore[arg-type]


async def test_client_methods_set_lists_after_reading(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        tags = [Tag(name=name) for name in "abc"]
        await store.save_batch(tags, check=True)
        new_performer = Performer(name="P", alias_list=["x"], tags=tags[:1])
        await store.save(new_performer)
        await store.populate(new_performer, ["tags", "alias_list"])
        new_performer.tags = [tags[1]]
        text = "mutation($input: PerformerUpdateInput!) { performerUpdate(input: $input) { id } }"
        await store.client.execute(
            text, {"input": {"id": new_performer.id, "tag_ids": [tags[0].id, tags[2].id]}}
        )
        answer = await store.client.update_performer(new_performer)
        assert {tag.id for tag in answer.tags} == {tags[1].id, tags[2].id}
