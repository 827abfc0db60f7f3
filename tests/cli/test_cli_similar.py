"""`similar`, `unused` and `clean-empty`: similar names, and unreferenced objects."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from typing import Any

import httpx
import pytest
from cli_support import Cli
from fault_proxy import FaultProxy
from served_library import serve_library
from table_tests import table_test

TAGS = (
    "Outdoor",
    "outdoors",
    "Mountian",
    "Mountain",
    "Sky",
    "Empty",
    "Noted",
    "Filtered",
    "Marked",
    "Top",
    "Leaf",
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tags of each kind, a scene, and unreferenced objects of other types; created once."""
    path = tmp_path_factory.mktemp("similar") / "library.sqlite"
    cli = Cli(f"embedded:{path}")
    made = [f'tagCreate(input: {{name: "{name}"}}) {{ id }}' for name in TAGS]
    made += [
        'tagUpdate(input: {id: 7, description: "why"}) { id }',
        "tagUpdate(input: {id: 11, parent_ids: [10]}) { id }",
        'sceneCreate(input: {title: "S", tag_ids: [2, 3, 4]}) { id }',
        'sceneCreate(input: {title: "T", tag_ids: [4]}) { id }',
        'sceneMarkerCreate(input: {scene_id: 1, seconds: 1, title: "", primary_tag_id: 9}) { id }',
        'performerCreate(input: {name: "Alone"}) { id }',
        'performerCreate(input: {name: "Known", urls: ["https://x.example"]}) { id }',
        'studioCreate(input: {name: "Parent"}) { id }',
        'studioCreate(input: {name: "Child", parent_id: 1}) { id }',
        'groupCreate(input: {name: "G"}) { id }',
        'galleryCreate(input: {title: "Gal"}) { id }',
    ]
    cli.ok("api", "mutation { " + " ".join(f"m{n}: {each}" for n, each in enumerate(made)) + " }")
    cli.ok("filters", "save", "Mine", "tag:Filtered", "--kind", "scenes")
    return path


@pytest.fixture
def cli(template: Path, library_file: Path, embedded_url: str) -> Cli:
    copyfile(template, library_file)
    return Cli(embedded_url)


def names(cli: Cli, noun: str = "tags") -> list[str]:
    return [row["name"] for row in cli.ok(noun, "find", "--json", "--fields", "name").json]


def everything(cli: Cli) -> set[str]:
    """Names of all objects, in one request."""
    query = (
        "findTags { tags { name } } findPerformers { performers { name } } findStudios { studios { name } }"
        " findGroups { groups { name } } findGalleries { galleries { name: title } }"
    )
    data = cli.ok("api", f"{{ {query} }}").json
    lists = (rows for each in data.get("data", data).values() for rows in each.values())
    return {row["name"] for rows in lists for row in rows}


def last_run(cli: Cli) -> str:
    return str(cli.ok("history", "--json").json[0]["id"])


def pairs(cli: Cli, *words: str) -> set[tuple[str, str, str]]:
    rows = cli.ok("tags", "similar", "--json", *words).json
    return {(row["name"], row["like"], row["reason"]) for row in rows if row["action"] == "merge"}


def test_most_used_name_is_kept(cli: Cli) -> None:
    assert pairs(cli) == {("Outdoor", "outdoors", "plural"), ("Mountian", "Mountain", "spelling")}
    assert pairs(cli, "--only", "plural,case") == {("Outdoor", "outdoors", "plural")}
    assert pairs(cli, "--threshold", "95") == {("Outdoor", "outdoors", "plural")}


def test_similar_tags_are_merged_and_undo_restores_them(cli: Cli) -> None:
    fields = ("--json", "--fields", "title,tags.name", "--sort", "title")
    before = cli.ok("scenes", "find", *fields).json
    stderr = cli.ok("tags", "similar", "--merge", "--dry-run").err
    assert "deletes tag 3" in stderr
    result = cli.ok("tags", "similar", "--merge", "--yes")
    assert "merged 2 tags" in result.err
    assert {"Outdoor", "Mountian"}.isdisjoint(names(cli))
    [scene, _] = cli.ok("scenes", "find", *fields).json
    assert sorted(each["name"] for each in scene["tags"]) == ["Mountain", "outdoors"]
    cli.ok("undo", last_run(cli), "--yes")
    after = cli.ok("scenes", "find", *fields).json
    assert [sorted(each["name"] for each in row["tags"]) for row in after] == [
        sorted(each["name"] for each in row["tags"]) for row in before
    ]
    assert sorted(names(cli)) == sorted(TAGS)


def test_dismissed_pair_is_not_listed(cli: Cli) -> None:
    assert "dismissed 1 pair" in cli.ok("tags", "similar", "dismiss", "Mountain", "Mountian").err
    assert {name for name, *_ in pairs(cli)} == {"Outdoor"}
    assert "restored 1 pair" in cli.ok("tags", "similar", "restore", "Mountain", "Mountian").err
    assert len(pairs(cli)) == 2


