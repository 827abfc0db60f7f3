"""Queries on the command line: words, listings, and error messages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_support import Cli, assert_snapshot
from fault_kinds import fixed_response
from fault_proxy import FaultProxy
from table_tests import table_test

from stash_cli.core.errors import StashQueryError
from stash_cli.core.query.language.query import parse_query


@pytest.fixture
def filled(small_library: Path, tmp_path: Path) -> Cli:
    """A copy of the small library, in process."""
    return Cli(f"embedded:{shutil.copy(small_library, tmp_path / 'copy.sqlite')}")


FOUND = [
    (["rating:80.."], ["1", "2"]),
    (["rating:80..", "-tag:Beach"], ["2"]),
    (["-tag:Outdoor"], ["1", "3", "4"]),
    (["tag:Outdoor/"], ["1", "2"]),
    (["tag:Shore", "or", "rating:79"], ["1", "3"]),
    (["(tag:Beach or tag:Outdoor) rating:..85"], ["2"]),
    (["-o", "ids", "-is:organized"], ["1", "2", "3", "4"]),
    (["-is:organized", "--rating100-gte", "80", "-tag:Beach"], ["2"]),
    (["--where", "-tag:Beach", "--where", "rating:79.."], ["2", "3"]),
    (["--where-json", '{"rating100": {"value": 79, "modifier": "GREATER_THAN"}}', "-tag:Beach"], ["2"]),
    (["no:rating"], ["4"]),
    (["performers:(country:JP name:alice)"], ["1", "3", "4"]),
    (["performer:id:1", "studio.name:acm"], ["1"]),
    (["sea", "or", "sand"], ["1", "2"]),
    (["-sea", "--", "-sand"], None),
    (["--", "-sand", "-sea"], ["3", "4"]),
    (["^sand"], ["1", "3", "4"]),
    (["id:2,4"], ["2", "4"]),
    (["-is:duplicate"], ["1", "2", "3", "4"]),
    (["is:duplicate", "or", "rating:90"], ["1"]),
    (["has:cover"], []),
    (["-missing:cover", "or", "rating:90"], ["1"]),
    (["-(missing:cover rating:80..)"], ["3", "4"]),
    (["tag:Outdoor/", "or", "no:rating"], ["1", "2", "4"]),
    (["tag:Outdoor/,id:2"], ["1", "2"]),
    (["-tag:Outdoor/", "tag:Beach/1"], []),
    (["date:2024"], ["1"]),
    (["sort:-rating limit:2"], ["1", "2"]),
    (["sort:-rating", "limit:2", "page:2"], ["3", "4"]),
    (["--sort", "-rating", "--limit", "1", "--page", "3"], ["3"]),
    (["--sort", "organized,-title"], ["1", "2", "3", "4"]),
    (["--sort", "-organized,title", "--limit", "2", "--page", "2"], ["2", "1"]),
    (["rating:80..", "--sort", "organized,title", "--limit", "1"], ["2"]),
]


@table_test("row", FOUND, ids=lambda row: " ".join(row[0]))
def test_query_results(filled: Cli, row: tuple[list[str], list[str] | None]) -> None:
    words, expected = row
    result = filled("scenes", "find", "--ids", *words)
    if expected is None:
        assert result.status == 2, result.out
        return
    assert result.out.split() == expected, result.err
    listing = any("limit" in word or word == "--" for word in words)
    assert listing or filled.ok("scenes", "find", "--count", *words).out == f"{len(expected)}\n"


SHOWN = [
    (["--where", "rating:90"], "1", 0),
    (["--where", "-is:organized", "--where", "rating:..79 has:rating"], "3", 0),
    (["--where-json", '{"rating100": {"value": 79, "modifier": "EQUALS"}}'], "3", 0),
    (["--where", "rating:80.."], "2 scenes match: 1", 3),
    (["--where", "rating:1"], "no scene matches", 3),
    (["--saved", "Nope"], "no saved filter 'Nope'", 3),
    (["--where", "rating:x"], "rating:x", 2),
    (["1", "--where", "rating:90"], "the scene is chosen twice", 2),
    ([], "no scene is chosen", 2),
]


@table_test("row", SHOWN, ids=lambda row: " ".join(row[0]))
def test_show_accepts_a_unique_match(filled: Cli, row: tuple[list[str], str, int]) -> None:
    words, message, status = row
    result = filled("scene", "show", *words, "--ids")
    assert result.status == status, result.err
    assert message in (result.err if status else result.out.split())


def test_show_accepts_one_id(filled: Cli) -> None:
    assert filled("scene", "show", "-", "--ids", answers="3\n").out == "3\n"
    for given in ("", "3 4"):
        result = filled("scene", "show", "-", answers=given)
        assert (result.status, "not one" in result.err) == (2, True)


def test_show_accepts_a_saved_filter(filled: Cli) -> None:
    filled.ok("filters", "save", "Best", "rating:90..")
    assert filled.ok("scene", "show", "--saved", "Best", "--ids").out == "1\n"


def test_singular_nouns_are_accepted(filled: Cli) -> None:
    for word in ("file", "folder", "filter", "job", "plugin", "package", "scraper"):
        one, many = filled.ok(word, "list"), filled.ok(f"{word}s", "list")
        assert (one.out, one.err) == (many.out, many.err)
        assert one.out + one.err


def test_number_may_be_a_name_or_an_id(filled: Cli) -> None:
    filled.ok("tag", "create", "--name", "2")
    filled.ok("tag", "create", "--name", "2024")
    for words in (["tag:2"], ["--tag", "2"], ["-tag:2"]):
        result = filled("scenes", "find", *words)
        assert result.status == 3
        assert "id:2 Beach, id:3 2" in result.err
    for words in (["tag:2024"], ["--tag", "2024"]):
        assert filled.ok("scenes", "count", *words).out == "0\n"
    assert filled.ok("scenes", "count", "tag:id:2").out == "1\n"
    assert (
        filled.ok("scenes", "count", "tag:name:2").out == filled.ok("scenes", "count", 'tag:"2"').out == "0\n"
    )


def test_depth_or_name(filled: Cli) -> None:
    filled.ok("tag", "create", "--name", "Outdoor/1")
    result = filled("scenes", "find", "tag:Outdoor/1")
    assert result.status == 3
    assert 'Write "Outdoor/1" in quotes for the name, "Outdoor"/1 for the levels.' in result.err
    assert filled.ok("scenes", "find", "--ids", '(tag:"Outdoor"/1)').out.split() == ["1", "2"]


def test_random_order_is_repeatable(filled: Cli) -> None:
    first = filled.ok("scenes", "find", "--random", "7", "--ids").out
    assert filled.ok("scenes", "find", "--random=7", "--ids").out == first
    assert sorted(first.split()) == ["1", "2", "3", "4"]
    result = filled.ok("scenes", "find", "--random", "sea")
    assert "Sea" in result.out
    assert "--random" in result.err


@table_test("words", [
    ["--sort", "random,title"], ["--sort", "date", "--random"], ["--page", "2"],
    ["--page", "0", "--limit", "2"], ["--sort", "dat"], ["--sort", "date,,title"],
    ["sort:date", "--sort", "title"], ["--where", " "], ["--random=x"], ["limit:x"],
])  # fmt: skip
def test_invalid_listings_are_rejected(offline: Cli, words: list[str]) -> None:
    result = offline("scenes", "find", "--ids", *words)
    assert result.status == 2
    assert "Traceback" not in result.err


def test_notes_about_the_interpretation(filled: Cli) -> None:
    result = filled.ok("scenes", "find", "tag:Beach", "or", "rating:79", "is:organized")
    assert "read as tag:Beach or (rating:79 is:organized)" in result.err
    assert "ratings go from 0 to 100" in filled.ok("scenes", "find", "rating:4").err
    assert "searched for as a text" in filled.ok("scenes", "find", "rating").err
    assert "repeats" not in filled.ok("scenes", "find", "sea", "-q").err
    for group in ("performers:(country:JP age:30..)", "-performers:(country:JP age:30..)"):
        assert "read as one term" not in filled.ok("scenes", "find", group, "limit:2").err
    assert "read as one term" in filled.ok("scenes", "find", "title:a rating:80..", "limit:2").err


def test_explain_sends_only_name_lookups(filled: Cli) -> None:
    words = ["rating:80..", "created:-7d..", "--sort", "-rating,date"]
    result = filled.ok("scenes", "find", "-v", "--explain", *words)
    assert "sent nothing" in result.err
    assert "findScenes" not in result.err
    assert "rating100 gte: 80" in result.out
    assert "Sorted here, over the whole result: date" in result.out
    assert "created_at: the server compares texts" in result.out
    assert "query FindScenes(" in result.out
    named = filled.ok("scenes", "find", "tag:Outdoor", "tag:Beach", "--explain", "--json").json
    assert named["names"] == {"Outdoor": "1", "Beach": "2"}
    assert named["filter"] == {"tags": {"modifier": "INCLUDES_ALL", "value": ["1", "2"]}}
    for words in (["tag:Outdoor"], ["-is:duplicate"]):
        assert "asked the server only" in filled.ok("scenes", "find", *words, "--explain").err


def test_names_are_resolved_in_one_request(filled: Cli) -> None:
    words = ["tag:Beach", "or", "(tag:Outdoor studio:Acme)", "or", "-tag:Shore", "--tag", "Outdoor"]
    result = filled.ok("scenes", "find", "-v", *words)
    assert result.err.count("request") - result.err.count("requests") <= 3, result.err


MISTAKES = [
    *(
        "ratin:80",
        "tag:",
        "tag: rating:x foo:1",
        "(tag:A or tag:B",
        "tag:A)",
        'title:"red head',
        'path:"D:\\"',
    ),
    *("Alien: Covenant", "Re: holiday", "1:30", "rating:90..80", "rating:..", "rating:20,", "tag:A,,B", "-"),
    *("| tag:A", "tag:A or", "not today", "created:-7d", "created:-5m..", "rating:101", "title>5", "tag:~x"),
    *(
        "is:organised",
        "no:rating100x",
        "performers.cuntry:JP",
        "title__like=x",
        "resolution:12k",
        "gender:girl",
    ),
    *(
        "title:~a(?=b)",
        "()",
        "\u201ctag\u201d",
        "\u2013tag:A",
        '"Shoot place":Paris',
        "日本語:x",
        "tag:A \x1b[2J:x",
    ),
    *("is:organized or limit:3", "no:play_count", "performers:(Alice country:JP)", "size:7XB", "--tag:A"),
    *(
        "e\u0301te\u0301 rating:x",
        "日本 rating:x",
        "duration:abc sort:",
        "tag:(A or",
        "organized:maybe",
        "stars:6",
    ),
    *(
        'title:""',
        f"{'x' * 200} rating:a {'y' * 200}",
        'tag:"A"B',
        "has:tagz",
        "custom.:x",
        "title:(a or",
        "a,",
    ),
]


def test_errors_are_marked_in_the_query() -> None:
    lines = []
    for text in MISTAKES:
        with pytest.raises(StashQueryError) as caught:
            parse_query(text, "Performer" if text.startswith("gender") else "Scene")
        error = caught.value
        assert error.exit_status == 2
        lines += [error.message, *(f"  {line}" for line in error.details), ""]
    assert_snapshot("query-mistakes", "\n".join(lines))


def test_printed_errors(offline: Cli) -> None:
    result = offline("scenes", "find", "tag:Outdoor", "ratin:80", "-is:organised")
    assert result.status == 2
    assert "  tag:Outdoor ratin:80 -is:organised\n              ^^^^^\n" in result.err
    assert "  tag:Outdoor ratin:80 -is:organised\n                           ^^^^^^^^^\n" in result.err
    row = offline("scenes", "find", "tag:Outdoor", "ratin:80", "--json").err
    assert '"problems": [{"start": 12, "end": 17, "message": "Scene has no field ratin.", "hint": ' in row


def test_errors_on_a_narrow_terminal() -> None:
    offline = Cli("http://127.0.0.1:1", COLUMNS="40")
    result = offline("scenes", "find", "rating:x", terminal=True)
    assert "  rating:x\n         ^\n" in result.err


@table_test(
    "where", ["play_count:*", "(play_count:* or rating:80)", "tag:Beach or rating:79 is:organized", "limit:2"]
)
def test_ambiguous_queries_are_rejected_for_changes(filled: Cli, where: str) -> None:
    result = filled("scenes", "update", "--where", where, "--rating100", "5", "--yes")
    assert result.status == 2, result.err
    assert filled.ok("scenes", "count", "rating:5").out == "0\n"


def test_too_many_rows_are_not_sorted_locally(served_url: str) -> None:
    many = fixed_response('{"data": {"findScenes": {"count": 1000001}}}')
    with FaultProxy(served_url) as proxy:
        cli = Cli(proxy.url)
        proxy.rule = lambda request: (
            many if "count" in request.document and "id" not in request.document else None
        )
        result = cli("scenes", "find", "--sort", "rating,date", "--ids")
        assert (result.status, "1,000,001 scenes are too many" in result.err) == (2, True), result.err
        for words in (["--sort", "rating"], ["--sort", "rating,date", "--limit", "5"]):
            assert cli("scenes", "find", "--ids", *words).status == 0
