"""An import killed at any request: undo restores, and the same import creates nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli, environment, program
from fault_proxy import Exchange, Fault, FaultProxy, Request
from journal_support import library_content, open_workbench

HALF = int(os.environ.get("KILLED_ROWS", "24")) // 2
"""Objects that are updated, and as many created; tested at each request of 300 rows as well."""


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(served_url) as proxy:
        made = " ".join(f'a{n}: tagCreate(input: {{name: "old {n}"}}) {{ id }}' for n in range(HALF))
        Cli(proxy.url).ok("api", f"mutation {{ {made} }}", "--no-journal")
        yield proxy


def write_rows(folder: Path) -> str:
    """A file that updates every tag and creates as many, below old and new ones."""
    rows: list[dict[str, Any]] = []
    for n in range(HALF):
        rows.append({"name": f"old {n}", "description": f"changed {n}", "aliases+": [f"alias {n}"]})
        above = f"made {n - 1}" if n % 2 else f"old {n}"
        rows.append({"name": f"made {n}", "description": f"new {n}", "aliases": [], "parents": [above]})
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return str(path)


def kill_at(proxy: FaultProxy, position: int, words: tuple[str, ...], *, done: bool) -> None:
    """Run a command as a subprocess, killed at its n-th mutation, before or after execution."""

    async def kill(exchange: Exchange) -> None:
        if done:
            await exchange.forward()
        process.send_signal(signal.SIGKILL)
        exchange.reset()

    before = len(proxy.mutations)

    def rule(request: Request) -> Fault | None:
        return kill if request.is_mutation and len(proxy.mutations) == before + position - 1 else None

    proxy.rule = rule
    own = environment(STASH_URL=proxy.url)
    process = subprocess.Popen(program(*words), env=own, stderr=subprocess.DEVNULL)
    assert process.wait(120) == -signal.SIGKILL
    proxy.rule = lambda _: None


def library(proxy: FaultProxy) -> Any:
    async def look() -> Any:
        async with open_workbench(proxy.url) as bench:
            return await library_content(bench)

    return asyncio.run(look())


POSITIONS = [
    (int(word), done)
    for word in os.environ.get("KILLED_AT", "2").split(",")
    for done in ((True, False) if HALF > 12 else (True,))
]


# Only a subprocess can be killed; it takes a second.
@pytest.mark.skipif(os.name == "nt", reason="processes are not killed by signals there")
@pytest.mark.parametrize(("position", "done"), POSITIONS)
def test_killed_import(proxy: FaultProxy, tmp_path: Path, position: int, done: bool) -> None:
    cli, before = Cli(proxy.url), library(proxy)
    words = ("tags", "import", write_rows(tmp_path), "--upsert", "--match", "name", "--yes")
    kill_at(proxy, position, words, done=done)
    [run] = cli.ok("history", "--json").json
    assert (run["state"], run["changes"].keys() - {"planned", "sent", "done"}) == ("unfinished", set())
    cli.ok("undo", "1", "--yes")
    assert library(proxy) == before
    kill_at(proxy, position, words, done=done)
    assert cli(*words).status == 0
    assert cli.ok("tags", "count").out == f"{2 * HALF}\n"
    assert f"nothing to change, {2 * HALF} tags unchanged" in cli.ok(*words).err
    for number in (4, 3):
        cli.ok("undo", str(number), "--yes")
    assert library(proxy) == before
