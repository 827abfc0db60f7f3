"""A process killed at any request: the journal is right, undo restores, and resume finishes."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from journal_support import library_content, open_workbench
from table_tests import table_test

from stash_cli.core.client import BatchOperation
from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.plan import plan_updates
from stash_cli.core.orm.edit import Edit
from stash_cli.core.types import Scene

FEW = 6
COUNT = int(os.environ.get("KILLED_OBJECTS", str(FEW)))
"""Number of changed objects; tested with 1000 in requests of 250 as well."""
SIZE = 2 if COUNT == FEW else 250


async def fill(url: str) -> Any:
    async with open_workbench(url) as bench:
        made = [BatchOperation("sceneCreate", {"input": {"title": f"{n}"}}) for n in range(COUNT)]
        assert (await bench.client.execute_batch(made)).all_succeeded
        return await library_content(bench)


async def edit(url: str, position: int, *, done: bool) -> None:
    """Change every scene, and die at this request, before or after the server has handled it."""
    async with open_workbench(url) as bench:
        edits = [
            Edit("Scene", str(n + 1), name, before, after)
            for n in range(COUNT)
            for name, before, after in (("title", f"{n}", f"new {n}"), ("rating100", None, 40))
        ]

        def die(request: Any) -> bool:
            nonlocal position
            position -= request.document.startswith("mutation")
            if position == 0:
                os._exit(9)
            return False

        if done:
            bench.wire.drops_response = die
        else:
            bench.wire.drops_request = die
        plan = plan_updates(edits, bench.client.capabilities)
        async with bench.context.journal():
            await Applier(bench.client.session).apply(plan.operations, lambda *_: None, size=SIZE)


def killed(url: str, position: int, *, done: bool) -> None:
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(edit(url, position, done=done))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


async def check(url: str, position: int, before: Any, *, resumes: bool) -> None:
    """Check that the journal has the right states, and that undo restores the values."""
    async with open_workbench(url) as bench:
        done = (position - 1) * SIZE
        sent = min(SIZE, COUNT - done)
        expected = {"done": 2 * done, "sent": 2 * sent, "planned": 2 * (COUNT - done - sent)}
        assert bench.counts(1) == {state: count for state, count in expected.items() if count}
        assert bench.journal.run(1).ended is None
        if resumes:
            assert await bench.context.resume(1) == {"done": 2 * COUNT}
            scenes = await bench.store.find(Scene, fields=["title", "rating100"])
            assert {(scene.title, scene.rating100) for scene in scenes} == {
                (f"new {n}", 40) for n in range(COUNT)
            }
        assert not (await bench.context.undo(1)).problems
        assert await library_content(bench) == before


POSITIONS = [(number, done) for number in range(1, -(-COUNT // SIZE) + 1) for done in (False, True)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are copied")
@table_test(("number", "done"), POSITIONS, ids=str)
def test_killed_at_any_request(tmp_path_factory: pytest.TempPathFactory, number: int, done: bool) -> None:
    for resumes in (False, True) if COUNT > FEW else (bool(number % 2) == done,):
        folder = tmp_path_factory.mktemp("killed")
        url = f"embedded:{folder / 'library.sqlite'}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(folder))
            before = asyncio.run(fill(url))
            killed(url, number, done=done)
            asyncio.run(check(url, number, before, resumes=resumes))
