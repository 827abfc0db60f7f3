"""`update`: selection, assignments, preview and confirmation, and mutations sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile
from threading import Thread
from typing import Any

import pytest
from cli_support import Cli, CommandResult
from fault_kinds import graphql_errors
from fault_proxy import Exchange, FaultProxy, matching, on_mutation
from library_client import add_tags
from table_tests import table_test

from stash_cli.app import run
from stash_cli.output.streams import FakeStream, fake_streams


@pytest.fixture
def cli(small_library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over scenes 1 Sea, 2 Sand, 3 Rocks and 4 Dunes."""
    copyfile(small_library, library_file)
    return Cli(embedded_url)


def scene(cli: Cli, fields: str, one: str = "1") -> Any:
    """A field of a scene of the library."""
    return cli.ok("scene", "show", one, "--json", "--fields", fields).json[fields.partition(".")[0]]


ASSIGNED: list[tuple[list[str], str, Any]] = [
    (["rating100=80"], "rating100", 80),
    (["rating100+=5"], "rating100", 95),
    (["rating100-=15"], "rating100", 75),
    (["rating100!"], "rating100", None),
    (["title=The  'end'"], "title", "The  'end'"),
    (["title~/S(.)a/L$1/"], "title", "L$1"),
    (["title~/S(.)a/L\\1/"], "title", "Le"),
    (["title~|sea|a/b|i"], "title", "a/b"),
    (["organized=yes"], "organized", True),
    (["organized=off"], "organized", False),
    (["studio!"], "studio", None),
    (["studio_id=acme"], "studio.name", "Acme"),
    (["tags=Outdoor"], "tags.name", ["Outdoor"]),
    (["tags=Outdoor, id:2"], "tags.name", ["Beach", "Outdoor"]),
    (['tags=["Outdoor"]'], "tags.name", ["Outdoor"]),
    (["tags+=Outdoor"], "tags.name", ["Beach", "Outdoor"]),
    (["tags-=Beach"], "tags.name", []),
    (["tags-=shore", "tags+=Outdoor"], "tags.name", ["Outdoor"]),
    (["tags!"], "tags.name", []),
    (
        ['urls="https://a.example/1,2",https://b.example'],
        "urls",
        ["https://a.example/1,2", "https://b.example"],
    ),
    (["custom.height=180", "custom.a b=x"], "custom_fields", {"height": 180, "a b": "x"}),
    (["custom.'a=b'=1"], "custom_fields", {"a=b": 1}),
    (["date=2024-5"], "date", "2024-05"),
    (["details={{ title }} of {{ date }}"], "details", "Sea of 2024-03"),
    (["tags+={{ studio.name }}", "--create-missing"], "tags.name", ["Acme", "Beach"]),
    (["play_count+=2"], "play_count", 2),
    (["--rating100", "7", "--add-tag", "Outdoor"], "rating100", 7),
    (["--set-tags", "Outdoor,Beach"], "tags.name", ["Beach", "Outdoor"]),
    (["--set-tags", '["Outdoor"]', "--remove-tag", "Beach"], "tags.name", ["Outdoor"]),
    (["--set-stash-ids", '{"endpoint":"https://x.example","stash_id":"1"}'], "stash_ids.stash_id", ["1"]),
]


@table_test(("words", "fields", "value"), ASSIGNED, ids=str)
def test_words_and_flags_assign(
    words: list[str], fields: str, value: Any, small_library: Path, tmp_path: Path
) -> None:
    copyfile(small_library, tmp_path / "copy.sqlite")
    cli = Cli(f"embedded:{tmp_path / 'copy.sqlite'}")
    [row] = cli.ok("scene", "update", "1", *words, "--json", "--fields", fields).json
    found = row[fields.partition(".")[0]]
    for name in fields.split(".")[1:]:
        found = sorted(each[name] for each in found) if isinstance(found, list) else found[name]
    assert found == value


