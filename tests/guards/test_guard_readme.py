"""Dialogues, errors and links in the guides are right; test_guard_guides.py runs the code."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

from guide_blocks import PAGES
from served_library import serve_library, set_password
from support import ROOT
from table_tests import table_test
from terminal import Terminal

import stash_cli
from stash_cli.app import run
from stash_cli.core import errors
from stash_cli.embedded import open_library
from stash_cli.embedded.library.settings import Credentials
from stash_cli.output.streams import fake_streams

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
DOCS = ROOT / "docs"


def test_setting_the_library_password_works_as_shown(tmp_path: Path) -> None:
    guide = (DOCS / "serving.md").read_text(encoding="utf-8")
    line = re.search(r"^read -rs PASSWORD && (.*) \\\n +(.*)$", guide, re.MULTILINE)
    assert line
    argv = shlex.split(f"{line[1]} {line[2]}".partition(" | stash ")[2])
    argv = [word.replace("my.sqlite", str(tmp_path / "my.sqlite")) for word in argv]
    streams = fake_streams(answers="secret-word")
    assert run(argv, streams, {}) == 0, streams.err.getvalue()  # type: ignore[attr-defined]
    with open_library(str(tmp_path / "my.sqlite")) as library:
        assert Credentials.read(library).accepts_login("ada", "secret-word")


TYPED = {
    "API key (empty: log in with user name and password):": "",
    "User name:": "me",
    "Password:": "secret-word",
    "[y/N]": "y",
}
"""Answers typed at the questions of the transcript."""


def test_the_first_minute_is_as_shown(own_state: Path, library_file: Path) -> None:
    guide = (DOCS / "connections.md").read_text(encoding="utf-8")
    section = guide.partition("first minute")[2].partition("\n`login`")[0]
    with serve_library(library_file, host="localhost") as url:
        set_password(url, "me", "secret-word")
        shown = section.replace("http://localhost:9999", url).replace("/home/me/.config", str(own_state))
        commands = re.findall(r"^\$ stash (.*)\n((?:[^$`].*\n)*)", shown, re.MULTILINE)
        assert [words.split()[0] for words, _ in commands] == ["login", "tags", "auth"]
        for words, expected in commands:
            with Terminal(*words.split()) as terminal:
                for question, answer in TYPED.items() if words.startswith("login") else ():
                    terminal.answer(question, answer)
                assert terminal.wait() == 0, terminal.text
            seen = [line.rstrip() for line in ANSI.sub("", terminal.text).splitlines()]
            assert seen == [line.rstrip() for line in expected.splitlines()]


def test_every_error_is_in_the_guide() -> None:
    guide = (DOCS / "errors.md").read_text(encoding="utf-8")
    for name, cls in inspect.getmembers(errors, inspect.isclass):
        if issubclass(cls, errors.StashError):
            assert hasattr(stash_cli, name), f"add {name} to _PUBLIC in stash_cli/__init__.py"
            rows = [line for line in guide.splitlines() if f"`{name}`" in line and line.startswith("|")]
            assert rows, f"add a row for {name} to docs/errors.md"
            row = rows[0]
            assert f"`{cls.code}`" in row
            assert f"| {cls.exit_status} |" in row


@table_test("page", PAGES, ids=lambda page: page.name)
def test_links_have_targets(page: Path) -> None:
    """Files; `mkdocs build --strict` also checks heading anchors."""
    text = page.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []
