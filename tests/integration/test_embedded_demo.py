"""The demo library: fast to create, deterministic, and with data of every kind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from library_client import LibraryClient, library_client
from table_tests import table_test

from stash_cli.embedded import open_library
from stash_cli.embedded.demo import build, demo_path, reset_demo


@pytest.fixture
def demo(library_file: Path):
    with library_client(library_file) as ask:
        build(ask.library)
        yield ask


def content(ask: LibraryClient) -> list[tuple[object, ...]]:
    with ask.library.database.read() as connection:
        tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        ).scalars()
        return [
            tuple(row)
            for name in tables.all()
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')
        ]


def test_is_deterministic(demo, tmp_path):
    with library_client(tmp_path / "again.sqlite") as again:
        build(again.library)
        assert content(again) == content(demo)


def test_is_consistent_and_large_enough(demo):
    kinds = ("scene", "image", "gallery", "performer", "studio", "tag", "group")
    totals = demo(f"{{ stats {{ {' '.join(f'{kind}_count' for kind in kinds)} }} }}")
    assert totals["scene_count"] == 240
    assert totals["image_count"] == 120
    assert totals["gallery_count"] == 30
    assert totals["performer_count"] == 61
    assert min(totals["studio_count"], totals["group_count"]) >= 20
    assert totals["tag_count"] >= 50
    with demo.library.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


@table_test(
    "given",
    [
        {"rating100": {"value": 79, "modifier": "GREATER_THAN"}},
        {"has_markers": "true"},
        {"o_counter": {"value": 0, "modifier": "GREATER_THAN"}},
        {"play_count": {"value": 1, "modifier": "GREATER_THAN"}},
        {"tags": {"value": ["1"], "depth": -1, "modifier": "INCLUDES"}},
        {"performers_filter": {"country": {"value": "JP", "modifier": "EQUALS"}}},
        {"galleries": {"modifier": "NOT_NULL"}},
        {"groups": {"modifier": "NOT_NULL"}},
        {"stash_id_endpoint": {"modifier": "NOT_NULL"}},
        {"resolution": {"value": "FULL_HD", "modifier": "GREATER_THAN"}},
        {"file_count": {"value": 1, "modifier": "GREATER_THAN"}},
        {"studios": {"modifier": "IS_NULL"}},
        {"duplicated": {"duplicated": True}},
    ],
    ids=lambda given: next(iter(given)),
)
def test_every_filter_kind_matches_some_objects_but_not_all(demo, given):
    document = "query($f: SceneFilterType) { findScenes(scene_filter: $f) { count } }"
    assert 3 <= demo(document, f=given)["count"] < 240


@table_test(("distance", "sizes"), [(0, [2] * 3), (4, [2] * 5 + [3])])
def test_some_scenes_are_duplicates(demo, distance, sizes):
    document = "query($d: Int) { findDuplicateScenes(distance: $d, duration_diff: 1) { id } }"
    assert sorted(len(group) for group in demo(document, d=distance)) == sizes


def test_some_names_are_similar_and_some_tags_unused(demo):
    named = {tag["name"] for tag in demo("{ findTags(filter: {per_page: -1}) { tags { name } } }")["tags"]}
    assert named >= {"Sunset", "Sunsets", "Time-lapse", "Time Lapse", "Lighthouse", "light house"}
    unused = "query { findTags(tag_filter: {scene_count: {value: 0, modifier: EQUALS}}) { tags { name } } }"
    assert {"Ideas", "Portrait mode"} <= {tag["name"] for tag in demo(unused)["tags"]}


def test_has_real_files_with_sidecars(own_state):
    with open_library("demo") as library:
        ask = LibraryClient(library)
        given = {"path": {"value": "demo-media", "modifier": "INCLUDES"}}
        query = "query($f: SceneFilterType) { findScenes(scene_filter: $f) { scenes { files { path } } } }"
        paths = [file["path"] for scene in ask(query, f=given)["scenes"] for file in scene["files"]]
        assert len(paths) == 6
        assert all(Path(path).is_file() for path in paths)
        assert ask.write("metadataScan", "")
        assert library.jobs.wait_idle(30)
        assert ask("{ findScenes { count } }")["count"] == 246
    assert any(Path(path).with_suffix(".nfo").is_file() for path in paths)


def test_is_created_on_first_use_and_kept(own_state):
    began = time.monotonic()
    with open_library("demo") as library:
        assert time.monotonic() - began < 20
        LibraryClient(library).create("tagCreate", name="mine")
        before = LibraryClient(library)("{ findTags { count } }")
    with open_library("demo") as library:
        assert LibraryClient(library)("{ findTags { count } }") == before
    assert reset_demo() == demo_path()
    assert own_state in demo_path().parents
    with open_library("demo") as library:
        assert LibraryClient(library)("{ findTags { count } }")["count"] == before["count"] - 1
