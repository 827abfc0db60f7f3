"""`stats`: counts and sums by field value."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli
from table_tests import table_test

from stash_cli.commands.verbs.stats import bar
from stash_cli.core.errors import StashLookupError
from stash_cli.core.statistics import MEASURES, Tally, in_order, key_of, words_of


@pytest.fixture
def small(small_library: Path) -> Cli:
    """The program over a small library that tests only read."""
    return Cli(f"embedded:{small_library}")


def test_all_matches_are_counted(small: Cli) -> None:
    assert small.ok("scenes", "stats", "--json").json == {"count": 4, "duration": 0, "size": 0}
    assert small.ok("scenes", "stats", "rating:80..", "--json").json["count"] == 2
    assert small.ok("scenes", "stats", "--rating100-lt", "80", "--json").json["count"] == 1
    assert small.ok("stats", "--json").json["scene_count"] == 4
    assert "performers:" in small.ok("stats").out


def test_line_per_value(small: Cli) -> None:
    rows = small.ok("scenes", "stats", "--by", "performer", "--json").json
    assert rows == [
        {"performer": "Alice", "id": "1", "count": 3, "duration": 0, "size": 0},
        {"performer": None, "count": 1, "duration": 0, "size": 0},
    ]
    assert small.ok("scenes", "stats", "--by", "rating", "--csv").out.splitlines() == [
        "rating,count,duration,size",
        "79,1,0,0",
        "80,1,0,0",
        "90,1,0,0",
        ",1,0,0",
    ]
    table = small.ok("scenes", "stats", "--by", "studio", "--sort", "value")
    assert [line.split()[:2] for line in table.out.splitlines()] == [
        ["STUDIO", "COUNT"],
        ["Acme", "1"],
        ["(none)", "3"],
    ]
    assert table.err == "4 scenes\n"
    assert small.ok("scenes", "stats", "--by", "studio.name", "--limit", "1", "--json").json[0]["count"] == 3


def test_terminal_shows_bars(small: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "96")
    result = small.ok("scenes", "stats", "--by", "performer", terminal=True)
    lines = [line.rstrip() for line in result.out.splitlines()]
    assert lines[1].count("█") == 3 * lines[2].count("█") > 0
    assert "█" not in small.ok("scenes", "stats", "--by", "performer").out
    assert [bar(share, 8) for share in (0, 0.5, 0.55, 1)] == ["", "████", "████▍", "████████"]


WRONG = [
    (("scenes", "stats", "--by", "studo"), "Did you mean studio?"),
    (("scenes", "stats", "--by", "files"), "choose a field of it"),
    (("scenes", "stats", "--by", "tag", "--sort", "weight"), "It takes value, count, duration, size."),
    (("scenes", "stats", "--sort", "count"), "need --by"),
    (("scenes", "stats", "--by", "tag", "--limit", "x"), "--limit"),
    (("scenes", "stats", "--ids"), "stats has columns of its own"),
    (("scenes", "stats", "--by", "tag", "--jq", ".["), "--jq: syntax error"),
]


@table_test("words, message", WRONG)
def test_invalid_options_are_rejected_before_sending(
    offline: Cli, words: tuple[str, ...], message: str
) -> None:
    result = offline(*words)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_every_word_of_every_noun_requests_existing_fields(small: Cli) -> None:
    for type_name in MEASURES:
        for word in words_of(type_name):
            assert key_of(type_name, word).paths
    with pytest.raises(StashLookupError):
        key_of("Tag", "year")


def rows(number: int) -> list[dict[str, Any]]:
    """Random scenes."""
    dice = random.Random(7)
    tags = [{"id": str(n), "name": f"t{n % 3}"} for n in range(5)]
    return [
        {
            "id": str(n),
            "rating100": dice.choice([None, 20, 80]),
            "date": dice.choice([None, "2023", "2023-05", "2024-01-31"]),
            "tags": dice.sample(tags, dice.randrange(3)),
            "files": [
                {
                    "width": 1920,
                    "height": dice.choice([720, 1080]),
                    "duration": dice.randrange(900) / 100,
                    "size": 5,
                }
                for _ in range(dice.randrange(3))
            ],
        }
        for n in range(number)
    ]


def test_untitled_gallery_is_named_by_its_folder() -> None:
    found = Tally("Image", "gallery")
    found.add([{"id": "1", "galleries": [{"id": "3", "title": "", "folder": {"path": "/a/Lake 1"}}]}])
    assert [(group.value, group.id) for group in found.groups] == [("Lake 1", "3")]
    assert "galleries.folder.path" in found.paths


def test_sums_equal_a_plain_computation() -> None:
    found = Tally("Scene", "tag")
    many = rows(300)
    for start in range(0, 300, 100):
        found.add(many[start : start + 100])
    counts: Counter[Any] = Counter()
    seconds: dict[Any, float] = defaultdict(float)
    for row in many:
        for key in [tag["id"] for tag in row["tags"]] or [None]:
            counts[key] += 1
            seconds[key] += row["files"][0]["duration"] if row["files"] else 0
    assert {group.id: group.count for group in found.groups} == counts
    assert {group.id: group.sums["duration"] for group in found.groups} == {
        tag: round(amount, 3) for tag, amount in seconds.items()
    }
    assert found.total.count == 300
    assert found.total.sums["size"] == 5 * sum(len(row["files"]) for row in many)
    assert [group.count for group in in_order(found, None)] == sorted(counts.values(), reverse=True)


def test_periods_resolutions_and_ratings_have_their_own_order() -> None:
    many = rows(200)
    orders = {}
    for word in ("year", "month", "resolution", "rating"):
        tally = Tally("Scene", word)
        tally.add(many)
        orders[word] = [group.value for group in in_order(tally, None)]
    assert orders == {
        "year": ["2023", "2024", None],
        "month": ["2023-05", "2024-01", None],
        "resolution": ["720p", "1080p", None],
        "rating": [20, 80, None],
    }
