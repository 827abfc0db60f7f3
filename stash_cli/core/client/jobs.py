"""Following a job to its end, through dropped websockets and restarted servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
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
    on_away: Tell | None = None,
) -> AsyncGenerator[JobUpdate, None]:
    """Updates of a job until it has ended; `start` is its id, or what starts it and answers its id.

    The websocket listens before `start` is called, so nothing is missed; beside it the job is looked at
    every `poll` seconds. `on_away` is told once when the server cannot be reached any more. Close the
    iterator (`contextlib.aclosing`) when leaving it early.

    Raises StashJobError when the job failed or was cancelled, StashJobRunningError after `timeout` seconds,
    StashJobUnknownError when the server has forgotten it or has another one of its number,
    StashConnectionError when it was never reached, stays away, or is away after `timeout` seconds, and
    StashIntegrationError when it answers no job.
    """
    last: JobUpdate | None = None
    updates = job_updates(session, start, timeout=timeout, poll=poll, on_away=on_away)
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
    on_away: Tell | None = None,
) -> AsyncGenerator[JobUpdate, None]:
    """Like `watch_job`, but an unhappy end is an update like any other."""
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


def _unhappy(update: JobUpdate) -> StashJobError:
    name = f"Job {update.id} ({update.description.rstrip('.')})"
    if update.status == "CANCELLED":
        return StashJobError(f"{name} was cancelled.")
    reason = update.job.get("error")
    return StashJobError(f"{name} failed: {reason}" if reason else f"{name} failed.")


Start = Callable[[], Awaitable[str]]
Tell = Callable[[StashError], None]
Work = Callable[[], Awaitable[None]]
Job = dict[str, Any]

ENDED = ("FINISHED", "CANCELLED", "FAILED")
_PATIENCE = 60.0
"""Seconds a server may be away (restarting) before waiting is given up."""
_ALONE = 1.0
"""Seconds between looks at a job when there is no websocket to tell."""
_FIRST_LOOK = 5.0
"""Seconds that the first look may take, however short the time to wait for the job is."""
_CLOCKS = timedelta(seconds=5)
"""How much the server's clock may differ from ours when a job is told by the time it was added."""


