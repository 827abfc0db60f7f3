"""Saved filters of the web interface, converted to queries and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashInputError
from stash_cli.core.query.lookups import compile as compile_query
from stash_cli.core.query.q import Q
from stash_cli.core.query.saved_filters.address import web_address
from stash_cli.core.query.saved_filters.formats import FORMATS
from stash_cli.core.query.saved_filters.reading import SavedQuery, read_saved
from stash_cli.core.query.saved_filters.web_criteria import MODES, mode_of, web_criteria
from stash_cli.core.query.saved_filters.writing import write_criteria

OUTDOOR, GONE = {"id": "3", "label": "Outdoor"}, {"id": "9", "label": "Gone"}
LABELS = {
    name: {"3": "Outdoor", "9": "Gone"}
    for name in ("Tag", "Studio", "Performer", "Group", "Gallery", "Scene")
}


def read(mode: str, name: str, saved: Any, **facts: Any) -> SavedQuery:
    return read_saved({"mode": mode, "object_filter": {name: saved}}, **facts)


def sent(mode: str, name: str, saved: Any) -> dict[str, Any]:
    """The filter sent to the server."""
    found = read(mode, name, saved)
    assert not found.untranslated
    return compile_query(found.type, found.where or Q()).filter


def crit(modifier: str, value: Any) -> dict[str, Any]:
    return {"modifier": modifier, "value": value}


RECORDED = [
    # mode, name, the saved form, the API form
    ("SCENES", "title", crit("INCLUDES", "red head"), crit("INCLUDES", "red head")),
    ("SCENES", "path", crit("MATCHES_REGEX", "^/a"), crit("MATCHES_REGEX", "^/a")),
    ("SCENES", "url", crit("IS_NULL", ""), crit("IS_NULL", "")),
    ("PERFORMERS", "country", crit("EQUALS", "JP"), crit("EQUALS", "JP")),
    ("SCENES", "captions", crit("INCLUDES", "Deutsche"), crit("INCLUDES", "de")),
    ("SCENES", "galleries", crit("INCLUDES_ALL", [OUTDOOR]), crit("INCLUDES_ALL", ["3"])),
    ("SCENE_MARKERS", "scenes", crit("INCLUDES", [OUTDOOR]), crit("INCLUDES", ["3"])),
    ("STUDIOS", "parents", crit("EXCLUDES", [OUTDOOR]), crit("EXCLUDES", ["3"])),
    (
        "SCENES",
        "tags",
        crit("INCLUDES_ALL", {"items": [OUTDOOR], "excluded": [GONE], "depth": -1}),
        {**crit("INCLUDES_ALL", ["3"]), "excludes": ["9"], "depth": -1},
    ),
    (
        "SCENES",
        "tags",
        crit("EQUALS", {"items": [OUTDOOR], "excluded": [], "depth": 0}),
        crit("EQUALS", ["3"]),
    ),
    (
        "SCENES",
        "studios",
        crit("INCLUDES", {"items": [], "excluded": [OUTDOOR], "depth": 0}),
        {**crit("INCLUDES", []), "excludes": ["3"]},
    ),
    (
        "SCENES",
        "groups",
        crit("EXCLUDES", {"items": [OUTDOOR], "excluded": [], "depth": 0}),
        crit("EXCLUDES", ["3"]),
    ),
    (
        "TAGS",
        "parents",
        crit("INCLUDES", {"items": [OUTDOOR], "excluded": [], "depth": 2}),
        {**crit("INCLUDES", ["3"]), "depth": 2},
    ),
    ("SCENES", "performers", crit("INCLUDES", {"items": [OUTDOOR], "excluded": []}), crit("INCLUDES", ["3"])),
    (
        "SCENES",
        "performer_tags",
        crit("NOT_NULL", {"items": [], "excluded": [], "depth": 0}),
        {"modifier": "NOT_NULL"},
    ),
    ("SCENES", "organized", crit("EQUALS", "true"), True),
    ("IMAGES", "performer_favorite", crit("EQUALS", "false"), False),
    ("PERFORMERS", "filter_favorites", crit("EQUALS", "true"), True),
    ("SCENES", "has_markers", crit("EQUALS", "false"), "false"),
    ("GALLERIES", "has_chapters", crit("EQUALS", "true"), "true"),
    ("SCENES", "is_missing", crit("EQUALS", "cover"), "cover"),
    ("SCENES", "o_counter", crit("GREATER_THAN", {"value": 2}), crit("GREATER_THAN", 2)),
    ("SCENES", "file_count", crit("BETWEEN", {"value": 2, "value2": 5}), {**crit("BETWEEN", 2), "value2": 5}),
    ("SCENES", "duration", crit("LESS_THAN", {"value": 600}), crit("LESS_THAN", 600)),
    ("SCENE_MARKERS", "duration", crit("IS_NULL", {}), crit("IS_NULL", 0)),
    ("SCENES", "rating100", crit("NOT_EQUALS", {"value": 60}), crit("NOT_EQUALS", 60)),
    ("SCENES", "date", crit("GREATER_THAN", {"value": "2024-01-31"}), crit("GREATER_THAN", "2024-01-31")),
    ("PERFORMERS", "birthdate", crit("IS_NULL", {}), crit("IS_NULL", "")),
    (
        "SCENES",
        "created_at",
        crit("BETWEEN", {"value": "2024-01-01 10:30", "value2": "2024-02-01"}),
        {**crit("BETWEEN", "2024-01-01T10:30"), "value2": "2024-02-01"},
    ),
    ("SCENES", "resolution", crit("GREATER_THAN", "1080p"), crit("GREATER_THAN", "FULL_HD")),
    ("GALLERIES", "average_resolution", crit("EQUALS", "Huge"), crit("EQUALS", "HUGE")),
    ("SCENES", "orientation", crit("EQUALS", ["Portrait", "Square"]), {"value": ["PORTRAIT", "SQUARE"]}),
    ("PERFORMERS", "gender", crit("INCLUDES", ["Non-Binary"]), crit("INCLUDES", "NON_BINARY")),
    ("PERFORMERS", "circumcised", crit("IS_NULL", []), {"modifier": "IS_NULL"}),
    ("SCENES", "duplicated", crit("EQUALS", "true"), {"duplicated": True}),
    (
        "SCENES",
        "phash_distance",
        crit("EQUALS", {"value": "a1b2", "distance": 4}),
        {**crit("EQUALS", "a1b2"), "distance": 4},
    ),
    (
        "SCENES",
        "stash_id_endpoint",
        crit("EQUALS", {"endpoint": "https://box/graphql", "stashID": "abc"}),
        {"modifier": "EQUALS", "endpoint": "https://box/graphql", "stash_id": "abc"},
    ),
    (
        "PERFORMERS",
        "custom_fields",
        [{"field": "height", "modifier": "GREATER_THAN", "value": [170]}],
        [{"field": "height", "modifier": "GREATER_THAN", "value": [170]}],
    ),
]
"""One criterion of each kind, as the web interface saves and sends it."""


@table_test("mode, name, saved, expected", RECORDED)
def test_recorded_criterion_round_trips(mode: str, name: str, saved: Any, expected: Any) -> None:
    assert sent(mode, name, saved) == {name: expected}
    found = read(mode, name, saved)
    assert write_criteria(found.type, found.where, LABELS).object_filter == {name: saved}


def test_every_criterion_of_the_web_interface_is_supported() -> None:
    from stash_cli.core.query.fields import fields

    for type_name in dict.fromkeys(MODES.values()):
        known = fields(type_name)
        assert {known[name].kind for name in web_criteria(type_name)} <= FORMATS.keys()
    kinds = {fields(MODES[mode])[name].kind for mode, name, *_ in RECORDED}
    assert FORMATS.keys() - kinds <= {"phash"}
    assert mode_of("Group") == "GROUPS"


OLDER = [
    ("SCENES", "movies", crit("INCLUDES", [OUTDOOR]), {"groups": crit("INCLUDES", ["3"])}),
    ("SCENES", "performers", crit("EXCLUDES", [{"id": 3, "label": "A"}]),
     {"performers": {**crit("INCLUDES", []), "excludes": ["3"]}}),
    ("SCENES", "tags", {**crit("INCLUDES", ["3", 4]), "depth": 1},
     {"tags": {**crit("INCLUDES", ["3", "4"]), "depth": 1}}),
    ("SCENES", "studios", crit("EXCLUDES", {"items": [OUTDOOR], "depth": 0}),
     {"studios": {**crit("INCLUDES", []), "excludes": ["3"]}}),
    ("SCENES", "o_counter", {"modifier": "BETWEEN", "value": "2", "value2": 5},
     {"o_counter": {**crit("BETWEEN", 2), "value2": 5}}),
    ("SCENES", "rating", crit("GREATER_THAN", 3), {"rating100": crit("GREATER_THAN", 60)}),
    ("SCENES", "organized", crit("EQUALS", True), {"organized": True}),
    ("SCENES", "created_at", {"modifier": "GREATER_THAN", "value": "2024-01-01"},
     {"created_at": crit("GREATER_THAN", "2024-01-01")}),
    ("SCENES", "stash_id", crit("EQUALS", "abc"),
     {"stash_id_endpoint": {"modifier": "EQUALS", "stash_id": "abc"}}),
    ("SCENES", "phash", crit("EQUALS", "a1"), {"phash_distance": crit("EQUALS", "a1")}),
    ("SCENES", "resolution", crit("EQUALS", "FULL_HD"), {"resolution": crit("EQUALS", "FULL_HD")}),
    ("SCENES", "sceneIsMissing", crit("EQUALS", "cover"), {"is_missing": "cover"}),
    ("PERFORMERS", "gender", crit("EXCLUDES", "Male"), None),
    ("PERFORMERS", "favorite", crit("EQUALS", "true"), {"filter_favorites": True}),
    ("TAGS", "parent_tags", crit("IS_NULL", None), {"parents": {"modifier": "IS_NULL"}}),
    ("PERFORMERS", "custom_fields", {"value": [{"field": "a", "modifier": "IS_NULL"}]},
     {"custom_fields": [{"field": "a", "modifier": "IS_NULL", "value": []}]}),
]  # fmt: skip


@table_test("mode, name, saved, expected", OLDER)
def test_older_shape_is_read(mode: str, name: str, saved: Any, expected: Any) -> None:
    found = sent(mode, name, saved)
    assert expected is None or found == expected


def test_text_only_filter_is_read() -> None:
    criterion = json.dumps({"type": "organized", **crit("EQUALS", "true")})
    text = json.dumps({"perPage": 20, "sortby": "date", "sortdir": "desc", "q": "lake", "c": [criterion]})
    found = read_saved({"mode": "SCENES", "find_filter": None, "object_filter": None, "filter": text})
    assert (found.lookups, found.q, found.sort, found.direction, found.per_page) == (
        {"organized": True}, "lake", "date", "DESC", 20
    )  # fmt: skip


def test_ratings_use_the_scale_of_the_user() -> None:
    assert read("SCENES", "rating100", crit("EQUALS", 4), rating_scale=10).lookups["rating100"]["value"] == 40


UNKNOWN = [
    ("nonsense", crit("EQUALS", "x"), "there is no such criterion"),
    ("titel", crit("EQUALS", "x"), "Did you mean title"),
    (
        "tags",
        crit("INCLUDES", {"items": [{"label": "Outdoor"}], "depth": 0}),
        "'Outdoor' was saved without an id",
    ),
    ("tags", crit("INCLUDES", {"items": [], "excluded": [], "depth": 0}), "it names no objects"),
    ("tags", crit("MATCHES_REGEX", {"items": [OUTDOOR]}), "does not support the modifier"),
    ("rating100", crit("EQUALS", {}), "it has no value"),
    ("rating100", crit("BETWEEN", {"value": 3}), "the end of its range is missing"),
    ("rating100", crit("EQUALS", {"value": "high"}), "'high' is no number"),
    ("created_at", crit("LESS_THAN", {"value": "yesterday"}), "is no time such as"),
    ("resolution", crit("EQUALS", "9p"), "'9p' is no resolution"),
    ("is_missing", crit("EQUALS", "soul"), "'soul' is nothing that can be missing"),
    ("organized", crit("EQUALS", "maybe"), "is neither true nor false"),
    ("title", crit("EQUALS", ["a"]), "its value is no text"),
    ("captions", crit("INCLUDES", "Klingon"), "'Klingon' is no language"),
    ("OR", {"title": crit("EQUALS", "x")}, "there is no such criterion"),
    ("title", "x", "it is no criterion"),
]


@table_test("name, saved, reason", UNKNOWN)
def test_untranslatable_parts_are_named_and_the_rest_is_kept(name: str, saved: Any, reason: str) -> None:
    found = read_saved(
        {"mode": "SCENES", "object_filter": {"organized": crit("EQUALS", "true"), name: saved}}
    )
    assert reason in found.untranslated[name]
    assert name == "organized" or found.lookups == {"organized": True}


WRITTEN = [
    ("Scene", Q(rating100__gte=80), {"rating100": crit("GREATER_THAN", {"value": 79})}),
    ("Scene", Q(rating100__between=(20, 80)), {"rating100": crit("BETWEEN", {"value": 20, "value2": 80})}),
    ("Scene", Q(title__contains="a b"), {"title": crit("INCLUDES", '"a b"')}),
    ("Scene", Q(title__ne="x"), {"title": crit("NOT_MATCHES_REGEX", "(?i)^x$")}),
    ("Scene", ~Q(tags=["3"]),
     {"tags": crit("INCLUDES", {"items": [], "excluded": [OUTDOOR], "depth": 0})}),
    ("Scene", Q(tags__includes=["3"], tags__depth=-1),
     {"tags": crit("INCLUDES", {"items": [OUTDOOR], "excluded": [], "depth": -1})}),
    ("Scene", Q(date="2023"), {"date": crit("BETWEEN", {"value": "2023-01-01", "value2": "2023-12-31"})}),
    ("Scene", Q(duration__gte="60m") & Q(resolution__gte="1080p"),
     {"duration": crit("GREATER_THAN", {"value": 3599}), "resolution": crit("GREATER_THAN", "720p")}),
    ("Scene", Q(duration__gte=60, resolution__gte="1080p"),
     {"duration": crit("GREATER_THAN", {"value": 59}), "resolution": crit("GREATER_THAN", "720p")}),
    ("Scene", Q(created_at__gte="2024-01-01 10:30"),
     {"created_at": crit("GREATER_THAN", {"value": "2024-01-01 10:30"})}),
    ("Scene", Q(is_missing="title"), {"title": crit("IS_NULL", "")}),
    ("Performer", Q(gender="FEMALE"), {"gender": crit("INCLUDES", ["Female"])}),
]  # fmt: skip


@table_test("type_name, query, saved", WRITTEN)
def test_query_is_written_as_the_web_interface_saves_it(type_name: str, query: Q, saved: Any) -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    assert write_criteria(type_name, query, LABELS, now=now).object_filter == saved


REFUSED = [
    ("Scene", Q(rating100=1) | Q(organized=True), "it has no or"),
    ("Scene", ~Q(rating100__gte=80), "it has no or"),
    ("Scene", Q(performers__country="JP"), "performers: it has no conditions on related objects"),
    ("Scene", Q(rating100__in=[1, 5]), "it would need an or"),
    ("Scene", Q(id=3), "id: it has no such criterion"),
    ("Scene", Q(resolution="VR_HD"), "the web interface has no VR_HD"),
    ("Scene", Q(oshash__null=True), "oshash: "),
    ("Scene", Q(tags=["3"]) & Q(tags__includes=["4", "5"]), "it has one condition on a field"),
]


@table_test("type_name, query, reason", REFUSED)
def test_query_the_web_interface_cannot_show_is_rejected(type_name: str, query: Q, reason: str) -> None:
    with pytest.raises(StashInputError) as caught:
        write_criteria(type_name, query, LABELS)
    assert reason in str(caught.value)
    assert "stash alias set" in str(caught.value.hint)


def test_list_url_contains_the_criteria() -> None:
    saved = {
        "title": crit("EQUALS", 'a{b}"&é'),
        "tags": crit("INCLUDES", {"items": [OUTDOOR], "excluded": [], "depth": 0}),
        "date": crit("IS_NULL", {}),
    }
    paging = {"q": "red head", "sort": "date", "direction": "DESC", "per_page": 20, "page": 2}
    assert web_address("http://x/stash/", "Scene", paging, saved) == (
        "http://x/stash/scenes?q=red%20head"
        "&c=(%22type%22:%22title%22,%22modifier%22:%22EQUALS%22,%22value%22:%22a%7Bb%7D%5C%22%26%C3%A9%22)"
        "&c=(%22type%22:%22tags%22,%22modifier%22:%22INCLUDES%22,%22value%22:(%22items%22:%5B(%22id%22:%223%22,"
        "%22label%22:%22Outdoor%22)%5D,%22excluded%22:%5B%5D,%22depth%22:0))"
        "&c=(%22type%22:%22date%22,%22modifier%22:%22IS_NULL%22)&sortby=date&perPage=20&p=2"
    )
    assert web_address("http://x", "SceneMarker", {}, {}) == "http://x/scenes/markers"


def test_older_servers_get_custom_fields_as_text() -> None:
    from stash_cli.core.graphql.compat.answers import read_saved_filter, write_saved_filter

    rows = [{"field": "height", "modifier": "IS_NULL"}]
    found = read_saved_filter(write_saved_filter(None, {"custom_fields": rows}, None))
    assert found["object_filter"] == {"custom_fields": {"value": rows}}
