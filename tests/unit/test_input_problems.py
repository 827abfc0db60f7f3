"""Validation errors of inputs as one line in the API's words; importable names of enums and types."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from table_tests import table_test

import stash_cli
from stash_cli.core import types
from stash_cli.core.errors import StashInputError
from stash_cli.core.types import FuzzyDate, LogLevel, PackageType, PreviewPreset
from stash_cli.core.types.api import describe_api

NAMED = {"nmae": {"value": "x", "modifier": "EQUALS"}}


@table_test(
    ("name", "given", "line"),
    [
        (
            "FindFilterType",
            {"direction": "desc"},
            "FindFilterType.direction: Input should be 'ASC' or 'DESC'",
        ),
        ("FindFilterType", {"perPage": 5}, "FindFilterType has no field 'perPage'. Did you mean per_page"),
        (
            "SceneFilterType",
            {"OR": {"titel": {}}},
            "SceneFilterType has no field 'titel' (in SceneFilterType.OR). Did you mean title?",
        ),
        (
            "SceneFilterType",
            {"performers_filter": NAMED},
            "PerformerFilterType has no field 'nmae' (in SceneFilterType.performers_filter). Did you",
        ),
        (
            "SceneFilterType",
            {"performers_filter": 5},
            "SceneFilterType.performers_filter: expected PerformerFilterType, got int (got 5).",
        ),
        ("SceneFilterType", {"title": {"value": "x"}}, "SceneFilterType.title.modifier is required."),
        (
            "SceneUpdateInput",
            {"id": 1, "groups": [{"group_id": 1, "scene_indx": 2}]},
            "SceneGroupInput has no field 'scene_indx' (in SceneUpdateInput.groups.0). Did you mean",
        ),
        ("SceneUpdateInput", {"id": 1, "rating100": 101}, "SceneUpdateInput.rating100: Input should be less"),
        (
            "ConfigGeneralInput",
            {"stashes": [{"path": "/x"}]},
            "ConfigGeneralInput.stashes.0.excludeVideo is required.",
        ),
        ("SceneMergeInput", "x", "SceneMergeInput: Input should be a valid dictionary"),
    ],
)
def test_error_line_names_path_and_problem(name: str, given: Any, line: str) -> None:
    with pytest.raises(StashInputError) as caught:
        getattr(types, name).parse(given)
    assert caught.value.message.startswith(line)
    assert "[" not in caught.value.message.split(" (got")[0]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("2024", "2024"),
        ("", ""),
        (FuzzyDate("2024-03"), "2024-03"),
        (date(2024, 3, 15), "2024-03-15"),
        (datetime(2024, 3, 15, 23, 59), "2024-03-15"),  # noqa: DTZ001 - a day has no zone
    ],
)
def test_dates(given: Any, text: str) -> None:
    assert types.SceneUpdateInput.parse({"id": 1, "date": given}).to_graphql()["date"] == text


def test_enum_members_are_upper_case() -> None:
    for cls in (LogLevel, PackageType, PreviewPreset):
        values = describe_api().types[cls.__name__].values
        assert [member.value for member in cls] == list(values)
        assert all(getattr(cls, value.upper()) is getattr(cls, value) is cls(value) for value in values)


def test_all_names_can_be_imported_together() -> None:
    found: dict[str, Any] = {}
    exec("from stash_cli.core.types import *", found)
    assert set(dir(types)) <= set(found)
    assert found["Scene"] is types.Scene
    assert "import_module" not in found
    exec("from stash_cli import *", outer := {})
    assert set(outer) - {"__builtins__"} == set(dir(stash_cli)) - {"__version__"}
