"""Duplicate decisions over random groups of files: invariants for any policy."""

from __future__ import annotations

import os
from array import array
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stash_cli.core.capabilities import EmbeddedCapabilities
from stash_cli.core.duplicates.candidates import near_runs, owners_of_runs
from stash_cli.core.duplicates.copies import Copy, File
from stash_cli.core.duplicates.decision import Decision, decide
from stash_cli.core.duplicates.keep import parse_rules
from stash_cli.core.duplicates.matching import Match
from stash_cli.core.duplicates.policy import DELETE_FILES, INTO, Policy
from stash_cli.core.duplicates.union import edits_of, movable
from stash_cli.core.orm.input import before_of
from stash_cli.core.types.phash import differing_bits, similar_hashes

EXAMPLES = int(os.environ.get("STASH_EXAMPLES", "10"))
HASHES = ("00ff00ff00ff00ff", "00ff00ff00ff00fe", "00ff00ff00ff00fc", "0f0f0f0f0f0f0f0f", "0000000000000000")
ROOTS = ("/best", "/other")
RULES = ("resolution", "bitrate", "size", "oldest", "smallest", "codec:hevc", "path:best", "most-metadata")


@st.composite
def files(draw: st.DrawFn, number: int, owner: str) -> File:
    root, codec = draw(st.sampled_from(ROOTS)), draw(st.sampled_from(("h264", "hevc", "")))
    return File(
        str(100 + number),
        owner,
        f"{root}/{number}.mp4",
        draw(st.integers(0, 3)),
        draw(st.integers(0, 2)),
        draw(st.integers(1, 2)),
        draw(st.sampled_from((0.0, 10.0, 10.5, 60.0))),
        codec,
        draw(st.integers(0, 2)),
        modified=draw(st.sampled_from(("", "2024-01-01", "2024-01-02"))),
        hashes={"phash": draw(st.sampled_from(HASHES)), "oshash": str(number)},
        is_zipped=draw(st.booleans()),
    )


@st.composite
def groups(draw: st.DrawFn) -> list[Copy]:
    found, number = [], 0
    for one in range(1, draw(st.integers(1, 5)) + 1):
        own = []
        for _ in range(draw(st.integers(0, 3))):
            number += 1
            own.append(draw(files(number, str(one))))
        ids = draw(st.sets(st.sampled_from((("box", "1"), ("box", "2"))), max_size=1))
        markers = tuple(draw(st.lists(st.sampled_from((1.0, 50.0)), max_size=1)))
        found.append(
            Copy(str(one), "", str(one), tuple(own), draw(st.integers(0, 2)), frozenset(ids), markers=markers)
        )
    return found


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=3))
    protected = draw(st.sets(st.sampled_from(ROOTS), max_size=1))
    match = Match("phash", draw(st.integers(0, 2)), draw(st.sampled_from((None, 1.0))))
    into = draw(st.sampled_from((None, *INTO)))
    return Policy(match, parse_rules(rules), into, DELETE_FILES, tuple(protected))


@settings(max_examples=EXAMPLES, deadline=None)
@given(groups(), policies())
def test_removed_files_are_similar_to_kept_ones(group: list[Copy], policy: Policy) -> None:
    copies, taken = {copy.id: copy for copy in group}, set[str]()
    for each in decide(group, policy):
        if not each.is_acted_on:
            assert not each.losers or each.reason
            continue
        kept, losing = each.kept, {file.id for file in each.losers}
        assert kept is not None
        assert kept.id not in losing
        assert losing
        for file in each.losers:
            assert policy.match.are_alike(kept, file, copies)
            assert not policy.protects(file)
            assert not file.is_zipped
        # Every file of a removed object is kept, or similar to a kept one.
        for one in each.gone:
            assert {file.id for file in copies[one].files} <= {*losing, kept.id}
        assert each.into not in each.gone
        assert kept.owner in (each.into, *each.gone)
        # An object takes part in one decision.
        assert taken.isdisjoint({each.into, *each.gone})
        taken |= {each.into, *each.gone}


