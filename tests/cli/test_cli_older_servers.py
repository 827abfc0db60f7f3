"""What an older server lacks, or cannot bear, is told before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cli_support import Cli
from fault_kinds import answered
from fault_proxy import Exchange, FaultProxy


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    """A server that answers as 0.22: without package sources in its settings."""
    with FaultProxy(served_url) as proxy:
        proxy.rule = lambda request: as_older
        yield proxy


async def as_older(exchange: Exchange) -> None:
    _, _, body = (await exchange.work()).partition(b"\r\n\r\n")
    facts = json.loads(body.replace(b"v0.31.0-embedded", b"v0.22.1"))
    for each in ((facts.get("data") or {}).get("__schema") or {}).get("types", ()):
        fields = [f for f in each.get("fields") or () if "PackageSources" not in f["name"]]
        each["fields"] = [f for f in fields if f["name"] not in ("find_filter", "play_history")] or None
        for migrate in (f for f in each["fields"] or () if f["name"] == "migrate"):
            migrate["type"]["ofType"]["name"] = "Boolean"
        for field in (f for f in each["fields"] or () if f["name"] == "configureUI"):
            field["args"] = [arg for arg in field["args"] if arg["name"] != "partial"]
    await answered(json.dumps(facts))(exchange)


def sent(proxy: FaultProxy) -> list[Any]:
    return [each for each in proxy.requests if each.document.startswith("mutation")]


@pytest.mark.parametrize("words", [("available",), ("sources",), ("install", "x")])
def test_packages_need_their_release(proxy: FaultProxy, words: tuple[str, ...]) -> None:
    done = Cli(proxy.url)("packages", *words)
    assert (done.status, "PackageSources needs Stash 0.24" in done.err) == (7, True), done.err


def test_settings_that_a_server_lacks_keep_the_others_from_being_sent(proxy: FaultProxy) -> None:
    done = Cli(proxy.url)("config", "set", "interface.language=de-DE", "ui.title=Mine")
    assert (done.status, "configureUI(partial) needs Stash 0.26" in done.err) == (7, True), done.err
    assert sent(proxy) == []


def test_a_new_object_is_shown_without_what_nobody_asked_for(proxy: FaultProxy) -> None:
    assert Cli(proxy.url).ok("scene", "create", "--title", "S").err == "created scene 1\n"


def test_a_migration_without_a_job_is_done_when_it_is_answered(proxy: FaultProxy) -> None:
    migrated = answered(json.dumps({"data": {"migrate": True}}))
    proxy.rule = lambda request: migrated if "migrate(" in request.document else as_older
    done = Cli(proxy.url).ok("system", "migrate", "--yes", "--wait")
    assert (done.out, done.err) == ("", "the database is migrated\n")


@pytest.mark.parametrize("words", [("markers", "generate", "--all"), ("generate", "--marker", "1")])
def test_single_markers_are_not_generated_by_servers_that_crash(
    proxy: FaultProxy, served_url: str, words: tuple[str, ...]
) -> None:
    newer = Cli(served_url)
    newer.ok("tag", "create", "--name", "A")
    newer.ok("scene", "create", "--title", "S")
    newer.ok("marker", "create", "--scene", "1", "--seconds", "1", "--title", "M", "--primary-tag", "A")
    done = Cli(proxy.url)(*words)
    assert (done.status, "before 0.28 crash" in done.err) == (7, True), done.err
    assert sent(proxy) == []
    newer.ok(*words, "--wait")
