"""Familiar spellings are accepted: `-n`, `--count`, durations, named days, headings as fields."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cli_support import Cli
from table_tests import table_test

LONG = 5400
FACTS = {"title": "Walk", "rating100": 80, "date": "2024-05-01"}


@pytest.fixture
def habits(embedded_url: str) -> Cli:
    """The program over three scenes, a tag and a group."""
    cli = Cli(embedded_url)
    for number in range(3):
        cli.ok("scene", "create", "--title", f"Walk {number}", "--rating100", "80")
    cli.ok("tag", "create", "--name", "Outdoor")
    return cli


@table_test("flag", ["-n", "-L", "--limit"])
def test_limit_has_three_names_and_no_table_hint(flag: str, habits: Cli) -> None:
    result = habits.ok("scenes", "find", flag, "2")
    assert len(result.out.splitlines()) == 3
    assert result.err == "2 of 3 scenes\n"


def test_count_option(habits: Cli) -> None:
    assert habits.ok("scenes", "find", "--count", "--rating100", "80").out == "3\n"
    assert habits.ok("scenes", "find", "--count", "--json", "Walk 1").json == {"count": 1}
    assert habits("scenes", "find", "--count", "--exit-status", "nothing").status != 0


@table_test("noun", ["scenes", "tags", "markers", "studios"])
def test_unknown_sort_key_lists_the_known_ones(noun: str, offline: Cli) -> None:
    result = offline(noun, "find", "--sort", "foo")
    assert result.status == 2
    assert "created_at, " in result.err
    assert "random" in result.err


@table_test(
    ("text", "seconds"),
    [("1:30", 90), ("90", 90), ("90s", 90), ("2m", 120), ("1h30m", LONG), ("1:30:00", LONG), ("1.5h", LONG)],
)
def test_familiar_duration_formats(text: str, seconds: int, habits: Cli) -> None:
    group = habits.ok("group", "create", "--name", "G", "--duration", text, "--json").json
    assert group["duration"] == seconds
    marker = ["marker", "create", "--title", "m", "--scene", "1", "--primary-tag", "1", "--seconds", text]
    assert habits.ok(*marker, "--json").json["seconds"] == seconds
    ids = habits.ok("groups", "find", "--ids", "--duration-between", f"{text}..{seconds + 1}").out
    assert group["id"] in ids.split()
    assert habits.ok("scenes", "find", "--count", "--duration-gte", text).out == "0\n"


@table_test("text", ["1:75", "60x", "x:30", "1h1h", ""])
def test_invalid_durations_are_rejected(text: str, habits: Cli) -> None:
    marker = ["marker", "create", "--title", "m", "--scene", "1", "--primary-tag", "1", "--seconds", text]
    assert habits(*marker).status == 2
    assert habits("scenes", "find", "--duration-gte", text).status == 2


def test_named_days(habits: Cli) -> None:
    now = datetime.now().astimezone()
    days = {"today": now, "yesterday": now - timedelta(days=1), "-2d": now - timedelta(days=2)}
    for word, day in days.items():
        habits.ok("scene", "update", "1", "--date", word, "--yes")
        assert habits.ok("scene", "show", "1", "--json").json["date"] == f"{day:%Y-%m-%d}"
        assert habits.ok("scenes", "find", "--date", word, "--ids").out == "1\n"
    assert habits.ok("scenes", "count", "--created-at-gte", "yesterday").out == "3\n"
    assert habits.ok("scenes", "count", "--created-at-gt", "tomorrow").out == "0\n"
    result = habits("scene", "update", "1", "--date", "yestrday", "--yes")
    assert (result.status, "a date such as" in result.err) == (2, True)


@table_test(("text", "stored"), [("2024-5", "2024-05"), ("2024", "2024"), ("2024-05-01", "2024-05-01")])
def test_dates_without_leading_zeros(text: str, stored: str, habits: Cli) -> None:
    habits.ok("scene", "update", "1", "--date", text, "--yes")
    assert habits.ok("scene", "show", "1", "--json").json["date"] == stored


def test_fields_may_be_headings_and_path(embedded_url: str, pictures: Path) -> None:
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait", "-q")
    [line] = cli.ok("images", "find", "-n", "1", "--fields", "path", "--tsv").out.splitlines()[1:]
    assert line.startswith(str(pictures))
    row = cli.ok("images", "find", "-n", "1", "--fields", "path,rating", "--json").json[0]
    assert "rating100" in row
    assert cli("tags", "find", "--fields", "path").status == 2


def test_numeric_columns_are_aligned_right(habits: Cli) -> None:
    table = habits.ok("scenes", "find", "--fields", "rating100,id,title").out.splitlines()
    assert table[1] == "       80   1  Walk 0"
    assert habits.ok("scenes", "find", "--fields", "title,rating100", "-o", "md").out.splitlines()[1] == (
        "| --- | ---: |"
    )


def test_country_name_suggests_codes(small_library: Path) -> None:
    cli = Cli(f"embedded:{small_library}")
    for args in (
        ["performers", "find", "--country", "Japan"],
        ["performers", "count", "--country-in", "Japan,France"],
        ["scenes", "find", "--performers-country", "Japan", "--json"],
    ):
        assert "Japan is no country code" in cli.ok(*args).err
    assert "code" not in cli.ok("performers", "find", "--country", "FR").err
    assert cli.ok("performers", "find", "--country", "Japan", "-q").err == ""


def test_partial_name_suggests_names(cli: Cli) -> None:
    for name in ("Acme Films", "Acme Outdoors", "Northlight"):
        cli.ok("studio", "create", "--name", name)
    for args in (["scenes", "find", "--studio", "acme"], ["studio", "show", "Acme"]):
        result = cli(*args)
        assert (result.status, "Did you mean Acme Films or Acme Outdoors?" in result.err) == (3, True)
