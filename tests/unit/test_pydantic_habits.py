"""Pydantic features on every type: dump, validate, copy, pickle, compare, repr."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, computed_field
from support import run
from type_samples import COMPOSITE, constructed_object, loaded_object

from stash_cli.core.orm.collections import TrackedDict, TrackedList
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types import (
    UNSET,
    FindFilesResultType,
    FindScenesResultType,
    Group,
    Image,
    Performer,
    Scene,
    SceneCreateInput,
    SceneGroup,
    SceneUpdateInput,
    StashID,
    Studio,
    Tag,
    VideoFile,
)
from stash_cli.core.types.base import ApiObject


def parts(value: Any) -> Iterator[Any]:
    """A dumped value and all nested values."""
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def dumps_plain_values(obj: Any) -> None:
    for dump in (obj.model_dump(), obj.model_dump(mode="json"), obj.model_dump(by_alias=True)):
        assert dump
        assert not [each for each in parts(dump) if each is UNSET or isinstance(each, ApiObject)]
        assert not [each for each in parts(dump) if isinstance(each, TrackedList | TrackedDict)]


def dumps_json(obj: Any) -> None:
    dump = obj.model_dump(mode="json")
    assert json.loads(obj.model_dump_json(indent=2)) == json.loads(json.dumps(dump)) == dump
    assert json.loads(obj.model_dump_json(by_alias=True)) == obj.model_dump(mode="json", by_alias=True)


def dumps_selected_fields(obj: Any) -> None:
    dump, first = obj.model_dump(), next(iter(obj.model_dump()))
    assert obj.model_dump(include={first}) == {first: dump[first]}
    assert obj.model_dump(exclude={first}) == {name: dump[name] for name in dump if name != first}
    assert obj.model_dump(exclude_unset=True, exclude_none=True, exclude_defaults=True) == dump


def round_trips(obj: Any) -> None:
    cls = type(obj)
    assert cls.model_validate(obj.model_dump()).model_dump() == obj.model_dump()
    assert cls.model_validate(obj.model_dump(by_alias=True)).model_dump() == obj.model_dump()
    again = cls.model_validate_json(obj.model_dump_json())
    assert again.model_dump_json() == obj.model_dump_json()


def round_trips_in_lists(obj: Any) -> None:
    adapter = TypeAdapter(list[type(obj)])  # type: ignore[misc]
    dump = adapter.dump_python([obj], by_alias=True)
    assert dump == [obj.model_dump(by_alias=True)]
    assert json.loads(adapter.dump_json([obj])) == [obj.model_dump(mode="json")]
    assert adapter.validate_python([obj])[0] is obj
    # How FastAPI handles a response model, before and since Pydantic 2.
    told = adapter.dump_python(adapter.validate_python(dump), mode="json", by_alias=True)
    assert told == adapter.dump_python([obj], mode="json", by_alias=True)


def copies_are_equal(obj: Any) -> None:
    for copied in (copy.copy(obj), copy.deepcopy(obj), pickle.loads(pickle.dumps(obj)), obj.model_copy()):
        assert copied is not obj
        assert type(copied) is type(obj)
        assert copied == obj
        assert copied.model_dump() == obj.model_dump()
        assert repr(copied) == repr(obj)
        assert copied.model_fields_set == obj.model_fields_set


def deep_copies_share_nothing(obj: Any) -> None:
    for copied in (copy.deepcopy(obj), obj.model_copy(deep=True), pickle.loads(pickle.dumps(obj))):
        shared = {*mutable_values(copied)} & {*mutable_values(obj)}
        assert not shared


def mutable_values(obj: ApiObject) -> Iterator[int]:
    """`id()` of every model, list and dict reachable from an object."""
    found: dict[int, Any] = {}
    queue: list[Any] = [obj]
    while queue:
        value = queue.pop()
        if id(value) not in found and isinstance(value, ApiObject | list | dict):
            found[id(value)] = value
            held = value.__dict__ if isinstance(value, ApiObject) else value
            queue += held.values() if isinstance(held, dict) else held
    yield from found


def repr_is_short(obj: Any) -> None:
    assert "UNSET" not in repr(obj)
    assert f"{type(obj).__name__}(" in repr(obj)
    if hasattr(obj, "is_new"):
        assert len(repr(obj)) < 80


def hash_is_identity(obj: Any) -> None:
    if not hasattr(obj, "is_new"):
        return
    assert len({obj, copy.copy(obj), type(obj).from_graphql({"id": obj.id})}) == 1
    assert {obj: 1}[copy.deepcopy(obj)] == 1


def has_a_json_schema(obj: Any) -> None:
    for mode in ("validation", "serialization"):
        schema = type(obj).model_json_schema(mode=mode)
        own = schema if "properties" in schema else schema["$defs"][type(obj).__name__]
        words = {word for field in own["properties"].values() for word in field}
        assert not words & {"args", "lazy", "input", "since", "default"}
        assert {field.get("deprecated", True) for field in own["properties"].values()} <= {True}
        assert [*own["properties"]] == [f.alias or n for n, f in type(obj).model_fields.items()]


OPERATIONS = [
    dumps_plain_values,
    dumps_json,
    dumps_selected_fields,
    round_trips,
    round_trips_in_lists,
    copies_are_equal,
    deep_copies_share_nothing,
    repr_is_short,
    hash_is_identity,
    has_a_json_schema,
]


def failures(operation: Callable[[Any], None], obj: Any) -> Iterator[str]:
    try:
        operation(obj)
    except Exception as error:  # noqa: BLE001 - all of the table is told
        yield f"{operation.__name__} {type(obj).__name__}: {type(error).__name__}: {str(error)[:200]}"


def test_every_type_supports_pydantic_operations() -> None:
    found = []
    for name in COMPOSITE:
        for obj in (loaded_object(name), constructed_object(name)):
            found += [text for operation in OPERATIONS for text in failures(operation, obj)]
    assert not found, "\n".join(found)


ROW: dict[str, Any] = {
    "id": "5",
    "title": "One",
    "urls": ["a"],
    "custom_fields": {"height": 1},
    "studio": {"id": "1", "name": "Acme", "details": "long"},
    "tags": [{"id": "1", "name": "Rock", "aliases": ["R"]}, {"id": "2"}],
    "groups": [{"group": {"id": "1", "name": "Series"}, "scene_index": 2}],
    "files": [{"id": "7", "path": "/a.mp4", "parent_folder": {"id": "3", "path": "/", "basename": ""}}],
}


def circular() -> tuple[IdentityMap, Any, Any]:
    """A scene and a tag of a store that refer to each other."""
    identity = IdentityMap()
    scene = identity.load(Scene, copy.deepcopy(ROW))
    tag: Any = identity.get(Tag, "1")
    merge_answer(tag, {"scenes": [scene], "parents": [tag]})
    return identity, scene, tag


def test_related_objects_are_dumped_by_id_and_name() -> None:
    _, scene, tag = circular()
    dump = scene.model_dump()
    assert dump["studio"] == {"id": "1", "name": "Acme"}
    assert dump["tags"] == [{"id": "1", "name": "Rock"}, {"id": "2"}]
    assert dump["groups"] == [{"group": {"id": "1", "name": "Series"}, "scene_index": 2}]
    assert dump["files"] == [{"id": "7", "path": "/a.mp4", "parent_folder": {"id": "3", "path": "/"}}]
    assert tag.model_dump()["parents"] == [{"id": "1", "name": "Rock"}]
    assert json.loads(tag.model_dump_json())["scenes"] == [{"id": "5", "title": "One"}]
    assert list(scene.model_dump()) == [name for name in Scene.model_fields if name in dump]


def test_nested_includes_dump_more_of_related_objects() -> None:
    _, scene, tag = circular()
    assert scene.model_dump(include={"studio": {"details"}}) == {"studio": {"details": "long"}}
    found = scene.model_dump(include={"tags": {"__all__": {"id", "aliases"}}})
    assert found == {"tags": [{"id": "1", "aliases": ["R"]}, {"id": "2"}]}
    found = tag.model_dump(include={"scenes": {0: {"id": True, "studio": {"details"}}}})
    assert found == {"scenes": [{"id": "5", "studio": {"details": "long"}}]}
    assert scene.model_dump(exclude={"studio": {"id"}})["studio"] == {"name": "Acme"}
    assert "scenes" not in tag.model_dump(exclude={"scenes"})


def test_new_objects_and_inputs_dump_assigned_fields() -> None:
    new = Scene(title="x", rating100=None, tags=[Tag(name="Rock")])
    assert new.model_dump(exclude={"id"}) == {
        "title": "x",
        "rating100": None,
        "tags": [{"id": new.tags[0].id, "name": "Rock"}],
    }
    assert new.model_dump(exclude_unset=True, exclude_none=True, include={"id", "title", "rating100"}) == {
        "title": "x"
    }
    assert SceneCreateInput(title="x").model_dump_json() == '{"title":"x"}'
    assert SceneUpdateInput(id="1", title=None).model_dump() == {"id": "1", "title": None}


def test_pages_dump_objects_in_full_and_files_by_type() -> None:
    page = FindScenesResultType.from_graphql({"count": 1, "scenes": [ROW]})
    assert page.model_dump() == {"count": 1, "scenes": [Scene.from_graphql(ROW).model_dump()]}
    files = [{"__typename": "VideoFile", "id": "1", "duration": 2.5}, {"__typename": "BasicFile", "id": "2"}]
    found = FindFilesResultType.from_graphql({"count": 2, "files": files})
    assert found.model_dump()["files"] == [{"id": "1", "duration": 2.5}, {"id": "2"}]
    again = FindFilesResultType.model_validate_json(found.model_dump_json())
    assert type(again.files[0]) is VideoFile
    image = Image.from_graphql(
        {"id": "1", "visual_files": [{"__typename": "VideoFile", "id": "1", "duration": 2}]}
    )
    assert type(Image.model_validate(image.model_dump()).visual_files[0]) is VideoFile


def test_types_can_be_fields_and_bases_of_application_models() -> None:
    class Answer(BaseModel):
        total: int
        scenes: list[Scene]

    class Rated(Studio):
        @computed_field
        def stars(self) -> float:
            return (self.rating100 or 0) / 20

    answer = Answer(total=1, scenes=[Scene.from_graphql(ROW)])
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
    assert Answer.model_json_schema()["$defs"]["Scene"]["properties"]["tags"]["items"]["title"] == "Tag"
    assert Rated(id=1, rating100=80).model_dump() == {"id": "1", "rating100": 80, "stars": 4.0}


def test_validated_scene_can_be_saved() -> None:
    _, scene, tag = circular()
    again: Any = Scene.model_validate(scene.model_dump(include={"id", "title", "tags"}))
    assert again == scene
    assert again.get_changed_fields() == {"title": "One", "tags": [tag, Tag(id=2)]}
    with_scenes: Any = Tag.model_validate(tag.model_dump(include={"id", "scenes"}))
    assert with_scenes.scenes == [scene]


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda obj: obj.model_copy(),
    "deep model_copy": lambda obj: obj.model_copy(deep=True),
    "pickle": lambda obj: pickle.loads(pickle.dumps(obj)),
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_copy_is_not_in_a_store(make: Callable[[Any], Any]) -> None:
    identity, scene, tag = circular()
    scene.title = "changed"
    copied = make(scene)
    assert copied.get_changed_fields() == {"title": "changed"}
    copied.urls.append("b")
    copied.custom_fields["height"] = 2
    copied.tags.clear()
    copied.studio = None
    copied.groups[0].scene_index = 9
    assert scene.get_changed_fields() == {"title": "changed"}
    assert (tag.scenes, scene.tags, identity.dirty()) == ([scene], [tag, Tag(id=2)], [scene])
    assert scene.groups[0].scene_index == 2


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_copy_keeps_changes_of_unread_lists(make: Callable[[Any], Any]) -> None:
    performer: Any = Performer.from_graphql({"id": "1"})
    run(performer.add_tag(Tag(id=3)))
    performer.set_image("data:image/gif;base64,R0lG")
    copied = make(performer)
    assert run(copied.to_input()) == run(performer.to_input())
    run(copied.remove_tag(Tag(id=3)))
    assert copied.get_history("tags").removed == [Tag(id=3)]
    assert performer.get_history("tags").added == [Tag(id=3)]


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_copy_keeps_new_objects_separate(make: Callable[[Any], Any]) -> None:
    performer: Any = Performer.from_graphql({"id": "1"})
    run(performer.add_tag(Tag(name="new")))
    copied = make(performer)
    [tag] = copied.get_history("tags").added
    run(copied.remove_tag(tag))
    assert not copied.is_dirty()
    assert performer.is_dirty()


def test_relation_chains_longer_than_the_stack_are_copied() -> None:
    tags: list[Any] = [Tag.from_graphql({"id": str(number)}) for number in range(3000)]
    for child, parent in pairwise(tags):
        merge_answer(child, {"parents": [parent]})
    copied, steps = copy.deepcopy(tags[0]), 0
    while copied.parents is not UNSET:
        [copied] = copied.parents
        steps += 1
    assert (steps, copied) == (2999, tags[-1])


def test_copied_lists_keep_item_identity() -> None:
    _, scene, tag = circular()
    for make in (copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        one, two, other = make([scene, tag, scene])
        assert one is other
        assert one.tags[0] is two
        assert two.scenes == [one]
        assert two.scenes[0] is one


def test_values_are_compared_by_fields() -> None:
    assert StashID(endpoint="e", stash_id="s") == StashID.from_graphql({"endpoint": "e", "stash_id": "s"})
    place = SceneGroup(group=Group(id=1), scene_index=1)
    assert SceneGroup.model_validate(place.model_dump()) == place
    assert repr(place) == "SceneGroup(group=Group(id='1'), scene_index=1)"
