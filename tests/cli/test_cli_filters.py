"""`stash filters`: the saved filters of the web interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli

OUTDOOR = {"id": "1", "label": "Open air"}
GONE = {"id": "99", "label": "Gone"}
FILTERS: list[dict[str, Any]] = [
    {
        "mode": "SCENES",
        "name": "Best",
        "find_filter": {"sort": "date", "direction": "DESC", "per_page": 40},
        "object_filter": {
            "rating100": {"modifier": "GREATER_THAN", "value": {"value": 79}},
            "tags": {
                "modifier": "INCLUDES",
                "value": {"items": [OUTDOOR, GONE], "excluded": [], "depth": -1},
            },
        },
    },
    {"mode": "IMAGES", "name": "Best", "object_filter": {"rating100": {"modifier": "NOT_NULL", "value": {}}}},
    {"mode": "GROUPS", "name": "Series", "object_filter": {"name": {"modifier": "INCLUDES", "value": "a"}}},
    {"mode": "SCENES", "name": "2", "object_filter": {"soul": {"modifier": "EQUALS", "value": "x"}}},
]


@pytest.fixture
def saved(small_library: Path, tmp_path: Path) -> Cli:
    """The small library with four saved filters."""
    path = tmp_path / "saved.sqlite"
    path.write_bytes(small_library.read_bytes())
    cli = Cli(f"embedded:{path}")
    for each in FILTERS:
        cli.ok("api", "--operation", "saveFilter", "--input", "-", answers=json.dumps({"input": each}))
    return cli


def test_filters_are_listed_by_kind_and_name(saved: Cli) -> None:
    lines = saved.ok("filters", "list").out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["ID", "KIND", "NAME"],
        ["4", "scenes", "2"],
        ["1", "scenes", "Best"],
        ["2", "images", "Best"],
        ["3", "groups", "Series"],
    ]
    assert saved.ok("filters", "list", "--kind", "image", "--ids").out == "2\n"
    rows = saved.ok("filters", "list", "--json").json
    assert rows[1]["object_filter"] == FILTERS[0]["object_filter"]


def test_a_filter_is_shown_with_the_names_of_today(saved: Cli) -> None:
    shown = saved.ok("filters", "show", "Best", "--kind", "scenes")
    assert "rating100 more than 79" in shown.out
    assert "tags includes Outdoor, Gone and all below" in shown.out
    assert "sort:      -date" in shown.out
    assert "names a tag 99 'Gone' that is deleted" in shown.err
    assert "tag 1 'Open air' is now called 'Outdoor'" in shown.err
    assert "soul is left out: there is no such criterion" in saved.ok("filters", "show", "2").err


def test_a_name_comes_before_an_id_and_belongs_to_one_kind(saved: Cli) -> None:
    assert saved.ok("filters", "show", "2", "--json").json["id"] == "4"
    assert saved.ok("filters", "show", "id:2", "--json").json["mode"] == "IMAGES"
    both = saved("filters", "show", "Best")
    assert (both.status, "id:1 of scenes, id:2 of images" in both.err) == (3, True)
    wrong = saved("filters", "show", "Series", "--kind", "scenes")
    assert (wrong.status, "is for groups, not for scenes" in wrong.err) == (3, True)
    near = saved("filters", "show", "Serie")
    assert (near.status, "Did you mean Series?" in near.err) == (3, True)


def test_a_filter_is_renamed_as_a_whole_and_deleted(saved: Cli) -> None:
    before = saved.ok("filters", "show", "id:1", "--json").json
    after = saved.ok("filters", "rename", "Best", "Better", "--kind", "scenes", "--json").json
    assert after == before | {"name": "Better"}
    taken = saved("filters", "rename", "2", "Better")
    assert taken.status == 1
    assert 'the filter name "Better" of mode "SCENES" is already used' in taken.err
    refused = saved("filters", "delete", "Better")
    assert (refused.status, saved.ok("filters", "list", "--ids").out.split()) == (11, ["4", "1", "2", "3"])
    assert saved.ok("filters", "delete", "Better", "--yes").err == "deleted the saved filter Better\n"
    assert saved("filters", "show", "Better").status == 3


def test_the_list_of_a_kind_opens_with_a_filter(saved: Cli) -> None:
    assert "opens without a filter" in saved.ok("filters", "default", "get", "scenes").err
    saved.ok("filters", "default", "set", "scenes", "Best")
    assert "rating100 more than 79" in saved.ok("filters", "default", "get", "scenes").out
    assert saved("filters", "default", "set", "scenes", "Series").status == 3
    saved.ok("filters", "default", "clear", "scene")
    assert saved.ok("filters", "default", "get", "scenes").out == ""


def test_wrong_kinds_and_empty_names_are_refused(offline: Cli) -> None:
    assert "Did you mean scene or scenes?" in offline("filters", "list", "--kind", "scens").err
    assert offline("filters", "rename", "a", " ").status == 2
    assert offline("filters", "show", "").status in (2, 5)
