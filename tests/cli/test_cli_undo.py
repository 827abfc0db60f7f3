"""`stash undo` and `stash redo`: the selected run, confirmation and messages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli, CommandResult
from fault_kinds import reset_before
from fault_proxy import FaultProxy, on_mutation


@pytest.fixture(scope="session")
def three_tags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of three tags, and the journal of their creation."""
    folder = tmp_path_factory.mktemp("three")
    cli = Cli(f"embedded:{folder / 'library.sqlite'}", STASH_STATE_DIR=str(folder))
    for name in ("Sea", "Sand", "Rock"):
        cli.ok("tag", "create", "--name", name)
    return folder


@pytest.fixture
def interactive(cli: Cli, three_tags: Path, library_file: Path, own_state: Path) -> Any:
    """The program on a terminal, with three tags."""
    state = own_state / "stash-cli"
    state.mkdir(exist_ok=True)
    shutil.copy(three_tags / "library.sqlite", library_file)
    shutil.copy(three_tags / "journal.sqlite", state / "journal.sqlite")

    def run(*words: str, answers: str = "") -> CommandResult:
        return cli(*words, terminal=True, answers=answers)

    return run


def described(cli: Cli, one: str = "1") -> str:
    return str(cli.ok("tag", "show", one, "--json", "--fields", "description").json["description"])


def test_each_undo_goes_further_back_and_redo_forward(cli: Cli, interactive: Any) -> None:
    for text in ("one", "two", "three"):
        assert interactive("tag", "update", "1", "--description", text).status == 0
    for left in ("two", "one", ""):
        result = interactive("undo", answers="y\n")
        assert result.status == 0, result.err
        assert described(cli) == left
    assert "nothing to undo" in interactive("undo", answers="y\n").err
    for text in ("one", "two", "three"):
        assert interactive("redo", answers="y\n").status == 0
        assert described(cli) == text
    assert "nothing to redo" in interactive("redo", answers="y\n").err


def test_new_edit_disables_redo(cli: Cli, interactive: Any) -> None:
    interactive("tag", "update", "1", "--description", "one")
    interactive("undo", answers="y\n")
    interactive("tag", "update", "2", "--description", "two")
    result = interactive("redo", answers="y\n")
    assert (result.status, "stash redo 4" in result.err) == (1, True)
    assert cli.ok("redo", "4", "--yes").status == 0
    assert described(cli) == "one"


def test_runs_without_a_terminal_are_skipped(cli: Cli, interactive: Any) -> None:
    interactive("tag", "update", "1", "--description", "one")
    cli.ok("tag", "update", "1", "--favorite")
    result = interactive("undo", answers="y\n")
    assert "--description one" in result.err
    assert described(cli) == ""


def test_run_is_named_and_confirmed(cli: Cli, interactive: Any) -> None:
    interactive("tag", "update", "1", "--description", "one")
    result = interactive("undo", answers="n\n")
    assert result.status == 11
    assert "tag update 1 --description one" in result.err
    assert described(cli) == "one"


def test_run_must_be_given_without_a_terminal(cli: Cli, interactive: Any) -> None:
    for words in (("undo",), ("redo",), ("undo", "--yes"), ("redo", "--yes")):
        assert cli(*words).status == 2
    assert cli("undo", "1").status == 11
    assert cli.ok("undo", "1", "--yes").err.endswith("deleted 1 tag\n")


def test_dry_run_changes_nothing_and_needs_no_terminal(cli: Cli, interactive: Any) -> None:
    interactive("tag", "update", "1", "--description", "one")
    for words in (("undo", "4"), ("undo",), ("undo", "--yes")):
        result = cli.ok(*words, "--dry-run")
        assert 'description: "one" -> ""' in result.err
        assert "run 4 would be undone; 1 edit; nothing was changed" in result.err
    interactive("undo", answers="y\n")
    assert 'description: "" -> "one"' in cli.ok("redo", "--dry-run").err
    assert described(cli) == ""
    assert len(cli.ok("history", "--json").json) == 5


def test_dry_run_reports_conflicts_with_status_0(cli: Cli, interactive: Any) -> None:
    cli.ok("tags", "update", "1", "2", "--description", "both", "--yes")
    cli.ok("tag", "update", "1", "--description", "later")
    result = cli.ok("undo", "4", "--dry-run")
    assert "would not be undone: tag 1 description: changed since by run 5" in result.err
    assert "run 4 would be partly undone; 1 edit; nothing was changed" in result.err


