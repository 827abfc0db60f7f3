"""Every connection fault against every kind of command: reported outcome and effect on the server.

A row of FAULTS is a fault with the exit statuses of a query and a mutation. For any fault, each mutation
reaches the server at most once, and the server's state is what the command reported.
"""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli, CommandResult
from fault_kinds import (
    MALFORMED_BODIES,
    after_handling,
    error_page,
    fixed_response,
    graphql_errors,
    gzip_response,
    large_response,
    no_response,
    redirect,
    reset_after,
    reset_before,
    slow_response,
    truncated_response,
)
from fault_proxy import Fault, FaultProxy, Rule, on_mutation, on_operation, on_websocket
from library_client import add_tags, copy_empty_library
from support import run

from stash_cli import Outcome, Scene, StashContext
from stash_cli.core.settings import Connection, normalise_url
from stash_cli.embedded.server import LibraryServer

pytestmark = pytest.mark.usefixtures("short_pauses")
MANY = 600
PATIENCE = {"silence": "3", "trickle": "3"}
"""Seconds of --timeout for lasting faults; others end at once."""
DONE, FAILED, AUTHENTICATION, UNREACHABLE, PARTLY, UNKNOWN = 0, 1, 4, 5, 6, 10

WRONG = ("null data", "empty data", "errors that are texts", "a list", "no JSON", "200,000 brackets")
FAULTS: dict[str, tuple[Fault, int, int]] = {
    "reset before the work": (reset_before, UNREACHABLE, UNKNOWN),
    "reset after the work": (reset_after, UNREACHABLE, UNKNOWN),
    "half an answer": (truncated_response, UNREACHABLE, UNKNOWN),
    "silence": (no_response, UNREACHABLE, UNKNOWN),
    "trickle": (slow_response(0.4), UNREACHABLE, UNKNOWN),
    "401": (error_page(401), AUTHENTICATION, AUTHENTICATION),
    "403": (error_page(403), AUTHENTICATION, AUTHENTICATION),
    "422": (graphql_errors("no such thing", status=422), FAILED, FAILED),
    "429": (error_page(429), UNREACHABLE, UNREACHABLE),
    "500": (error_page(500), FAILED, UNKNOWN),
    "502": (error_page(502), UNREACHABLE, UNKNOWN),
    "502 after the work": (after_handling(error_page(502)), UNREACHABLE, UNKNOWN),
    "damaged gzip": (after_handling(gzip_response(b'{"data": {}}' * 99, damaged=True)), UNREACHABLE, UNKNOWN),
    "too large": (after_handling(large_response(3_000_000)), FAILED, UNKNOWN),
    "too large when unpacked": (after_handling(large_response(3_000_000, packed=True)), FAILED, UNKNOWN),
    "redirect": (redirect("http://127.0.0.1:1/graphql"), FAILED, FAILED),
    **{name: (after_handling(fixed_response(MALFORMED_BODIES[name])), FAILED, UNKNOWN) for name in WRONG},
}
QUERIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "find": ("findTags", ("tags", "find", "--jsonl")),
    "show": ("findTag", ("tag", "show", "1")),
    "count": ("findTags", ("tags", "count")),
    "api": ("systemStatus", ("api", "query { systemStatus { status } }")),
    "jobs wait": ("findJob", ("jobs", "wait", "1", "--wait-timeout", "2")),
}


