"""Scan runs: reads, log messages, and state after repeating, stopping or killing."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scan_library import (
    ScanLibrary,
    overwrite_keeping_stat,
    picture,
    scan_library,
    touch,
    write_picture,
    write_video,
    write_zip,
)
from support import ROOT

SCAN = """
import json, sys
from pathlib import Path
from scan_library import scan_library

opened = []
watching = False

def watch(event, arguments):
    if watching and event == "open" and str(arguments[0]).startswith(media):
        opened.append(Path(str(arguments[0])).name)

media = str(Path(sys.argv[1]) / "media") + "/"
sys.addaudithook(watch)
with scan_library(Path(sys.argv[1])) as own:
    for _ in range(int(sys.argv[2])):
        own.scan()
        watching = True
print(json.dumps(opened))
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ScanLibrary]:
    with scan_library(tmp_path) as opened:
        yield opened


def scanner(folder: Path, runs: int) -> subprocess.Popen[str]:
    """A scan in a subprocess, which prints the files opened after its first run."""
    command = [sys.executable, "-c", SCAN, str(folder), str(runs)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_unchanged_files_are_not_opened(tmp_path: Path) -> None:
    write_video(tmp_path / "media/a.mp4")
    write_picture(tmp_path / "media/b.png")
    write_zip(tmp_path / "media/c.zip", {"p.png": picture(1)})
    process = scanner(tmp_path, 3)
    output, _ = process.communicate(timeout=60)
    assert json.loads(output) == []


def test_size_and_second_decide_whether_a_file_is_read(own: ScanLibrary) -> None:
    path = write_picture(own.media / "a.png", 1)
    own.scan()
    overwrite_keeping_stat(path)
    own.scan()
    assert own.log() == []
    own.scan(rescan=True)
    assert "a.png" in own.log()[0]
    path.write_bytes(picture(2))
    touch(path)
    own.scan()
    assert len(own.log()) == 1


def test_only_the_given_paths_are_scanned(own: ScanLibrary, tmp_path: Path) -> None:
    write_video(own.media / "a/1.mp4", 1)
    write_video(own.media / "b/2.mp4", 2)
    write_video(tmp_path / "outside/3.mp4", 3)
    own.scan(own.media / "b", tmp_path / "outside", own.media / "none")
    assert own.scenes() == [(1, "b/2.mp4")]
    assert own.log() == [
        f"{tmp_path / 'outside'} is not in the configured stash paths",
        f"error scanning {own.media / 'none'}: No such file or directory",
    ]


def test_missing_library_is_reported(own: ScanLibrary, tmp_path: Path) -> None:
    write_picture(own.media / "a.png")
    own.configure(stashes=[{"path": str(tmp_path / "unplugged")}, {"path": str(own.media)}])
    assert own.scan()["status"] == "FINISHED"
    assert own.images() == [(1, "a.png")]
    assert "unplugged" in own.log()[0]


def test_undecodable_library_folder_is_rejected_or_ignored(own: ScanLibrary) -> None:
    write_picture(own.media / "a.png")
    stashes = [
        {"path": path, "excludeVideo": False, "excludeImage": False}
        for path in (f"{own.media}/b\udcff", str(own.media))
    ]
    change = "mutation($input: ConfigGeneralInput!) { configureGeneral(input: $input) { stashes { path } } }"
    [refused] = own.library.execute(change, {"input": {"stashes": stashes}}).errors
    assert refused["message"] == "is not text: it holds bytes that are not UTF-8"
    assert refused["path"] == ["variable", "input", "stashes", 0, "path"]
    own.configure(stashes=stashes)  # as earlier releases stored it
    own.scan()
    assert own.images() == [(1, "a.png")]
    listed = own.library.execute("{ configuration { general { stashes { path } } } }").data
    assert listed["configuration"]["general"]["stashes"] == [{"path": str(own.media)}]


def test_undecodable_scan_paths_are_reported(own: ScanLibrary) -> None:
    own.library.jobs.library_log.entries()
    assert own.library.execute('mutation { metadataScan(input: {paths: ["/a\\udcff"]}) }').errors
    assert own.library.execute(
        "mutation($p: [String!]) { metadataScan(input: {paths: $p}) }", {"p": ["/\udcff"]}
    ).errors


def _broken(media: Path) -> None:
    (media / "c.mp4").write_text("no video")
    write_zip(media / "d.zip", {"e.png": b"no picture"})


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (lambda media: media.rename(media.with_name("away")), ["No such file or directory"]),
        (lambda media: (media.rename(media.with_name("away")), media.mkdir()), ["is its drive mounted?"]),
        (_broken, ["not a readable video", "not a readable picture"]),
    ],
)
def test_unreadable_files_are_log_errors(
    own: ScanLibrary, change: Callable[[Path], object], messages: list[str]
) -> None:
    write_picture(own.media / "a.png")
    own.scan()
    assert own.log() == []
    change(own.media)
    assert own.scan()["status"] == "FINISHED"
    assert len(own.log("Error")) == len(own.log()) == len(messages)
    log = "\n".join(own.log())  # threads process files in any order
    assert all(words in log for words in messages)
    assert own.images() == [(1, "a.png")]


