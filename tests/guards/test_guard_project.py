"""The project's files agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from runpy import run_path
from typing import Any

import pytest
from support import ROOT
from table_tests import table_test

import stash_cli


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.long
def test_generated_files_are_up_to_date() -> None:
    result = subprocess.run(
        [sys.executable, "scripts/generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_newest_changelog_entry_is_the_version() -> None:
    [newest, *_] = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text("CHANGELOG.md"), re.MULTILINE)
    assert newest == stash_cli.__version__


def test_readme_has_two_setup_commands() -> None:
    assert len(re.findall(r"pip install", text("README.md"))) == 2


def test_ci_installs_and_tests_like_the_readme() -> None:
    assert "'.[dev]'" in text("README.md")
    assert "'.[dev]'" in text(".ci/run")
    assert text("scripts/check").rstrip().endswith("pytest")


LOWEST: dict[str, Any] = run_path(str(ROOT / "scripts" / "lowest"))
DEPENDENCIES: list[str] = LOWEST["requirements"](tomllib.loads(text("pyproject.toml")))


def test_declared_dependencies_are_detected() -> None:
    names = {re.split(r"[<>=;]", each)[0] for each in DEPENDENCIES}
    assert {"hatchling", "typer", "pydantic", "av", "SQLAlchemy", "pytest", "mypy"} <= names


@table_test("dependency", DEPENDENCIES)
def test_every_dependency_has_a_lower_bound_and_a_reason(dependency: str) -> None:
    name, _, version = LOWEST["lowest"](dependency).partition("==")
    assert dependency.startswith(name)
    assert version
    lines = [each for each in text("pyproject.toml").splitlines() if f'"{dependency}"' in each]
    assert lines
    assert all(re.search(r"  # \S", line) for line in lines)


@pytest.mark.parametrize(
    ("requirement", "pin"),
    [
        ("typer>=0.28,<0.29", "typer==0.28"),
        ("uvicorn[standard] >= 0.35", "uvicorn==0.35"),
        (
            "google-re2>=1.1.20251105; python_version < '3.14'",
            "google-re2==1.1.20251105; python_version < '3.14'",
        ),
        ("x<2,>=1.0", "x==1.0"),
    ],
)
def test_lower_bound_of_a_requirement(requirement: str, pin: str) -> None:
    assert LOWEST["lowest"](requirement) == pin


@pytest.mark.parametrize("requirement", ["rich", "rich<15", "rich==14", "rich @ file:///rich.whl"])
def test_requirement_without_a_lower_bound_is_rejected(requirement: str) -> None:
    with pytest.raises(ValueError, match="has no lower bound"):
        LOWEST["lowest"](requirement)
