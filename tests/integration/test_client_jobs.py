"""Following a job by websocket and polling, with connection faults."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from client_socket import JobServer, job, serve_jobs

from stash_cli.core.client import job_run
from stash_cli.core.client.job_run import JobRun
from stash_cli.core.client.jobs import JobUpdate
from stash_cli.core.client.session import Session
from stash_cli.core.errors import (
    StashConnectionError,
    StashError,
    StashIntegrationError,
    StashJobError,
    StashJobRunningError,
    StashJobUnknownError,
)
from stash_cli.core.settings import Connection


async def updates_of(session: Session, start: Any = "7", **options: Any) -> list[JobUpdate]:
    async with JobRun(session, start, **options) as run:
        return [update async for update in run]


async def wait_until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def test_subscription_starts_before_the_job_and_yields_every_update(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):

        async def start() -> str:
            server.received.append("start")
            await server.update_job(job("7", "READY", progress=0), "ADD")
            await server.update_job(job("8", "FINISHED"))
            for progress in (0.25, 0.75, 0.6):
                await server.update_job(job("7", progress=progress))
            await server.update_job(job("7", "FINISHED", progress=1), "REMOVE")
            return "7"

        updates = await updates_of(session, start, poll=60)
        assert [(each.status, each.progress) for each in updates] == [
            ("READY", 0),
            ("RUNNING", 0.25),
            ("RUNNING", 0.75),
            ("RUNNING", 0.6),
            ("FINISHED", 1),
        ]
        first = server.received.index("start")
        assert {"connection_init", "subscribe", "ping"} <= set(server.received[:first])
        assert "pong" in server.received
        assert server.subprotocols == ["graphql-transport-ws"]
        assert server.key == "k3y"


async def test_finished_job_is_seen_at_once(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job(status="FINISHED")
        assert [each.status for each in await updates_of(session, 7)] == ["FINISHED"]


@pytest.mark.parametrize(
    ("ending", "error", "words"),
    [
        (job(status="FAILED", error="disk full"), StashJobError, r"Job 7 \(Scanning\) failed: disk full"),
        (job(status="FAILED"), StashJobError, r"Job 7 \(Scanning\) failed\."),
        (job(status="CANCELLED"), StashJobError, "was cancelled"),
    ],
)
async def test_failed_job_raises_after_the_last_update(
    ending: dict[str, Any], error: type[StashError], words: str, tmp_path: Path
) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = ending
        [update] = await updates_of(session)
        with pytest.raises(error, match=words) as caught:
            update.check()
        assert caught.value.exit_status == 9


async def test_dropped_websocket_is_reopened(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job(progress=0.1)
        task = asyncio.create_task(updates_of(session, poll=60))
        await wait_until(lambda: server.poll_count == 1)
        await server.drop()
        await wait_until(lambda: server.opened == 2 and server.listeners)
        await server.update_job(job(status="FINISHED"))
        assert [each.status for each in await task] == ["RUNNING", "FINISHED"]


async def test_job_is_polled_without_a_websocket(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.sockets = False
        server.jobs["7"] = job()
        task = asyncio.create_task(updates_of(session, poll=60))
        await wait_until(lambda: server.poll_count == 1)
        server.jobs["7"] = job(status="FINISHED")
        assert [each.status for each in await task] == ["RUNNING", "FINISHED"]


async def test_timeout_while_the_job_runs(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job()
        with pytest.raises(StashJobRunningError, match="job 7 is still running") as caught:
            await updates_of(session, timeout=1.0)
        assert caught.value.exit_status == 8


def restarted(server: JobServer) -> None:
    server.jobs.clear()


def restarted_and_busy(server: JobServer) -> None:
    server.jobs["7"] = job(addTime="2024-05-01T11:00:00Z", description="Cleaning...")


@pytest.mark.parametrize("restart", [restarted, restarted_and_busy])
async def test_restarted_server_does_not_know_the_job(restart: Any, tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job()
        task = asyncio.create_task(updates_of(session, poll=0.05))
        await wait_until(lambda: server.poll_count >= 2)
        server.is_down = True
        await server.drop()
        await asyncio.sleep(0.1)
        restart(server)
        server.is_down = False
        with pytest.raises(StashJobUnknownError, match="does not know job 7") as caught:
            await task
        assert caught.value.exit_status == 10


@pytest.mark.parametrize("is_ours", [True, False])
async def test_restart_before_the_first_poll_may_reuse_the_job_id(is_ours: bool, tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        messages: list[str] = []

        async def start() -> str:
            server.is_down = True
            return "7"

        watched = updates_of(session, start, poll=0.05, on_notice=messages.append)
        task = asyncio.create_task(watched)
        await wait_until(lambda: messages)
        added = datetime.now(UTC) + timedelta(minutes=0 if is_ours else 2)
        server.jobs["7"] = job(status="FINISHED", addTime=added.isoformat())
        server.is_down = False
        if is_ours:
            assert [each.status for each in await task] == ["FINISHED"]
        else:
            with pytest.raises(StashJobUnknownError):
                await task
        assert ["Waiting for the server" in text for text in messages] == [True, False]


NO_JOBS = [17, [1, 2], "x", {"id": "7"}, {"id": "7", "status": 3}, job(progress="half"), job(subTasks="x")]


@pytest.mark.parametrize("answer", NO_JOBS, ids=str)
async def test_malformed_job_ends_the_wait(answer: Any, tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server), asyncio.timeout(60):
        server.jobs["7"] = answer
        with pytest.raises(StashIntegrationError):
            await updates_of(session, poll=60)


@pytest.mark.parametrize("update", [None, 17, {"type": "UPDATE"}, {"type": "UPDATE", "job": [1]}], ids=str)
async def test_malformed_update_disables_the_websocket(update: Any, tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job()
        task = asyncio.create_task(updates_of(session, poll=60))
        await wait_until(lambda: server.poll_count == 1 and server.listeners)
        server.jobs["7"] = job(status="FINISHED")
        await server.publish("jobsSubscribe", update)
        assert [each.status for each in await task] == ["RUNNING", "FINISHED"]


@pytest.mark.parametrize("limit", [None, 0.1])
async def test_job_of_an_unreachable_server_is_not_started(
    limit: float | None, unused_port: int, tmp_path: Path
) -> None:
    connection = Connection(f"http://127.0.0.1:{unused_port}/graphql", cache_dir=tmp_path)
    async with Session(connection) as session, asyncio.timeout(60):
        with pytest.raises(StashConnectionError, match="Cannot reach"):
            await updates_of(session, timeout=limit)


async def test_timeout_while_the_server_is_down(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job()
        task = asyncio.create_task(updates_of(session, poll=0.05, timeout=2))
        await wait_until(lambda: server.poll_count)
        server.is_down = True
        with pytest.raises(StashConnectionError, match="Job 7 ran when it was last seen"):
            await task


async def test_server_that_stays_down_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(job_run, "_PATIENCE", 0.2)

    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job()
        task = asyncio.create_task(updates_of(session, poll=0.05))
        await wait_until(lambda: server.poll_count >= 1)
        server.is_down = True
        with pytest.raises(StashConnectionError, match="502"):
            await task


async def test_no_task_is_left_when_the_reader_stops(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as (session, server):
        server.jobs["7"] = job()
        async with JobRun(session, "7", poll=0.02) as run:
            async for _ in run:
                break
        await wait_until(lambda: not server.listeners)
        polls = server.poll_count
        await asyncio.sleep(0.1)
        assert server.poll_count == polls


async def test_client_waits_and_subscribes(tmp_path: Path) -> None:
    from stash_cli.core.client import StashClient
    from stash_cli.core.types import JobStatus

    async with serve_jobs(tmp_path) as (session, server):
        client = StashClient(session)
        with pytest.raises(StashJobUnknownError):
            await client.wait_for_job("9")
        server.jobs["7"] = job(status="FAILED")
        assert await client.wait_for_job(7) is False
        server.jobs["7"] = job()
        assert await client.wait_for_job("7", JobStatus.RUNNING) is True
        with pytest.raises(StashJobRunningError):
            await client.wait_for_job_with_updates("7", timeout=0.1)
        async with client.subscribe_to_jobs() as updates:
            await wait_until(lambda: server.listeners)
            await server.update_job(job(status="FINISHED"))
            update = await anext(updates)
            assert (update.type, update.job.status) == ("UPDATE", JobStatus.FINISHED)


@pytest.mark.parametrize(
    ("method", "field", "value", "seen"),
    [
        ("subscribe_to_jobs", "jobsSubscribe", {"type": "ADD", "job": job()}, lambda x: x.job.id == "7"),
        (
            "subscribe_to_logs",
            "loggingSubscribe",
            [{"time": "2024-05-01T10:00:00Z", "level": "Error", "message": "m"}],
            lambda x: x[0].message == "m" and x[0].time.year == 2024,
        ),
        ("subscribe_to_scan_complete", "scanCompleteSubscribe", True, lambda x: x is True),
    ],
)
async def test_every_subscription_resumes_after_a_dropped_websocket(
    method: str, field: str, value: Any, seen: Any, tmp_path: Path
) -> None:
    from stash_cli.core.client import StashClient

    async with serve_jobs(tmp_path) as (session, server):
        async with getattr(StashClient(session), method)() as updates:
            for opened in (1, 2):
                coming = asyncio.ensure_future(anext(updates))
                await wait_until(lambda opened=opened: server.opened == opened and server.listeners)
                await server.publish(field, value)
                assert seen(await coming)
                await server.drop()
        assert not server.listeners


async def test_reconnect_delays_grow(tmp_path: Path) -> None:
    from stash_cli.core.client import StashClient

    async with serve_jobs(tmp_path) as (session, server):
        async with StashClient(session).subscribe_to_scan_complete() as updates:
            coming = asyncio.ensure_future(anext(updates))
            await wait_until(lambda: server.listeners)
            server.hang_up_on = 2
            await server.drop()
            await wait_until(lambda: server.opened == 4 and server.listeners)
            await server.publish("scanCompleteSubscribe", True)
            assert await coming is True
        times = server.opened_at[1:]
        first, second = (later - earlier for earlier, later in pairwise(times))
        assert 0.1 < first < second < 3


async def test_repeated_hangups_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stash_cli.core.client import StashClient
    from stash_cli.core.transport import websocket as conversation
    from stash_cli.core.transport.outcome import Backoff

    monkeypatch.setattr(conversation, "_pauses", lambda: Backoff(attempts=3, first=0.01).pauses())

    async with serve_jobs(tmp_path) as (session, server):
        async with StashClient(session).subscribe_to_jobs() as updates:
            await wait_until(lambda: server.listeners)
            server.hang_up_on = 99
            await server.drop()
            with pytest.raises(StashConnectionError):
                await anext(updates)
        assert server.opened == 3
