"""Each kind of criterion, on a library with known results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library
from table_tests import table_test

ENDPOINT = "https://one.example/graphql"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleLibrary]:
    made = open_sample_library(tmp_path_factory.mktemp("filters") / "library.sqlite")
    _people(made)
    _scenes(made)
    yield made
    made.library.close()


def _people(made: SampleLibrary) -> None:
    """Tags 1 > 2 > 3, 4 apart; studios 1 > 2; performers Alice (tag 3), Bob, Cleo (tag 4); group 1 > 2."""
    for name, parents in (("Top", []), ("Middle", ["1"]), ("Leaf", ["2"]), ("Apart", [])):
        made.create("tagCreate", name=name, parent_ids=parents, aliases=[f"{name} alias"])
    made.create("studioCreate", name="House", urls=["https://house.example/a", "https://house.example/b"])
    made.create("studioCreate", name="Annex", parent_id="1", rating100=80)
    made.create(
        "performerCreate",
        name="Alice",
        gender="FEMALE",
        birthdate="1990-06-15",
        tag_ids=["3"],
        favorite=True,
        country="JP",
        height_cm=170,
        alias_list=["Al", "Lissy"],
        custom_fields={"shoe": 40, "note": "tall 5"},
        stash_ids=[{"endpoint": ENDPOINT, "stash_id": "aaa"}],
    )
    made.create(
        "performerCreate",
        name="Bob",
        gender="MALE",
        birthdate="1980",
        death_date="2020-01-01",
        circumcised="CUT",
        custom_fields={"shoe": "40", "note": " "},
    )
    made.create("performerCreate", name="Cleo", tag_ids=["4"], details="plain")
    made.create("groupCreate", name="Series", synopsis="About it")
    made.create("groupCreate", name="Part", containing_groups=[{"group_id": "1"}], duration=90)
    made.create("galleryCreate", title="Album", tag_ids=["2"], performer_ids=["1"])


def _scenes(made: SampleLibrary) -> None:
    """Five scenes; the fourth has two files, the fifth only a title."""
    made.create(
        "sceneCreate",
        title="Red Garden",
        details="the first one",
        date="2020-06-14",
        rating100=80,
        studio_id="2",
        tag_ids=["3"],
        performer_ids=["1", "3"],
        urls=["https://a.example/1"],
        organized=True,
        stash_ids=[{"endpoint": ENDPOINT, "stash_id": "s1"}, {"endpoint": "other", "stash_id": "s2"}],
    )
    made.create(
        "sceneCreate",
        title="Blue Harbor",
        date="2021-03",
        rating100=40,
        studio_id="1",
        tag_ids=["1", "4"],
        performer_ids=["1"],
        groups=[{"group_id": "2", "scene_index": 3}],
        urls=["https://a.example/2", "https://b.example/2"],
    )
    made.create("sceneCreate", title="100% red", performer_ids=["2"], gallery_ids=["1"])
    made.create("sceneCreate", title="garden RED", code="c_1", tag_ids=["2", "4"], details="")
    made.create("sceneCreate", title="Empty")
    made.video("/media/a/wide.mp4", "1", hashes={"oshash": "00aa", "phash": 5})
    made.video("/media/a/tall.mp4", "2", width=720, height=1280, hashes={"phash": 4}, audio_codec="")
    made.video("/media/b/square.webm", "4", width=600, height=600, duration=10.9, format="webm")
    made.video("/media/b/copy.mp4", "4", width=256, height=144, hashes={"phash": 5}, bit_rate=5)
    made.create(
        "sceneMarkerCreate", scene_id="1", title="Start", seconds=1, end_seconds=3, primary_tag_id="3"
    )
    made.create("sceneMarkerCreate", scene_id="2", title="End", seconds=9, primary_tag_id="4", tag_ids=["1"])
    made(
        'mutation { sceneAddPlay(id: 1, times: ["2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z"]) { count } }'
    )
    made('mutation { sceneAddO(id: 2, times: ["2024-05-01T10:00:00Z"]) { count } }')


def crit(modifier: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"modifier": modifier, "value": value, **more}


SCENES = [
    # texts
    ({"title": crit("EQUALS", "red garden")}, "1"),
    ({"title": crit("EQUALS", "%red%")}, "1 3 4"),
    ({"title": crit("NOT_EQUALS", "empty")}, "1 2 3 4"),
    ({"title": crit("INCLUDES", "harbor empty")}, "2 5"),
    ({"title": crit("INCLUDES", '"garden red"')}, "4"),
    ({"title": crit("EXCLUDES", "red harbor")}, "5"),
    ({"title": crit("MATCHES_REGEX", "^Red")}, "1"),
    ({"title": crit("MATCHES_REGEX", "(?i)red$")}, "3 4"),
    ({"title": crit("NOT_MATCHES_REGEX", "(?i)red")}, "2 5"),
    ({"code": crit("EQUALS", "c_1")}, "4"),
    ({"code": crit("NOT_EQUALS", "x")}, "4"),
    ({"code": crit("NOT_MATCHES_REGEX", "x")}, "1 2 3 4 5"),
    ({"code": crit("IS_NULL", "")}, "1 2 3 5"),
    ({"code": crit("NOT_NULL", "")}, "4"),
    # numbers
    ({"rating100": crit("GREATER_THAN", 40)}, "1"),
    ({"rating100": crit("NOT_EQUALS", 40)}, "1"),
    ({"rating100": crit("BETWEEN", 40, value2=80)}, "1 2"),
    ({"rating100": crit("NOT_BETWEEN", 1, value2=50)}, "1"),
    ({"rating100": crit("IS_NULL", 0)}, "3 4 5"),
    ({"id": crit("LESS_THAN", 3)}, "1 2"),
    ({"tag_count": crit("EQUALS", 0)}, "3 5"),
    ({"performer_count": crit("GREATER_THAN", 1)}, "1"),
    ({"file_count": crit("EQUALS", 2)}, "4"),
    ({"play_count": crit("EQUALS", 2)}, "1"),
    ({"o_counter": crit("GREATER_THAN", 0)}, "2"),
    ({"stash_id_count": crit("EQUALS", 2)}, "1"),
    # dates: compared as text
    ({"date": crit("EQUALS", "2020-06-14")}, "1"),
    ({"date": crit("GREATER_THAN", "2021-03")}, "2"),
    ({"date": crit("LESS_THAN", "2021")}, ""),
    ({"date": crit("BETWEEN", "2020-01-01", value2="2020-12-31")}, "1"),
    ({"date": crit("IS_NULL", "")}, "3 4 5"),
    ({"created_at": crit("GREATER_THAN", "2020-01-01")}, "1 2 3 4 5"),
    ({"last_played_at": crit("LESS_THAN", "2024-01-01")}, "2 3 4 5"),
    ({"last_played_at": crit("IS_NULL", "")}, ""),
    # flags
    ({"organized": True}, "1"),
    ({"organized": False}, "2 3 4 5"),
    ({"has_markers": "true"}, "1 2"),
    ({"has_markers": ""}, "3 4 5"),
    ({"performer_favorite": True}, "1 2"),
    ({"performer_favorite": False}, "3 4 5"),
    ({"interactive": False}, "1 2 4"),
    ({"is_missing": "title"}, ""),
    ({"is_missing": "code"}, "1 2 3 5"),
    ({"is_missing": "performers"}, "4 5"),
    ({"is_missing": "phash"}, "3 5"),
    ({"is_missing": ""}, "1 2 3 4 5"),
    # lists
    ({"url": crit("INCLUDES", "b.example")}, "2"),
    ({"url": crit("NOT_EQUALS", "https://a.example/2")}, "1 2"),
    ({"url": crit("EXCLUDES", "b.example")}, "1 3 4 5"),
    ({"url": crit("IS_NULL", "")}, "3 4 5"),
    # relations
    ({"tags": crit("INCLUDES", ["1"])}, "2"),
    ({"tags": crit("INCLUDES", ["1"], depth=1)}, "2 4"),
    ({"tags": crit("INCLUDES", ["1"], depth=-1)}, "1 2 4"),
    ({"tags": crit("INCLUDES", ["1"], depth=-1, excludes=["4"])}, "1"),
    ({"tags": crit("INCLUDES_ALL", ["1", "4"], depth=-1)}, "2 4"),
    ({"tags": crit("INCLUDES_ALL", ["1", "1"])}, ""),
    ({"tags": crit("EQUALS", ["4", "1"])}, "2"),
    ({"tags": crit("EQUALS", ["4"])}, ""),
    ({"tags": crit("EXCLUDES", ["4"])}, "1 3 5"),
    ({"tags": crit("IS_NULL")}, "3 5"),
    ({"tags": crit("NOT_NULL")}, "1 2 4"),
    ({"tags": crit("INCLUDES", [])}, "1 2 3 4 5"),
    ({"studios": crit("INCLUDES", ["1"], depth=-1)}, "1 2"),
    ({"studios": crit("EQUALS", ["1"])}, "2"),
    ({"studios": crit("NOT_EQUALS", ["1"])}, "1 3 4 5"),
    ({"performers": crit("INCLUDES_ALL", ["1", "3"])}, "1"),
    ({"performers": crit("EQUALS", ["1"])}, "2"),
    ({"performers": crit("EXCLUDES", ["1"])}, "3 4 5"),
    ({"performers": crit("INCLUDES", ["no number"])}, ""),
    ({"performer_tags": crit("INCLUDES", ["1"], depth=-1)}, "1 2"),
    ({"performer_tags": crit("INCLUDES_ALL", ["3", "4"])}, "1"),
    ({"performer_tags": crit("IS_NULL")}, "3 4 5"),
    ({"performer_age": crit("EQUALS", 29)}, "1"),
    ({"groups": crit("INCLUDES", ["1"], depth=-1)}, "2"),
    ({"movies": crit("INCLUDES", ["2"])}, "2"),
    ({"galleries": crit("INCLUDES", ["1"])}, "3"),
    # files
    ({"path": crit("INCLUDES", "/media/a")}, "1 2"),
    ({"path": crit("EXCLUDES", "copy")}, "1 2 4"),
    ({"path": crit("IS_NULL", "")}, "3 5"),
    ({"path": crit("NOT_MATCHES_REGEX", "mp4$")}, "3 4 5"),
    ({"resolution": crit("EQUALS", "FULL_HD")}, "1"),
    ({"resolution": crit("LESS_THAN", "WEB_HD")}, "4"),
    ({"resolution": crit("NOT_EQUALS", "FULL_HD")}, "2 4"),
    ({"orientation": {"value": ["PORTRAIT", "SQUARE"]}}, "2 4"),
    ({"orientation": {"value": []}}, "1 2 3 4 5"),
    ({"duration": crit("EQUALS", 10)}, "4"),
    ({"framerate": crit("EQUALS", 25)}, "1 2 4"),
    ({"bitrate": crit("EQUALS", 5)}, "4"),
    ({"audio_codec": crit("IS_NULL", "")}, "2 3 5"),
    ({"oshash": crit("EQUALS", "00AA")}, "1"),
    ({"phash_distance": crit("EQUALS", "5")}, "1 4"),
    ({"phash_distance": crit("EQUALS", "5", distance=2)}, "1 2 4"),
    ({"phash_distance": crit("EQUALS", "5", distance=1)}, "1 4"),
    ({"phash_distance": crit("NOT_NULL", "")}, "1 2 4"),
    ({"duplicated": {"duplicated": True}}, "1 4"),
    ({"duplicated": {"phash": False}}, "2"),
    # stash ids
    ({"stash_id_endpoint": {"modifier": "NOT_NULL", "endpoint": "other"}}, "1"),
    ({"stash_id_endpoint": {"modifier": "EQUALS", "endpoint": ENDPOINT, "stash_id": "s2"}}, ""),
    ({"stash_id_endpoint": {"modifier": "IS_NULL", "endpoint": "other"}}, "2 3 4 5"),
    ({"stash_ids_endpoint": {"modifier": "EQUALS", "stash_ids": ["s1", "x"]}}, "1"),
    ({"stash_ids_endpoint": {"modifier": "NOT_EQUALS", "stash_ids": ["s1"]}}, "2 3 4 5"),
    # related objects that match a nested filter
    ({"performers_filter": {"country": crit("EQUALS", "jp")}}, "1 2"),
    ({"performers_filter": {"scenes_filter": {"code": crit("NOT_NULL", "")}}}, ""),
    ({"performers_filter": {}}, "1 2 3 4 5"),
    ({"groups_filter": {"duration": crit("EQUALS", 90)}}, "2"),
    ({"markers_filter": {"duration": crit("EQUALS", 2)}}, "1"),
    ({"tags_filter": {"parents": crit("INCLUDES", ["1"], depth=-1)}}, "1 4"),
    ({"files_filter": {"video_file_filter": {"format": crit("EQUALS", "webm")}}}, "4"),
    # logic: every level is evaluated separately
    ({"tags": crit("INCLUDES", ["3"]), "AND": {"tags": crit("INCLUDES", ["4"])}}, ""),
    ({"tags": crit("INCLUDES", ["1"]), "AND": {"tags": crit("INCLUDES", ["4"])}}, "2"),
    ({"tags": crit("INCLUDES", ["3"]), "OR": {"tags": crit("INCLUDES_ALL", ["2", "4"])}}, "1 4"),
    ({"tags": crit("NOT_NULL"), "NOT": {"tags": crit("INCLUDES", ["4"])}}, "1"),
    ({"NOT": {"code": crit("EQUALS", "c_1")}}, ""),
    ({"OR": {"title": crit("EQUALS", "empty")}}, "5"),
    ({"organized": True, "OR": {}}, "1"),
    (
        {"has_markers": "true", "AND": {"organized": False, "OR": {"title": crit("EQUALS", "Red Garden")}}},
        "1 2",
    ),
]


@table_test(("given", "expected"), SCENES, ids=lambda case: str(case)[:80])
def test_scene_criteria(sample: SampleLibrary, given: dict[str, Any], expected: str) -> None:
    assert sample.id_set("Scene", given) == set(expected.split())


OTHERS = [
    ("Performer", {"gender": crit("EQUALS", "FEMALE")}, "1"),
    ("Performer", {"gender": {"modifier": "EXCLUDES", "value_list": ["FEMALE"]}}, "2"),
    ("Performer", {"gender": crit("IS_NULL")}, "3"),
    ("Performer", {"circumcised": crit("INCLUDES", ["CUT", "UNCUT"])}, "2"),
    ("Performer", {"age": crit("EQUALS", 40)}, "2"),
    ("Performer", {"birth_year": crit("LESS_THAN", 1985)}, "2"),
    ("Performer", {"death_year": crit("IS_NULL", 0)}, "1 3"),
    ("Performer", {"aliases": crit("EQUALS", "lissy")}, "1"),
    ("Performer", {"aliases": crit("EXCLUDES", "liss")}, "2 3"),
    ("Performer", {"studios": crit("INCLUDES", ["1"])}, "1"),
    ("Performer", {"studios": crit("INCLUDES", ["1"], depth=-1)}, "1 3"),
    ("Performer", {"groups": crit("INCLUDES", ["1"], depth=-1)}, "1"),
    ("Performer", {"performers": crit("INCLUDES", ["1"])}, "3"),
    ("Performer", {"performers": crit("EXCLUDES", ["1"])}, "1 2"),
    ("Performer", {"scene_count": crit("EQUALS", 2)}, "1"),
    ("Performer", {"play_count": crit("EQUALS", 2)}, "1 3"),
    ("Performer", {"marker_count": crit("EQUALS", 2)}, "1"),
    ("Performer", {"is_missing": "aliases"}, "2 3"),
    ("Performer", {"custom_fields": [{"field": "shoe", "modifier": "EQUALS", "value": [40]}]}, "1"),
    ("Performer", {"custom_fields": [{"field": "shoe", "modifier": "EQUALS", "value": ["40"]}]}, "2"),
    ("Performer", {"custom_fields": [{"field": "shoe", "modifier": "IS_NULL"}]}, "3"),
    ("Performer", {"custom_fields": [{"field": "note", "modifier": "IS_NULL"}]}, "2 3"),
    ("Performer", {"custom_fields": [{"field": "note", "modifier": "NOT_NULL"}]}, "1"),
    ("Performer", {"custom_fields": [{"field": "shoe", "modifier": "GREATER_THAN", "value": [40]}]}, "2"),
    ("Performer", {"custom_fields": [{"field": "note", "modifier": "INCLUDES", "value": ["TALL"]}]}, "1"),
    ("Performer", {"stash_id_endpoint": {"modifier": "EQUALS", "stash_id": "AAA"}}, "1"),
    ("Studio", {"parents": crit("INCLUDES", ["1"])}, "2"),
    ("Studio", {"parents": crit("IS_NULL")}, "1"),
    ("Studio", {"child_count": crit("EQUALS", 1)}, "1"),
    ("Studio", {"scenes_filter": {"organized": True}}, "2"),
    ("Studio", {"url": crit("MATCHES_REGEX", "/b$")}, "1"),
    ("Tag", {"parents": crit("INCLUDES", ["1"])}, "2"),
    ("Tag", {"parents": crit("INCLUDES", ["1"], depth=-1)}, "2 3"),
    ("Tag", {"children": crit("INCLUDES", ["3"])}, "2"),
    ("Tag", {"children": crit("INCLUDES", ["3"], depth=-1)}, "1 2"),
    ("Tag", {"parent_count": crit("EQUALS", 0)}, "1 4"),
    ("Tag", {"marker_count": crit("EQUALS", 1)}, "1 3 4"),
    ("Tag", {"performer_count": crit("GREATER_THAN", 0)}, "3 4"),
    ("Tag", {"aliases": crit("EQUALS", "leaf alias")}, "3"),
    ("Tag", {"markers_filter": {"scenes": crit("INCLUDES", ["2"])}}, "1 4"),
    ("Group", {"containing_groups": crit("INCLUDES", ["1"])}, "2"),
    ("Group", {"sub_groups": crit("INCLUDES", ["2"])}, "1"),
    ("Group", {"containing_group_count": crit("EQUALS", 1)}, "2"),
    ("Group", {"performers": crit("INCLUDES", ["1"])}, "2"),
    ("Group", {"o_counter": crit("EQUALS", 1)}, "2"),
    ("Group", {"synopsis": crit("NOT_NULL", "")}, "1"),
    ("Gallery", {"scenes": crit("INCLUDES", ["3"])}, "1"),
    ("Gallery", {"has_chapters": "true"}, ""),
    ("Gallery", {"is_zip": False}, "1"),
    ("Gallery", {"tags": crit("INCLUDES", ["1"], depth=1)}, "1"),
    ("SceneMarker", {"tags": crit("INCLUDES", ["1"])}, "2"),
    ("SceneMarker", {"tags": crit("EXCLUDES", ["1"])}, "1"),
    ("SceneMarker", {"tags": crit("EQUALS", ["4", "1"])}, "2"),
    ("SceneMarker", {"tags": crit("IS_NULL")}, "1"),
    ("SceneMarker", {"scene_tags": crit("INCLUDES", ["2"], depth=-1)}, "1"),
    ("SceneMarker", {"performers": crit("INCLUDES", ["3"])}, "1"),
    ("SceneMarker", {"duration": crit("IS_NULL", 0)}, "2"),
    ("SceneMarker", {"scene_date": crit("LESS_THAN", "2021-01-01")}, "1"),
    ("SceneMarker", {"scene_filter": {"organized": True}}, "1"),
    ("File", {"dir": crit("EQUALS", "/media/b")}, "3 4"),
    ("File", {"basename": crit("INCLUDES", "wide")}, "1"),
    ("File", {"parent_folder": crit("INCLUDES", ["1"])}, "1 2"),
    ("File", {"zip_file": crit("IS_NULL")}, "1 2 3 4"),
    ("File", {"hashes": [{"type": "phash", "value": "5"}]}, "1 4"),
    ("File", {"duplicated": {"duplicated": True}}, "1 4"),
    ("File", {"video_file_filter": {"resolution": crit("EQUALS", "VERY_LOW")}}, "4"),
    ("File", {"scene_count": crit("EQUALS", 1)}, "1 2 3 4"),
    ("File", {"scenes_filter": {"title": crit("INCLUDES", "harbor")}}, "2"),
    ("Folder", {"path": crit("MATCHES_REGEX", "a$")}, "1"),
    ("Folder", {"files_filter": {"basename": crit("INCLUDES", "copy")}}, "2"),
]


@table_test(("kind", "given", "expected"), OTHERS, ids=lambda case: str(case)[:80])
def test_criteria(sample: SampleLibrary, kind: str, given: dict[str, Any], expected: str) -> None:
    assert sample.id_set(kind, given) == set(expected.split())


REFUSED = [
    ("Scene", {"title": crit("BETWEEN", "a")}, "unsupported string filter modifier"),
    ("Scene", {"title": crit("MATCHES_REGEX", "(")}, "error parsing regexp"),
    ("Scene", {"rating100": crit("INCLUDES", 1)}, "unsupported numeric modifier type"),
    ("Scene", {"date": crit("INCLUDES", "2020")}, "unsupported date modifier type"),
    ("Scene", {"tags": crit("NOT_EQUALS", ["1"])}, "not equals modifier is not supported"),
    ("Scene", {"tags": crit("EQUALS", ["1"], depth=1)}, "depth is not supported"),
    ("Scene", {"tags": crit("GREATER_THAN", ["1"])}, "invalid modifier"),
    ("Scene", {"tags": crit("INCLUDES", ["x"])}, "invalid syntax"),
    ("Scene", {"performer_tags": crit("EQUALS", ["1"])}, "invalid modifier EQUALS for performer tags"),
    ("Scene", {"is_missing": "colour"}, "no such column"),
    ("Scene", {"AND": {}, "OR": {}}, "cannot have AND and OR in the same filter"),
    ("Scene", {"OR": {}, "NOT": {}}, "cannot have OR and NOT in the same filter"),
    ("Tag", {"parents": crit("EQUALS", ["1"])}, "invalid modifier EQUALS"),
    ("Performer", {"gender": crit("GREATER_THAN", "MALE")}, "unsupported gender modifier"),
    (
        "Performer",
        {"custom_fields": [{"field": "a", "modifier": "BETWEEN", "value": [1]}]},
        "expected 2 values for custom field criterion modifier BETWEEN, got 1",
    ),
    (
        "Performer",
        {"custom_fields": [{"field": "a", "modifier": "MATCHES_REGEX", "value": [1]}]},
        "unsupported custom field criterion value type: int64",
    ),
]


@table_test(("kind", "given", "message"), REFUSED, ids=lambda case: str(case)[:80])
def test_invalid_criteria_are_rejected(
    sample: SampleLibrary, kind: str, given: dict[str, Any], message: str
) -> None:
    assert message in sample.filter_error(kind, given)


def test_deep_logic_is_evaluated_and_too_deep_logic_rejected(sample: SampleLibrary) -> None:
    def nested(levels: int) -> dict[str, Any]:
        given: dict[str, Any] = {"organized": True}
        for _ in range(levels):
            given = {"has_markers": "true", "AND": given}
        return given

    assert sample.id_set("Scene", nested(20)) == {"1"}
    assert "parser stack overflow" in sample.filter_error("Scene", nested(30))
    document = "query($o: SceneFilterType) { findScenes(scene_filter: $o) { count } }"
    outcome = sample.library.execute(document, {"o": nested(200)})
    assert "nested deeper" in outcome.errors[0]["message"]