REFUSED = [
    (["rating100=80"], "no scenes are chosen"),
    (["1"], "nothing to change"),
    (["1", "titel=x"], "Did you mean title?"),
    (["1", "height=3"], "custom.height"),
    (["1", "title="], "title!"),
    (["1", "title+=x"], "only lists and numbers"),
    (["1", "rating100~/8/9/"], "only text takes"),
    (["1", "title~/a/"], "expected ~/old/new/"),
    (["1", "title~/(/x/"], "not a regular expression"),
    (["1", "title~/a/\\9/"], "not a regular expression"),
    (["1", "rating100=101"], "rating100: 101 is not between"),
    (["1", "organized=maybe"], "not yes or no"),
    (["1", "organized!"], "cannot be cleared"),
    (["1", "tags=A,,B"], "a part of the list is empty"),
    (["1", "custom+=1"], "custom.NAME=VALUE"),
    (["1", "title.x=1"], "it has no parts"),
    (["1", "title=a", "title=b"], "two values"),
    (["1", "title=a", "--clear", "title"], "given a value as well"),
    (["1", "title={{ nope }}"], "no field 'nope'"),
    (["1", 'stash_ids={"endpoint": "e"}'], "lacks stash_id"),
    (["1", "title=x", "--failed-to", "/no/such/folder/x"], "--failed-to"),
    (["1", "--tag", "Beach"], "--add-tag Beach"),
    (["1", "--performer", "Alice"], "--set-performers Alice"),
]


@table_test(("words", "text"), REFUSED, ids=str)
def test_invalid_updates_are_rejected_before_the_question(words: list[str], text: str, offline: Cli) -> None:
    result = offline("scenes", "update", *words)
    assert (result.status, result.out) == (2, "")
    assert text in result.err


def test_unchanged_values_are_not_sent(cli: Cli) -> None:
    words = ("tags+=Beach", "rating100=90", "custom.a!")
    assert "nothing to change: 1 scene unchanged" in cli.ok("scenes", "update", "1", *words).err
    result = cli.ok("scenes", "update", "1", "2", *words, "--yes", "-v")
    assert "updated 1 scene, 1 scene unchanged" in result.err
    assert result.err.count("Update -> 200") == 1


def test_unchangeable_object_does_not_stop_others(cli: Cli, tmp_path: Path) -> None:
    failed = tmp_path / "failed.txt"
    result = cli("scenes", "update", "1", "4", "99", "rating100+=20", "--yes", "--failed-to", str(failed))
    assert result.status == 6
    assert "rating100 would be 110" in result.err
    assert failed.read_text().split() == ["1", "99"]
    assert scene(cli, "rating100", "4") == 20


def test_duplicate_ids_on_stdin_count_once(cli: Cli) -> None:
    result = cli.ok("scenes", "update", "-", "play_count+=1", "--yes", answers="1\n2\n1\n2\n2\n")
    assert "updated 2 scenes" in result.err
    assert [scene(cli, "play_count", one) for one in "12"] == [1, 1]


def test_play_may_be_added_at_a_given_time(cli: Cli) -> None:
    for _ in range(3):
        cli.ok("scene", "update", "1", "play_count+=1")
    times = scene(cli, "play_history")
    assert len(set(times)) == 3
    cli.ok("scene", "update", "1", "play_count-=1")
    assert sorted(scene(cli, "play_history")) == sorted(times)[:2]


def test_unknown_name_suggests_the_create_command(cli: Cli) -> None:
    result = cli("scenes", "update", "1", "tags+=Neu")
    assert (result.status, result.err.splitlines()[0]) == (3, "stash: There is no tag 'Neu'.")
    assert "--create-missing makes tags, performers and studios" in result.err
    assert "hint" not in cli("scenes", "update", "1", "groups+=Neu").err


def test_edits_are_shown_with_totals(cli: Cli) -> None:
    result = cli("scenes", "update", "1", "2", "tags=Outdoor", "title~/a/\t/", terminal=True, answers="n\n")
    assert result.status == 11
    for line in (
        'scene 1 "Sea"',
        '  tags: -"Beach" +"Outdoor"',
        '  title: "Sea" -> "Se\\t"',
        "lists that are replaced or cleared lose 1 item: 1 of tags",
        "2 scenes change; 1 request or more",
    ):
        assert line in result.err.replace("\x1b[31m", "").replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert '\x1b[31m-"Beach"\x1b[0m' in result.err
    assert scene(cli, "title") == "Sea"


def test_whole_plan_as_json(cli: Cli) -> None:
    words = ("tags=Outdoor", "rating100=90", "--dry-run", "--json")
    plan = cli.ok("scenes", "update", "1", "2", *words).json
    assert plan["edits"][0] == {"type": "Scene", "id": "1", "field": "tags", "before": ["2"], "after": ["1"]}
    assert [name for each in plan["operations"] for name in each] == ["sceneUpdate"] * 2
    assert (plan["unchanged"], plan["problems"]) == ([], {})


