"""Malformed responses: every command ends with a documented status, and never crashes."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli
from fault_proxy import Exchange, Fault, FaultProxy
from served_library import serve_library

COMMANDS = (
    "tags find --limit 3",
    "tag show 1",
    "scene show 1 --json",
    "scenes find --limit 2 --csv --fields id,title,studio.name,performers.name,files.path",
    "scenes find --created-at-gte 2000 --tag-count-ne 99 --ids",
    "scenes count",
    "performers find --jsonl",
    "jobs list",
    "library list",
    "version",
    "api --operation configuration",
    "api --operation allTags",
    "tag update 1 --description x --yes",
    "tags update 1 2 --add-alias x --dry-run",
)
WRONG = (None, 5, "x", [], {}, [{}], ["x"], True, {"id": {}}, [None], 1.5)
TIMES = 6
"""Malformed responses per command."""
DOCUMENTED = {0, 1, 3, 5, 6, 7, 10}


@pytest.fixture(scope="module")
def proxy(small_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    path = tmp_path_factory.mktemp("wrong") / "library.sqlite"
    shutil.copy(small_library, path)
    with serve_library(path) as url, FaultProxy(url) as proxy:
        yield proxy


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all nested values, but only of the first item of a list."""
    items = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for key, inner in items:
        if key != "_server":
            yield (*path, key)
            yield from places(inner, (*path, key))


def malformed_response(rng: random.Random, changes: list[Any]) -> Fault:
    """The server's response with a changed or missing value at one path."""

    async def fault(exchange: Exchange) -> None:
        payload = json.loads((await exchange.forward()).partition(b"\r\n\r\n")[2])
        *steps, last = rng.choice(list(places(payload["data"])))
        holder = payload["data"]
        for step in steps:
            holder = holder[step]
        if rng.random() < 0.2:
            del holder[last]
        else:
            holder[last] = rng.choice(WRONG)
        changes.append(([*steps, last], payload))
        body = json.dumps(payload).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        await exchange.send(head.encode() + body)

    return fault


@pytest.mark.parametrize("command", COMMANDS)
def test_malformed_response_does_not_crash(command: str, proxy: FaultProxy) -> None:
    seed = random.SystemRandom().randrange(2**32)
    rng, cli = random.Random(seed), Cli(proxy.url)
    for _ in range(TIMES):
        changes: list[Any] = []
        proxy.rule = lambda _, changes=changes: None if changes else malformed_response(rng, changes)
        result = cli("--timeout", "5", *command.split())
        proxy.rule = lambda _: None
        wrong = (seed, changes, result)
        assert result.status in DOCUMENTED, wrong
        assert not any(word in result.err for word in ("internal error", "bug", "Traceback")), wrong
