"""What users of Pydantic do with models, with every type: dump, validate, copy, pickle, compare, print."""

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
from type_samples import COMPOSITE, made, read

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
    """A dumped value and all that is inside it."""
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


def dumps_what_is_asked_for(obj: Any) -> None:
    dump, first = obj.model_dump(), next(iter(obj.model_dump()))
    assert obj.model_dump(include={first}) == {first: dump[first]}
    assert obj.model_dump(exclude={first}) == {name: dump[name] for name in dump if name != first}
    assert obj.model_dump(exclude_unset=True, exclude_none=True, exclude_defaults=True) == dump


def comes_back(obj: Any) -> None:
    cls = type(obj)
    assert cls.model_validate(obj.model_dump()).model_dump() == obj.model_dump()
    assert cls.model_validate(obj.model_dump(by_alias=True)).model_dump() == obj.model_dump()
    again = cls.model_validate_json(obj.model_dump_json())
    assert again.model_dump_json() == obj.model_dump_json()


def comes_back_in_lists(obj: Any) -> None:
    adapter = TypeAdapter(list[type(obj)])  # type: ignore[misc]
    dump = adapter.dump_python([obj], by_alias=True)
    assert dump == [obj.model_dump(by_alias=True)]
    assert json.loads(adapter.dump_json([obj])) == [obj.model_dump(mode="json")]
    assert adapter.validate_python([obj])[0] is obj
    # What FastAPI does with a response model, in the old way and in the new one.
    told = adapter.dump_python(adapter.validate_python(dump), mode="json", by_alias=True)
    assert told == adapter.dump_python([obj], mode="json", by_alias=True)


def copies_are_alike(obj: Any) -> None:
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
    """`id()` of every model, list and map that an object leads to."""
    found: dict[int, Any] = {}
    queue: list[Any] = [obj]
    while queue:
        value = queue.pop()
        if id(value) not in found and isinstance(value, ApiObject | list | dict):
            found[id(value)] = value
            held = value.__dict__ if isinstance(value, ApiObject) else value
            queue += held.values() if isinstance(held, dict) else held
    yield from found


def is_printed_short(obj: Any) -> None:
    assert "UNSET" not in repr(obj)
    assert f"{type(obj).__name__}(" in repr(obj)
    if hasattr(obj, "is_new"):
        assert len(repr(obj)) < 80


def is_hashed_by_identity(obj: Any) -> None:
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
    dumps_what_is_asked_for,
    comes_back,
    comes_back_in_lists,
    copies_are_alike,
    deep_copies_share_nothing,
    is_printed_short,
    is_hashed_by_identity,
    has_a_json_schema,
]


def failures(operation: Callable[[Any], None], obj: Any) -> Iterator[str]:
    try:
        operation(obj)
    except Exception as error:  # noqa: BLE001 - all of the table is told
        yield f"{operation.__name__} {type(obj).__name__}: {type(error).__name__}: {str(error)[:200]}"


def test_every_type_is_a_model_as_any_other() -> None:
    found = []
    for name in COMPOSITE:
        for obj in (read(name), made(name)):
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


def in_circles() -> tuple[IdentityMap, Any, Any]:
    """A store's scene and tag, each of which holds the other."""
    identity = IdentityMap()
    scene = identity.load(Scene, copy.deepcopy(ROW))
    tag: Any = identity.get(Tag, "1")
    merge_answer(tag, {"scenes": [scene], "parents": [tag]})
    return identity, scene, tag


def test_related_objects_are_dumped_by_id_and_name() -> None:
    _, scene, tag = in_circles()
    dump = scene.model_dump()
    assert dump["studio"] == {"id": "1", "name": "Acme"}
    assert dump["tags"] == [{"id": "1", "name": "Rock"}, {"id": "2"}]
    assert dump["groups"] == [{"group": {"id": "1", "name": "Series"}, "scene_index": 2}]
    assert dump["files"] == [{"id": "7", "path": "/a.mp4", "parent_folder": {"id": "3", "path": "/"}}]
    assert tag.model_dump()["parents"] == [{"id": "1", "name": "Rock"}]
    assert json.loads(tag.model_dump_json())["scenes"] == [{"id": "5", "title": "One"}]
    assert list(scene.model_dump()) == [name for name in Scene.model_fields if name in dump]


def test_more_of_related_objects_is_dumped_when_it_is_named() -> None:
    _, scene, tag = in_circles()
    assert scene.model_dump(include={"studio": {"details"}}) == {"studio": {"details": "long"}}
    found = scene.model_dump(include={"tags": {"__all__": {"id", "aliases"}}})
    assert found == {"tags": [{"id": "1", "aliases": ["R"]}, {"id": "2"}]}
    found = tag.model_dump(include={"scenes": {0: {"id": True, "studio": {"details"}}}})
    assert found == {"scenes": [{"id": "5", "studio": {"details": "long"}}]}
    assert scene.model_dump(exclude={"studio": {"id"}})["studio"] == {"name": "Acme"}
    assert "scenes" not in tag.model_dump(exclude={"scenes"})


def test_new_objects_and_inputs_dump_what_was_set() -> None:
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


def test_pages_hold_their_objects_in_full_and_files_as_what_they_are() -> None:
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


def test_models_of_an_application_may_hold_and_extend_types() -> None:
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


def test_a_scene_that_comes_back_may_be_saved() -> None:
    _, scene, tag = in_circles()
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
def test_a_copy_is_in_no_store(make: Callable[[Any], Any]) -> None:
    identity, scene, tag = in_circles()
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
def test_a_copy_keeps_changes_of_lists_that_were_not_read(make: Callable[[Any], Any]) -> None:
    performer: Any = Performer.from_graphql({"id": "1"})
    run(performer.add_tag(Tag(id=3)))
    performer.set_image("data:image/gif;base64,R0lG")
    copied = make(performer)
    assert run(copied.to_input()) == run(performer.to_input())
    run(copied.remove_tag(Tag(id=3)))
    assert copied.get_history("tags").removed == [Tag(id=3)]
    assert performer.get_history("tags").added == [Tag(id=3)]


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_a_copy_keeps_new_objects_apart(make: Callable[[Any], Any]) -> None:
    performer: Any = Performer.from_graphql({"id": "1"})
    run(performer.add_tag(Tag(name="new")))
    copied = make(performer)
    [tag] = copied.get_history("tags").added
    run(copied.remove_tag(tag))
    assert not copied.is_dirty()
    assert performer.is_dirty()


def test_relationships_longer_than_the_stack_are_copied() -> None:
    tags: list[Any] = [Tag.from_graphql({"id": str(number)}) for number in range(3000)]
    for child, parent in pairwise(tags):
        merge_answer(child, {"parents": [parent]})
    copied, steps = copy.deepcopy(tags[0]), 0
    while copied.parents is not UNSET:
        [copied] = copied.parents
        steps += 1
    assert (steps, copied) == (2999, tags[-1])


def test_copies_of_lists_keep_which_object_is_which() -> None:
    _, scene, tag = in_circles()
    for make in (copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        one, two, other = make([scene, tag, scene])
        assert one is other
        assert one.tags[0] is two
        assert two.scenes == [one]
        assert two.scenes[0] is one


def test_values_are_equal_by_their_fields() -> None:
    assert StashID(endpoint="e", stash_id="s") == StashID.from_graphql({"endpoint": "e", "stash_id": "s"})
    place = SceneGroup(group=Group(id=1), scene_index=1)
    assert SceneGroup.model_validate(place.model_dump()) == place
    assert repr(place) == "SceneGroup(group=Group(id='1'), scene_index=1)"