class TerminalWithEvent(FakeStream):
    """A terminal at which an event happens before the answer is typed."""

    def __init__(self, answers: str, event: Callable[[], object]) -> None:
        super().__init__(answers, terminal=True)
        self.event = event

    def readline(self, *args: Any) -> str:
        other = Thread(target=self.event)
        other.start()
        other.join()
        return super().readline(*args)


def answer_after(cli: Cli, event: Callable[[], object], *args: str) -> CommandResult:
    """Run a command that asks, and answer yes after the event."""
    streams = fake_streams(terminal=True, environ=cli.environ)
    streams.stdin = TerminalWithEvent("y\n", event)
    status = run(args, streams, cli.environ)
    return CommandResult(status, streams.out.getvalue(), streams.err.getvalue())  # type: ignore[attr-defined]


def test_change_by_others_during_the_question_is_not_overwritten(cli: Cli) -> None:
    def edit() -> None:
        cli("scene", "update", "1", "rating100=11", "tags+=Outdoor", terminal=True)

    result = answer_after(cli, edit, "scenes", "update", "1", "2", "rating100=50")
    assert result.status == 6
    assert "changed by others since it was read, in rating100" in result.err
    assert [scene(cli, "rating100", one) for one in "12"] == [11, 50]
    forced = answer_after(cli, edit, "scenes", "update", "1", "3", "rating100=51", "--force")
    assert forced.status == 0
    assert scene(cli, "rating100") == 51


def test_incremental_list_changes_keep_additions_of_others(cli: Cli) -> None:
    def edit() -> None:
        cli("scene", "update", "1", "tags+=Outdoor", terminal=True)

    result = answer_after(cli, edit, "scenes", "update", "1", "2", "tags-=Beach", "custom.a=1")
    assert result.status == 0, result.err
    assert scene(cli, "tags.name") == [{"name": "Outdoor"}]


def test_deletion_during_the_question_is_reported(cli: Cli) -> None:
    def delete() -> None:
        cli("scene", "delete", "1", "--yes", terminal=True)

    result = answer_after(cli, delete, "scenes", "update", "1", "2", "rating100=50")
    assert (result.status, "(ids 1): not found" in result.err) == (6, True)
    assert scene(cli, "rating100", "2") == 50


def test_each_object_is_confirmed(cli: Cli) -> None:
    answers = "?\ny\nn\ne\ntitle='New name'\ny\nq\n"
    result = cli("scenes", "update", "1", "2", "3", "4", "rating100=1", "-i", terminal=True, answers=answers)
    assert result.status == 0, result.err
    assert "updated 2 scenes" in result.err
    assert [scene(cli, "rating100", one) for one in "1234"] == [1, 80, 79, None]
    assert scene(cli, "title", "3") == "New name"
    assert cli("scenes", "update", "1", "2", "rating100=1", "-i").status == 11


COUNT = 1001
IDS = [str(number) for number in range(1, COUNT + 1)]


FEW = IDS[:100]


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(served_url) as proxy:
        yield proxy


@pytest.fixture
def hundred_tags(proxy: FaultProxy, library_file: Path) -> Cli:
    """The program over a hundred tags."""
    return cli_with_tags(proxy, library_file, len(FEW))


def cli_with_tags(proxy: FaultProxy, library_file: Path, count: int) -> Cli:
    """The program over `count` tags, with the server's schema cached."""
    add_tags(library_file, count)
    Cli(proxy.url).ok("tags", "count")
    proxy.requests.clear()
    return Cli(proxy.url)


def test_thousand_changes_take_few_requests(proxy: FaultProxy, library_file: Path) -> None:
    tags = cli_with_tags(proxy, library_file, COUNT)
    refused = tags("tags", "update", *IDS, "description=x", "--yes")
    assert (refused.status, "--max-changes 1001" in refused.err) == (11, True)
    assert not [each for each in proxy.requests if "update" in each.document.lower()]
    for words in ("description=new", "description={{ name }} of {{ id }}"):
        proxy.requests.clear()
        assert "updated 1,000 tags" in tags.ok("tags", "update", *IDS[:1000], words, "--yes").err
        reads = [each for each in proxy.requests if each not in proxy.mutations]
        # Batch sizes depend on the response time; instant responses allow these 2 and 7.
        assert {each.operation for each in reads} == {"FindTags"}
        assert (len(reads) <= 8, len(proxy.mutations) <= 20) == (True, True)


