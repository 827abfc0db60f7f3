"""`scrape`: requests, selection of results, matching of names, and resumed runs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from cli_support import Cli
from fault_kinds import reset_before
from fault_proxy import FaultProxy
from scan_library import ScanLibrary, picture, scan_library, write_video
from scraped_answers import BOX, ScrapeResponses, fingerprint, png_data_url, scraped_scene
from served_library import serve_library
from support import run
from table_tests import table_test

from stash_cli.core.errors import StashGraphQLError
from stash_cli.core.scraping.requests import RateLimit
from stash_cli.core.scraping.sources import Source, explain_error

FOUND = {"studio": {"name": "acme"}, "tags": [{"name": "Shore"}, {"name": "Sea"}], "details": "By the sea."}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, small_library: Path) -> Path:
    """The small library, whose scenes 1 to 4 have no files, with a stash-box; copy it before writing."""
    path = tmp_path_factory.mktemp("scrape") / "made.sqlite"
    copyfile(small_library, path)
    box = json.dumps([{"name": "box", "endpoint": BOX, "api_key": "k"}])
    document = "mutation($b: [StashBoxInput!]) { configureGeneral(input: {stashBoxes: $b}) { databasePath } }"
    Cli(f"embedded:{path}").ok("api", document, "-F", f"b={box}")
    return path


@pytest.fixture
def proxy(made: Path, tmp_path: Path) -> Iterator[FaultProxy]:
    copyfile(made, tmp_path / "l.sqlite")
    with serve_library(tmp_path / "l.sqlite") as url, FaultProxy(url) as opened:
        yield opened


@pytest.fixture
def cli(proxy: FaultProxy) -> Cli:
    return Cli(proxy.url)


def answer_by_id(**results: Any) -> ScrapeResponses:
    """A stash-box that finds scenes by id (`s1`)."""

    def many(variables: dict[str, Any]) -> Any:
        return [results.get(f"s{one}", []) for one in variables["input"]["scene_ids"]]

    def one(variables: dict[str, Any]) -> Any:
        return results.get(f"s{variables['input']['scene_id']}", [])

    return ScrapeResponses(scrapeMultiScenes=many, scrapeSingleScene=one)


def set_stash_ids(cli: Cli, *ids: str) -> None:
    """Give scenes their stash-box ids, so that results are certain."""
    for one in ids:
        given = json.dumps({"endpoint": BOX, "stash_id": f"site-{one}"})
        cli.ok("scene", "update", one, "--set-stash-ids", given)


def shown(cli: Cli, noun: str, one: str, fields: str) -> dict[str, Any]:
    """Fields of an object of the library."""
    row: dict[str, Any] = cli.ok(noun, "show", one, "--json", "--fields", fields).json
    return {name: value for name, value in row.items() if name != "id" or fields == "id"}


def scene(cli: Cli, fields: str, one: str = "1") -> dict[str, Any]:
    return shown(cli, "scene", one, fields)


def test_results_are_shown_applied_and_undone(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1", "2")
    proxy.rule = answer_by_id(s1=[scraped_scene("New", 1, **FOUND)], s2=[scraped_scene("Two", 2)])
    result = cli.ok("scenes", "scrape", "1", "2", "3", "--stash-box", "box", "--dry-run")
    for line in (
        "asked about 3 scenes: 2 found, nothing found for 1",
        'details: "" -> "By the sea."',
        "'Sea'",
    ):
        assert line in result.err
    assert scene(cli, "details")["details"] == ""
    cli.ok("scenes", "scrape", "1", "2", "3", "--stash-box", "box", "--create-missing", "--yes")
    found = scene(cli, "title,date,details,tags.name,studio.name")
    assert (found["title"], found["date"], found["details"]) == ("Sea", "2024-03", "By the sea.")
    assert sorted(each["name"] for each in found["tags"]) == ["Beach", "Sea"]
    run_id = cli.ok("history", "--json", "--limit", "1").json[0]["id"]
    cli.ok("undo", str(run_id), "--yes")
    assert scene(cli, "details,tags.name") == {"details": "", "tags": [{"name": "Beach"}]}
    assert "no tag" in cli("tag", "show", "Sea").err


def test_saved_plan_is_applied_later(cli: Cli, proxy: FaultProxy, tmp_path: Path) -> None:
    set_stash_ids(cli, "1")
    proxy.rule, plan = answer_by_id(s1=[scraped_scene("New", 1, **FOUND)]), str(tmp_path / "plan.jsonl")
    words = ("scenes", "scrape", "1", "--stash-box", "box", "--create-missing", "--plan-out", plan)
    before = scene(cli, "details,studio.name,tags.name")
    assert "wrote the plan" in cli.ok(*words).err
    assert scene(cli, "details,studio.name,tags.name") == before
    proxy.rule = answer_by_id()
    assert "makes the tag 'Sea'" in cli.ok("apply", plan, "-n").err
    cli.ok("apply", plan, "-y")
    assert len(scene(cli, "tags.name")["tags"]) == len(before["tags"]) + 1
    cli.ok("undo", str(cli.ok("history", "--json").json[0]["id"]), "-y")
    assert scene(cli, "details,studio.name,tags.name") == before
    assert "leave out --submit-fingerprints" in cli(*words, "--submit-fingerprints").err


def test_scenes_are_scraped_in_one_request(cli: Cli, proxy: FaultProxy) -> None:
    proxy.rule = sources = answer_by_id()
    cli.ok("scenes", "scrape", "--all", "--stash-box", BOX, "--yes")
    assert sources.scene_ids() == [["1", "2", "3", "4"]]


def test_server_with_single_scene_scrapers(cli: Cli, proxy: FaultProxy) -> None:
    proxy.rule = sources = answer_by_id(s1=[scraped_scene("New", details="D")])
    sources.responses["scrapeMultiScenes"] = "not implemented"
    result = cli.ok("scenes", "scrape", "1", "2", "--with", "sidecar", "--yes")
    assert "1 found" in result.err
    assert sources.scene_ids() == [["1", "2"], ["1"], ["2"]]


def test_name_does_not_match_an_object_with_another_stash_id(cli: Cli, proxy: FaultProxy) -> None:
    other = json.dumps({"endpoint": BOX, "stash_id": "p-other"})
    cli.ok("performer", "create", "--name", "Bea", "--stash-id", other)
    bea = {"name": "Bea", "remote_site_id": "p-1", "gender": "FEMALE", "stored_id": "3"}
    set_stash_ids(cli, "1", "2")
    named = (
        [scraped_scene("New", 1, performers=[bea])],
        [scraped_scene("Two", 2, performers=[bea | {"disambiguation": "b"}])],
    )
    proxy.rule = answer_by_id(s1=named[0], s2=named[1])
    result = cli.ok("scenes", "scrape", "1", "2", "--stash-box", "box", "--yes", "--create-missing")
    assert "'Bea' is another one than id:3, who has another id: not applied" in result.err
    rows = cli.ok("performers", "find", "--json", "--fields", "disambiguation,gender,stash_ids.stash_id").json
    assert {"disambiguation": "b", "gender": "FEMALE", "stash_ids": [{"stash_id": "p-1"}]} in [
        {name: value for name, value in row.items() if name != "id"} for row in rows
    ]


def test_ambiguous_names_are_reported_and_not_applied(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1")
    performers = [{"name": "Alice"}, {"name": "Alice", "disambiguation": "dancer"}]
    proxy.rule = answer_by_id(s1=[scraped_scene("New", 1, performers=performers)])
    result = cli.ok("scenes", "scrape", "1", "--stash-box", "box", "--yes", "--create-missing")
    assert "the performer 'Alice' may be id:1 Alice, id:2 Alice (singer): not applied" in result.err


def test_alias_matches_unless_its_object_has_another_stash_id(cli: Cli, proxy: FaultProxy) -> None:
    """Performers 3 and 4 have each other's names; the second scene names one who is not 4."""
    other = json.dumps({"endpoint": BOX, "stash_id": "p-other"})
    cli.ok("performer", "create", "--name", "Bea")
    cli.ok("performer", "create", "--name", "Beatrice", "--alias", "bea", "--stash-id", other)
    set_stash_ids(cli, "1", "2")
    named = [
        scraped_scene("One", 1, performers=[{"name": "Bea"}]),
        scraped_scene("Two", 2, performers=[{"name": "Bea", "remote_site_id": "p-1"}]),
    ]
    proxy.rule = answer_by_id(s1=named[:1], s2=named[1:])
    cli.ok("scenes", "scrape", "1", "2", "--stash-box", "box", "--yes")
    assert [scene(cli, "performers.name", one)["performers"][-1]["name"] for one in "12"] == [
        "Beatrice",
        "Bea",
    ]