def test_empty_library_is_scanned_at_once(own: ScanLibrary) -> None:
    assert own.scan()["progress"] == 1
    own.configure(stashes=[])
    assert own.scan()["status"] == "FINISHED"


@pytest.mark.parametrize("parallel", [0, 1, 8])
def test_ids_follow_the_walk_order(own: ScanLibrary, parallel: int) -> None:
    own.configure(parallelTasks=parallel)
    for number in range(120):
        write_picture(own.media / f"{number:03}.png", number)
    own.scan()
    assert own.images() == [(number + 1, f"{number:03}.png") for number in range(120)]


def test_progress_names_files_and_grows(own: ScanLibrary) -> None:
    for number in range(60):
        write_picture(own.media / f"{number}.png", number, size=(600, 400))

    async def watch() -> list[dict[str, object]]:
        with own.library.jobs.events.subscribe() as events:
            own.start()
            seen = []
            async for event in events:
                seen.append(event["job"])
                if event["type"] == "REMOVE":
                    return seen
        raise AssertionError

    jobs = asyncio.run(asyncio.wait_for(watch(), 30))
    tasks = [task for job in jobs for task in job["subTasks"] or []]
    assert all(task == "Walking directory tree" or task.startswith(f"Scanning {own.media}") for task in tasks)
    assert jobs[-1]["status"] == "FINISHED"
    assert jobs[-1]["progress"] == 1


def test_subscribers_receive_the_end_of_a_scan(own: ScanLibrary) -> None:
    async def wait() -> bool:
        with own.library.jobs.scan_complete.subscribe() as ends:
            own.start()
            return await anext(ends)

    assert asyncio.run(asyncio.wait_for(wait(), 30))


def test_unsupported_generation_is_reported(own: ScanLibrary) -> None:
    own.scan(scanGenerateSprites=True, scanGenerateThumbnails=True, scanGeneratePreviews=False)
    assert own.log() == [
        f"{name} cannot be generated in an embedded library" for name in ("sprites", "thumbnails")
    ]


def test_stopped_scan_keeps_its_rows_and_resumes(own: ScanLibrary) -> None:
    for number in range(800):
        write_picture(own.media / f"{number:03}.png", number)
    job = own.start()
    wait_for(lambda: own.count("images") > 0)
    own.library.jobs.stop(job)
    assert own.library.jobs.wait_idle(30)
    assert own.library.jobs.find(job)["status"] == "CANCELLED"
    own.assert_consistent()
    images = own.images()
    assert 0 < len(images) < 800
    assert own.library.jobs.queue() is None
    own.scan()
    assert own.images()[: len(images)] == images
    assert own.count("images") == own.count("files") == 800


def test_killed_scan_leaves_a_consistent_library_for_the_next(tmp_path: Path) -> None:
    for number in range(600):
        write_picture(tmp_path / f"media/{number:03}.png", number)
    for number in range(20):
        members = {f"{n}.png": picture(1000 * number + n + 1000) for n in range(10)}
        write_zip(tmp_path / f"media/{number:03} set.zip", members)
    process = scanner(tmp_path, 1)
    wait_for(lambda: rows_so_far(tmp_path / "library.sqlite") > 60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    with scan_library(tmp_path) as own:
        own.assert_consistent()
        count = own.count("files")
        assert 60 < count < 820
        zips = "SELECT count(*) FROM files WHERE zip_file_id IS NOT NULL GROUP BY zip_file_id"
        assert set(own.column(zips)) <= {10}
        own.scan()
        own.assert_consistent()
        assert (own.count("files"), own.count("images"), own.count("galleries")) == (820, 800, 20)
        assert own.count("galleries_images") == 200


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.002)


def rows_so_far(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM files").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.DatabaseError:  # being created, or switched to write-ahead logging
        return 0


def test_library_can_be_changed_during_a_scan(own: ScanLibrary) -> None:
    for number in range(300):
        write_picture(own.media / f"{number:03}.png", number)
    own.start()
    changes = 0
    while own.library.jobs.queue():
        with own.library.database.write() as connection:
            connection.exec_driver_sql("UPDATE images SET rating = 50")
        changes += 1
    assert own.count("images") == 300
    assert changes > 1


def test_unlistable_folder_is_reported(own: ScanLibrary) -> None:
    write_picture(own.media / "a.png")
    (own.media / "ghost").symlink_to(own.media / "ghost")
    (own.media / "ghost.png").symlink_to("ghost.png")
    assert own.scan()["status"] == "FINISHED"
    assert own.images() == [(1, "a.png")]
    assert "ghost.png" in own.log()[0]
