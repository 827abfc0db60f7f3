"""Generation of covers and perceptual hashes: as a task, during a scan, limited, repeated, and safely."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from library_client import LibraryClient
from scan_library import ScanLibrary, picture, scan_library, touch, write_picture, write_video, write_zip
from sqlalchemy import update

from stash_cli.embedded.tables import files


@pytest.fixture
def media(tmp_path: Path) -> Iterator[ScanLibrary]:
    with scan_library(tmp_path) as opened:
        yield opened


def video(path: Path, seed: int, **options) -> Path:
    return write_video(path, seed, frames=40, rate=20, **options)


def generate(media: ScanLibrary, **options) -> dict:
    ask = LibraryClient(media.library)
    job = ask("mutation($i: GenerateMetadataInput!) { metadataGenerate(input: $i) }", i=options)
    assert media.library.jobs.wait_idle(60)
    ended = media.library.jobs.find(int(job))
    assert ended is not None
    assert (ended["status"], ended["progress"]) == ("FINISHED", 1)
    return dict(ended)


def hashed(media: ScanLibrary) -> dict[str, int]:
    """File name -> perceptual hash."""
    found = media.rows(
        "SELECT basename, fingerprint FROM files_fingerprints JOIN files ON files.id = file_id"
        " WHERE type = 'phash'"
    )
    return {str(name): int(phash) for name, phash in found}


def test_video_copies_have_near_hashes(media):
    video(media.media / "a.mp4", 200, size=(320, 240), codec="libx264")
    video(media.media / "copy of a.mkv", 200, size=(160, 120))
    write_video(media.media / "b.mp4", 20, size=(320, 240), frames=100, rate=20)
    media.scan(scanGeneratePhashes=True)
    assert hashed(media).keys() == {"a.mp4", "copy of a.mkv", "b.mp4"}
    found = LibraryClient(media.library)("{ findDuplicateScenes(distance: 8) { files { basename } } }")
    assert [[scene["files"][0]["basename"] for scene in group] for group in found] == [
        ["a.mp4", "copy of a.mkv"]
    ]


def test_scan_generates_only_for_new_files(media):
    video(media.media / "old.mp4", 1)
    media.scan()
    video(media.media / "new.mp4", 2)
    job = media.scan(scanGeneratePhashes=True, scanGenerateCovers=True)
    assert job["progress"] == 1
    assert hashed(media).keys() == {"new.mp4"}
    assert media.column("SELECT count(*) FROM scenes WHERE cover_blob IS NOT NULL") == [1]
    media.scan(scanGeneratePhashes=True, rescan=True)
    assert hashed(media).keys() == {"new.mp4", "old.mp4"}


def test_changed_content_gets_another_hash(media):
    path = video(media.media / "a.mp4", 1)
    media.scan(scanGeneratePhashes=True)
    before = hashed(media)
    video(path, 250, size=(32, 32))
    touch(path)
    media.scan(scanGeneratePhashes=True)
    assert hashed(media).keys() == before.keys()
    assert hashed(media) != before


def test_only_missing_files_are_generated_unless_overwriting(media):
    video(media.media / "a.mp4", 1)
    media.scan(scanGeneratePhashes=True)
    before = hashed(media)
    ask = LibraryClient(media.library)
    prints = [{"type": "phash", "value": "1"}]
    ask(
        "mutation($i: FileSetFingerprintsInput!) { fileSetFingerprints(input: $i) }",
        i={"id": "1", "fingerprints": prints},
    )
    generate(media, phashes=True)
    assert hashed(media) == {"a.mp4": 1}
    generate(media, phashes=True, overwrite=True)
    assert hashed(media) == before


def test_generation_can_be_limited(media):
    for number, name in enumerate(("x/a", "x/b", "xy/c"), 1):
        video(media.media / f"{name}.mp4", number)
    write_picture(media.media / "x" / "p.png", 1)
    write_zip(media.media / "z.zip", {"q.png": picture(2)})
    media.scan()
    (zipped,) = media.column("SELECT image_id FROM galleries_images")
    generate(media, phashes=True, imagePhashes=True, galleryIDs=["1"])
    assert hashed(media).keys() == {"q.png"}
    generate(media, phashes=True, imagePhashes=True, imageIDs=[str(3 - zipped)])
    assert hashed(media).keys() == {"q.png", "p.png"}
    generate(media, phashes=True, sceneIDs=["1"])
    assert hashed(media).keys() == {"q.png", "p.png", "a.mp4"}
    generate(media, phashes=True, paths=[str(media.media / "x") + "/"])
    assert hashed(media).keys() == {"q.png", "p.png", "a.mp4", "b.mp4"}
    generate(media, phashes=True, paths=[str(media.media / "xy" / "c.mp4")])
    assert hashed(media).keys() == {"q.png", "p.png", "a.mp4", "b.mp4", "c.mp4"}


def test_similar_images_have_near_hashes(media):
    write_picture(media.media / "a.png", 5, size=(300, 200))
    write_picture(media.media / "a.jpg", 5, size=(150, 100), kind="JPEG")
    media.scan(scanGenerateImagePhashes=True)
    assert hashed(media).keys() == {"a.png", "a.jpg"}
    (value,) = media.column(
        "SELECT printf('%x', fingerprint) FROM files_fingerprints WHERE type = 'phash' AND file_id = 1"
    )
    given = {"phash_distance": {"value": value, "modifier": "EQUALS", "distance": 1}}
    found = LibraryClient(media.library)(
        "query($o: ImageFilterType) { findImages(image_filter: $o) { count } }", o=given
    )
    assert found["count"] >= 1


def test_unreadable_files_are_reported_and_skipped(media):
    path = video(media.media / "a.mp4", 1)
    write_video(media.media / "short.mp4", 1, frames=1)
    media.scan()
    path.unlink()
    generate(media, phashes=True, covers=True)
    assert hashed(media) == {}
    messages = media.log()
    assert [line for line in messages if "No phash could be made" in line and "short.mp4" in line]
    assert [line for line in messages if "No cover could be made" in line and "a.mp4" in line]


def test_nothing_outside_the_library_is_opened(media, tmp_path):
    outside = video(tmp_path / "outside.mp4", 1)
    video(media.media / "a.mp4", 2)
    media.scan()
    with media.library.database.write() as connection:
        connection.execute(update(files).values(basename=f"../{outside.name}"))
    generate(media, phashes=True, covers=True)
    assert hashed(media) == {}
    assert all("could be made of" in line and "outside.mp4" in line for line in media.log())
