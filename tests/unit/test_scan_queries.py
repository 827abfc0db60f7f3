"""Queries that run once per file use an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scan_library import ScanLibrary, scan_library
from sqlalchemy import Select, event
from table_tests import table_test

from stash_cli.embedded.scan import importer, matching, rows

HASHES = rows.hashes({"oshash": "0" * 16, "md5": "0" * 32})
BESIDE = {"folder": 1, "first": "a.", "past": "a/"}
NAMES = {"folders": ["/a", "/b"], "names": ["x", "y"]}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScanLibrary]:
    with scan_library(tmp_path_factory.mktemp("plans")) as opened:
        yield opened


def plan(empty: ScanLibrary, statement: Select[Any], parameters: dict[str, Any]) -> list[str]:
    """Steps of SQLite's query plan."""
    sent: list[tuple[str, Any]] = []
    with empty.library.database.read() as connection:

        def note(_c: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
            sent.append((text, values))

        event.listen(connection, "before_cursor_execute", note)
        connection.execute(statement, parameters).all()
        event.remove(connection, "before_cursor_execute", note)
        text, values = sent[-1]
        return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]


@table_test(
    ("statement", "parameters"),
    [
        (matching._FILES_AT, NAMES),
        (matching._CAPTIONS, {"ids": [1, 2]}),
        (matching._SAME_CONTENT, {"size": 1, **HASHES}),
        (matching._AT_PATH, {"path": "/a"}),
        (matching._MEMBERS_OF_ZIP, {"zip": 1}),
        (rows._FOLDER_BY_PATH, {"path": "/a"}),
        (rows._FIND_FILE, {"folder": 1, "name": "a"}),
        (rows._FINGERPRINTS, {"file": 1}),
        (importer._FOLDER_GALLERY, {"folder": 1}),
        *((owner.owning, {"file": 1}) for owner in (importer.SCENE, importer.IMAGE, importer.GALLERY)),
        *((owner.sharing, HASHES) for owner in (importer.SCENE, importer.IMAGE, importer.GALLERY)),
        *((beside, BESIDE) for beside in importer._BESIDE.values()),
    ],
)
def test_per_file_queries_scan_no_table(
    empty: ScanLibrary, statement: Select[Any], parameters: dict[str, Any]
) -> None:
    steps = plan(empty, statement, parameters)
    assert not [step for step in steps if step.startswith("SCAN")], steps


def test_known_files_are_found_by_folder_and_name(empty: ScanLibrary) -> None:
    steps = plan(empty, matching._FILES_AT, NAMES)
    assert any("parent_folder_id=? AND basename=?" in step for step in steps), steps
