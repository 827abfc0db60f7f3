"""Partially loaded relationships: cycles are detected, and only differences are saved."""

from __future__ import annotations

import pytest
from store_support import recorded_store
from support import run

from stash_cli.core.errors import StashGraphQLError, StashInputError
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.types import Group, Performer, Scene, Studio, Tag


async def test_cycles_over_additions_to_unread_lists_are_rejected(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (_, wire):
        one, two = Tag.from_graphql({"id": "1"}), Tag.from_graphql({"id": "2"})
        await one.add_child(two)
        with pytest.raises(StashInputError, match="contain each other"):
            await two.add_child(one)
        assert wire.take_documents() == []
        assert not two.is_dirty()


async def test_cycles_through_several_unread_lists_are_rejected(embedded_url: str) -> None:
    """One -> two -(on the server)-> three -> four -(on the server)-> one."""

    async with recorded_store(embedded_url) as (store, wire):
        one, two, three, four = made = [Tag(name=f"{number}") for number in range(4)]
        await store.save_batch(made, check=True)
        text = "mutation($id: ID!, $above: [ID!]) { tagUpdate(input: {id: $id, parent_ids: $above}) { id } }"
        await store.client.execute(text, {"id": two.id, "above": [three.id]})
        await store.client.execute(text, {"id": four.id, "above": [one.id]})
        wire.take_documents()
        one.parents, three.parents = [two], [four]
        with pytest.raises(StashInputError, match="contain each other"):
            await store.save_all()
        assert not any(document.startswith("mutation") for document in wire.take_documents())
        three.parents = []
        assert (await store.save_all()).all_succeeded
        assert await one.get_all_ancestors() == [two, three]


async def test_reverted_edit_does_not_hide_changes_of_others(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, alice = Scene(title="x"), Performer(name="Alice")
        await store.save_batch([scene, alice], check=True)
        await store.populate(scene, ["performers"])
        scene.performers = [alice]
        scene.performers = []
        given = {"input": {"id": scene.id, "performer_ids": [alice.id]}}
        text = "mutation($input: SceneUpdateInput!) { sceneUpdate(input: $input) { id } }"
        await store.client.execute(text, given)
        await store.populate(scene, ["performers"], force_refetch=True)
        await store.populate(alice, ["scenes"])
        assert (scene.performers, alice.scenes) == ([alice], [scene])


def test_only_the_last_edited_side_is_saved() -> None:
    scene, studio = Scene.from_graphql({"id": "1", "studio": None}), Studio.from_graphql({"id": "2"})
    scene.studio = studio
    assert (scene.is_dirty(), studio.is_dirty()) == (True, False)
    run(studio.add_scene(scene))
    assert (scene.is_dirty(), studio.is_dirty()) == (False, True)
    assert scene.studio is studio


def test_mark_clean_applies_to_both_sides() -> None:
    scene, alice = Scene.from_graphql({"id": "1", "performers": []}), Performer.from_graphql({"id": "2"})
    tag = Tag.from_graphql({"id": "3"})
    scene.performers.append(alice)
    run(tag.add_scene(scene))
    for each in (scene, tag):
        each.mark_clean()
    merge_answer(alice, {"scenes": []})
    merge_answer(scene, {"tags": []})
    assert (alice.scenes, scene.tags) == ([], [])


async def test_failed_create_leaves_the_lists(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        above = Studio(name="above")
        await store.save_batch([above, Studio(name="Acme")], check=True)
        await store.populate(above, ["child_studios"])
        with pytest.raises(StashGraphQLError, match="already exists"):
            await store.get_or_create(Studio, name="Acme", parent_studio=above)
        assert above.child_studios == []


async def test_lists_assigned_unread_replace_the_servers(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        alice, bea, rock = Performer(name="Alice"), Performer(name="Bea"), Tag(name="Rock")
        made = [Scene(title=f"{number}", performers=[alice], tags=[rock]) for number in range(4)]
        await store.save_batch([alice, bea, rock, *made], check=True)
        wire.take_documents()
        alice.scenes, bea.scenes, rock.scenes = made[2:3], made[:2], []
        await store.save_all(check=True)
        assert len(wire.take_documents()) == 3
        assert [scene.performers for scene in made] == [[bea], [bea], [alice], []]
        assert not any(scene.tags for scene in made)
        assert store.identity.dirty() == []
        await store.populate(made, ["performers", "tags"], force_refetch=True)
        assert [scene.performers for scene in made] == [[bea], [bea], [alice], []]
        assert not any(scene.tags for scene in made)


async def test_counts_assigned_unread_are_set_on_the_server(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, nobody = Scene(title="x", o_counter=3, play_history=[]), Performer(name="Bea", scenes=[])
        await store.save_batch([scene, nobody], check=True)
        assert not scene.is_dirty()
        assert not nobody.is_dirty()
        other = Scene.from_graphql({"id": scene.id})
        other.o_counter = 5
        await other.save(store.client)
        await store.populate(scene, ["o_counter"], force_refetch=True)
        assert scene.o_counter == 5


async def test_scene_index_is_sent_with_an_addition_to_an_unread_list(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        first, second = Group(name="first"), Group(name="second")
        scene = Scene(title="x")
        await store.save_batch([first, second, scene], check=True)
        given = {"id": scene.id, "groups": [{"group_id": first.id, "scene_index": 7}]}
        text = "mutation($input: SceneUpdateInput!) { sceneUpdate(input: $input) { id } }"
        await store.client.execute(text, {"input": given})
        await scene.add_group(second, scene_index=3)
        await store.save(scene)
        await store.populate(scene, ["groups.group.id", "groups.scene_index"], force_refetch=True)
        assert {each.group: each.scene_index for each in scene.groups} == {first: 7, second: 3}


async def test_new_object_removed_from_an_unread_list_is_not_sent(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        studio, scene = Studio(name="Acme"), Scene(title="x")
        await store.save(studio)
        wire.take_documents()
        await studio.add_scene(scene)
        await studio.remove_scene(scene)
        await store.save_all(check=True)
        assert wire.take_documents() == []
        assert not studio.is_dirty()


def test_change_also_made_by_others_is_not_pending() -> None:
    scene = Scene.from_graphql({"id": "1", "performers": [{"id": "2"}]})
    [alice] = scene.performers
    scene.performers = []
    merge_answer(scene, {"performers": []})
    assert not scene.is_dirty()
    merge_answer(alice, {"scenes": [scene]})
    assert alice.scenes == [scene]


def test_removal_of_an_absent_item_is_dropped_on_both_sides() -> None:
    scene, alice = Scene.from_graphql({"id": "1"}), Performer.from_graphql({"id": "2"})
    run(scene.remove_performer(alice))
    assert scene.is_dirty()
    merge_answer(scene, {"performers": []})
    assert not scene.is_dirty()
    merge_answer(alice, {"scenes": [scene]})
    assert alice.scenes == [scene]
