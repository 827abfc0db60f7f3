"""Tracked lists and dicts: every edit of a collection marks its object as changed."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm.flush import apply_flush, plan_flush
from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types import Group, Performer, Scene, SceneGroup, StashID, Tag

ROW: dict[str, Any] = {
    "id": "1",
    "urls": ["b", "a"],
    "tags": [{"id": "1", "name": "Rock"}, {"id": "2", "name": "Jazz"}],
    "groups": [{"group": {"id": "1", "name": "Series"}, "scene_index": 2}],
    "stash_ids": [{"endpoint": "e", "stash_id": "s"}],
    "custom_fields": {"height": 1, "more": {"list": [1]}},
}


def known() -> tuple[IdentityMap, Any]:
    identity = IdentityMap(max_objects=5)
    [scene] = identity.load_all(Scene, [copy.deepcopy(ROW)])
    return identity, scene


EDITS: dict[str, Callable[[Any], Any]] = {
    "append": lambda scene: scene.urls.append("c"),
    "insert": lambda scene: scene.urls.insert(0, "c"),
    "extend": lambda scene: scene.urls.extend(word for word in "cd"),
    "remove": lambda scene: scene.urls.remove("a"),
    "pop": lambda scene: scene.urls.pop(),
    "clear": lambda scene: scene.urls.clear(),
    "sort": lambda scene: scene.urls.sort(),
    "reverse": lambda scene: scene.urls.reverse(),
    "set an item": lambda scene: scene.urls.__setitem__(0, "c"),
    "set a slice": lambda scene: scene.urls.__setitem__(slice(0, 1), ["c", "d"]),
    "delete an item": lambda scene: scene.urls.__delitem__(0),
    "add in place": lambda scene: scene.urls.__iadd__(["c"]),
    "multiply in place": lambda scene: scene.urls.__imul__(2),
    "a tag": lambda scene: scene.tags.pop(),
    "a value in a list": lambda scene: setattr(scene.groups[0], "scene_index", 3),
    "another list of values": lambda scene: setattr(scene.stash_ids[0], "stash_id", "t"),
    "a custom field": lambda scene: scene.custom_fields.update(height=2),
    "a custom field's type": lambda scene: scene.custom_fields.__setitem__("height", True),
    "a new custom field": lambda scene: scene.custom_fields.setdefault("weight", 3),
    "fields together": lambda scene: scene.custom_fields.__ior__({"weight": 3}),
    "no custom field": lambda scene: scene.custom_fields.pop("height"),
    "none of them": lambda scene: scene.custom_fields.clear(),
    "the last of them": lambda scene: scene.custom_fields.popitem(),
    "del of one": lambda scene: scene.custom_fields.__delitem__("height"),
    "deep in a map": lambda scene: scene.custom_fields["more"]["list"].append(2),
}


@table_test("edit", EDITS.values(), ids=EDITS)
def test_in_place_edit_keeps_object_in_store_until_saved(edit: Callable[[Any], Any]) -> None:
    identity, scene = known()
    for number in range(10, 30):
        identity.load_all(Tag, [{"id": str(number)}])
    edit(scene)
    [changed] = scene.get_changed_fields()
    del scene
    [kept] = identity.dirty()
    assert list(kept.get_changed_fields()) == [changed]
    apply_flush(kept, plan_flush(kept), "1")
    assert identity.dirty() == []
    del kept
    for number in range(30, 60):
        identity.load_all(Tag, [{"id": str(number)}])
    assert identity.get(Scene, "1") is None


def test_reverted_edit_is_no_change() -> None:
    identity, scene = known()
    scene.urls.append("c")
    assert identity.dirty() == [scene]
    assert scene.urls.pop() == "c"
    assert identity.dirty() == []
    scene.tags += []
    scene.urls = [*scene.urls]
    assert not scene.is_dirty()


def test_failed_edit_counts_for_the_items_applied() -> None:
    _, scene = known()

    def words() -> Any:
        yield "c"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scene.urls.extend(words())
    with pytest.raises(ValueError, match="not in list"):
        scene.urls.remove("z")
    assert not scene.is_dirty()


def test_replaced_list_is_detached() -> None:
    _, scene = known()
    old = scene.urls
    scene.urls = ["c"]
    scene.urls = ["b", "a"]
    old.append("d")
    assert not scene.is_dirty()
    assert scene.urls == ["b", "a"]


def test_only_objects_of_the_right_type_are_accepted() -> None:
    _, scene = known()
    tags = scene.tags
    for put in (tags.append, lambda one: tags.insert(0, one), lambda one: tags.extend([one])):
        with pytest.raises(StashInputError, match=r"Scene\.tags holds Tag objects, not Performer"):
            put(Performer.from_graphql({"id": "1"}))
    with pytest.raises(StashInputError, match=r"Scene\.groups holds SceneGroup objects, not Group"):
        scene.groups[0] = Group.from_graphql({"id": "1"})
    assert not scene.is_dirty()


def test_value_assigned_to_two_objects_is_copied() -> None:
    _, scene = known()
    other: Any = Scene(stash_ids=scene.stash_ids, groups=[*scene.groups])
    other.stash_ids[0].stash_id = "t"
    other.groups[0].scene_index = 7
    assert scene.stash_ids[0].stash_id == "s"
    assert scene.groups[0].scene_index == 2
    assert not scene.is_dirty()
    scene.stash_ids.append(other.stash_ids[0])
    scene.stash_ids[1].endpoint = "f"
    assert other.stash_ids[0].endpoint == "e"


def test_tracked_collections_are_lists_and_dicts() -> None:
    _, scene = known()
    assert isinstance(scene.urls, list)
    assert scene.urls == ["b", "a"]
    assert json.dumps(scene.urls) == '["b", "a"]'
    assert json.dumps(scene.custom_fields) == '{"height": 1, "more": {"list": [1]}}'
    for copies in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        copied = copies(scene.urls)
        assert type(copied) is list
        assert copied == scene.urls
    for fields in (copy.copy(scene.custom_fields), pickle.loads(pickle.dumps(scene.custom_fields))):
        assert type(fields) is dict
    assert type(scene.urls[:]) is list
    assert type(sorted(scene.urls)) is list
    value = StashID(endpoint="e", stash_id="s")
    value.stash_id = "t"
    assert value == StashID(endpoint="e", stash_id="t")


def test_copied_objects_have_their_own_lists() -> None:
    identity, scene = known()
    for copied in (copy.copy(scene), scene.model_copy(), pickle.loads(pickle.dumps(scene))):
        copied.urls.append("c")
        copied.groups[0].scene_index = 9
        copied.tags.clear()
        assert set(copied.get_changed_fields()) == {"urls", "groups", "tags"}
    assert not scene.is_dirty()
    assert identity.dirty() == []
    updated = scene.model_copy(update={"urls": ["x"], "title": "t"})
    assert updated.get_changed_fields() == {"urls": ["x"], "title": "t"}
    updated.urls.append("y")
    assert updated.get_changed_fields()["urls"] == ["x", "y"]


def test_response_updates_the_same_list_object() -> None:
    identity, scene = known()
    urls, fields, groups = scene.urls, scene.custom_fields, scene.groups
    row = {"urls": ["x"], "custom_fields": {"a": 1}, "groups": [{"group": {"id": "2"}, "scene_index": None}]}
    identity.load_all(Scene, [{"id": "1", **row}])
    assert (urls, fields, groups[0].group.id) == (["x"], {"a": 1}, "2")
    assert not scene.is_dirty()
    groups[0].scene_index = 5
    assert list(scene.get_changed_fields()) == ["groups"]


def test_list_that_outlives_its_object_reports_it() -> None:
    identity, scene = known()
    urls = scene.urls
    alone = Scene.from_graphql(copy.deepcopy(ROW)).urls
    for number in range(10, 30):
        identity.load_all(Tag, [{"id": str(number)}])
    del scene
    assert urls == ["b", "a"]
    with pytest.raises(StashUsageError, match="urls this is has left the store") as raised:
        urls.append("c")
    assert "Hold the object" in str(raised.value.hint)
    assert urls == ["b", "a"]
    alone.append("c")
    assert alone == ["b", "a", "c"]


def test_stored_object_reports_changes_to_the_store() -> None:
    identity = IdentityMap()
    group = SceneGroup(group=Group.from_graphql({"id": "1"}), scene_index=1)
    scene = Scene.from_graphql({"id": "1", "urls": []})
    urls = scene.urls
    identity.add(scene)
    assert identity.dirty() == []
    urls.append("a")
    assert identity.dirty() == [scene]
    scene.groups = [group]
    scene.mark_clean()
    assert identity.dirty() == []
    scene.groups[0].scene_index = 2
    assert identity.dirty() == [scene]


def test_item_moved_between_objects_belongs_to_the_new_owner() -> None:
    row = {"groups": [{"group": {"id": "1"}, "scene_index": 1}]}
    one, two = Scene.from_graphql({"id": "1", **row}), Scene.from_graphql({"id": "2", "groups": []})
    place = one.groups.pop()
    two.groups.append(place)
    one.mark_clean()
    two.mark_clean()
    place.scene_index = 5
    assert (one.is_dirty(), two.get_changed_fields()) == (False, {"groups": [place]})
    assert two.groups[0] is place


def test_nested_edits_are_tracked() -> None:
    scene = Scene.from_graphql({"id": "1", "custom_fields": {"a": [{"b": [1]}]}})
    scene.custom_fields["a"][0]["b"].append(2)
    assert scene.get_changed_fields() == {"custom_fields": {"a": [{"b": [1, 2]}]}}
