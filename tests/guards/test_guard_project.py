"""The project's own files agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support import ROOT

import stash_cli


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_generated_files_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_newest_changelog_entry_is_the_version() -> None:
    [newest, *_] = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text("CHANGELOG.md"), re.MULTILINE)
    assert newest == stash_cli.__version__


def test_readme_has_exactly_two_set_up_commands() -> None:
    assert len(re.findall(r"pip install", text("README.md"))) == 2


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    assert "'.[dev]'" in text("README.md")
    assert "'.[dev]'" in text(".ci/run")
    assert text("scripts/check").rstrip().endswith("pytest")


@pytest.mark.parametrize("line", re.findall(r'^    "[^"]+".*$', text("pyproject.toml"), re.MULTILINE))
def test_every_dependency_has_a_reason(line: str) -> None:
    if re.search(r'"[\w.-]+(\[\w+\])?[<>=]', line):
        assert "#" in line
