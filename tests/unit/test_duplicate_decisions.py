"""Decisions about two scenes of one file each: which are merged and which are left unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from table_tests import table_test

from stash_cli.core.duplicates.copies import Copy, File
from stash_cli.core.duplicates.decision import Decision, decide
from stash_cli.core.duplicates.keep import METADATA, parse_rules
from stash_cli.core.duplicates.matching import Match
from stash_cli.core.duplicates.policy import DELETE_FILES, KEEP, MOVE, Policy

HASHES = {"phash": "00ff00ff00ff00ff", "oshash": "1"}
BEST = File("1", "1", "/a/best.mp4", 100, 1920, 1080, 60.0, "hevc", 9, 25, "2024-01-01", HASHES)
OTHER = File("2", "2", "/b/other.mp4", 50, 640, 480, 60.0, "h264", 5, 25, "2024-01-02", HASHES)
POLICY = Policy(Match(), parse_rules(["resolution"]), KEEP, DELETE_FILES)


def decision(
    best: dict[str, Any] | None = None,
    other: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
    copies: tuple[dict[str, Any], dict[str, Any]] = ({}, {}),
) -> Decision | None:
    """The decision about two scenes with these values changed."""
    files = (replace(BEST, **(best or {})), replace(OTHER, **(other or {})))
    many = [
        Copy(file.owner, files=(file,), created_at=file.owner, **facts)
        for file, facts in zip(files, copies, strict=True)
    ]
    return next(decide(many, replace(POLICY, **(policy or {}))), None)


SAME: dict[str, Any] = {"size": 100, "modified": "2024-01-01"}
LEFT: list[tuple[str, dict[str, Any]]] = [
    ("a tie: size", {"other": {"size": 100}, "policy": {"keep": parse_rules(["size"])}}),
    (
        "bitrate of /b/other.mp4 is not known",
        {"other": {"bit_rate": 0}, "policy": {"keep": parse_rules(["bitrate"])}},
    ),
    ("codec:hevc of /b", {"other": {"codec": ""}, "policy": {"keep": parse_rules(["codec:hevc"])}}),
    ("belongs to several objects", {"other": {"id": "1"}}),
    ("is in an archive", {"other": {"is_zipped": True}}),
    ("may be one file by two paths", {"other": SAME}),
    ("are one file", {"policy": {"is_same_file": lambda *_: True}}),
    ("is empty", {"best": {"size": 0}}),
    ("has captions (de)", {"copies": ({}, {"captions": frozenset({"de"})})}),
    ("has a funscript", {"copies": ({}, {"is_interactive": True})}),
    ("is in the gallery 4", {"copies": ({}, {"galleries": frozenset({"4"})})}),
    (
        "different ids at box",
        {"copies": ({"stash_ids": frozenset({("box", "1")})}, {"stash_ids": frozenset({("box", "2")})})},
    ),
    ("markers of 2 do not fit", {"copies": ({}, {"markers": (61.0,)})}),
    (
        "markers of 2 do not fit",
        {
            "other": {"duration": 50.0},
            "policy": {"match": Match(seconds=None)},
            "copies": ({}, {"markers": (1.0,)}),
        },
    ),
    ("all others are protected", {"policy": {"protected": ("/a", "/b")}}),
    ("the kept file is in /a itself", {"policy": {"then": MOVE, "folder": "/a"}}),
    ("all others are in /b already", {"policy": {"then": MOVE, "folder": "/b", "into": None}}),
    ("cannot be moved", {"other": {"is_zipped": True}, "policy": {"then": MOVE, "folder": "/c"}}),
    (
        "does not move along",
        {
            "policy": {"then": MOVE, "folder": "/c"},
            "copies": ({"is_interactive": True}, {"is_interactive": True}),
        },
    ),
]


@table_test(("text", "facts"), LEFT, ids=str)
def test_scenes_left_undecided(text: str, facts: dict[str, Any]) -> None:
    found = decision(**facts)
    assert found is not None
    assert (found.is_acted_on, text in found.reason) == (False, True), found.reason


ACTED_ON: list[dict[str, Any]] = [
    {},
    {"other": SAME, "policy": {"takes_same_time": True}},
    {"other": SAME, "policy": {"is_same_file": lambda *_: False}},
    {"other": {"bit_rate": 0}, "policy": {"keep": parse_rules(["resolution,bitrate"])}},
    {"copies": ({"captions": frozenset({"de"})}, {"captions": frozenset({"de"}), "markers": (59.0,)})},
    {"other": {"is_zipped": True}, "policy": {"then": "nothing"}},
    {"policy": {"protected": ("/a",)}},
    {"policy": {"keep": parse_rules(["duration"]), "choose": lambda reason, files: reason and files[0]}},
    {"policy": {"then": MOVE, "folder": "/b"}},
    {"other": {"hashes": {}, "duration": 60.1}, "policy": {"match": Match("duration", seconds=0.1)}},
]


@table_test("facts", ACTED_ON, ids=str)
def test_decisions(facts: dict[str, Any]) -> None:
    found = decision(**facts)
    assert found is not None
    assert (found.reason, found.into, found.gone) == ("", "1", ("2",))
    assert [file.id for file in found.losers] == ["2"]


SAME_ID: dict[str, Any] = {"stash_ids": frozenset({("box", "1")})}
NOT_ALIKE: list[dict[str, Any]] = [
    {"best": {"hashes": {}}, "other": {"hashes": {}}, "policy": {"match": Match("checksum")}},
    {"other": {"duration": 90.0}, "policy": {"match": Match("stash-id")}, "copies": (SAME_ID, SAME_ID)},
    {"other": {"duration": 62.0}},
    {"other": {"duration": 0.0}},
    {"other": {"hashes": {}}},
    {"other": {"hashes": {"phash": "00ff00ff00ff00fe"}}},
    {"best": {"hashes": {"phash": "0"}}, "other": {"hashes": {"phash": "0"}}},
    {"policy": {"is_dismissed": lambda *_: True}},
    {"policy": {"match": Match("stash-id")}},
    {"other": {"duration": 0.0}, "policy": {"match": Match("duration")}},
    {"other": {"duration": 61.1}, "policy": {"match": Match("duration")}},
]


@table_test("facts", NOT_ALIKE, ids=str)
def test_files_that_differ_are_not_duplicates(facts: dict[str, Any]) -> None:
    assert decision(**facts) is None


def test_destination_scene_is_chosen_independently_of_the_file() -> None:
    found = decision(policy={"into": METADATA}, copies=({}, {"richness": 3}))
    assert found is not None
    assert (found.into, found.gone, [file.id for file in found.losers]) == ("2", ("1",), ["2"])
    oldest = decision(policy={"into": "oldest"}, copies=({"richness": 1}, {"richness": 3}))
    assert oldest is not None
    assert oldest.into == "1"


def test_protected_file_is_preferred_over_better_file() -> None:
    found = decision(policy={"protected": ("/b/",)})
    assert found is not None
    assert (found.kept and found.kept.id, [file.id for file in found.losers]) == ("2", ["1"])
