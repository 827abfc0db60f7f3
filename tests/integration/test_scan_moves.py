"""Moved files keep their rows and objects; copies are not moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from scan_library import ScanLibrary, picture, scan_library, write_picture, write_video, write_zip

PARENTS = (
    "SELECT f.basename, p.basename FROM folders f JOIN folders p ON p.id = f.parent_folder_id ORDER BY f.path"
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ScanLibrary]:
    with scan_library(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("target", ["b.mp4", "new/a.mp4", "new/deep/er.mp4"])
def test_moved_video_keeps_its_file_and_scene(own: ScanLibrary, target: str) -> None:
    path = write_video(own.media / "a.mp4")
    write_video(own.media / "stays.mp4", 1)
    own.scan()
    (own.media / target).parent.mkdir(parents=True, exist_ok=True)
    path.rename(own.media / target)
    own.scan()
    assert own.scenes() == [(1, target), (2, "stays.mp4")]
    assert own.count("files") == own.count("scenes") == 2


def test_moved_picture_keeps_its_image(own: ScanLibrary) -> None:
    path = write_picture(own.media / "a.png", 1)
    own.scan()
    path.rename(own.media / "b.png")
    own.scan()
    assert own.images() == [(1, "b.png")]


def test_moved_zip_keeps_its_pictures(own: ScanLibrary) -> None:
    path = write_zip(own.media / "a.zip", {"1.png": picture(1), "deep/2.png": picture(2)})
    own.scan()
    (own.media / "sets").mkdir()
    path.rename(own.media / "sets/b.zip")
    own.scan()
    assert own.galleries() == [(1, "sets/b.zip")]
    assert own.images() == [(1, "sets/b.zip/1.png"), (2, "sets/b.zip/deep/2.png")]
    assert own.count("files") == 3
    assert own.rows(PARENTS) == [("sets", "media"), ("b.zip", "sets"), ("deep", "b.zip")]


def test_moved_folder_keeps_its_gallery(own: ScanLibrary) -> None:
    own.configure(createGalleriesFromFolders=True)
    for number in range(3):
        write_picture(own.media / f"old/{number}.png", number)
    write_picture(own.media / "old/sub/9.png", 9)
    write_zip(own.media / "old/z.zip", {"1.png": picture(20)})
    own.scan()
    galleries = own.rows("SELECT id, folder_id FROM galleries ORDER BY id")
    (own.media / "old").rename(own.media / "new")
    own.scan()
    assert own.rows("SELECT id, folder_id FROM galleries ORDER BY id") == galleries
    assert own.column("SELECT path FROM folders ORDER BY path") == [
        str(own.media / part) for part in ("", "new", "new/sub", "new/z.zip")
    ]
    names = [name for _, name in own.images()]
    assert sorted(names) == ["new/0.png", "new/1.png", "new/2.png", "new/sub/9.png", "new/z.zip/1.png"]
    assert own.count("files") == 6
    own.assert_consistent()


def test_folder_moved_below_another_gets_its_parent(own: ScanLibrary) -> None:
    write_video(own.media / "old/a.mp4")
    own.scan()
    (own.media / "shelf").mkdir()
    (own.media / "old").rename(own.media / "shelf/new")
    own.scan()
    assert own.rows(PARENTS) == [("shelf", "media"), ("new", "shelf")]
    assert own.scenes() == [(1, "shelf/new/a.mp4")]


def test_files_moved_into_a_used_folder_leave_the_old_folder(own: ScanLibrary) -> None:
    write_video(own.media / "old/a.mp4")
    write_video(own.media / "kept/b.mp4", 1)
    own.scan()
    (own.media / "old/a.mp4").rename(own.media / "kept/a.mp4")
    (own.media / "old").rmdir()
    own.scan()
    assert own.scenes() == [(1, "kept/b.mp4"), (2, "kept/a.mp4")]


def test_copy_is_not_a_move(own: ScanLibrary) -> None:
    path = write_video(own.media / "a.mp4")
    own.scan()
    shutil.copy(path, own.media / "b.mp4")
    own.scan()
    assert own.scenes() == [(1, "a.mp4"), (1, "b.mp4")]


def test_missing_one_of_two_copies_has_moved(own: ScanLibrary) -> None:
    path = write_video(own.media / "a.mp4")
    shutil.copy(path, own.media / "b.mp4")
    own.scan()
    (own.media / "b.mp4").rename(own.media / "c.mp4")
    own.scan()
    assert own.scenes() == [(1, "a.mp4"), (1, "c.mp4")]


def test_unmounted_library_has_not_moved(own: ScanLibrary, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    own.configure(stashes=[{"path": str(own.media)}, {"path": str(drive)}])
    shutil.copy(write_video(own.media / "a.mp4"), write_video(drive / "a.mp4"))
    (own.media / "a.mp4").unlink()
    own.scan()
    drive.rename(tmp_path / "away")
    shutil.copy(tmp_path / "away/a.mp4", own.media / "a.mp4")
    own.scan()
    (tmp_path / "away").rename(drive)
    assert own.column(
        "SELECT path FROM files f JOIN folders d ON d.id = f.parent_folder_id ORDER BY f.id"
    ) == [
        str(drive),
        str(own.media),
    ]
    assert own.count("scenes") == 1


def rows_of_everything(own: ScanLibrary) -> list[list[tuple[object, ...]]]:
    """The rows of files and their objects, without paths and times."""
    tables = ("scenes_files", "images_files", "galleries_files", "galleries_images")
    files = own.rows("SELECT id, basename, parent_folder_id, zip_file_id FROM files")
    return [
        files,
        own.rows("SELECT id, folder_id FROM galleries"),
        *(own.rows(f"SELECT * FROM {t}") for t in tables),
    ]


def paths_of_files(own: ScanLibrary) -> list[str]:
    return own.column(
        "SELECT d.path || '/' || f.basename FROM files f JOIN folders d ON d.id = f.parent_folder_id "
        "ORDER BY 1"
    )


def test_replaced_library_folder_has_moved(own: ScanLibrary, tmp_path: Path) -> None:
    general = {"createGalleriesFromFolders": True}
    own.configure(**general)
    write_video(own.media / "a.mp4", 1)
    write_picture(own.media / "sets/b.png", 2)
    write_zip(own.media / "sets/c.zip", {"in/d.png": picture(3)})
    own.scan()
    before = rows_of_everything(own)
    new = shutil.copytree(own.media, tmp_path / "new")
    own.configure(stashes=[{"path": str(new)}], **general)
    own.scan()
    assert rows_of_everything(own) == before
    assert paths_of_files(own) == [
        str(new / name) for name in ("a.mp4", "sets/b.png", "sets/c.zip", "sets/c.zip/in/d.png")
    ]
    assert own.column("SELECT path FROM folders WHERE path NOT LIKE :new", new=f"{new}%") == []
    own.assert_consistent()


def test_nested_library_folder_of_a_replaced_one_stays(own: ScanLibrary, tmp_path: Path) -> None:
    write_video(own.media / "a.mp4", 1)
    write_picture(own.media / "kept/b.png", 2)
    own.scan()
    new = tmp_path / "new"
    shutil.copy(own.media / "a.mp4", new.mkdir() or new)
    own.configure(stashes=[{"path": str(new)}, {"path": str(own.media / "kept")}])
    own.scan()
    assert paths_of_files(own) == [str(own.media / "kept/b.png"), str(new / "a.mp4")]


def test_newly_excluded_file_has_moved_to_its_copy(own: ScanLibrary) -> None:
    path = write_video(own.media / "incoming/a.mp4")
    own.scan()
    shutil.copy(path, own.media / "b.mp4")
    own.configure(excludes=["/incoming/"])
    own.scan()
    assert own.scenes() == [(1, "b.mp4")]


def test_known_folder_never_replaces_another(own: ScanLibrary) -> None:
    write_picture(own.media / "a/1.png", 1)
    write_picture(own.media / "a/2.png", 2)
    (own.media / "b").mkdir()
    own.scan()
    before = dict(own.rows("SELECT path, id FROM folders"))
    (own.media / "a/1.png").rename(own.media / "b/1.png")
    (own.media / "a/2.png").rename(own.media / "2.png")
    (own.media / "a").rmdir()
    own.scan()
    assert dict(own.rows("SELECT path, id FROM folders")) == before
    assert own.images() == [(1, "b/1.png"), (2, "2.png")]


def test_new_folder_does_not_match_by_a_renamed_file(own: ScanLibrary) -> None:
    write_picture(own.media / "old/1.png", 1)
    write_picture(own.media / "old/2.png", 2)
    own.scan()
    (own.media / "old/2.png").unlink()
    (own.media / "new").mkdir()
    (own.media / "old/1.png").rename(own.media / "new/2.png")
    (own.media / "old").rmdir()
    own.scan()
    assert (1, "new/2.png") in own.images()
    assert own.count("folders") == 3
