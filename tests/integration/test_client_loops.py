"""One client and one store in several event loops, concurrently in threads and in sequence."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to, schema
from support import run

from stash_cli.core.client.client import StashClient
from stash_cli.core.client.locks import Lock
from stash_cli.core.client.session import Session
from stash_cli.core.context import StashContext
from stash_cli.core.settings import Connection, normalise_url
from stash_cli.core.store import StashEntityStore
from stash_cli.core.transport.event_loops import PerLoop
from stash_cli.core.types import Scene, Tag

Work = Callable[[int], Coroutine[Any, Any, Any]]


def in_loops(number: int, work: Work) -> list[Any]:
    """Results of `work(index)` in as many threads, each with its own event loop."""
    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(lambda index: run(work(index)), range(number)))


def store_of(url: str) -> StashEntityStore:
    return StashEntityStore(StashClient(Session(Connection(normalise_url(url)))))


@pytest.mark.parametrize("kind", ["served_url", "embedded_url"])
def test_threads_read_and_save_through_one_store(kind: str, request: pytest.FixtureRequest) -> None:
    store = store_of(request.getfixturevalue(kind))
    shared = [Scene(title=f"{number}") for number in range(6)]
    run(store.save_batch(shared, check=True))

    async def work(index: int) -> list[Scene]:
        mine = [Scene(title=f"{index} {number}") for number in range(4)]
        await store.save_batch(mine, check=True)
        for turn in range(25):
            for scene in mine:
                scene.rating100 = turn
            shared[turn % 6].rating100 = 10 * index + turn % 10
            await asyncio.gather(*map(store.save, [*mine, *shared]))
            found = await store.find(Scene, title__startswith=f"{index} ")
            assert {id(each) for each in found} == {id(each) for each in mine}
            store.invalidate_all()
        return mine

    made = in_loops(2, work)
    assert not any(scene.is_dirty() for scene in [*shared, *made[0], *made[1]])
    store.invalidate_all()
    found = run(store.find(Scene, title__startswith="1 "))
    assert {scene.rating100 for scene in found} == {24}
    run(store.client.session.close())


def test_loops_in_sequence(served_url: str) -> None:
    """Each loop is closed before the next request, and its connections with it."""
    store = store_of(served_url)
    tag = Tag(name="A")
    for number in range(3):
        tag.description = f"{number}"
        run(store.save(tag))
        store.invalidate_all()
        assert run(store.find_one(Tag, name="A")) is tag
    run(store.client.session.close())
    run(store.client.session.close())
    assert tag.description == "2"


def test_closing_in_one_loop_keeps_connections_of_another(served_url: str) -> None:
    session = Session(Connection(normalise_url(served_url)))
    open_, closed = threading.Event(), threading.Event()

    answers: list[Any] = []

    async def go_on() -> None:
        answers.append(await session.call("version"))
        open_.set()
        assert await asyncio.to_thread(closed.wait, 10)
        answers.append(await session.call("version"))

    async def close() -> None:
        assert await asyncio.to_thread(open_.wait, 10)
        answers.append(await session.call("version"))
        await session.close()
        closed.set()

    in_loops(2, lambda index: (go_on, close)[index]())
    run(session.close())
    assert len(answers) == 3
    assert all(answer == answers[0] for answer in answers)


def test_connections_close_with_their_loop(served_url: str) -> None:
    """The session is not closed; a socket left open would warn."""
    assert run(Session(Connection(normalise_url(served_url))).call("version"))["version"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        gc.collect()
    assert [each for each in caught if "unclosed" in str(each.message)] == []


async def test_schema_is_introspected_once_by_concurrent_threads(tmp_path: Path) -> None:
    """All threads wait at the lock; one introspects."""

    calls: list[str] = []

    async def answer(request: dict[str, Any]) -> Any:
        calls.append(request["query"].split()[1])
        await asyncio.sleep(0.1)
        return schema() if "__schema" in request["query"] else {"version": {"hash": "abc"}}

    async with canned_server(answer) as server:
        session = Session(connection_to(server.url, tmp_path))
        await asyncio.to_thread(in_loops, 4, lambda _: session.call("version", {}, ["hash"]))
    assert calls.count("Introspection") == 1
    assert calls.count("Version") == 4


def test_context_shared_by_threads_has_one_client_and_one_store(served_url: str) -> None:
    context = StashContext(served_url)
    together = threading.Barrier(4)

    async def enter(_: int) -> tuple[StashClient, StashEntityStore]:
        together.wait(10)
        async with context as client:
            await client.find_tags()
            return client, context.store

    for _ in range(5):
        found = in_loops(4, enter)
        assert len({id(store) for _, store in found}) == len({id(client) for client, _ in found})
        assert context.ref_count == 0


class LockCounter:
    """Counts acquisitions of a lock, and its concurrent holders."""

    def __init__(self) -> None:
        self.now = self.most = self.turns = 0

    async def work(self, lock: Lock, pause: float) -> None:
        async with lock:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await asyncio.sleep(pause)
                self.turns += 1
            finally:
                self.now -= 1


def test_lock_is_exclusive_across_loops() -> None:
    lock, counter = Lock(), LockCounter()

    async def acquire_many(_: int) -> None:
        await asyncio.gather(*(counter.work(lock, 0.0001) for _ in range(100)))

    in_loops(3, acquire_many)
    assert (counter.most, counter.turns) == (1, 300)


def test_cancelled_waiter_releases_lock() -> None:
    """Cancelled while waiting, just after acquiring, and when its loop ends."""
    lock, counter = Lock(), LockCounter()

    async def cancel_repeatedly(index: int) -> None:
        for turn in range(60):
            task = asyncio.create_task(counter.work(lock, 0.0005))
            await asyncio.sleep(0.0001 * ((turn + index) % 7))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        asyncio.create_task(counter.work(lock, 60))  # noqa: RUF006 - cancelled as the loop ends

    in_loops(4, cancel_repeatedly)
    run(asyncio.wait_for(counter.work(lock, 0), 5))
    assert counter.most == 1


class Pool:
    """A resource that must be closed."""

    closed_in: Any = None

    async def aclose(self) -> None:
        self.closed_in = asyncio.get_running_loop()


def test_every_loop_has_and_closes_its_own_pool() -> None:
    made: list[Pool] = []
    pools = PerLoop(lambda: made.append(Pool()) or made[-1])

    async def use(_: int) -> tuple[Any, Pool]:
        one, other = await asyncio.gather(pools.get(), pools.get())
        assert one is other
        return asyncio.get_running_loop(), one

    used = in_loops(3, use)
    assert len(made) == 3
    assert all(pool.closed_in is loop for loop, pool in used)


def test_pool_of_an_abandoned_loop_is_dropped() -> None:
    pools, loop = PerLoop(Pool), asyncio.new_event_loop()
    left = weakref.ref(loop.run_until_complete(pools.get()))
    loop.close()
    run(pools.get())
    gc.collect()
    assert left() is None


def test_close_schedules_closing_in_running_loops() -> None:
    pools, loop = PerLoop(Pool), asyncio.new_event_loop()
    pool = loop.run_until_complete(pools.get())
    run(pools.aclose())
    assert pool.closed_in is None
    loop.run_until_complete(asyncio.sleep(0))
    assert pool.closed_in is loop
    loop.close()
