"""Pages of large libraries: any page in any order is found by index, with the right rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library
from sqlalchemy import event, select
from table_tests import table_test

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import FILTERS
from stash_cli.embedded.search import matches
from stash_cli.embedded.search.sorts import order_by

SCENES, PER_PAGE = 120, 17
KEYS = ("title", "path", "date", "created_at", "updated_at", "rating", "id")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleLibrary]:
    """A library that tests only read."""
    sample = filled(tmp_path_factory.mktemp("pages") / "library.sqlite")
    yield sample
    sample.library.close()


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[SampleLibrary]:
    sample = filled(tmp_path / "library.sqlite")
    yield sample
    sample.library.close()


def filled(path: Path) -> SampleLibrary:
    """Scenes whose keys have ties and gaps; every third is organized, every tenth has a tag."""
    sample, chance = open_sample_library(path), random.Random(5)
    sample.create("tagCreate", name="tag")
    with sample.library.database.write() as connection:
        connection.execute(t.scenes.insert(), [scene(chance, n) for n in range(1, SCENES + 1)])
        tagged = [{"scene_id": n, "tag_id": 1} for n in range(10, SCENES + 1, 10)]
        connection.execute(t.scenes_tags.insert(), tagged)
    return sample


def scene(chance: random.Random, number: int) -> dict[str, Any]:
    day = f"2024-01-0{chance.randint(1, 4)}"
    return {
        "id": number,
        "title": chance.choice([None, "same", f"title {number}"]),
        "date": chance.choice([None, day]),
        "rating": chance.choice([None, 20, 40]),
        "organized": number % 3 == 0,
        "created_at": f"{day}T00:00:00Z",
        "updated_at": f"{day}T00:00:00Z",
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the thresholds for deep and large pages to the size of this library."""
    monkeypatch.setattr(matches, "_MAX_SKIPPED", 3)
    monkeypatch.setattr(matches, "_WINDOWS", (5, 20))
    monkeypatch.setattr(matches, "_MAX_LISTED", 30)
    monkeypatch.setattr(matches, "_MAX_READ", 40)


FILTER = {
    "all": None,
    "many": {"organized": True},
    "few": {"tags": {"value": ["1"], "modifier": "INCLUDES"}},
    "few, looked up": {"tags": {"modifier": "NOT_NULL"}},
    "most": {"tags": {"modifier": "IS_NULL"}},
    "none": {"rating100": {"value": 99, "modifier": "EQUALS"}},
}


def expected(sample: SampleLibrary, key: str, direction: str, given: dict[str, Any] | None) -> list[str]:
    """Ids of all matches in ORDER BY order, without paging."""
    find = {"sort": key, "direction": direction}
    chosen = set(sample.ids("Scene", given, sort="id"))
    table = FILTERS["Scene"][0]
    with sample.library.database.read() as connection:
        ids = connection.scalars(select(table.c.id).order_by(*order_by("Scene", table, find, given)))
        return [str(id_) for id_ in ids if str(id_) in chosen]


