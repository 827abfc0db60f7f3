"""Objects created by a scan: scenes, images, galleries, and shared files."""

from __future__ import annotations

import io
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from scan_library import (
    ScanLibrary,
    picture,
    scan_library,
    touch,
    write_picture,
    write_video,
    write_zip,
    write_zip_of_names,
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ScanLibrary]:
    with scan_library(tmp_path) as opened:
        yield opened


def test_a_video_becomes_a_scene(own: ScanLibrary) -> None:
    write_video(own.media / "sub/a.mp4", frames=20)
    job = own.scan()
    assert (job["status"], job["progress"]) == ("FINISHED", 1)
    assert own.scenes() == [(1, "sub/a.mp4")]
    assert own.rows("SELECT width, height, duration, video_codec, audio_codec, format FROM video_files") == [
        (64, 48, 2.0, "mpeg4", "", "mp4")
    ]
    assert own.column("SELECT type FROM files_fingerprints ORDER BY type") == ["md5", "oshash"]
    assert own.rows("SELECT title, organized FROM scenes") == [(None, 0)]
    own.assert_consistent()


def test_pictures_become_images_and_a_gif_a_clip(own: ScanLibrary) -> None:
    write_picture(own.media / "a.png")
    write_picture(own.media / "b.jpg", kind="JPEG", size=(50, 20))
    write_picture(own.media / "c.gif", kind="GIF")
    own.scan()
    assert own.images() == [(1, "a.png"), (2, "b.jpg"), (3, "c.gif")]
    assert own.rows("SELECT format, width, height FROM image_files") == [("png", 32, 24), ("mjpeg", 50, 20)]
    assert own.column("SELECT format FROM video_files") == ["gif"]
    assert own.column("SELECT DISTINCT type FROM files_fingerprints") == ["md5"]
    assert own.count("scenes") == own.count("galleries") == 0
    own.assert_consistent()


def test_folders_have_their_parents(own: ScanLibrary) -> None:
    write_picture(own.media / "a/b/x.png")
    (own.media / "empty").mkdir()
    own.scan()
    names = own.rows(
        "SELECT f.basename, p.basename FROM folders f LEFT JOIN folders p ON p.id = f.parent_folder_id"
    )
    assert sorted(names, key=str) == [("a", "media"), ("b", "a"), ("empty", "media"), ("media", None)]


def test_equal_content_shares_one_object(own: ScanLibrary) -> None:
    video, image = write_video(own.media / "a.mp4"), write_picture(own.media / "a.png")
    shutil.copy(video, own.media / "b.mp4")
    shutil.copy(image, own.media / "b.png")
    write_zip(own.media / "c.zip", {"p.png": picture()})
    own.scan()
    assert own.scenes() == [(1, "a.mp4"), (1, "b.mp4")]
    assert own.images() == [(1, "a.png"), (1, "b.png"), (1, "c.zip/p.png")]
    assert own.column('SELECT "primary" FROM scenes_files ORDER BY file_id') == [1, 0]
    assert own.column("SELECT image_id FROM galleries_images") == [1]


def test_zip_becomes_a_gallery_with_its_pictures(own: ScanLibrary) -> None:
    members = {
        "b.jpg": picture(2, kind="JPEG"),
        "deep/er/a.png": picture(1),
        "__MACOSX/._b.jpg": b"fork",
        "notes.txt": b"text",
        "clip.mp4": b"video",
        "empty.png": b"",
    }
    path = write_zip(own.media / "set.cbz", members)
    own.scan()
    assert own.galleries() == [(1, "set.cbz")]
    assert [name for _, name in own.images()] == ["set.cbz/b.jpg", "set.cbz/deep/er/a.png"]
    assert own.column("SELECT format FROM image_files ORDER BY file_id") == ["jpeg", "png"]
    assert own.rows("SELECT gallery_id, image_id FROM galleries_images ORDER BY image_id") == [(1, 1), (1, 2)]
    inside = own.rows(
        "SELECT path, zip_file_id IS NOT NULL FROM folders WHERE path LIKE :zip", zip=f"{path}%"
    )
    assert inside == [(str(path), 1), (f"{path}/deep", 1), (f"{path}/deep/er", 1)]
    own.assert_consistent()


