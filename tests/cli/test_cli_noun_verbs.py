"""Verbs of particular nouns, and the nouns of the server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli
from fault_kinds import error_page
from fault_proxy import FaultProxy
from served_library import serve_library

PLAYED = "id,play_count,play_history"


@pytest.fixture
def small(small_library: Path, tmp_path: Path) -> Cli:
    """The program over a copy of the small library."""
    return Cli(f"embedded:{shutil.copy(small_library, tmp_path / 'copy.sqlite')}")


def row(cli: Cli, *words: str, fields: str) -> Any:
    [found] = cli.ok(*words, "--jsonl", "--fields", fields).rows
    return found


def test_play_has_a_time_and_can_be_removed(small: Cli) -> None:
    played = row(small, "scene", "play", "1", "--at", "2024-05-01T20:30Z", fields=PLAYED)
    assert played["play_history"] == ["2024-05-01T20:30:00Z"]
    assert row(small, "scene", "play", "1", fields=PLAYED)["play_count"] == 2
    left = row(small, "scene", "play", "1", "--remove", fields=PLAYED)
    assert left["play_history"] == ["2024-05-01T20:30:00Z"]
    assert row(small, "scene", "play", "1", "--reset", fields=PLAYED)["play_count"] == 0


def test_times_of_a_period_are_removed(small: Cli) -> None:
    small.ok(
        "scene",
        "o",
        "1",
        "--at",
        "2024-05-01T10:00Z",
        "--at",
        "2024-05-01T11:00Z",
        "--at",
        "2023-01-01T10:00Z",
    )
    left = row(small, "scene", "o", "1", "--remove", "--at", "2024", fields="o_history")
    assert left["o_history"] == ["2023-01-01T10:00:00Z"]


def test_removing_a_missing_play_changes_nothing(small: Cli) -> None:
    assert row(small, "scene", "play", "1", "--remove", fields=PLAYED)["play_count"] == 0


def test_activity_adds_to_the_play_duration(small: Cli) -> None:
    for played in (90, 180):
        found = row(
            small,
            "scene",
            "activity",
            "1",
            "--resume",
            "1:30",
            "--played",
            "90",
            fields="resume_time,play_duration",
        )
        assert found == {"id": "1", "resume_time": 90.0, "play_duration": float(played)}
    found = row(small, "scene", "activity", "1", "--reset", fields="resume_time,play_duration")
    assert found == {"id": "1", "resume_time": 0.0, "play_duration": 0.0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("play", "1", "--at", "soon"), "'soon' is not a time"),
        (("play", "1", "--reset", "--remove"), "--reset takes all out"),
        (("activity", "1"), "nothing to change"),
        (("activity", "1", "--reset", "--played", "3"), "--reset forgets both times"),
        (("cover", "1"), "give one of --at, --image and --generate"),
    ],
)
def test_errors_precede_sending(offline: Cli, words: tuple[str, ...], message: str) -> None:
    result = offline("scene", *words)
    assert result.status == 2
    assert message in result.err


def test_tree_is_printed_below_its_roots(small: Cli) -> None:
    small.ok("tag", "create", "--name", "Rain")
    assert small.ok("tags", "tree").out == "Outdoor  (1)\n  Beach  (2)\nRain  (3)\n"
    assert small.ok("tags", "tree", "outdoor", "--depth", "0").out == "Outdoor  (1)\n"
    assert [each["path"] for each in small.ok("tags", "tree", "--json").json] == [
        "Outdoor",
        "Outdoor / Beach",
        "Rain",
    ]


def test_tag_with_two_parents_is_printed_below_both(small: Cli) -> None:
    small.ok("tag", "create", "--name", "Rain")
    small.ok("tag", "update", "Beach", "--add-parent", "Rain")
    assert small.ok("tags", "tree").out == "Outdoor  (1)\n  Beach  (2)\nRain  (3)\n  Beach  (2)\n"


def test_move_sets_or_clears_the_parent(small: Cli) -> None:
    small.ok("tag", "create", "--name", "Rain")
    assert small.ok("tags", "move", "Beach", "--under", "Rain").err == "updated 1 tag\n"
    assert '-"Rain" +"Outdoor"' in small.ok("tags", "move", "2", "--under", "1", "-n").err
    assert "--create-missing" not in small("tags", "move", "2", "--under", "Reef").err
    assert small.ok("tags", "tree", "Rain").out == "Rain  (3)\n  Beach  (2)\n"
    small.ok("tags", "move", "Beach", "--top")
    assert small.ok("tags", "tree", "Rain").out == "Rain  (3)\n"
    assert small("tags", "move", "Beach").status == 2


def test_move_rejects_cycles(small: Cli) -> None:
    assert small("tags", "move", "Outdoor", "--under", "Beach").status == 1
    assert small.ok("tags", "tree").out == "Outdoor  (1)\n  Beach  (2)\n"


def test_related_objects_equal_those_of_find(small: Cli) -> None:
    related = small.ok("performer", "scenes", "1", "--sort", "title", "--json", "--fields", "title")
    found = small.ok("scenes", "find", "--performer", "1", "--sort", "title", "--json", "--fields", "title")
    assert related.json == found.json != []
    assert small("performer", "scenes", "99").status == 3


def test_members_are_added_and_removed(small: Cli) -> None:
    for name in ("Saga", "First", "Second"):
        small.ok("group", "create", "--name", name)
    listed = ("groups", "subgroups", "list", "Saga", "--sort", "name", "--ids")
    adding = ("groups", "subgroups", "add", "Saga", "First", "Second")
    assert small.ok(*adding).err == "updated 1 group\n"
    assert small.ok(*adding).err == "nothing to change: 1 group unchanged\n"
    assert small.ok(*listed).out.split() == ["2", "3"]
    small.ok("groups", "subgroups", "remove", "Saga", "First")
    assert small.ok(*listed).out.split() == ["3"]
    assert small("groups", "subgroups", "add", "Saga", "Third").status == 3


@pytest.fixture
def gallery(cli: Cli, pictures: Path) -> Cli:
    """The program over a library with one gallery: a folder of six pictures."""
    cli.ok("library", "add", str(pictures))
    cli.ok("config", "set", "general.create_galleries_from_folders=yes")
    cli.ok("scan", "--wait", "-q")
    return cli


def test_chapters_are_ordered_by_image(gallery: Cli) -> None:
    for title, index in (("Pool", 5), ("Beach", 1)):
        gallery.ok("galleries", "chapters", "add", "1", "--title", title, "--image-index", str(index))
    listed = ("galleries", "chapters", "list", "1", "--json")
    assert [each["title"] for each in gallery.ok(*listed).json] == ["Beach", "Pool"]
    gallery.ok("galleries", "chapters", "update", "1", "--title", "Water")
    assert gallery("galleries", "chapters", "update", "9", "--title", "Water").status == 3
    assert gallery("galleries", "chapters", "delete", "2").status == 11
    gallery.ok("galleries", "chapters", "delete", "2", "--yes")
    assert [each["title"] for each in gallery.ok(*listed).json] == ["Water"]
    for run in ("8", "6"):  # the last two
        gallery.ok("undo", run, "--yes")
    assert [each["title"] for each in gallery.ok(*listed).json] == ["Beach", "Pool"]
    gallery.ok("undo", "4", "--yes")
    assert [each["title"] for each in gallery.ok(*listed).json] == ["Beach"]


def test_gallery_cover_is_set_and_reset(gallery: Cli) -> None:
    gallery.ok("galleries", "cover", "set", "1", "4")
    assert row(gallery, "galleries", "find", fields="cover.id") == {"cover": {"id": "4"}}
    gallery.ok("galleries", "cover", "reset", "1")
    assert row(gallery, "galleries", "find", fields="cover.id") == {"cover": {"id": "1"}}
    run = str(gallery.ok("history", "--json").json[0]["id"])
    assert "set 1 field of galleries back" in gallery.ok("undo", run, "-y").err
    assert row(gallery, "galleries", "find", fields="cover.id") == {"cover": {"id": "4"}}
    assert gallery.ok("galleries", "images", "list", "1", "--limit", "2", "--ids").out == "1\n2\n"


def test_undo_keeps_a_cover_set_after_a_reset(gallery: Cli) -> None:
    gallery.ok("galleries", "cover", "set", "1", "4")
    gallery.ok("galleries", "cover", "reset", "1")
    run = str(gallery.ok("history", "--json").json[0]["id"])
    gallery.ok("galleries", "cover", "set", "1", "3", "--no-journal")
    result = gallery("undo", run, "-y")
    assert (result.status, "changed since" in result.err) == (6, True)
    assert row(gallery, "galleries", "find", fields="cover.id") == {"cover": {"id": "3"}}
    gallery.ok("galleries", "cover", "set", "1", "1", "--no-journal")
    gallery.ok("undo", run, "-y")
    assert row(gallery, "galleries", "find", fields="cover.id") == {"cover": {"id": "4"}}


def test_undo_keeps_a_cover_unread_after_the_reset(gallery: Cli, library_file: Path) -> None:
    with serve_library(library_file) as url, FaultProxy(url) as proxy:
        cli = Cli(proxy.url)
        cli.ok("galleries", "cover", "set", "1", "4")
        proxy.rule = lambda request: (
            error_page(401) if proxy.mutations[1:] and not request.is_mutation else None
        )
        result = cli.ok("galleries", "cover", "reset", "1")
        assert "Undo will not restore all fields" in result.err
        proxy.rule = lambda _: None
        run = str(cli.ok("history", "--json").json[0]["id"])
        assert "changed since" in cli("undo", run, "-y").err
        assert row(cli, "galleries", "find", fields="cover.id") == {"cover": {"id": "1"}}


def test_sql_reads_and_writes_only_on_request(small: Cli) -> None:
    rows = small.ok("sql", "SELECT id, name, id FROM tags WHERE name LIKE ? ORDER BY id", "B%", "--json").json
    assert rows == [{"id": 2, "name": "Beach", "id_2": 2}]
    assert small("sql", "DELETE FROM tags").status == 11
    assert small("sql", "UPDATE tags SET favorite = 1", "--write").status == 11
    assert small.ok("tags", "count").out == "2\n"


def test_settings_are_typed_diffed_and_applied(small: Cli, tmp_path: Path) -> None:
    small.ok("config", "set", "general.parallel_tasks=3", "ui.mine.shown=true", "general.password=hunter22")
    assert small.ok("config", "get", "general.parallel_tasks").out == "3\n"
    assert small.ok("config", "get", "ui.mine", "--json").json["value"] == {"shown": True}
    listed = small.ok("config", "list", "--yaml").out
    assert "hunter22" not in listed
    file = tmp_path / "settings.yaml"
    file.write_text(listed.replace("parallel_tasks: 3", "parallel_tasks: 4"))
    assert small.ok("config", "diff", str(file), "--json").json == [
        {"key": "general.parallel_tasks", "old": 3, "new": 4}
    ]
    assert small("config", "apply", str(file)).status == 11
    small.ok("config", "apply", str(file), "--yes")
    assert "nothing to change" in small.ok("config", "apply", str(file), "--yes").err


@pytest.mark.parametrize("output", ["--json", "-v"])
def test_secrets_inside_settings_are_hidden(small: Cli, output: str) -> None:
    box = '{"name": "box", "endpoint": "http://127.0.0.1:1/graphql", "api_key": "hunter22"}'
    result = small.ok("config", "set", f"general.stash_boxes=[{box}]", "plugins.a.authToken=hunter22", output)
    assert "hunter22" not in result.out + result.err
    assert "***" in result.out + result.err


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("general.parallel_tasks=many", "'many' is not a number"),
        ("general.paralel_tasks=2", "Did you mean general.parallel_tasks?"),
        ("general.config_file_path=/x", "cannot be set"),
        ("general.log_out=perhaps", "neither yes nor no"),
        ("general.blobs_storage=tape", "is not one of"),
        ("general.log_level", "has no value"),
    ],
)
def test_invalid_setting_is_rejected_before_sending(offline: Cli, setting: str, message: str) -> None:
    result = offline("config", "set", setting)
    assert result.status == 2
    assert message in result.err


def test_files_are_found_renamed_and_moved(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    cli.ok("library", "add", str(pictures))
    cli.ok("scan", "--wait", "-q")
    assert cli.ok("files", "find", "--path-contains", "p3", "--paths").out == f"{pictures / 'p3.png'}\n"
    plan, rename = str(tmp_path / "plan"), ("files", "rename", str(pictures / "p3.png"), "sea.png")
    cli.ok(*rename, "--plan-out", plan)
    assert "p3.png" in cli.ok("apply", plan, "--dry-run").err
    cli.ok(*rename, "--yes")
    assert "was changed since the plan was made" in cli("apply", plan, "--yes").err
    cli.ok("files", "rename", str(pictures / "sea.png"), "p3.png", "--yes")
    assert "moved 1 file" in cli.ok("apply", plan, "--yes").err
    cli.ok("files", "move", str(pictures / "sea.png"), "--to", str(pictures / "new"), "--yes")
    assert (pictures / "new" / "sea.png").is_file()
    assert cli.ok("folders", "tree").out.splitlines()[1:] == ["  new  (2)"]
    assert cli("files", "rename", "1", "a/b.png", "--yes").status == 2
    assert cli("files", "move", "1", "--to", "/nowhere", "--yes").status == 1


def test_server_status_is_shown(small: Cli) -> None:
    assert small.ok("system", "status", "--json").json["status"] == "OK"
    assert small.ok("dlna", "status", "--json").json["running"] is False
    assert "not available in an embedded library" in small("dlna", "enable", "--minutes", "5").err
    assert small.ok("scrapers", "list", "--ids").out.split() == ["sidecar"]
    assert "no scrapers" in small.ok("scrapers", "list", "--type", "performer").err
    assert "no stash-boxes" in small.ok("stashbox", "list").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("scrapers", "scrape", "Alice"), "give --scraper or --stash-box"),
        (("scrapers", "scrape"), "give an address"),
        (("scrapers", "scrape", "x", "--scraper", "a", "--stash-box", "b"), "not both"),
    ],
)
def test_scraping_requires_a_source(offline: Cli, words: tuple[str, ...], message: str) -> None:
    result = offline(*words)
    assert result.status == 2
    assert message in result.err


def test_server_without_package_sources_has_no_packages(small: Cli) -> None:
    assert "no packages are installed" in small.ok("packages", "list").err
    assert "no package sources" in small.ok("packages", "sources").err
    assert "all packages are up to date" in small.ok("packages", "update").err
    assert small("packages", "install", "renamer").status == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("packages", "sources", "--ids"), "these objects have no ids"),
        (("tags", "tree", "--fields", "pat"), "Did you mean path?"),
        (("config", "diff", "no-such-file"), "cannot read no-such-file"),
        (("config", "set", "general.password=@no-such-file"), "cannot read no-such-file"),
    ],
)
def test_missing_objects_are_reported_before_sending(
    offline: Cli, words: tuple[str, ...], message: str
) -> None:
    result = offline(*words)
    assert result.status == 2
    assert message in result.err
