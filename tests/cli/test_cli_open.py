"""`stash open`: the pages of objects in the web interface."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cli_support import Cli, run_process
from table_tests import table_test


@pytest.fixture
def filled(served_url: str) -> Cli:
    """A server with one object of each type."""
    cli = Cli(served_url)
    made = 'a: sceneCreate(input: {title: "A"}) { id } b: tagCreate(input: {name: "Outdoor"}) { id }'
    made += ' c: groupCreate(input: {name: "G"}) { id } d: performerCreate(input: {name: "Ann"}) { id }'
    cli.ok("api", f"mutation {{ {made} }}")
    cli.ok(
        "marker", "create", "--scene", "1", "--seconds", "12.5", "--primary-tag", "Outdoor", "--title", "M"
    )
    return cli


@table_test(
    ("words", "page"),
    [
        ("scene 1", "/scenes/1"),
        ("scenes 1", "/scenes/1"),
        ("tag Outdoor", "/tags/1"),
        ("group G", "/groups/1"),
        ("performer Ann", "/performers/1"),
        ("marker 1", "/scenes/1?t=12.5"),
    ],
)
def test_page_urls(words: str, page: str, filled: Cli) -> None:
    address = filled.ok("open", *words.split(), "--print").out
    assert address == f"{filled.environ['STASH_URL']}{page}\n"
    noun, target = words.split()
    assert filled.ok(noun, "open", target, "--print").out == address


@table_test(
    ("words", "status", "says"),
    [
        ("scene 7", 3, "no scene with id 7"),
        ("scne 1", 2, "Did you mean scene?"),
        ("tag Nothing", 3, "no tag"),
    ],
)
def test_missing_object_is_not_opened(words: str, status: int, says: str, filled: Cli) -> None:
    result = filled("open", *words.split())
    assert result.status == status
    assert says.lower() in result.err.lower()


def test_library_file_has_no_pages(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", "A")
    assert "no web interface" in cli("open", "tag", "A").err


def test_browser_gets_the_url(filled: Cli, tmp_path: Path) -> None:
    url_file, browser = tmp_path / "told", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {url_file}.part && mv {url_file}.part {url_file}\n')
    browser.chmod(0o755)
    url = filled.environ["STASH_URL"]
    result = run_process("open", "scene", "1", STASH_URL=url, BROWSER=f"{browser} %s", PYTHON=sys.executable)
    assert (result.status, result.out) == (0, ""), result.err
    assert url_file.read_text() == f"{url}/scenes/1"
    none = run_process(
        "open", "scene", "1", STASH_URL=url, BROWSER=str(tmp_path / "none"), PATH="", DISPLAY=""
    )
    assert none.status == 1
    assert "--print" in none.err