class Watch:
    """Waits for news of one job, until a deadline of `timeout` seconds from now.

    Numbers of jobs start again at 1 with the server. Which job is followed is therefore settled when it is
    first seen, by the time it was added and its description; another one of its number is none of ours.
    """

    def __init__(
        self,
        session: Session,
        poll: float,
        timeout: float | None,
        on_away: Tell | None = None,
    ) -> None:
        self.session, self.poll = session, poll
        self.on_away = on_away or (lambda _: None)
        self.job_id = ""
        self.known: Job | None = None
        """The job as it was seen last."""
        self.away: StashConnectionError | None = None
        """Why the server cannot be reached now."""
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._news: asyncio.Queue[Job | Exception] = asyncio.Queue()
        self._stream: Stream | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._deaf = asyncio.Event()
        """Set once no news come over a websocket."""
        self._started: tuple[datetime, datetime] | None = None
        """Before and after the job was started here."""
        self._was_away = False
        self._looking_since: float | None = None
        """When the first look at a job that was not started here began."""

    async def listen(self) -> None:
        """Subscribe; a server or proxy without websockets is only looked at."""
        stream = self.session.subscribe("jobsSubscribe", reconnect=True)
        try:
            async with asyncio.timeout(self._left()):
                await stream.__aenter__()
        except (StashError, TimeoutError) as error:
            logger.info("No websocket (%s); the job is looked at every second.", error)
            self._deaf.set()
            return
        self._stream = stream
        self._run(lambda: self._hear(stream))

    async def follow(self, start: Start | str | int) -> None:
        """Look at the job of this number, or at the one that `start` starts."""
        if callable(start):
            before = datetime.now(UTC)
            self.job_id = str(await start())
            self._started = before, datetime.now(UTC)
        else:
            self.job_id = str(start)
            self._looking_since = time.monotonic()
        self._run(self._look)

    async def next(self) -> Job:
        """The next news of the job; raises what ended the watch."""
        while True:
            try:
                async with asyncio.timeout(self._left()):
                    found = await self._news.get()
            except TimeoutError:
                raise self._given_up() from None
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
        """Seconds until the deadline; a job that was never seen is looked at once first."""
        if self._deadline is None:
            return None
        ends = self._deadline
        if self._looking_since is not None and self.known is None:
            ends = max(ends, self._looking_since + _FIRST_LOOK)
        return max(0.0, ends - time.monotonic())

    def _run(self, work: Work) -> None:
        self._tasks.append(asyncio.create_task(self._guarded(work)))

    async def _guarded(self, work: Work) -> None:
        """Hand whatever `work` raises to `next`, which would otherwise wait for good.

        The coroutine is made here and not by the caller: a task that is cancelled before its first step
        would leave it behind, never awaited.
        """
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised by `next`
            self._news.put_nowait(error)

    async def _hear(self, stream: Stream) -> None:
        try:
            async for update in stream:
                self._news.put_nowait(checked(update.get("job") if isinstance(update, dict) else None))
        except StashError as error:
            logger.info("The websocket is gone (%s); the job is looked at instead.", error.message)
        self._deaf.set()

    async def _look(self) -> None:
        """Look at the job now and every `poll` seconds; a server that was reached before is waited for."""
        away_since = 0.0
        while True:
            try:
                job = await self.session.call("findJob", {"input": {"id": self.job_id}})
            except StashConnectionError as error:
                if self.known is None and self._started is None:
                    raise
                if self.away is None:
                    away_since = time.monotonic()
                    self.on_away(error)
                self.away, self._was_away = error, True
                if time.monotonic() - away_since > _PATIENCE:
                    raise
            else:
                self.away = None
                self._news.put_nowait(_unknown(self.job_id) if job is None else checked(job))
            await self._pause()

    async def _pause(self) -> None:
        """Wait until the next look, which comes sooner once there is no websocket."""
        if self.away is not None or self._deaf.is_set():
            await asyncio.sleep(min(self.poll, _ALONE))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.poll):
                await self._deaf.wait()

    def _check_same(self, job: Job) -> None:
        """Raise StashJobUnknownError for another job of this number."""
        if self.known is not None:
            same = all(self.known.get(name) == job.get(name) for name in ("addTime", "description"))
        else:
            # Without a break between its start and the first look the server is the one that started it.
            same = self._started is None or not self._was_away or self._is_of_our_time(job)
        if not same:
            raise _unknown(self.job_id)

    def _is_of_our_time(self, job: Job) -> bool:
        """Whether a job was added while ours was started, by clocks that may differ a little."""
        if self._started is None:
            return True
        try:
            added = datetime.fromisoformat(str(job.get("addTime")))
        except ValueError:
            return False
        if added.tzinfo is None:
            return False
        before, after = self._started
        return before - _CLOCKS <= added <= after + _CLOCKS

    def _given_up(self) -> StashError:
        """What is known when the time has run out."""
        if self.away is not None:
            was = "ran when it was last seen" if self.known else "was started"
            return StashConnectionError(f"{self.away.message} Job {self.job_id} {was}.", hint=self.away.hint)
        if self.known is None and self._started is None:
            return StashConnectionError(
                f"{self.session.connection.server} did not tell in time how job {self.job_id} stands."
            )
        return StashJobRunningError(
            f"Job {self.job_id} still runs; waiting was given up.", hint=f"stash jobs wait {self.job_id}"
        )


def checked(job: Any) -> Job:
    """`job`; raises StashIntegrationError when it does not have the shape of one."""
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


def _unknown(job_id: str) -> StashJobUnknownError:
    return StashJobUnknownError(
        f"The server does not know job {job_id}: it was restarted, or the job ended long ago.",
        hint="The log of the server may tell how it ended.",
    )
