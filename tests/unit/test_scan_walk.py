"""Directory walk of a scan: included and excluded files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stash_cli.embedded.scan.rules import Rules, read_rules
from stash_cli.embedded.scan.walk import FoundFile, FoundFolder, Walk


def create(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")


def rules(root: Path, options: dict[str, Any] | None = None, **general: Any) -> Rules:
    flags = {key: general.pop(key) for key in ("excludeVideo", "excludeImage") if key in general}
    warnings: list[str] = []
    made = read_rules({"stashes": [{"path": str(root), **flags}], **general}, options or {}, warnings.append)
    assert not warnings
    return made


def found(
    root: Path, *paths: Path, follow_links: bool = False, **settings: Any
) -> tuple[list[str], list[str]]:
    """Files and warnings, relative to the root."""
    warnings: list[str] = []
    walk = Walk(rules(root, **settings), warnings.append, follow_links)
    files = [
        one for one in walk.paths([str(path) for path in paths or (root,)]) if isinstance(one, FoundFile)
    ]
    return [os.path.relpath(one.path, root) for one in files], [
        text.replace(str(root), "") for text in warnings
    ]


def test_known_extensions_match_in_any_case(tmp_path: Path) -> None:
    names = ["b.MP4", "a.jpg", "c/x.zip", "c/a.CBZ", "Z.webm", "notes.txt", "noextension", ".hidden/v.mkv"]
    create(*(tmp_path / name for name in names))
    assert found(tmp_path)[0] == [".hidden/v.mkv", "Z.webm", "a.jpg", "b.MP4", "c/a.CBZ", "c/x.zip"]


def test_file_kinds(tmp_path: Path) -> None:
    create(tmp_path / "a.mp4", tmp_path / "b.gif", tmp_path / "c.zip")
    kinds = [
        one.kind for one in Walk(rules(tmp_path), print).paths([str(tmp_path)]) if isinstance(one, FoundFile)
    ]
    assert kinds == ["video", "image", "zip"]


def test_empty_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    create(tmp_path / "b.mp4")
    assert found(tmp_path) == (["b.mp4"], [])


def test_configured_extensions(tmp_path: Path) -> None:
    create(tmp_path / "a.mp4", tmp_path / "b.ts", tmp_path / "c.heic", tmp_path / "d.rar")
    settings = {"videoExtensions": ["ts"], "imageExtensions": ["HEIC"], "galleryExtensions": ["rar"]}
    assert found(tmp_path, **settings)[0] == ["b.ts", "c.heic", "d.rar"]


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"excludes": ["sample"]}, ["a.mp4", "sample/c.jpg", "sample/d.zip"]),
        ({"excludes": ["SAMPLE"]}, ["a.mp4", "sample/c.jpg", "sample/d.zip"]),
        ({"imageExcludes": [r"sample/.*\.jpg$"]}, ["a.mp4", "sample/b.mp4", "sample/d.zip"]),
        ({"excludes": ["sample/"], "imageExcludes": ["sample/"]}, ["a.mp4"]),
        ({"excludeVideo": True}, ["sample/c.jpg", "sample/d.zip"]),
        ({"excludeImage": True}, ["a.mp4", "sample/b.mp4"]),
        (
            {"excludeVideo": True, "createImageClipsFromVideos": True},
            ["a.mp4", "sample/b.mp4", "sample/c.jpg", "sample/d.zip"],
        ),
    ],
)
def test_exclusion_patterns(tmp_path: Path, settings: dict[str, Any], left: list[str]) -> None:
    create(
        tmp_path / "a.mp4", tmp_path / "sample/b.mp4", tmp_path / "sample/c.jpg", tmp_path / "sample/d.zip"
    )
    assert found(tmp_path, **settings)[0] == left


def test_invalid_pattern_is_reported_and_ignored() -> None:
    warnings: list[str] = []
    assert read_rules({"excludes": ["[", "ok"]}, {}, warnings.append).excludes
    assert len(warnings) == 1
    assert "'['" in warnings[0]


def test_generated_folder_is_excluded(tmp_path: Path) -> None:
    create(tmp_path / "generated/a.mp4", tmp_path / "b.mp4")
    assert found(tmp_path, generatedPath=str(tmp_path / "generated"))[0] == ["b.mp4"]


def test_files_older_than_the_limit_are_skipped(tmp_path: Path) -> None:
    create(tmp_path / "old.mp4", tmp_path / "new.mp4")
    os.utime(tmp_path / "old.mp4", (0, datetime(2020, 1, 1, tzinfo=UTC).timestamp()))
    options = {"filter": {"minModTime": "2021-01-01T00:00:00Z"}}
    assert found(tmp_path, options=options)[0] == ["new.mp4"]


def test_only_given_paths_are_walked(tmp_path: Path) -> None:
    create(tmp_path / "a/x.mp4", tmp_path / "a/y.mp4", tmp_path / "b/z.mp4", tmp_path / "c.mp4")
    assert found(tmp_path, tmp_path / "a/y.mp4", tmp_path / "b")[0] == ["a/y.mp4", "b/z.mp4"]


def test_parent_folders_come_first(tmp_path: Path) -> None:
    create(tmp_path / "a/b/c/x.mp4")
    walked = Walk(rules(tmp_path), print).paths([str(tmp_path / "a/b/c/x.mp4")])
    folders = [one.path for one in walked if isinstance(one, FoundFolder)]
    assert folders == [str(tmp_path / part) for part in ("", "a", "a/b", "a/b/c")]


def test_duplicate_path_is_walked_once(tmp_path: Path) -> None:
    create(tmp_path / "a/x.mp4")
    assert found(tmp_path, tmp_path, tmp_path / "a", tmp_path)[0] == ["a/x.mp4"]


def test_outside_and_missing_paths_are_reported(tmp_path: Path) -> None:
    library, outside = tmp_path / "library", tmp_path / "library two"
    create(library / "a.mp4", outside / "b.mp4")
    files, warnings = found(
        library, outside, library / ".." / "library two", library / "none", library / "a.mp4"
    )
    assert files == ["a.mp4"]
    assert warnings == [
        " two is not in the configured stash paths",
        " two is not in the configured stash paths",
        "error scanning /none: No such file or directory",
    ]


def test_symlink_loops_end(tmp_path: Path) -> None:
    create(tmp_path / "a/x.mp4", tmp_path / "b/y.mp4")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/self").symlink_to("self")
    (tmp_path / "a/over").symlink_to(tmp_path / "b")
    (tmp_path / "b/back").symlink_to(tmp_path / "a")
    files, _ = found(tmp_path)
    assert {"a/x.mp4", "b/y.mp4", "a/over/y.mp4"} <= set(files)
    assert len(files) <= 5


def test_symlinks_outside_are_followed_on_request(tmp_path: Path) -> None:
    library, elsewhere = tmp_path / "library", tmp_path / "elsewhere"
    library.mkdir()
    create(elsewhere / "d/x.mp4", elsewhere / "y.mp4")
    (library / "d").symlink_to(elsewhere / "d")
    (library / "y.mp4").symlink_to(elsewhere / "y.mp4")
    (library / "dead.mp4").symlink_to(elsewhere / "none.mp4")
    files, warnings = found(library)
    assert files == []
    assert {text.partition(": ")[2] for text in warnings} == {"it is a link out of the library folders"}
    files, warnings = found(library, follow_links=True)
    assert files == ["d/x.mp4", "y.mp4"]
    assert warnings == ["error scanning /dead.mp4: No such file or directory"]


def test_undecodable_names_are_reported(tmp_path: Path) -> None:
    create(tmp_path / "a.mp4")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4")).write_bytes(b"x")
    files, warnings = found(tmp_path)
    assert files == ["a.mp4"]
    assert "not UTF-8" in warnings[0]


def test_special_files_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert found(tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("marks", "setting", "expected"),
    [
        ([], False, False),
        ([], True, True),
        ([".forcegallery"], False, True),
        ([".nogallery"], True, False),
        ([".forcegallery", ".nogallery"], True, False),
    ],
)
def test_gallery_folders(tmp_path: Path, marks: list[str], setting: bool, expected: bool) -> None:
    create(tmp_path / "a.jpg")
    for mark in marks:
        (tmp_path / mark).touch()
    walked = Walk(rules(tmp_path, createGalleriesFromFolders=setting), print).paths([str(tmp_path)])
    assert [one.in_gallery for one in walked if isinstance(one, FoundFile)] == [expected]


def test_nested_library_has_its_own_exclusions(tmp_path: Path) -> None:
    create(tmp_path / "a.mp4", tmp_path / "inner/b.mp4", tmp_path / "inner/c.jpg")
    stashes = [{"path": str(tmp_path)}, {"path": str(tmp_path / "inner"), "excludeVideo": True}]
    walk = Walk(read_rules({"stashes": stashes}, {}, print), print)
    names = [Path(one.path).name for one in walk.paths([str(tmp_path)]) if isinstance(one, FoundFile)]
    assert names == ["a.mp4", "c.jpg"]
