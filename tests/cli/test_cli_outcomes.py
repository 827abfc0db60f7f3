"""Changing commands report outcomes exactly: partial failures, lost responses, a server that stops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import Cli, CommandResult
from fault_kinds import (
    MALFORMED_BODIES,
    error_page,
    fixed_response,
    graphql_errors,
    reset_after,
    reset_before,
)
from fault_proxy import Exchange, FaultProxy, matching, on_mutation, on_operation
from library_client import add_tags

COUNT = 120


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(served_url) as proxy:
        yield proxy


@pytest.fixture
def tags(proxy: FaultProxy) -> Cli:
    """The program over tags 1 to 3: A, B and C."""
    for name in "ABC":
        Cli(proxy.url).ok("tag", "create", "--name", name)
    return Cli(proxy.url)


@pytest.fixture
def many(proxy: FaultProxy, library_file: Path) -> Cli:
    """The program over COUNT tags, which take four requests to change."""
    add_tags(library_file, COUNT)
    Cli(proxy.url).ok("tags", "count")
    return Cli(proxy.url)


IDS = [str(number) for number in range(1, COUNT + 1)]


def with_description(cli: Cli, text: str = "new") -> int:
    """Number of tags with this description."""
    return int(cli.ok("tags", "count", "--description", text).out)


def update(cli: Cli, text: str = "new", *more: str) -> CommandResult:
    return cli("tags", "update", *IDS, "--description", text, "--yes", *more)


FAULTS = {
    "500": error_page(500),
    "reset": reset_before,
    "null": fixed_response(MALFORMED_BODIES["null data"]),
    "401": error_page(401),
}


def batch_sizes(proxy: FaultProxy) -> list[int]:
    """Objects per mutation; the number depends on the time that requests take."""
    return [len(each.variables["input"]["ids"]) for each in proxy.mutations if "input" in each.variables]


def test_failed_batch_does_not_stop_others(proxy: FaultProxy, many: Cli) -> None:
    for name, fault in FAULTS.items():
        proxy.requests.clear()
        proxy.rule = on_mutation(fault, 2)
        result = update(many, name)
        first, second = batch_sizes(proxy)[:2]
        assert with_description(many, name) == COUNT - second
        assert f"updated {COUNT - second} of {COUNT} tags" in result.err
        assert f"(ids {first + 1}, {first + 2}, " in result.err
        assert result.status == 6


def test_lost_response_differs_from_a_failure(proxy: FaultProxy, many: Cli) -> None:
    proxy.requests.clear()
    proxy.rule = on_mutation(reset_before, 2)
    result = update(many, "new", "--json")
    first, second = batch_sizes(proxy)[:2]
    assert result.status == 6
    [problem] = json.loads(result.err)["problems"]
    assert (problem["outcome"], problem["ids"]) == ("unknown", IDS[first : first + second])
    assert json.loads(result.err)["done"] == [*IDS[:first], *IDS[first + second :]]
    assert f"stash tags show {first + 1}" in json.loads(result.err)["hint"]
    assert with_description(many) == COUNT - second
    assert sum(batch_sizes(proxy)) == COUNT


def test_lost_update_is_verified_by_reading(proxy: FaultProxy, tags: Cli) -> None:
    proxy.rule = on_mutation(reset_after)
    assert tags.ok("tags", "update", "1", "2", "--description", "new", "--yes").err == "updated 2 tags\n"
    assert tags.ok("tags", "update", "1", "parents+=B", "favorite=true").status == 0
    assert "merged" in tags.ok("tags", "merge", "2", "--into", "1", "--yes").err
    assert tags.ok("tags", "delete", "3", "--yes").err == "deleted 1 tag\n"
    assert tags.ok("history", "--json").json[0]["changes"] == {"done": 1}
    assert len(proxy.mutations) == 3 + 4


def test_unsent_changes_are_reported_when_the_server_stops(proxy: FaultProxy, many: Cli) -> None:
    async def last_answer(exchange) -> None:
        answer = await exchange.forward()
        await proxy.server.refuse(but=exchange.writer)
        await exchange.send(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

    proxy.requests.clear()
    proxy.rule = on_mutation(last_answer, 1)
    result = update(many)
    first = batch_sizes(proxy)[0]
    assert result.status == 5
    assert f"updated {first} of {COUNT} tags: {COUNT - first} not sent" in result.err
    proxy.accept()
    assert with_description(many) == first


def test_rejected_key_stops_sending(proxy: FaultProxy, many: Cli) -> None:
    proxy.requests.clear()
    proxy.rule = on_mutation(error_page(401))
    result = update(many)
    assert result.status == 4
    assert f"{COUNT - batch_sizes(proxy)[0]} not sent" in result.err
    assert len(proxy.mutations) == 1


def test_unreachable_server() -> None:
    assert update(Cli("http://127.0.0.1:1")).status == 5


def test_rejected_bulk_update_is_split(proxy: FaultProxy, tags: Cli) -> None:
    bulk = matching(
        lambda r: r.is_mutation and len(r.variables.get("input", {}).get("ids", ())) > 1, graphql_errors("no")
    )
    proxy.rule = bulk
    assert "updated 3 tags" in tags.ok("tags", "update", "1", "2", "3", "--description", "new", "--yes").err
    assert with_description(tags) == 3


def test_object_missing_in_a_bulk_response_is_unknown(proxy: FaultProxy, tags: Cli) -> None:
    row = '{"id": "1", "created_at": "2024-01-02T03:04:05Z", "description": "new"}'
    proxy.rule = on_mutation(fixed_response(f'{{"data": {{"bulkTagUpdate": [{row}]}}}}'))
    result = tags("tags", "update", "1", "2", "--description", "new", "--yes")
    assert result.status == 6
    assert "1 of 2 unknown (ids 2)" in result.err
    assert "updated 1 of 2" in result.err


def test_malformed_bulk_response_is_unknown(proxy: FaultProxy, tags: Cli) -> None:
    proxy.rule = on_mutation(fixed_response('{"data": {"bulkTagUpdate": [{"id": "1"}, null]}}'))
    result = tags("tags", "update", "1", "2", "--description", "new", "--yes")
    assert result.status == 10
    assert "2 of 2 unknown (ids 1, 2)" in result.err


def test_missing_objects_do_not_stop_the_rest(tags: Cli) -> None:
    result = tags("tags", "update", "1", "99", "Nope", "--description", "new", "--yes")
    assert result.status == 6
    assert "updated 1 of 3 tags: 2 failed" in result.err
    assert "(ids 99): not found" in result.err
    assert "'Nope'" in result.err
    assert with_description(tags) == 1
    assert tags("tags", "delete", "98", "99", "--yes").status == 3


def test_deletion_continues_after_a_rejection(tags: Cli) -> None:
    tags.ok("scene", "create", "--title", "S")
    tags.ok("marker", "create", "--scene", "1", "--seconds", "1", "--title", "m", "--primary-tag", "id:2")
    result = tags("tags", "delete", "1", "2", "3", "--yes")
    assert result.status == 6
    assert "deleted 2 of 3 tags" in result.err
    assert "1 of 3 failed (ids 2)" in result.err
    assert tags.ok("tags", "find", "--ids").out == "2\n"


def test_deleted_objects_are_printed_in_the_chosen_format(tags: Cli) -> None:
    assert tags.ok("tags", "delete", "1", "--yes", "--json").json == {"id": "1", "name": "A"}
    assert tags.ok("tags", "delete", "2", "3", "--yes", "--ids").out == "2\n3\n"


ONE = {
    "update": ("update", "1", "--description", "new"),
    "delete": ("delete", "1", "--yes"),
    "create": ("create", "--name", "New"),
    "create if missing": ("create", "--name", "New", "--if-missing"),
}
LOST = (
    fixed_response(MALFORMED_BODIES["null data"]),
    fixed_response(MALFORMED_BODIES["empty data"]),
    reset_before,
)


@pytest.mark.parametrize("command", ONE)
def test_change_without_a_response_is_unknown(command: str, proxy: FaultProxy, tags: Cli) -> None:
    for fault in LOST:
        before = len(proxy.mutations)
        proxy.rule = on_mutation(fault)
        result = tags("tags", *ONE[command])
        assert (result.status, result.out) == (10, "")
        assert not any(word in result.err for word in ("updated", "deleted", "created tag"))
        assert "check with `stash tags" in result.err
        assert len(proxy.mutations) == before + 1


def test_history_resolves_a_lost_response(proxy: FaultProxy, tags: Cli) -> None:
    proxy.rule = on_mutation(reset_before)
    assert tags("tags", "update", "1", "--description", "new").status == 10
    output = tags.ok("history", "show", "4").out
    assert 'description: "" -> "new"  (unknown: ' in output
    assert "`stash history resume 4` looks and goes on, `stash undo 4` looks and takes it back" in output
    assert "nothing was left to do" in tags.ok("undo", "4", "--yes").err
    assert (
        "(failed: its answer was lost, and the server has not done it)" in tags.ok("history", "show", "4").out
    )
    assert "nothing left to do" in tags("history", "resume", "4", "--yes").err


def test_media_folders_are_reported_after_the_server_saved_them(proxy: FaultProxy, tmp_path) -> None:
    cli, folder = Cli(proxy.url), str(tmp_path)
    assert "added" not in cli("library", "add", folder, "--read-only").err
    for fault, status in ((error_page(500), 10), (reset_before, 10), (graphql_errors("no"), 1)):
        proxy.rule = on_mutation(fault)
        result = cli("library", "add", folder)
        assert (result.status, "added" in result.err) == (status, False)
    proxy.rule = lambda _: None
    assert cli.ok("library", "list", "--json").json == []
    assert f"added {folder}" in cli.ok("library", "add", folder).err


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_empty_media_folder_is_rejected(verb: str, offline: Cli) -> None:
    assert offline("library", verb, "").status == 2


@pytest.mark.parametrize(("status", "word"), [("NEEDS_MIGRATION", "migration"), ("SETUP", "set up")])
def test_no_job_starts_before_setup_or_migration(proxy: FaultProxy, status: str, word: str) -> None:
    proxy.rule = on_operation(
        "systemStatus", fixed_response(json.dumps({"data": {"systemStatus": {"status": status}}}))
    )
    result = Cli(proxy.url)("scan", "--wait")
    assert (result.status, word in result.err) == (1, True)
    assert not proxy.mutations


def test_job_is_started_once(proxy: FaultProxy) -> None:
    proxy.rule = on_operation("metadataScan", reset_after)
    result = Cli(proxy.url)("scan", "--wait")
    assert result.status == 10
    assert "stash jobs list" in result.err
    assert len(proxy.mutations) == 1


async def without_bulk_updates(exchange: Exchange) -> None:
    """The introspection response of a server without bulk updates of tags."""
    _, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
    facts = json.loads(body)
    for each in facts["data"]["__schema"]["types"]:
        each["fields"] = [f for f in each.get("fields") or () if f["name"] != "bulkTagUpdate"] or None
    await fixed_response(json.dumps(facts))(exchange)


async def without_descriptions(exchange: Exchange) -> None:
    """The introspection response of a server whose tag updates lack descriptions."""
    _, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
    facts = json.loads(body)
    for each in facts["data"]["__schema"]["types"]:
        if each["name"] in ("TagUpdateInput", "BulkTagUpdateInput"):
            each["inputFields"] = [f for f in each["inputFields"] if f["name"] != "description"]
    await fixed_response(json.dumps(facts))(exchange)


def test_unsupported_field_is_rejected_before_the_question(proxy: FaultProxy, tags: Cli, own_state) -> None:
    for path in own_state.rglob("*.json"):
        path.unlink()  # the cached schema
    proxy.rule, made = (lambda r: without_descriptions if "__schema" in r.document else None), proxy.mutations
    refused = tags("tags", "update", "1", "2", "favorite=true", "description=x", terminal=True, answers="y\n")
    assert (refused.status, "description" in refused.err, "[y/N]" in refused.err) == (7, True, False)
    assert proxy.mutations == made


def test_older_server_gets_single_updates(proxy: FaultProxy, tags: Cli, own_state) -> None:
    for path in own_state.rglob("*.json"):
        path.unlink()  # the cached schema
    refused = graphql_errors("no such tag")
    proxy.rule = lambda r: without_bulk_updates if "__schema" in r.document else None
    assert "updated 3 tags" in tags.ok("tags", "update", "1", "2", "3", "--description", "x", "--yes").err
    assert not any("bulkTagUpdate" in each.document for each in proxy.requests)
    proxy.rule = on_mutation(refused)
    assert tags("tags", "update", "1", "2", "3", "--description", "new", "--yes").status == 1
