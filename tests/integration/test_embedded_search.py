"""Order, paging, ids, text search and totals of find queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library
from table_tests import table_test

PAGE = """query($f: FindFilterType, $ids: [ID!], $o: SceneFilterType) {
  findScenes(filter: $f, ids: $ids, scene_filter: $o) { count duration filesize scenes { id } } }"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleLibrary]:
    made = open_sample_library(tmp_path_factory.mktemp("finding") / "library.sqlite")
    made.create("studioCreate", name="Alpha")
    for title in ("Part 10", "part 2", "Part 2", "Überfall", None, "alone"):
        given: dict[str, Any] = {"details": "about the sea" if title == "alone" else "nothing"}
        file = made.video(f"/media/{title or 'untitled'}.mp4", size=10) if title != "alone" else None
        if file is not None:
            given["file_ids"] = [str(file)]
        made.create("sceneCreate", title=title, **given)
    made.write("sceneUpdate", id="1", rating100=20, studio_id="1")
    made.write("sceneUpdate", id="3", rating100=60)
    made.create("tagCreate", name="b tag", sort_name="zz")
    made.create("tagCreate", name="c tag")
    made.create("sceneMarkerCreate", scene_id="4", title="Sunrise", seconds=1, primary_tag_id="1")
    made.create("performerCreate", name="Ann", alias_list=["Red Fox", "Blue Fox"])
    made.create("performerCreate", name="Zed", disambiguation="fox")
    yield made
    made.library.close()


def page(
    sample: SampleLibrary, ids: list[str] | None = None, o: dict[str, Any] | None = None, **find: Any
) -> Any:
    return sample(PAGE, f=find, ids=ids, o=o)


def order(sample: SampleLibrary, sort: str, direction: str = "ASC", kind: str = "Scene") -> str:
    return " ".join(sample.ids(kind, sort=sort, direction=direction))


def test_titles_sort_naturally_with_file_name_as_fallback(sample: SampleLibrary) -> None:
    # 2 and 3 are equal ignoring case: newest first, oldest first when descending, as on the server.
    assert order(sample, "title") == "6 3 2 1 5 4"
    assert order(sample, "title", "DESC") == "4 5 1 2 3 6"


def test_nulls_come_first_and_last_when_descending(sample: SampleLibrary) -> None:
    assert order(sample, "rating").split()[-2:] == ["1", "3"]
    assert order(sample, "rating", "DESC").split()[:2] == ["3", "1"]


def test_ties_are_ordered_by_title(sample: SampleLibrary) -> None:
    # The scene without a title is ordered by its id, also among titles.
    assert order(sample, "rating").split()[:4] == ["5", "6", "2", "4"]
    assert order(sample, "studio") == "5 6 3 2 4 1"


def test_scenes_without_files_have_an_empty_path(sample: SampleLibrary) -> None:
    assert order(sample, "path").split()[0] == "6"


def test_ids_and_random_orders(sample: SampleLibrary) -> None:
    assert order(sample, "id", "DESC") == "6 5 4 3 2 1"
    assert order(sample, "random_7") == order(sample, "random_7")
    assert sorted(order(sample, "random").split()) == list("123456")
    assert order(sample, "random_7", "DESC").split() == order(sample, "random_7").split()[::-1]


@pytest.mark.parametrize("key", ["rating100", "Title", "nonsense", "randomly", "random_x"])
def test_unknown_sort_keys_are_rejected(sample: SampleLibrary, key: str) -> None:
    refusal = sample.error(PAGE, f={"sort": key})
    assert refusal in (f"invalid sort: {key}", "invalid random seed: x")


def test_empty_sort_key_is_ignored_for_scenes_and_rejected_for_tags(sample: SampleLibrary) -> None:
    assert len(page(sample, sort="")["scenes"]) == 6
    document = 'query { findTags(filter: {sort: ""}) { tags { id } } }'
    assert sample.error(document) == "invalid sort: "


