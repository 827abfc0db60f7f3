"""The scraper of an embedded library: sidecar files of videos, images and galleries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from library_client import LibraryClient
from scan_library import ScanLibrary, picture, scan_library, write_picture, write_video


@pytest.fixture
def media(tmp_path: Path) -> Iterator[ScanLibrary]:
    """A library with a video and a gallery of pictures, each with a file that describes it."""
    with scan_library(tmp_path) as opened:
        write_video(opened.media / "a.mp4", 1)
        write_picture(opened.media / "set" / "1.png", 1)
        (opened.media / "set" / ".forcegallery").touch()
        facts = {"title": "A", "urls": ["https://a.example"], "cover": "a-own.png", "groups": ["Saga"]}
        (opened.media / "a.json").write_text(json.dumps(facts), encoding="utf-8")
        (opened.media / "set" / "gallery.nfo").write_text(
            "<movie><title>Set</title></movie>", encoding="utf-8"
        )
        (opened.media / "set" / "1.json").write_text('{"title": "One"}', encoding="utf-8")
        opened.scan()
        yield opened


def scrape_document(operation: str, given: str, fields: str = "title") -> str:
    """Document that scrapes with the library's scraper."""
    return f'{{ {operation}(source: {{scraper_id: "sidecar"}}, input: {{ {given} }}) {{ {fields} }} }}'


def scrape(media: ScanLibrary, operation: str, given: str, fields: str = "title") -> Any:
    return LibraryClient(media.library)(scrape_document(operation, given, fields))


def test_each_object_type_has_its_sidecar(media: ScanLibrary) -> None:
    scenes = scrape(
        media, "scrapeMultiScenes", "scene_ids: [1]", "title urls groups { name } stored: remote_site_id"
    )
    assert scenes == [
        [{"title": "A", "urls": ["https://a.example"], "groups": [{"name": "Saga"}], "stored": None}]
    ]
    assert scrape(media, "scrapeSingleGallery", "gallery_id: 1") == [{"title": "Set"}]
    assert scrape(media, "scrapeSingleImage", "image_id: 1") == [{"title": "One"}]


def test_picture_beside_the_video_is_its_cover(media: ScanLibrary) -> None:
    (media.media / "a-poster.jpg").write_bytes(picture(1, (64, 36), "JPEG"))
    [found] = scrape(media, "scrapeSingleScene", "scene_id: 1", "image")
    assert found["image"].startswith("data:image/jpeg;base64,")
    (media.media / "a-own.png").write_bytes(picture(2, (64, 36)))
    [found] = scrape(media, "scrapeSingleScene", "scene_id: 1", "image")
    assert found["image"].startswith("data:image/png;base64,")
    (media.media / "a.json").write_text('{"title": "A", "cover": "../a-own.png"}', encoding="utf-8")
    (media.media / "a-poster.jpg").unlink()
    [found] = scrape(media, "scrapeSingleScene", "scene_id: 1", "image")
    assert found["image"] is None
    (media.media / "folder.webp").write_bytes(picture(3, (64, 36), "WEBP"))
    [found] = scrape(media, "scrapeSingleScene", "scene_id: 1", "image")
    assert found["image"].startswith("data:image/webp;base64,")


def test_folder_with_one_video_may_have_the_sidecar(media: ScanLibrary) -> None:
    (media.media / "a.json").unlink()
    (media.media / "movie.nfo").write_text("<movie><title>Whole</title></movie>", encoding="utf-8")
    (media.media / "folder.nfo").write_text("<movie><studio>Acme</studio></movie>", encoding="utf-8")
    found = scrape(media, "scrapeSingleScene", "scene_id: 1", "title studio { name }")
    assert found == [{"title": "Whole", "studio": {"name": "Acme"}}]
    write_video(media.media / "b.mp4", 2)
    media.scan()
    found = scrape(media, "scrapeSingleScene", "scene_id: 1", "title studio { name }")
    assert found == [{"title": None, "studio": {"name": "Acme"}}]


def test_nothing_outside_the_library_is_read(media: ScanLibrary, tmp_path: Path) -> None:
    (media.media / "a.json").unlink()
    (tmp_path / "secret.json").write_text('{"title": "x"}', encoding="utf-8")
    (media.media / "a.json").symlink_to(tmp_path / "secret.json")
    assert "a.json" in LibraryClient(media.library).error(scrape_document("scrapeSingleScene", "scene_id: 1"))


REFUSED = [
    ("scrapeSingleScene", 'query: "x"', "not supported"),
    ("scrapeMultiScenes", "scene_ids: [1, 9]", "scene with id 9 not found"),
]


def test_unsupported_inputs_are_rejected(media: ScanLibrary) -> None:
    ask = LibraryClient(media.library)
    for operation, given, message in REFUSED:
        assert message in ask.error(scrape_document(operation, given))
    document = '{ scrapeSingleScene(source: {stash_box_endpoint: "x"}, input: {scene_id: 1}) { title } }'
    assert "asks no stash-boxes" in ask.error(document)
    assert ask("{ listScrapers(types: [PERFORMER]) { id } }") == []
