"""`edit`: objects as YAML in an editor, validated, compared with concurrent changes, confirmed."""

from __future__ import annotations

import shlex
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from cli_support import Cli, CommandResult, program
from support import ROOT
from table_tests import table_test

from stash_cli.commands.records import documents

Edit = Any


@pytest.fixture
def cli(small_library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over scenes 1 Sea, 2 Sand, 3 Rocks and 4 Dunes."""
    copyfile(small_library, library_file)
    return Cli(embedded_url)


@pytest.fixture
def edit(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Run `edit` on a terminal with an editor, whose files are kept in the folder `kept`."""
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "kept"))

    def run(script: str, *words: str, answers: str = "") -> CommandResult:
        editor = script if script.startswith("sh ") else f"sed -i {shlex.quote(script)}"
        at_terminal = Cli(**{**cli.environ, "EDITOR": editor})
        return at_terminal("--color", "never", *words, terminal=True, answers=answers)

    return run


def titles(cli: Cli) -> list[str]:
    data = cli.ok("scenes", "find", "--sort", "id", "--json", "--fields", "title").json
    return [row["title"] for row in data]


def test_edit_is_shown_confirmed_and_undone(cli: Cli, edit: Edit, tmp_path: Path) -> None:
    script = 's/title: "S/title: "L/;/^tags:/,/^[^-]/{s/- "Beach"/- "Outdoor"/}'
    result = edit(script, "scenes", "edit", "1", "2", "3", answers="y\n")
    assert result.status == 0, result.err
    assert 'title: "Sea" -> "Lea"' in result.err
    assert "change 2 scenes" in result.err
    assert titles(cli) == ["Lea", "Land", "Rocks", "Dunes"]
    assert cli.ok("scene", "show", "1", "--json", "--fields", "tags.name").json["tags"] == [
        {"name": "Outdoor"}
    ]
    assert not list((tmp_path / "kept").iterdir())
    cli.ok("undo", "1", "-y")
    assert titles(cli) == ["Sea", "Sand", "Rocks", "Dunes"]


@table_test(
    ("script", "message"),
    [
        ("s/nothing/x/", "nothing to change"),
        ("2,$d", "nothing to change"),
        ("d", "the file is empty"),
        ("s/title:.*/title: 1:30/", 'title: "Sea" -> "1:30"'),
        ("s/title:.*/title: no/", 'title: "Sea" -> "no"'),
        ("s/^rating100:.*/rating100: ~/", "rating100: 90 -> nothing"),
        ("s/^organized:.*/organized: true/", "organized: no -> yes"),
        ("s/^rating100:.*/rating100: 900/", "rating100: 900 is not between"),
        ("s/^studio:.*/studio: Nope/", "no studio 'Nope'"),
        ('s/^id:.*/id: "9"/', "there was no object 9 in the text"),
        ("s/^id:.*//", "it has no id"),
        ("s/^code:.*/titel: x/", "column titel: no such field"),
        ("s/^code:.*/title: x/", "title is there twice"),
        ("s/^code:.*/code: [/", "no YAML"),
    ],
    ids=str,
)
def test_single_edit(script: str, message: str, edit: Edit) -> None:
    result = edit(script, "scene", "edit", "1", "-n", answers="\nq\n")
    assert message in result.err


def test_errors_can_be_fixed_or_skipped(cli: Cli, edit: Edit, tmp_path: Path) -> None:
    wrong = 's/rating100: 80/rating100: 800/;s/"Sea"/"Lake"/'
    result = edit(wrong, "scenes", "edit", "1", "2", answers="s\n")
    assert result.status == 0, result.err
    assert "1 object is valid: [e]dit again" in result.err
    assert titles(cli) == ["Lake", "Sand", "Rocks", "Dunes"]
    mended = "s/rating100: 80$/rating100: 800/;t;s/rating100: 800/rating100: 8/"
    assert edit(mended, "scenes", "edit", "2", answers="e\n").status == 0
    given_up = edit('s/"Rocks"/"R"/;s/^organized:.*/organized: maybe/', "scenes", "edit", "3", answers="q\n")
    [file] = (tmp_path / "kept").iterdir()
    assert (given_up.status, str(file) in given_up.err) == (11, True)
    assert titles(cli)[2] == "Rocks"


def test_concurrent_changes_are_conflicts(
    cli: Cli, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shlex.join(program("--server", cli.environ["STASH_URL"], "scene", "update", "1", "title=Theirs"))
    (tmp_path / "editor").write_text(f"""{other}\nsed -i 's/"Sea"/"Mine"/' "$1"\n""")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = edit(f"sh {tmp_path / 'editor'}", "scene", "edit", "1", answers="e\n")
    assert "scene 1 was changed by others meanwhile" in result.err
    assert (result.status, titles(cli)[0]) == (0, "Mine")


def test_requires_a_terminal_and_few_objects(cli: Cli, edit: Edit) -> None:
    assert cli("scene", "edit", "1").status == 2
    assert "no scenes are chosen" in edit("d", "scenes", "edit").err
    assert edit("d", "scene", "edit", "99").status == 3


def test_texts_round_trip() -> None:
    row = {
        "id": "1",
        "a": "no",
        "b": "1:30",
        "c": "007",
        "d": "x\ny",
        "e": " x",
        "f": ["on", "a, b"],
        "g": None,
    }
    [found] = documents.read(documents.written([row], "head"))
    assert found.values == row
