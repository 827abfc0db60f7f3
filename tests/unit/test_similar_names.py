"""Names that probably denote the same object, and names that do not."""

from __future__ import annotations

import os
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA
from table_tests import table_test

from stash_cli.core.duplicates.names import Named, group, similar

EXAMPLES = int(os.environ.get("STASH_EXAMPLES", "15"))
BOX = "https://box.example"

SIMILAR = [
    ("Outdoor", "outdoor", "case"),
    ("Café", "cafe", "case"),
    ("Out-Door", "outdoor", "punctuation"),
    ("Blue Sky", "BlueSky", "punctuation"),
    ("Outdoor", "Outdoors", "plural"),
    ("Party Dress", "parties dress", "plural"),
    ("Sky, Blue", "blue sky", "order"),
    ("Mountain", "Mountian", "spelling"),
    ("Alexandra", "Alexandria", "spelling"),
    ("St. Petersburg", "Sankt Petersburg", ""),
    ("Season 1", "Season 2", ""),
    ("Part 10", "Part 1", ""),
    ("Cat", "Car", ""),
    ("Beach", "Beech", ""),
    ("日本", "日本語", ""),
    ("!!!", "???", ""),
]


@table_test(("one", "other", "reason"), SIMILAR, ids=str)
def test_reasons_for_similar_names(one: str, other: str, reason: str) -> None:
    found = [pair.reason for pair in similar([Named("1", (one,)), Named("2", (other,))])]
    assert found == ([reason] if reason else [])


DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"stash_ids": frozenset({(BOX, "1")})}, {"stash_ids": frozenset({(BOX, "2")})}),
    ({"note": "actor"}, {"note": "singer"}),
    ({"born": "1990"}, {"born": "1991-02-03"}),
]


@table_test(("one", "other"), DIFFERENT, ids=str)
def test_distinguished_namesakes_are_not_similar(one: dict[str, Any], other: dict[str, Any]) -> None:
    many = [Named("1", ("Alice",), **one), Named("2", ("alice",), **other)]
    assert not list(similar(many))


SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"stash_ids": frozenset({(BOX, "1")})}, {"stash_ids": frozenset({("https://other.example", "2")})}),
    ({"note": "Actor"}, {"note": "actor"}),
    ({"born": "1990"}, {"born": "1990-02-03"}),
    ({"born": ""}, {"born": "1990-02-03"}),
]


@table_test(("one", "other"), SAME, ids=str)
def test_possible_namesakes_are_similar(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert list(similar([Named("1", ("Alice",), **one), Named("2", ("alice",), **other)]))


def test_aliases_count_as_names_and_one_object_is_no_pair() -> None:
    [pair] = similar([Named("1", ("Beach", "Seaside")), Named("2", ("sea side", "seaside"))])
    assert (pair.one.id, pair.other.id) == ("1", "2")


def test_group_contains_only_names_near_the_most_used() -> None:
    """Chains of misspellings are not merged."""
    names = ("wanderlusts", "wanderlustx", "wanderluxtx", "wandexluxtx")
    many = [Named(str(number), (name,)) for number, name in enumerate(names, 1)]
    found = {
        each.kept.id: [other.id for other in each.others] for each in group(similar(many, 0.9), {"2": 5})
    }
    assert found == {"2": ["1", "3"]}


letters = st.text("abcdefg", min_size=4, max_size=18)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(letters, max_size=25), st.data())
def test_every_single_edit_is_found(words: list[str], data: st.DataObject) -> None:
    """Compared with a comparison of all pairs."""
    edits = st.tuples(st.integers(0, 17), st.sampled_from("abx"), st.integers(0, 3))
    made = [_edited(word, *data.draw(edits)) for word in words]
    many = [Named(str(number), (name,)) for number, name in enumerate(dict.fromkeys(words + made), 1)]
    found = {frozenset((pair.one.name, pair.other.name)) for pair in similar(many)}
    for one, other in combinations((each.name for each in many), 2):
        is_long = min(len(one), len(other)) >= 4
        if is_long and OSA.distance(one, other) == 1 and OSA.normalized_similarity(one, other) >= 0.85:
            assert frozenset((one, other)) in found


def _edited(word: str, at: int, letter: str, kind: int) -> str:
    at %= len(word)
    changes = (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    )
    return changes[kind]
