"""Unusual values, one server rule each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library
from table_tests import table_test


@pytest.fixture
def sample(library_file: Path) -> Iterator[SampleLibrary]:
    made = open_sample_library(library_file)
    yield made
    made.library.close()


@table_test(
    ("args", "message"),
    [
        ('filter: {sort: "nope"}', "invalid sort: nope"),
        ('filter: {sort: "rating100"}', "invalid sort: rating100"),
        ('filter: {sort: "random_18446744073709551616"}', "invalid random seed: 18446744073709551616"),
        ('scene_filter: {title: {value: "(", modifier: MATCHES_REGEX}}', "error parsing regexp"),
        ("ids: [7]", "scene with id 7 not found"),
        (
            'ids: ["9223372036854775808"]',
            'converting ids: strconv.Atoi: parsing "9223372036854775808": value out',
        ),
        ('ids: ["²"]', 'converting ids: strconv.Atoi: parsing "²": invalid syntax'),
    ],
)
@table_test("selected", ["count", "scenes { id }", "duration"])
def test_meaningless_input_is_rejected_for_any_selection(
    sample: SampleLibrary, args: str, message: str, selected: str
) -> None:
    outcome = sample.library.execute(f"{{ findScenes({args}) {{ {selected} }} }}")
    assert outcome.data is None
    assert [error["path"] for error in outcome.errors] == [["findScenes"]]
    assert outcome.errors[0]["message"].startswith(message)


def test_largest_seed_is_accepted(sample: SampleLibrary) -> None:
    sample.create("sceneCreate", title="a")
    assert sample.ids("Scene", sort="random_18446744073709551615") == ["1"]


@pytest.mark.parametrize("kind", ["tags", "performers", "groups", "galleries", "studios"])
@pytest.mark.parametrize(
    "modifier", ["NOT_EQUALS", "BETWEEN", "GREATER_THAN", "EQUALS", "INCLUDES", "EXCLUDES"]
)
def test_criterion_without_values_is_ignored(sample: SampleLibrary, kind: str, modifier: str) -> None:
    sample.create("sceneCreate", title="a")
    for value in (None, []):
        assert sample.ids("Scene", {kind: {"value": value, "modifier": modifier}}) == ["1"]
    if kind != "studios":
        assert "modifier" in sample.filter_error("Scene", {kind: {"value": ["1"], "modifier": "BETWEEN"}})


def test_excludes_apply_with_any_modifier(sample: SampleLibrary) -> None:
    tag = sample.create("tagCreate", name="t")
    sample.create("sceneCreate", title="tagged", tag_ids=[tag])
    bare = sample.create("sceneCreate", title="bare")
    given = {"value": [], "excludes": [tag], "modifier": "NOT_EQUALS"}
    assert sample.ids("Scene", {"tags": given}) == [bare]


def test_relations_without_equals_validate_the_modifier_first(sample: SampleLibrary) -> None:
    for kind in ("parents", "children"):
        assert "invalid modifier" in sample.filter_error("Tag", {kind: {"value": [], "modifier": "BETWEEN"}})


@pytest.mark.parametrize(
    ("given", "shown"),
    [(1e20, 1e20), (10**30, 1e30), (-(10**30), -1e30), (2**63 - 1, 2**63 - 1), (2.5, 2.5), (True, 1)],
)
def test_custom_fields_store_numbers_of_any_size(sample: SampleLibrary, given: Any, shown: Any) -> None:
    made = sample.write("tagCreate", "{ custom_fields }", name="t", custom_fields={"n": given})
    assert made["custom_fields"] == {"n": shown}
    found = {"custom_fields": [{"field": "n", "modifier": "EQUALS", "value": [given]}]}
    assert sample.ids("Tag", found) == ["1"]


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_custom_fields_are_not_compared_with_lists_or_objects(sample: SampleLibrary, value: Any) -> None:
    given = {"custom_fields": [{"field": "n", "modifier": "EQUALS", "value": [value]}]}
    assert sample.filter_error("Tag", given).startswith("unsupported custom field criterion value type: ")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02", "2024-01-02T00:00:00Z"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.5+02:00", "2024-01-02T01:04:05Z"),
        ("20240102", None),
        ("2024-W01-2", None),
        ("2024-01-02T03:04:05", None),
        ("2024-01-02 03:04", None),
        ("2024-01-32", None),
    ],
)
def test_timestamps_have_three_forms(sample: SampleLibrary, text: str, moment: str | None) -> None:
    sample.create("sceneCreate", title="a")
    document = "mutation($t: [Timestamp!]) { sceneAddPlay(id: 1, times: $t) { history } }"
    outcome = sample.library.execute(document, {"t": [text]})
    if moment is None:
        assert outcome.errors[0]["message"] == f"ParseDateStringAsTime failed: dateString <{text}>"
    else:
        assert outcome.data == {"sceneAddPlay": {"history": [moment]}}


def test_cover_file_names_can_be_configured(sample: SampleLibrary) -> None:
    gallery = sample.create("galleryCreate", title="g")
    for name in ("1.png", "cover.png", "front.png"):
        sample.image(f"/m/{name}", galleries=(gallery,))
    cover = "{ findGallery(id: 1) { cover { visual_files { ... on ImageFile { basename } } } } }"

    def name() -> str:
        return str(sample(cover)["cover"]["visual_files"][0]["basename"])

    assert name() == "cover.png"
    sample.write("configureGeneral", "{ galleryCoverRegex }", galleryCoverRegex="front")
    assert name() == "front.png"
    sample.write("configureGeneral", "{ galleryCoverRegex }", galleryCoverRegex="")
    assert name() == "cover.png"


def test_partial_setting_keeps_other_defaults(sample: SampleLibrary) -> None:
    settings = sample.write(
        "configureInterface",
        "{ imageLightbox { slideshowDelay displayMode } }",
        imageLightbox={"slideshowDelay": 9},
    )
    assert settings == {"imageLightbox": {"slideshowDelay": 9, "displayMode": "FIT_XY"}}


def test_scene_streams(sample: SampleLibrary) -> None:
    assert sample.error("{ sceneStreams { url } }") == "the id of a scene has to be given"


def test_duplicates_count_files_of_any_type(sample: SampleLibrary) -> None:
    """The server counts files with a hash: copies within one scene, and an image of the same hash."""
    for title, hashes in (("two copies", (7, 7)), ("as an image", (8,)), ("alone", (9,))):
        scene = sample.create("sceneCreate", title=title)
        for number, phash in enumerate(hashes):
            sample.video(f"/media/{title}/{number}.mp4", scene, hashes={"phash": phash})
    sample.image("/media/still.png", hashes={"phash": 8})
    assert sample.id_set("Scene", {"duplicated": {"duplicated": True}}) == {"1", "2"}
    assert sample.id_set("Scene", {"duplicated": {"phash": False}}) == {"3"}
    assert len(sample.id_set("File", {"duplicated": {"duplicated": True}})) == 4


def test_gallery_resolution_averages_all_files(sample: SampleLibrary) -> None:
    """Every file of the gallery's images counts, not only primary files."""
    gallery = sample.create("galleryCreate", title="Album")
    image = sample.image("/media/small.png", galleries=(gallery,), width=640, height=480)
    sample.picture("/media/large.png", image, width=1920, height=1440)
    band = {"modifier": "EQUALS", "value": "STANDARD_HD"}
    assert sample.id_set("Gallery", {"average_resolution": band}) == {gallery}
