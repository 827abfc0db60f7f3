"""Only scanned media inside the current library folders are served, moved or deleted."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from library_client import LibraryClient
from scan_library import picture, write_picture, write_video, write_zip
from support import run

from stash_cli.embedded import open_library
from stash_cli.embedded import tables as t
from stash_cli.embedded.library.limits import Limits


class ServedMedia(LibraryClient):
    """A library over a media folder, and its web application."""

    def __init__(self, library, media: Path) -> None:
        super().__init__(library)
        self.media = media
        media.mkdir(exist_ok=True)

    def web(self, link: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Request a path of the web application."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.library.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:9999") as client:
                return await client.request(method, link, headers=headers)

        return run(ask())

    def configure_folders(self, *paths: Path) -> str | None:
        """Configure the library folders; return the error message, if any."""
        given = [{"path": str(path), "excludeVideo": False, "excludeImage": False} for path in paths]
        query = "mutation($s: [StashConfigInput!]) { configureGeneral(input: {stashes: $s}) { logLevel } }"
        errors = self.library.execute(query, {"s": given}).errors
        return errors[0]["message"] if errors else None

    def run_job(self, query: str, **variables) -> None:
        self(query, **variables)
        deadline = time.monotonic() + 20
        while self("{ jobQueue { id } }") and time.monotonic() < deadline:
            time.sleep(0.01)

    def scan(self) -> None:
        self.run_job("mutation { metadataScan(input: {}) }")

    def status(self, path: str) -> int:
        return self.web(path).status_code

    def served(self) -> dict[str, int]:
        return {path: self.status(path) for path in ("/scene/1/stream", "/image/1/image")}


@contextmanager
def opened(folder: Path, **limits):
    with open_library(str(folder / "library.sqlite"), limits=Limits(**limits)) as library:
        home = ServedMedia(library, folder / "media")
        assert home.configure_folders(home.media) is None
        yield home


@pytest.fixture
def home(tmp_path):
    with opened(tmp_path) as found:
        yield found


ALL, NONE = {"/scene/1/stream": 200, "/image/1/image": 200}, {"/scene/1/stream": 404, "/image/1/image": 404}


def media(home: ServedMedia) -> None:
    write_video(home.media / "a.mp4", 1)
    write_picture(home.media / "b.png", 2)


@pytest.mark.parametrize(
    "folder", ["/", "/etc", "/etc/ssl", "/proc", "/sys/kernel", "/dev", "/home", "~/.ssh"]
)
def test_system_folders_are_not_library_folders(home, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(home.media.parent))
    (home.media.parent / ".ssh").mkdir()
    path = Path(folder).expanduser()
    link = home.media / "innocent"
    link.symlink_to(path)
    for named in (path, link):
        assert "folder of the system or a hidden one" in str(home.configure_folders(named))


def test_system_folder_is_ignored_unless_allowed(tmp_path):
    with opened(tmp_path, any_folder=True) as home:
        assert home.configure_folders(Path("/etc/ssl")) is None
        home.scan()
    with open_library(str(tmp_path / "library.sqlite")) as library:
        home = ServedMedia(library, tmp_path / "media")
        home.scan()
        assert any(
            "/etc/ssl: it is a folder of the system" in one["message"] for one in home("{ logs { message } }")
        )


def import_file(home: ServedMedia, tmp_path: Path, path: Path, kind: str) -> None:
    """Import a file entry and an object that has this file."""
    source = tmp_path / "metadata"
    facts = path.stat()
    entry = {"type": kind, "path": str(path), "size": facts.st_size, "format": "mp4", "width": 1, "height": 1}
    entry["mod_time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(facts.st_mtime))
    owner = "scenes" if kind == "video" else "images"
    for folder, content in (("files", entry), (owner, {"title": "x", "files": [str(path)]})):
        (source / folder).mkdir(parents=True, exist_ok=True)
        (source / folder / "1.json").write_text(json.dumps(content))
    home("mutation($p: String!) { configureGeneral(input: {metadataPath: $p}) { logLevel } }", p=str(source))
    home.run_job("mutation { metadataImport }")


def test_imported_file_is_served_only_after_a_scan(home, tmp_path):
    path = write_video(home.media / "a.mp4", 1)
    import_file(home, tmp_path, path, "video")
    assert home("{ findScenes { count } }")["count"] == 1
    assert home.status("/scene/1/stream") == 404
    home.scan()
    assert home.status("/scene/1/stream") == 200
    assert home("{ findScenes { count } }")["count"] == 1


@pytest.mark.parametrize("name", ["passwd.mp4", "../outside.mp4", "notes.txt", "playlist.mp4"])
def test_imported_non_media_file_is_never_served(home, tmp_path, name):
    write_video(tmp_path / "outside.mp4", 1)
    for text in ("passwd.mp4", "notes.txt"):
        (home.media / text).write_text("root:x:0:0\n" * 50)
    (home.media / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    import_file(home, tmp_path, home.media / name, "video")
    assert home("{ findScenes { count } }")["count"] == 1
    home.scan()
    assert home.status("/scene/1/stream") == 404
    assert home.web("/scene/1/stream").text == "Not Found"


def test_inserted_rows_are_not_served_and_their_files_not_deleted(home):
    media(home)
    home.scan()
    with home.library.database.write() as connection:
        connection.execute(t.files.update().values(recognised=False))
    assert home.served() == NONE
    home("mutation { scenesDestroy(input: {ids: [1], delete_file: true}) }")
    assert (home.media / "a.mp4").exists()


def file_missing(home: ServedMedia) -> None:
    assert home.configure_folders() is None


def file_excluded(home: ServedMedia) -> None:
    home('mutation { configureGeneral(input: {excludes: ["a.mp4"], imageExcludes: ["b"]}) { logLevel } }')


def file_replaced(home: ServedMedia) -> None:
    for path in home.media.iterdir():
        path.write_text("no media any more")


def file_linked(home: ServedMedia) -> None:
    for path in list(home.media.iterdir()):
        path.rename(home.media.parent / path.name)
        path.symlink_to(home.media.parent / path.name)


def folder_linked(home: ServedMedia) -> None:
    home.media.rename(home.media.parent / "elsewhere")
    home.media.mkdir()
    for path in (home.media.parent / "elsewhere").iterdir():
        (home.media / path.name).symlink_to(path)


def file_special(home: ServedMedia) -> None:
    for path in list(home.media.iterdir()):
        path.unlink()
        os.mkfifo(path)


@pytest.mark.parametrize(
    "change", [file_missing, file_excluded, file_replaced, file_linked, folder_linked, file_special]
)
def test_files_no_longer_in_the_library_are_not_served(home, change):
    media(home)
    home.scan()
    assert home.served() == ALL
    change(home)
    assert home.served() == NONE


def test_symlinks_are_followed_inside_the_library_and_outside_on_request(home, tmp_path):
    media(home)
    (home.media / "deep").mkdir()
    for path in list(home.media.glob("*.*")):
        path.rename(home.media / "deep" / path.name)
        path.symlink_to(home.media / "deep" / path.name)
    home.scan()
    assert home.served() == ALL
    home.library.close()
    outside = tmp_path / "outside"
    (home.media / "deep").rename(outside)
    (home.media / "deep").symlink_to(outside)
    for limits, expected in (({}, NONE), ({"follow_links": True}, ALL)):
        with opened(tmp_path, **limits) as again:
            again.scan()
            assert again.served() == expected


def test_zip_members_and_sidecars_follow_the_same_rule(home, tmp_path):
    write_zip(home.media / "set.zip", {"1.png": picture(1)})
    write_video(home.media / "a.mp4", 1)
    (home.media / "a.srt").write_text("1\n")
    (home.media / "a.funscript").write_text("{}")
    home.scan()
    links = (
        "/image/1/image",
        "/image/1/thumbnail",
        "/scene/1/caption?lang=00&type=srt",
        "/scene/1/funscript",
    )
    assert [home.status(link) for link in links] == [200] * 4
    for name in ("set.zip", "a.srt", "a.funscript"):
        (home.media / name).rename(tmp_path / name)
        (home.media / name).symlink_to(tmp_path / name)
    assert [home.status(link) for link in links] == [404, 200, 404, 404]
    assert home.web(links[1]).headers["content-type"] == "image/svg+xml"


def test_delete_and_move_stay_inside_the_library(home, tmp_path):
    media(home)
    outside = tmp_path / "outside"
    outside.mkdir()
    (home.media / "way out").symlink_to(outside)
    home.scan()
    move = "mutation($d: String!) { moveFiles(input: {ids: [1], destination_folder: $d}) }"
    for folder in (outside, home.media / "way out", home.media / "../outside"):
        assert "must be within a stash library path" in home.error(move, d=str(folder))
    (home.media / "a.mp4").rename(outside / "a.mp4")
    home.media.rename(tmp_path / "moved")
    home.media.symlink_to(outside)
    home("mutation { scenesDestroy(input: {ids: [1], delete_file: true}) }")
    assert not (outside / "a.mp4").exists()  # the library folder itself is a symlink made by its owner
    home.media.unlink()
    (tmp_path / "moved").rename(home.media)
    (home.media / "b.png").rename(outside / "b.png")
    (home.media / "b.png").symlink_to(outside / "b.png")
    home("mutation { imagesDestroy(input: {ids: [1], delete_file: true}) }")
    assert (outside / "b.png").exists()


def test_range_requests_of_files_and_zip_members(home):
    media(home)
    write_zip(home.media / "set.zip", {"1.png": picture(7)})
    home.scan()
    for link, content in (
        ("/scene/1/stream", (home.media / "a.mp4").read_bytes()),
        ("/image/1/image", (home.media / "b.png").read_bytes()),
        ("/image/2/image", picture(7)),
    ):
        part = home.web(link, Range="bytes=2-5")
        assert (part.status_code, part.content) == (206, content[2:6])
        assert home.web(link, "HEAD").headers["content-length"] == str(len(content))
