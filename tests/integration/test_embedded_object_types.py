"""Fields of objects: null and empty values, nested order, counts with depth, links; and SQL statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from library_client import PICTURE
from sample_library import SampleLibrary, open_sample_library
from sqlalchemy import event


@pytest.fixture
def sample(library_file: Path) -> Iterator[SampleLibrary]:
    made = open_sample_library(library_file)
    yield made
    made.library.close()


def test_null_and_empty_fields_of_a_bare_scene(sample: SampleLibrary) -> None:
    sample.create("sceneCreate", title="a")
    scene = sample(
        """{ findScene(id: 1) { code details director url urls date rating100 studio { id }
        captions { caption_type } files { id } tags { id } o_counter play_count last_played_at
        play_history interactive interactive_speed stash_ids { endpoint } custom_fields
        scene_markers { id } groups { scene_index } sceneStreams { url } } }"""
    )
    empty = {"urls", "files", "tags", "play_history", "stash_ids", "scene_markers", "groups", "sceneStreams"}
    assert {name for name, value in scene.items() if value == []} == empty
    texts = {"code": "", "details": "", "director": ""}
    numbers = {"o_counter": 0, "play_count": 0, "interactive": False, "custom_fields": {}}
    rest = {name: value for name, value in scene.items() if name not in empty}
    assert {name: value for name, value in rest.items() if value is not None} == texts | numbers


def test_null_and_empty_fields_of_a_bare_performer(sample: SampleLibrary) -> None:
    sample.create("performerCreate", name="a")
    performer = sample(
        """{ findPerformer(id: 1) { disambiguation gender country height_cm weight birthdate twitter url
        circumcised alias_list urls rating100 favorite o_counter scene_count } }"""
    )
    assert performer == {
        "disambiguation": "",
        "country": "",
        "alias_list": [],
        "urls": [],
        "favorite": False,
        "o_counter": 0,
        "scene_count": 0,
    } | dict.fromkeys(
        ("gender", "height_cm", "weight", "birthdate", "twitter", "url", "circumcised", "rating100")
    )


@pytest.mark.parametrize("date", ["2021", "2021-03", "2021-03-04"])
def test_dates_keep_their_precision(sample: SampleLibrary, date: str) -> None:
    assert sample.write("sceneCreate", "{ date }", title="a", date=date) == {"date": date}


def test_orders_of_nested_lists(sample: SampleLibrary) -> None:
    for name, sort_name in (("tag 10", None), ("Tag 9", None), ("aaa", "zzz")):
        sample.create("tagCreate", name=name, sort_name=sort_name)
    sample.create("performerCreate", name="x", alias_list=["b", "A", "a2"])
    sample.create("performerCreate", name="a")
    sample.create(
        "sceneCreate", title="s", tag_ids=["1", "2", "3"], performer_ids=["2", "1"], urls=["z", "a"]
    )
    for seconds in (9, 3):
        sample.create(
            "sceneMarkerCreate", scene_id="1", title="", seconds=seconds, primary_tag_id="1", tag_ids=["2"]
        )
    sample.video("/m/b.mp4", "1", hashes={"phash": -1, "oshash": "ff"})
    sample.video("/m/a.mp4", "1")
    sample('mutation { sceneAddO(id: 1, times: ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"]) { count } }')
    scene = sample(
        """{ findScene(id: 1) { tags { id } performers { id alias_list } urls url scene_markers { seconds }
        files { basename fingerprint(type: "phash") fingerprints { type value } } o_history } }"""
    )
    assert [tag["id"] for tag in scene["tags"]] == ["2", "1", "3"]
    assert scene["performers"] == [{"id": "1", "alias_list": ["A", "a2", "b"]}, {"id": "2", "alias_list": []}]
    assert (scene["urls"], scene["url"]) == (["z", "a"], "z")
    assert [marker["seconds"] for marker in scene["scene_markers"]] == [3, 9]
    assert [file["basename"] for file in scene["files"]] == ["b.mp4", "a.mp4"]
    assert scene["files"][0]["fingerprint"] == "f" * 16
    assert {"type": "oshash", "value": "ff"} in scene["files"][0]["fingerprints"]
    assert scene["o_history"] == ["2024-02-01T00:00:00Z", "2024-01-01T00:00:00Z"]


def test_counts_respect_the_depth(sample: SampleLibrary) -> None:
    for number in range(1, 4):
        sample.create("studioCreate", name=f"s{number}", parent_id=str(number - 1) if number > 1 else None)
        sample.create("tagCreate", name=f"t{number}", parent_ids=[str(number - 1)] if number > 1 else [])
        sample.create("sceneCreate", title="a", studio_id=str(number), tag_ids=["1", str(number)])
    counts = "{ direct: scene_count one: scene_count(depth: 1) all: scene_count(depth: -1) }"
    assert sample(f"{{ findStudio(id: 1) {counts} }}") == {"direct": 1, "one": 2, "all": 3}
    assert sample(f"{{ findTag(id: 2) {counts} }}") == {"direct": 1, "one": 2, "all": 2}
    assert sample("{ findTag(id: 3) { parent_count child_count } }") == {"parent_count": 1, "child_count": 0}


def test_group_counts_include_all_levels(sample: SampleLibrary) -> None:
    sample.create("performerCreate", name="p")
    sample.create("groupCreate", name="top")
    sample.create("groupCreate", name="sub", containing_groups=[{"group_id": "1", "description": "first"}])
    sample.create("sceneCreate", title="a", groups=[{"group_id": "2"}], performer_ids=["1"])
    group = sample(
        """{ findGroup(id: 1) { sub_groups { description group { name } } sub_group_count scene_count
        deep: scene_count(depth: -1) people: performer_count(depth: -1) } }"""
    )
    assert group == {
        "sub_groups": [{"description": "first", "group": {"name": "sub"}}],
        "sub_group_count": 1,
        "scene_count": 0,
        "deep": 1,
        "people": 1,
    }
    assert sample("{ findMovie(id: 2) { name scenes { id } } }") == {"name": "sub", "scenes": [{"id": "1"}]}


def test_gallery_covers(sample: SampleLibrary) -> None:
    sample.create("galleryCreate", title="g")
    for name in ("page 10.png", "page 2.png", "the cover.png"):
        sample.image(f"/m/{name}", galleries=("1",))
    cover = "{ findGallery(id: 1) { cover { id } image(index: 0) { id } image_count } }"
    assert sample(cover) == {"cover": {"id": "3"}, "image": {"id": "2"}, "image_count": 3}
    sample("mutation { setGalleryCover(input: {gallery_id: 1, cover_image_id: 1}) }")
    assert sample(cover)["cover"] == {"id": "1"}


def test_links_start_with_the_base_url(sample: SampleLibrary) -> None:
    sample.create("performerCreate", name="a")
    sample.create("tagCreate", name="a", image=PICTURE)
    document = "{ findPerformer(id: 1) { image_path } findTag(id: 1) { image_path } }"
    outcome = sample.library.execute(document, base_url="https://box:1/stash")
    assert outcome.data is not None
    paths = [value["image_path"] for value in outcome.data.values()]
    assert paths[0].startswith("https://box:1/stash/performer/1/image?t=")
    assert paths[0].endswith("&default=true")
    assert "default" not in paths[1]


def test_files_and_folders(sample: SampleLibrary) -> None:
    sample.create("sceneCreate", title="a")
    sample.video("/media/x/a.mp4", "1")
    sample.image("/media/x/b.png")
    file = """{ __typename path basename parent_folder { path } zip_file { id }
      ... on VideoFile { duration } ... on ImageFile { width } }"""
    assert sample(f'{{ findFile(path: "/media/x/b.png") {file} }}') == {
        "__typename": "ImageFile",
        "path": "/media/x/b.png",
        "basename": "b.png",
        "parent_folder": {"path": "/media/x"},
        "zip_file": None,
        "width": 100,
    }
    assert sample(f"{{ findFile(id: 1) {file} }}")["duration"] == 60.5
    assert "no rows in result set" in sample.error("{ findFile(id: 9) { id } }")
    assert sample.error('{ findFolder(path: "/no") { id } }') == "folder not found"
    assert sample.error("{ findFile { id } }") == "either id or path must be provided"
    assert sample("{ findImage(id: 1) { visual_files { __typename } paths { preview } } }") == {
        "visual_files": [{"__typename": "ImageFile"}],
        "paths": {"preview": ""},
    }


def test_duplicates_by_perceptual_hash(sample: SampleLibrary) -> None:
    for number, phash in enumerate((0b1111, 0b1110, 0b1111, -1), 1):
        sample.create("sceneCreate", title=str(number))
        sample.video(f"/m/{number}.mp4", str(number), hashes={"phash": phash}, duration=number * 10.0)

    def groups(args: str) -> list[list[str]]:
        found = sample(f"{{ findDuplicateScenes({args}) {{ id }} }}")
        return [[scene["id"] for scene in group] for group in found]

    assert groups("distance: 0") == [["1", "3"]]
    assert groups("distance: 1") == [["1", "2", "3"]]
    assert groups("distance: 0, duration_diff: 5") == []
    assert groups("distance: 0, duration_diff: 20") == [["1", "3"]]
    assert groups("distance: 64") == [["1", "2", "3", "4"]]


def test_duplicate_groups_are_transitive_and_ordered_by_path(sample: SampleLibrary) -> None:
    for name, phash, seconds in (("c", 7, 10.0), ("B", 1, 0.0), ("a", 0, 90.0), ("d", 1 << 63, 10.0)):
        scene = sample.create("sceneCreate", title=name)
        sample.video(f"/m/{name}.mp4", scene, hashes={"phash": phash - (phash >> 63 << 64)}, duration=seconds)
    sample.video("/m/0 again.mp4", "1", hashes={"phash": 7})

    def groups(args: str) -> list[list[str]]:
        found = sample(f"{{ findDuplicateScenes({args}) {{ title }} }}")
        return [[scene["title"] for scene in group] for group in found]

    assert groups("distance: 0") == []
    assert groups("distance: 1") == [["B", "a", "d"]]
    assert groups("distance: 2") == [["c", "B", "a", "d"]]
    assert groups("distance: 1, duration_diff: 0") == [["B", "a"]]


def test_markers_by_tag_and_title(sample: SampleLibrary) -> None:
    for name in ("a", "b"):
        sample.create("tagCreate", name=name)
    sample.create("sceneCreate", title="s")
    for seconds, tag in ((5, "1"), (2, "2"), (9, "2")):
        sample.create("sceneMarkerCreate", scene_id="1", title="cut", seconds=seconds, primary_tag_id=tag)
    assert sample("{ sceneMarkerTags(scene_id: 1) { tag { id } scene_markers { id } } }") == [
        {"tag": {"id": "2"}, "scene_markers": [{"id": "2"}, {"id": "3"}]},
        {"tag": {"id": "1"}, "scene_markers": [{"id": "1"}]},
    ]
    assert sample('{ markerStrings(q: "c") { title count } }') == [{"title": "cut", "count": 3}]


@contextmanager
def statements(sample: SampleLibrary) -> Iterator[list[str]]:
    """SQL statements executed in the block."""
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    engine = sample.library.database.engines[0]
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_page_takes_a_statement_per_relation(sample: SampleLibrary) -> None:
    for number in range(1, 6):
        sample.create("tagCreate", name=f"t{number}")
        sample.create("studioCreate", name=f"s{number}")
        sample.create("performerCreate", name=f"p{number}", tag_ids=[str(number)])
    creations = "\n".join(
        f's{n}: sceneCreate(input: {{title: "s{n}", studio_id: {n % 5 + 1}, tag_ids: [1, {n % 5 + 1}],'
        f" performer_ids: [{n % 5 + 1}]}}) {{ id }}"
        for n in range(40)
    )
    sample(f"mutation {{ {creations} }}")
    document = """query($n: Int) { findScenes(filter: {per_page: $n}) { count scenes { id title play_count
      studio { name scene_count(depth: -1) parent_studio { id } } tags { name parents { id } }
      performers { name tags { id name } scene_count } files { path } urls stash_ids { endpoint }
      galleries { id } groups { scene_index } custom_fields } } }"""
    costs = []
    for size in (2, 40):
        with statements(sample) as seen:
            found = sample(document, n=size)
        assert len(found["scenes"]) == size
        costs.append(len(seen))
    assert costs[1] <= costs[0] <= 25


def test_count_alone_loads_no_rows(sample: SampleLibrary) -> None:
    sample.create("tagCreate", name="a")
    with statements(sample) as seen:
        assert sample("{ findTags { count } }") == {"count": 1}
    assert len([sql for sql in seen if sql.startswith("SELECT")]) == 1
