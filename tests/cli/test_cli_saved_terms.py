"""Saved filters as query terms and as `--saved`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli
from table_tests import table_test

HIGH = {"rating100": {"modifier": "GREATER_THAN", "value": {"value": 79}}}
TAGGED = {
    "tags": {"modifier": "INCLUDES", "value": {"items": [{"id": "1", "label": "Outdoor"}], "depth": -1}}
}
UNKNOWN = {"nonsense": {"modifier": "EQUALS", "value": 1}, **HIGH}


def save(cli: Cli, name: str, criteria: Any, **paging: Any) -> None:
    given = {"mode": "SCENES", "name": name, "object_filter": criteria, "find_filter": paging}
    cli.ok("api", "--operation", "saveFilter", "-F", f"input={json.dumps(given)}")


@pytest.fixture
def filled(small_library: Path, tmp_path: Path) -> Cli:
    cli = Cli(f"embedded:{shutil.copy(small_library, tmp_path / 'copy.sqlite')}")
    save(cli, "High", HIGH, sort="date", per_page=40)
    save(cli, "All outdoor", TAGGED)
    save(cli, "Not sand", {}, q="-sand s")
    save(cli, "Odd", UNKNOWN)
    return cli


FOUND = [
    (["saved:High"], ["1", "2"]),
    (["--saved", "high"], ["1", "2"]),
    (["saved:All outdoor", "-tag:Beach"], ["2"]),
    (['saved:"All outdoor" -tag:Beach'], ["2"]),
    (["--saved", "High", "--saved", "All outdoor", "--tag", "Beach"], ["1"]),
    (["-saved:High"], ["3", "4"]),
    (["saved:High", "or", "no:rating"], ["1", "2", "4"]),
    (["saved:Not sand"], ["1", "3", "4"]),
    (["-saved:Not sand"], ["2"]),
    (["saved:id:1"], ["1", "2"]),
]


@table_test("row", FOUND, ids=lambda row: " ".join(row[0]))
def test_saved_filter_is_a_term(filled: Cli, row: tuple[list[str], list[str]]) -> None:
    words, expected = row
    assert filled.ok("scenes", "find", "--ids", *words).out.split() == expected


def test_ignored_and_omitted_criteria_are_reported(filled: Cli) -> None:
    assert "'High': its order and number of rows are ignored" in filled.ok("scenes", "find", "saved:High").err
    odd = filled.ok("scenes", "find", "saved:Odd", "--ids")
    assert "'Odd': nonsense is left out" in odd.err
    assert odd.out.split() == ["1", "2"]


def test_unknown_names_are_rejected(filled: Cli) -> None:
    assert filled("scenes", "find", "saved:Hihg").status == 3
    assert "is for scenes, not for tags" in filled("tags", "find", "saved:High").err
    assert filled("scenes", "find", "performers:(saved:High)").status == 2
    assert filled("scenes", "find", "--saved", "").status == 2
    assert filled("scenes", "find", "saved:").status == 2
