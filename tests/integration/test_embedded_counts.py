"""Counts of objects under tags and studios including descendants: each object counts once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library
from sqlalchemy import event

from stash_cli.embedded.object_types import relations

QUERY = '{ findTags(filter: {sort: "id"}) { tags { scene_count(depth: %d) } } }'


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[SampleLibrary]:
    """Tags 2 and 3 under tag 1, tag 4 under both; two scenes with several of them, one with none."""
    sample = open_sample_library(tmp_path / "library.sqlite")
    for name, parents in (("a", []), ("b", ["1"]), ("c", ["1"]), ("d", ["2", "3"])):
        sample.create("tagCreate", name=name, parent_ids=parents)
    for number, tags in enumerate((["2", "3", "4"], ["4"], [])):
        sample.create("sceneCreate", title=f"scene {number}", tag_ids=tags)
    yield sample
    sample.library.close()


@pytest.mark.parametrize("memory", [0, 7, 32_000_000])
@pytest.mark.parametrize(("depth", "counts"), [(0, [0, 1, 1, 2]), (1, [1, 2, 2, 2]), (-1, [2, 2, 2, 2])])
def test_scene_counts_once_over_several_paths(
    sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch, depth: int, counts: list[int], memory: int
) -> None:
    """Also when SQLite counts, and when each root is counted separately."""
    monkeypatch.setattr(relations, "MEMORY", memory)
    tags = sample(QUERY % depth)["tags"]
    assert [tag["scene_count"] for tag in tags] == counts


def test_studio_counts_include_descendants(sample: SampleLibrary) -> None:
    sample.create("studioCreate", name="above")
    sample.create("studioCreate", name="below", parent_id="1")
    sample.write("sceneUpdate", id="1", studio_id="1")
    sample.write("sceneUpdate", id="2", studio_id="2")
    document = '{ findStudios(filter: {sort: "id"}) { studios { scene_count all: scene_count(depth: -1) } } }'
    assert sample(document)["studios"] == [{"scene_count": 1, "all": 2}, {"scene_count": 1, "all": 1}]


@pytest.mark.parametrize("memory", [0, 32_000_000])
def test_object_linked_several_times_counts_once(
    sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    """A performer of two scenes and a gallery of a studio; a marker with a tag as primary and secondary."""
    monkeypatch.setattr(relations, "MEMORY", memory)
    performer = sample.create("performerCreate", name="p")
    for name, parents in (("above", {}), ("below", {"parent_id": "1"})):
        sample.create("studioCreate", name=name, **parents)
    group = sample.create("groupCreate", name="g")
    appears = {"performer_ids": [performer], "studio_id": "2"}
    for scene in ("1", "2"):
        sample.write("sceneUpdate", id=scene, groups=[{"group_id": group}], **appears)
    sample.create("galleryCreate", title="gallery", **appears)
    sample.create("sceneMarkerCreate", scene_id="1", primary_tag_id="2", tag_ids=["3"], seconds=1, title="m")
    document = "{ find%s { %s { performer_count all: performer_count(depth: -1) } } }"
    assert sample(document % ("Groups", "groups"))["groups"] == [{"performer_count": 1, "all": 1}]
    counts = sample('{ findStudios(filter: {sort: "id"}) { studios { a: performer_count(depth: -1) } } }')
    assert counts["studios"] == [{"a": 1}, {"a": 1}]
    tags = sample('{ findTags(filter: {sort: "id"}) { tags { scene_marker_count(depth: -1) } } }')["tags"]
    assert [tag["scene_marker_count"] for tag in tags] == [1, 1, 1, 0]


def test_descendant_counts_equal_plain_python(sample: SampleLibrary) -> None:
    """Every root of a tree of 40 tags, with irregular links."""
    random = Random(7)
    children = {1: [2, 3], 2: [4], 3: [4]}
    for tag in range(5, 41):
        parent = random.randrange(1, tag)
        children.setdefault(parent, []).append(tag)
        sample.create("tagCreate", name=f"tag {tag}", parent_ids=[str(parent)])
    links = {(scene, random.randrange(1, 41)) for scene in range(4, 34) for _ in range(3)}
    for scene in range(4, 34):
        tags = [str(tag) for owner, tag in links if owner == scene]
        sample.create("sceneCreate", title=f"scene {scene}", tag_ids=tags)
    links |= {(1, 2), (1, 3), (1, 4), (2, 4)}

    def below(tag: int) -> set[int]:
        return {tag}.union(*(below(child) for child in children.get(tag, ())))

    found = sample('{ findTags(filter: {sort: "id", per_page: -1}) { tags { scene_count(depth: -1) } } }')
    expected = [len({scene for scene, tag in links if tag in below(root)}) for root in range(1, 41)]
    assert [tag["scene_count"] for tag in found["tags"]] == expected


def test_links_are_read_from_a_covering_index_unsorted(sample: SampleLibrary) -> None:
    """Sorting millions of links takes several times as long as reading them."""
    reader = sample.library.database.engines[0]
    seen: list[tuple[str, Any]] = []
    event.listen(reader, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
    assert sample(QUERY % -1)["tags"]
    statements = [each for each in seen if "FROM scenes_tags" in each[0] and "max(" not in each[0]]
    assert statements
    with sample.library.database.read() as connection:
        steps = [
            row[3]
            for statement, parameters in statements
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    links = [step for step in steps if "scenes_tags" in step]
    assert links
    assert all("USING COVERING INDEX index_scenes_tags_on_tag_id" in step for step in links), links
    assert not [step for step in steps if "DISTINCT" in step and "count" in step], steps
