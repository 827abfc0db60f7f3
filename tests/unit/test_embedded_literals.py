"""Texts that a regular expression cannot match without."""

from __future__ import annotations

from table_tests import table_test

from stash_cli.embedded.library.functions import required_substrings


@table_test(
    ("pattern", "texts"),
    [
        (r"clip 7\d+7\.mp4", ["clip 7", "7.mp4"]),
        ("ab+c", ["ab", "c"]),
        ("^ab*c?d{0,2}e$", ["a", "e"]),
        ("ab{0}c", ["a", "c"]),
        ("(ab)?c", ["c"]),
        (r"a[b\]c]d[^]e]f", ["a", "d", "f"]),
        ("[[:alpha:]x]y", ["y"]),
        (r"\bé\.", ["é."]),
    ],
)
def test_what_stands_for_itself_is_required(pattern: str, texts: list[str]) -> None:
    assert required_substrings(pattern) == texts


@table_test("pattern", ["", "a|b", "x(a|b)y", "(?i)abc", r"\Qa.b\E", r"\x41b", r"\pLb", "a{b", "[ab"])
def test_nothing_is_required_where_the_syntax_is_not_plain(pattern: str) -> None:
    assert required_substrings(pattern) == []
