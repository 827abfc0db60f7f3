"""Commands over a library: find, show, create, update, delete, in process and over HTTP alike."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from cli_support import Cli
from table_tests import table_test


@pytest.fixture
def filled(small_library: Path, tmp_path: Path) -> Cli:
    """A copy of the small library, in process."""
    return Cli(f"embedded:{shutil.copy(small_library, tmp_path / 'copy.sqlite')}")


def test_every_format_finds_the_same(filled: Cli) -> None:
    flags = ("scenes", "find", "--rating100-gte", "80")
    rows = filled.ok(*flags, "--json").json
    assert [row["title"] for row in rows] == ["Sea", "Sand"]
    assert filled.ok(*flags, "--jsonl").rows == rows
    assert filled.ok(*flags, "--ids").out.split() == ["1", "2"]
    assert [row["title"] for row in csv.DictReader(io.StringIO(filled.ok(*flags, "--csv").out))] == [
        "Sea",
        "Sand",
    ]
    assert filled.ok("scenes", "count", "--rating100-gte", "80").out == "2\n"
    assert filled.ok("scenes", "count", "--rating100-gte", "80", "--json").json == {"count": 2}


FOUND = [
    (["--tag", "Outdoor"], ["2"]),
    (["--tag", "Outdoor", "--tag-depth", "-1"], ["1", "2"]),
    (["--tag", "Shore"], ["1"]),
    (["--any-tag", "Outdoor", "--any-tag", "Beach"], ["1", "2"]),
    (["--tag", "Outdoor", "--tag", "Beach"], []),
    (["--no-tag", "Beach"], ["2", "3", "4"]),
    (["--tag-null"], ["3", "4"]),
    (["--tag-not-null"], ["1", "2"]),
    (["--performer", "id:1", "--studio-null"], ["3", "4"]),
    (["--performers-country", "JP"], ["1", "3", "4"]),
    (["--rating100", "80"], ["2"]),
    (["--rating100-between", "79..80"], ["2", "3"]),
    (["--rating100-null"], ["4"]),
    (["--rating100-not-null", "--rating100-lt", "80"], ["3"]),
    (["--date-gte", "2024-01"], ["1"]),
    (["--created-at-gt", "-2d"], ["1", "2", "3", "4"]),
    (["--created-at-lt", "-2d"], []),
    (["--missing", "studio"], ["2", "3", "4"]),
    (["--no-organized"], ["1", "2", "3", "4"]),
    (["--organized"], []),
    (["--title-contains", "a", "--title-ne", "Sand"], ["1"]),
    (["sand"], ["2"]),
    (["--sort", "-rating", "--limit", "2"], ["1", "2"]),
    (["--sort", "title"], ["4", "3", "2", "1"]),
    (["--limit", "0"], []),
    (["--id-in", "1,3"], ["1", "3"]),
]


@table_test(("flags", "ids"), FOUND, ids=[" ".join(flags) for flags, _ in FOUND])
def test_find_by_flags(filled: Cli, flags: list[str], ids: list[str]) -> None:
    assert filled.ok("scenes", "find", *flags, "--ids").out.split() == ids


def test_repeated_relation_flags_are_combined(filled: Cli) -> None:
    filled.ok("scene", "update", "1", "--add-tag", "Outdoor")
    assert filled.ok("scenes", "find", "--tag", "Outdoor", "--tag", "Beach", "--ids").out.split() == ["1"]


def test_only_selected_fields_are_requested(filled: Cli) -> None:
    result = filled.ok(
        "scenes", "find", "--fields", "id,studio.name,tags.name", "--limit", "1", "--json", "-vv"
    )
    assert result.json == [{"id": "1", "studio": {"name": "Acme"}, "tags": [{"name": "Beach"}]}]
    assert "performers" not in result.err
    table = filled.ok("scenes", "find", "--fields", "id,studio.name", "--limit", "1").out
    assert table.split() == ["ID", "STUDIO.NAME", "1", "Acme"]


def test_show(filled: Cli) -> None:
    assert filled.ok("scene", "show", "Sea", "--json", "--fields", "id,title").json == {
        "id": "1",
        "title": "Sea",
    }
    assert "title:" in filled.ok("scenes", "show", "1").out
    assert filled.ok("performer", "show", "Alice (singer)", "--ids").out == "2\n"


MISSING = [
    ("scene show 99", "99"),
    ("scene show Nowhere", "Nowhere"),
    ("scene update 98 99 --title x --yes", "99"),
    ("scene delete 99 --yes", "99"),
    ("scenes find --tag Outdor", "Did you mean Outdoor?"),
    ("scenes find --performer Alice", "id:2 Alice (singer)"),
    ("scene update 1 --add-tag Nope", "Nope"),
    ("jobs show 99", "99"),
    ("jobs stop 99", "99"),
    ("library remove /nope", "/nope"),
]


@table_test(("line", "word"), MISSING, ids=[line for line, _ in MISSING])
def test_missing_object_is_exit_3_and_one_line(filled: Cli, line: str, word: str) -> None:
    result = filled(*line.split())
    assert (result.status, result.out) == (3, "")
    [message] = [text for text in result.err.splitlines() if text.startswith("stash:")]
    assert word in message


def test_errors_are_json_with_json_output(filled: Cli) -> None:
    result = filled("scene", "show", "99", "--json")
    assert (result.status, result.out) == (3, "")
    assert json.loads(result.err)["error"] == "not_found"
    assert json.loads(filled("scenes", "find", "--jsonl", "--nope").err)["exit_status"] == 2


def test_exit_status_on_request(filled: Cli) -> None:
    assert filled("scenes", "find", "zzz").status == 0
    assert filled("scenes", "find", "zzz", "--exit-status").status == 12
    assert filled("scenes", "count", "zzz", "--exit-status").status == 12
    assert filled("scenes", "count", "sand", "--exit-status").status == 0


def test_duplicate_create_fails(filled: Cli) -> None:
    again = filled("performer", "create", "--name", "alice")
    assert (again.status, again.out, len(again.err.splitlines())) == (1, "", 1)
    assert filled.ok("performer", "create", "--name", "alice", "--if-missing", "--ids").out == "1\n"
    singer = ("performer", "create", "--name", "Alice", "--disambiguation", "singer", "--if-missing", "--ids")
    assert filled.ok(*singer).out == "2\n"
    assert filled("performer", "create", "--name", "Al_ce", "--if-missing", "--ids").out == ""
    assert filled.ok("performer", "create", "--name", "Zo_", "--if-missing", "--ids").out == "3\n"


def test_create_if_missing_matches_aliases(filled: Cli) -> None:
    made = filled.ok("tag", "create", "--name", "Heaven", "--alias", "Above", "--ids").out
    assert filled.ok("tag", "create", "--name", "above", "--if-missing", "--ids").out == made
    # Digits and `id:` are literal names here, because the created object gets this name.
    assert filled.ok("tag", "create", "--name", "id:1", "--if-missing", "--ids").out != "1\n"


def test_create_from_json(filled: Cli, tmp_path: Path) -> None:
    source = tmp_path / "tag.json"
    source.write_text('{"name": "Sky", "aliases": ["Air"], "parent_ids": ["1"]}', encoding="utf-8")
    made = filled.ok("tag", "create", "--input", str(source), "--favorite", "--json").json
    assert (made["name"], made["aliases"], made["favorite"]) == ("Sky", ["Air"], True)
    piped = filled("tag", "create", "--input", "-", "--ids", answers='{"name": "Sun"}')
    assert (piped.status, piped.out) == (0, "4\n")
    wrong = filled("tag", "create", "--input", "-", answers='{"nam": "Sun"}')
    assert (wrong.status, len(wrong.err.splitlines())) == (2, 1)


def test_update_of_several(filled: Cli) -> None:
    assert filled("scenes", "update", "1", "2", "--organized").status == 11
    fields = ("--json", "--fields", "id,organized,tags.name")
    line = (
        "scenes",
        "update",
        "1",
        "2",
        "--organized",
        "--add-tag",
        "Beach",
        "--remove-tag",
        "Outdoor",
        *fields,
    )
    assert filled.ok(*line, "--yes").json == [
        {"id": "1", "organized": True, "tags": [{"name": "Beach"}]},
        {"id": "2", "organized": True, "tags": [{"name": "Beach"}]},
    ]
    result = filled("scenes", "update", "3", "4", "--title", "x", terminal=True, answers="n\n")
    assert (result.status, "nothing was changed" in result.err) == (11, True)
    piped = filled("scenes", "update", "-", "--no-organized", "--yes", answers="1\n2\n")
    assert piped.status == 0
    assert filled.ok("scenes", "count", "--organized").out == "0\n"


def test_ids_from_stdin(filled: Cli) -> None:
    for nothing in ("", " \n", "\0"):
        for command in (("update", "--organized"), ("delete",)):
            result = filled.ok("scenes", command[0], "-", *command[1:], "--yes", answers=nothing)
            assert "nothing to do" in result.err
    found = filled.ok("scenes", "find", "--ids", "-0").out
    assert "updated 4 scenes" in filled.ok("scenes", "update", "-", "--organized", "--yes", answers=found).err


def test_changes_beyond_bulk_updates_share_a_request_and_failures_are_listed(filled: Cli) -> None:
    result = filled.ok("tags", "update", "1", "2", "--sort-name", "x", "--yes", "-v")
    assert result.err.count("Batch -> 200") == 1
    failed = filled("tags", "update", "1", "2", "--name", "Same", "--yes")
    assert failed.status == 6
    assert "1 of 2 failed (ids 2)" in failed.err
    assert filled.ok("tag", "show", "1", "--json").json["name"] == "Same"


def test_dry_runs_change_nothing(filled: Cli) -> None:
    result = filled.ok("scenes", "update", "1", "2", "--clear", "tags", "--title", "x", "--dry-run")
    sent = {"ids": ["1", "2"], "title": "x", "tag_ids": {"ids": [], "mode": "SET"}}
    assert result.rows == [{"bulkSceneUpdate": sent}]
    filled.ok("scenes", "delete", "1", "--dry-run")
    filled.ok("tag", "create", "--name", "New", "--dry-run")
    assert filled.ok("scenes", "find", "--title", "Sea", "--tag", "Beach", "--ids").out == "1\n"
    assert filled.ok("tags", "count").out == "2\n"


def test_custom_fields_and_clearing(filled: Cli) -> None:
    filled.ok("scene", "update", "1", "--custom-field", "a=1", "--custom-field", "b=x")
    filled.ok("scene", "update", "1", "--remove-custom-field", "a", "--clear", "date", "--clear", "studio")
    row = filled.ok("scene", "show", "1", "--json").json
    assert (row["custom_fields"], row["date"], row["studio"]) == ({"b": "x"}, None, None)


def test_delete_confirms_and_rejects(filled: Cli) -> None:
    assert filled("scene", "delete", "1").status == 11
    assert filled("scene", "delete", "1", terminal=True, answers="n\n").status == 11
    filled.ok("scene", "delete", "1", terminal=True, answers="y\n")
    declined = filled("scenes", "delete", "2", "3", "--delete-file", terminal=True, answers="y\n")
    assert (declined.status, "nothing was changed" in declined.err) == (11, True)
    refused = filled("scenes", "update", "2", "3", "--organized", "--json")
    facts = json.loads(refused.err)
    assert (refused.status, facts["error"], facts["exit_status"]) == (11, "not_confirmed", 11)
    assert "--yes" in facts["message"]
    filled.ok("scenes", "delete", "2", "3", "--delete-file", terminal=True, answers="2\n")
    assert filled.ok("scenes", "find", "--ids").out == "4\n"


def test_read_only_rejects_before_sending(filled: Cli) -> None:
    assert filled("--read-only", "tag", "create", "--name", "X").status == 2
    assert filled("tag", "delete", "1", "--yes", "--read-only").status == 2
    assert filled.ok("tags", "count", "--read-only").out == "2\n"


def test_quiet_prints_nothing(filled: Cli) -> None:
    assert filled.ok("-q", "tag", "create", "--name", "X", "--ids").err == ""
    assert filled.ok("tags", "find", "zzz", "-q").err == ""


def test_tables_report_omitted_rows(cli: Cli) -> None:
    names = (f'a{number}: tagCreate(input: {{name: "t{number:02}"}}) {{ id }}' for number in range(42))
    cli.ok("api", f"mutation {{ {' '.join(names)} }}")
    result = cli.ok("tags", "find")
    assert len(result.out.splitlines()) == 41
    assert result.err == "40 of 42 tags; use --limit N or --limit all for more\n"
    assert len(cli.ok("tags", "find", "--limit", "all").out.splitlines()) == 43
    assert len(cli.ok("tags", "find", "--ids").out.split()) == 42
    assert cli.ok("tags", "find", "--limit", "5", "--json").json[-1]["name"] == "t04"