NAMES_OF_ARCHIVERS = {
    "cp932": ["表紙.jpg", "第1話/ノエル1.jpg", "第1話/ノエル2.jpg"],
    "euc_jp": ["ノエル1.png", "写真の題名.png"],
    "gbk": ["封面.jpg", "美女/第一张.jpg", "美女/第二张.jpg"],
    "big5": ["美女/第一張.jpg", "封面.jpg"],
    "cp949": ["사진1.jpg", "사진2.jpg", "새 폴더/바다.jpg"],
    "cp866": ["Новая папка/море.jpg", "Обложка.jpg"],
    "cp1251": ["Новая папка/море.jpg", "Обложка.jpg"],
    "cp437": ["Äpfel.jpg", "Übersicht.jpg", "été.jpg"],
    "utf-8": ["写真.png", "Äpfel.png"],
}


@pytest.mark.parametrize(("encoding", "names"), NAMES_OF_ARCHIVERS.items())
def test_zip_names_are_decoded_with_one_encoding(own: ScanLibrary, encoding: str, names: list[str]) -> None:
    members = {name: picture(number) for number, name in enumerate(names)}
    write_zip_of_names(own.media / "a.zip", members, encoding)
    own.scan()
    assert sorted(name for _, name in own.images()) == sorted(f"a.zip/{name}" for name in names)
    own.assert_consistent()


def test_short_name_uses_the_encoding_of_longer_names(own: ScanLibrary) -> None:
    names = ["図.png", "夏の思い出.png", "海へ行った日の写真.png"]
    write_zip_of_names(own.media / "a.zip", {name: picture(len(name)) for name in names}, "cp932")
    own.scan()
    assert "a.zip/図.png" in [name for _, name in own.images()]


def test_renamed_zip_member_keeps_its_image(own: ScanLibrary) -> None:
    path = write_zip(own.media / "a.zip", {"1.png": picture(1), "2.png": picture(2)})
    own.scan()
    write_zip(path, {"2.png": picture(2), "sub/3.png": picture(1)})
    touch(path)
    own.scan()
    assert own.images() == [(1, "a.zip/sub/3.png"), (2, "a.zip/2.png")]


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        (["_thumb"], ["a.png", "thumbs/d.png"]),
        (["THUMBS/"], ["a.png", "b_thumb.png"]),
        ([r"\.zip/thumbs"], ["a.png", "b_thumb.png"]),
        ([r"^/.*set\.zip/"], []),
    ],
)
def test_exclusions_apply_to_zip_members(own: ScanLibrary, excluded: list[str], left: list[str]) -> None:
    members = {name: picture(len(name)) for name in ("a.png", "b_thumb.png", "thumbs/d.png")}
    write_zip(own.media / "set.zip", members)
    own.configure(imageExcludes=excluded)
    own.scan()
    assert [name for _, name in own.images()] == [f"set.zip/{name}" for name in left]


def test_zip_folders_excluded_for_all_kinds_are_skipped(own: ScanLibrary) -> None:
    write_zip(own.media / "set.zip", {"a.png": picture(1), "thumbs/d.png": picture(2)})
    own.configure(excludes=["/thumbs/$"], imageExcludes=["/thumbs/$"])
    own.scan()
    assert [name for _, name in own.images()] == ["set.zip/a.png"]


def test_zip_without_pictures_is_only_a_file(own: ScanLibrary) -> None:
    write_zip(own.media / "a.zip", {"a.txt": b"text"})
    own.scan()
    assert own.column("SELECT basename FROM files") == ["a.zip"]
    assert own.count("galleries") == own.count("images") == 0


def test_equal_zips_share_one_gallery(own: ScanLibrary) -> None:
    path = write_zip(own.media / "a.zip", {"a.png": picture()})
    shutil.copy(path, own.media / "b.zip")
    own.scan()
    assert own.galleries() == [(1, "a.zip"), (1, "b.zip")]
    assert own.images() == [(1, "a.zip/a.png"), (1, "b.zip/a.png")]