def test_fail_fast_stops_at_the_first_failure(proxy: FaultProxy, hundred_tags: Cli) -> None:
    proxy.rule = matching(lambda r: r.is_mutation, graphql_errors("no"), 2)
    result = hundred_tags("tags", "update", *FEW, "description=x", "--yes", "--fail-fast", "--json")
    assert result.status == 6
    assert len(proxy.mutations) == 2
    assert "not sent" in json.dumps(json.loads(result.err)["problems"])


def test_objects_are_selected_by_a_query(cli: Cli) -> None:
    result = cli.ok("scenes", "update", "--where", "rating:80..", "organized=yes", "--yes")
    assert "updated 2 scenes" in result.err
    assert [scene(cli, "organized", one) for one in "1234"] == [True, True, False, False]
    cli.ok("scenes", "update", "--all", "tags+=Outdoor", "--yes")
    assert "updated 4 scenes" in cli.ok("scenes", "update", "--where", "tag:Outdoor", "code=x", "--yes").err
    assert scene(cli, "code", "4") == "x"


def test_edit_that_changes_its_own_filter_covers_all_matches(proxy: FaultProxy, hundred_tags: Cli) -> None:
    words = ("--where", "not has:description", "description=x", "--yes")
    assert f"updated {len(FEW)} tags" in hundred_tags.ok("tags", "update", *words).err
    assert "no tags" in hundred_tags.ok("tags", "update", *words).err


def test_objects_are_selected_by_a_saved_filter(cli: Cli) -> None:
    criterion = '{rating100: {modifier: "GREATER_THAN", value: {value: 79}}}'
    saved = f'{{mode: SCENES, name: "High", object_filter: {criterion}}}'
    cli.ok("api", f"mutation {{ saveFilter(input: {saved}) {{ id }} }}")
    result = cli.ok("scenes", "update", "--saved", "High", "organized=yes", "--dry-run", "--json")
    assert [each["id"] for each in result.json["edits"]] == ["1", "2"]
    both = cli.ok(
        "scenes", "update", "--saved", "High", "--where", "tag:Beach", "organized=yes", "-n", "--json"
    )
    assert [each["id"] for each in both.json["edits"]] == ["1"]


WAYS = [
    (["1", "--all"], "two ways"),
    (["--all", "--where", "rating:80.."], "two ways"),
    (["--where", "tag:Beach rating:1 or rating:2"], "parentheses"),
    (["--where", "rating:80.. sort:title"], "sort:"),
    (["--where", ""], "--where is empty"),
    (["--where", "raitng:80"], "rating"),
]


@table_test(("words", "text"), WAYS, ids=str)
def test_overly_broad_selections_are_rejected(words: list[str], text: str, offline: Cli) -> None:
    result = offline("scenes", "update", *words, "title=x", "--yes")
    assert (result.status, result.out) == (2, "")
    assert text in result.err


def test_update_can_be_undone(cli: Cli) -> None:
    fields = ("--json", "--fields", "id,title,rating100,tags.name,play_count,custom_fields")
    before = cli.ok("scenes", "find", *fields).json
    words = ("title~/S/s/", "rating100=5", "tags=Outdoor", "play_count+=2", "custom.a=1")
    cli.ok("scenes", "update", "--all", *words, "--yes")
    assert cli.ok("scenes", "find", *fields).json != before
    run_number = cli.ok("history", "--json").json[0]["id"]
    cli.ok("undo", str(run_number), "--yes")
    assert cli.ok("scenes", "find", *fields).json == before


def test_all_changes_are_planned_before_the_first_request_and_resumable(
    proxy: FaultProxy, hundred_tags: Cli
) -> None:
    async def last_answer(exchange: Exchange) -> None:
        answer = await exchange.forward()
        await proxy.server.refuse(but=exchange.writer)
        await exchange.send(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

    proxy.rule = on_mutation(last_answer, 1)
    assert hundred_tags("tags", "update", *FEW, "description={{ name }}!", "--yes").status == 5
    proxy.rule = lambda _: None
    proxy.accept()
    number = str(hundred_tags.ok("history", "--json").json[0]["id"])
    states = [each["state"] for each in hundred_tags.ok("history", "show", number, "--json").json]
    assert (len(states), set(states)) == (len(FEW), {"done", "planned"})
    hundred_tags.ok("history", "resume", number, "--yes")
    assert hundred_tags.ok("tags", "count", "--where", "has:description").out == f"{len(FEW)}\n"
