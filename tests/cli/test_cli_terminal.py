"""Text of a library cannot control a terminal: it is escaped there in every format, and exact in a pipe."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from cli_support import Cli, CommandResult
from table_tests import table_test

from stash_cli.commands.argv.flags import FORMATS

HOSTILE = "a\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u2066b\rc\x7f\U000e0041"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0041]")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
SETTINGS = {"TERM": "dumb"}


@pytest.fixture
def hostile(embedded_url: str) -> Cli:
    """The program over a scene and a tag whose names contain terminal escapes."""
    cli = Cli(embedded_url, **SETTINGS)
    source = json.dumps({"name": HOSTILE})
    cli.ok("tag", "create", "--input", "-", answers=source)
    cli.ok("scene", "create", "--input", "-", answers=json.dumps({"title": HOSTILE, "code": HOSTILE}))
    return cli


def assert_harmless(done: CommandResult) -> None:
    for text in (done.out, done.err):
        assert not UNSAFE.search(STYLE.sub("", text)), text


@table_test("name", FORMATS)
def test_every_format_escapes_control_characters(name: str, hostile: Cli) -> None:
    assert_harmless(hostile.ok("scenes", "find", "-o", name, terminal=True))
    assert_harmless(hostile.ok("scene", "show", "1", "-o", name, terminal=True))


def test_questions_errors_and_logs_escape_them_too(hostile: Cli) -> None:
    result = hostile("tag", "delete", "1", terminal=True, answers="n\n")
    assert "[y/N]" in result.err
    assert_harmless(result)
    assert_harmless(hostile("tag", "show", HOSTILE, terminal=True))
    assert_harmless(hostile("tag", "create", "--name", HOSTILE, "-vv", terminal=True))
    assert_harmless(hostile("tags", "find", "-vv", terminal=True))
    assert_harmless(hostile.ok("api", "{ findTags { tags { name } } }", terminal=True))


def test_title_cannot_imitate_a_question(embedded_url: str) -> None:
    cli = Cli(embedded_url, **SETTINGS)
    cli.ok("scene", "create", "--title", "x\ndelete tag 7? [y/N] \ty\n")
    for words in (["scene", "delete", "1"], ["scene", "update", "1", "--organized", "--dry-run"]):
        result = cli(*words, terminal=True, answers="n\n")
        assert "\ndelete tag 7" not in result.err


def test_json_on_a_terminal_is_equivalent(hostile: Cli) -> None:
    assert hostile.ok("tags", "find", "--json", terminal=True).json[0]["name"] == HOSTILE


def test_pipe_gets_the_exact_text(hostile: Cli) -> None:
    fields = ("--fields", "name")
    assert hostile.ok("tags", "find", "--json").json[0]["name"] == HOSTILE
    text = io.StringIO(hostile.ok("tags", "find", "--csv", *fields).out, newline="")
    assert list(csv.reader(text))[1] == [HOSTILE]


def test_paths_are_exact_in_a_pipe_and_escaped_on_a_terminal(embedded_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "x\x1b[31my"
    folder.mkdir()
    cli = Cli(embedded_url, **SETTINGS)
    cli.ok("library", "add", str(folder))
    assert cli.ok("library", "list", "--paths").out == f"{folder}\n"
    assert_harmless(cli.ok("library", "list", "--paths", terminal=True))
    assert_harmless(cli.ok("library", "remove", str(folder), terminal=True))
