"""YAML output read back: values round-trip, and text stays text everywhere."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stash_cli.output.yaml_text import dump

WORDS = (
    "yes no On OFF true False null Null y N ~ 1e3 1.5 0x1f 0o7 017 1_000 .5 .inf -.INF .nan +1 -1 = << - ? :"
    " # | > * & ! % @ ` { [ } ] , --- ... 1:30 2024-03-15 2024-03-15T10:00:00Z a: a:b a:/b /a /a/b:"
)
TEXTS = (
    *WORDS.split(),
    *(
        "",
        " ",
        " a",
        "a ",
        "a b",
        "a  b",
        "a: b",
        "a #b",
        "a#b",
        "- a",
        "? a",
        "a? b",
        'a "b"',
        "it's",
        "a\tb",
    ),
    *(
        "a\nb",
        "a\n",
        "\na",
        "a\r\nb",
        "\0",
        "\x1b[31m",
        "\x7f",
        "a\x85b",
        "a\u2028b",
        "\ufeffa",
        "\ufffe",
        "\ud800",
    ),
    *(
        "Мир",
        "naïve",
        "e\u0301",
        "日本",
        "🙂 a",
        "\u200e",
        "a\xa0b",
        "x" * 2000,
        "http://a.test/?b=1#c",
        "x\\y",
    ),
)
NUMBERS = (0, -7, 10**30, 0.5, 25.0, -0.0, 1e17, 1.5e-7, 1e300, float("inf"), float("-inf"))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


def test_text_round_trips_in_every_position() -> None:
    for value in ([*TEXTS], dict.fromkeys(TEXTS), [{"a": [text, [text]]} for text in TEXTS], *TEXTS):
        assert yaml.safe_load(dump(value)) == value


@pytest.mark.parametrize("word", ["y", "N", "true", "Null", "OFF", "~", "1e3", "0o7", "2024-03-15"])
def test_ambiguous_text_is_quoted(word: str) -> None:
    assert dump(word) == f'"{word}"\n'


@settings(max_examples=40)
@given(values)
@example([*NUMBERS])
@example([[], {}, [[]], [{}], {"a": {}}, [[1, [2]], {"b": [{"c": 1}, []]}]])
@example({"k" * 600: {"k\n" * 400: [1, {"\\" * 400: None}]}})
def test_values_round_trip(value: object) -> None:
    found = yaml.safe_load(dump(value))

    assert repr(found) == repr(value)  # which distinguishes true from 1, and 25.0 from 25