@settings(max_examples=EXAMPLES, deadline=None)
@given(groups(), policies(), st.randoms(use_true_random=False))
def test_decision_is_independent_of_the_listing_order(
    group: list[Copy], policy: Policy, random: object
) -> None:
    shuffled = list(group)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (_done(list(decide(each, policy))) for each in (group, shuffled))
    assert first == second


ITEMS = ("1", "2", "3")
LISTS = {
    "tags": [{"id": one} for one in ITEMS],
    "performers": [{"id": one} for one in ITEMS],
    "galleries": [{"id": one} for one in ITEMS],
    "groups": [{"group": {"id": one}, "scene_index": int(one)} for one in ITEMS],
    "urls": [f"https://x.example/{one}" for one in ITEMS],
    "stash_ids": [{"endpoint": one, "stash_id": one, "updated_at": None} for one in ITEMS],
}
TEXTS = ("title", "code", "details", "director", "date")


@st.composite
def scenes(draw: st.DrawFn, one: str) -> dict[str, Any]:
    """A scene as an API row, with some values of every kind."""
    lists = {
        name: draw(st.lists(st.sampled_from(items), unique_by=str, max_size=3))
        for name, items in LISTS.items()
    }
    texts = {name: draw(st.sampled_from((None, "", f"of {one}"))) for name in TEXTS}
    studio, own = (
        draw(st.sampled_from((None, {"id": "7"}))),
        draw(st.sampled_from(({}, {"a": one}, {"b": 1}))),
    )
    return {"id": one, **lists, **texts, "studio": studio, "custom_fields": own, "rating100": None}


@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes("1"), scenes("2"), scenes("3"), st.sampled_from(("", *ITEMS)))
def test_destination_gets_all_data_of_the_others(
    into: dict[str, Any], second: dict[str, Any], third: dict[str, Any], dropped: str
) -> None:
    decision = Decision((), (), into="1", gone=("2", "3"))
    rows = {"1": into} | {row["id"]: movable("Scene", row, {dropped}) for row in (second, third)}
    edits = {edit.field: edit.after for edit in edits_of("Scene", decision, rows, EmbeddedCapabilities())}
    for name in (*LISTS, *TEXTS, "studio", "custom_fields"):
        own, *others = (before_of("Scene", name, row) for row in rows.values())
        after = edits.get(name, own)
        if name in LISTS:
            assert {*map(str, after)} == {str(item) for value in (own, *others) for item in value}, name
        elif name == "custom_fields":
            assert after.keys() == {key for value in (own, *others) for key in value}
            assert all(after[key] == own[key] for key in own)
        else:
            assert after == next(filter(None, (own, *others)), own), name


def _done(decisions: list[Decision]) -> set[Decision]:
    return {each for each in decisions if each.is_acted_on}


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), st.data(), st.integers(0, 12))
def test_near_hashes_are_found(hashes: list[int], data: st.DataObject, distance: int) -> None:
    near = [one ^ (1 << bit) for one in hashes for bit in data.draw(st.sets(st.integers(0, 62), max_size=2))]
    many = list(dict.fromkeys([*hashes, *near]))
    found = {frozenset(pair) for pair in similar_hashes(many, distance)}
    expected = {frozenset(pair) for pair in combinations(many, 2) if differing_bits(*pair) <= distance}
    assert found == expected


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(0, 5))
def test_runs_of_near_durations_have_maximum_length(tenths: list[int], most: int) -> None:
    match, lengths = Match("duration", seconds=most / 10), sorted(each / 10 for each in tenths)
    runs = [[lengths[place] for place in run] for run in near_runs(lengths, match.allows)]
    assert [each for run in runs for each in run] == lengths
    for run in runs:
        assert match.allows(run[0], run[-1])
    for run, following in pairwise(runs):
        assert not match.allows(run[0], following[-1])


def test_too_common_durations_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    """Each group of a chain of near durations is as long as possible."""
    lengths = array("d", [*[600.0] * 1001, *(n / 2 for n in range(1, 900))])
    found = list(owners_of_runs(lengths, array("Q", range(len(lengths))), Match("duration", seconds=1)))
    assert {len(group) for group in found} == {2, 3}
    assert "1,001 scenes of about 10:00 are left out" in caplog.text
