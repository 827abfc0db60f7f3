"""A library after its process is killed, and two processes that write concurrently."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from library_client import library_client
from support import ROOT

WRITE_BATCHES = """
import sys
from stash_cli.embedded import open_library
with open_library(sys.argv[1]) as library:
    for number in range(10_000):
        given = [{"id": "1", "title": f"batch {number}"}, {"id": "2", "title": f"batch {number}"}]
        outcome = library.execute(
            "mutation($s: [SceneUpdateInput!]!) { scenesUpdate(input: $s) { id } }", {"s": given}
        )
        assert not outcome.errors, outcome.errors
        print(number, flush=True)
"""
"""Sets the title of two scenes in one transaction, repeatedly, and prints each commit."""

CREATE_TAGS = """
import sys
from stash_cli.embedded import open_library
with open_library(sys.argv[1]) as library:
    for number in range(int(sys.argv[3])):
        document = "mutation($n: String!) { tagCreate(input: {name: $n}) { id } }"
        outcome = library.execute(document, {"n": f"{sys.argv[2]} {number}"})
        if outcome.errors:
            print(outcome.errors, flush=True)
"""
"""Creates tags, and prints errors."""

OPEN_AT_ONCE = """
import sys
from stash_cli.embedded import open_library
import stash_cli.embedded.library.library
print("ready", flush=True)
sys.stdin.readline()
open_library(sys.argv[1]).close()
"""
"""Opens a library when signalled."""

SERVE = """
import sys
from stash_cli.embedded.server import serve
serve(sys.argv[1], port=0, on_ready=lambda url: print(url, flush=True))
"""

MANY = 150


@contextmanager
def child(code: str, *args: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run `code` in a subprocess, killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def integrity(path: Path) -> str:
    """Result of SQLite's own integrity check."""
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


@pytest.mark.parametrize("writes", [1, 3, 17])
def test_killed_writer_leaves_complete_transactions(library_file: Path, writes: int) -> None:
    with library_client(library_file) as ask:
        for title in ("first", "second"):
            ask.create("sceneCreate", title=title)
    with child(WRITE_BATCHES, library_file) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(writes)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    with library_client(library_file) as ask:
        titles = {scene["title"] for scene in ask("{ findScenes { scenes { title } } }")["scenes"]}
        assert len(titles) == 1
        number = int(titles.pop().removeprefix("batch "))
        # Printed commits are kept; the next one may have been committed when the signal arrived.
        assert number - int(lines[-1]) in (0, 1)
        assert ask('{ findScenes(filter: {q: "batch"}) { count } }') == {"count": 2}
    assert integrity(library_file) == "ok"


def test_killed_writer_releases_its_lock(library_file: Path) -> None:
    with library_client(library_file) as ask:
        for title in ("first", "second"):
            ask.create("sceneCreate", title=title)
        with child(WRITE_BATCHES, library_file) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            assert ask.create("tagCreate", name="after") == "1"


def test_concurrent_processes_lose_no_write(library_file: Path) -> None:
    """Also when the file does not exist and every process creates it."""
    with ExitStack() as stack:
        names = ("a", "b", "c")
        children = [stack.enter_context(child(CREATE_TAGS, library_file, name, str(MANY))) for name in names]
        ended = [process.communicate(timeout=60) for process in children]
    assert ended == [("", "")] * len(names)
    with library_client(library_file) as ask:
        tags = ask("{ allTags { name } }")
    assert {tag["name"] for tag in tags} == {f"{name} {number}" for name in names for number in range(MANY)}
    assert integrity(library_file) == "ok"


@pytest.mark.parametrize("attempt", range(2))
def test_processes_may_create_a_library_simultaneously(new_file: Path, attempt: int) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(child(OPEN_AT_ONCE, new_file)) for _ in range(6)]
        for process in children:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in children:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.communicate(timeout=60) for process in children] == [("", "")] * len(children)
    assert integrity(new_file) == "ok"


def test_served_library_can_be_written_in_process(library_file: Path) -> None:
    with child(SERVE, library_file) as server, child(CREATE_TAGS, library_file, "inside", str(MANY)) as other:
        assert server.stdout is not None
        with httpx.Client(base_url=server.stdout.readline().strip(), timeout=30) as client:
            answers = [
                client.post(
                    "/graphql",
                    json={"query": f'mutation {{ tagCreate(input: {{name: "served {n}"}}) {{ id }} }}'},
                ).json()
                for n in range(MANY)
            ]
            assert other.communicate(timeout=60) == ("", "")
            count = client.post("/graphql", json={"query": "{ findTags { count } }"}).json()
    assert not [answer for answer in answers if "errors" in answer]
    assert count == {"data": {"findTags": {"count": 2 * MANY}}}
    assert integrity(library_file) == "ok"
