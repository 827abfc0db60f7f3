"""Path maps: translation between paths of the server and local paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.path_maps import PathMaps, absolute_path

MAPS = PathMaps(
    (
        ("/data", "/mnt/nas"),
        ("/data/new", "/srv/inbox/"),
        ("D:\\Media", "/mnt/media"),
        ("\\\\nas\\share", "/mnt/share"),
        ("/win", "E:\\Films"),
    )
)
PAIRS = [
    # server path, local path
    ("/data", "/mnt/nas"),
    ("/data/a b/c.mp4", "/mnt/nas/a b/c.mp4"),
    ("/data/new/x.mp4", "/srv/inbox/x.mp4"),
    ("/data/newer/x.mp4", "/mnt/nas/newer/x.mp4"),
    ("/database/x", "/database/x"),
    ("/data/a\\b.mp4", "/mnt/nas/a\\b.mp4"),
    ("D:\\Media\\a\\b.mp4", "/mnt/media/a/b.mp4"),
    ("\\\\nas\\share\\b.mp4", "/mnt/share/b.mp4"),
    ("/win/a/b.mp4", "E:\\Films\\a\\b.mp4"),
    ("/other/x", "/other/x"),
]


@table_test(("server", "local"), PAIRS)
def test_paths_are_mapped_both_ways(server: str, local: str) -> None:
    assert MAPS.to_local(server) == local
    assert MAPS.to_server(local) == server


def test_windows_paths_ignore_case_and_separators() -> None:
    assert MAPS.to_local("d:/MEDIA/a.mp4") == "/mnt/media/a.mp4"
    assert MAPS.to_local("/DATA/a.mp4") == "/DATA/a.mp4"


def test_file_system_root_can_be_mapped() -> None:
    maps = PathMaps((("/", "/mnt/server"), ("C:\\", "/mnt/c")))
    assert maps.to_local("/a/b") == "/mnt/server/a/b"
    assert maps.to_server("/mnt/server") == "/"
    assert (maps.to_local("C:\\a"), maps.to_server("/mnt/c/a")) == ("/mnt/c/a", "C:\\a")


def test_relative_paths_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert PathMaps.parse({"/data": "~/nas"}, "x").to_local("/data/a") == "/home/me/nas/a"
    for server, local in [("data", "/x"), ("/data", "x"), ("/data", ""), ("/data", "~nobody-here/x")]:
        with pytest.raises(StashConfigurationError, match="path_maps"):
            PathMaps.parse({server: local}, "path_maps")


def test_user_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute_path("a/../b") == str(tmp_path / "b")
    assert absolute_path("D:\\x") == "D:\\x"
