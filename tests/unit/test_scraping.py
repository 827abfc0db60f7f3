"""Scraper results: parsing, confidence, and the resulting edits."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from scan_library import picture
from schemas import OLD, available_versions, release_capabilities
from scraped_answers import BOX, fingerprint, scraped_scene
from table_tests import table_test

from stash_cli.core.orm.edit import Change
from stash_cli.core.scraping.choice import Candidate, Outcome, Rules, choose
from stash_cli.core.scraping.covers import Size, data_of, is_better, size_of
from stash_cli.core.scraping.edits import Planner, Unmatched
from stash_cli.core.scraping.evidence import Confidence, evidence_of
from stash_cli.core.scraping.matching import Match
from stash_cli.core.scraping.scraped_object import ScrapedReference, parse, parse_scraped, result_paths
from stash_cli.core.scraping.sources import Source

VALUES = [
    ("Performer", "height_cm", "170 cm", 170),
    ("Performer", "weight", "55.6", 56),
    ("Performer", "penis_length", "12,5", 12.5),
    ("Performer", "gender", "Transgender female", "TRANSGENDER_FEMALE"),
    ("Performer", "circumcised", "cut", "CUT"),
    ("Performer", "alias_list", "Ali, Alicia; Ali", ["Ali", "Alicia"]),
    ("Performer", "birthdate", "1990-02-03", "1990-02-03"),
    ("Performer", "birthdate", "1990", "1990"),
    ("Scene", "date", "2024-05-06T10:11:12Z", "2024-05-06"),
    ("Scene", "title", "  A title ", "A title"),
    ("Scene", "title", " ", None),
    ("Group", "duration", "1:02:03", 3723),
    ("Group", "duration", "90", 90),
    ("Group", "aliases", "One, Two", "One, Two"),
]
WRONG = [
    ("Scene", "date", "06.05.24", "not a date"),
    ("Scene", "date", "2024-02-31", "not a date"),
    ("Performer", "height_cm", "tall", "not a number"),
    ("Performer", "gender", "yes", "not one of MALE"),
    ("Group", "duration", "an hour", "not a duration"),
]


@table_test("type_name attr given value", VALUES)
def test_values_are_converted_to_the_field_type(type_name: str, attr: str, given: str, value: Any) -> None:
    assert parse(type_name, attr, given) == value


@table_test("type_name attr given text", WRONG)
def test_invalid_values_are_reported_and_skipped(type_name: str, attr: str, given: str, text: str) -> None:
    name = {"height_cm": "height"}.get(attr, attr)
    found = parse_scraped(type_name, {"name": "A", name: given})
    assert attr not in found.values
    assert text in found.unused[0]


def test_older_field_names_are_equivalent() -> None:
    found = parse_scraped(
        "Performer", {"name": "A", "twitter": "@ann", "url": "https://a.example", "image": "x"}
    )
    assert found.values["urls"] == ["https://a.example", "https://twitter.com/ann"]
    assert found.pictures == {"image": "x"}
    movies = parse_scraped("Scene", {"title": "A", "movies": [{"name": "Saga"}], "groups": None})
    assert movies.links == {"groups": (ScrapedReference("Group", "Saga"),)}


FILE = {
    "duration": 10.4,
    "fingerprints": [{"type": "oshash", "value": "aa"}, {"type": "phash", "value": "ff00"}],
}
EVIDENCE = [
    ([fingerprint()], {}, Confidence.MEDIUM),
    ([fingerprint("AA")], {"duration": 12}, Confidence.MEDIUM),
    ([fingerprint(), fingerprint()], {}, Confidence.HIGH),
    ([fingerprint(), fingerprint("ff01", kind="PHASH")], {}, Confidence.HIGH),
    ([fingerprint("ff01", kind="PHASH")], {}, Confidence.MEDIUM),
    ([fingerprint("1234567", kind="PHASH")], {}, Confidence.NONE),
    ([fingerprint("bb")], {}, Confidence.NONE),
    ([fingerprint(duration=200)], {}, Confidence.LOW),
    ([fingerprint(), fingerprint("bb", 200), fingerprint("cc", 201)], {}, Confidence.LOW),
    ([fingerprint(duration=0)], {}, Confidence.LOW),
    ([fingerprint(duration=0)], {"duration": 11}, Confidence.MEDIUM),
    ([], {"duration": 10}, Confidence.NONE),
]


@table_test("fingerprints facts confidence", EVIDENCE)
def test_hash_alone_is_not_sufficient(
    fingerprints: list[Any], facts: dict[str, Any], confidence: Confidence
) -> None:
    found = evidence_of({"files": [FILE]}, {"fingerprints": fingerprints, **facts})
    assert found.confidence() == confidence, str(found)


def test_best_matching_file_counts() -> None:
    scene = {"files": [{"duration": 99, "fingerprints": [{"type": "oshash", "value": "bb"}]}, FILE]}
    assert evidence_of(scene, {"fingerprints": [fingerprint()]}).confidence() == Confidence.MEDIUM
    assert not evidence_of({"files": []}, {"fingerprints": [fingerprint()]}).hashes


SCENE = {"id": "1", "files": [FILE], "stash_ids": []}
KNOWN = {**SCENE, "stash_ids": [{"endpoint": BOX, "stash_id": "site-1"}]}
FITS = scraped_scene("A", fingerprints=[fingerprint()])
OTHER = scraped_scene("B", 2, fingerprints=[fingerprint()])
FAR = scraped_scene("C", 3, fingerprints=[fingerprint(duration=900)])
CHOICES = [
    (SCENE, [], {}, Outcome.NOTHING),
    (SCENE, [FITS], {}, Outcome.TAKEN),
    (SCENE, [FITS, OTHER], {}, Outcome.SEVERAL),
    (SCENE, [FAR, FITS], {}, Outcome.TAKEN),
    (SCENE, [FAR], {}, Outcome.UNSURE),
    (SCENE, [FAR], {"confidence": Confidence.LOW}, Outcome.TAKEN),
    (SCENE, [FITS], {"confidence": Confidence.HIGH}, Outcome.UNSURE),
    (SCENE, [FAR], {"duration_diff": 900.0}, Outcome.TAKEN),
    (SCENE, [FITS], {"min_fields": 3}, Outcome.FEW),
    (SCENE, [FITS], {"rejected": {("1", "site-1")}}, Outcome.REJECTED),
    (SCENE, [FITS, OTHER], {"rejected": {("1", "site-2")}}, Outcome.TAKEN),
    (SCENE, [FAR], {"is_named": True}, Outcome.TAKEN),
    (SCENE, [FAR, FITS], {"is_named": True}, Outcome.SEVERAL),
    (SCENE, [FAR], {"box": ""}, Outcome.TAKEN),
    (KNOWN, [FITS, OTHER], {}, Outcome.TAKEN),
    (KNOWN, [OTHER], {}, Outcome.OTHER),
]


@table_test("row answers rules outcome", CHOICES)
def test_result_is_certain_or_ambiguous(
    row: Any, answers: list[Any], rules: dict[str, Any], outcome: Outcome
) -> None:
    found = choose("Scene", row, answers, Rules(**{"box": BOX, **rules}))
    assert found.outcome is outcome
    assert (found.match is not None) == (outcome is Outcome.TAKEN)


ALICE = {"id": "1", "name": "Alice", "alias_list": ["Ali"], "birthdate": "1990", "disambiguation": ""}
NAMES = [
    ({"name": "alice"}, True),
    ({"name": "Alicia", "aliases": "ALI, Al"}, True),
    ({"name": "Alice Two"}, False),
    ({"name": "Alice", "birthdate": "1990-02-03"}, True),
    ({"name": "Alice", "birthdate": "1985-02-03"}, False),
]


@table_test("answer is_same", NAMES)
def test_search_by_name_accepts_equal_names_only(answer: Any, is_same: bool) -> None:
    found = choose("Performer", ALICE, [answer], Rules(BOX, is_by_name=True))
    assert (found.outcome is Outcome.TAKEN) == is_same


ROW: dict[str, Any] = {
    "id": "1",
    "title": "Old",
    "details": "",
    "date": None,
    "urls": ["https://a.example/1"],
    "studio": {"id": "5"},
    "tags": [{"id": "1"}],
    "performers": [],
    "groups": [],
    "stash_ids": [{"endpoint": "https://other.example", "stash_id": "x"}],
}
ANSWER = {
    "title": "New",
    "details": "Text",
    "date": "2024-05",
    "urls": ["https://A.example/1", "https://b.example"],
    "studio": {"name": "Acme"},
    "tags": [{"name": "Beach"}, {"name": "Sea"}],
    "remote_site_id": "site-1",
}
MATCHES = {
    ScrapedReference("Studio", "Acme"): Match(("6",), ("Acme",)),
    ScrapedReference("Tag", "Beach"): Match(("1",), ("Beach",)),
    ScrapedReference("Tag", "Sea"): Match(("2",), ("Sea",)),
}
FILLED = {
    "details": "Text",
    "date": "2024-05",
    "urls": Change(("https://b.example",)),
    "tags": Change(("2",)),
    "stash_ids": [*ROW["stash_ids"], {"endpoint": BOX, "stash_id": "site-1"}],
}
EDITS = [
    ({}, FILLED),
    ({"overwrite": True}, {**FILLED, "title": "New", "studio": "6"}),
    ({"only": {"details", "tags"}}, {name: FILLED[name] for name in ("details", "tags")}),
    ({"box": ""}, {name: FILLED[name] for name in ("details", "date", "urls", "tags")}),
]


def planner(type_name: str = "Scene", release: str = "0.31", **facts: Any) -> Planner:
    return Planner(type_name, release_capabilities(release), MATCHES, lambda _: None, **{"box": BOX, **facts})


def edits_of(row: Any, answer: Any, made: Planner) -> dict[str, Any]:
    candidate = Candidate(parse_scraped(made.type, answer))
    return {edit.field: edit.after for edit in made.edits(row, candidate)}


@table_test("facts edits", EDITS)
def test_empty_fields_are_filled_and_lists_extended(facts: dict[str, Any], edits: dict[str, Any]) -> None:
    assert edits_of(ROW, ANSWER, planner(**facts)) == edits


def test_overwriting_never_clears() -> None:
    assert edits_of(ROW, {"title": "", "details": None, "tags": []}, planner(overwrite=True)) == {}


def test_existing_stash_id_is_kept() -> None:
    row = {**ROW, "stash_ids": [{"endpoint": BOX, "stash_id": "mine"}]}
    assert "stash_ids" not in edits_of(row, ANSWER, planner(overwrite=True))


def test_name_changes_only_on_request_without_self_alias() -> None:
    row = {"id": "1", "name": "Alice", "alias_list": []}
    answer = {"name": "Alicia", "aliases": "ALICE, Ali"}
    assert edits_of(row, answer, planner("Performer", overwrite=True)) == {"alias_list": Change(("Ali",))}
    chosen = planner("Performer", overwrite=True, only={"name"})
    assert edits_of(row, answer, chosen) == {"name": "Alicia"}


def test_unknown_names_are_counted_in_a_file() -> None:
    unmatched, several = Unmatched(), Match(("1", "2"), ("A", "A"))
    tracemalloc.start()
    for number in range(5000):
        unmatched.add(ScrapedReference("Tag", f"Tag {number // 2}"), Match())
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    unmatched.add(ScrapedReference("Performer", "A"), several)
    first, *missing = unmatched
    assert first == ("Performer", "A", 1, several)
    assert {each.results for each in missing} == {2}
    assert len(missing) == 2500
    assert taken < 100_000
    unmatched.close()


def test_servers_before_fuzzy_dates_get_full_dates_only() -> None:
    assert "date" not in edits_of(ROW, ANSWER, planner(release=OLD))
    assert edits_of(ROW, {"date": "2024-05-06"}, planner(release=OLD)) == {"date": "2024-05-06"}


def test_older_servers_get_supported_fields_only() -> None:
    server = release_capabilities(available_versions()[-2])
    for type_name in ("Scene", "Performer", "Gallery", "Group", "Studio", "Tag"):
        paths = result_paths(type_name, server)
        assert paths
        assert [path for path in paths if not server.has_path(f"Scraped{type_name}", path)] == []
    box = Source("box", box=BOX, index=2)
    assert box.argument(release_capabilities(OLD)) == {"stash_box_index": 2}
    assert box.argument(release_capabilities("0.31")) == {"stash_box_endpoint": BOX}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_picture_sizes(kind: str) -> None:
    data = picture(1, (61, 37), kind)
    assert size_of(data) == Size(61, 37)
    assert size_of(data[:9]) is None
    lossless = picture(1, (61, 37), "WEBP", lossless=True)
    assert size_of(lossless) == Size(61, 37)


def test_larger_picture_is_never_replaced() -> None:
    small, large = picture(1, (10, 10)), picture(1, (20, 20))
    assert is_better(large, small) == (True, "20x20 instead of 10x10")
    assert is_better(small, large) == (False, "10x10 is not larger than 20x20")
    assert not is_better(large, large)[0]
    assert not is_better(b"?", small)[0]
    assert is_better(b"?", None)[0]
    assert data_of("https://a.example/x.png") is None
