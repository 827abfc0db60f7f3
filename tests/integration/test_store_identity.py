"""The identity map: one object per id, kept as long as needed, with its edits."""

from __future__ import annotations

import gc
import threading
from copy import deepcopy
from typing import Any
from weakref import ref

import pytest
from support import fresh_python

from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashUsageError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types import Performer, Scene, Studio, Tag

ROW = {
    "id": "1",
    "title": "One",
    "rating100": 60,
    "urls": ["a"],
    "studio": {"id": "1", "name": "Acme"},
    "performers": [{"id": "1", "name": "Alice"}, {"id": "2", "name": "Bea"}],
    "tags": [{"id": "1", "name": "Rock"}],
}


def row(id_: int | str = 1, **more: Any) -> dict[str, Any]:
    return {**deepcopy(ROW), "id": str(id_), **more}


def test_one_object_per_type_and_id() -> None:
    known = IdentityMap()
    first, second = known.load_all(Scene, [row(1), row(2)])
    assert first.studio is second.studio
    assert first.performers[0] is second.performers[0]
    assert first.studio is not first.performers[0]
    assert known.load_all(Scene, [row(1)]) == [first]
    assert known.load_all(Scene, [row(1)])[0] is first
    assert known.get(Studio, "1") is first.studio


def test_response_that_refers_to_its_own_object() -> None:
    known = IdentityMap()
    data = {"id": "1", "title": "One", "performers": [{"id": "1", "scenes": [{"id": "1", "code": "c"}]}]}
    [scene] = known.load_all(Scene, [data])
    assert scene.performers[0].scenes[0] is scene
    assert (scene.title, scene.code) == ("One", "c")


def test_responses_merge_field_by_field() -> None:
    known = IdentityMap()
    [scene] = known.load_all(Scene, [row()])
    known.load_all(Scene, [{"id": "1", "title": None, "code": "c"}])
    assert (scene.title, scene.code, scene.rating100) == (None, "c", 60)
    assert not scene.is_dirty()


def test_changed_field_keeps_the_user_value() -> None:
    known = IdentityMap()
    [scene] = known.load_all(Scene, [row()])
    scene.title = "mine"
    scene.urls.append("b")
    known.load_all(Scene, [row(title="theirs", urls=["x"], rating100=70)])
    assert (scene.title, scene.urls, scene.rating100) == ("mine", ["b", "x"], 70)
    assert scene.get_changed_fields() == {"title": "mine", "urls": ["b", "x"]}
    scene.title = "theirs"
    assert scene.get_changed_fields() == {"urls": ["b", "x"]}


def test_unchanged_lists_stay_the_same_object() -> None:
    known = IdentityMap()
    [scene] = known.load_all(Scene, [row()])
    urls, tags = scene.urls, scene.tags
    known.load_all(Scene, [row()])
    assert scene.urls is urls
    assert scene.tags is tags


def test_unreferenced_objects_are_evicted_over_the_limit() -> None:
    known = IdentityMap(max_objects=10)
    [first] = known.load_all(Scene, [{"id": "1", "title": "first"}])
    reference = ref(first)
    for number in range(2, 40):
        known.load_all(Scene, [{"id": str(number), "title": "other"}])
    assert known.load_all(Scene, [{"id": "1"}])[0] is first
    del first
    for number in range(40, 80):
        known.load_all(Scene, [{"id": str(number), "title": "other"}])
    gc.collect()
    assert reference() is None
    assert len(known.everything()) == 10


def test_changed_object_is_kept_until_clean() -> None:
    known = IdentityMap(max_objects=5)
    [scene] = known.load_all(Scene, [row()])
    scene.title = "mine"
    edited = known.load_all(Scene, [row(2)])[0]
    edited.urls.append("in place")
    reference = ref(scene)
    del scene, edited
    for number in range(10, 60):
        known.load_all(Tag, [{"id": str(number), "name": "other"}])
    gc.collect()
    scene = reference()
    assert scene is not None
    assert {obj.id for obj in known.dirty()} == {"1", "2"}
    scene.title = "One"
    del scene
    for number in range(60, 120):
        known.load_all(Tag, [{"id": str(number), "name": "other"}])
    gc.collect()
    assert reference() is None


def test_new_object_enters_the_map_with_its_id() -> None:
    known = IdentityMap()
    tag = Tag(name="new")
    known.add(tag)
    temporary = tag.id
    tag.update_id(7)
    tag.mark_clean()
    assert known.get(Tag, "7") is tag
    assert known.get(Tag, temporary) is None
    assert known.load_all(Tag, [{"id": "7", "name": "new"}])[0] is tag


def test_two_objects_for_one_id_are_rejected() -> None:
    known = IdentityMap()
    known.load_all(Tag, [{"id": "7", "name": "x"}])
    [held] = known.objects(Tag)
    with pytest.raises(StashUsageError, match="in the store already"):
        known.add(Tag.from_graphql({"id": "7"}))
    known.add(held)


def test_threads_share_objects() -> None:
    known = IdentityMap(max_objects=50)
    rows = [row(number % 60) for number in range(600)]
    found: list[list[Scene]] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            found.append([known.load(Scene, each) for each in rows])
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for same in zip(*found, strict=True):
        assert len({id(obj) for obj in same}) == 1


def test_reading_builds_no_validators() -> None:
    """In a fresh interpreter, because other tests may have built some here."""
    output = fresh_python(
        "from stash_cli.core.store.identity import IdentityMap\n"
        "from stash_cli.core.types import Scene, Performer, Tag, Studio, StashID\n"
        f"rows = [dict({ROW!r}, stash_ids=[dict(endpoint='e', stash_id='s')])]\n"
        "known = IdentityMap()\n"
        "[scene] = known.load_all(Scene, rows)\n"
        "assert known.load_all(Scene, rows)[0] is scene and not scene.is_dirty()\n"
        "print([c.__pydantic_complete__ for c in (Scene, Performer, Tag, Studio, StashID)])"
    )
    assert output.strip() == "[False, False, False, False, False]"


async def test_stores_of_two_contexts_are_independent(embedded_url: str) -> None:
    one, two = StashContext(conn=embedded_url), StashContext(conn=embedded_url)
    async with one as client, two:
        await client.create_performer(Performer(name="Alice"))
        alice = await one.store.find_one(Performer, name="Alice")
        other = await two.store.find_one(Performer, name="Alice")
        assert alice is not None
        assert other is not None
        assert alice is not other
        assert alice == other
        alice.name = "Changed"
        assert other.name == "Alice"


async def test_client_and_store_return_the_same_objects(embedded_url: str) -> None:
    context = StashContext(conn=embedded_url)
    async with context as client:
        store = StashEntityStore(client)
        tag = await store.get_or_create(Tag, name="Rock")
        assert (await client.find_tag(tag.id)) is tag
        assert (await client.find_tags()).tags[0] is tag


def test_expire_all_during_garbage_collection() -> None:
    known = IdentityMap(max_objects=0)
    before = gc.get_threshold()
    gc.set_threshold(20)
    try:
        for number in range(3_000):
            tag = known.load(Tag, {"id": str(number), "name": "x"})
            tag.__dict__["own"] = tag
            if number % 100 == 0:
                known.expire()
    finally:
        gc.set_threshold(*before)
    assert known.get(Tag, tag.id) is tag