def test_conflicts_are_reported_and_the_rest_is_undone(cli: Cli, interactive: Any) -> None:
    cli.ok("tags", "update", "1", "2", "--description", "both", "--yes")
    cli.ok("tag", "update", "1", "--description", "later")
    result = cli("undo", "4", "--yes")
    assert result.status == 6
    assert "tag 1 description: changed since by run 5" in result.err
    assert (described(cli), described(cli, "2")) == ("later", "")
    assert cli.ok("history", "--json").json[2]["state"] == "partly undone"
    cli.ok("undo", "5", "--yes")
    assert cli.ok("undo", "4", "--yes").status == 0
    assert described(cli) == ""


def test_json_has_all_details(cli: Cli, interactive: Any) -> None:
    cli.ok("tag", "delete", "1", "--yes")
    result = cli.ok("undo", "4", "--yes", "--json")
    assert result.json["target"] == 4
    assert result.json["problems"] == []
    assert json.loads(cli.ok("tags", "find", "--name", "Sea", "--ids").out)


def test_other_database(cli: Cli, interactive: Any, tmp_path: Any) -> None:
    other = Cli(f"embedded:{tmp_path / 'other.sqlite'}")
    for name in ("gone", "Elsewhere"):  # so that its oldest tag has another id
        other.ok("tag", "create", "--name", name, "--no-journal")
    other.ok("tag", "delete", "1", "--yes", "--no-journal")
    result = other("undo", "1", "--yes")
    assert (result.status, "another database" in result.err) == (1, True)
    assert cli("undo", "99", "--yes").status == 3


def test_rollback_keeps_the_given_run(cli: Cli, interactive: Any) -> None:
    for text in ("one", "two", "three"):
        cli.ok("tag", "update", "1", "--description", text)
    assert "2 runs would be undone; run 4 stays" in cli.ok("history", "rollback", "--to", "4", "-n").err
    assert cli("history", "rollback", "--to", "4").status == 11
    cli.ok("history", "rollback", "--to", "4", "--yes")
    assert described(cli) == "one"
    assert "0 runs would be undone" in cli.ok("history", "rollback", "--to", "4", "--yes").err


def test_pruning_keeps_the_last_runs(cli: Cli, interactive: Any) -> None:
    assert "nothing to drop" in cli.ok("history", "prune", "--days", "0", "--yes").err
    assert len(cli.ok("history", "--json").json) == 3


def test_nothing_to_resume(cli: Cli, interactive: Any) -> None:
    assert "nothing left to do" in cli("history", "resume", "1", "--yes").err


def test_links_among_new_objects_are_planned_and_resumed(served_url: str, tmp_path: Path) -> None:
    """A description that looks like a placeholder is none."""
    parents: list[list[str]] = [[], ["t0"], ["t1"], ["t2"], ["t3"]]
    rows = [{"name": f"t{n}", "parents": parents[n], "description": "line 2"} for n in range(5)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with FaultProxy(served_url) as proxy:
        cli, words = Cli(proxy.url), ("tags", "import", str(tmp_path / "rows.jsonl"), "--upsert", "--yes")
        proxy.rule = on_mutation(reset_before)
        assert cli(*words).status != 0
        proxy.rule = lambda _: None
        run = cli.ok("history", "--json").json[0]
        assert sum(run["changes"].values()) == 9
        cli.ok("history", "resume", str(run["id"]), "--yes")
        data = cli.ok("tags", "find", "--json", "--fields", "name,parents.name,description").json
        assert [[each["name"] for each in row["parents"]] for row in data] == parents
        assert {row["description"] for row in data} == {"line 2"}
        cli.ok("undo", str(run["id"]), "--yes")
        assert cli.ok("tags", "count").out == "0\n"


def test_large_update_is_planned_before_the_first_request(served_url: str) -> None:
    with FaultProxy(served_url) as proxy:
        cli = Cli(proxy.url)
        made = " ".join(f't{n}: tagCreate(input: {{name: "{n:03}"}}) {{ id }}' for n in range(120))
        cli.ok("api", f"mutation {{ {made} }}")
        ids = [f"{n + 1}" for n in range(120)]
        before = len(proxy.mutations)
        proxy.rule = on_mutation(reset_before)
        assert cli("tags", "update", *ids, "description={{ name }}", "--yes").status == 10
        proxy.rule = lambda _: None
        run = cli.ok("history", "--json").json[0]
        assert sum(run["changes"].values()) == 120
        assert run["changes"] == {"unknown": 30, "planned": 90}
        assert len(proxy.mutations) == before + 3
        result = cli.ok("history", "resume", str(run["id"]), "--yes")
        assert "120 done" in result.err
        assert cli.ok("tag", "show", "120", "--json").json["description"] == "119"
