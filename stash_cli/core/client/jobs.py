"""Jobs followed to their end, through dropped websockets and server restarts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

    from stash_cli.core.client.session import Session, Stream


__all__ = ["ENDED", "JobUpdate", "job_updates", "watch_job"]


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """The state of a job: `job` is its JSON, `progress` 0 to 1 (None: unknown; it may decrease)."""

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
    on_away: OnAway | None = None,
) -> AsyncGenerator[JobUpdate, None]:
    """Updates of a job until it has ended.

    `start` is the job's id, or a function that starts it and returns the id. The subscription is open before
    that, so no update is missed; the job is polled every `poll` seconds as well. `on_away` is called once
    when the server becomes unreachable. Close the iterator (`contextlib.aclosing`) when leaving it early.

    Raises StashJobError for a job that failed or was cancelled, StashJobRunningError after `timeout` seconds,
    StashJobUnknownError for a job that the server does not know or whose id now belongs to another one,
    StashConnectionError for a server that is or stays unreachable, and StashIntegrationError for an answer
    that is not a job.
    """
    last: JobUpdate | None = None
    found = job_updates(session, start, timeout=timeout, poll=poll, on_away=on_away)
    async with aclosing(found) as updates:
        async for last in updates:
            yield last
    if last is not None and last.status != "FINISHED":
        raise _job_error(last)


async def job_updates(
    session: Session,
    start: Start | str | int,
    *,
    timeout: float | None = None,  # noqa: ASYNC109 - bounds the whole iteration
    poll: float = 5.0,
    on_away: OnAway | None = None,
) -> AsyncGenerator[JobUpdate, None]:
    """Like `watch_job`, but an update is also the last one of a job that failed or was cancelled."""
    watch = Watch(session, poll, timeout, on_away)
    try:
        await watch.listen()
        await watch.follow(start)
        seen: dict[str, Any] | None = None
        while seen is None or seen["status"] not in ENDED:
            job = await watch.next()
            if job != seen:
                seen = job
                yield JobUpdate(job)
    finally:
        await watch.close()


def _job_error(update: JobUpdate) -> StashJobError:
    name = f"Job {update.id} ({update.description.rstrip('.')})"
    if update.status == "CANCELLED":
        return StashJobError(f"{name} was cancelled.")
    reason = update.job.get("error")
    return StashJobError(f"{name} failed: {reason}" if reason else f"{name} failed.")


Start = Callable[[], Awaitable[str]]
OnAway = Callable[[StashError], None]
Work = Callable[[], Awaitable[None]]
Job = dict[str, Any]

ENDED = ("FINISHED", "CANCELLED", "FAILED")
_MAX_ID = 2**63
"""First number beyond those of servers, which answer it with the error of their parser."""

_PATIENCE = 60.0
"""Seconds a server may be away (restarting) before waiting ends."""
_POLL_INTERVAL = 1.0
"""Seconds between polls without a websocket."""
_FIRST_LOOK = 5.0
"""Seconds for the first poll, even with a shorter timeout."""
_CLOCK_SKEW = timedelta(seconds=5)
"""Tolerated difference of the two clocks when a job is recognised by its start time."""


class Watch:
    """Waits for updates of one job, with a deadline `timeout` seconds from now.

    Job ids start again at 1 with the server. So a job is identified by its start time and description when it
    is first seen; a later job with the same id is another one.
    """

    def __init__(
        self, session: Session, poll: float, timeout: float | None, on_away: OnAway | None = None
    ) -> None:
        self.session, self.poll = session, poll
        self.on_away = on_away or (lambda _: None)
        self.job_id = ""
        self.known: Job | None = None
        """The latest update of the job."""
        self.away: StashConnectionError | None = None
        """The reason why the server is unreachable now."""
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._news: asyncio.Queue[Job | Exception] = asyncio.Queue()
        self._stream: Stream | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._no_websocket = asyncio.Event()
        """Set once there are no updates over a websocket."""
        self._started: tuple[datetime, datetime] | None = None
        """Times before and after the call that started the job."""
        self._was_away = False
        self._looking_since: float | None = None
        """Time of the first poll of a job that was started elsewhere."""

    async def listen(self) -> None:
        """Subscribe to job updates; without websockets the job is only polled."""
        stream = self.session.subscribe("jobsSubscribe", reconnect=True)
        try:
            async with asyncio.timeout(self._left()):
                await stream.__aenter__()
        except (StashError, TimeoutError) as error:
            logger.info("No websocket (%s); the job is looked at every second.", error)
            self._no_websocket.set()
            return
        self._stream = stream
        self._run(lambda: self._read_stream(stream))

    async def follow(self, start: Start | str | int) -> None:
        """Poll the job with this id, or the one that `start` starts."""
        # Both times are taken on this machine; they recognise the job after a server restart.
        if callable(start):
            before = datetime.now(UTC)
            self.job_id = str(await start())
            self._started = before, datetime.now(UTC)
        else:
            self.job_id = str(start)
            self._looking_since = time.monotonic()
        self._run(self._poll)

    async def next(self) -> Job:
        """The next update of the job; raises the error that ended the watch."""
        while True:
            try:
                async with asyncio.timeout(self._left()):
                    found = await self._news.get()
            except TimeoutError:
                raise self._timeout_error() from None
            if isinstance(found, Exception):
                raise found
            if str(found["id"]) == self.job_id:
                self._check_same(found)
                self.known = found
                return found

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._stream is not None:
            await self._stream.aclose()

    def _left(self) -> float | None:
        """Seconds until the deadline, or at least until the first poll of a job is answered."""
        if self._deadline is None:
            return None
        ends = self._deadline
        if self._looking_since is not None and self.known is None:
            ends = max(ends, self._looking_since + _FIRST_LOOK)
        return max(0.0, ends - time.monotonic())

    def _run(self, work: Work) -> None:
        self._tasks.append(asyncio.create_task(self._reported(work)))

    async def _reported(self, work: Work) -> None:
        """Run `work` and pass its error on to `next`, which would otherwise wait for ever.

        The coroutine is created here and not by the caller: a task that is cancelled before its first step
        would leave it never awaited.
        """
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised by `next`
            self._news.put_nowait(error)

    async def _read_stream(self, stream: Stream) -> None:
        try:
            async for update in stream:
                self._news.put_nowait(checked(update.get("job") if isinstance(update, dict) else None))
        except StashError as error:
            logger.info("The websocket is gone (%s); the job is looked at instead.", error.message)
        self._no_websocket.set()

    async def _poll(self) -> None:
        """Poll now and every `poll` seconds; a server that was reached before may be away for a while."""
        away_since = 0.0
        while True:
            try:
                job = await self.session.call("findJob", {"input": {"id": self.job_id}})
            except StashConnectionError as error:
                if self.known is None and self._started is None:
                    # It was never reached, so the address may be wrong: no reason to wait.
                    raise
                if self.away is None:
                    away_since = time.monotonic()
                    self.on_away(error)
                self.away, self._was_away = error, True
                if time.monotonic() - away_since > _PATIENCE:
                    raise
            else:
                self.away = None
                # Servers forget finished jobs after a while, and all jobs on a restart.
                self._news.put_nowait(unknown_job(self.job_id) if job is None else checked(job))
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next poll, which is sooner without a websocket."""
        if self.away is not None or self._no_websocket.is_set():
            await asyncio.sleep(min(self.poll, _POLL_INTERVAL))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.poll):
                await self._no_websocket.wait()

    def _check_same(self, job: Job) -> None:
        """Raise StashJobUnknownError for another job with this id."""
        if self.known is not None:
            same = all(self.known.get(name) == job.get(name) for name in ("addTime", "description"))
        else:
            # Without a break between its start and the first look the server is the one that started it.
            same = self._started is None or not self._was_away or self._was_added_by_us(job)
        if not same:
            raise unknown_job(self.job_id)

    def _was_added_by_us(self, job: Job) -> bool:
        """Whether a job was added while ours was started, within the tolerated clock difference."""
        if self._started is None:
            return True
        try:
            added = datetime.fromisoformat(str(job.get("addTime")))
        except ValueError:
            return False
        if added.tzinfo is None:
            return False
        before, after = self._started
        return before - _CLOCK_SKEW <= added <= after + _CLOCK_SKEW

    def _timeout_error(self) -> StashError:
        """The error at the deadline."""
        if self.away is not None:
            was = "ran when it was last seen" if self.known else "was started"
            return StashConnectionError(f"{self.away.message} Job {self.job_id} {was}.", hint=self.away.hint)
        if self.known is None and self._started is None:
            return StashConnectionError(
                f"{self.session.connection.server} did not report the state of job {self.job_id} in time."
            )
        return StashJobRunningError(
            f"Waiting timed out; job {self.job_id} is still running.",
            hint=f"Run: stash jobs wait {self.job_id}",
        )


def checked(job: Any) -> Job:
    """`job`; raises StashIntegrationError for anything that is not a job."""
    numbers = (int, float, type(None))
    fits = (
        isinstance(job, dict)
        and isinstance(job.get("id"), str | int)
        and isinstance(job.get("status"), str)
        and isinstance(job.get("progress"), numbers)
        and isinstance(job.get("subTasks"), list | None)
    )
    if not fits:
        raise StashIntegrationError("The server's answer about the job is not a job.")
    found: Job = job
    return found


def is_job_id(job_id: str | int) -> bool:
    """Whether this can be the id of a job: a number that servers count up to."""
    text = str(job_id)
    return text.isascii() and text.isdigit() and int(text) < _MAX_ID


def unknown_job(job_id: str | int) -> StashJobUnknownError:
    return StashJobUnknownError(
        f"The server does not know job {job_id}: it was restarted, or the job ended long ago.",
        hint="Check the server's log for its outcome.",
    )
