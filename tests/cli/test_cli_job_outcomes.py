"""Exit status and message of every job outcome, in every output mode."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from support import ROOT
from table_tests import Failures

sys.path.insert(0, str(ROOT / "tests" / "integration"))

import client_socket
from client_socket import JobServer, job

from stash_cli.app import run as stash
from stash_cli.core.client import job_log, job_run
from stash_cli.output.streams import Streams, fake_streams


class TaskServer(JobServer):
    """A server with one media folder, whose scan is job 7; `script` plays its events."""

    script: Callable[[TaskServer], Awaitable[None]]

    def __init__(self) -> None:
        super().__init__()
        self.status = "OK"
        self.fails_polls = 0
        self.streams: Streams = fake_streams()
        self.running: asyncio.Task[None] | None = None

    def reset(self) -> None:
        self.jobs.clear()
        self.is_down, self.status, self.fails_polls = False, "OK", 0

    async def post(self, request: Request) -> Response:
        body = await request.json()
        query = body["query"]
        answers = {
            "systemStatus": {"status": "OK" if self.status == "UNMOUNTED" else self.status},
            "configuration": {"general": {"stashes": [{"path": "/media"}]}, "defaults": {"scan": None}},
            "logs": [],
            "jobQueue": None,
            "directory": {"directories": [] if self.status == "UNMOUNTED" else ["/media/films"]},
            **{name: {"count": 1} for name in ("findScenes", "findImages", "findGalleries")},
        }
        if self.is_down:
            return PlainTextResponse("gone", 502)
        if "findJob" in query and self.fails_polls:
            self.fails_polls -= 1
            return PlainTextResponse("broken", 500)
        found = {name: answer for name, answer in answers.items() if re.search(rf"\b{name}\b", query)}
        if found and "findJob" not in query:
            return JSONResponse({"data": found})
        if "metadataScan" in query:
            self.jobs["7"] = job(progress=None, addTime=moment(), startTime=moment())
            self.running = asyncio.create_task(self.play())
        return await super().post(request)

    async def play(self) -> None:
        await asyncio.sleep(0.05)  # the response is sent first
        await type(self).script(self)

    async def end(self, status: str = "FINISHED", **facts: Any) -> None:
        """End the job, and notify listeners."""
        await self.update_job({**self.jobs["7"], "status": status, "endTime": moment(), **facts}, "REMOVE")

    async def log(self, message: str, level: str = "Error", seconds: float = 0) -> None:
        line = {"time": moment(seconds), "level": level, "message": message}
        await self.publish("loggingSubscribe", [line])
        await asyncio.sleep(0.05)


def moment(seconds: float = 0) -> str:
    """This many seconds from now, in the server's time format."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def finished(server: TaskServer) -> None:
    await server.update_job({**server.jobs["7"], "progress": 0.5})
    await server.end()


async def failed(server: TaskServer) -> None:
    await server.end("FAILED", error="disk full")


async def cancelled(server: TaskServer) -> None:
    await server.end("CANCELLED")


async def restarted(server: TaskServer) -> None:
    server.is_down = True
    await server.drop()
    await asyncio.sleep(0.2)
    server.jobs.clear()
    server.is_down = False


async def gone(server: TaskServer) -> None:
    server.is_down = True
    await server.drop()


async def cut(server: TaskServer) -> None:
    await server.drop()
    await asyncio.sleep(0.2)
    server.jobs["7"] |= {"status": "FINISHED", "endTime": moment()}


async def failing_polls(server: TaskServer) -> None:
    server.fails_polls = 2
    await server.drop()
    await asyncio.sleep(0.3)
    server.jobs["7"] |= {"status": "FINISHED", "endTime": moment()}


async def endless(server: TaskServer) -> None:
    pass


async def interrupted(server: TaskServer) -> None:
    if server.listeners:  # only a command that waits is interrupted
        server.streams.interrupts._handle(2, None)


async def logged_before(server: TaskServer) -> None:
    await server.log("error processing x", seconds=-60)
    await server.end()


async def logged_during(server: TaskServer) -> None:
    await server.log("error scanning /media: lstat /media: no such file or directory\nmore\nand more")
    await server.end()


async def logged_after(server: TaskServer) -> None:
    await server.log("error processing x", seconds=30)
    await server.end()


async def logged_by_a_stream(server: TaskServer) -> None:
    await server.log("[transcode] error transcoding video file: exit status 1")
    await server.end()


async def warned(server: TaskServer) -> None:
    await server.log("Skipping x as it overlaps with the generated folder", "Warning")
    await server.end()


async def skipped(server: TaskServer) -> None:
    await server.log("Skipping zero-length file: /media/a.mp4", "Info")
    await server.end()


@dataclass(frozen=True)
class Row:
    """An outcome: its events, exit status, and messages; "" for no message."""

    happens: Callable[[TaskServer], Awaitable[None]]
    status: int
    message: str
    words: tuple[str, ...] = ()
    quiet: str | None = None
    """Message with -q, if it differs from `message`."""
    server: str = "OK"
    waits: bool = True
    """Whether only a waiting command sees the outcome."""
    absent: tuple[str, ...] = field(default=("Traceback", "internal error"))


