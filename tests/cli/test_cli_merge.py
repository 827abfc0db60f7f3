"""`merge`: values, references to the sources, and invalid merges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from cli_support import Cli
from fault_kinds import graphql_errors
from fault_proxy import FaultProxy, matching
from table_tests import table_test
from write_samples import PICTURE

from stash_cli.core.edits.merging.combine import RULES, Combination
from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.input import attributes
from stash_cli.core.orm.quirks import Rule as Quirk
from stash_cli.core.orm.quirks import quirk
from stash_cli.core.types.entities import NOUNS


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tags, performers, studios and groups A to C, created once; scenes S1 to S3, which refer to each A."""
    path = tmp_path_factory.mktemp("merged") / "library.sqlite"
    nouns = ("tag", "performer", "studio", "group")
    made = [
        f'{noun}{name}: {noun}Create(input: {{name: "{name}"}}) {{ id }}' for noun in nouns for name in "ABC"
    ]
    of_a = 'tag_ids: ["1"], performer_ids: ["1"], studio_id: "1", groups: [{group_id: "1"}]'
    made += [
        f'{title}: sceneCreate(input: {{title: "{title}", {of_a}}}) {{ id }}' for title in ("S1", "S2", "S3")
    ]
    Cli(f"embedded:{path}").ok("api", f"mutation {{ {' '.join(made)} }}")
    return path


