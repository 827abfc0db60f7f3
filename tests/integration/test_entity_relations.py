"""Both sides of a relationship agree, and the changed side is saved."""

from __future__ import annotations

import itertools

import pytest
from store_support import recorded_store
from support import run
from table_tests import table_test

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.graphql.batch import BatchOperation
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.methods import methods_of
from stash_cli.core.orm.relate import append
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import (
    UNSET,
    Gallery,
    Group,
    GroupDescription,
    Performer,
    Scene,
    SceneGroup,
    SceneMarker,
    Studio,
    Tag,
)
from stash_cli.core.types.entities import ENTITIES


def known(cls: type, id_: int, **more: object) -> object:
    return cls.from_graphql({"id": str(id_), **more})  # type: ignore[attr-defined]


@table_test("name", list(ENTITIES))
def test_every_relationship_has_an_inverse(name: str) -> None:
    for attr, relation in relationships(name).items():
        if relation.inverse_field and relation.is_written:
            back = relationships(relation.inverse_type)[relation.inverse_field]
            assert back.inverse_type == name, attr
            assert {relation.kind, back.kind} in (
                {"many_to_many"},
                {"through"},
                {"through", "many_to_many"},
                {"has_many", "belongs_to"},
            )
    cls = class_named(name)
    assert relationships(name) is cls.__relationships__  # type: ignore[attr-defined]
    assert relationships(name).keys() & cls.__tracked_fields__  # type: ignore[attr-defined]


def test_relationship_metadata_is_public() -> None:
    tags = Scene.__relationships__["tags"]
    assert (tags.target_field, tags.is_list, tags.inverse_type, tags.inverse_field) == (
        "tag_ids",
        True,
        "Tag",
        "scenes",
    )
    assert Scene.__relationships__["groups"].query_strategy == "complex_object"
    assert Performer.__relationships__["images"].query_strategy == "filter_query"
    assert {"play_history", "o_counter", "resume_time"} <= Scene.__side_mutations__
    assert {"title", "tags", "play_count"} <= Scene.__tracked_fields__
    assert "created_at" not in Scene.__tracked_fields__


@table_test("name", list(ENTITIES))
def test_helpers_are_derived_from_relationships(name: str) -> None:
    cls = class_named(name)
    for helper in methods_of(name):
        assert getattr(cls, helper.name).__doc__ == helper.doc
    assert hasattr(cls, "add_tag") == ("tags" in relationships(name))


def test_assignment_updates_the_inverse() -> None:
    alice, bea = known(Performer, 1, scenes=[]), known(Performer, 2, scenes=[{"id": "5"}])
    scene = known(Scene, 5, performers=[])
    scene.performers = [bea]
    assert bea.scenes == [scene]
    scene.performers = [alice]
    assert (alice.scenes, bea.scenes) == ([scene], [])
    assert scene.is_dirty()
    assert not alice.is_dirty()
    scene.performers = []
    assert alice.scenes == []
    assert not scene.is_dirty()


