"""`stash filters`: the saved filters of the web interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli
from fault_kinds import fixed_response
from fault_proxy import FaultProxy

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


def test_filter_is_shown_with_current_names(saved: Cli) -> None:
    result = saved.ok("filters", "show", "Best", "--kind", "scenes")
    assert "rating100 more than 79" in result.out
    assert "tags includes Outdoor, Gone and all below" in result.out
    assert "sort:      -date" in result.out
    assert "names a tag 99 'Gone' that is deleted" in result.err
    assert "tag 1 'Open air' is now called 'Outdoor'" in result.err
    assert "soul is left out: there is no such criterion" in saved.ok("filters", "show", "2").err


def test_name_precedes_id_and_belongs_to_one_kind(saved: Cli) -> None:
    assert saved.ok("filters", "show", "2", "--json").json["id"] == "4"
    assert saved.ok("filters", "show", "id:2", "--json").json["mode"] == "IMAGES"
    both = saved("filters", "show", "Best")
    assert (both.status, "id:1 of scenes, id:2 of images" in both.err) == (3, True)
    wrong = saved("filters", "show", "Series", "--kind", "scenes")
    assert (wrong.status, "is for groups, not for scenes" in wrong.err) == (3, True)
    near = saved("filters", "show", "Serie")
    assert (near.status, "Did you mean Series?" in near.err) == (3, True)


def test_filter_is_renamed_and_deleted(saved: Cli) -> None:
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


def test_default_filter_of_a_list(saved: Cli) -> None:
    assert "opens without a filter" in saved.ok("filters", "default", "get", "scenes").err
    saved.ok("filters", "default", "set", "scenes", "Best")
    assert "rating100 more than 79" in saved.ok("filters", "default", "get", "scenes").out
    assert saved("filters", "default", "set", "scenes", "Series").status == 3
    saved.ok("filters", "default", "clear", "scene")
    assert saved.ok("filters", "default", "get", "scenes").out == ""


def test_unknown_kinds_and_empty_names_are_rejected(offline: Cli) -> None:
    assert "Did you mean scene or scenes?" in offline("filters", "list", "--kind", "scens").err
    assert offline("filters", "rename", "a", " ").status == 2
    assert offline("filters", "show", "").status in (2, 5)


def test_saved_filter_is_a_query_term(saved: Cli) -> None:
    def found(*words: str) -> list[str]:
        return saved.ok(
            "scenes", "find", *words, "--sort", "title", "--template", "{{ title }}", "-q"
        ).out.split()

    assert found("--saved", "Best") == found('saved:"Best"') == found("saved:best") == ["Sand", "Sea"]
    assert found("-saved:Best") == found("not saved:Best") == ["Dunes", "Rocks"]
    assert found("saved:Best tag:Beach") == found("--saved", "Best", "--tag", "Beach") == ["Sea"]
    assert found("saved:Best or title:Dunes") == ["Dunes", "Sand", "Sea"]
    assert found("saved:Best -saved:Best") == []
    assert saved.ok("scenes", "count", "saved:id:1", "-q").out == "2\n"
    assert saved.ok("filters", "run", "Best", "--kind", "scenes", "-q", "--ids").out == "1\n2\n"


def test_two_filters_on_one_relation_both_apply(saved: Cli) -> None:
    """The server would ignore the second of two criteria on one join."""
    saved.ok("filters", "save", "At the beach", "tag:Beach")
    saved.ok("filters", "save", "Out", "tag:id:1")
    both = ("--saved", "Best", "--saved", "At the beach")
    assert saved.ok("scenes", "find", *both, "--ids", "-q").out == "1\n"
    assert saved.ok("scenes", "count", 'saved:"At the beach" saved:Out', "-q").out == "0\n"
    assert saved.ok("scenes", "count", 'saved:Out saved:"At the beach"', "-q").out == "0\n"


def test_filter_keeps_its_sort_order(saved: Cli) -> None:
    result = saved.ok("filters", "run", "Best", "--kind", "scenes", "-vv")
    assert "sort: date, direction: DESC" in result.err
    assert "names a tag 99 'Gone' that is deleted" in result.err
    assert "ignored" not in result.err


def test_untranslatable_filter_is_reported_and_prevents_changes(saved: Cli) -> None:
    result = saved.ok("scenes", "find", "--saved", "2", "--ids")
    assert "soul is left out: there is no such criterion" in result.err
    assert "names a tag 99 'Gone' that is deleted" in saved.ok("scenes", "count", "--saved", "Best").err
    for words in (("saved:Series",), ("--saved", "Series"), ("--saved", "nothing")):
        assert saved("scenes", "find", *words).status == 3
    assert saved("scenes", "find", "--saved", "").status == 2


async def test_untranslatable_filter_is_rejected_by_the_library(saved: Cli) -> None:
    from stash_cli import Q, Scene, StashContext, StashInputError

    context = StashContext(saved.environ["STASH_URL"])
    async with context:
        assert len(await context.store.find(Scene, Q.parse("saved:Best", "Scene"))) == 2
        with pytest.raises(StashInputError, match="cannot be translated: soul"):
            await context.store.find(Scene, Q.parse('saved:"2"', "Scene"))


def test_query_is_saved_as_the_web_interface_shows_it(saved: Cli) -> None:
    words = ("rating:79..", "tag:Outdoor/", "-studio:Acme", "sort:-date", "--where", "lake -boat")
    made = saved.ok("filters", "save", "Lakes", *words, "--json").json
    assert (
        made["find_filter"] | {"q": "lake -boat", "sort": "date", "direction": "DESC"} == made["find_filter"]
    )
    assert made["object_filter"] == {
        "rating100": {"modifier": "GREATER_THAN", "value": {"value": 78}},
        "tags": {
            "modifier": "INCLUDES",
            "value": {"items": [{"id": "1", "label": "Outdoor"}], "excluded": [], "depth": -1},
        },
        "studios": {
            "modifier": "INCLUDES",
            "value": {"items": [], "excluded": [{"id": "1", "label": "Acme"}], "depth": 0},
        },
    }
    saved.ok("filters", "save", "Rated", "rating:79..", "tag:Outdoor/")
    both = [
        saved.ok("scenes", "find", *words, "--ids").out
        for words in (("--saved", "Rated"), ("rating:79..", "tag:Outdoor/"))
    ]
    assert both[0] == both[1] != ""


def test_existing_name_is_overwritten_after_confirmation(saved: Cli) -> None:
    saved.ok("filters", "save", "Mine", "rating:80..", "--kind", "performers")
    assert saved("filters", "save", "Mine", "rating:90..", "--kind", "performers").status == 11
    again = saved.ok("filters", "save", "Mine", "rating:90..", "--kind", "performers", "--yes", "--json").json
    assert again["object_filter"]["rating100"]["value"] == {"value": 89}
    stderr = saved.ok("filters", "save", "New", "created:-7d..").err
    assert "relative dates and times stand for those of today" in stderr


REFUSED = [
    ("rating:80.. or is:organized", "it has no or"),
    ("performers.country:JP", "it has no conditions on related objects"),
    ("sort:date,title", "sorts by one key"),
    ("tag:Nope", "There is no tag 'Nope'"),
    ("rating:1,5", "would need an or"),
]


def test_unsupported_query_is_not_saved(saved: Cli) -> None:
    for query, reason in REFUSED:
        result = saved("filters", "save", "X", query)
        assert (result.status, reason in result.err) in ((2, True), (3, True)), (query, result.err)
    assert "X" not in saved.ok("filters", "list", "--template", "{{ name }}").out


def test_list_url_is_printed(served_url: str, library_file: Path) -> None:
    cli = Cli(served_url)
    cli.ok("tag", "create", "--name", "Outdoor")
    address = cli.ok(
        "scenes", "find", "tag:Outdoor", "rating:80..", "--sort", "-date", "--web", "--limit", "20"
    ).out
    base = served_url.removesuffix("/graphql")
    assert address.startswith(f"{base}/scenes?c=(")
    assert "%22label%22:%22Outdoor%22" in address
    assert address.endswith("&sortby=date&perPage=20\n")
    assert cli("scenes", "find", "rating:80.. or tag:Outdoor", "--web").status == 2
    assert Cli("embedded:demo")("scenes", "find", "--web").status == 2


def test_explanation_mentions_the_filter_lookup(saved: Cli) -> None:
    result = saved.ok("scenes", "find", "--saved", "best", "--explain")
    assert "saved filter: best" in result.out
    assert "asked the server" in result.err


def test_default_filter_of_older_servers_is_not_listed(served_url: str) -> None:
    """They store it among the others, without a name."""
    rows = [
        {"id": str(at), "mode": "SCENES", "name": name, "filter": "{}"} for at, name in enumerate(("", "A"))
    ]
    with FaultProxy(served_url) as proxy:
        kept = fixed_response(json.dumps({"data": {"findSavedFilters": rows}}))
        proxy.rule = lambda request: kept if "findSavedFilters" in request.document else None
        assert Cli(proxy.url).ok("filters", "list", "--ids").out == "1\n"
