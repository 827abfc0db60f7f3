"""Usage of the library as type checkers see it; checked with the package, never run."""

from __future__ import annotations

from typing import assert_type

from stash_cli import Scene, StashContext, StashEntityStore, Studio, Tag
from stash_cli.core.types import UNSET, SceneGroup, StashID, UnsetType, is_present, is_set, is_unset, present


async def library() -> None:
    async with StashContext(conn={"Host": "localhost"}) as client:
        found = await client.find_scenes(
            {"per_page": 5}, {"rating100": {"value": 80, "modifier": "GREATER_THAN"}}
        )
        for scene in found.scenes:
            assert_type(scene, Scene)
        tag = await client.create_tag(Tag(name="Rock", aliases=["R"]))
        assert_type(tag, Tag)


async def objects(store: StashEntityStore) -> None:
    scene = Scene(
        title="x", stash_ids=[StashID(endpoint="e", stash_id="s")], groups=[SceneGroup(scene_index=1)]
    )
    assert_type(scene.title, str | None | UnsetType)
    if is_set(scene.tags):
        scene.tags.append(Tag(name="Jazz"))
    if is_present(scene.title):
        assert_type(scene.title, str)
    if not is_unset(scene.rating100):
        assert_type(scene.rating100, int | None)
    assert_type(present(scene.studio), Studio)
    scene.studio = None
    scene.rating100 = UNSET
    scene.set_studio(Studio(name="Acme"))
    await scene.add_tag(Tag(name="Rock"))
    await store.save(scene)
    assert_type(await store.find(Scene, rating100__gte=80), list[Scene])
    assert_type(await store.get(Tag, 1), Tag | None)
    assert_type(await store.populate(scene, ["tags"]), Scene)
    assert_type(await store.get_or_create(Tag, name="Rock"), Tag)
    async for each in store.find_iter(Scene, query_batch=100, organized=False):
        assert_type(each, Scene)
