"""Identify in an embedded library, with sidecar files as the source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from library_client import LibraryClient
from scan_library import ScanLibrary, scan_library, write_video
from table_tests import table_test

from stash_cli.core.errors import StashSidecarError
from stash_cli.embedded.jobs import sidecars

NFO = """<?xml version="1.0" encoding="UTF-8"?>
<movie>
  <title> A day
   out </title><plot>By the sea.</plot><premiered>2024-05-31</premiered>
  <studio>Acme</studio><director>Kim</director><userrating>8</userrating>
  <actor><name>Alice</name></actor><actor><name>Bob</name></actor>
  <tag>Outdoor</tag><genre>Beach</genre><tag>Outdoor</tag><url>https://example.com/a</url>
</movie>"""
XMP = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="">
  <dc:subject><rdf:Bag><rdf:li>Beach</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>"""
FACTS = {
    "title": "A day out",
    "details": "By the sea.",
    "date": "2024-05-31",
    "director": "Kim",
    "rating100": 80,
}
CREATING = [
    {"field": name, "strategy": "MERGE", "createMissing": True} for name in ("studio", "performers", "tags")
]
FIELDS = "title details director date rating100 organized urls studio{name} performers{name} tags{name}"


@pytest.fixture
def media(tmp_path: Path) -> Iterator[ScanLibrary]:
    """A library with the video `a.mp4`, scanned."""
    with scan_library(tmp_path) as opened:
        write_video(opened.media / "a.mp4", 1)
        opened.scan()
        yield opened


def identify(media: ScanLibrary, *sources: str, **options: Any) -> dict[str, Any]:
    """Run identify; return the job and the scene afterwards."""
    ask = LibraryClient(media.library)
    given = {"sources": [{"source": {"scraper_id": source}} for source in sources], **options}
    number = ask.write("metadataIdentify", "", **given)
    assert media.library.jobs.wait_idle(30)
    job = media.library.jobs.find(int(number))
    assert job
    return {**job, **ask("{ findScene(id: 1) { " + FIELDS + " } }")}


def names(items: Any) -> set[str]:
    return {item["name"] for item in items}


def test_nfo_beside_the_video_fills_empty_fields(media: ScanLibrary) -> None:
    (media.media / "a.nfo").write_text(NFO, encoding="utf-8")
    scene = identify(media, "nfo", options={"fieldOptions": CREATING, "setOrganized": True})
    assert {name: scene[name] for name in FACTS} == FACTS
    assert (scene["organized"], scene["urls"], scene["studio"]) == (
        True,
        ["https://example.com/a"],
        {"name": "Acme"},
    )
    assert names(scene["performers"]) == {"Alice", "Bob"}
    assert names(scene["tags"]) == {"Outdoor", "Beach"}
    assert f"Successfully identified {media.media / 'a.mp4'} using nfo" in media.log("Info")


def test_json_uses_api_names_and_creates_objects_only_on_request(media: ScanLibrary) -> None:
    LibraryClient(media.library).create("tagCreate", name="Outdoor")
    facts = {
        "title": "B",
        "tags": [{"name": "outdoor"}, "New"],
        "performers": ["Zoe"],
        "studio": {"name": "X"},
    }
    (media.media / "a.json").write_text(json.dumps(facts), encoding="utf-8")
    scene = identify(media, "nfo", "json")
    assert (scene["title"], names(scene["tags"]), scene["performers"], scene["studio"]) == (
        "B",
        {"Outdoor"},
        [],
        None,
    )
    assert identify(media, "json")["title"] == "B"
    assert any("Nothing to set" in line for line in media.log("Info"))


@table_test(
    ("strategy", "title", "tags"),
    [("MERGE", "Old", {"Own", "New"}), ("OVERWRITE", "New", {"New"}), ("IGNORE", "Old", {"Own"})],
)
def test_strategies(tmp_path: Path, strategy: str, title: str, tags: set[str]) -> None:
    (tmp_path / strategy / "media").mkdir(parents=True)
    with scan_library(tmp_path / strategy) as media:
        write_video(media.media / "a.mp4", 1)
        media.scan()
        ask = LibraryClient(media.library)
        own = ask.create("tagCreate", name="Own")
        ask.write("sceneUpdate", id="1", title="Old", tag_ids=[own])
        (media.media / "a.json").write_text('{"title": "New", "tags": ["New"]}', encoding="utf-8")
        fields = [{"field": name, "strategy": strategy, "createMissing": True} for name in ("title", "tags")]
        scene = identify(media, "json", options={"fieldOptions": fields})
        assert (scene["title"], names(scene["tags"])) == (title, tags)


def test_files_of_downloaders_and_photo_tools(media: ScanLibrary) -> None:
    written = {"title": "A", "upload_date": "20240531", "channel": "Acme"}
    (media.media / "a.info.json").write_text(json.dumps(written), encoding="utf-8")
    scene = identify(media, "json", options={"fieldOptions": CREATING})
    assert (scene["title"], scene["date"], scene["studio"]) == ("A", "2024-05-31", {"name": "Acme"})
    (media.media / "a.mp4.xmp").write_text(XMP, encoding="utf-8")
    assert names(identify(media, "xmp", options={"fieldOptions": CREATING})["tags"]) == {"Beach"}


def test_organized_scenes_are_skipped_unless_named(media: ScanLibrary) -> None:
    LibraryClient(media.library).write("sceneUpdate", id="1", organized=True)
    (media.media / "a.json").write_text('{"title": "New"}', encoding="utf-8")
    assert identify(media, "json")["title"] != "New"
    assert identify(media, "json", sceneIDs=["1"])["title"] == "New"


def test_unknown_source_fails_the_job(media: ScanLibrary) -> None:
    job = identify(media, "stashdb")
    assert (job["status"], "'stashdb' not found" in str(job["error"])) == ("FAILED", True)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><movie><title>&b;</title></movie>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><movie><title>&a;</title></movie>'


@table_test(
    ("name", "content", "message"),
    [
        ("a.nfo", BOMB, "refused"),
        ("a.nfo", OUTSIDE, "refused"),
        ("a.nfo", "<movie", "not readable as NFO"),
        ("a.json", "[1]", "it is not an object"),
        ("a.json", "{", "not readable as JSON"),
        ("a.json", " " * 16_000_001, "larger than"),
    ],
)
def test_unreadable_sidecar_is_a_log_error(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(StashSidecarError, match=message):
        sidecars.read([name[2:]], str(tmp_path / "a.mp4"), [str(tmp_path)])


def test_symlink_out_of_the_library_is_not_followed(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (tmp_path / "secret.json").write_text('{"title": "x"}', encoding="utf-8")
    (media / "a.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(StashSidecarError):
        sidecars.read(["json"], str(media / "a.mp4"), [str(media)])
    assert sidecars.read(["nfo"], str(media / "a.mp4"), [str(media)]) is None
