"""Server filter quirks that lookups avoid (server facts, 4).

Each row: the quirk, the lookup, the filter that is sent, and the residual predicate.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashError
from stash_cli.core.query.criteria.local import MOST_TEXTS
from stash_cli.core.query.filter_builder import MAX_ALTERNATIVES
from stash_cli.core.query.lookups import Compiled, fields
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.q import Q

NOW = datetime(2024, 5, 10, 12, 30, tzinfo=UTC)
NONE = ""
"""No residual predicate."""


def regex(pattern: str) -> dict[str, str]:
    return text("MATCHES_REGEX", pattern)


def no_regex(pattern: str) -> dict[str, str]:
    return text("NOT_MATCHES_REGEX", pattern)


def text(modifier: str, value: str = "") -> dict[str, str]:
    return {"value": value, "modifier": modifier}


def number(modifier: str, value: Any = 0, **more: Any) -> dict[str, Any]:
    return {"value": value, "modifier": modifier, **more}


def ids(modifier: str, *value: str, **more: Any) -> dict[str, Any]:
    return {"modifier": modifier, "value": list(value), **more}


def custom(modifier: str, *value: Any) -> dict[str, Any]:
    return {"field": "a", "modifier": modifier, "value": list(value)}


TEXTS = [
    ("LIKE reads wildcards", "Scene", {"title": "50%"}, {"title": regex("(?i)^50%$")}, NONE),
    ("LIKE reads wildcards", "Scene", {"title": "a_c"}, {"title": regex("(?i)^a_c$")}, NONE),
    (
        "LIKE knows the case of ASCII",
        "Scene",
        {"title": "É"},
        {"title": regex("(?i)^É$")},
        NONE,
    ),
    (
        "NOT_EQUALS drops NULL",
        "Scene",
        {"title__ne": "x"},
        {"title": no_regex("(?i)^x$")},
        NONE,
    ),
    (
        "EXCLUDES drops NULL, parts words",
        "Scene",
        {"title__excludes": "a b"},
        {"title": no_regex("(?i)a b")},
        NONE,
    ),
    (
        "INCLUDES takes any word",
        "Scene",
        {"title__contains": "a b"},
        {"title": text("INCLUDES", '"a b"')},
        NONE,
    ),
    (
        "INCLUDES strips quotes",
        "Scene",
        {"title__contains": '"a'},
        {"title": regex('(?i)"a')},
        NONE,
    ),
    ("an empty text is not NULL", "Scene", {"title": ""}, {"title": text("IS_NULL")}, NONE),
    (
        "expressions match empty texts, not NULL",
        "Scene",
        {"title__regex": "x*"},
        {"title": regex("x*"), "AND": {"title": text("NOT_NULL")}},
        NONE,
    ),
    (
        "some file decides",
        "Scene",
        {"path__excludes": "x"},
        {"path": no_regex("(?i)x")},
        "path",
    ),
    (
        "some file decides",
        "Scene",
        {"audio_codec__null": True},
        {"audio_codec": text("IS_NULL")},
        "audio_codec",
    ),
    ("some url decides", "Scene", {"url__ne": "x"}, {"url": no_regex("(?i)^x$")}, "url"),
    (
        "EXCLUDES takes a list whole",
        "Scene",
        {"url__excludes": "a b"},
        {"url": text("EXCLUDES", "a b")},
        NONE,
    ),
    ("rows show the first file's", "Scene", {"captions__excludes": "en"}, {}, "captions"),
    ("rows show the first file's", "Scene", {"interactive": False}, {}, "interactive"),
]
NUMBERS = [
    (
        "NOT_EQUALS drops NULL",
        "Scene",
        {"rating100__ne": 5},
        {"rating100": number("NOT_EQUALS", 5), "OR": {"rating100": number("IS_NULL")}},
        NONE,
    ),
    (
        "a missing value2 is 0",
        "Scene",
        {"rating100__between": (60, None)},
        {"rating100": number("GREATER_THAN", 59)},
        NONE,
    ),
    (
        "counts compare after grouping, which is no alternative",
        "Tag",
        {"scene_count__in": [1, 3]},
        {
            "scene_count": number("BETWEEN", 1, value2=3),
            "AND": {"scene_count": number("NOT_EQUALS", 2)},
        },
        NONE,
    ),
    ("objects without performers never match", "Scene", {"performer_age__ne": 30}, {}, "performer_age"),
    ("images without a hash never match", "Image", {"checksum__null": True}, {}, "checksum"),
    (
        "a bare year is a number, before every date",
        "Scene",
        {"date__gt": "2021"},
        {"date": text("GREATER_THAN", "2021-12-31")},
        NONE,
    ),
    (
        "a time with a space sorts before the day",
        "Scene",
        {"created_at__gte": "2024-01-02 10:20"},
        {"created_at": text("GREATER_THAN", "2024-01-01T22:20:00")},
        "created_at: the server compares texts of its own zone",
    ),
    (
        "relative times are not read",
        "Scene",
        {"created_at__gt": "-4h"},
        {"created_at": text("GREATER_THAN", "2024-05-09T20:30:01")},
        "created_at",
    ),
    *(
        (
            f"date functions fail inside related objects: {key}",
            owner,
            {key: value},
            {},
            "0.30 answer it wrongly",
        )
        for owner, key, value in (
            ("Scene", "performers__age__between", (32, 62)),
            ("Gallery", "performers__birth_year", 1990),
            ("Image", "performers__death_year__null", True),
            ("Performer", "scenes__performer_age__not_between", (20, 30)),
        )
    ),
    (
        "times of plays are stored in UTC",
        "Scene",
        {"last_played_at__gte": "2024-01-02 10:20+02:00"},
        {"last_played_at": text("GREATER_THAN", "2024-01-02T08:20:00")},
        NONE,
    ),
    (
        "never played counts as long ago",
        "Scene",
        {"last_played_at__null": True},
        {"play_count": number("EQUALS", 0)},
        NONE,
    ),
    (
        "never played counts as long ago",
        "Scene",
        {"last_played_at__lt": "2024"},
        {
            "last_played_at": text("LESS_THAN", "2024-01-01T00:00:00"),
            "play_count": number("GREATER_THAN", 0),
        },
        NONE,
    ),
    (
        "resolution knows no absence",
        "Scene",
        {"resolution__null": True},
        {"file_count": number("EQUALS", 0)},
        NONE,
    ),
    (
        "some file decides",
        "Scene",
        {"resolution__ne": "4k"},
        {
            "resolution": {"value": "FOUR_K", "modifier": "NOT_EQUALS"},
            "OR": {"file_count": number("EQUALS", 0)},
        },
        "resolution",
    ),
    (
        "a distance is strictly less",
        "Scene",
        {"phash_distance": "a1", "phash_distance__distance": 2},
        {"phash_distance": number("EQUALS", "00000000000000a1", distance=3)},
        NONE,
    ),
]
ANY_SIDES = {"value": ["LANDSCAPE", "PORTRAIT", "SQUARE"]}
RELATIONS = [
    (
        "an id twice never matches",
        "Scene",
        {"tags": [1, 1, 2]},
        {"tags": ids("INCLUDES_ALL", "1", "2")},
        NONE,
    ),
    (
        "excludes beside is ignored",
        "Scene",
        {"galleries": 1, "galleries__excludes": 2},
        {"galleries": ids("INCLUDES", "1")},
        "galleries",
    ),
    (
        "a marker's EXCLUDES is ignored",
        "SceneMarker",
        {"tags__excludes": 3},
        {"tags": ids("INCLUDES", excludes=["3"])},
        NONE,
    ),
    (
        "IS_NULL looks at one performer",
        "Scene",
        {"performer_tags__null": True},
        {"performer_tags": {"modifier": "IS_NULL"}},
        "performer_tags",
    ),
    (
        "INCLUDES_ALL is ignored",
        "Performer",
        {"groups": [1, 2]},
        {"groups": ids("INCLUDES", "1")},
        "groups",
    ),
    (
        "EXCLUDES drops files outside of zips",
        "File",
        {"zip_file__excludes": 1},
        {"zip_file": ids("EXCLUDES", "1"), "OR": {"zip_file": {"modifier": "IS_NULL"}}},
        NONE,
    ),
    (
        "EXCLUDES drops NULL",
        "Performer",
        {"circumcised__ne": "cut"},
        {
            "circumcised": {"value": ["UNCUT"], "modifier": "INCLUDES"},
            "OR": {"circumcised": {"modifier": "IS_NULL"}},
        },
        NONE,
    ),
    (
        "groups_filter is ignored",
        "Scene",
        {"groups__name": "x"},
        {"movies_filter": {"name": text("EQUALS", "x")}},
        NONE,
    ),
    (
        "groups_filter is ignored",
        "Scene",
        {"groups__sub_groups": 1},
        {"groups_filter": {"sub_groups": ids("INCLUDES", "1")}},
        "groups_filter",
    ),
    (
        "any marker makes every scene match",
        "Scene",
        {"markers__duration__gt": 3},
        {"markers_filter": {"duration": number("GREATER_THAN", 3.0)}},
        "markers_filter",
    ),
    (
        "files_filter shares the level around it",
        "Scene",
        {"files__path__startswith": "/a", "files__path__endswith": "b"},
        {"files_filter": {"path": regex("(?i)^/a")}},
        "files_filter",
    ),
    (
        "files_filter keeps what stands in one level",
        "Scene",
        {"files__zip_file__null": True, "files__path__contains": "x"},
        {"files_filter": {"zip_file": {"modifier": "IS_NULL"}, "path": text("INCLUDES", "x")}},
        NONE,
    ),
    (
        "files_filter takes an object without files for one with a file without values",
        "Scene",
        {"files__path__null": True},
        {
            "files_filter": {"path": text("IS_NULL")},
            "file_count": number("GREATER_THAN"),
        },
        NONE,
    ),
    (
        "files_filter counts 0 where there is no file",
        "Gallery",
        {"files__gallery_count__lte": 1},
        {
            "files_filter": {"gallery_count": number("LESS_THAN", 2)},
            "file_count": number("GREATER_THAN"),
        },
        NONE,
    ),
    (
        "folders_filter takes a gallery without a folder for one with an empty folder",
        "Gallery",
        {"folders__path__excludes": "x"},
        {"folders_filter": {"path": no_regex("(?i)x")}},
        "folders_filter",
    ),
    (
        "a filter of videos lets other files pass a negation",
        "File",
        {"video_file__audio_codec__ne": "aac"},
        {"video_file_filter": {"audio_codec": no_regex("(?i)^aac$"), "orientation": ANY_SIDES}},
        NONE,
    ),
    (
        "an empty nested filter is ignored",
        "Scene",
        {"performers__tags__excludes": []},
        {},
        "performers_filter",
    ),
]
CUSTOM = [
    (
        "NOT_EQUALS drops what lacks the field",
        "Performer",
        {"custom_fields__a__ne": 1},
        {},
        "custom_fields",
    ),
    (
        "LIKE reads wildcards",
        "Performer",
        {"custom_fields__a__contains": "50%"},
        {"custom_fields": [custom("INCLUDES", "50%")]},
        "custom_fields",
    ),
    (
        "expressions fail on numbers",
        "Performer",
        {"custom_fields__a__regex": "x"},
        {"custom_fields": [custom("NOT_NULL")]},
        "custom_fields",
    ),
    (
        "NOT_NULL drops blank texts",
        "Performer",
        {"custom_fields__a__regex": "^$"},
        {},
        "custom_fields",
    ),
    (
        "a text is more than every number",
        "Performer",
        {"custom_fields__a__gt": 5},
        {"custom_fields": [custom("GREATER_THAN", 5), custom("LESS_THAN", "")]},
        NONE,
    ),
    (
        "an exponent reads as 0",
        "Performer",
        {"custom_fields__a": 1e-7},
        {"custom_fields": [custom("NOT_NULL")]},
        "custom_fields",
    ),
    (
        "numbers in nested filters are texts",
        "Scene",
        {"performers__custom_fields__a": 5},
        {},
        "performers_filter",
    ),
]
JOINS = [
    (
        "two criteria speak of one performer",
        "Scene",
        {"performers": 1, "performers__country": "JP"},
        {"performers": ids("INCLUDES", "1")},
        "performers_filter",
    ),
    (
        "a count counts what the other lets through",
        "Studio",
        {"scene_count__gte": 5, "scenes__organized": True},
        {"scenes_filter": {"organized": True}},
        "scene_count",
    ),
    (
        "ids at stash-boxes are alternatives of what stands beside them",
        "Scene",
        {"stash_id": "x", "organized": True},
        {"organized": True, "AND": {"stash_id_endpoint": {"modifier": "EQUALS", "stash_id": "x"}}},
        NONE,
    ),
    (
        "a relation asked twice is one criterion",
        "Scene",
        Q(tags=1) & Q(tags=2),
        {"tags": ids("INCLUDES_ALL", "1", "2")},
        NONE,
    ),
    (
        "alternatives over a join share its rows",
        "Scene",
        Q(tags=1) | Q(organized=True),
        {},
        "Q(tags=1) | Q(organized=True)",
    ),
    (
        "NOT drops what is NULL",
        "Scene",
        ~Q(rating100=5),
        {"rating100": number("NOT_EQUALS", 5), "OR": {"rating100": number("IS_NULL")}},
        NONE,
    ),
    (
        "what is grouped is no alternative",
        "Tag",
        Q(scene_count=1) | Q(favorite=True),
        {},
        "Q(scene_count=1) | Q(favorite=True)",
    ),
]
ALL = TEXTS + NUMBERS + RELATIONS + CUSTOM + JOINS


def asked(owner: str, question: dict[str, Any] | Q) -> Compiled:
    return compile_lookups(owner, question, now=NOW)


@table_test(("quirk", "owner", "question", "sent", "tested"), ALL, ids=[f"{row[1]}: {row[0]}" for row in ALL])
def test_quirk_is_avoided(quirk: str, owner: str, question: Any, sent: dict[str, Any], tested: str) -> None:
    compiled = asked(owner, question)
    assert compiled.filter == sent
    assert (compiled.post_filter is None) == (tested == NONE)
    explained = compiled.explain()
    assert explained.startswith(json.dumps(sent, indent=2, ensure_ascii=False))
    assert tested in explained


NOT_ASKED = [
    ("Performer", {"performers__excludes": 1}),  # every modifier acts as INCLUDES
    ("Performer", {"groups": 1, "groups__depth": 1}),  # top-level groups match nothing
    ("SceneMarker", {"tags__null": True}),  # tests secondary tags only
    ("Performer", {"studios": [1, 2]}),  # INCLUDES_ALL matches all objects
    ("Gallery", {"average_resolution__ne": "4k"}),  # compared after GROUP BY
    ("Scene", {"is_missing": "x' OR 1"}),  # spliced into SQL
    ("Scene", {"stash_id__endpoint": "a'b"}),  # spliced into SQL
    ("Scene", {"rating100": {"value": 1, "modifier": "INCLUDES"}}),  # panics
    ("Scene", {"galleries": {"value": ["1"], "modifier": "EQUALS"}}),  # matches all objects
    ("Scene", {"tags": []}),  # ignored
    ("Scene", {"scene_count__null": True}),  # does not exist
    ("Scene", {"files__scenes__title": "x"}),  # a related filter nested in another one
    ("Performer", {"galleries__performer_age": 30}),  # the age is interpolated into a format
    ("Tag", {"performers__birth_year": 1990}),  # so is the year
    ("Gallery", {"folders__gallery_count": 1}),  # joins the galleries table twice
    ("Folder", {"files__path__contains": "x"}),  # ignored
    ("Folder", {"galleries__title": "x", "gallery_count": 0}),  # counts rows of the other relation as well
    ("File", {"duplicated": True, "duplicated__phash": False}),  # one of them is dropped
    ("Performer", {"performers": [1, 2]}),  # counts scenes, images and galleries separately
]


@table_test(("owner", "question"), NOT_ASKED, ids=[str(row[1]) for row in NOT_ASKED])
def test_unusable_server_filters_are_not_sent(owner: str, question: dict[str, Any]) -> None:
    with pytest.raises(StashError):
        asked(owner, question)


def levels(given: dict[str, Any]) -> int:
    deeper = [levels(given[name]) for name in ("AND", "OR") if name in given]
    return 1 + max(deeper, default=0)


def test_filters_stay_within_the_parser_depth_limit() -> None:
    many = Q(*[Q(title__contains=f"word {number}") for number in range(40)])
    compiled = asked("Scene", many)
    assert MAX_ALTERNATIVES < levels(compiled.filter) <= 20
    assert compiled.post_filter is not None
    spread = asked("Scene", {"rating100__in": list(range(0, 100, 3))})
    assert levels(spread.filter) <= 20
    assert spread.post_filter is not None


def test_counts_have_no_null_lookup() -> None:
    for owner in ("Scene", "Image", "Gallery", "Performer", "Studio", "Tag", "Group"):
        for name, field in fields(owner).items():
            if name.endswith("_count"):
                assert "null" not in field.lookups


@table_test("joined", [" or ", " "])
def test_overlong_searches_are_evaluated_on_rows(joined: str) -> None:
    words = Q.parse(joined.join(f"word{number}" for number in range(300)), "Scene")
    compiled = asked("Scene", words)
    assert compiled.q.count("word") == (0 if "or" in joined else MOST_TEXTS)
    assert compiled.post_filter is not None
