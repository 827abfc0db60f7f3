"""Query text to `Q`, and back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashQueryError, StashUsageError
from stash_cli.core.query.language.query import parse_query
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.q import Q

READ = [
    ("", "rating:80..", "Q(rating100__gte=80)"),
    ("", "rating:60..80", "Q(rating100__between=(60, 80))"),
    ("", "rating:..20 rating:*", "Q(rating100__lte=20) & Q(rating100__null=False)"),
    ("", 'title:* code:"*"', "Q(title__null=False) & Q(code__contains='*')"),
    ("", "rating:20,40", "Q(rating100__in=[20, 40])"),
    ("", "rating:20,60..80", "Q(rating100__between=(60, 80)) | Q(rating100__eq=20)"),
    ("", "rating:>80 rating<=90", "Q(rating100__gt=80) & Q(rating100__lte=90)"),
    ("", "stars:4.. decimal:8.5", "Q(rating100__gte=80) & Q(rating100__eq=85)"),
    ("", "rating:!=80", "~Q(rating100__eq=80)"),
    ("", "duration:1:30..", "Q(duration__gte='1:30')"),
    ("", "size:700MB..1.5GiB", "Q(size__between=(700000000, 1610612736))"),
    ("", "resolution:1080p..4k", "Q(resolution__between=('1080p', '4k'))"),
    (
        "",
        "date:2023..2024-03 created:-7d..",
        "Q(date__between=('2023', '2024-03')) & Q(created_at__gte='-7d')",
    ),
    ("", "created:2024-01-01T10:00", "Q(created_at__eq='2024-01-01T10:00')"),
    ("", "title:Hello,world", "Q(title__contains='Hello,world')"),
    ("", 'title:"red head"', "Q(title__contains='red head')"),
    ("", "title:=x title:~^a{1,3}..$", "Q(title__eq='x') & Q(title__regex='^a{1,3}..$')"),
    ("", "title:!~x", "~Q(title__regex='x')"),
    ("", "title:(a or b)", "Q(title__contains='a') | Q(title__contains='b')"),
    ("", "title:f(x) or b", "Q(title__contains='f(x)') | Q(q__in=['b'])"),
    ("", "tag:A,B", "Q(tags__includes=['A', 'B'])"),
    ("", 'tag:"A, B",C', "Q(tags__includes=['name:A, B', 'C'])"),
    (
        "",
        "tag:Outdoor/ tag:Fate/2",
        "Q(tags__includes=['Outdoor'], tags__depth=-1) & Q(tags__includes=['Fate'], tags__depth=2)",
    ),
    ("", "tag:AC/DC tag:id:12", "Q(tags__includes=['AC/DC']) & Q(tags__includes=['id:12'])"),
    (
        "",
        'tag:"id:12" tag:"AC/DC"/',
        "Q(tags__includes=['name:id:12']) & Q(tags__includes=['name:AC/DC'], tags__depth=-1)",
    ),
    ("", "-tag:A", "~Q(tags__includes=['A'])"),
    ("", "studio.name:acme", "Q(studios__name__contains='acme')"),
    (
        "",
        "performers:(country:JP age:30..)",
        "Q(performers__country__contains='JP', performers__age__gte=30)",
    ),
    (
        "",
        "performers:(country:JP or age:30..)",
        "Q(performers__country__contains='JP') | Q(performers__age__gte=30)",
    ),
    (
        "",
        "performers:(-country:JP tag:A tag:B)",
        "Q(performers__country__excludes='JP', performers__tags__includes_all=['A', 'B'])",
    ),
    ("", "performers:(Alice or Bob)", "Q(performers__includes=['Alice']) | Q(performers__includes=['Bob'])"),
    (
        "",
        "is:organized organized:no is:duplicate",
        "Q(organized__eq=True) & Q(organized__eq=False) & Q(duplicated__eq=True)",
    ),
    (
        "Performer",
        "is:favorite gender:female,male",
        "Q(filter_favorites__eq=True) & Q(gender__in=['female', 'male'])",
    ),
    (
        "",
        "no:title has:studio no:markers",
        "Q(title__null=True) & Q(studios__null=False) & Q(has_markers__eq=False)",
    ),
    ("", "no:cover missing:cover", "Q(is_missing__eq='cover') & Q(is_missing__eq='cover')"),
    ("", 'custom."Shoot place":Paris', "Q(custom_fields__contains={'Shoot place': 'Paris'})"),
    (
        "",
        "custom.height:180",
        "Q(custom_fields__eq={'height': 180}) | Q(custom_fields__contains={'height': '180'})",
    ),
    ("", "custom.height:180..", "Q(custom_fields__between={'height': (180, None)})"),
    ("", "has:custom.height", "Q(custom_fields__null={'height': False})"),
    (
        "",
        'lake -beach "red head" don\'t 5"',
        (
            "Q(q__in=['lake']) & ~Q(q__in=['beach']) & Q(q__in=['red head'])"
            " & Q(q__in=[\"don't\"]) & Q(q__in=['5\"'])"
        ),
    ),
    ("", "https://a/b?x=1:2", "Q(url__contains='https://a/b?x=1:2')"),
    ("", "url:https://a/b?x=1:2,3", "Q(url__contains='https://a/b?x=1:2,3')"),
    ("", "a E=mc2 <3", "Q(q__in=['a']) & Q(q__in=['E=mc2']) & Q(q__in=['<3'])"),
    ("", "a and b or not is:organized", "Q(q__in=['a']) & Q(q__in=['b']) | ~Q(organized__eq=True)"),
    ("", "a | b OR c", "Q(q__in=['a']) | Q(q__in=['b']) | Q(q__in=['c'])"),
    ("", "^tag:A -(a b)", "~Q(tags__includes=['A']) & ~(Q(q__in=['a']) & Q(q__in=['b']))"),
    (
        "",
        "rating100__gte=80 performers.country__ne=JP",
        "Q(rating100__gte=80) & Q(performers__country__ne='JP')",
    ),
    ("", "tags__includes=A,B tags__depth=1", "Q(tags__includes=['A', 'B'], tags__depth=1)"),
    ("", "duration:60.. resolution:4k", "Q(duration__gte=60, resolution__eq='4k')"),
    ("", "title:-foo interactive_speed:>-5", "Q(title__contains='-foo') & Q(interactive_speed__gt=-5)"),
    ("Tag", "name:x parent:A", "Q(name__contains='x') & Q(parents__includes=['A'])"),
]


@table_test("row", READ, ids=lambda row: row[1])
def test_query_text_is_parsed(row: tuple[str, str, str]) -> None:
    type_name, text, expected = row
    assert repr(Q.parse(text, type_name or "Scene")) == expected


@table_test("row", READ, ids=lambda row: row[1])
def test_rendered_text_parses_to_the_same_query(row: tuple[str, str, str]) -> None:
    type_name, text, expected = row
    parsed = parse_query(text, type_name or "Scene")
    again = parse_query(str(parsed.where), type_name or "Scene")
    assert again.tree == parsed.tree
    assert repr(again.where) == expected


PATHS = [
    ("path:/media/x", "(?i)^[\\\\/]media[\\\\/]x([\\\\/]|$)"),
    ("path:~/x", "(?i)^~[\\\\/]x([\\\\/]|$)"),
    ("path:new/", "(?i)(^|[\\\\/])new([\\\\/]|$)"),
    ("/media/x", "(?i)^[\\\\/]media[\\\\/]x([\\\\/]|$)"),
    (r"path:C:\x\ ", r"(?i)^C:[\\/]x([\\/]|$)"),
    ("path:*.mp4", r"(?i)(^|[\\/])[^\\/]*\.mp4$"),
    ("path:a/b", r"(?i)a[\\/]b"),
]


@table_test("row", PATHS)
def test_path_terms_are_patterns_folders_or_substrings(row: tuple[str, str]) -> None:
    text, expected = row
    assert Q.parse(text, "Scene").lookups == {"path__regex": expected}


def test_sort_and_limit_are_separate_from_conditions() -> None:
    query = parse_query("rating:80.. sort:-rating,date limit:20 page:2", "Scene")
    assert (repr(query.where), query.sort) == ("Q(rating100__gte=80)", ("-rating", "date"))
    assert (query.limit, query.page) == (20, 2)
    with pytest.raises(StashUsageError, match="commands that list"):
        Q.parse("rating:80.. limit:20", "Scene")
    with pytest.raises(StashQueryError, match="beside all other terms"):
        parse_query("is:organized or limit:20", "Scene")


def test_ambiguous_precedence_is_reported_with_both_readings() -> None:
    [doubt] = parse_query("is:organized or no:title rating:..20", "Scene").doubts
    assert "read as is:organized or (no:title rating:..20)" in doubt
    assert "the other reading is (is:organized or no:title) rating:..20" in doubt
    assert parse_query("(is:organized or no:title) rating:..20", "Scene").doubts == []
    assert parse_query("is:organized or (no:title rating:..20)", "Scene").doubts == []
    [chain] = parse_query("a b or c d or e", "Scene").doubts
    assert chain.endswith("the other reading is a (b or c) (d or e)")


def test_low_ratings_are_noted() -> None:
    assert "stars:4" in parse_query("rating:4", "Scene").notes[0]
    assert parse_query("rating:4..80", "Scene").notes == []


def test_combined_queries_keep_their_text() -> None:
    q = Q.parse("tag:A created:-7d..", "Scene")
    assert str(q) == "tag:A created:-7d.."
    assert str(~q) == "not (tag:A created:-7d..)"
    assert str(q | Q(rating100__gte=80)) == "(tag:A created:-7d..) or rating100__gte=80"
    assert str(Q(title="x y", tags=["A", "B"])) == 'title__eq="x y" tags__eq=A,B'


def spread(count: int, text: str, joined: str = " or ") -> str:
    return joined.join(text.format(number) for number in range(count))


def test_group_matches_one_list_item() -> None:
    """Two lookups in one call apply to the same list item; two terms in a text may match different items."""
    for text in ("performers:(url:a url:~b)", "performers:(alias:a (alias:~^b or country:JP))"):
        with pytest.raises(StashQueryError, match="one related object"):
            Q.parse(text, "Scene")
    assert Q.parse("performers:(url:a -url:b)", "Scene").lookups.keys() == {
        "performers__url__contains",
        "performers__url__excludes",
    }


LARGE = [
    ("(" * 10_000 + "a" + ")" * 10_000, "groups stand within each other"),
    ("(" * 40 + "rating:1 or x" + ") rating:2" * 40, ""),
    (spread(500, "title:a{}"), ""),
    (spread(500, "(play_count:{} title:x{})".replace("{}", "{0}")), ""),
    (spread(500, "word{}"), ""),
    (spread(500, "title:a{}", " "), ""),
    ("id:" + spread(5_000, "{}9", ","), ""),
    ("x" * 999_999, ""),
    ("x" * 1_000_001, "more than 1,000,000 characters"),
    ("x " * 400_000, "more than 10,000 terms"),
    ('title:"' + "x" * 900_000 + '"', "expression"),
    ("title:" + "(" * 400_000 + ")" * 400_000, "groups stand within each other"),
    ('"' * 900_000, "closing quote"),
    ("-" * 900_000, "One dash"),
    ("not " * 9_000 + "a", "not stands before a term"),
    ("rating:" + "." * 900_000, "takes a range"),
]


@table_test("row", LARGE, ids=lambda row: f"{row[0][:20]} of {len(row[0])} characters")
def test_large_texts_are_parsed_or_rejected(row: tuple[str, str]) -> None:
    text, mistake = row
    if mistake:
        with pytest.raises(StashQueryError, match=mistake):
            Q.parse(text, "Scene")
        return
    q = Q.parse(text, "Scene")
    assert parse_query(str(q), "Scene").tree == parse_query(text, "Scene").tree
    assert compile_lookups("Scene", q) is not None
    assert compile_lookups("Scene", ~q) is not None


def with_id(leaf: Mapping[str, Any]) -> Mapping[str, Any]:
    """A leaf with an id for the name of a tag."""
    return {key: ["12"] if key == "tags__includes" else value for key, value in leaf.items()}


def test_typical_queries_compile_within_a_millisecond() -> None:
    """Minimum processor time of several runs, because other programs run as well; 10 ms for busy machines."""
    text = "rating:80.. tag:id:12 -studio.name:acme date:2023..2024 (is:organized or no:title)"

    def once() -> float:
        began = time.thread_time()
        q = Q.parse(text, "Scene")
        compile_lookups(
            "Scene", q.replaced(lambda leaf: {k: leaf[k] if "tags" not in k else "12" for k in leaf})
        )
        return time.thread_time() - began

    assert min(once() for _ in range(40)) < 0.01