async def test_saved_inverse_change_can_be_moved(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        scene, *studios = made = [Scene(title="s"), Studio(name="old"), Studio(name="new")]
        await store.save_batch(made, check=True)
        await store.populate(studios[0], ["scenes"])
        studios[0].scenes.append(scene)
        await store.save_all(check=True)
        append(studios[1], "scenes", scene)
        assert studios[0].scenes == []
        await store.save_all(check=True)
        await store.populate(studios, ["scenes"], force_refetch=True)
        assert [each.scenes for each in studios] == [[], [scene]]


def test_moving_between_owners_removes_from_the_old_one() -> None:
    one, two = known(Studio, 1, groups=[]), known(Studio, 2, groups=[])
    group = known(Group, 3, studio=None)
    group.set_studio(one)
    assert (one.groups, two.groups) == ([group], [])
    run(two.add_group(group))
    assert (one.groups, two.groups, group.studio) == ([], [group], two)
    assert [obj.is_dirty() for obj in (one, two, group)] == [False, True, False]
    run(two.remove_group(group))
    assert group.studio is None


def test_hierarchies_are_bidirectional() -> None:
    up, down = known(Tag, 1, parents=[], children=[]), known(Tag, 2, parents=[], children=[])
    run(up.add_child(down))
    assert down.parents == [up]
    assert (up.is_dirty(), down.is_dirty()) == (True, False)
    run(down.remove_parent(up))
    assert up.children == []
    with pytest.raises(StashInputError, match="contain itself"):
        run(up.add_parent(up))
    run(up.add_child(down))
    with pytest.raises(StashInputError, match="contain each other"):
        run(up.add_parent(down))
    studio, child = known(Studio, 1, parent_studio=None, child_studios=[]), known(Studio, 2)
    run(child.set_parent_studio(studio))
    assert studio.child_studios == [child]
    with pytest.raises(StashInputError):
        run(studio.set_parent_studio(child))


def test_lists_with_link_data() -> None:
    series = known(Group, 1, sub_groups=[], containing_groups=[])
    part = known(Group, 2, sub_groups=[], containing_groups=[])
    run(series.add_sub_group(part, "the second"))
    assert part.containing_groups == [GroupDescription(group=series, description="the second")]
    assert run(series.to_input()) == {
        "id": "1",
        "sub_groups": [{"group_id": "2", "description": "the second"}],
    }
    run(series.remove_sub_group(part))
    assert part.containing_groups == []
    assert not series.is_dirty()
    run(series.add_sub_group(GroupDescription(group=part, description="again")))
    assert series.sub_groups[0].description == "again"
    scene = known(Scene, 5, groups=[])
    run(scene.add_group(series, scene_index=3))
    assert scene.groups == [SceneGroup(group=series, scene_index=3)]


def test_in_place_edits_update_the_inverse_at_once() -> None:
    alice, bea = known(Performer, 1, scenes=[]), known(Performer, 2, scenes=[])
    scene = known(Scene, 5, performers=[])
    scene.performers[:] = [bea, alice]
    assert (alice.scenes, bea.scenes) == ([scene], [scene])
    bea.scenes.clear()
    assert scene.performers == [alice]
    alice.scenes.append(known(Scene, 6, performers=[]))
    assert alice.scenes[1].performers == [alice]
    del scene.performers[0]
    assert [each.id for each in alice.scenes] == ["6"]
    one, two = known(Studio, 1, groups=[]), known(Studio, 2, groups=[{"id": "3"}])
    group = two.groups[0]
    group.studio = two
    one.groups += [group]
    assert (group.studio, two.groups) == (one, [])


def test_link_data_is_shared_by_both_sides() -> None:
    series = known(Group, 1, sub_groups=[{"group": {"id": "2"}, "description": "old"}])
    part = series.sub_groups[0].group
    part.containing_groups = [GroupDescription(group=series, description="old")]
    part.mark_clean()
    series.mark_clean()
    series.sub_groups[0].description = "new"
    assert [each.description for each in part.containing_groups] == ["new"]
    assert (series.is_dirty(), part.is_dirty()) == (True, False)
    part.containing_groups[0].description = "newer"
    assert [each.description for each in series.sub_groups] == ["newer"]


def test_unread_relationships_stay_unread() -> None:
    tag, scene = known(Tag, 1), known(Scene, 2)
    run(scene.add_tag(tag))
    assert scene.tags is UNSET
    assert scene.get_history("tags").added == [tag]
    assert scene.is_dirty()
    run(scene.remove_tag(tag))
    assert scene.get_history("tags").removed == [tag]
    assert scene.get_changed_fields() == {}


def test_objects_of_the_wrong_type_are_rejected() -> None:
    with pytest.raises(StashUsageError, match="Tag expected"):
        run(known(Scene, 1).add_tag(known(Performer, 1)))
    with pytest.raises(StashUsageError, match="list of Image"):
        known(Performer, 1).images = [known(Scene, 1)]


def test_histories_and_conflicts() -> None:
    rock, pop, jazz = (known(Tag, n) for n in (1, 2, 3))
    scene = known(Scene, 5, title="a", rating100=10, tags=[{"id": "1"}, {"id": "2"}])
    scene.tags = [pop, jazz]
    history = scene.get_history("tags")
    assert (history.added, history.removed, history.unchanged) == ([jazz], [rock], [pop])
    scene.title = "mine"
    assert scene.get_history("title").added == ["mine"]
    assert not scene.get_history("rating100")
    merge_answer(scene, {"title": "a", "rating100": 20})
    assert scene.get_conflicts() == {}
    merge_answer(scene, {"title": "theirs", "rating100": None})
    [(name, conflict)] = scene.get_conflicts().items()
    assert (name, conflict.original, conflict.mine, conflict.theirs) == ("title", "a", "mine", "theirs")
    assert scene.rating100 is None
    assert run(scene.to_input())["title"] == "mine"
    scene.title = conflict.theirs
    assert scene.get_conflicts() == {}
    assert "title" not in scene.get_changed_fields()


async def test_each_side_sends_its_own_changes(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        tag, alice, studio = Tag(name="Rock"), Performer(name="Alice"), Studio(name="Acme")
        first, second = Scene(title="one"), Scene(title="two")
        await store.save_batch([tag, alice, studio, first, second])
        wire.take_documents()
        await tag.add_scene(first)
        await alice.add_scene(second)
        await studio.add_scene(first)
        await store.save_all(check=True)
        assert len(wire.take_documents()) == 1
        await store.populate([tag, alice, studio], ["scenes"])
        assert (tag.scenes, alice.scenes, studio.scenes) == ([first], [second], [first])
        await store.populate([first, second], ["tags", "performers", "studio"], force_refetch=True)
        assert (first.tags, first.studio, second.performers) == ([tag], studio, [alice])
        studio.scenes = [second]
        tag.scenes.clear()
        await store.save_all(check=True)
        assert (first.studio, second.studio) == (None, studio)
        assert first.tags == []
        await store.populate([first, second], ["tags", "studio"], force_refetch=True)
        assert (first.tags, first.studio, second.studio) == ([], None, studio)
        assert await store.save_all() is not None
        wire.take_documents()
        await store.save_all()
        assert wire.take_documents() == []


async def test_additions_to_an_unread_list_are_sent_alone(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _wire):
        tags = [Tag(name=name) for name in ("a", "b", "c")]
        await store.save_batch(tags)
        scene = Scene(title="x", tags=tags[:2])
        await store.save(scene)
        fresh = Scene.from_graphql({"id": scene.id})
        await fresh.add_tag(tags[2])
        await fresh.remove_tag(tags[0])
        await fresh.save(store.client)
        assert not fresh.is_dirty()
        assert fresh.tags is UNSET
        await store.populate(scene, ["tags"], force_refetch=True)
        assert [tag.name for tag in scene.tags] == ["b", "c"]
        # Read before the save: the server's items and the added ones.
        await tags[0].add_scene(scene)
        await store.populate(tags[0], ["scenes"])
        assert tags[0].scenes == [scene]
        assert tags[0].get_history("scenes").added == [scene]
        await store.save(tags[0])
        assert await store.count(Scene, tags=["a"]) == 1


async def test_removal_from_another_owner_is_ignored(embedded_url: str) -> None:
    """The studio that a scene is removed from may not be its current one."""

    async with recorded_store(embedded_url) as (store, wire):
        acme, other = Studio(name="Acme"), Studio(name="Other")
        inside, outside = Scene(title="a"), Scene(title="b")
        inside.studio, outside.studio = acme, other
        await store.save_batch([acme, other, inside, outside], check=True)
        store.invalidate_all()
        fresh = StashEntityStore(store.client)
        store.client.identity = fresh.identity
        studio = await fresh.get(Studio, acme.id, ["name"])
        scenes = await fresh.get_many(Scene, [inside.id, outside.id], ["title"])
        assert studio is not None
        for scene in scenes:
            await studio.remove_scene(scene)
        wire.take_documents()
        await fresh.save(studio)
        assert len(wire.take_documents()) == 2
        assert not studio.is_dirty()
        await fresh.populate(scenes, ["studio__name"], force_refetch=True)
        assert [scene.studio and scene.studio.name for scene in scenes] == [None, "Other"]
        await studio.remove_scene(scenes[1])
        assert not studio.is_dirty()


async def test_all_ancestors_and_descendants_in_one_request(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        chain = [Studio(name=f"{n}") for n in range(5)]
        for upper, lower in itertools.pairwise(chain):
            lower.parent_studio = upper
        tags = [Tag(name=f"{n}") for n in range(5)]
        for upper, lower in itertools.pairwise(tags):
            lower.parents = [upper]
        await store.save_batch([*chain, *tags], check=True)
        wire.take_documents()
        for many in (chain, tags):
            cls = type(many[0])
            last = cls.from_graphql({"id": many[-1].id})
            store.identity.attach(last)
            assert {x.id for x in await last.get_all_ancestors()} == {x.id for x in many[:-1]}
            assert len(wire.take_documents()) == 1
            first = cls.from_graphql({"id": many[0].id})
            store.identity.attach(first)
            assert {x.id for x in await first.get_all_descendants()} == {x.id for x in many[1:]}
            assert len(wire.take_documents()) == 1
        with pytest.raises(StashUsageError, match="in no store"):
            await Tag.from_graphql({"id": "1"}).get_all_descendants()


async def test_object_cannot_become_its_own_ancestor(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        for cls, up in ((Tag, "parents"), (Studio, "parent_studio")):
            one, two = cls(name="one"), cls(name="two")
            await store.save(one)
            setattr(two, up, [one] if up == "parents" else one)
            await store.save(two)
            wire.take_documents()
            # `two` is not loaded, so the server is asked.
            stranger = cls.from_graphql({"id": two.id})
            root = cls.from_graphql({"id": one.id, up: [] if up == "parents" else None})
            setattr(root, up, [stranger] if up == "parents" else stranger)
            with pytest.raises(StashInputError, match="contain each other"):
                await root.save(store.client)
            sent = wire.take_documents()
            assert len(sent) == 1
            assert "mutation" not in sent[0]
            assert root.is_dirty()


async def test_markers_and_names(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        tag, more, scene = Tag(name="A_b"), Tag(name="Axb"), Scene(title="x")
        await store.save_batch([tag, more, scene])
        marker = SceneMarker(title="m", seconds=1.0, scene=scene, primary_tag=tag)
        await store.save(marker)
        await more.add_scene_marker(marker)
        await store.save(more)
        await store.populate(marker, ["tags"], force_refetch=True)
        assert marker.tags == [more]
        assert await Tag.find_by_name(store.client, "a_B") is tag
        assert await Tag.find_by_name(store.client, "nothing") is None
        gallery = Gallery(title="g")
        await store.save(gallery)
        await gallery.add_scene(scene)
        await store.save(gallery)
        await store.populate(scene, ["galleries"], force_refetch=True)
        assert scene.galleries == [gallery]


async def test_deleted_object_is_removed_from_loaded_lists(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        tag, scene = Tag(name="Rock"), Scene(title="x")
        scene.tags = [tag]
        await store.save_batch([tag, scene], check=True)
        await store.populate(tag, ["scenes"])
        assert tag.scenes == [scene]
        assert await store.delete(scene)
        assert tag.scenes == []
        assert not tag.is_dirty()
        assert store.identity.get(Scene, scene.id) is None


async def test_object_destroyed_by_the_client_leaves_the_store(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        rock, jazz, other = Tag(name="Rock"), Tag(name="Jazz"), Tag(name="Other")
        studio, scene = Studio(name="Acme"), Scene(title="x", tags=[rock, jazz])
        scene.studio = studio
        await store.save_batch([rock, jazz, other, studio, scene], check=True)
        scene.tags.append(other)
        assert await store.client.tags_destroy([rock.id])
        assert await store.client.studio_destroy({"id": studio.id})
        assert (scene.tags, scene.studio) == ([jazz, other], None)
        assert scene.get_history("tags").added == [other]
        assert list(scene.get_changed_fields()) == ["tags"]
        assert store.identity.get(Tag, rock.id) is None
        await store.save(scene)
        gone = BatchOperation("tagDestroy", {"input": {"id": jazz.id}})
        assert (await store.client.execute_batch([gone])).all_succeeded
        assert scene.tags == [other]
        assert (await store.get(Scene, scene.id, ["tags"])).tags == [other]  # type: ignore[union-attr]


async def test_merged_object_is_removed_and_the_rest_reloaded(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        old, new, scene = Tag(name="Old"), Tag(name="New"), Scene(title="x")
        scene.tags = [old]
        await store.save_batch([old, new, scene], check=True)
        assert await Tag.merge(store.client, [old.id], new.id) is new
        assert store.identity.get(Tag, old.id) is None
        assert scene.tags == []
        assert not scene.is_dirty()
        assert await store.get(Scene, scene.id, ["tags"]) is scene
        assert scene.tags == [new]