@dataclass
class ServedLibrary:
    """A served library behind a proxy, and the program that uses the proxy."""

    proxy: FaultProxy
    server: str
    tags: list[str]

    def stash(self, *args: str, rule: Rule = lambda _: None, timeout: str = "20") -> CommandResult:
        """Run a command while `rule` injects faults; assert that it neither crashes nor repeats mutations."""
        self.proxy.requests.clear()
        self.proxy.rule = rule
        result = Cli(self.proxy.url, STASH_MAX_ANSWER_BYTES="2000000")("--timeout", timeout, *args)
        self.proxy.rule = lambda _: None
        assert "bug" not in result.err
        assert "Traceback" not in result.err
        assert not repeated_mutations(self.proxy), "a mutation reached the server twice"
        return result

    def ask(self, document: str) -> Any:
        """Data of a document sent to the server directly."""
        request = urllib.request.Request(
            f"{self.server}/graphql",
            json.dumps({"query": document}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())["data"]

    def named(self, name: str) -> list[str]:
        found = self.ask("{ allTags { id name } }")["allTags"]
        return [tag["id"] for tag in found if tag["name"] == name]

    def described(self, text: str) -> set[str]:
        found = self.ask("{ allTags { id description } }")["allTags"]
        return {tag["id"] for tag in found if tag["description"] == text}


def repeated_mutations(proxy: FaultProxy) -> list[bytes]:
    """Mutations sent more than once, except those refused at once."""
    return [body for body, times in Counter(each.body for each in proxy.mutations).items() if times > 1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedLibrary]:
    path = tmp_path_factory.mktemp("matrix") / "library.sqlite"
    server = LibraryServer(str(copy_empty_library(path)), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = server.wait_until_ready(timeout=60)
    with FaultProxy(url) as proxy:
        served = ServedLibrary(proxy, url, add_tags(path, MANY))
        served.ask("mutation { metadataScan(input: {}) }")
        yield served
    server.stop()
    thread.join(timeout=60)


@pytest.fixture(scope="module")
def cache(served: ServedLibrary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cached schema, so that commands send only their own requests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        assert served.stash("tags", "count").status == DONE
    return folder


@pytest.fixture(autouse=True)
def known_server(cache: Path, own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.mark.parametrize("fault", FAULTS)
def test_failed_query_is_reported(served: ServedLibrary, fault: str) -> None:
    commit, status, _ = FAULTS[fault]
    for name, (operation, args) in QUERIES.items():
        lasts = "0.5" if fault in PATIENCE else "20"  # no other request is answered meanwhile
        result = served.stash(*args, rule=on_operation(operation, commit), timeout=lasts)
        assert served.proxy.faulted, name
        assert (name, result.status, result.out) == (name, status, "")
        assert len(served.proxy.faulted) <= 3 or name == "jobs wait"


@pytest.mark.parametrize("fault", FAULTS)
def test_mutation_is_executed_at_most_once(served: ServedLibrary, fault: str) -> None:
    commit, _, status = FAULTS[fault]
    name = f"made under {fault}"
    commands = {
        "create": ("tag", "create", "--name", name),
        "api": ("api", f'mutation {{ tagCreate(input: {{name: "{name}, by hand"}}) {{ id }} }}'),
        "scan": ("scan", "--wait", "--wait-timeout", "5", "-q"),
    }
    for command, args in commands.items():
        result = served.stash(*args, rule=on_mutation(commit), timeout=PATIENCE.get(fault, "20"))
        assert (command, result.status) == (command, status)
        assert len(served.proxy.mutations) == 1
        assert ("may" in result.err) == (status == UNKNOWN), result.err
    assert len(served.named(name)) <= 1


@pytest.mark.parametrize("fault", FAULTS)
def test_delete_outcome_is_reported(served: ServedLibrary, fault: str) -> None:
    commit, _, status = FAULTS[fault]
    (tag,) = served.ask(f'mutation {{ tagCreate(input: {{name: "to go {fault}"}}) {{ id }} }}').values()
    rule, patience = on_mutation(commit), PATIENCE.get(fault, "20")
    result = served.stash("tag", "delete", tag["id"], "--yes", rule=rule, timeout=patience)
    is_gone = not served.named(f"to go {fault}")
    assert result.status == (DONE if is_gone else status)
    assert ("deleted 1" in result.err) == is_gone
    assert len(served.proxy.mutations) == 1


def objects_in(given: dict[str, Any]) -> int:
    """Number of objects in an input."""
    return len(given.get("ids", [1]))


@pytest.mark.parametrize("fault", FAULTS)
def test_failed_batch_of_an_update_does_not_affect_others(served: ServedLibrary, fault: str) -> None:
    commit, _, status = FAULTS[fault]
    args = ("tags", "update", *served.tags, "--description", fault, "--yes")
    result = served.stash(*args, rule=on_mutation(commit, 2), timeout="3" if fault in PATIENCE else "20")
    changed = served.described(fault)
    stderr = {int(number) for number in re.findall(r"\d+", result.err)}
    if fault == "422":  # the bulk mutation was rejected, and its objects were updated one by one
        assert (result.status, len(changed)) == (DONE, MANY)
        return
    sizes = [sum(map(objects_in, each.variables.values())) for each in served.proxy.mutations]
    assert sum(sizes) == MANY
    if len(changed) == MANY:  # all was executed, and verified by reading
        assert (result.status, status, stderr) == (DONE, UNKNOWN, {MANY})
        return
    assert (result.status, len(changed)) == (PARTLY, MANY - sizes[1])
    assert {MANY - sizes[1], MANY, sizes[1]} <= stderr
    assert ("may" in result.err) == (status == UNKNOWN), result.err


@pytest.mark.parametrize("fault", FAULTS)
def test_save_all_completes_after_a_fault(served: ServedLibrary, fault: str) -> None:
    """30 new scenes in three requests, the second of which fails; saving again creates none twice."""
    commit, _, status = FAULTS[fault]
    titles = [f"{fault} {number:03}" for number in range(30)]
    connection = Connection(
        normalise_url(served.proxy.url), timeout=3 if fault in PATIENCE else 20, max_answer_bytes=2_000_000
    )

    async def save() -> Counter[Outcome]:
        context = StashContext(connection)
        async with context:
            scenes = [Scene(title=title) for title in titles]
            served.proxy.rule = on_mutation(commit, 2)
            first = await context.store.save_batch(scenes, max_batch_size=10)
            served.proxy.rule = lambda _: None
            assert (await context.store.save_all()).all_succeeded
            return Counter(each.outcome for each in first)

    outcomes = run(save())
    assert outcomes[Outcome.UNKNOWN if status == UNKNOWN else Outcome.FAILED] == 10
    made = served.ask("{ findScenes(filter: {per_page: -1}) { scenes { title } } }")["findScenes"]["scenes"]
    assert sorted(each["title"] for each in made if each["title"] in titles) == titles


def test_connection_refused(served: ServedLibrary) -> None:
    served.stash("tags", "count")
    served.proxy.refuse()
    try:
        for args in (*(args for _, args in QUERIES.values()), ("tag", "create", "--name", "nobody hears it")):
            assert served.stash(*args).status == UNREACHABLE
    finally:
        served.proxy.accept()
    assert not served.named("nobody hears it")


def test_locked_database_is_retried(served: ServedLibrary) -> None:
    """The refused root field was not executed, so a mutation is sent again, too."""
    stash = Cli(served.proxy.url)
    for operation, args in (
        ("tagCreate", ("tag", "create", "--name", "waited for")),
        ("findTags", ("tags", "count")),
    ):
        refused = {"message": "database is locked", "path": [operation]}
        served.proxy.rule = on_operation(
            operation, fixed_response(json.dumps({"errors": [refused], "data": None})), 1
        )
        assert stash(*args).status == DONE
    assert len(served.named("waited for")) == 1


@pytest.mark.parametrize("fault", [redirect("ws://127.0.0.1:1/graphql"), reset_before, error_page(502)])
def test_job_is_followed_without_a_websocket(served: ServedLibrary, fault: Fault) -> None:
    result = served.stash("scan", "--wait", "-q", rule=on_websocket(fault))
    assert result.status == DONE, result.err
    assert len(served.proxy.mutations) == 1
