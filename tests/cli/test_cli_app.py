"""The application imported by other programs, and the recipe for another noun."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from cli_support import Cli
from typer.testing import CliRunner

import stash_cli.commands
from stash_cli import __version__
from stash_cli.app import NOUNS, app

PLACES = '''
"""`stash places`."""

from stash_cli.commands.common.noun import Noun, Verbs
from stash_cli.core.types.entities import Entity
from stash_cli.output.values import columns

NOUN = Noun(
    Entity("Folder", "place", "places", label="path", list_name="folders", sort_keys="path"),
    columns=columns("id>", "path"),
    files=("path",),
    verbs=(Verbs.find("stash places find --sort path"), Verbs.count()),
)
'''


def test_typer_runner_accepts_the_application(embedded_url: str) -> None:
    runner = CliRunner(env={"STASH_URL": embedded_url})
    assert runner.invoke(app, ["--version"]).stdout == f"stash {__version__}\n"
    assert (
        runner.invoke(app, ["tag", "create", "--input", "-", "--ids"], input='{"name": "A"}').stdout == "1\n"
    )
    assert runner.invoke(app, ["tags", "count"]).stdout == "1\n"
    missing = runner.invoke(app, ["tag", "show", "B"])
    assert (missing.exit_code, missing.stdout) == (3, "")
    assert missing.stderr.startswith("stash: ")


@pytest.mark.parametrize(
    ("line", "status"), [("tags count", 0), ("tags cout", 2), ("tag show 7", 3), ("", 0)]
)
def test_including_application_has_the_same_exit_status(line: str, status: int, embedded_url: str) -> None:
    Cli(embedded_url).ok("tag", "create", "--name", "A")
    outer = typer.Typer()
    outer.add_typer(app, name="stash")
    outer.command()(lambda: None)
    runner = CliRunner(env={"STASH_URL": embedded_url})
    alone, inside = runner.invoke(app, line), runner.invoke(outer, f"stash {line}")
    assert (alone.exit_code, inside.exit_code) == (status, status)
    if line:
        assert (inside.stdout, inside.stderr.replace("outer stash", "stash")) == (alone.stdout, alone.stderr)


def test_noun_is_one_module_and_one_line(
    tmp_path: Path, embedded_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "places.py").write_text(PLACES, encoding="utf-8")
    monkeypatch.setattr(stash_cli.commands, "__path__", [*stash_cli.commands.__path__, str(tmp_path)])
    monkeypatch.setattr("stash_cli.app.NOUNS", (*NOUNS, ("place", "places")))
    media = tmp_path / "media"
    media.mkdir()
    cli = Cli(embedded_url)
    cli.ok("library", "add", str(media))
    cli.ok("scan", "--wait", "-q")
    assert "Find, show, count, edit and delete places" in cli.ok("--help").out
    assert "stash places find --sort path" in cli.ok("places", "find", "--help").out
    assert cli.ok("place", "find", "--path", str(media), "--paths").out == f"{media}\n"
    assert cli.ok("places", "count", "--path-ne", "x").out == "1\n"
