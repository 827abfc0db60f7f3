"""A scan of the reference media compared with the result of a real server."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support import reference, rows
from table_tests import table_test

from stash_cli.embedded import open_library

ROWS = list(rows(reference("conformance", "scan.jsonl")))
RECORDED_AT = 1704164645
"""Modification time of every file when the rows were recorded: 2024-01-02 03:04:05 UTC."""

JOBS = {
    "scan job as polled": ("metadataScan(input: {scanGeneratePhashes: true})", ""),
    "second scan of a sub-folder as polled": ("metadataScan(input: {paths: [$path]})", "videos/short"),
    "clean dry run as polled": ("metadataClean(input: {paths: [$path], dryRun: true})", ""),
}
"""Rows that poll a job -> the mutation that starts it, and its folder."""


def verdicts() -> Callable[[dict[str, Any], Any, list[str]], str | None]:
    path = reference("conformance", "check.py")
    assert path is not None
    spec = importlib.util.spec_from_file_location("check", path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    verdict: Callable[[dict[str, Any], Any, list[str]], str | None] = module.verdict
    return verdict


def placed(value: Any, media: str) -> Any:
    """A recorded value with the name of this media folder."""
    if isinstance(value, str):
        return value.replace("{media}", media)
    if isinstance(value, list):
        return [placed(item, media) for item in value]
    if isinstance(value, dict):
        return {key: placed(item, media) for key, item in value.items()}
    return value


class Scanned:
    """A library whose media folder is a copy of the reference media, with the rows replayed in order."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.media = folder / "media"
        shutil.copytree(source, self.media)
        for path in self.media.rglob("*"):
            os.utime(path, (RECORDED_AT, RECORDED_AT))
        self.library = open_library(str(folder / "library.sqlite"))
        stashes = [{"path": str(self.media), "excludeVideo": False, "excludeImage": False}]
        self.ask(
            "mutation($s: [StashConfigInput!]) { configureGeneral(input: {stashes: $s}) { databasePath } }",
            {"s": stashes},
        )
        self.verdict = verdicts()

    def ask(self, query: str, variables: dict[str, Any]) -> tuple[Any, list[str]]:
        outcome = self.library.execute(query, variables)
        return outcome.data, [error["message"] for error in outcome.errors or ()]

    def difference(self, row: dict[str, Any]) -> str | None:
        row = {**row, **placed({key: row[key] for key in ("variables", "expect")}, str(self.media))}
        if row["query"] is None:
            return self.job_difference(row)
        answer = self.ask(row["query"], row["variables"])
        self.library.jobs.wait_idle(60)
        return self.verdict(row, *answer)

    def job_difference(self, row: dict[str, Any]) -> str | None:
        """Polling happens at other moments; only the final state of a job is comparable."""
        mutation, folder = JOBS[row["name"]]
        header = "mutation($path: String!)" if "$path" in mutation else "mutation"
        data, errors = self.ask(f"{header} {{ {mutation} }}", {"path": str(self.media / folder)})
        assert not errors
        self.library.jobs.wait_idle(60)
        query = (
            "query($id: ID!) { findJob(input: {id: $id}) { id status progress description subTasks error } }"
        )
        answer = self.ask(query, {"id": next(iter(data.values()))})
        return self.verdict({**row, "expect": {"findJob": row["expect"][-1]}}, *answer)


@pytest.fixture(scope="module")
def differences() -> Iterator[list[str | None]]:
    """Difference of each row, replayed in file order.

    Text searches match the whole path, so the folder's name must contain no letters to be found.

    """
    source = reference("conformance", "media")
    assert source is not None
    folder = Path(tempfile.gettempdir(), f"{os.getpid()}-{time.time_ns()}")
    folder.mkdir()
    try:
        scanned = Scanned(folder, source)
        yield [scanned.difference(row) for row in ROWS]
        scanned.library.close()
    finally:
        shutil.rmtree(folder)


@table_test("number", range(len(ROWS)), ids=lambda number: f"{number}-{ROWS[number]['name']}")
def test_row(differences: list[str | None], number: int) -> None:
    assert differences[number] is None