OUTCOMES = (
    Row(finished, 0, "job 7 finished", quiet=""),
    Row(failed, 9, "Job 7 (Scanning) failed: disk full"),
    Row(cancelled, 9, "Job 7 (Scanning) was cancelled"),
    Row(restarted, 10, "does not know job 7: it was restarted"),
    Row(gone, 5, "502"),
    Row(cut, 0, "Connecting again for updates", quiet=""),
    Row(failing_polls, 0, "The server answers again", quiet=""),
    Row(endless, 8, "job 7 is still running, and continues", words=("--wait-timeout", "0.3")),
    Row(interrupted, 130, "job 7 continues; stop it with: stash jobs stop 7", quiet=""),
    Row(logged_before, 0, "job 7 finished", quiet="", absent=("error processing",)),
    Row(logged_during, 6, "error scanning /media: lstat /media", absent=("and more",)),
    Row(logged_after, 0, "job 7 finished", quiet="", absent=("error processing",)),
    Row(logged_by_a_stream, 0, "no new errors (1 of something else)", quiet="", absent=("[transcode]",)),
    Row(warned, 0, "the server logged 1 warning", quiet=""),
    Row(warned, 6, "the server logged 1 warning", words=("--fail-on-log", "warning")),
    Row(
        logged_during,
        0,
        "the server logged 1 error",
        words=("--fail-on-log", "none"),
        quiet="",
    ),
    Row(logged_during, 0, "no new errors (1 ignored)", words=("--ignore-error", "lstat"), quiet=""),
    Row(skipped, 0, "1 skipped", quiet=""),
    Row(finished, 2, "/medai is not in a media folder", words=("/medai",), waits=False),
    Row(finished, 2, "there is no folder /media/filsm", words=("/media/filsm/a.mp4",), waits=False),
    Row(finished, 6, "has no folders any more, though 3 objects", server="UNMOUNTED"),
    Row(finished, 1, "migration", server="NEEDS_MIGRATION", waits=False),
)

MODES = {
    "wait": ("--wait",),
    "no wait": (),
    "quiet": ("--wait", "-q"),
    "json": ("--wait", "--json"),
    "terminal": ("--wait",),
}


OTHER_MODES = [mode for mode in MODES if mode != "wait"]
EVERY_MODE = bool(os.environ.get("STASH_TEST_ALL"))
"""Whether every outcome is tested in every mode; otherwise in two of them."""


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TaskServer]:
    monkeypatch.setattr(client_socket, "JobServer", TaskServer)
    monkeypatch.setattr(job_run, "_PATIENCE", 0.8)
    monkeypatch.setattr(job_run, "_POLL_INTERVAL", 0.05)
    monkeypatch.setattr(job_log, "LOG_DELAY", 0.05)
    async with client_socket.serve_jobs(tmp_path) as (_, running):
        assert isinstance(running, TaskServer)
        yield running


async def run_scan(server: TaskServer, mode: str, row: Row) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a scan."""
    server.reset()
    server.status = row.server
    TaskServer.script = staticmethod(row.happens)
    environ = {"STASH_URL": server.url, "TERM": "xterm", "COLUMNS": "200"}
    server.streams = streams = fake_streams(terminal=mode == "terminal", environ=environ)
    command = ["scan", *row.words, *MODES[mode]]
    async with asyncio.timeout(60):
        status = await asyncio.to_thread(stash, command, streams, environ)
    if server.running is not None:
        await server.running
    return status, streams.out.getvalue(), streams.err.getvalue()  # type: ignore[attr-defined]


@pytest.mark.long
async def test_every_outcome_in_every_mode(server: TaskServer) -> None:
    failures = Failures()
    for number, row in enumerate(OUTCOMES):
        for mode in MODES if EVERY_MODE else {"wait", OTHER_MODES[number % len(OTHER_MODES)]}:
            with failures.of(f"{number} {row.happens.__name__} {mode}"):
                check(row, mode, *await run_scan(server, mode, row))
    failures.report()


def check(row: Row, mode: str, status: int, out: str, err: str) -> None:
    """Compare the output with the row of the table."""
    if mode == "no wait" and row.waits and not row.words:
        # Ctrl-C arrives after the start, and so perhaps after the end of a command that does not wait.
        assert status in ((0, 130) if row.happens is interrupted else (0,))
        assert out == "7\n"
        assert "started job 7; follow it with: stash jobs wait 7" in err
        return
    message = row.quiet if mode == "quiet" and row.quiet is not None else row.message
    assert status == row.status, err
    assert message in " ".join(err.split()) or not message, err  # a terminal wraps long lines
    assert not [word for word in row.absent if word in err], err
    if mode == "quiet" and row.quiet == "":
        assert (out, err.replace("interrupted\n", "")) == ("", "")
    if mode == "json":
        ended = status in (0, 6)
        assert (json.loads(out)["status"] == "FINISHED") if ended else (out == "")
        if status not in (0, 130):
            assert json.loads(err.splitlines()[-1])["exit_status"] == row.status
    elif mode in ("wait", "terminal"):
        assert out == ""
