"""Several servers in one process, several threads on one store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from store_support import recorded_store
from support import run

from stash_cli.core.context import StashContext
from stash_cli.core.types import Scene, Tag


def in_threads(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Results of `work` in several concurrent threads; raises their errors."""
    found: list[Any] = [None] * number

    def do(index: int) -> None:
        try:
            found[index] = work(index)
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            found[index] = error

    threads = [threading.Thread(target=do, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return found


async def test_two_servers_at_once(served_url: str, tmp_path: Path) -> None:
    async def fill(context: StashContext, word: str) -> list[str]:
        async with context:
            store = context.store
            tags = [Tag(name=f"{word} {number}") for number in range(5)]
            scenes = [Scene(title=f"{word} {number}", tags=tags[: number % 5]) for number in range(20)]
            await store.save_batch([*scenes, *tags], max_batch_size=3, check=True)
            for number, scene in enumerate(scenes):
                scene.rating100 = number
                await asyncio.sleep(0)
                await store.save(scene)
            store.invalidate_all()
            found = await store.find(Scene, rating100__gte=10)
            assert all(scene is scenes[int(scene.rating100)] for scene in found)
            assert {tag.name.split()[0] for scene in found for tag in scene.tags} == {word}
            return [scene.title for scene in found]

    one = StashContext(conn=served_url)
    two = StashContext(conn=f"embedded:{tmp_path / 'other.sqlite'}")
    left, right = await asyncio.gather(fill(one, "left"), fill(two, "right"))
    assert left == [f"left {number}" for number in range(10, 20)]
    assert right == [f"right {number}" for number in range(10, 20)]


async def test_threads_edit_during_loads(embedded_url: str) -> None:
    """The event loop reads and saves; threads search the cache and edit objects of their own."""

    async with recorded_store(embedded_url, max_objects=30) as (store, _):
        made = [Scene(title=f"{number}") for number in range(40)]
        await store.save_batch(made, check=True)

        def edit(index: int) -> int:
            mine = made[index::4]
            for turn in range(60):
                for scene in mine:
                    scene.rating100 = turn
                    scene.urls = [*(scene.urls or [])[:2], f"{turn}"]
                    assert store.identity.get(Scene, scene.id) is scene
                assert len(store.filter(Scene, lambda scene: scene.is_dirty())) >= 0
            return len(mine)

        working = asyncio.get_running_loop().run_in_executor(None, lambda: in_threads(4, edit))
        while not working.done():
            store.invalidate_all()
            scenes = await store.find(Scene, fields=["title", "rating100", "urls"])
            assert all(each is made[int(each.title)] for each in scenes)
            assert (await store.save_all()).all_succeeded
        assert await working == [10, 10, 10, 10]
        await store.save_all(check=True)
        store.invalidate_all()
        scenes = await store.find(Scene, fields=["rating100", "urls"])
        assert {scene.rating100 for scene in scenes} == {59}
        assert not any(scene.is_dirty() for scene in made)


def test_threads_with_own_loops(embedded_url: str) -> None:
    """Each thread runs its own context over one library; objects are not shared between them."""

    def work(index: int) -> list[int]:
        async def main() -> list[int]:
            async with StashContext(conn=embedded_url) as client:
                store = client_store(client)
                tags = [Tag(name=f"{index} {number}") for number in range(10)]
                await store.save_batch(tags, check=True)
                for tag in tags:
                    tag.description = f"by {index}"
                await store.save_all(check=True)
                return [id(tag) for tag in await store.find(Tag, description=f"by {index}")]

        return asyncio.run(main())

    def client_store(client: Any) -> Any:
        from stash_cli.core.store import StashEntityStore

        return StashEntityStore(client)

    run(warm(embedded_url))
    found = in_threads(3, work)
    assert [len(ids) for ids in found] == [10, 10, 10]


async def warm(url: str) -> None:
    """Create the library before several threads open it."""
    async with recorded_store(url):
        pass