@pytest.fixture
def cli(library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over a copy of the library."""
    copyfile(library, library_file)
    return Cli(embedded_url)


def show(cli: Cli, noun: str, one: str, fields: str) -> Any:
    return cli.ok(noun, "show", one, "--json", "--fields", fields).json


def names(cli: Cli, noun: str) -> list[str]:
    rows = cli.ok(noun, "find", "--json", "--fields", NOUNS[noun].label).json
    return [row[NOUNS[noun].label] for row in rows]


@pytest.mark.parametrize("noun", ["tags", "performers", "studios", "groups"])
def test_references_to_a_source_point_to_the_destination(cli: Cli, noun: str) -> None:
    result = cli.ok(noun, "merge", "A", "B", "A", "--into", "C", "--yes")
    assert f"merged 2 {noun} into" in result.err
    assert names(cli, noun) == ["C"]
    field = {"studios": "studio.name", "groups": "groups.group.name"}.get(noun, f"{noun}.name")
    for one in "123":
        assert '"C"' in json.dumps(show(cli, "scene", one, field))
    aliases = "alias_list" if noun == "performers" else "aliases"
    found = show(cli, noun, "3", aliases)[aliases]
    assert sorted(found.split(", ") if isinstance(found, str) else found) == ["A", "B"]


def test_values_are_kept_filled_and_united(cli: Cli) -> None:
    cli.ok(
        "performer",
        "update",
        "A",
        "birthdate=1990-01-01",
        "country=JP",
        "favorite=yes",
        "custom.h=1",
        "custom.w=5",
        "rating100=9",
    )
    cli.ok("performer", "update", "C", "country=DE", "custom.h=2", "urls=https://c.example")
    cli.ok("performer", "update", "B", "urls=https://b.example,https://c.example", "birthdate=1980")
    cli.ok("performers", "merge", "A", "B", "--into", "C", "--take", "birthdate=B", "--yes")
    row = show(cli, "performer", "3", "birthdate,country,favorite,custom_fields,urls,rating100")
    assert {name: row[name] for name in row if name != "id"} == {
        "birthdate": "1980",
        "country": "DE",
        "favorite": True,
        "custom_fields": {"h": 2, "w": 5},
        "urls": ["https://c.example", "https://b.example"],
        "rating100": None,
    }


def test_histories_are_joined_and_equal_markers_kept_once(cli: Cli) -> None:
    play = "mutation($id: ID!, $times: [Timestamp!]) { sceneAddPlay(id: $id, times: $times) { count } }"
    both, own = "2024-01-01T10:00:00Z", "2024-01-02T10:00:00Z"
    cli.ok("api", play, "-f", "id=1", "-F", f'times=["{both}"]')
    cli.ok("api", play, "-f", "id=2", "-F", f'times=["{both}", "{own}"]')
    for scene, seconds in (("1", "5"), ("2", "5"), ("2", "9")):
        cli.ok(
            "marker", "create", "--scene", scene, "--seconds", seconds, "--title", "m", "--primary-tag", "A"
        )
    cli.ok("scenes", "merge", "2", "3", "--into", "1", "--yes")
    row = show(cli, "scene", "1", "play_count,play_history,scene_markers.seconds")
    assert (row["play_count"], sorted(row["play_history"])) == (2, [both, own])
    assert sorted(each["seconds"] for each in row["scene_markers"]) == [5, 9]
    assert cli.ok("scenes", "find", "--ids").out == "1\n"


def test_link_data_is_kept(cli: Cli) -> None:
    cli.ok("scene", "update", "1", 'groups={"group_id": "A", "scene_index": 7}')
    cli.ok(
        "scene",
        "update",
        "2",
        'groups=[{"group_id": "A", "scene_index": 1}, {"group_id": "C", "scene_index": 2}]',
    )
    cli.ok("groups", "merge", "A", "--into", "C", "--yes")
    groups = "groups.group.id,groups.scene_index"
    assert show(cli, "scene", "1", groups)["groups"] == [{"group": {"id": "3"}, "scene_index": 7}]
    assert show(cli, "scene", "2", groups)["groups"] == [{"group": {"id": "3"}, "scene_index": 2}]


def test_source_that_is_the_parent_leaves_no_cycle(cli: Cli) -> None:
    cli.ok("studio", "update", "A", "parent=B")
    cli.ok("studio", "update", "C", "parent=A")
    cli.ok("studios", "merge", "A", "--into", "C", "--yes")
    assert show(cli, "studio", "C", "parent_studio.name")["parent_studio"] == {"name": "B"}


def test_markers_and_galleries_are_merged(cli: Cli) -> None:
    for title, tag in (("x", "B"), ("y", "C")):
        cli.ok("gallery", "create", "--title", title, "--tag", tag, "--scene", "1")
        cli.ok(
            "marker",
            "create",
            "--scene",
            "1",
            "--seconds",
            "3",
            "--title",
            title,
            "--primary-tag",
            "A",
            "--tag",
            tag,
        )
    for noun in ("galleries", "markers"):
        cli.ok(noun, "merge", "1", "--into", "2", "--yes")
        assert names(cli, noun) == ["y"]
        tags = show(cli, noun, "2", "tags.name")["tags"]
        assert sorted(tag["name"] for tag in tags) == ["B", "C"]
    assert show(cli, "scene", "1", "galleries.id")["galleries"] == [{"id": "2"}]


def test_filters_that_name_a_source_name_the_destination(cli: Cli) -> None:
    a, c = '{id: "1", label: "A"}', '{id: "3", label: "C"}'
    for name, field, items in (("Both", "tags", f"{a}, {c}"), ("Other", "performers", a)):
        value = f"{{items: [{items}], excluded: []}}"
        criteria = f'{{{field}: {{modifier: "INCLUDES", value: {value}}}}}'
        saved = f'{{mode: SCENES, name: "{name}", object_filter: {criteria}}}'
        cli.ok("api", f"mutation {{ saveFilter(input: {saved}) {{ id }} }}")
    result = cli.ok("tags", "merge", "A", "--into", "C", "--yes")
    assert "the filter 'Both' names the destination instead" in result.err
    assert "'Other'" not in result.err
    plan = cli.ok("scenes", "update", "--saved", "Both", "code=x", "--dry-run", "--json").json
    assert [each["id"] for each in plan["edits"]] == ["1", "2", "3"]


def test_lost_picture_is_reported(cli: Cli) -> None:
    cli.ok("tag", "update", "A", f"image={PICTURE}")
    assert "keeps its own picture" in cli.ok("tags", "merge", "A", "--into", "C", "--dry-run").err


def test_dry_run_changes_nothing(cli: Cli) -> None:
    result = cli.ok("tags", "merge", "A", "--into", "C", "--dry-run")
    assert result.rows == [{"tagsMerge": {"source": ["1"], "destination": "3"}}]
    assert 'deletes tag 1 "A"' in result.err
    assert "picture" not in result.err
    scenes = cli.ok("scenes", "merge", "2", "--into", "1", "--dry-run").rows[-1]["sceneMerge"]
    assert (scenes["values"], scenes["o_history"]) == ({"id": "1"}, True)  # 0.22 fails without values
    assert names(cli, "tags") == ["A", "B", "C"]
    assert cli("tags", "merge", "A", "--into", "C").status == 11


REFUSED = [
    (["tags", "merge", "A", "--into", "A"], 2, "into itself"),
    (["tags", "merge", "A", "--into", "Nope"], 3, "Nope"),
    (["tags", "merge", "A"], 2, "--into"),
    (["tags", "merge", "A", "--into", "C", "--take", "name"], 2, "FIELD=ID"),
    (["tags", "merge", "A", "--into", "C", "--take", "descripton=A"], 2, "Did you mean description?"),
    (["tags", "merge", "A", "--into", "C", "--take", "description=B"], 2, "no source"),
]


@table_test(("args", "status", "text"), REFUSED, ids=str)
def test_invalid_merges_are_rejected(args: list[str], status: int, text: str, library: Path) -> None:
    result = Cli(f"embedded:{library}")(*args, "--yes")
    assert (result.status, text in result.err) == (status, True), result.err


def test_performers_with_different_ids_at_one_stash_box_are_not_merged(cli: Cli) -> None:
    for name in "AC":
        cli.ok(
            "performer",
            "update",
            name,
            f'stash_ids={{"endpoint": "https://box.example", "stash_id": "{name}"}}',
        )
    result = cli("performers", "merge", "A", "--into", "C", "--yes")
    assert (result.status, "probably two performers" in result.err) == (2, True)
    cli.ok("performers", "merge", "A", "--into", "C", "--yes", "--take", "stash_ids=A")
    assert show(cli, "performer", "C", "stash_ids.stash_id")["stash_ids"] == [{"stash_id": "A"}]


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(served_url) as proxy:
        yield proxy


def test_failed_step_prevents_deletion(proxy: FaultProxy) -> None:
    cli = Cli(proxy.url)
    for name in "AC":
        cli.ok("studio", "create", "--name", name)
    cli.ok("scene", "create", "--title", "S", "--studio", "A")
    proxy.rule = matching(lambda request: "sceneUpdate" in request.document, graphql_errors("no"))
    result = cli("studios", "merge", "A", "--into", "C", "--yes")
    assert result.status == 1
    proxy.rule = lambda _: None
    assert names(cli, "studios") == ["A", "C"]


def test_query_selects_the_sources(cli: Cli) -> None:
    """The destination may match, too: it is kept."""
    result = cli("tags", "merge", "--where", "name:A or name:C", "--into", "C", "--dry-run")
    assert json.loads(result.out) == {"tagsMerge": {"source": ["1"], "destination": "3"}}
    cli.ok("filters", "save", "Two", "name:~^[AB]$", "--kind", "tags")
    cli.ok("tags", "merge", "--saved", "Two", "--into", "C", "--yes")
    assert names(cli, "tags") == ["C"]
    assert "nothing to merge" in cli.ok("tags", "merge", "--where", "name:C", "--into", "C", "--yes").err


def test_sources_from_a_pipe(cli: Cli) -> None:
    assert cli("tags", "merge", "-", "--into", "C", "--yes", answers="1\n2\n").status == 0
    assert names(cli, "tags") == ["C"]
    assert "nothing to do" in cli("tags", "merge", "-", "--into", "C", "--yes", answers="").err


UNCLEAR = [
    ([], 2, "no tags are named"),
    (["A", "--where", "name:B"], 2, "in two ways"),
    (["--where", "name:A or name:B favorite:no"], 2, "parentheses"),
    (["--where", "name:A limit:1"], 2, "limit:"),
    (["--where", "-name:zz", "--max-changes", "1"], 11, "more than 1"),
    (["C"], 2, "into itself"),
]


@table_test(("words", "status", "message"), UNCLEAR)
def test_ambiguous_sources_are_rejected(cli: Cli, words: list[str], status: int, message: str) -> None:
    result = cli("tags", "merge", *words, "--into", "C", "--yes")
    assert (result.status, message in result.err) == (status, True), result.err
    assert names(cli, "tags") == ["A", "B", "C"]


def test_every_field_has_a_merge_rule() -> None:
    """A new field needs one; pictures and files stay unchanged."""
    for name, rules in RULES.items():
        shown = {*attributes(name).values()} - {
            "id",
            "url",
            "movies",
            "twitter",
            "instagram",
            "career_length",
        }
        counts = {each for each in shown if quirk(name, each, Quirk.OWN_MUTATION)} - {"resume_time"}
        assert shown - counts == {*rules}, name


def test_stash_ids_of_other_types_are_united() -> None:
    one, two = ({"endpoint": "e", "stash_id": each} for each in "12")
    sources = [{"id": "2", "stash_ids": [two]}]
    assert not Combination("Studio", {"id": "1", "stash_ids": [one]}, sources).edits()
    with pytest.raises(StashInputError):
        Combination("Performer", {"id": "1", "stash_ids": [one]}, sources).edits()
