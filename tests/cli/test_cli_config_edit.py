"""`stash config edit`: settings edited as a file: validated, diffed, journalled, and without secrets."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli, CommandResult
from table_tests import table_test

LEVEL = "s/log_level:.*/log_level: Debug/"
Edit = Any


@pytest.fixture
def edit(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Run `config edit` on a terminal with an editor, whose files are kept in the folder `kept`."""
    cli.ok("config", "set", "general.parallel_tasks=2")
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "kept"))

    def run(editor: str, *words: str, answers: str = "") -> CommandResult:
        at_terminal = Cli(**{**cli.environ, "EDITOR": editor})
        return at_terminal("config", "edit", *words, terminal=True, answers=answers)

    return run


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "kept").iterdir())


def level(cli: Cli) -> str:
    return str(cli.ok("config", "get", "general.log_level").out.strip())


def test_edit_is_shown_confirmed_and_journalled(cli: Cli, edit: Edit, tmp_path: Path) -> None:
    result = edit(f"sed -i '{LEVEL};s/parallel_tasks:.*/parallel_tasks: 3/'", "general", answers="y\n")
    assert (result.status, level(cli), kept(tmp_path)) == (0, "Debug", [])
    assert "general.log_level: Info -> Debug" in result.err
    cli.ok("undo", "2", "--yes")
    assert level(cli) == "Info"
    declined = edit(f"sed -i '{LEVEL}'", answers="n\n")
    assert (declined.status, level(cli)) == (11, "Info")
    [file] = kept(tmp_path)
    assert (file.stat().st_mode & 0o777, str(file) in declined.err) == (0o600, True)


def test_invalid_setting_is_reported_and_the_rest_can_be_saved(cli: Cli, edit: Edit) -> None:
    wrong = "s/parallel_tasks:.*/parallel_tasks: many/;s/calculate_md5:.*/calculate_md5: perhaps/"
    result = edit(f"sed -i '{LEVEL};{wrong};$ a nonsense: {{x: 1}}'", answers="e\ns\ny\n")
    assert (result.status, level(cli)) == (0, "Debug")
    assert result.err.count("general.parallel_tasks: 'many' is not a whole number") == 2
    assert "general.calculate_md5: 'perhaps' is not true or false" in result.err
    assert "there is no section nonsense" in result.err
    given_up = edit("sed -i '1i [: no'", answers="q\n")
    assert (given_up.status, "this is no YAML" in given_up.err) == (11, True)


def test_secrets_are_not_in_the_file(cli: Cli, edit: Edit, tmp_path: Path) -> None:
    cli.ok("config", "set", "general.username=me", "general.password=hunter2", "plugins.a.token=hunter2")
    result = edit(f"cp -t {tmp_path}", answers="\n")
    [copy] = tmp_path.glob("stash-settings-*.yaml")
    assert (result.status, "hunter2" in copy.read_text(), "nothing to change" in result.err) == (
        0,
        False,
        True,
    )
    refused = edit("sed -i 's/token:.*/token: other/'", answers="q\n")
    assert "plugins.a.token is a secret" in refused.err


@table_test(
    ("editor", "status", "message"),
    [
        ("false", 1, "'false' ended with status 1"),
        ("no-such-editor", 1, "cannot be started"),
        ("truncate -s 0", 11, "the file is empty"),
        ("true", 0, "true has returned at once"),
        ("sed -i 's/^general:/generally:/'", 11, "there is no section generally"),
    ],
)
def test_failing_editors(edit: Edit, editor: str, status: int, message: str) -> None:
    result = edit(editor, answers="\n")
    assert (result.status, message in result.err) == (status, True), result.err


def test_requires_a_terminal(cli: Cli) -> None:
    assert "needs a terminal" in cli("config", "edit").err


def test_concurrent_changes_of_others_are_kept(cli: Cli, edit: Edit, tmp_path: Path) -> None:
    other = shlex.join([sys.executable, "-m", "stash_cli", "config", "set", "general.log_level=Error"])
    script = tmp_path / "editor"
    script.write_text(
        f"STASH_URL={shlex.quote(cli.environ['STASH_URL'])} {other} -q\n"
        f"sed -i '{LEVEL};s/parallel_tasks:.*/parallel_tasks: 3/' $1\n"
    )
    result = edit(f"sh {script}", answers="y\n")
    assert (result.status, level(cli)) == (6, "Error")
    assert "general.log_level" in result.err
    assert cli.ok("config", "get", "general.parallel_tasks").out == "3\n"
