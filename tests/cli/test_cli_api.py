"""`api`: documents and operations from every source, pages, streams, and partial errors."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from cli_support import Cli, environment, program, run_interrupted, run_process
from table_tests import table_test

TAGS = "query($page: Int, $size: Int) { findTags(filter: {page: $page, per_page: $size}) { tags { name } } }"


@pytest.fixture
def filled(small_library: Path, tmp_path: Path) -> Cli:
    return Cli(f"embedded:{shutil.copy(small_library, tmp_path / 'copy.sqlite')}")


def test_document_sources(filled: Cli, tmp_path: Path) -> None:
    text = "query($id: ID!) { findScene(id: $id) { title } }"
    file = tmp_path / "query.graphql"
    file.write_text(text)
    whole = tmp_path / "request.json"
    whole.write_text(json.dumps({"query": text, "variables": {"id": "1"}}))
    values = tmp_path / "values.json"
    values.write_text('{"id": 1}')
    expected = {"findScene": {"title": "Sea"}}
    assert filled.ok("api", text, "-F", "id=1").json == expected
    assert filled.ok("api", str(file), "-f", "id=1").json == expected
    assert filled.ok("api", "--input", str(whole)).json == expected
    assert filled.ok("api", text, "--input", str(values)).json == expected
    assert filled.ok("api", "-", "-f", "id=1", answers=text).json == expected
    assert filled.ok("api", "--input", "-", answers=whole.read_text()).json == expected
    assert filled.ok("api", str(file), "-f", "id=1", "--jsonl").rows == [expected]
    assert filled.ok("api", str(file), "-f", "id=1", "-o", "yaml").out == "findScene:\n  title: Sea\n"


def test_operation_name_selects_from_a_document(filled: Cli) -> None:
    body = {
        "query": "query A { version { hash } } query B { stats { tag_count } }",
        "operationName": "B",
    }
    assert filled.ok("api", "--input", "-", answers=json.dumps(body)).json == {"stats": {"tag_count": 2}}


def test_operation_by_name(filled: Cli) -> None:
    found = filled.ok(
        "api",
        *("--operation", "findScenes", "--fields", "id,studio.name"),
        *("-F", "scene_filter.rating100.value=79", "-F", "scene_filter.rating100.modifier=GREATER_THAN"),
        *("-F", "filter.sort=id"),
    )
    assert found.json == {"scenes": [{"id": "1", "studio": {"name": "Acme"}}, {"id": "2", "studio": None}]}
    assert filled.ok("api", "--operation", "findScene", "-F", "id=1").json["title"] == "Sea"
    assert filled.ok("api", "--operation", "findScene", "-F", "id=77").json is None
    assert filled.ok("api", "--operation", "findTags", "--fields", "count").json == {"count": 2}


def test_values_are_typed_as_declared(filled: Cli, tmp_path: Path) -> None:
    """Digits stay text, one id becomes a list, null clears, a picture is sent as a data URI."""
    picture = tmp_path / "dot.gif"
    picture.write_bytes(base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"))
    made = filled.ok(
        "api",
        *("--operation", "tagCreate", "--fields", "id,name,aliases,parents.id,favorite,description"),
        *("-F", "input.name=2024", "-F", "input.aliases[]=MMXXIV", "-F", "input.aliases[]=XXIV"),
        *("-F", "input.parent_ids=1", "-F", "input.favorite=true", "-F", "input.description=null"),
        *("-F", f"input.image=@{picture}"),
    ).json
    assert made.pop("id")
    assert made == {
        "name": "2024",
        "aliases": ["MMXXIV", "XXIV"],
        "parents": [{"id": "1"}],
        "favorite": True,
        "description": made["description"],
    }
    assert not made["description"]


def test_values_from_json_and_files(filled: Cli, tmp_path: Path) -> None:
    file = tmp_path / "filter.json"
    file.write_text('{"name": {"value": "Beach", "modifier": "EQUALS"}}')
    notes = tmp_path / "notes.txt"
    notes.write_text("true")
    find = ("api", "--operation", "findTags", "--fields", "name")
    assert filled.ok(*find, "-F", f"tag_filter=@{file}").json == {"tags": [{"name": "Beach"}]}
    assert filled.ok(*find, "-F", 'ids=["1"]').json == {"tags": [{"name": "Outdoor"}]}
    assert filled.ok(*find, "-F", "tag_filter=@-", answers=file.read_text()).status == 0
    update = ("api", "--operation", "tagUpdate", "--fields", "description", "-F", "input.id=1")
    assert filled.ok(*update, "-F", f"input.description=@{notes}").json == {"description": "true"}


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_all_pages(filled: Cli, size: int) -> None:
    names = [{"name": "Beach"}, {"name": "Outdoor"}]
    sized = ("-F", f"size={size}")
    assert filled.ok("api", TAGS, *sized, "--paginate").json == {"findTags": {"tags": names}}
    assert filled.ok("api", TAGS, *sized, "--paginate", "--jsonl").rows == names
    by_name = ("api", "--operation", "findTags", "--paginate", "-F", f"filter.per_page={size}")
    assert filled.ok(*by_name, "--fields", "count,name").json == {"count": 2, "tags": names}
    document = "query($filter: FindFilterType) { findTags(filter: $filter) { count tags { name } } }"
    data = filled.ok("api", document, "--paginate", "-F", f"filter.per_page={size}").json
    assert data == {"findTags": {"count": 2, "tags": names}}


def test_empty_pages_and_a_start_page(filled: Cli) -> None:
    none = filled.ok("api", "--operation", "findGalleries", "--paginate", "--fields", "id")
    assert none.json == {"galleries": []}
    late = filled.ok("api", TAGS, "-F", "size=1", "-F", "page=2", "--paginate", "--jsonl")
    assert late.rows == [{"name": "Outdoor"}]


@pytest.mark.parametrize("how", [(), ("--json",), ("--jsonl",)])
def test_data_beside_errors_is_printed(filled: Cli, how: tuple[str, ...]) -> None:
    result = filled("api", '{ version { version } findScene(id: "x") { id } }', *how)
    assert result.status == 1
    assert result.json["findScene"] is None
    assert result.json["version"]
    error = json.loads(result.err)
    assert (error["error"], error["path"], error["exit_status"]) == ("graphql", ["findScene"], 1)


def test_errors_are_json_like_the_data(filled: Cli) -> None:
    refused = filled("api", "{ nosuch }")
    assert (refused.status, refused.out) == (1, "")
    assert "nosuch" in json.loads(refused.err)["message"]
    several = filled("api", '{ a: findScene(id: "x") { id } b: findTag(id: "y") { id } }')
    assert [error["path"] for error in json.loads(several.err)["errors"]] == [["a"], ["b"]]
    assert several.json == {"a": None, "b": None}
    alone = filled("api", "--operation", "findScene", "-F", "id=x")
    assert (alone.status, alone.out, json.loads(alone.err)["path"]) == (1, "", ["findScene"])
    assert json.loads(filled("api", "{ a }", "--fields", "id").err)["error"] == "usage"
    assert filled("api", "{ nosuch }", "--yaml").err.startswith("stash: ")


@table_test(
    ("args", "message"),
    [
        ((), "nothing to send"),
        (("{ a }", "--operation", "version"), "not both"),
        (("{ a }", "--csv"), "api supports only the formats json, jsonl, yaml"),
        (("{ a }", "-o", "table"), "api supports only the formats json, jsonl, yaml"),
        (("{ a }", "--fields", "id"), "needs --operation"),
        (("{ a }", "--count", "3"), "needs --subscribe"),
        (("{ a }", "--paginate", "--subscribe"), "cannot be used together"),
        (("{ a }", "--paginate"), "needs a variable for the page"),
        (("{ a }", "-F", "x=1"), "no variable 'x' is declared"),
        (("{ a }", "-F", "x"), "is not NAME=VALUE"),
        (("no-such-file.graphql",), "cannot read no-such-file.graphql"),
        (("subscription { scanCompleteSubscribe }",), "say --subscribe"),
        (("--operation", "findScenez"), "or findScenes"),
        (("--operation", "findTag"), "needs the argument 'id'"),
        (("--operation", "findScenes", "-F", "scene_filter.raitng100.value=1"), "Did you mean rating100"),
        (("--operation", "sceneUpdate", "-F", "input.id=1", "-F", "input.rating100=500"), "rating100"),
        (("--operation", "findScenes", "--fields", "scenes.titel"), "Did you mean title"),
        (("--operation", "stats", "--paginate"), "does not answer pages"),
        (("--operation", "stats", "--subscribe"), "is a query"),
        (("--operation", "jobsSubscribe"), "is a subscription"),
    ],
)
def test_invalid_arguments_are_rejected_before_sending(
    filled: Cli, args: tuple[str, ...], message: str
) -> None:
    result = filled("api", *args)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_pages_before_an_error_are_printed(filled: Cli) -> None:
    """The third page requests a missing performer."""
    text = (
        "query($page: Int!) { findTags(filter: {page: $page, per_page: 1}) { tags { name } }"
        " findPerformers(performer_ids: [$page]) { count } }"
    )
    result = filled("api", text, "--paginate")
    assert (result.status, json.loads(result.err)["error"]) == (1, "graphql")
    names = [{"name": "Beach"}, {"name": "Outdoor"}]
    assert result.json == {"findTags": {"tags": names}, "findPerformers": {"count": 1}}


def test_document_with_two_lists_cannot_be_paged(filled: Cli) -> None:
    text = (
        "query($page: Int) { a: findTags(filter: {page: $page}) { tags { id } } b: findTags { tags { id } } }"
    )
    result = filled("api", text, "--paginate")
    assert (result.status, "one find query" in result.err) == (2, True)


def test_read_only_sends_no_mutation(filled: Cli) -> None:
    result = filled("api", "mutation { tagsDestroy(ids: [1]) }", "--read-only")
    assert (result.status, "read-only" in result.err) == (2, True)
    assert filled.ok("api", "--operation", "findTag", "-F", "id=1").json["name"] == "Outdoor"


def test_configuration_secrets_are_hidden_unless_requested(filled: Cli) -> None:
    data = filled.ok("api", "--operation", "configuration").json
    assert data["general"]["password"] in ("***", None)
    assert data["general"]["apiKey"] in ("***", None)
    by_name = filled.ok("api", "--operation", "configuration", "--fields", "general.apiKey").json
    assert by_name["general"]["apiKey"] != "***"


@pytest.mark.parametrize(
    "how",
    [
        ("--operation", "jobsSubscribe", "--fields", "job.id"),
        ("subscription { jobsSubscribe { job { id } } }",),
    ],
)
def test_subscription_prints_a_line_per_event(served_url: str, how: tuple[str, ...]) -> None:
    """Events are published until the program has printed the requested number."""
    command = program("--server", served_url, "api", *how, "--subscribe", "--count", "2")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        Cli(served_url).ok("api", "--operation", "optimiseDatabase")
        time.sleep(0.2)
    out, err = process.communicate(timeout=5)
    lines = [json.loads(line) for line in out.splitlines()]
    assert (process.returncode, err, len(lines)) == (0, "", 2)
    assert all((line.get("jobsSubscribe") or line)["job"]["id"] for line in lines)


def test_ctrl_c_ends_a_subscription(served_url: str) -> None:
    command = ("--server", served_url, "api", "--operation", "jobsSubscribe", "--subscribe", "-v")
    result = run_interrupted(*command, until="listening")
    assert (result.status, "Traceback" in result.err) == (130, False)


def test_document_from_a_pipe(small_library: Path) -> None:
    result = run_process("api", "-", stdin="{ stats { tag_count } }", STASH_URL=f"embedded:{small_library}")
    assert (result.status, result.json) == (0, {"stats": {"tag_count": 2}})


def test_file_upload(filled: Cli, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("tags/Seaside.json", '{"name": "Seaside"}')
    result = filled.ok(
        "api",
        *("--operation", "importObjects", "-F", f"input.file=@{archive}"),
        *("-F", "input.duplicateBehaviour=IGNORE", "-F", "input.missingRefBehaviour=CREATE"),
    )
    assert result.json.isdecimal()
    assert filled("api", "--operation", "importObjects", "-F", "input.file=@nowhere.zip").status == 2
