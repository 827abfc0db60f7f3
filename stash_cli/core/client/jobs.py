"""Following a job to its end, through dropped websockets and restarted servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    StashConnectionError,
    StashError,
    StashIntegrationError,
    StashJobError,
    StashJobRunningError,
    StashJobUnknownError,
)
from stash_cli.core.log import logger

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stash_cli.core.client.session import Session
    from stash_cli.core.client.stream import Stream

Start = Callable[[], Awaitable[str]]

ENDED = ("FINISHED", "CANCELLED", "FAILED")
_PATIENCE = 60.0
"""Seconds a server may be away (restarting) before waiting is given up."""
_ALONE = 1.0
"""Seconds between looks at a job when there is no websocket to tell."""


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """How a job stands: `job` is its JSON; `progress` runs from 0 to 1 and may go back, None is unknown."""

    job: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.job["id"])

    @property
    def status(self) -> str:
        return str(self.job["status"])

    @property
    def progress(self) -> float | None:
        value = self.job.get("progress")
        return None if value is None or value < 0 else float(value)

    @property
    def description(self) -> str:
        return str(self.job.get("description") or "")

    @property
    def sub_tasks(self) -> list[str]:
        return list(self.job.get("subTasks") or ())

    @property
    def ended(self) -> bool:
        return self.status in ENDED


async def watch_job(
    session: Session,
    start: Start | str | int,
    *,
    timeout: float | None = None,  # noqa: ASYNC109 - bounds the whole iteration
    poll: float = 5.0,
) -> AsyncGenerator[JobUpdate, None]:
    """Updates of a job until it has ended; `start` is its id, or what starts it and answers its id.

    The websocket listens before `start` is called, so nothing is missed; beside it the job is looked at
    every `poll` seconds. Close the iterator (`contextlib.aclosing`) when leaving it early. Raises
    StashJobError when the job failed or was cancelled, StashJobRunningError after `timeout` seconds,
    StashJobUnknownError when the server has forgotten it, StashConnectionError when it stays away.
    """
    last: JobUpdate | None = None
    updates = job_updates(session, start, timeout=timeout, poll=poll)
    try:
        async for last in updates:
            yield last
    finally:
        await updates.aclose()
    if last is not None and last.status != "FINISHED":
        raise _unhappy(last)


async def job_updates(
    session: Session,
    start: Start | str | int,
    *,
    timeout: float | None = None,  # noqa: ASYNC109 - bounds the whole iteration
    poll: float = 5.0,
) -> AsyncGenerator[JobUpdate, None]:
    """Like `watch_job`, but an unhappy end is an update like any other."""
    news: asyncio.Queue[dict[str, Any] | StashError] = asyncio.Queue()
    watch = _Watch(session, news, poll)
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        await watch.listen()
        watch.follow(str(await start()) if callable(start) else str(start))
        seen: dict[str, Any] | None = None
        while True:
            job = await watch.next(deadline)
            if job == seen:
                continue
            _check_same(seen, job)
            seen = job
            yield JobUpdate(job)
            if job["status"] in ENDED:
                return
    finally:
        await watch.close()


@dataclass(slots=True)
class _Watch:
    """The two sources of news about one job: the websocket, and looking at it."""

    session: Session
    news: asyncio.Queue[dict[str, Any] | StashError]
    poll: float
    job_id: str = ""
    stream: Stream | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def listen(self) -> None:
        """Subscribe; a server or proxy without websockets is only looked at."""
        stream = self.session.subscribe("jobsSubscribe", reconnect=True)
        try:
            await stream.__aenter__()
        except StashError as error:
            logger.info("No websocket (%s); the job is looked at every second.", error.message)
            self.poll = min(self.poll, _ALONE)
            return
        self.stream = stream
        self.tasks.append(asyncio.create_task(self._hear(stream)))

    def follow(self, job_id: str) -> None:
        self.job_id = job_id
        self.tasks.append(asyncio.create_task(self._look()))

    async def next(self, deadline: float | None) -> dict[str, Any]:
        """The next news of the job; raises what ended the watch."""
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                async with asyncio.timeout(left):
                    found = await self.news.get()
            except TimeoutError as error:
                raise StashJobRunningError(
                    f"Job {self.job_id} still runs; waiting was given up.",
                    hint=f"stash jobs wait {self.job_id}",
                ) from error
            if isinstance(found, StashError):
                raise found
            if str(found["id"]) == self.job_id:
                return found

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.stream is not None:
            await self.stream.aclose()

    async def _hear(self, stream: Stream) -> None:
        try:
            async for update in stream:
                self.news.put_nowait(_checked(update["job"]))
        except StashError as error:
            logger.info("The websocket is gone (%s); the job is looked at instead.", error.message)
        self.poll = min(self.poll, _ALONE)

    async def _look(self) -> None:
        """Look at the job now and every `poll` seconds; a server that is away is waited for."""
        away_since: float | None = None
        while True:
            try:
                job = await self.session.call("findJob", {"input": {"id": self.job_id}})
            except StashConnectionError as error:
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > _PATIENCE:
                    self.news.put_nowait(error)
                    return
            except StashError as error:
                self.news.put_nowait(error)
                return
            else:
                away_since = None
                self.news.put_nowait(_checked(job) if job else _unknown(self.job_id))
            await asyncio.sleep(_ALONE if away_since else self.poll)


def _checked(job: Any) -> dict[str, Any] | StashError:
    """A job as the server told it, or the error that it tells none."""
    if isinstance(job, dict) and "id" in job and isinstance(job.get("status"), str):
        return job
    return StashIntegrationError("The server answered something else than a job.")


def _check_same(seen: dict[str, Any] | None, job: dict[str, Any]) -> None:
    """Job numbers start again at 1 with the server: the same number may be another job."""
    if seen is not None and seen.get("addTime") != job.get("addTime"):
        raise _unknown(str(job["id"]))


def _unknown(job_id: str) -> StashJobUnknownError:
    return StashJobUnknownError(
        f"The server does not know job {job_id}: it was restarted, or the job ended long ago.",
        hint="The log of the server may tell how it ended.",
    )


def _unhappy(update: JobUpdate) -> StashJobError:
    name = f"Job {update.id} ({update.description.rstrip('.')})"
    if update.status == "CANCELLED":
        return StashJobError(f"{name} was cancelled.")
    reason = update.job.get("error")
    return StashJobError(f"{name} failed: {reason}" if reason else f"{name} failed.")
