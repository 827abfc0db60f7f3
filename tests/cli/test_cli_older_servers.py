"""Operations that an older server lacks, or that crash it, are rejected before sending."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cli_support import Cli
from fault_kinds import fixed_response
from fault_proxy import Exchange, FaultProxy


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    """A server that behaves like 0.22: without package sources in its settings."""
    with FaultProxy(served_url) as proxy:
        proxy.rule = lambda request: as_older
        yield proxy


async def as_older(exchange: Exchange) -> None:
    _, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
    facts = json.loads(body.replace(b"v0.31.0-embedded", b"v0.22.1"))
    for each in ((facts.get("data") or {}).get("__schema") or {}).get("types", ()):
        lacks = ("PackageSources", "configurePlugin")
        fields = [f for f in each.get("fields") or () if not any(name in f["name"] for name in lacks)]
        each["fields"] = [f for f in fields if f["name"] not in ("find_filter", "play_history")] or None
        for migrate in (f for f in each["fields"] or () if f["name"] == "migrate"):
            migrate["type"]["ofType"]["name"] = "Boolean"
        for field in (f for f in each["fields"] or () if f["name"] == "configureUI"):
            field["args"] = [arg for arg in field["args"] if arg["name"] != "partial"]
    await fixed_response(json.dumps(facts))(exchange)


def sent(proxy: FaultProxy) -> list[Any]:
    return [each for each in proxy.requests if each.document.startswith("mutation")]


@pytest.mark.parametrize("words", [("available",), ("sources",), ("install", "x")])
def test_packages_require_their_release(proxy: FaultProxy, words: tuple[str, ...]) -> None:
    result = Cli(proxy.url)("packages", *words)
    assert (result.status, "PackageSources needs Stash 0.24" in result.err) == (7, True), result.err


def test_unsupported_setting_prevents_sending_the_others(proxy: FaultProxy) -> None:
    result = Cli(proxy.url)("config", "set", "interface.language=de-DE", "ui.title=Mine")
    assert (result.status, "configureUI(partial) needs Stash 0.26" in result.err) == (7, True), result.err
    assert sent(proxy) == []


def test_created_object_is_shown_with_supported_fields(proxy: FaultProxy) -> None:
    assert Cli(proxy.url).ok("scene", "create", "--title", "S").err == "created scene 1\n"


def test_migration_without_a_job_completes_with_its_response(proxy: FaultProxy) -> None:
    migrated = fixed_response(json.dumps({"data": {"migrate": True}}))
    proxy.rule = lambda request: migrated if "migrate(" in request.document else as_older
    result = Cli(proxy.url).ok("system", "migrate", "--yes", "--wait")
    assert (result.out, result.err) == ("", "the database is migrated\n")


@pytest.mark.parametrize("words", [("markers", "generate", "--all"), ("generate", "--marker", "1")])
def test_single_markers_are_not_generated_on_crashing_servers(
    proxy: FaultProxy, served_url: str, words: tuple[str, ...]
) -> None:
    newer = Cli(served_url)
    newer.ok("tag", "create", "--name", "A")
    newer.ok("scene", "create", "--title", "S")
    newer.ok("marker", "create", "--scene", "1", "--seconds", "1", "--title", "M", "--primary-tag", "A")
    result = Cli(proxy.url)(*words)
    assert (result.status, "before 0.28 crash" in result.err) == (7, True), result.err
    assert sent(proxy) == []
    newer.ok(*words, "--wait")


PLUGIN = {"id": "x", "name": "X"}
TASKS = {"pluginTasks": {"pluginTasks": [{"name": "Do it", "description": "", "plugin": PLUGIN}]}}


def with_plugin(proxy: FaultProxy, **answers: Any) -> None:
    """A server with a plugin task, and the given answers to other operations."""
    known = TASKS | {"plugins {": {"plugins": [PLUGIN]}}
    known |= {name: {name: answer} for name, answer in answers.items()}

    def rule(request: Any) -> Any:
        found = [data for words, data in known.items() if words in request.document]
        return fixed_response(json.dumps({"data": found[0]})) if found else as_older

    proxy.rule = rule


@pytest.mark.parametrize(
    ("queue", "status", "message"), [(["6", "7"], 0, "job 7;"), ([], 10, "The job has ended")]
)
def test_plugin_task_is_found_in_the_queue(
    proxy: FaultProxy, queue: list[str], status: int, message: str
) -> None:
    """These releases do not return its job id."""
    with_plugin(proxy, runPluginTask="todo", jobQueue=[{"id": one} for one in queue])
    result = Cli(proxy.url)("plugins", "run", "x", "Do it")
    assert (result.status, message in result.err) == (status, True), result.err


def test_plugin_settings_require_their_release(proxy: FaultProxy) -> None:
    with_plugin(proxy)
    result = Cli(proxy.url)("plugins", "settings", "x", "key=1")
    assert (result.status, "needs Stash 0.24" in result.err) == (7, True), result.err
    assert sent(proxy) == []
