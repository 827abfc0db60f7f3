"""`--plan-out` and `stash apply`: plans saved, inspected and applied later."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from cli_support import Cli
from table_tests import table_test


@pytest.fixture
def cli(small_library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over scenes 1 Sea, 2 Sand, 3 Rocks and 4 Dunes."""
    copyfile(small_library, library_file)
    return Cli(embedded_url)


@pytest.fixture
def plan(tmp_path: Path) -> str:
    return str(tmp_path / "plan.jsonl")


def ratings(cli: Cli) -> list[Any]:
    data = cli.ok("scenes", "find", "--sort", "id", "--json", "--fields", "rating100").json
    return [row["rating100"] for row in data]


def test_plan_is_shown_offline_and_applied_once(cli: Cli, offline: Cli, plan: str) -> None:
    words = ("rating100=7", "tags+=New", "--create-missing")
    result = cli.ok("scenes", "update", "1", "2", *words, "--plan-out", plan)
    assert "wrote the plan" in result.err
    assert ratings(cli) == [90, 80, 79, None]
    stderr = offline.ok("apply", plan, "-n").err
    assert "rating100: 90 -> 7" in stderr
    assert "makes the tag 'New'" in stderr
    assert len(offline.ok("apply", plan, "-n", "--json").json["edits"]) == 4
    assert cli("apply", plan).status == 11
    assert "changed 2 scenes" in cli.ok("apply", plan, "-y").err
    assert ratings(cli) == [7, 7, 79, None]
    again = cli("apply", plan, "-y")
    assert (again.status, "carried out before, as run 1" in again.err) == (2, True)
    cli.ok("undo", "1", "-y")
    cli.ok("apply", plan, "-y")
    assert ratings(cli) == [7, 7, 79, None]


def test_changes_since_the_plan_are_conflicts(cli: Cli, plan: str) -> None:
    cli.ok("scenes", "update", "1", "2", "rating100=7", "--plan-out", plan)
    cli.ok("scenes", "update", "2", "rating100=50")
    result = cli("apply", plan, "-y", "--no-journal")
    assert result.status == 6
    assert "changed by others since it was read, in rating100" in result.err
    assert ratings(cli) == [7, 50, 79, None]
    cli.ok("apply", plan, "-y", "--force")
    assert ratings(cli) == [7, 7, 79, None]


def test_import_plan_creates_its_objects(cli: Cli, plan: str) -> None:
    text = "name,parents,description\nLeaf,Branch,\nBranch,,\nBeach,Branch,x\n"
    cli.ok("tags", "import", "-", "--upsert", "--plan-out", plan, answers=text)
    assert "created 2 tags, changed 1 tag" in cli.ok("apply", plan, "-y").err
    data = cli.ok("tags", "find", "--json", "--fields", "name,parents.name").json
    parents = {row["name"]: [each["name"] for each in row["parents"]] for row in data}
    assert parents == {"Leaf": ["Branch"], "Branch": [], "Beach": ["Branch"], "Outdoor": []}


def test_deletion_plan_skips_changed_objects(cli: Cli, plan: str) -> None:
    cli.ok("scenes", "delete", "1", "2", "3", "--plan-out", plan)
    assert 'scene 1 "Sea"' in Cli("http://127.0.0.1:1").ok("apply", plan, "-n").err
    cli.ok("scenes", "update", "2", "title=Kept")
    result = cli("apply", plan, "-y")
    assert result.status == 6
    assert "deleted 2 of 3 scenes" in result.err
    assert "scene 2 was changed since the plan was made" in result.err
    cli.ok("undo", "2", "-y")
    assert len(ratings(cli)) == 4


@table_test("is_changed", [False, True])
def test_merge_plan(is_changed: bool, small_library: Path, tmp_path: Path) -> None:
    copyfile(small_library, tmp_path / "copy.sqlite")
    cli, plan = Cli(f"embedded:{tmp_path / 'copy.sqlite'}"), str(tmp_path / "plan")
    cli.ok("tags", "merge", "2", "--into", "1", "--plan-out", plan)
    if is_changed:
        cli.ok("tags", "update", "2", "aliases+=Later")
    result = cli("apply", plan, "-y")
    assert (result.status, "was changed since the plan was made" in result.err) == (
        int(is_changed),
        is_changed,
    )
    assert cli.ok("tags", "count").out.strip() == ("2" if is_changed else "1")


def test_invalid_plans_are_rejected(cli: Cli, plan: str, tmp_path: Path) -> None:
    cli.ok("scenes", "update", "1", "2", "rating100=7", "--plan-out", plan)
    other = Cli(f"embedded:{tmp_path / 'other.sqlite'}")
    other.ok("tag", "create", "--name", "Other")
    assert "the plan is of another database" in other("apply", plan, "-y").err
    text = Path(plan).read_text()
    refused = {
        "not a plan": "x",
        "it was cut short": "".join(text.splitlines(keepends=True)[:-1]),
        "line 3: not an object of a plan": text[:-20],
        "another release": text.replace('"format": 1', '"format": 2'),
        "made for 0.1": text.replace('"version": "0.31"', '"version": "0.1"'),
    }
    for message, wrong in refused.items():
        Path(plan).write_text(wrong)
        result = cli("apply", plan, "-y")
        assert (result.status > 0, message in result.err) == (True, True), (message, result.err)
    assert "cannot read" in cli("apply", "/no/such/file").err
    assert cli("scenes", "update", "1", "rating100=7", "--plan-out", "/no/such/folder/x").status == 2