def test_zip_names_cannot_escape_the_zip(own: ScanLibrary) -> None:
    write_zip(
        own.media / "a.zip", {"../../x.png": picture(1), "/abs.png": picture(2), "a/../b.png": picture(3)}
    )
    own.scan()
    assert [name for _, name in own.images()] == ["a.zip/abs.png", "a.zip/b.png", "a.zip/x.png"]


@pytest.mark.parametrize("name", ["clip.zip", "clip.cbz"])  # before and after clip.mp4 in walk order
def test_zip_named_like_a_video_is_linked_to_its_scene(own: ScanLibrary, name: str) -> None:
    write_video(own.media / "clip.mp4")
    write_zip(own.media / name, {"a.png": picture(1)})
    write_zip(own.media / "clip two.zip", {"a.png": picture(2)})
    write_zip(own.media / "other/clip.zip", {"a.png": picture(3)})
    own.scan()
    gallery = next(owner for owner, path in own.galleries() if path == name)
    assert own.rows("SELECT scene_id, gallery_id FROM scenes_galleries") == [(1, gallery)]


def test_forced_gallery_contains_the_pictures_of_its_folder(own: ScanLibrary) -> None:
    for number in range(3):
        write_picture(own.media / f"set/{number}.png", number)
    write_picture(own.media / "set/below/x.png", 9)
    (own.media / "set/.forcegallery").touch()
    own.scan()
    folders = own.column("SELECT path FROM folders JOIN galleries ON folder_id = folders.id")
    assert folders == [str(own.media / "set")]
    assert own.count("galleries_images") == 3


def test_galleries_of_all_folders_except_exempt_ones(own: ScanLibrary) -> None:
    own.configure(createGalleriesFromFolders=True)
    write_picture(own.media / "a/1.png", 1)
    write_picture(own.media / "b/2.png", 2)
    (own.media / "b/.nogallery").touch()
    own.scan()
    assert own.column("SELECT basename FROM folders JOIN galleries ON folder_id = folders.id") == ["a"]


def test_folder_gallery_gets_later_pictures(own: ScanLibrary) -> None:
    own.configure(createGalleriesFromFolders=True)
    write_picture(own.media / "a/1.png", 1)
    own.scan()
    write_picture(own.media / "a/2.png", 2)
    own.scan()
    assert own.rows("SELECT gallery_id, image_id FROM galleries_images") == [(1, 1), (1, 2)]


def test_captions_and_funscripts_are_updated(own: ScanLibrary) -> None:
    write_video(own.media / "a.mp4")
    (own.media / "a.en.srt").write_text("1")
    (own.media / "a.vtt").write_text("1")
    own.scan()
    query = "SELECT language_code, filename, caption_type FROM video_captions ORDER BY filename"
    assert own.rows(query) == [("en", "a.en.srt", "srt"), ("00", "a.vtt", "vtt")]
    assert own.column("SELECT interactive FROM video_files") == [0]
    (own.media / "a.vtt").unlink()
    (own.media / "a.funscript").write_text("{}")
    own.scan()
    assert own.rows(query) == [("en", "a.en.srt", "srt")]
    assert own.column("SELECT interactive FROM video_files") == [1]


def test_corrupt_files_are_reported_and_skipped(own: ScanLibrary) -> None:
    (own.media / "a.mp4").write_bytes(b"no video")
    (own.media / "b.png").write_bytes(b"no picture")
    (own.media / "c.zip").write_bytes(b"no zip")
    (own.media / "d.mp4").write_bytes(b"1234")
    write_video(own.media / "e.mp4")
    whole = write_zip(own.media / "f.zip", {"1.png": picture(1), "2.png": picture(2), "3.png": b"bad"})
    damaged = whole.read_bytes().replace(picture(2)[40:50], b"x" * 10)
    whole.write_bytes(damaged)
    assert own.scan()["status"] == "FINISHED"
    assert own.scenes() == [(1, "e.mp4")]
    assert own.images() == [(1, "f.zip/1.png")]
    for name in ("a.mp4", "b.png", "c.zip", "d.mp4", "f.zip: Skipping 2.png", "f.zip: Skipping 3.png"):
        assert any(name in line for line in own.log()), name
    own.assert_consistent()


