"""Selection of the server's log lines that belong to a job."""

from __future__ import annotations

import re

from table_tests import table_test

from stash_cli.core.client.job_log import JobLog, signature

JOB = {"id": "7", "addTime": "2024-05-01T10:00:00Z", "startTime": "2024-05-01T10:00:05.5Z"}
ENDED = JOB | {"endTime": "2024-05-01T10:00:20.5Z"}


def line(time: str, message: str = "x", level: str = "Error") -> dict[str, str]:
    return {"time": f"2024-05-01T10:00:{time}Z", "level": level, "message": message}


@table_test(
    ("time", "is_counted"),
    [
        ("05.4", False),  # while the job was queued
        ("05", True),  # truncated to the second
        ("04", False),
        ("05.6", True),
        ("20.5", True),
        ("21.4", True),  # one second of tolerance
        ("22", False),
    ],
)
def test_lines_between_start_and_end_belong_to_the_job(time: str, is_counted: bool) -> None:
    log = JobLog()
    log.set_window(ENDED)
    log.add([line(time)])
    assert (len(log.lines()) == 1) is is_counted


def test_lines_after_the_next_job_started_are_excluded() -> None:
    log = JobLog()
    log.note_other({"id": "8", "startTime": "2024-05-01T10:00:20.6Z"})
    log.set_window(ENDED)
    log.add([line("20.55", "ours"), line("20.7", "theirs")])
    assert [each["message"] for each in log.lines()] == ["ours"]


TRACE = "goroutine 5 [running]:\nruntime/debug.Stack()\n  video.AssociateCaptions(0x1)\n"


@table_test(
    ("message", "counts"),
    [
        ("error processing x", {"errors": 1}),
        (TRACE, {"ignored": 1}),
        ("goroutine 5 [running]:\nsomething else", {"errors": 1}),
        ("already in transaction", {"ignored": 1}),
        ("error cleaning sprite files: lstat /g/vtt: no such file or directory", {"ignored": 1}),
        ("[transcode] error transcoding video file: exit status 1", {"elsewhere": 1}),
        ("known to us", {"ignored": 1}),
        ("error processing y", {"known": 1}),
    ],
)
def test_ignored_errors_are_counted_separately(message: str, counts: dict[str, int]) -> None:
    log = JobLog()
    log.set_window(ENDED)
    log.add([line("10", message)])
    found = log.summary([re.compile("known to us")], {"error processing y"})
    assert {name: count for name, count in found.facts().items() if count} == counts
    assert found.fails("error") is ("errors" in counts)


def test_repeated_errors_are_grouped() -> None:
    assert signature(line("1", "took 1.5s at 0xc000a")) == signature(line("2", "took 22ms at 0xbeef\nmore"))
    assert signature(line("1", "file 1.mp4")) != signature(line("2", "file 2.mp4"))


def test_only_relevant_lines_are_kept() -> None:
    log = JobLog()
    log.add([line("10", "chatter", "Debug"), line("10", "scanning", "Info"), line("10", "w", "Warning")])
    log.add([line("10", "Skipping zero-length file: a", "Info")])
    assert [each["message"] for each in log.entries.values()] == ["w", "Skipping zero-length file: a"]
