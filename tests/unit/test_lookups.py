"""Lookups compiled to equivalent server filters."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashInputError, StashLookupError
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.lookups import fields
from stash_cli.core.types import FuzzyDate, GenderEnum, StringCriterionInput, Tag
from stash_cli.core.types.api import describe_api

NOW = datetime(2024, 5, 10, 12, 30, tzinfo=UTC)
FILTERS = [name for name in describe_api().types if name.endswith("FilterType") and "Find" not in name]

SAMPLES: dict[str, Any] = {
    "Boolean": True,
    "String": True,
    "IntCriterionInput": 7,
    "FloatCriterionInput": 7.5,
    "DateCriterionInput": "2024-03",
    "TimestampCriterionInput": "-2d",
    "StringCriterionInput": "text",
    "MultiCriterionInput": 5,
    "HierarchicalMultiCriterionInput": 5,
    "PhashDistanceCriterionInput": "a1b2",
    "DuplicationCriterionInput": True,
    "FileDuplicationCriterionInput": True,
    "StashIDCriterionInput": "an-id",
    "StashIDsCriterionInput": ["an-id"],
    "CustomFieldCriterionInput": {"height": 180},
    "FingerprintFilterInput": {"phash": "a1b2"},
    "phash": "a1b2",
}


def sample(kind: str, choices: tuple[str, ...], name: str, arity: str) -> Any:
    if name == "null" and kind != "CustomFieldCriterionInput":
        return True
    if name in ("depth", "distance"):
        return 2
    if name == "endpoint":
        return "https://stash-box.example/graphql"
    one = choices[len(choices) // 2] if choices else SAMPLES[kind]
    if kind == "CustomFieldCriterionInput":
        texts = {"height": "tall"} if name in ("contains", "excludes", "regex", "not_regex") else one
        return {"height": [1, 2]} if "between" in name or name == "in" else texts
    return {"range": (one, one), "list": [one] if not isinstance(one, list) else one}.get(arity, one)


@table_test("filter_type", FILTERS)
def test_every_lookup_of_every_field_is_a_valid_filter(filter_type: str) -> None:
    owner = filter_type.removesuffix("FilterType")
    tried = 0
    for field in fields(owner).values():
        for lookup in field.lookups.values():
            value = sample(field.kind, field.choices, lookup.name, lookup.arity)
            lookups = {f"{field.name}__{lookup.name}": value}
            if lookup.name in ("depth", "distance"):
                lookups[field.name] = SAMPLES[field.kind]
            compiled = compile_lookups(owner, lookups, now=NOW)
            class_named(filter_type).parse(compiled.filter)
            assert compiled.filter or compiled.post_filter
            tried += 1
    assert tried > 20


def test_every_filter_field_has_a_lookup() -> None:
    for filter_type in FILTERS:
        for field in fields(filter_type.removesuffix("FilterType")).values():
            assert field.lookups or field.name.endswith("_filter"), field


EXACT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Scene", {"rating100": 80}, {"rating100": {"value": 80, "modifier": "EQUALS"}}),
    ("Scene", {"rating100__gte": 80}, {"rating100": {"value": 79, "modifier": "GREATER_THAN"}}),
    ("Scene", {"rating100__lte": "80"}, {"rating100": {"value": 81, "modifier": "LESS_THAN"}}),
    (
        "Scene",
        {"rating100__gte": 60, "rating100__lte": 80},
        {"rating100": {"value": 60, "value2": 80, "modifier": "BETWEEN"}},
    ),
    (
        "Scene",
        {"rating100__between": (60, None), "rating100__lt": 81},
        {"rating100": {"value": 60, "value2": 80, "modifier": "BETWEEN"}},
    ),
    (
        "Scene",
        {"rating100__ne": 80},
        {
            "rating100": {"value": 80, "modifier": "NOT_EQUALS"},
            "OR": {"rating100": {"value": 0, "modifier": "IS_NULL"}},
        },
    ),
    ("Scene", {"rating100": None}, {"rating100": {"value": 0, "modifier": "IS_NULL"}}),
    ("Scene", {"rating100__null": False}, {"rating100": {"value": 0, "modifier": "NOT_NULL"}}),
    ("Scene", {"rating100__isnull": "yes"}, {"rating100": {"value": 0, "modifier": "IS_NULL"}}),
    (
        "Scene",
        {"rating100__gte": 80, "rating100__lte": 20},
        {"rating100": {"value": 2, "value2": 0, "modifier": "BETWEEN"}},
    ),
    ("Scene", {"play_count__ne": 3}, {"play_count": {"value": 3, "modifier": "NOT_EQUALS"}}),
    (
        "Scene",
        {"rating100__in": [80, 81, 82]},
        {"rating100": {"value": 80, "value2": 82, "modifier": "BETWEEN"}},
    ),
    ("Performer", {"penis_length__gt": 12.5}, {"penis_length": {"value": 12.5, "modifier": "GREATER_THAN"}}),
    (
        "Performer",
        {"penis_length__gte": 12.5, "penis_length__lte": 20},
        {"penis_length": {"value": 12.5, "value2": 20.0, "modifier": "BETWEEN"}},
    ),
    ("Scene", {"title": "A b"}, {"title": {"value": "A b", "modifier": "EQUALS"}}),
    ("Scene", {"title": "50%"}, {"title": {"value": "(?i)^50%$", "modifier": "MATCHES_REGEX"}}),
    ("Scene", {"title": "a.b_c"}, {"title": {"value": r"(?i)^a\.b_c$", "modifier": "MATCHES_REGEX"}}),
    ("Scene", {"title": ""}, {"title": {"value": "", "modifier": "IS_NULL"}}),
    ("Scene", {"title__contains": "two words"}, {"title": {"value": '"two words"', "modifier": "INCLUDES"}}),
    ("Scene", {"title__icontains": "word"}, {"title": {"value": "word", "modifier": "INCLUDES"}}),
    ("Scene", {"title__startswith": "(a"}, {"title": {"value": r"(?i)^\(a", "modifier": "MATCHES_REGEX"}}),
    ("Scene", {"title__endswith": "z"}, {"title": {"value": "(?i)z$", "modifier": "MATCHES_REGEX"}}),
    ("Scene", {"title__excludes": "x"}, {"title": {"value": "(?i)x", "modifier": "NOT_MATCHES_REGEX"}}),
    ("Scene", {"title__in": ["a", "b"]}, {"title": {"value": "(?i)^(a|b)$", "modifier": "MATCHES_REGEX"}}),
    ("Scene", {"url__excludes": "x y"}, {"url": {"value": "x y", "modifier": "EXCLUDES"}}),
    (
        "Scene",
        {"title__startswith": "a", "title__endswith": "b"},
        {
            "title": {"value": "(?i)^a", "modifier": "MATCHES_REGEX"},
            "AND": {"title": {"value": "(?i)b$", "modifier": "MATCHES_REGEX"}},
        },
    ),
    ("Scene", {"date": "2024-03-05"}, {"date": {"value": "2024-03-05", "modifier": "EQUALS"}}),
    (
        "Scene",
        {"date": "2024-02"},
        {"date": {"value": "2024-02-01", "value2": "2024-02-29", "modifier": "BETWEEN"}},
    ),
    ("Scene", {"date__gt": "2024-03"}, {"date": {"value": "2024-03-31", "modifier": "GREATER_THAN"}}),
    ("Scene", {"date__gte": "2024-03"}, {"date": {"value": "2024-02-29", "modifier": "GREATER_THAN"}}),
    ("Scene", {"date__lt": "2024"}, {"date": {"value": "2024-01-01", "modifier": "LESS_THAN"}}),
    ("Scene", {"date__lte": FuzzyDate("2024")}, {"date": {"value": "2025-01-01", "modifier": "LESS_THAN"}}),
    ("Scene", {"date": date(2024, 3, 5)}, {"date": {"value": "2024-03-05", "modifier": "EQUALS"}}),
    ("Scene", {"date": "Yesterday"}, {"date": {"value": "2024-05-09", "modifier": "EQUALS"}}),
    ("Scene", {"date__gte": "-2d"}, {"date": {"value": "2024-05-07", "modifier": "GREATER_THAN"}}),
    ("Scene", {"last_played_at__null": True}, {"play_count": {"value": 0, "modifier": "EQUALS"}}),
    (
        "Scene",
        {"last_played_at__lt": "2024"},
        {
            "last_played_at": {"value": "2024-01-01T00:00:00", "modifier": "LESS_THAN"},
            "play_count": {"value": 0, "modifier": "GREATER_THAN"},
        },
    ),
    ("Scene", {"organized": False}, {"organized": False}),
    ("Scene", {"organized__ne": "no"}, {"organized": True}),
    ("Scene", {"has_markers": False}, {"has_markers": "false"}),
    ("Scene", {"is_missing": "rating"}, {"rating100": {"value": 0, "modifier": "IS_NULL"}}),
    ("Scene", {"is_missing": "rating100"}, {"rating100": {"value": 0, "modifier": "IS_NULL"}}),
    ("Scene", {"is_missing": "cover"}, {"is_missing": "cover"}),
    ("Group", {"is_missing": "synopsis"}, {"synopsis": {"value": "", "modifier": "IS_NULL"}}),
    ("Scene", {"resolution": "1080p"}, {"resolution": {"value": "FULL_HD", "modifier": "EQUALS"}}),
    ("Scene", {"resolution__gte": "4k"}, {"resolution": {"value": "QUAD_HD", "modifier": "GREATER_THAN"}}),
    ("Scene", {"resolution__lte": "full_hd"}, {"resolution": {"value": "QUAD_HD", "modifier": "LESS_THAN"}}),
    ("Scene", {"orientation": "portrait"}, {"orientation": {"value": ["PORTRAIT"]}}),
    ("Performer", {"gender": "non-binary"}, {"gender": {"value": "NON_BINARY", "modifier": "INCLUDES"}}),
    (
        "Performer",
        {"gender__in": [GenderEnum.MALE, "female"]},
        {"gender": {"value_list": ["MALE", "FEMALE"], "modifier": "INCLUDES"}},
    ),
    ("Scene", {"tags": [1, "2"]}, {"tags": {"value": ["1", "2"], "modifier": "INCLUDES_ALL"}}),
    ("Scene", {"tag": 1}, {"tags": {"value": ["1"], "modifier": "INCLUDES"}}),
    (
        "Scene",
        {"tags__includes": [1, 2], "tags__excludes": [3], "tags__depth": -1},
        {"tags": {"value": ["1", "2"], "modifier": "INCLUDES", "excludes": ["3"], "depth": -1}},
    ),
    ("Scene", {"tags__null": True}, {"tags": {"modifier": "IS_NULL"}}),
    ("Scene", {"tags__excludes": []}, {}),
    ("Scene", {"studio": 5}, {"studios": {"value": ["5"], "modifier": "INCLUDES"}}),
    (
        "SceneMarker",
        {"tags__excludes": 3},
        {"tags": {"value": [], "modifier": "INCLUDES", "excludes": ["3"]}},
    ),
    (
        "Scene",
        {"performers__country": "JP"},
        {"performers_filter": {"country": {"value": "JP", "modifier": "EQUALS"}}},
    ),
    (
        "Scene",
        {"studio__name__contains": "x"},
        {"studios_filter": {"name": {"value": "x", "modifier": "INCLUDES"}}},
    ),
    ("SceneMarker", {"scene__organized": True}, {"scene_filter": {"organized": True}}),
    ("Scene", {"groups__name": "x"}, {"movies_filter": {"name": {"value": "x", "modifier": "EQUALS"}}}),
    (
        "Performer",
        {"custom_fields__shoe__gte": 40},
        {"custom_fields": [{"field": "shoe", "modifier": "BETWEEN", "value": [40, sys.float_info.max]}]},
    ),
    (
        "Performer",
        {"custom_fields": {"a": 1}, "custom_fields__b__lt": 2},
        {
            "custom_fields": [
                {"field": "a", "modifier": "EQUALS", "value": [1]},
                {"field": "b", "modifier": "LESS_THAN", "value": [2]},
            ]
        },
    ),
    (
        "Scene",
        {"phash_distance": "A1", "phash_distance__distance": 4},
        {"phash_distance": {"value": "00000000000000a1", "modifier": "EQUALS", "distance": 5}},
    ),
    (
        "Scene",
        {
            "title": {"value": "x", "modifier": "INCLUDES"},
            "code": StringCriterionInput(value="y", modifier="EQUALS"),
        },
        {"title": {"value": "x", "modifier": "INCLUDES"}, "code": {"value": "y", "modifier": "EQUALS"}},
    ),
]


@table_test(("owner", "lookups", "expected"), EXACT, ids=[str(row[1]) for row in EXACT])
def test_lookups_compile_to_filters(owner: str, lookups: dict[str, Any], expected: dict[str, Any]) -> None:
    compiled = compile_lookups(owner, lookups, now=NOW)
    assert compiled.filter == expected
    assert compiled.post_filter is None


def test_relations_accept_saved_objects() -> None:
    tag = Tag.from_graphql({"id": "7", "name": "x"})
    assert compile_lookups("Scene", {"tags": tag}).filter["tags"]["value"] == ["7"]
    with pytest.raises(StashInputError, match="saved objects of Tag"):
        compile_lookups("Scene", {"tags": Tag(name="new")})


def test_negation_of_several_fields_includes_null() -> None:
    """Two alternatives each: four conjunctions, joined by OR."""
    found = compile_lookups("Scene", {"rating100__ne": 1, "date__ne": "2024-01-01", "organized": True}).filter
    assert found.pop("organized") is True
    chain, level = [], found["AND"]
    while level:
        chain.append((level["rating100"]["modifier"], level["date"]["modifier"]))
        level = level.get("OR")
    assert sorted(chain) == sorted(
        (a, b) for a in ("NOT_EQUALS", "IS_NULL") for b in ("NOT_EQUALS", "IS_NULL")
    )


def test_lookups_without_a_filter_become_a_residual_predicate() -> None:
    compiled = compile_lookups("Scene", {"path__excludes": "b.mp4", "organized": True})
    assert compiled.post_filter is not None
    assert compiled.post_filter.fields == ("files.path",)
    assert compiled.post_filter({"files": [{"path": "/a.mp4"}]})
    assert compiled.post_filter({"files": []})
    assert not compiled.post_filter({"files": [{"path": "/a.mp4"}, {"path": "/B.MP4"}]})
    assert "row by row" in compiled.explain()
    assert "path" in compiled.explain()


def test_markers_have_no_or_filter_so_rows_are_tested() -> None:
    compiled = compile_lookups("SceneMarker", {"duration__ne": 3})
    assert compiled.filter == {}
    assert compiled.post_filter is not None
    assert compiled.post_filter({"seconds": 1.0, "end_seconds": None})
    assert not compiled.post_filter({"seconds": 1.0, "end_seconds": 4.0})


def test_two_tag_sets_are_split_between_server_and_rows() -> None:
    compiled = compile_lookups("Scene", {"tags": [1, 2], "tags__includes": [3, 4]})
    assert compiled.filter["tags"]["value"] == ["1", "2"]
    assert compiled.post_filter is not None
    assert compiled.post_filter({"tags": [{"id": "1"}, {"id": "2"}, {"id": "4"}]})
    assert not compiled.post_filter({"tags": [{"id": "1"}, {"id": "2"}]})
    with pytest.raises(StashLookupError, match="cannot be asked this way"):
        compile_lookups("Scene", {"tags": [1, 2], "tags__includes": [3, 4], "tags__depth": 1})


REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("Scene", {"raitng100": 1}, StashLookupError, "no filter field 'raitng100'. Did you mean rating100"),
    ("Scene", {"rating100__gtee": 1}, StashLookupError, "no lookup 'gtee'. Did you mean gte"),
    ("Scene", {"performers__contry": "x"}, StashLookupError, "Performer has no filter field 'contry'"),
    ("Scen", {"title": "x"}, StashLookupError, "Did you mean Scene"),
    (
        "Scene",
        {"rating100__gte": 101},
        StashInputError,
        "Scene.rating100 takes numbers from 0 to 100, not 101",
    ),
    ("Scene", {"rating100": "high"}, StashInputError, "Scene.rating100 takes a whole number, not 'high'"),
    ("Scene", {"rating100": True}, StashInputError, "a whole number, not True"),
    ("Scene", {"rating100__between": 5}, StashInputError, "two ends"),
    ("Scene", {"date": "2024-13"}, StashInputError, "a date such as 2024"),
    ("Scene", {"created_at__gt": "soon"}, StashInputError, "a time ago such as -2d"),
    ("Scene", {"title__contains": ""}, StashInputError, "some text"),
    ("Scene", {"title": ["a"]}, StashInputError, "any of several: title__in=[...]"),
    ("Scene", {"title__in": "abc"}, StashInputError, "a list of texts"),
    ("Scene", {"id": [1, 2]}, StashInputError, "any of several: id__in=[...]"),
    ("Scene", {"rating100": 79.5}, StashInputError, "a whole number"),
    ("Scene", {"rating100__between": (80, 60)}, StashInputError, "two ends in order"),
    ("Scene", {"studio__depth": -1}, StashInputError, "ids beside studios__depth"),
    ("Scene", {"rating100": "1:30"}, StashInputError, "a whole number"),
    ("Scene", {"title__contains": None}, StashInputError, "takes text"),
    ("Scene", {"title": True}, StashInputError, "takes text"),
    ("Scene", {"rating100__null": "perhaps"}, StashInputError, "yes or no"),
    ("Scene", {"tags__null": 2}, StashInputError, "yes or no"),
    ("Scene", {"rating100__gte": None}, StashInputError, "a whole number"),
    ("Scene", {"title__not_regex": "("}, StashInputError, "regular expression"),
    ("Scene", {"tags": []}, StashInputError, "tags__null=True"),
    ("Scene", {"tags": ["Outdoor"]}, StashInputError, "ids or saved objects of Tag"),
    ("Scene", {"tags": 1, "tags__null": True}, StashInputError, "either null or ids"),
    ("Scene", {"studio": [1], "studio__depth": -2}, StashInputError, "-1 for all levels"),
    ("Scene", {"organized": 3}, StashInputError, "yes or no"),
    ("Scene", {"is_missing": "x'; --"}, StashInputError, "one of url"),
    ("Scene", {"resolution": "1081p"}, StashInputError, "1080p, 1440p"),
    ("Scene", {"stash_id__endpoint": "a'b"}, StashInputError, "address of a stash-box"),
    ("Performer", {"gender": "x"}, StashInputError, "NON_BINARY"),
    ("Performer", {"performers__excludes": [1]}, StashLookupError, "no lookup 'excludes'"),
    ("Studio", {"scenes__url__ne": "x"}, StashLookupError, "cannot be asked of related objects"),
]


@table_test(("owner", "lookups", "error", "words"), REFUSED, ids=[str(row[1]) for row in REFUSED])
def test_invalid_lookups_are_rejected(
    owner: str, lookups: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        compile_lookups(owner, lookups)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


PARSED: list[tuple[str, str, str, str, Any]] = [
    ("Scene", "rating100", "gte", "80", 80),
    ("Scene", "rating100", "between", "60..80", (60, 80)),
    ("Scene", "rating100", "between", "60..", (60, None)),
    ("Scene", "rating100", "in", "1, 2,3", [1, 2, 3]),
    ("Scene", "created_at", "gt", "-2d", "-2d"),
    ("Scene", "date", "between", "2023..2024", ("2023", "2024")),
    ("Scene", "organized", "eq", "yes", True),
    ("Scene", "organized", "eq", "off", False),
    ("Scene", "title", "in", 'a, "b, c"', ["a", "b, c"]),
    ("Scene", "tags", "includes", "Rock, Pop", ["Rock, Pop"]),
    ("Scene", "tags", "includes", "12,13", ["12", "13"]),
    ("Scene", "tags", "depth", "-1", -1),
    ("Performer", "custom_fields", "gte", "height=180", {"height": 180}),
    ("Performer", "custom_fields", "eq", "a=b=c", {"a": "b=c"}),
    ("Performer", "penis_length", "lt", "1.5", 1.5),
    ("Performer", "custom_fields", "eq", "a=-1.5e3", {"a": -1500.0}),
    ("Performer", "custom_fields", "eq", "a=nan", {"a": "nan"}),
    ("Performer", "custom_fields", "eq", "a=1_000", {"a": "1_000"}),
    ("Performer", "custom_fields", "contains", "a=18", {"a": "18"}),
    ("Performer", "custom_fields", "between", "a=1..2", {"a": (1, 2)}),
    ("Scene", "duration", "gt", "1:30", "1:30"),
]


@table_test(("owner", "name", "lookup", "text", "value"), PARSED)
def test_command_line_text_is_converted(owner: str, name: str, lookup: str, text: str, value: Any) -> None:
    offered = fields(owner)[name].lookups[lookup]
    assert offered.parse(text) == value
    assert offered.help
    if "tags" not in name:
        compile_lookups(owner, {f"{name}__{lookup}": offered.parse(text)})


@table_test(
    ("lookup", "text"),
    [("gte", "x"), ("between", "60"), ("between", ".."), ("in", "1,x"), ("in", "1\n2"), ("null", "maybe")],
)
def test_invalid_command_line_text_is_rejected(lookup: str, text: str) -> None:
    with pytest.raises(StashInputError, match="expected"):
        fields("Scene")["rating100"].lookups[lookup].parse(text)


def test_lookups_do_not_import_pydantic() -> None:
    from support import fresh_python

    loaded = fresh_python(
        "import sys\n"
        "from stash_cli.core.query.lookups import compile, fields\n"
        "compile('Scene', {'rating100__gte': 80, 'tags': [1], 'performers__gender': 'male'})\n"
        "print([m for m in ('pydantic', 'httpx', 'rich', 'asyncio') if m in sys.modules])"
    )
    assert loaded.strip() == "[]"


@table_test(
    ("field", "modifier", "heeded"),
    [
        ("rating100", "MATCHES_REGEX", False),
        ("rating100", "NOT_BETWEEN", True),
        ("title", "GREATER_THAN", False),
        ("title", "MATCHES_REGEX", True),
        ("tags", "EQUALS", True),
        ("galleries", "EQUALS", False),
        ("studios", "NOT_EQUALS", True),
        ("resolution", "BETWEEN", False),
    ],
)
def test_modifiers_ignored_by_the_server_are_rejected(field: str, modifier: str, heeded: bool) -> None:
    criterion = {"value": ["1"] if field in ("tags", "galleries", "studios") else 1, "modifier": modifier}
    if heeded:
        assert compile_lookups("Scene", {field: criterion}).filter == {field: criterion}
        return
    with pytest.raises(StashInputError, match=f"does not support the modifier {modifier}"):
        compile_lookups("Scene", {field: criterion})
