"""`stash history`: journalled changes and their commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import Cli

from stash_cli.core.settings_file import settings_path


def test_commands_are_recorded(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", "Sea")
    cli.ok("tag", "update", "1", "--description", " wide ")
    cli.ok("tag", "delete", "1", "--yes")
    runs = cli.ok("history", "--json").json
    assert [run["what"] for run in runs] == ["deleted 1 tag", "updated 1 tag", "created 1 tag"]
    assert [run["state"] for run in runs] == ["done"] * 3
    assert runs[1]["command"] == "stash tag update 1 --description ' wide '"
    assert 'tag 1  description: "" -> "wide"' in cli.ok("history", "show", "2").out


@pytest.mark.parametrize("words", [["--no-journal"], ["--dry-run"]])
def test_reading_commands_are_not_recorded(cli: Cli, words: list[str]) -> None:
    cli.ok("tag", "create", "--name", "Sea", *words)
    assert cli.ok("history", "--json").json == []


def test_reading_creates_no_journal(cli: Cli, own_state: Path) -> None:
    cli.ok("tag", "create", "--name", "Sea", "--no-journal")
    assert "nothing has been recorded" in cli.ok("history").err
    assert not list(own_state.rglob("journal*"))


def test_command_line_secrets_are_hidden(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", "Sea", "--custom-field", "api_key=hunter22")
    assert "hunter22" not in cli.ok("history", "--json").json[0]["command"]


def test_failure_is_recorded_with_its_reason(cli: Cli) -> None:
    for name in ("Sea", "Sand"):
        cli.ok("tag", "create", "--name", name)
    cli("tags", "update", "1", "2", "--name", "Rock", "--yes")
    assert cli.ok("history", "--json").json[0]["state"] == "incomplete"
    assert "failed" in cli.ok("history", "show", "3").out
    cli("tag", "create", "--name", "Rock")
    assert "Run 4 changed nothing" in cli("undo", "4", "--yes").err


def test_unwritable_journal_stops_the_command(cli: Cli, own_state: Path) -> None:
    cli.ok("tag", "create", "--name", "Sand", "--no-journal")
    cli.environ["STASH_STATE_DIR"] = str(own_state / "file")
    (own_state / "file").write_text("")
    result = cli("tag", "create", "--name", "Sea")
    assert (result.status, "--no-journal" in result.err) == (1, True)
    assert cli.ok("tags", "count").out.strip() == "1"


def test_unknown_runs(cli: Cli) -> None:
    assert cli("history", "show", "7").status == 3
    assert cli("history", "show", "last").status == 2


def test_profile_can_disable_it(cli: Cli, own_state: Path) -> None:
    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[profiles.quiet]\nurl = "{cli.environ.pop("STASH_URL")}"\njournal = false\n', "utf-8")
    path.chmod(0o600)
    cli.ok("tag", "create", "--name", "Sea", "-P", "quiet")
    assert cli.ok("history", "--json").json == []


def test_other_operations_are_listed_by_name(cli: Cli) -> None:
    given = 'mutation { configureGeneral(input: {username: "ada", password: "hunter22"}) { username } }'
    cli.ok("api", given)
    [run] = cli.ok("history", "--json").json
    assert (run["what"], run["state"]) == ("configure general", "cannot be undone")
    assert "hunter22" not in run["command"]
    assert "cannot be undone" in cli("undo", str(run["id"]), "--yes").err
