"""kill -9 at any request of an update: `history` is right, undo and resume work."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest
from cli_support import Cli, environment, program
from fault_proxy import Exchange, FaultProxy, on_mutation

FEW = 14
COUNT = int(os.environ.get("KILLED_OBJECTS", FEW))
"""Number of changed objects; with 1000 all requests of the command are tested."""
WORDS = ("tags", "update", "--all", "description={{ name }} of {{ id }}", "favorite=true", "-y", "-q")


class KilledUpdate:
    """A library of tags behind a proxy, and a program that is killed while updating them."""

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        self.cli = Cli(proxy.url)
        for start in range(0, COUNT, 250):
            made = (
                f'a{n}: tagCreate(input: {{name: "tag {n}"}}) {{ id }}'
                for n in range(start, min(start + 250, COUNT))
            )
            self.cli.ok("api", f"mutation {{ {' '.join(made)} }}")
        self.before = self.tags()

    def tags(self) -> dict[str, tuple[str, bool]]:
        """Id -> description and favorite flag of the tags."""
        rows = self.cli.ok("tags", "find", "--json", "--fields", "id,description,favorite").json
        return {row["id"]: (row["description"], row["favorite"]) for row in rows}

    def kill_at(self, number: int, *, done: bool) -> bool:
        """Kill the command at its n-th mutation, before or after the server executes it.

        Return False if the command sent fewer mutations and ended.

        """
        process: list[subprocess.Popen[bytes]] = []

        async def kill(exchange: Exchange) -> None:
            if done:
                await exchange.forward()
            process[0].kill()
            await asyncio.to_thread(process[0].wait)

        self.proxy.rule = on_mutation(kill, number)
        process.append(subprocess.Popen(program(*WORDS), env=environment(STASH_URL=self.proxy.url)))
        status = process[0].wait(100)
        self.proxy.rule = lambda _: None
        assert status in (0, -signal.SIGKILL)
        return status != 0

    def check(self, *, done: bool) -> str:
        """Compare the journal with the server; return the run's number."""
        run = self.cli.ok("history", "--json").json[0]
        assert run["state"] == "unfinished"
        rows = self.cli.ok("history", "show", str(run["id"]), "--json").json
        assert len(rows) == 2 * COUNT
        now = self.tags()
        for row in rows:
            there = now[row["id"]][row["field"] == "favorite"]
            is_made = row["state"] == "done" or (row["state"] == "sent" and done)
            assert there == (row["wanted"]["after"] if is_made else row["before"]), row
        states = Counter(row["state"] for row in rows)
        assert states.keys() <= {"done", "sent", "planned"}
        assert 0 < states["sent"] <= 2 * 250
        return str(run["id"])

    def run(self) -> str:
        """Number of the last run."""
        return str(self.cli.ok("history", "--json").json[0]["id"])


@pytest.fixture
def killed(served_url: str) -> Iterator[KilledUpdate]:
    with FaultProxy(served_url) as proxy:
        yield KilledUpdate(proxy)


def cases() -> Iterator[tuple[int, bool, bool]]:
    """Mutation numbers, whether they are executed, and whether the run is resumed; endless for many."""
    if COUNT == FEW:
        yield from [(1, True, False), (2, False, True)]
        return
    for number in itertools.count(1):
        yield from itertools.product([number], (False, True), (False, True))


def test_killed_at_any_request(killed: KilledUpdate) -> None:
    kills = 0
    for number, done, resumes in cases():
        if not killed.kill_at(number, done=done):
            killed.cli.ok("undo", killed.run(), "-y")
            break
        run = killed.check(done=done)
        if resumes:
            killed.cli.ok("history", "resume", run, "-y")
            assert all(tag == (f"tag {int(one) - 1} of {one}", True) for one, tag in killed.tags().items())
        killed.cli.ok("undo", run, "-y")
        assert killed.tags() == killed.before
        kills += 1
    assert kills == (2 if COUNT == FEW else 4 * (number - 1) + 2 * done + resumes)