@pytest.mark.usefixtures("small")
@table_test("given", FILTER.values(), ids=FILTER)
@table_test("direction", ["ASC", "DESC"])
@table_test("key", KEYS)
def test_pages_join_to_the_whole_order(
    pages: SampleLibrary, key: str, direction: str, given: dict[str, Any] | None
) -> None:
    find = {"sort": key, "direction": direction}
    whole = expected(pages, key, direction, given)
    for page in range(1, SCENES // PER_PAGE + 3, 2 if given else 1):
        found = pages.ids("Scene", given, **find, per_page=PER_PAGE, page=page)
        assert found == whole[(page - 1) * PER_PAGE : page * PER_PAGE]
    assert whole == pages.ids("Scene", given, **find)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("key", ["title", "date", "rating"])
def test_pages_are_right_after_every_write(sample: SampleLibrary, key: str) -> None:
    """Nothing is cached: rows are moved, added and deleted between pages."""
    chance = random.Random(key)
    for page in range(1, 6):
        number = str(chance.randint(1, SCENES))
        sample.write(
            "sceneUpdate", id=number, title=chance.choice(["same", "a"]), rating100=20, date="2024-01-02"
        )
        sample.create("sceneCreate", title="same")
        whole = expected(sample, key, "DESC", None)
        found = sample.ids("Scene", sort=key, direction="DESC", per_page=25, page=page)
        assert found == whole[(page - 1) * 25 : page * 25]


@pytest.mark.usefixtures("small")
@table_test("given", FILTER.values(), ids=FILTER)
def test_count_equals_the_rows_of_all_pages(pages: SampleLibrary, given: dict[str, Any] | None) -> None:
    document = """query($o: SceneFilterType, $f: FindFilterType) {
        findScenes(scene_filter: $o, filter: $f) { scenes { id } count } }"""
    answer = pages(document, o=given, f={"sort": "date", "per_page": 5, "page": 8})
    assert answer["count"] == len(pages.ids("Scene", given))


def steps(
    sample: SampleLibrary, find: dict[str, Any], given: dict[str, Any] | None, field: str
) -> list[list[str]]:
    """Query plans of the statements of a find query on scenes."""
    reader, seen = sample.library.database.engines[0], []
    event.listen(reader, "before_cursor_execute", lambda *args: seen.append(args[2:4]))
    document = (
        "query($f: FindFilterType, $o: SceneFilterType) { findScenes(filter: $f, scene_filter: $o) { %s } }"
    )
    sample(document % field, f=find, o=given)
    queries = [each for each in list(seen) if "SELECT" in each[0]]
    with sample.library.database.read() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent}", given) for sent, given in queries]
        return [[row[3] for row in plan] for plan in plans]


@pytest.mark.usefixtures("small")
@table_test("direction", ["ASC", "DESC"])
@table_test("key", ["date", "created_at", "updated_at", "rating"])
def test_deep_page_reads_only_its_index(pages: SampleLibrary, key: str, direction: str) -> None:
    """Each statement follows the index; only full ties are sorted."""
    plans = steps(pages, {"sort": key, "direction": direction, "page": 4}, None, "scenes { id }")
    walks = [plan for plan in plans if not any("INTEGER PRIMARY KEY" in step for step in plan)]
    assert len(walks) >= 3
    for plan in walks:
        assert any(f"index_scenes_on_{key}_and_title" in step for step in plan), plan
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan or any("<expr>=?" in step for step in plan)


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({"studios": {"value": ["1"], "modifier": "INCLUDES", "depth": -1}}, "ix_scenes_studio_id"),
        ({"studios": {"modifier": "IS_NULL"}}, "ix_scenes_studio_id"),
        ({"studios_filter": {"favorite": True}}, "ix_scenes_studio_id"),
        ({"date": {"value": "2024-01-02", "modifier": "EQUALS"}}, "index_scenes_on_date_and_title"),
    ],
)
def test_count_is_read_from_an_index(pages: SampleLibrary, given: dict[str, Any], index: str) -> None:
    (plan,) = steps(pages, {}, given, "count")
    assert any(index in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN every_scenes")], plan


@pytest.mark.parametrize("modifier", ["IS_NULL", "NOT_NULL"])
def test_per_scene_lookups_follow_the_table_order(pages: SampleLibrary, modifier: str) -> None:
    """In another index's order each lookup would read another page of the file."""
    (plan,) = steps(pages, {}, {"tags": {"modifier": modifier}}, "count")
    assert "SCAN every_scenes" in plan
    assert any("scenes_tags" in step and "PRIMARY KEY" in step for step in plan), plan


@pytest.mark.parametrize(("modifier", "found"), [("IS_NULL", {"1", "2"}), ("NOT_NULL", {"1"})])
def test_performers_with_and_without_tags_are_counted_together(
    sample: SampleLibrary, modifier: str, found: set[str]
) -> None:
    """Joins add null rows, which a NOT NULL column could not hold."""
    sample.create("performerCreate", name="tagged", tag_ids=["1"])
    sample.create("performerCreate", name="bare")
    sample.write("sceneUpdate", id="1", performer_ids=["1", "2"])
    sample.write("sceneUpdate", id="2", performer_ids=["2"])
    given = {
        "performer_tags": {"modifier": modifier},
        "performer_count": {"value": 0, "modifier": "GREATER_THAN"},
    }
    assert sample.id_set("Scene", given) == found
