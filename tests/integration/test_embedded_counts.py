"""Counts of what hangs on tags and studios with all below them: each object counts once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_world import World, open_world

from stash_cli.embedded.kinds import relations

QUERY = '{ findTags(filter: {sort: "id"}) { tags { scene_count(depth: %d) } } }'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Tags 2 and 3 under tag 1, tag 4 under both; two scenes with several of them, one with none."""
    world = open_world(tmp_path / "library.sqlite")
    for name, parents in (("a", []), ("b", ["1"]), ("c", ["1"]), ("d", ["2", "3"])):
        world.create("tagCreate", name=name, parent_ids=parents)
    for number, tags in enumerate((["2", "3", "4"], ["4"], [])):
        world.create("sceneCreate", title=f"scene {number}", tag_ids=tags)
    yield world
    world.library.close()


@pytest.mark.parametrize("counted_by_sql", [0, 1_000_000])
@pytest.mark.parametrize(("depth", "counts"), [(0, [0, 1, 1, 2]), (1, [1, 2, 2, 2]), (-1, [2, 2, 2, 2])])
def test_a_scene_counts_once_whatever_way_leads_to_it(
    world: World, monkeypatch: pytest.MonkeyPatch, depth: int, counts: list[int], counted_by_sql: int
) -> None:
    """Also where all links are read in one pass, as of many."""
    monkeypatch.setattr(relations, "_COUNTED_BY_SQL", counted_by_sql)
    tags = world(QUERY % depth)["tags"]
    assert [tag["scene_count"] for tag in tags] == counts


def test_studios_count_the_scenes_of_those_below(world: World) -> None:
    world.create("studioCreate", name="above")
    world.create("studioCreate", name="below", parent_id="1")
    world.write("sceneUpdate", id="1", studio_id="1")
    world.write("sceneUpdate", id="2", studio_id="2")
    document = '{ findStudios(filter: {sort: "id"}) { studios { scene_count all: scene_count(depth: -1) } } }'
    assert world(document)["studios"] == [{"scene_count": 1, "all": 2}, {"scene_count": 1, "all": 1}]
