"""Filter fields of each type, the kind of their criterion, and the criteria to test."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import model_criteria as rules
from model_records import ENDPOINTS, URLS, Record, make_records

RECORDS = make_records()
Field = tuple[Callable[[Any, Any], rules.Verdict], Callable[[Record], Any], list[Any]]


def _children(type_name: str, parents: str) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for record in RECORDS[type_name]:
        above = record[parents]
        for parent in above if isinstance(above, list) else [above] if above else []:
            found.setdefault(parent, []).append(record["id"])
    return found


def _criteria(modifiers: str, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"modifier": modifier, **value} for modifier, value in product(modifiers.split(), values)]


NULLS = "IS_NULL NOT_NULL"
STRINGS = [
    *_criteria(
        "EQUALS NOT_EQUALS INCLUDES EXCLUDES",
        [{"value": each} for each in ("amber", "AMBER%", "a_ber", "birch coast", '"coast 1"', "é", "")],
    ),
    *_criteria("MATCHES_REGEX NOT_MATCHES_REGEX", [{"value": each} for each in ("^a", r"\d+$", "(?i)BIRCH")]),
    *_criteria(NULLS, [{"value": ""}]),
]
NUMBERS = [
    *_criteria("EQUALS NOT_EQUALS GREATER_THAN LESS_THAN", [{"value": each} for each in (0, 1, 40, 60)]),
    *_criteria("BETWEEN NOT_BETWEEN", [{"value": 1, "value2": 60}, {"value": 60, "value2": 1}]),
    *_criteria("BETWEEN", [{"value": -1}]),
    *_criteria(NULLS, [{"value": 0}]),
]
COUNTS = [*_criteria("EQUALS NOT_EQUALS GREATER_THAN LESS_THAN", [{"value": each} for each in (0, 1, 2)])]
DATES = [
    *_criteria(
        "EQUALS NOT_EQUALS GREATER_THAN LESS_THAN",
        [{"value": each} for each in ("2021-03-01", "2021-01-01", "2021", "2021-03", "2020-02-29")],
    ),
    *_criteria("BETWEEN NOT_BETWEEN", [{"value": "2020-01-01", "value2": "2021-01-01"}]),
    *_criteria(NULLS, [{"value": ""}]),
]
URL_VALUES = [
    *_criteria(
        "EQUALS NOT_EQUALS INCLUDES EXCLUDES", [{"value": each} for each in ("example", URLS[0], "x y")]
    ),
    *_criteria("MATCHES_REGEX NOT_MATCHES_REGEX", [{"value": "B"}]),
    *_criteria(NULLS, [{"value": ""}]),
]
ALIASES = [
    *_criteria(
        "EQUALS NOT_EQUALS INCLUDES EXCLUDES", [{"value": each} for each in ("ada", "alias 1%", "1", "e")]
    ),
    *_criteria(NULLS, [{"value": ""}]),
]
_SETS = [{"value": each} for each in (["1"], ["2", "3"], ["1", "4"], ["99"], [])]
MULTI = [
    *_criteria("INCLUDES INCLUDES_ALL EQUALS EXCLUDES", _SETS),
    *_criteria("INCLUDES INCLUDES_ALL", [{"value": ["1", "2"], "excludes": ["3"]}]),
    *_criteria("INCLUDES", [{"value": [], "excludes": ["2"]}]),
    *_criteria(NULLS, [{"value": ["1"]}]),
]
DEEP = [
    *MULTI,
    *_criteria(
        "INCLUDES INCLUDES_ALL EXCLUDES", [each | {"depth": d} for each in _SETS[:3] for d in (1, 2, -1, -5)]
    ),
    *_criteria("INCLUDES", [{"value": ["1"], "excludes": ["4"], "depth": -1}]),
]
SINGLE = [
    *_criteria("INCLUDES EXCLUDES", [each | {"depth": d} for each in _SETS[:3] for d in (0, 1, -1)]),
    *_criteria("INCLUDES_ALL EQUALS NOT_EQUALS", [{"value": ["1"]}, {"value": ["2"]}]),
    *_criteria(NULLS, [{}]),
]
EMPTY = [each for each in DEEP if not each.get("value")]
NO_EQUALS = [each for each in DEEP if each["modifier"] != "EQUALS"]
FLAGS = [True, False]
STASH_IDS = _criteria(
    "EQUALS NOT_EQUALS IS_NULL NOT_NULL",
    [
        {"stash_id": "id-1"},
        {"stash_id": "id-2", "endpoint": ENDPOINTS[0]},
        {"endpoint": ENDPOINTS[1], "stash_id": ""},
    ],
)
CUSTOM = [
    [{"field": field, "modifier": modifier, "value": value}]
    for field, modifier, value in (
        ("mood", "EQUALS", ["calm"]),
        ("mood", "EQUALS", ["Calm"]),
        ("mood", "NOT_EQUALS", ["calm"]),
        ("mood", "INCLUDES", ["CALM", "day"]),
        ("mood", "EXCLUDES", ["day"]),
        ("Mood", "NOT_NULL", None),
        ("mood", "IS_NULL", None),
        ("n", "EQUALS", [5, 7]),
        ("x", "EQUALS", [5]),
        ("x", "EQUALS", ["5"]),
        ("n", "GREATER_THAN", [2.5]),
        ("n", "LESS_THAN", ["a"]),
        ("n", "BETWEEN", [2, 6]),
        ("n", "NOT_BETWEEN", [2, 6]),
    )
] + [[{"field": "n", "modifier": "NOT_NULL"}, {"field": "mood", "modifier": "NOT_NULL"}]]

TAG_TREE, STUDIO_TREE, GROUP_TREE = (
    _children(*names) for names in (("Tag", "parents"), ("Studio", "parent"), ("Group", "containing"))
)


def _one(name: str) -> Callable[[Record], list[int]]:
    return lambda record: [record[name]] if record[name] else []


def get(name: str) -> Callable[[Record], Any]:
    return lambda record: record[name]


def length(name: str) -> Callable[[Record], int]:
    return lambda record: len(record[name])


def _files(*names: str) -> Callable[[Record], list[Any]]:
    def rows(record: Record) -> list[Any]:
        found = [tuple(file[name] for name in names) for file in record["files"]]
        return [row[0] for row in found] if len(names) == 1 else found

    return rows


def users(type_name: str, field: str) -> Callable[[Record], list[int]]:
    """Ids of objects that refer to a record in `field`."""

    def ids(record: Record) -> list[int]:
        used = ((other["id"], other[field]) for other in RECORDS[type_name])
        return [id_ for id_, held in used if record["id"] in (held if isinstance(held, list) else [held])]

    return ids


def _count(type_name: str, field: str) -> Field:
    ids = users(type_name, field)
    return (rules.number, lambda record: len(ids(record)), COUNTS)


def _performer_tags(record: Record) -> set[int]:
    return {tag for number in record["performers"] for tag in RECORDS["Performer"][number - 1]["tags"]}


def _lasting(marker: Record) -> float | None:
    return None if marker["end_seconds"] is None else marker["end_seconds"] - marker["seconds"]


def _favorite(record: Record) -> bool:
    return any(RECORDS["Performer"][number - 1]["favorite"] for number in record["performers"])


def _strings(names: str) -> dict[str, Field]:
    return {name: (rules.string, get(name), STRINGS) for name in names.split()}


RATING: dict[str, Field] = {"rating100": (rules.number, get("rating100"), NUMBERS)}
TAGGED: dict[str, Field] = {
    "tags": (rules.multi(TAG_TREE), get("tags"), DEEP),
    "tag_count": (rules.number, length("tags"), COUNTS),
}
LINKED: dict[str, Field] = {"url": (rules.string_list, get("urls"), URL_VALUES)}
STASHED: dict[str, Field] = {"stash_id_endpoint": (rules.stash_id, get("stash_ids"), STASH_IDS)}
OF_STUDIO: dict[str, Field] = {
    "studios": (rules.multi(STUDIO_TREE, single=True), _one("studio"), SINGLE),
}
MEDIA: dict[str, Field] = {
    **_strings("title details code"),
    **RATING,
    **TAGGED,
    **LINKED,
    **OF_STUDIO,
    "date": (rules.date, get("date"), DATES),
    "organized": (rules.flag, get("organized"), FLAGS),
    "performers": (rules.multi(), get("performers"), MULTI),
    "performer_count": (rules.number, length("performers"), COUNTS),
    "performer_tags": (
        rules.multi(TAG_TREE),
        _performer_tags,
        [each for each in NO_EQUALS if not each["modifier"].endswith("NULL")],
    ),
    "performer_favorite": (rules.flag, _favorite, FLAGS),
}
FIELDS: dict[str, dict[str, Field]] = {
    "Scene": {
        **MEDIA,
        **STASHED,
        **_strings("director"),
        "groups": (rules.multi(GROUP_TREE), get("groups"), DEEP),
        "galleries": (rules.multi(), get("galleries"), MULTI),
        "file_count": (rules.number, length("files"), COUNTS),
        "play_count": (rules.number, length("plays"), COUNTS),
        "o_counter": (rules.number, get("os"), COUNTS),
        "path": (
            rules.some(rules.string),
            _files("path"),
            [
                *_criteria("EQUALS NOT_EQUALS", [{"value": "/media/one/%"}]),
                *_criteria(
                    "INCLUDES EXCLUDES",
                    [{"value": "two clip"}, {"value": '"two words"'}, {"value": "th_ree"}],
                ),
                *_criteria("MATCHES_REGEX NOT_MATCHES_REGEX", [{"value": r"\.1\.mp4$"}]),
                *_criteria(NULLS, [{"value": ""}]),
            ],
        ),
        "oshash": (
            rules.some(rules.string),
            _files("oshash"),
            _criteria("EQUALS NOT_EQUALS INCLUDES EXCLUDES IS_NULL", [{"value": "0000000300000000"}]),
        ),
        "duration": (
            rules.some(rules.number),
            lambda record: [int(file["duration"]) for file in record["files"]],
            _criteria("EQUALS NOT_EQUALS GREATER_THAN IS_NULL", [{"value": 59}, {"value": 60}]),
        ),
        "framerate": (
            rules.some(rules.number),
            lambda record: [round(file["frame_rate"]) for file in record["files"]],
            _criteria("EQUALS NOT_EQUALS LESS_THAN", [{"value": 25}, {"value": 60}]),
        ),
        "bitrate": (
            rules.some(rules.number),
            _files("bit_rate"),
            _criteria("EQUALS GREATER_THAN NOT_NULL", [{"value": 1000}]),
        ),
        "video_codec": (
            rules.some(rules.string),
            _files("video_codec"),
            _criteria("EQUALS NOT_EQUALS EXCLUDES", [{"value": "H264"}]),
        ),
        "resolution": (
            rules.some(rules.resolution),
            lambda record: [min(file["width"], file["height"]) for file in record["files"]],
            _criteria("EQUALS NOT_EQUALS LESS_THAN GREATER_THAN", [{"value": each} for each in rules.BANDS]),
        ),
        "orientation": (
            rules.some(rules.orientation),
            _files("width", "height"),
            [{"value": ["LANDSCAPE"]}, {"value": ["PORTRAIT", "SQUARE"]}],
        ),
        "has_markers": (
            lambda markers, wanted: bool(markers) is (wanted == "true"),
            get("markers"),
            ["true", "false", ""],
        ),
    },
    "SceneMarker": {
        "tags": (
            rules.multi(TAG_TREE),
            lambda marker: [marker["primary"], *marker["tags"]],
            [each for each in DEEP if each["modifier"] in ("INCLUDES", "INCLUDES_ALL") and each not in EMPTY],
        ),
        "scene_tags": (rules.multi(TAG_TREE), lambda marker: marker["scene"]["tags"], DEEP),
        "performers": (rules.multi(), lambda marker: marker["scene"]["performers"], MULTI),
        "scenes": (
            rules.multi(),
            lambda marker: [marker["scene"]["id"]],
            _criteria("INCLUDES EXCLUDES", [{"value": ["1", "4", "5"]}]),
        ),
        "duration": (
            rules.number,
            lambda marker: (
                None if marker["end_seconds"] is None else marker["end_seconds"] - marker["seconds"]
            ),
            _criteria("EQUALS NOT_EQUALS GREATER_THAN IS_NULL NOT_NULL", [{"value": 0}, {"value": 9.5}]),
        ),
        "scene_date": (rules.date, lambda marker: marker["scene"]["date"], DATES),
    },
    "Gallery": {
        **MEDIA,
        **_strings("photographer"),
        "scenes": (rules.multi(), users("Scene", "galleries"), MULTI),
    },
    "Performer": {
        **_strings("name disambiguation details country"),
        **RATING,
        **TAGGED,
        **LINKED,
        **STASHED,
        "filter_favorites": (rules.flag, get("favorite"), FLAGS),
        "aliases": (rules.string_list, get("aliases"), ALIASES),
        "height_cm": (rules.number, get("height_cm"), NUMBERS),
        "penis_length": (
            rules.number,
            get("penis_length"),
            _criteria("EQUALS GREATER_THAN IS_NULL", [{"value": 10.5}]),
        ),
        "birthdate": (rules.date, get("birthdate"), DATES),
        "birth_year": (
            rules.number,
            lambda record: int(record["birthdate"][:4]) if record["birthdate"] else None,
            _criteria("EQUALS NOT_EQUALS LESS_THAN IS_NULL", [{"value": 1990}]),
        ),
        "gender": (
            rules.gender,
            get("gender"),
            _criteria(
                "EQUALS NOT_EQUALS INCLUDES EXCLUDES IS_NULL", [{"value_list": ["FEMALE", "NON_BINARY"]}]
            ),
        ),
        "custom_fields": (rules.custom_fields, get("custom_fields"), CUSTOM),
        "scene_count": _count("Scene", "performers"),
        "gallery_count": _count("Gallery", "performers"),
    },
    "Studio": {
        **_strings("name details"),
        **RATING,
        **TAGGED,
        **LINKED,
        **STASHED,
        "favorite": (rules.flag, get("favorite"), FLAGS),
        "aliases": (rules.string_list, get("aliases"), ALIASES),
        "scene_count": _count("Scene", "studio"),
        "gallery_count": _count("Gallery", "studio"),
        "child_count": _count("Studio", "parent"),
    },
    "Tag": {
        **_strings("name sort_name description"),
        "favorite": (rules.flag, get("favorite"), FLAGS),
        "aliases": (rules.string_list, get("aliases"), ALIASES),
        "scene_count": _count("Scene", "tags"),
        "performer_count": _count("Performer", "tags"),
        "studio_count": _count("Studio", "tags"),
        "group_count": _count("Group", "tags"),
        "child_count": _count("Tag", "parents"),
        "parent_count": (rules.number, length("parents"), COUNTS),
    },
    "Group": {
        **_strings("name director synopsis"),
        **RATING,
        **TAGGED,
        **LINKED,
        **OF_STUDIO,
        "date": (rules.date, get("date"), DATES),
        "duration": (rules.number, get("duration"), NUMBERS),
        "containing_group_count": (rules.number, length("containing"), COUNTS),
        "sub_group_count": _count("Group", "containing"),
    },
}
