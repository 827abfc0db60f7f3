"""Parsing of the search text `q`."""

from __future__ import annotations

from table_tests import table_test

from stash_cli.embedded.search.text_search import SearchSpec, parse_search


@table_test(
    ("text", "spec"),
    [
        ("", SearchSpec()),
        ("  foo   bar ", SearchSpec(must=["foo", "bar"])),
        ('"foo bar" baz', SearchSpec(must=["foo bar", "baz"])),
        ('foo -bar -"a b"', SearchSpec(must=["foo"], must_not=["bar", "a b"])),
        ("a or b OR c", SearchSpec(either=[["a", "b", "c"]])),
        ("a | b", SearchSpec(either=[["a", "b"]])),
        ("a | b | c", SearchSpec(must=["|", "c"], either=[["a", "b"]])),
        ("or a or", SearchSpec(must=["or", "a", "or"])),
        ("-foo or zed", SearchSpec(either=[["-foo", "zed"]])),
        ('- "', SearchSpec(must=["-", '"'])),
        ('"open', SearchSpec(must=['"open'])),
    ],
)
def test_parse(text: str, spec: SearchSpec) -> None:
    assert parse_search(text) == spec