def test_photo_with_odd_metadata_is_scanned_without_warnings(own: ScanLibrary) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x0131] = "a program"
    whole = picture(kind="JPEG", exif=exif)
    cut = whole.index(b"a program")
    tag = whole.index(b"\x01\x31", whole.index(b"Exif"))
    odd = whole[: tag + 8] + b"\x00\x00\xff\x00" + whole[tag + 12 : cut] + whole[cut:]
    (own.media / "a.jpg").write_bytes(odd)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own.scan()
    assert own.rows("SELECT width, height FROM image_files") == [(24, 32)]
    assert own.log() == []


def test_encrypted_zip_is_reported_and_skipped(own: ScanLibrary) -> None:
    path = write_zip(own.media / "a.zip", {"1.png": picture(1)})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    own.scan()
    assert own.count("images") == own.count("galleries") == 0
    assert any("encrypted" in line for line in own.log())


def test_library_without_videos_has_clips(own: ScanLibrary) -> None:
    stash = {"path": str(own.media), "excludeVideo": True}
    own.configure(stashes=[stash], createImageClipsFromVideos=True)
    write_video(own.media / "a.mp4")
    own.scan()
    assert own.images() == [(1, "a.mp4")]
    assert own.count("scenes") == 0


def test_md5_of_videos_is_optional(own: ScanLibrary) -> None:
    own.configure(calculateMD5=False)
    write_video(own.media / "a.mp4")
    write_picture(own.media / "b.png")
    own.scan()
    assert own.column("SELECT type FROM files_fingerprints ORDER BY file_id") == ["oshash", "md5"]


def test_changed_content_is_rescanned_and_keeps_its_scene(own: ScanLibrary) -> None:
    path = write_video(own.media / "a.mp4", frames=10)
    own.scan()
    with own.library.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO files_fingerprints VALUES (1, 'phash', 5)")
    had = own.column("SELECT fingerprint FROM files_fingerprints WHERE type = 'md5'")
    write_video(path, frames=20, size=(80, 60))
    touch(path)
    own.scan()
    assert own.scenes() == [(1, "a.mp4")]
    assert own.rows("SELECT duration, width FROM video_files") == [(2.0, 80)]
    assert own.column("SELECT type FROM files_fingerprints ORDER BY type") == ["md5", "oshash"]
    assert own.column("SELECT fingerprint FROM files_fingerprints WHERE type = 'md5'") != had


def test_rescan_keeps_the_phash_of_unchanged_content(own: ScanLibrary) -> None:
    write_video(own.media / "a.mp4")
    own.scan()
    with own.library.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO files_fingerprints VALUES (1, 'phash', 5)")
    own.scan(rescan=True)
    assert own.count("files_fingerprints") == 3


def test_file_that_became_a_picture_loses_its_video_data(own: ScanLibrary) -> None:
    path = write_picture(own.media / "a.png", save_all=True, append_images=[first_frame()])
    own.scan()
    assert own.count("video_files") == 1
    write_picture(path)
    touch(path)
    own.scan()
    assert (own.count("video_files"), own.count("image_files")) == (0, 1)
    assert own.images() == [(1, "a.png")]


def first_frame() -> Image.Image:
    return Image.open(io.BytesIO(picture(7)))


@pytest.mark.parametrize("table", ["scenes", "images", "galleries"])
def test_deleted_objects_are_recreated_by_a_rescan(own: ScanLibrary, table: str) -> None:
    write_video(own.media / "a.mp4")
    write_picture(own.media / "b.png", 1)
    write_zip(own.media / "c.zip", {"p.png": picture(2)})
    own.scan()
    before = {
        name: own.count(name) for name in ("scenes", "images", "galleries", "galleries_images", "files")
    }
    with own.library.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    own.scan()
    own.assert_consistent()
    assert {name: own.count(name) for name in before} == before


def test_changed_zip_gets_its_new_pictures(own: ScanLibrary) -> None:
    path = write_zip(own.media / "a.zip", {"1.png": picture(1)})
    own.scan()
    write_zip(path, {"1.png": picture(1), "2.png": picture(2)})
    touch(path)
    own.scan()
    assert own.images() == [(1, "a.zip/1.png"), (2, "a.zip/2.png")]
    assert own.galleries() == [(1, "a.zip")]
    assert own.count("galleries_images") == 2
