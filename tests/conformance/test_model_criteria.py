"""Every kind of criterion on every type of object, compared with an independent model.

The objects are those of model_records.py; model_criteria.py computes the expected results without SQL, so
that a checkout without reference data tests the same behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import model_criteria as rules
import pytest
from model_fields import (
    COUNTS,
    DATES,
    DEEP,
    FIELDS,
    GROUP_TREE,
    MULTI,
    NO_EQUALS,
    NUMBERS,
    RECORDS,
    SINGLE,
    STRINGS,
    TAG_TREE,
    get,
    length,
    users,
)
from model_records import Record, create_records
from sample_library import SampleLibrary, open_sample_library
from table_tests import Failures, table_test


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleLibrary]:
    sample = open_sample_library(tmp_path_factory.mktemp("own") / "library.sqlite")
    create_records(sample, RECORDS)
    yield sample
    sample.library.close()


def verdicts(type_name: str, given: dict[str, Any]) -> dict[int, rules.Verdict]:
    """Verdict of the model for each object on a filter of several fields."""
    found: dict[int, rules.Verdict] = {}
    for record in RECORDS[type_name]:
        verdict: rules.Verdict = True
        for name, criterion in given.items():
            rule, held, _ = FIELDS[type_name][name]
            verdict = rules.both(verdict, rule(held(record), criterion))
        found[record["id"]] = verdict
    return found


def chosen(found: dict[int, rules.Verdict]) -> set[str]:
    return {str(number) for number, verdict in found.items() if verdict is True}


CASES = {
    type_name: [{name: criterion} for name, (_, _, criteria) in fields.items() for criterion in criteria]
    for type_name, fields in FIELDS.items()
}


@pytest.mark.parametrize("type_name", CASES)
def test_criterion(sample: SampleLibrary, type_name: str) -> None:
    failed = Failures()
    for given in CASES[type_name]:
        with failed.of(str(given)):
            assert sample.id_set(type_name, given) == chosen(verdicts(type_name, given))
    failed.report()


def test_criteria_match_some_objects_but_not_all() -> None:
    """The library is large enough for most rows to be significant."""
    sizes = [
        (len(chosen(verdicts(type_name, given))), len(RECORDS[type_name]))
        for type_name, cases in CASES.items()
        for given in cases
    ]
    assert len(sizes) > 800
    assert len([size for size, most in sizes if 0 < size < most]) > len(sizes) * 0.6


COMBINED = [
    ("Scene", {"title": STRINGS[0]}, {"rating100": NUMBERS[2]}),
    ("Scene", {"details": STRINGS[1]}, {"details": STRINGS[22]}),
    ("Scene", {"tags": DEEP[0]}, {"tags": DEEP[5]}),
    ("Scene", {"performers": MULTI[1], "organized": True}, {"performers": MULTI[0]}),
    ("Scene", {"studios": SINGLE[0]}, {"date": DATES[2]}),
    ("Scene", {"groups": DEEP[0]}, {"groups": DEEP[6]}),
    ("Performer", {"country": STRINGS[0]}, {"height_cm": NUMBERS[4]}),
    ("Performer", {"tags": DEEP[1]}, {"tag_count": COUNTS[1]}),
    ("Tag", {"sort_name": STRINGS[4]}, {"scene_count": COUNTS[8]}),
    ("Studio", {"details": STRINGS[2]}, {"child_count": COUNTS[0]}),
    ("Group", {"synopsis": STRINGS[3]}, {"date": DATES[0]}),
    ("Gallery", {"performers": MULTI[0]}, {"title": STRINGS[10]}),
]


@pytest.mark.parametrize("operator", ["AND", "OR", "NOT"])
@table_test("case", COMBINED, ids=str)
def test_combined_criteria(
    sample: SampleLibrary, operator: str, case: tuple[str, dict[str, Any], dict[str, Any]]
) -> None:
    """NOT means AND NOT, and excludes objects whose condition is null."""
    type_name, outer, inner = case
    first, second = verdicts(type_name, outer), verdicts(type_name, inner)
    joined = {
        number: {
            "AND": rules.both(first[number], second[number]),
            "OR": rules.inverse(rules.both(rules.inverse(first[number]), rules.inverse(second[number]))),
            "NOT": rules.both(first[number], rules.inverse(second[number])),
        }[operator]
        for number in first
    }
    assert sample.id_set(type_name, {**outer, operator: inner}) == chosen(joined)
    alone = chosen({number: rules.inverse(verdict) for number, verdict in second.items()})
    assert operator != "NOT" or sample.id_set(type_name, {"NOT": inner}) == alone


RELATED = [
    ("Scene", "performers_filter", "performers", "Performer", {"country": STRINGS[0] | {"value": "fr"}}),
    ("Scene", "tags_filter", "tags", "Tag", {"favorite": True}),
    ("Scene", "studios_filter", "studio", "Studio", {"rating100": NUMBERS[10]}),
    ("Scene", "groups_filter", "groups", "Group", {"duration": NUMBERS[8]}),
    ("Scene", "galleries_filter", "galleries", "Gallery", {"organized": False}),
    ("Gallery", "performers_filter", "performers", "Performer", {"filter_favorites": True}),
    ("Performer", "tags_filter", "tags", "Tag", {"child_count": COUNTS[6]}),
    ("Group", "studios_filter", "studio", "Studio", {"favorite": True}),
]


@table_test("case", RELATED, ids=lambda case: f"{case[0]}-{case[1]}")
def test_related_criteria(sample: SampleLibrary, case: tuple[str, str, str, str, dict[str, Any]]) -> None:
    """Some related object matches the inner filter; an empty one matches all."""
    type_name, name, field, target, inner = case
    matching = {int(number) for number in chosen(verdicts(target, inner))}
    expected = {
        str(record["id"])
        for record in RECORDS[type_name]
        if matching & set(record[field] if isinstance(record[field], list) else [record[field]])
    }
    assert expected
    assert sample.id_set(type_name, {name: inner}) == expected
    assert len(sample.id_set(type_name, {name: {}})) == len(RECORDS[type_name])


def _search_rows(type_name: str, record: Record) -> list[list[str | None]]:
    if type_name == "Scene":
        texts = [record["title"], record["details"]]
        files = [[file["path"], file["oshash"]] for file in record["files"]] or [[]]
        markers = [[marker["title"]] for marker in record["markers"]] or [[]]
        return [[*texts, *file, *marker] for file in files for marker in markers]
    if type_name in ("Performer", "Studio"):
        return [[record["name"], alias] for alias in record["aliases"] or [None]]
    if type_name == "Tag":
        return [[record["name"], record["sort_name"], alias] for alias in record["aliases"] or [None]]
    return [[record["name"] if type_name == "Group" else record["title"]]]


QUERIES = [
    "amber",
    "AMBER birch",
    "a_ber",
    "100%",
    '"coast 1"',
    "coast -10",
    "-amber",
    '-"coast 2"',
    "amber or coast",
    "amber | coast",
    "amber or coast or start -two",
    "start end",
    "one clip 0000",
    "00000003",
    "1",
    "alias ada",
    "bee or ada",
    "also",
    "é",
    "nothing of this",
]


@table_test("type_name", ["Scene", "Gallery", "Performer", "Studio", "Tag", "Group"])
@table_test("q", QUERIES)
def test_search(sample: SampleLibrary, type_name: str, q: str) -> None:
    expected = {
        str(record["id"]) for record in RECORDS[type_name] if rules.search(_search_rows(type_name, record), q)
    }
    assert set(sample.ids(type_name, q=q)) == expected


SORTED: dict[str, dict[str, Callable[[Record], Any]]] = {
    "Scene": {
        "date": lambda record: record["date"] and f"{record['date']}-01-01"[:10],
        "rating": get("rating100"),
        "id": get("id"),
        "tag_count": length("tags"),
        "performer_count": length("performers"),
        "play_count": length("plays"),
        "o_counter": get("os"),
        "file_count": length("files"),
        "organized": get("organized"),
    },
    "Gallery": {"rating": get("rating100"), "tag_count": length("tags")},
    "Performer": {
        "height": get("height_cm"),
        "rating": get("rating100"),
        "scenes_count": lambda record: len(users("Scene", "performers")(record)),
    },
    "Studio": {"child_count": lambda record: len(users("Studio", "parent")(record)), "id": get("id")},
    "Tag": {"scenes_count": lambda record: len(users("Scene", "tags")(record)), "id": get("id")},
    "Group": {"duration": get("duration"), "rating": get("rating100")},
}


@table_test("direction", ["ASC", "DESC"])
@table_test(("type_name", "key"), [(type_name, key) for type_name, keys in SORTED.items() for key in keys])
def test_sorting(sample: SampleLibrary, type_name: str, key: str, direction: str) -> None:
    """Nulls come first, or last when descending; pages are contiguous."""
    order = sample.ids(type_name, sort=key, direction=direction)
    held = [SORTED[type_name][key](RECORDS[type_name][int(number) - 1]) for number in order]
    ranks = [(value is not None, value if value is not None else 0) for value in held]
    assert ranks == sorted(ranks, reverse=direction == "DESC")
    assert sorted(order, key=int) == [str(record["id"]) for record in RECORDS[type_name]]
    pages = [
        sample.ids(type_name, sort=key, direction=direction, per_page=4, page=page)
        for page in range(1, len(order) // 4 + 3)
    ]
    assert [number for page in pages for number in page] == order


REFUSED = [
    ("Scene", {"AND": {}, "OR": {}}, "cannot have AND and OR in the same filter"),
    ("Scene", {"OR": {}, "NOT": {}}, "cannot have OR and NOT in the same filter"),
    ("Scene", {"title": {"value": "a", "modifier": "BETWEEN"}}, "unsupported string"),
    ("Scene", {"rating100": {"value": 1, "modifier": "INCLUDES"}}, "unsupported numeric modifier"),
    ("Scene", {"date": {"value": "2020", "modifier": "INCLUDES"}}, "unsupported date modifier"),
    ("Scene", {"title": {"value": "[", "modifier": "MATCHES_REGEX"}}, "error parsing regexp"),
    (
        "Scene",
        {"performers": {"value": ["1"], "modifier": "NOT_EQUALS"}},
        "not equals modifier is not supported for multi criterion input",
    ),
    (
        "Scene",
        {"tags": {"value": ["1"], "modifier": "NOT_EQUALS"}},
        "not equals modifier is not supported for hierarchical multi criterion input",
    ),
    (
        "Scene",
        {"tags": {"value": ["1"], "modifier": "EQUALS", "depth": 1}},
        "depth is not supported for equals modifier in hierarchical multi criterion input",
    ),
    (
        "Scene",
        {"performer_tags": {"value": ["1"], "modifier": "EQUALS"}},
        "invalid modifier EQUALS for performer tags",
    ),
    ("Tag", {"parents": {"value": ["1"], "modifier": "EQUALS"}}, "invalid modifier EQUALS"),
    (
        "Performer",
        {"custom_fields": [{"field": "n", "modifier": "LESS_THAN", "value": [1, 2]}]},
        "expected 1 value for custom field criterion modifier LESS_THAN, got 2",
    ),
    (
        "Performer",
        {"custom_fields": [{"field": "n", "modifier": "INCLUDES_ALL", "value": [1]}]},
        "unsupported custom field criterion modifier: INCLUDES_ALL",
    ),
]


@table_test(("type_name", "given", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_invalid_criteria_are_rejected(
    sample: SampleLibrary, type_name: str, given: dict[str, Any], message: str
) -> None:
    assert message in sample.filter_error(type_name, given)


@table_test("type_name", ["Tag", "Group"])
@table_test("criterion", NO_EQUALS, ids=str)
def test_hierarchy_depth(sample: SampleLibrary, type_name: str, criterion: dict[str, Any]) -> None:
    """Parents and children: depth 0 is the direct relation, each further level is one step more."""
    if (
        not criterion.get("value")
        and not criterion["modifier"].endswith("NULL")
        and not criterion.get("excludes")
    ):
        assert len(sample.id_set(type_name, {_UP[type_name][0]: criterion})) == len(RECORDS[type_name])
        return
    field, above = _UP[type_name]
    tree = TAG_TREE if type_name == "Tag" else GROUP_TREE
    rule = rules.multi(tree)
    expected = {str(r["id"]) for r in RECORDS[type_name] if rule(r[above], criterion) is True}
    assert sample.id_set(type_name, {field: criterion}) == expected


_UP = {"Tag": ("parents", "parents"), "Group": ("containing_groups", "containing")}