def test_tags_sort_by_sort_name(sample: SampleLibrary) -> None:
    assert sample.ids("Tag") == ["2", "1"]


@table_test(
    ("find", "expected"),
    [
        ({"per_page": 2, "sort": "id"}, ["1", "2"]),
        ({"per_page": 2, "page": 3, "sort": "id"}, ["5", "6"]),
        ({"per_page": 4, "page": 9, "sort": "id"}, []),
        ({"per_page": 2, "page": -1, "sort": "id"}, ["1", "2"]),
        ({"per_page": 0}, []),
        ({"per_page": -1, "sort": "id"}, list("123456")),
        ({}, list("123456")),
    ],
)
def test_pages(sample: SampleLibrary, find: dict[str, Any], expected: list[str]) -> None:
    found = page(sample, **find)
    assert [scene["id"] for scene in found["scenes"]] == expected
    assert found["count"] == 6


def test_default_page_size_is_25(sample: SampleLibrary, tmp_path: Any) -> None:
    with_many = open_sample_library(tmp_path / "many.sqlite")
    aliases = " ".join(f'a{n}: tagCreate(input: {{name: "t{n}"}}) {{ id }}' for n in range(30))
    with_many(f"mutation {{ {aliases} }}")
    assert len(with_many("{ findTags { tags { id } } }")["tags"]) == 25
    with_many.library.close()


def test_ids_are_returned_in_order(sample: SampleLibrary) -> None:
    found = page(sample, ids=["4", "1"], q="nothing like it", per_page=1, sort="nonsense")
    assert [scene["id"] for scene in found["scenes"]] == ["4", "1"]
    assert found["count"] == 2
    assert page(sample, ids=[])["count"] == 6


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["1", "99"], "scene with id 99 not found"),
        (["2", "2"], "validating ids: duplicate id found: 2"),
        (["x"], 'converting ids: strconv.Atoi: parsing "x": invalid syntax'),
    ],
)
def test_invalid_ids_fail_the_query(sample: SampleLibrary, ids: list[str], message: str) -> None:
    outcome = sample.library.execute(PAGE, {"ids": ids})
    assert outcome.data is None
    assert outcome.errors[0]["message"] == message


@table_test(
    ("q", "expected"),
    [
        ("part", "1 2 3"),
        ("PART 10", "1"),
        ("part -10", "2 3"),
        ("10 or alone", "1 6"),
        ('"the sea"', "6"),
        ("sunrise", "4"),
        ("media/part", "1 2 3"),
        ("untitled.mp4", "5"),
        ("p_rt", "1 2 3"),
        ("Überfall", "4"),
        ("überfall", ""),  # only ASCII letters are case-insensitive
        ("nowhere", ""),
    ],
)
def test_text_search(sample: SampleLibrary, q: str, expected: str) -> None:
    assert sample.id_set("Scene", {}, q=q) == set(expected.split())


def test_words_must_match_one_alias(sample: SampleLibrary) -> None:
    assert sample.ids("Performer", q="red fox") == ["1"]
    assert sample.ids("Performer", q="red blue") == []
    assert sample.ids("Performer", q="fox -red") == ["1"]  # the other alias matches
    assert sample.ids("Performer", q="zed") == ["2"]


def test_totals_are_over_all_pages(sample: SampleLibrary) -> None:
    found = page(sample, per_page=1)
    assert found["duration"] == pytest.approx(5 * 60.5)
    assert found["filesize"] == 50
    assert page(sample, ids=["1", "6"])["filesize"] == 10


def test_all_options_combined(sample: SampleLibrary) -> None:
    assert [tag["id"] for tag in sample("{ allTags { id } }")] == ["1", "2"]
    assert len(sample("{ sceneWall { id } }")) == 6
    assert (
        len(sample('{ findScenesByPathRegex(filter: {q: "PART \\\\d+"}) { scenes { id } } }')["scenes"]) == 3
    )
