"""Literal texts that a regular expression requires in every match."""

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
def test_required_literals_are_extracted(pattern: str, texts: list[str]) -> None:
    assert required_substrings(pattern) == texts


@table_test("pattern", ["", "a|b", "x(a|b)y", "(?i)abc", r"\Qa.b\E", r"\x41b", r"\pLb", "a{b", "[ab"])
def test_complex_syntax_has_no_required_literals(pattern: str) -> None:
    assert required_substrings(pattern) == []