def test_groups_are_chosen_interactively(cli: Cli) -> None:
    result = cli("tags", "similar", "--merge", "--interactive", terminal=True, answers="n\ny\n")
    assert (result.status, "merged 1 tag" in result.err) == (0, True), result.err
    assert len({"Outdoor", "Mountian"} & set(names(cli))) == 1


def test_unused_considers_every_kind_of_reference(cli: Cli) -> None:
    """Scenes, markers, children and saved filters refer to the other tags."""
    rows = cli.ok("tags", "unused", "--json").json
    assert {row["name"]: row["has_data"] for row in rows} == {
        "Outdoor": False,
        "Sky": False,
        "Empty": False,
        "Noted": True,
        "Leaf": False,
    }


def test_clean_empty_keeps_objects_with_data_and_undo_restores(cli: Cli) -> None:
    plan = cli.ok("clean-empty", "--dry-run", "--json").json
    assert {kind: sorted(each["name"] for each in found) for kind, found in plan.items()} == {
        "tags": ["Empty", "Leaf", "Outdoor", "Sky"],
        "performers": ["Alone"],
        "studios": ["Child"],
        "groups": ["G"],
        "galleries": ["Gal"],
    }
    before = everything(cli)
    cli.ok("clean-empty", "--yes")
    left = everything(cli)
    assert {"Known", "Parent", "Noted", "Filtered", "Marked", "Top"} <= left
    assert left.isdisjoint({"Alone", "Child", "G", "Gal", "Empty", "Leaf"})
    cli.ok("undo", last_run(cli), "--yes")
    assert everything(cli) == before
    result = cli.ok("clean-empty", "tags", "--with-data", "--yes")
    assert "deleted 5 tags" in result.err


def test_clean_empty_keeps_objects_filled_meanwhile(cli: Cli, library_file: Path) -> None:
    with serve_library(library_file) as url, FaultProxy(url) as proxy:

        def rule(request: Any) -> None:
            if "backupDatabase" in request.document:  # sent between the plan and the first deletion
                mutation = 'mutation { tagUpdate(input: {id: 6, description: "mine"}) { id } }'
                httpx.post(f"{url}/graphql", json={"query": mutation}).raise_for_status()

        proxy.rule = rule
        result = Cli(proxy.url)("clean-empty", "tags", "--yes", "--backup-first")
    assert (result.status, "filled or deleted by others" in result.err) == (6, True), result.err
    assert {"Empty", "Sky"} & set(names(cli)) == {"Empty"}


def test_scenes_without_files_are_deleted_only_when_named(cli: Cli) -> None:
    assert "scenes" not in cli.ok("clean-empty", "--dry-run", "--json").json
    found: Any = cli.ok("clean-empty", "scenes", "--with-data", "--dry-run", "--json").json
    assert [each["name"] for each in found["scenes"]] == ["T"]  # S has a marker


def test_tag_hierarchy_follows_the_plan(cli: Cli) -> None:
    result = cli.ok("tags", "move", "Sky", "Empty", "--under", "Top", "--dry-run")
    assert ('parents: +"Top"' in result.err, "2 tags change" in result.err) == (True, True)
    assert cli("tags", "move", "Sky", "Empty", "--under", "Top").status == 11
    cli.ok("tags", "move", "--where", "name:sky OR name:empty", "--under", "Top", "--yes")
    assert "  Sky" in cli.ok("tags", "tree", "Top").out
    cli.ok("undo", last_run(cli), "--yes")
    assert "  Sky" not in cli.ok("tags", "tree", "Top").out


REFUSED: list[tuple[list[str], int, str]] = [
    (["tags", "similar", "--only", "colour"], 2, "reasons are"),
    (["tags", "similar", "Sky"], 2, "takes only dismiss and restore"),
    (["tags", "similar", "dismiss", "Sky"], 2, "needs two tags"),
    (["tags", "similar", "--threshold", "10"], 2, "--threshold"),
    (["tags", "similar", "--merge"], 11, "confirm with --yes"),
    (["tags", "similar", "--merge", "--yes", "--max-changes", "1"], 11, "--max-changes 2"),
    (["clean-empty", "files"], 2, "is not one of"),
    (["clean-empty", "--csv"], 2, "prints its plan as text"),
    (["clean-empty"], 11, "confirm with --yes"),
]


@table_test(("args", "status", "text"), REFUSED, ids=str)
def test_invalid_options_are_rejected(args: list[str], status: int, text: str, template: Path) -> None:
    result = Cli(f"embedded:{template}")(*args)
    assert (result.status, text in result.err) == (status, True), result.err
