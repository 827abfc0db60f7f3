"""Path patterns: the fields they extract, and invalid patterns."""

from __future__ import annotations

from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashInputError
from stash_cli.core.sidecars.path_pattern import NoMatch, PathPattern, split_names

LIBRARY = {
    "performers": {"alice smith", "bob jones", "simon and garfunkel", "tom & jerry", "kim"},
    "studio": {"blue harbour"},
    "tags": {"black, white"},
}


def known(field: str, name: str) -> bool:
    return name.casefold() in LIBRARY.get(field, ())


def read(pattern: str, path: str, **options: Any) -> dict[str, Any]:
    return PathPattern.parse(pattern, **options).read(path, known).facts


def facts(**values: Any) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


@table_test(
    ("pattern", "path", "found"),
    [
        (
            "{studio}/{date} - {title} [{performers}]",
            "/m/Acme/2024-05-31 - A - day [Alice, Bob & Kim].mp4",
            facts(title="A - day", date="2024-05-31", studio="Acme", performers=["Alice", "Bob", "Kim"]),
        ),
        ("{studio}/{title}", "C:\\m\\Acme\\A day.mp4", facts(title="A day", studio="Acme")),
        ("{date:%d.%m.%y} {title}", "31.05.24 A.mp4", facts(title="A", date="2024-05-31")),
        ("{date:%d %B %Y} {title}", "31 May 2024 A.mp4", facts(title="A", date="2024-05-31")),
        ("{date:%m-%Y} {title}", "5-2024 A.mp4", facts(title="A", date="2024-05")),
        ("{date} {title}", "20240531 A.mp4", facts(title="A", date="2024-05-31")),
        ("{title} ({year})", "A (2024).mp4", facts(title="A", date="2024")),
        ("{year}/{month}/{day} {title}", "2024/5/3 A.mp4", facts(title="A", date="2024-05-03")),
        ("{_} {title}", "0012 A day.mp4", facts(title="A day")),
        ("{title} {_}", "A day 1080p.mp4", facts(title="A day")),
        ("{code} {title}", "AB-12 A day.mp4", facts(title="A day", code="AB-12")),
        ("{_} - {title}", "00 12 - A.b.mp4", facts(title="A.b")),
        ("{title} #{tags}", "A #Beach, Sea.mp4", facts(title="A", tags=["Beach", "Sea"])),
        ("{performer} - {performer} - {title}", "X - Y - Z.mp4", facts(title="Z", performers=["X", "Y"])),
        ("{group} {{{index}}} {title}", "Days {3} A.mp4", {"title": "A"}),
        ("{rating100} {title}", "85 A.mp4", facts(title="A", rating100=85)),
        ("{title}", "/m/no ending", facts(title="no ending")),
        ("{title}", "/m/.hidden", facts(title=".hidden")),
        (
            "{performers} {title}",
            "Alice Smith & Bob Jones Out.mp4",
            facts(title="Out", performers=["Alice Smith", "Bob Jones"]),
        ),
        (
            "{title} {performers}",
            "A day Bob Jones Kim.mp4",
            facts(title="A day", performers=["Bob Jones", "Kim"]),
        ),
        ("{studio} {title}", "Blue Harbour A day.mp4", facts(title="A day", studio="Blue Harbour")),
    ],
)
def test_fields_are_extracted_from_paths(pattern: str, path: str, found: dict[str, Any]) -> None:
    assert {name: value for name, value in read(pattern, path).items() if name != "groups"} == found


def test_space_substitutes_are_replaced() -> None:
    assert read("{date} {title}", "/m/a_b/2024-05-31.A_day.mp4", blanks="._") == facts(
        title="A day", date="2024-05-31"
    )


def test_known_names_may_contain_separators() -> None:
    assert split_names("performers", "Simon and Garfunkel and Tom & Jerry, Eve", known) == [
        "Simon and Garfunkel",
        "Tom & Jerry",
        "Eve",
    ]
    assert split_names("tags", "Black, White; Rock & Roll", known) == ["Black, White", "Rock & Roll"]


@table_test(
    ("pattern", "path", "why"),
    [
        ("{studio}/{title}", "A.mp4", "does not match"),
        ("{date} {title}", "31.05.2024 A.mp4", "does not match"),
        ("{date} {title}", "0012 A.mp4", "does not match"),
        ("{date} {title}", "2024-13-01 A.mp4", "is no date that is clear"),
        ("{date:%d.%m.%y} {title}", "31.13.24 A.mp4", "is no date by %d.%m.%y"),
        ("{performers} {title}", "Zoe Out.mp4", "no known performers at the start"),
        ("{title} {performers}", "Out Zoe.mp4", "no known performers at the end"),
        ("{performers} {title}", "Alice Smith.mp4", "no known performers at the start"),
    ],
)
def test_mismatch_has_a_reason(pattern: str, path: str, why: str) -> None:
    with pytest.raises(NoMatch, match=why):
        read(pattern, path)


@table_test(
    ("pattern", "why"),
    [
        ("{titel}", "no such field: titel. Did you mean title"),
        ("{title", "a { without its }"),
        ("title}", "a } without its {"),
        ("plain", "no field that is used"),
        ("{_}", "no field that is used"),
        ("{title} - {title}", "title stands in it twice"),
        ("{studio}{title}", "nothing stands between {studio} and {title}"),
        ("{title} {director}", "a space does not tell {title} and {director} apart"),
        ("{code}{title}", "nothing stands between {code} and {title}"),
        ("{title}{_}", "nothing stands between {title} and {_}"),
        ("{performers} {title} {tags}", "a space does not tell {title} and {tags} apart"),
        ("{day} {title}", "a day needs its month"),
        ("{title} {index}", "index is the place in a group"),
        ("{title}.{ext}", "{ext} is no field"),
        ("{title!r}", "!r has no meaning"),
        ("{title:%Y}", "only a date has a format"),
        ("{date:%Q}", "%Q is not known"),
        ("{date:%d}", "it needs a year"),
        ("{date:%d.%Y}", "a month where it has a day"),
    ],
)
def test_invalid_patterns_are_rejected(pattern: str, why: str) -> None:
    with pytest.raises(StashInputError) as caught:
        PathPattern.parse(pattern)
    assert why in caught.value.message


def test_named_groups_of_a_regular_expression_are_fields() -> None:
    pattern = PathPattern.of_regex(r"/(?P<studio>[^/]+)/(\d+) (?P<title>.+?)(?: \[(?P<tags>.+)\])?\.\w+$")
    assert pattern.read("/m/Acme/12 A day.mp4").facts == facts(title="A day", studio="Acme")
    assert pattern.read("/m/Acme/12 A [B, C].mp4").tags == ("B", "C")
    dated = PathPattern.of_regex(r"(?P<date>\d\d\.\d\d\.\d\d)", date_format="%d.%m.%y")
    assert dated.read("/m/31.05.24.mp4").date == "2024-05-31"


@table_test(
    ("regex", "why"),
    [
        ("(", "missing ), unterminated subpattern at character 1"),
        ("(?P<titel>x)", "no such field: titel"),
        ("x", "has no named group"),
        ("(?P<_a>x)", "no field that is used"),
    ],
)
def test_invalid_regular_expressions_are_rejected(regex: str, why: str) -> None:
    with pytest.raises(StashInputError) as caught:
        PathPattern.of_regex(regex)
    assert why in caught.value.message
