"""Undo on older servers: unsupported parts are reported separately."""

from __future__ import annotations

from typing import Any

from schemas import capabilities_of, old_schema
from table_tests import table_test

from stash_cli.core.edits.journal.described import edits_of
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.undo.undo import refusal
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.unset import UNSET

EDITS = [
    ("Scene", "play_count", 2, 1, "needs Stash 0.25 or newer"),
    ("Scene", "play_history", ["2024-01-01T00:00:00Z"], Change(removed=("2024-01-01T00:00:00Z",)), "0.25"),
    ("Gallery", "cover", None, "3", "setGalleryCover needs Stash 0.27 or newer"),
]


@table_test(("type_name", "field", "before", "after", "reason"), EDITS)
def test_server_0_22_reports_unsupported_undo(
    type_name: str, field: str, before: Any, after: Any, reason: str
) -> None:
    edit = Edit(type_name, "1", field, before, after)
    found = refusal(edit, capabilities_of(old_schema(), "v0.22.1"))
    assert reason in found
    assert not refusal(edit)


OPERATIONS = [
    ("sceneAssignFile", {"scene_id": "2", "file_id": "7"}, ("BaseFile", "7", "scene", "2")),
    ("moveFiles", {"ids": ["7"], "destination_folder": "/a"}, ("BaseFile", "7", "path", "/a/")),
    ("destroySavedFilter", {"id": "3"}, ("SavedFilter", "3", "filter", None)),
    (
        "configureScraping",
        {"scraperCertCheck": True},
        ("Setting", "scraping.scraper_cert_check", "value", True),
    ),
    ("configureGeneral", {"password": "hunter2"}, None),
]


@table_test(("name", "given", "expected"), OPERATIONS)
def test_mutations_of_other_clients_are_edits(name: str, given: dict[str, Any], expected: Any) -> None:
    found = [(e.type, e.id, e.field, e.after) for e in edits_of(Operation(name, {"input": given}))]
    assert found == ([expected] if expected else [])
    assert all(e.before is UNSET for e in edits_of(Operation(name, {"input": given})))
