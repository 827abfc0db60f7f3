"""Shell arguments as a query: which words belong to it, and where values end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.commands.argv.query_words import is_query_word, query_from_argv
from stash_cli.core.errors import StashError, StashUsageError
from stash_cli.core.query.lookups import compile as compile_lookups

ARGUMENTS = [
    (["tag:To sort", "rating:80.."], "Q(tags__includes=['To sort']) & Q(rating100__gte=80)"),
    (["title:red head"], "Q(title__contains='red head')"),
    (["title:red head", "beach"], "Q(title__contains='red head') & Q(q__in=['beach'])"),
    (["red head"], "Q(q__in=['red']) & Q(q__in=['head'])"),
    (["red head", "beach"], "Q(q__in=['red head']) & Q(q__in=['beach'])"),
    (["tag:A -tag:B"], "Q(tags__includes=['A']) & ~Q(tags__includes=['B'])"),
    (["title:red and blue"], "Q(title__contains='red') & Q(q__in=['blue'])"),
    (['title:"red" head'], "Q(title__contains='red') & Q(q__in=['head'])"),
    (["-tag:To sort", "-is:organized"], "~Q(tags__includes=['To sort']) & ~Q(organized__eq=True)"),
    (["(tag:A or tag:B)", "rating:80.."],
     "(Q(tags__includes=['A']) | Q(tags__includes=['B'])) & Q(rating100__gte=80)"),
    (["tag:A", "or", "tag:To sort"], "Q(tags__includes=['A']) | Q(tags__includes=['To sort'])"),
    (["not", "tag:A", "not", "is:organized"], "~Q(tags__includes=['A']) & ~Q(organized__eq=True)"),
    (["(", "tag:A", "or", "tag:B", ")", "x"],
     "(Q(tags__includes=['A']) | Q(tags__includes=['B'])) & Q(q__in=['x'])"),
    (['performer:"Weird Al" Yankovic', "x"],
     "Q(performers__includes=['\"Weird Al\" Yankovic']) & Q(q__in=['x'])"),
    (["tag:A B,C D", "x"], "Q(tags__includes=['A B', 'C D']) & Q(q__in=['x'])"),
    (["tag:(A or To sort)", "x"],
     "(Q(tags__includes=['A']) | Q(tags__includes=['To']) & Q(tags__includes=['sort'])) & Q(q__in=['x'])"),
    (["url:https://a/b?x=1&y=a b"], "Q(url__contains='https://a/b?x=1&y=a b')"),
    (["https://a/b c", "x"], "Q(url__contains='https://a/b c') & Q(q__in=['x'])"),
    ([r"C:\My Videos", "x"], r"Q(path__regex='(?i)^C:[\\\\/]My Videos([\\\\/]|$)') & Q(q__in=['x'])"),
    (["title:it's 5\", (really)", "x"], "Q(title__contains='it\\'s 5\", (really)') & Q(q__in=['x'])"),
    (["title:a)", "x"], "Q(title__contains='a)') & Q(q__in=['x'])"),
    (["\0-tag:A", "x"], "~Q(tags__includes=['A']) & Q(q__in=['x'])"),
    (["^tag:A", "x"], "~Q(tags__includes=['A']) & Q(q__in=['x'])"),
]  # fmt: skip


@table_test("row", ARGUMENTS, ids=lambda row: " ".join(row[0]))
def test_arguments_are_parsed(row: tuple[list[str], str]) -> None:
    words, expected = row
    assert repr(query_from_argv("Scene", words).where) == expected


VALUES = [
    *(
        "plain",
        "To sort",
        "it's",
        '5"',
        'say "hi" now',
        "a:b",
        "Re: x",
        "1:30",
        "a,b",
        "a, b",
        "AC/DC",
        "a/",
        "-x",
    ),
    *(
        "https://a/b?x=1:2#c",
        r"C:\x\y z",
        r"\\host\x",
        "/media/x y",
        "a)",
        "(a",
        "f(x)",
        "a..b",
        "not",
        "or",
    ),
    *(
        "50%",
        "a_b",
        "a|b",
        "été",
        "日本 語",
        "e\u0301",
        "{a,b}",
        "$HOME",
        "`x`",
        "!x",
        "#x",
        "a=b",
        "a>b",
        "x~y",
    ),
    *("tab\there", "a  b", "\u00a0x", "\u201cx\u201d", "*", "?", "[a]"),
]


TEXTS = [
    *(("Scene", "title details code url video_codec"), ("Image", "photographer"), ("Gallery", "title")),
    *(("Performer", "name aliases country"), ("Studio", "name"), ("Tag", "description")),
]
NAMES = [
    ("Scene", "tag performer studio gallery group"),
    ("Tag", "parent child"),
    ("Group", "containing_group"),
]


@table_test("value", [value for value in VALUES if value != "*"])
def test_multi_word_argument_is_one_value(value: str) -> None:
    """The shell has removed the quotes: the rest is the value, for every field."""
    for type_name, names in TEXTS:
        for name in names.split():
            [lookups] = lookups_of(type_name, f"{name}:{value}")
            assert list(lookups.values()) == [value.strip(" \t")]


@table_test("value", [value for value in VALUES if "," not in value and not value.endswith(("/", "*"))])
def test_multi_word_name_is_one_value(value: str) -> None:
    for type_name, names in NAMES:
        for name in names.split():
            [lookups] = lookups_of(type_name, f"{name}:{value}")
            assert list(lookups.values()) == [[value.strip(" \t")]]


def lookups_of(type_name: str, word: str) -> list[Mapping[str, Any]]:
    """The lookups of one of several arguments."""
    found = query_from_argv(type_name, [word, "zzz"]).where
    assert found is not None
    return [part.lookups for part in found.parts if "q__in" not in part.lookups]


DASHED = [
    ("-tag:A", True), ("-is:organized", True), ("-no:title", True), ("-has:tag", True), ("-(tag:A)", True),
    ('-"x y"', True), ("-rating>80", True), ("-rating100__gte=80", True), ('-custom."a b":x', True),
    ("-performers.country:JP", True), ("-o", False), ("-ojson", False), ("-o=json", False), ("-n5", False),
    ("--tag=x", False), ("-x:1", False), ("-", False), ("-5", False), ("-L=3", False), ("-vv", False),
]  # fmt: skip


@table_test("row", DASHED)
def test_words_with_a_dash(row: tuple[str, bool]) -> None:
    word, expected = row
    assert is_query_word("Scene", word) is expected


def test_words_flags_and_texts_are_combined() -> None:
    flags = {"tags__includes_all": [["2024"]], "organized__eq": True}
    found = query_from_argv(
        "Scene", ["beach"], flags, where=["rating:80.. sort:-date"], where_json='{"play_count": {"value": 1}}'
    )
    assert found.where is not None
    first, second, third, fourth = found.where.parts
    assert (repr(first), repr(second)) == ("Q(q__in=['beach'])", "Q(rating100__gte=80)")
    assert third.lookups == {"tags__includes_all": ["2024"], "organized__eq": True}
    assert fourth.lookups["play_count"].to_graphql() == {"value": 1}
    assert found.sort == ("-date",)


@table_test("words", [[""], ["x", " "], ["tag:"], ["tag:", "x"], ["x", "title:"], ["-"], ["x", "|"]])
def test_empty_values_are_rejected(words: list[str]) -> None:
    with pytest.raises(StashUsageError) as error:
        query_from_argv("Scene", words)
    assert error.value.exit_status == 2


def test_value_containing_a_term_is_reported() -> None:
    assert query_from_argv("Scene", ["title:red tag:A", "x"]).doubts != []
    assert query_from_argv("Scene", ["title:red: a story", "x"]).doubts == []


def compiled(raw: str) -> dict[str, Any]:
    """The filter of a `--where-json`."""
    where = query_from_argv("Scene", where_json=raw).where
    assert where is not None
    return compile_lookups("Scene", where).filter


@table_test("text", ["[1]", "{}", "x", '{"nope": 1}', '{"title": {"value": "x", "modifier": "BETWEEN"}}'])
def test_raw_filter_is_validated(text: str) -> None:
    with pytest.raises(StashError):
        compiled(text)


def test_raw_filter_is_sent_unchanged() -> None:
    raw = '{"rating100": {"value": 80, "modifier": "GREATER_THAN"}, "OR": {"organized": true}}'
    expected = {"rating100": {"value": 80, "modifier": "GREATER_THAN"}, "OR": {"organized": True}}
    assert compiled(raw) == expected
