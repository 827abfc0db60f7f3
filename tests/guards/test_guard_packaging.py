"""Manual pages, archives and repository files agree with the project."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import ROOT
from table_tests import table_test

from stash_cli.app import root
from stash_cli.commands.topics import TOPICS

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = sorted((ROOT / "man").glob("man*/*"))


def test_every_command_and_topic_has_a_manual_page() -> None:
    commands = {f"stash-{name}.1" for name, entry in root().entries.items() if not entry.alias_of}
    topics = {f"stash-{topic}.7" for topic in TOPICS}
    assert {page.name for page in PAGES} == commands | topics | {"stash.1", "stash-settings.5"}


@table_test("page", PAGES, ids=lambda page: page.name)
def test_manual_pages_have_no_accidental_roff_requests(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(".TH ")
    known = (".TH ", ".SH ", ".SS ", ".PP", ".TP", ".in", ".nf", ".fi")
    assert [line for line in lines if line[:1] in (".", "'") and not line.startswith(known)] == []
    assert not any("-" in line.replace("\\-", "") for line in lines[1:]), "a dash is written \\-"


def test_no_help_text_is_inherited_from_python() -> None:
    wrong = [page.name for page in PAGES if "arguments and keywords" in page.read_text(encoding="utf-8")]
    assert wrong == []


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("width", [60, 80])
def test_roff_reports_no_warnings(width: int) -> None:
    command = ["groff", "-k", "-man", "-ww", "-Tutf8", f"-rLL={width}n", *map(str, PAGES)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""


def test_files_installed_beside_the_package_exist() -> None:
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert [name for name in shared if not (ROOT / name).exists()] == []


def test_workflow_runs_the_gate_on_every_supported_version() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8"))
    gate = workflow["jobs"]["gate"]
    named = [each.rpartition(" ")[2] for each in PROJECT["project"]["classifiers"] if "Python :: 3." in each]
    assert {*named} <= {*gate["strategy"]["matrix"]["python"]}
    assert gate["steps"][-1]["run"] == "bash .ci/run"


@table_test("path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name)
def test_issue_templates_are_valid(path: Path) -> None:
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert path.stem == "config" or all(part["attributes"]["label"] for part in facts["body"])


def test_commit_hooks_need_no_downloads() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [each["repo"] for each in hooks["repos"]] == ["local"]
