"""Change tracking: objects know which fields changed, and send only these."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from support import run
from table_tests import table_test

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.types import UNSET, Gallery, Group, Performer, Scene, SceneGroup, StashID, Studio, Tag

ANSWER: dict[str, Any] = {
    "id": "5",
    "title": "One",
    "rating100": 85,
    "resume_time": 5,
    "urls": ["a"],
    "organized": False,
    "studio": {"id": "1", "name": "Acme"},
    "tags": [{"id": "1", "name": "Rock"}],
    "groups": [{"group": {"id": "1", "name": "Series"}, "scene_index": 2}],
    "stash_ids": [{"endpoint": "e", "stash_id": "s"}],
    "custom_fields": {"height": 1},
    "created_at": "2024-01-02T03:04:05Z",
}


def scene() -> Scene:
    return Scene.from_graphql(copy.deepcopy(ANSWER))


def sent(obj: Any) -> dict[str, Any]:
    return run(obj.to_input())


def test_new_object_sends_assigned_fields() -> None:
    new = Scene(title="x", rating100=None, urls=[])
    assert len(new.id) == 32
    assert new.is_new()
    assert new.is_dirty()
    assert sent(new) == {"title": "x", "rating100": None, "urls": []}
    new.rating100 = UNSET
    assert sent(new) == {"title": "x", "urls": []}
    assert Scene.new(id="7", title="y").is_new()
    assert Scene(id="9" * 32).is_new()
    assert not Scene(id=7).is_new()


def test_unknown_field_is_rejected() -> None:
    with pytest.raises(StashInputError, match=r"Performer has no field 'nmae'\. Did you mean name"):
        Performer(nmae="Alice")  # type: ignore[call-arg]
    with pytest.raises(StashInputError, match="Tag has no field 'titel'"):
        Scene(tags=[{"id": 1, "titel": "x"}])  # type: ignore[list-item]
    newer = Scene.from_graphql({"id": "1", "__typename": "Scene", "from_a_newer_server": 1})
    assert not newer.is_dirty()


def test_new_object_accepts_inverse_relations() -> None:
    scene = Scene(title="x")
    tag = Tag(name="Rock", scenes=[scene])  # type: ignore[call-arg]
    assert tag.get_changed_fields() == {"name": "Rock", "scenes": [scene]}
    with pytest.raises(StashUsageError, match=r"Tag\.scenes holds a list of Scene objects"):
        Tag(name="Rock", scenes=[tag])  # type: ignore[call-arg]


def test_loaded_object_is_clean() -> None:
    found = scene()
    assert not found.is_new()
    assert not found.is_dirty()
    assert found.get_changed_fields() == {}
    assert sent(found) == {"id": "5"}
    assert found.details is UNSET
    assert found.created_at.year == 2024
    assert found.groups[0].group.name == "Series"


@table_test(
    ("field", "value", "expected"),
    [
        ("title", "Two", {"title": "Two"}),
        ("rating100", None, {"rating100": None}),
        ("organized", True, {"organized": True}),
        ("details", "new", {"details": "new"}),
        ("studio", None, {"studio_id": None}),
        ("studio", Studio.from_graphql({"id": "2"}), {"studio_id": "2"}),
        ("tags", [], {"tag_ids": []}),
        ("urls", ["a", "b"], {"urls": ["a", "b"]}),
        (
            "groups",
            [SceneGroup(group=Group.from_graphql({"id": "3"}), scene_index=1)],
            {"groups": [{"group_id": "3", "scene_index": 1}]},
        ),
        (
            "stash_ids",
            [StashID(endpoint="e", stash_id="t")],
            {"stash_ids": [{"endpoint": "e", "stash_id": "t"}]},
        ),
        ("custom_fields", {"height": 2}, {"custom_fields": {"partial": {"height": 2}}}),
    ],
)
def test_reverted_change_is_clean(field: str, value: Any, expected: dict[str, Any]) -> None:
    found = scene()
    before = copy.deepcopy(found).__dict__.get(field, UNSET)
    setattr(found, field, value)
    assert found.get_changed_fields() == {field: value}
    assert sent(found) == {"id": "5", **expected}
    setattr(found, field, before)
    assert not found.is_dirty()
    assert sent(found) == {"id": "5"}


def test_first_original_value_is_kept() -> None:
    found = scene()
    found.rating100 = 90
    found.rating100 = 95
    assert found.get_changed_fields() == {"rating100": 95}
    found.rating100 = 85
    assert not found.is_dirty()


def edit(obj: Scene, field: str) -> None:
    if field == "stash_ids":
        obj.stash_ids[0].stash_id = "other"
    elif field == "groups":
        obj.groups[0].scene_index = 9
    elif field == "custom_fields":
        obj.custom_fields["height"] = True
    elif field == "tags":
        obj.tags.append(Tag.from_graphql({"id": "2"}))
    else:
        obj.urls.clear()


@pytest.mark.parametrize("field", ["urls", "tags", "custom_fields", "stash_ids", "groups"])
def test_in_place_edits_are_changes(field: str) -> None:
    found = scene()
    edit(found, field)
    assert list(found.get_changed_fields()) == [field]
    found.mark_clean()
    assert not found.is_dirty()
    edited = scene()
    edit(edited, field)
    setattr(edited, field, getattr(scene(), field))
    assert not edited.is_dirty()


def test_relation_to_the_same_id_is_no_change() -> None:
    found = scene()
    found.tags = [Tag.from_graphql({"id": "1"})]
    found.studio = Studio.from_graphql({"id": "1", "details": "d"})
    assert not found.is_dirty()


def test_mark_dirty_sends_all_updatable_fields() -> None:
    found = scene()
    found.mark_dirty()
    body = sent(found)
    assert body["title"] == "One"
    assert body["tag_ids"] == ["1"]
    assert "created_at" not in body
    found.mark_clean()
    assert not found.is_dirty()


def test_unsaveable_values_are_rejected() -> None:
    found = scene()
    found.tags = [Tag(name="new")]
    with pytest.raises(StashInputError, match=r"Scene\.tags holds Tag\(.*'new'\), which is not saved yet"):
        sent(found)
    found = scene()
    found.interactive = True
    with pytest.raises(StashInputError, match=r"Scene\.interactive is not written by save"):
        sent(found)
    with pytest.raises(StashUsageError, match="never saved"):
        run(Scene(title="x").delete(None))  # type: ignore[arg-type] - nothing is sent


def test_equality_is_by_type_and_id() -> None:
    assert scene() == Scene.from_graphql({"id": "5"})
    assert scene() != Scene.from_graphql({"id": "6"})
    assert Scene.from_graphql({"id": "5"}) != Gallery.from_graphql({"id": "5"})
    assert len({scene(), scene(), Tag.from_graphql({"id": "5"})}) == 2
    assert Scene(title="x") != Scene(title="x")


def test_object_stays_in_a_set_after_saving() -> None:
    tag, never_hashed = Tag(name="a"), Tag(name="b")
    held, named = {tag}, {tag: 1}
    tag.update_id(7)
    never_hashed.update_id(8)
    assert tag in held
    assert named[tag] == 1
    loaded = Tag.from_graphql({"id": "7"})
    assert tag != loaded
    assert loaded not in held
    assert never_hashed == Tag.from_graphql({"id": "8"})


def test_copies_track_changes_separately() -> None:
    found = scene()
    found.title = "changed"
    for copied in (
        copy.copy(found),
        copy.deepcopy(found),
        found.model_copy(),
        pickle.loads(pickle.dumps(found)),
    ):
        assert copied == found
        assert copied.get_changed_fields() == {"title": "changed"}
        copied.rating100 = 1
        assert found.rating100 == 85
    deep = copy.deepcopy(found)
    deep.urls.append("b")
    deep.stash_ids[0].stash_id = "t"
    assert found.urls == ["a"]
    assert found.stash_ids[0].stash_id == "s"
    assert deep.tags == found.tags
    assert deep.tags[0] is not found.tags[0]
    assert copy.copy(found).tags[0] is found.tags[0]
    assert pickle.loads(pickle.dumps(Scene(title="x"))).is_new()


def test_inverse_relations_are_unset_until_they_are_loaded() -> None:
    performer = Performer.from_graphql({"id": "1"})
    assert performer.images is UNSET
    with pytest.raises(AttributeError, match="imags"):
        _ = performer.imags
    merge_answer(performer, {"images": []})
    assert performer.images == []
    assert not performer.is_dirty()


def test_repr_does_not_follow_relations() -> None:
    assert repr(scene()) == "Scene(id='5', 'One')"
    assert str(Performer.from_graphql({"id": "1"})) == "Performer(id='1')"
