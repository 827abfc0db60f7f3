"""Server log lines of a job, and earlier lines that arrive late."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from client_socket import job, serve_jobs

from stash_cli.app import run as stash
from stash_cli.output.streams import fake_streams


def line(seconds: int, message: str = "something is wrong") -> dict[str, Any]:
    """An error logged this many seconds after now."""
    time = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"time": time.isoformat(), "level": "Error", "message": message}


SUBTITLE = [
    "goroutine 9174 [running]:\nruntime/debug.Stack()\nvideo.AssociateCaptions(...)\n",
    "already in transaction",
]
"""Log of 0.30.1 about a subtitle beside a new video, on a first scan."""


def log_of(logged: Any) -> Any:
    """The lines, with times from when the test runs."""
    if isinstance(logged, list):
        return [line(60, message) for message in logged]
    return [line(logged)] if isinstance(logged, int) else logged


LOGS = [
    (SUBTITLE, 0, "2 ignored"),
    (-60, 0, ""),
    (60, 6, "something is wrong"),
    (6000, 0, ""),
    ("boom", 0, "log is incomplete"),
]


@pytest.mark.parametrize(
    ("logged", "status", "message"), LOGS, ids=["subtitle", "before", "during", "after", "no log"]
)
async def test_only_lines_of_the_job_fail_it(logged: Any, status: int, message: str, tmp_path: Path) -> None:
    """`logged` is the time of a line, in seconds after the job was added, or malformed log data."""
    async with serve_jobs(tmp_path) as (_, server):
        added = datetime.now(UTC).isoformat()
        ended = (datetime.now(UTC) + timedelta(seconds=600)).isoformat()
        server.jobs["7"] = job(addTime=added)
        streams = fake_streams(environ={"STASH_URL": server.url})
        command = ["jobs", "wait", "7"]
        task = asyncio.create_task(asyncio.to_thread(stash, command, streams, streams.environ))
        async with asyncio.timeout(10):
            while len(server.listeners) < 2 or not server.poll_count:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)
        await server.publish("loggingSubscribe", log_of(logged))
        server.jobs["7"] = job(status="FINISHED", addTime=added, endTime=ended)
        assert await task == status
        stderr = streams.err.getvalue()  # type: ignore[attr-defined]
        assert ("something is wrong" in stderr, message in stderr) == (status == 6, True)