SEVERAL = [
    scraped_scene("A", 11, details="a", fingerprints=[fingerprint()]),
    scraped_scene("B", 12, details="b", code="B-1"),
]


@pytest.fixture
def cli_with_results(cli: Cli, proxy: FaultProxy) -> Cli:
    """The program over a source with two results for scene 1."""
    proxy.rule = answer_by_id(s1=SEVERAL, s2=[])
    return cli


def test_json_plan_has_the_outcome_of_each_object(cli_with_results: Cli) -> None:
    plan = cli_with_results.ok("scenes", "scrape", "1", "2", "--stash-box", "box", "--dry-run", "--json").json
    first, second = plan["results"]
    assert (first["outcome"], second["outcome"]) == ("not sure enough", "nothing found")
    assert [each["site_id"] for each in first["results"]] == ["site-11", "site-12"]
    assert {each["confidence"] for each in first["results"]} == {"none"}


def test_single_object_is_confirmed_too(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1")
    proxy.rule = answer_by_id(s1=[scraped_scene("New", 1, details="d")])
    words = ("scenes", "scrape", "1", "--stash-box", "box")
    assert cli(*words).status == 11
    assert cli(*words, terminal=True, answers="n\n").status == 11
    result = cli.ok(*words, terminal=True, answers="y\n")
    assert 'details: "" -> "d"' in without_colours(result.err)
    assert scene(cli, "details") == {"details": "d"}


def test_two_results_require_a_choice(cli_with_results: Cli) -> None:
    words = ("scenes", "scrape", "1", "--stash-box", "box")
    result = cli_with_results.ok(*words, "--yes", "--confidence", "low")
    assert "not sure enough: ids 1" in result.err
    result = cli_with_results.ok(*words, "--interactive", terminal=True, answers="2\ny\n")
    assert "which one is scene 1?" in result.err
    assert scene(cli_with_results, "details,code") == {"details": "b", "code": "B-1"}


def test_fields_are_chosen_one_by_one(cli_with_results: Cli) -> None:
    words = ("scenes", "scrape", "1", "--stash-box", "box", "--interactive")
    result = cli_with_results.ok(*words, terminal=True, answers="2\n?\n7\n2\n")
    assert "take these fields" in result.err
    assert scene(cli_with_results, "code,details") == {"code": "B-1", "details": ""}


def test_existing_value_is_shown_beside_the_result_and_can_be_replaced(cli: Cli, proxy: FaultProxy) -> None:
    proxy.rule = answer_by_id(s1=[scraped_scene("New", 1, code="c", fingerprints=[fingerprint()])])
    words = ("scenes", "scrape", "1", "--stash-box", "box", "--interactive")
    result = cli.ok(*words, terminal=True, answers="1,3\n")
    assert re.search(r'\[ 1\] title +"Sea" +"New"', without_colours(result.err))
    assert re.search(r'  2  code +nothing +"c"', without_colours(result.err))
    assert scene(cli, "title,code,date") == {"title": "New", "code": "", "date": "2024-05-06"}


def without_colours(text: str) -> str:
    """Text without ANSI colours."""
    return re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", text)


def test_rejected_result_is_not_offered_again(cli_with_results: Cli) -> None:
    words = ("scenes", "scrape", "1", "--stash-box", "box", "--interactive")
    assert "1 declined" in cli_with_results.ok(*words, terminal=True, answers="n\n").err
    assert "1 rejected before" in cli_with_results.ok(*words, terminal=True).err
    cli_with_results.ok(*words, "--again", terminal=True, answers="1\ny\n")
    assert scene(cli_with_results, "details")["details"] == "a"


def test_nothing_is_asked_without_a_terminal(offline: Cli) -> None:
    result = offline("scenes", "scrape", "1", "--stash-box", "box", "--interactive")
    assert (result.status, "needs a terminal" in result.err) == (11, True)


def first_only(variables: dict[str, Any]) -> Any:
    """A result for scene 1; then the server has no internet connection."""
    if variables["input"]["scene_id"] != "1":
        return "Post: dial tcp: lookup box.example: no such host"
    return [scraped_scene("One", 1, details="1", code="c")]


def test_interrupted_run_resumes_with_its_options(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1", "2")
    proxy.rule = ScrapeResponses(scrapeMultiScenes="not implemented", scrapeSingleScene=first_only)
    result = cli("scenes", "scrape", "1", "2", "3", "--stash-box", "box", "--only", "details", "--yes")
    assert (result.status, scene(cli, "details")["details"]) == (6, "1")
    assert "cannot reach box: no such host" in result.err
    assert "scrape --resume" in result.err
    proxy.rule = again = answer_by_id(s2=[scraped_scene("Two", 2, details="2", code="c")])
    cli.ok("scenes", "scrape", "--resume", "--yes")
    assert again.scene_ids() == [["2", "3"]]
    assert scene(cli, "details,code", "2") == {"details": "2", "code": ""}
    assert "was cut off" in cli("scenes", "scrape", "--resume").err


def test_unreachable_server_is_asked_once(cli: Cli, proxy: FaultProxy) -> None:
    answers = answer_by_id(s1=[scraped_scene("One", 1, details="1")])
    answers.responses["scrapeMultiScenes"] = "not implemented"
    proxy.rule = lambda request: (
        reset_before if request.variables.get("input") == {"scene_id": "2"} else answers(request)
    )
    result = cli("scenes", "scrape", "1", "2", "3", "--with", "sidecar", "--yes")
    assert (result.status, "stash scenes scrape --resume" in result.err) == (5, True)
    proxy.rule = again = answer_by_id()
    cli.ok("scenes", "scrape", "--resume", "--yes")
    assert (again.scene_ids(), scene(cli, "details")) == ([["2", "3"]], {"details": "1"})


def test_decisions_are_kept_when_the_prompt_is_aborted(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1", "2")
    proxy.rule = answer_by_id(
        s1=[scraped_scene("One", 1, details="1")], s2=[scraped_scene("Two", 2, details="2")]
    )
    words = ("scenes", "scrape", "1", "2", "--stash-box", "box", "--interactive")
    cli.ok(*words, terminal=True, answers="y\nq\n")
    assert [scene(cli, "details", one)["details"] for one in "12"] == ["1", ""]
    proxy.rule = answer_by_id()
    assert "needs a terminal" in cli("scenes", "scrape", "--resume").err
    result = cli.ok("scenes", "scrape", "--resume", terminal=True, answers="y\n")
    assert result.err.count("take this for scene") == 1
    assert scene(cli, "details", "2")["details"] == "2"


PLAIN = [
    ("Get: dial tcp: lookup x: no such host", 5, "the server cannot reach box: no such host"),
    ("stash-box: 401 Unauthorized", 5, "box refused the server"),
    ("429 Too Many Requests", 5, "was asked too often"),
    ("http error 403:x", 5, "box refused the server"),
    ('{"networkErrors":{"code":429,"message":"Response body"}}', 5, "was asked too often"),
]


def test_path_in_a_message_is_not_taken_for_a_status() -> None:
    text = "/media/403 Forbidden/too many requests/b.json: not readable as JSON: line 1 column 2"
    error = StashGraphQLError(text, errors=[{"message": text}])
    assert explain_error(error, Source("box"), "scenes") is error


@table_test("text status message", PLAIN)
def test_server_without_internet_is_reported_at_once(
    text: str, status: int, message: str, cli: Cli, proxy: FaultProxy
) -> None:
    proxy.rule = sources = ScrapeResponses(scrapeMultiScenes=text, scrapeSingleScene=text)
    result = cli("scenes", "scrape", "--all", "--stash-box", "box", "--yes")
    assert (result.status, len(sources.calls)) == (status, 1)
    assert message in result.err


REFUSED = [
    (["scenes", "scrape", "1"], 2, "nothing to ask"),
    (["scenes", "scrape", "1", "--with", "a", "--by-url"], 2, "one of --with"),
    (["scenes", "scrape", "1", "--with", ""], 2, "--with is empty"),
    (["scenes", "scrape", "1", "--url", "x"], 2, "not an address"),
    (["scenes", "scrape", "1", "--resume"], 2, "give no others"),
    (["scenes", "scrape", "--stash-box", "box"], 2, "no scenes are chosen"),
    (["scenes", "scrape", "1", "2", "--with", "a", "--query", "x"], 2, "for one of the scenes"),
    (["scenes", "scrape", "1", "--with", "a", "--only", "titel"], 2, "Did you mean title"),
    (["tags", "scrape", "1", "--stash-box", "b", "--submit-fingerprints"], 2, "and scenes"),
    (["scenes", "scrape", "1", "--with", "a", "--confidence", "sure"], 2, "not one of low, medium, high"),
]


@table_test("words status text", REFUSED)
def test_invalid_arguments_are_rejected_before_sending(
    words: list[str], status: int, text: str, offline: Cli
) -> None:
    result = offline(*words)
    assert (result.status, result.out) == (status, "")
    assert text in result.err


UNKNOWN = [
    (["scenes", "scrape", "1", "--with", "nope"], 3, "there is sidecar"),
    (["scenes", "scrape", "1", "--stash-box", "nope"], 3, "there is box"),
    (["performers", "scrape", "1", "--with", "nope"], 3, "this server has no scraper for performers"),
    (["tags", "scrape", "1", "--with", "sidecar"], 2, "no scraper knows tags"),
    (["images", "scrape", "1", "--stash-box", "box"], 2, "stash-boxes know no images"),
    (["scenes", "scrape", "1", "--with", "sidecar", "--query", "x"], 2, "cannot look up scenes in this way"),
]


@table_test("words status text", UNKNOWN)
def test_unknown_source_is_reported(words: list[str], status: int, text: str, cli: Cli) -> None:
    result = cli(*words)
    assert (result.status, text in result.err) == (status, True), result.err


def test_performer_is_searched_by_name_and_then_fetched(cli: Cli, proxy: FaultProxy) -> None:
    spec = {"supported_scrapes": ["NAME", "FRAGMENT"], "urls": []}
    found = [{"name": "Alice", "urls": ["https://p.example/1"]}, {"name": "Alice B"}]

    def scrape(variables: dict[str, Any]) -> Any:
        given = variables["input"]
        return found if "query" in given else [{"name": "Alice", "height": "170", "gender": "female"}]

    proxy.rule = sources = ScrapeResponses(
        listScrapers=[{"id": "site", "name": "Site", "performer": spec}], scrapeSinglePerformer=scrape
    )
    cli.ok("performers", "scrape", "id:1", "--with", "Site", "--yes")
    row = shown(cli, "performer", "id:1", "height_cm,gender,country,urls")
    assert row == {"height_cm": 170, "gender": "FEMALE", "country": "JP", "urls": ["https://p.example/1"]}
    assert sources.calls[-1][1]["input"]["performer_input"]["urls"] == ["https://p.example/1"]


def test_objects_are_scraped_by_their_urls(cli: Cli, proxy: FaultProxy) -> None:
    cli.ok("group", "create", "--name", "Saga", "--url", "https://a.example", "--url", "https://b.example")
    proxy.rule = sources = ScrapeResponses(
        scrapeURL=lambda given: (
            {"__typename": "ScrapedGroup", "name": "Saga", "duration": "1:00"}
            if "b." in given["url"]
            else None
        )
    )
    cli.ok("groups", "scrape", "--all", "--by-url", "--yes")
    assert [given["url"] for _, given in sources.calls] == ["https://a.example", "https://b.example"]
    assert shown(cli, "group", "1", "duration") == {"duration": 60}


def test_studios_are_searched_at_a_stash_box(cli: Cli, proxy: FaultProxy) -> None:
    found = {"name": "Acme", "remote_site_id": "st-1", "details": "About", "parent": {"name": "Big"}}
    proxy.rule = sources = ScrapeResponses(scrapeSingleStudio=[found, {"name": "Acme 2"}])
    cli.ok("studios", "scrape", "Acme", "--stash-box", "box", "--yes", "--create-missing")
    row = shown(cli, "studio", "Acme", "details,parent_studio.name")
    assert row == {"details": "About", "parent_studio": {"name": "Big"}}
    cli("studios", "scrape", "Acme", "--stash-box", "box", "--yes")
    assert [given["input"]["query"] for _, given in sources.calls] == ["Acme", "st-1"]


def test_alias_of_another_tag_is_skipped(cli: Cli, proxy: FaultProxy) -> None:
    found = {"name": "Outdoor", "alias_list": ["Shore", "beach", "Outside"], "remote_site_id": "t-1"}
    proxy.rule = ScrapeResponses(scrapeSingleTag=[found])
    cli.ok("tags", "scrape", "Outdoor", "--stash-box", "box", "--yes")
    assert shown(cli, "tag", "Outdoor", "aliases") == {"aliases": ["Outside"]}


def test_missing_or_smaller_cover_is_replaced(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1")
    take = ("scenes", "scrape", "1", "--stash-box", "box", "--only", "cover", "--yes")
    proxy.rule = answer_by_id(s1=[scraped_scene("One", 1, image=png_data_url(64, 36))])
    assert "updated 1 scene" in cli.ok(*take).err
    proxy.rule = answer_by_id(s1=[scraped_scene("One", 1, image=png_data_url(128, 72))])
    assert "nothing to change" in cli.ok(*take).err
    assert "updated 1 scene" in cli.ok(*take, "--overwrite").err
    proxy.rule = answer_by_id(s1=[scraped_scene("One", 1, image=png_data_url(96, 54))])
    result = cli.ok(*take, "--overwrite")
    assert "96x54 is not larger than 128x72" in result.err


def test_covers_of_many_scenes_are_kept_beside_the_journal(
    cli: Cli, proxy: FaultProxy, own_state: Path
) -> None:
    made = " ".join(f'a{n}: sceneCreate(input: {{title: "x"}}) {{ id }}' for n in range(31))
    cli.ok("api", f"mutation {{ {made} }}")
    proxy.rule = ScrapeResponses(
        scrapeMultiScenes=lambda given: [
            [scraped_scene("x", int(one), image=png_data_url(64, 36))] for one in given["input"]["scene_ids"]
        ]
    )
    result = cli.ok("scenes", "scrape", "--all", "--with", "sidecar", "--only", "cover", "--yes")
    assert "updated 35 scenes" in result.err
    [journal] = own_state.rglob("journal.sqlite")
    assert b"base64" not in b"".join(path.read_bytes() for path in journal.parent.glob("journal.sqlite*"))
    assert len(list((journal.parent / "pictures").iterdir())) == 1


def test_fingerprints_are_submitted_on_request(cli: Cli, proxy: FaultProxy) -> None:
    set_stash_ids(cli, "1", "2")
    proxy.rule = sources = answer_by_id(s1=[scraped_scene("One", 1, details="1")], s2=[])
    sources.responses["submitStashBoxFingerprints"] = True
    result = cli.ok("scenes", "scrape", "1", "2", "--stash-box", "box", "--yes", "--submit-fingerprints")
    assert sources.calls[-1][1]["input"] == {"scene_ids": ["1"], "stash_box_endpoint": BOX}
    assert "sent the fingerprints of 1 scene to box" in result.err


def test_requests_respect_the_rate_limit() -> None:
    async def three() -> None:
        rate = RateLimit(1200)
        for _ in range(3):
            await rate.wait()

    began = time.monotonic()
    run(three())
    assert time.monotonic() - began >= 0.1


NFO = """<movie><title>A day out</title><plot>By the sea.</plot><premiered>2024-05-31</premiered>
<actor><name>Alice</name></actor><tag>Outdoor</tag><url>https://example.com/a</url></movie>"""


@pytest.fixture
def media(tmp_path: Path) -> Iterator[ScanLibrary]:
    """A library with two videos, one with sidecars."""
    with scan_library(tmp_path) as opened:
        write_video(opened.media / "a.mp4", 1)
        write_video(opened.media / "b.mp4", 2)
        (opened.media / "a.nfo").write_text(NFO, encoding="utf-8")
        (opened.media / "a-thumb.jpg").write_bytes(picture(1, (64, 36), "JPEG"))
        opened.scan()
        yield opened


def test_embedded_library_scrapes_sidecars(media: ScanLibrary) -> None:
    cli = Cli(f"embedded:{media.library.path}")
    assert cli.ok("scrapers", "list", "--ids").out.split() == ["sidecar"]
    (media.media / "b.json").write_text("{", encoding="utf-8")
    result = cli("scenes", "scrape", "--all", "--with", "sidecar", "--create-missing", "--yes")
    assert (result.status, "not readable as JSON" in result.err or "b.json" in result.err) == (6, True)
    found = scene(cli, "title,details,date,urls,performers.name,tags.name")
    assert found == {
        "title": "A day out",
        "details": "By the sea.",
        "date": "2024-05-31",
        "urls": ["https://example.com/a"],
        "performers": [{"name": "Alice"}],
        "tags": [{"name": "Outdoor"}],
    }
