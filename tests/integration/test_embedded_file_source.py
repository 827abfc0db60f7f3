"""Only media that a scan has recognised, in a library folder as they are now, is sent, moved or removed."""

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


class Home(LibraryClient):
    """A library over a media folder, and the HTTP side of it."""

    def __init__(self, library, media: Path) -> None:
        super().__init__(library)
        self.media = media
        media.mkdir(exist_ok=True)

    def web(self, link: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.library.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:9999") as client:
                return await client.request(method, link, headers=headers)

        return run(ask())

    def folders(self, *paths: Path) -> str | None:
        """Configure the library folders; the message when they are refused."""
        given = [{"path": str(path), "excludeVideo": False, "excludeImage": False} for path in paths]
        query = "mutation($s: [StashConfigInput!]) { configureGeneral(input: {stashes: $s}) { logLevel } }"
        errors = self.library.execute(query, {"s": given}).errors
        return errors[0]["message"] if errors else None

    def job(self, query: str, **variables) -> None:
        self(query, **variables)
        deadline = time.monotonic() + 20
        while self("{ jobQueue { id } }") and time.monotonic() < deadline:
            time.sleep(0.01)

    def scan(self) -> None:
        self.job("mutation { metadataScan(input: {}) }")

    def status(self, path: str) -> int:
        return self.web(path).status_code

    def served(self) -> dict[str, int]:
        return {path: self.status(path) for path in ("/scene/1/stream", "/image/1/image")}


@contextmanager
def opened(folder: Path, **limits):
    with open_library(str(folder / "library.sqlite"), limits=Limits(**limits)) as library:
        home = Home(library, folder / "media")
        assert home.folders(home.media) is None
        yield home


@pytest.fixture
def home(tmp_path):
    with opened(tmp_path) as found:
        yield found


ALL, NONE = {"/scene/1/stream": 200, "/image/1/image": 200}, {"/scene/1/stream": 404, "/image/1/image": 404}


def media(home: Home) -> None:
    write_video(home.media / "a.mp4", 1)
    write_picture(home.media / "b.png", 2)


@pytest.mark.parametrize(
    "folder", ["/", "/etc", "/etc/ssl", "/proc", "/sys/kernel", "/dev", "/home", "~/.ssh"]
)
def test_folders_of_the_system_are_no_library_folders(home, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(home.media.parent))
    (home.media.parent / ".ssh").mkdir()
    path = Path(folder).expanduser()
    linked = home.media / "innocent"
    linked.symlink_to(path)
    for named in (path, linked):
        assert "folder of the system or a hidden one" in str(home.folders(named))


def test_a_folder_of_the_system_counts_for_nothing_unless_it_was_allowed(tmp_path):
    with opened(tmp_path, any_folder=True) as home:
        assert home.folders(Path("/etc/ssl")) is None
        home.scan()
    with open_library(str(tmp_path / "library.sqlite")) as library:
        home = Home(library, tmp_path / "media")
        home.scan()
        assert any(
            "/etc/ssl: it is a folder of the system" in one["message"] for one in home("{ logs { message } }")
        )


def imported(home: Home, tmp_path: Path, path: Path, kind: str) -> None:
    """Import a file entry with an object that says it has this file."""
    source = tmp_path / "metadata"
    facts = path.stat()
    entry = {"type": kind, "path": str(path), "size": facts.st_size, "format": "mp4", "width": 1, "height": 1}
    entry["mod_time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(facts.st_mtime))
    owner = "scenes" if kind == "video" else "images"
    for folder, content in (("files", entry), (owner, {"title": "x", "files": [str(path)]})):
        (source / folder).mkdir(parents=True, exist_ok=True)
        (source / folder / "1.json").write_text(json.dumps(content))
    home("mutation($p: String!) { configureGeneral(input: {metadataPath: $p}) { logLevel } }", p=str(source))
    home.job("mutation { metadataImport }")


def test_an_imported_file_is_sent_only_once_a_scan_has_recognised_it(home, tmp_path):
    path = write_video(home.media / "a.mp4", 1)
    imported(home, tmp_path, path, "video")
    assert home("{ findScenes { count } }")["count"] == 1
    assert home.status("/scene/1/stream") == 404
    home.scan()
    assert home.status("/scene/1/stream") == 200
    assert home("{ findScenes { count } }")["count"] == 1


@pytest.mark.parametrize("name", ["passwd.mp4", "../outside.mp4", "notes.txt", "playlist.mp4"])
def test_an_imported_file_that_is_no_media_of_the_library_is_never_sent(home, tmp_path, name):
    write_video(tmp_path / "outside.mp4", 1)
    for text in ("passwd.mp4", "notes.txt"):
        (home.media / text).write_text("root:x:0:0\n" * 50)
    (home.media / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    imported(home, tmp_path, home.media / name, "video")
    assert home("{ findScenes { count } }")["count"] == 1
    home.scan()
    assert home.status("/scene/1/stream") == 404
    assert home.web("/scene/1/stream").text == "Not Found"


def test_rows_that_were_made_by_hand_are_not_sent_and_their_files_not_removed(home):
    media(home)
    home.scan()
    with home.library.database.write() as connection:
        connection.execute(t.files.update().values(recognised=False))
    assert home.served() == NONE
    home("mutation { scenesDestroy(input: {ids: [1], delete_file: true}) }")
    assert (home.media / "a.mp4").exists()


def away(home: Home) -> None:
    assert home.folders() is None


def excluded(home: Home) -> None:
    home('mutation { configureGeneral(input: {excludes: ["a.mp4"], imageExcludes: ["b"]}) { logLevel } }')


def replaced(home: Home) -> None:
    for path in home.media.iterdir():
        path.write_text("no media any more")


def linked(home: Home) -> None:
    for path in list(home.media.iterdir()):
        path.rename(home.media.parent / path.name)
        path.symlink_to(home.media.parent / path.name)


def linked_folder(home: Home) -> None:
    home.media.rename(home.media.parent / "elsewhere")
    home.media.mkdir()
    for path in (home.media.parent / "elsewhere").iterdir():
        (home.media / path.name).symlink_to(path)


def special(home: Home) -> None:
    for path in list(home.media.iterdir()):
        path.unlink()
        os.mkfifo(path)


@pytest.mark.parametrize("change", [away, excluded, replaced, linked, linked_folder, special])
def test_what_is_no_media_of_the_library_any_more_is_not_sent(home, change):
    media(home)
    home.scan()
    assert home.served() == ALL
    change(home)
    assert home.served() == NONE


def test_links_are_followed_inside_the_library_and_beyond_only_on_request(home, tmp_path):
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


def test_members_of_zips_and_what_lies_beside_videos_follow_the_same_rule(home, tmp_path):
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


def test_removing_and_moving_stay_inside_the_library(home, tmp_path):
    media(home)
    outside = tmp_path / "outside"
    outside.mkdir()
    (home.media / "way out").symlink_to(outside)
    home.scan()
    move = "mutation($d: String!) { moveFiles(input: {ids: [1], destination_folder: $d}) }"
    for folder in (outside, home.media / "way out", home.media / "../outside"):
        assert "must be within a stash library path" in home.refusal(move, d=str(folder))
    (home.media / "a.mp4").rename(outside / "a.mp4")
    home.media.rename(tmp_path / "moved")
    home.media.symlink_to(outside)
    home("mutation { scenesDestroy(input: {ids: [1], delete_file: true}) }")
    assert not (outside / "a.mp4").exists()  # the library folder itself is a link that its owner made
    home.media.unlink()
    (tmp_path / "moved").rename(home.media)
    (home.media / "b.png").rename(outside / "b.png")
    (home.media / "b.png").symlink_to(outside / "b.png")
    home("mutation { imagesDestroy(input: {ids: [1], delete_file: true}) }")
    assert (outside / "b.png").exists()


def test_parts_of_files_and_of_members_are_sent(home):
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
