"""One job followed to its end, through dropped websockets, failed polls and server restarts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from stash_cli.core import errors
from stash_cli.core.client.job_log import JobLog, LogReader
from stash_cli.core.client.jobs import ENDED, Job, JobUpdate, checked, unknown_job
from stash_cli.core.log import logger
from stash_cli.core.tasks import cancel_tasks

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session, Stream

Start = Callable[[], Awaitable[str]]
OnNotice = Callable[[str], None]
Work = Callable[[], Awaitable[None]]

_PATIENCE = 60.0
"""Seconds that a server may be unreachable (restarting), or fail polls, before waiting ends."""
_POLL_INTERVAL = 1.0
"""Seconds between polls without a websocket."""
_POLL_TIMEOUT = 5.0
"""Seconds for the first poll, even if the timeout is shorter, and for the last poll after the timeout."""
_CLOCK_SKEW = timedelta(seconds=5)
"""Tolerated difference between the clocks of server and client when a job is identified by its add time."""
_FINAL = (errors.StashAuthenticationError, errors.StashVersionError, errors.StashIntegrationError)
"""Errors of a poll that another poll would repeat."""


class JobRun:
    """One job from its start to its end: an async context manager that iterates over its updates.

        async with JobRun(session, start) as run:
            async for update in run: ...
        run.last.check()

    `start` is the job's id, or a function that starts it and returns the id. Entering subscribes to updates,
    and with `with_log` to the server's log, before that function is called; the job is polled every `poll`
    seconds as well. `on_notice` is called with a message when the server becomes unreachable or returns. The
    last update is that of the ended job; `log` has the lines logged meanwhile, complete on exit.

    Job ids restart at 1 when the server restarts. So a job is identified by its id together with the add
    time and description of the first update; a later job with the same id is a different one.

    Iterating raises StashJobRunningError after `timeout` seconds, StashJobUnknownError for a job that the
    server does not know or whose id now belongs to another job, StashConnectionError for a server that is or
    stays unreachable, and StashIntegrationError for a response that is not a job.
    """

    def __init__(
        self,
        session: Session,
        start: Start | str | int,
        *,
        timeout: float | None = None,
        poll: float = 5.0,
        with_log: bool = False,
        on_notice: OnNotice | None = None,
    ) -> None:
        self.session = session
        self.id = ""
        self.last: JobUpdate | None = None
        """The latest update; None before the first."""
        self.log = JobLog()
        self._start = start
        self._reader = LogReader(session, self.log) if with_log else None
        self._notice = on_notice or (lambda _: None)
        self._poll_seconds = poll
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._updates: asyncio.Queue[Job | errors.StashError | Exception] = asyncio.Queue()
        self._stream: Stream | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._has_updates = True
        """Whether the websocket delivers updates; without it the job is polled more often."""
        self._poll_now = asyncio.Event()
        self._started: tuple[datetime, datetime] | None = None
        """Times before and after the call that started the job."""
        self._outage: errors.StashError | None = None
        """Error of the latest poll while the server is unreachable; None while polls succeed."""
        self._had_outage = False
        self._polling_since: float | None = None
        """Time of the first poll of a job that was started elsewhere."""

    async def __aenter__(self) -> Self:
        try:
            await self._listen()
            if self._reader is not None:
                await self._reader.open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            # Wait for the end of the log only if the job was seen to end.
            if self._reader is not None and kind is None and self.last is not None and self.last.ended:
                await self._reader.read_last()
        finally:
            await self._close()

    async def __aiter__(self) -> AsyncIterator[JobUpdate]:
        await self._follow()
        while self.last is None or not self.last.ended:
            job = await self._next()
            if self.last is None or job != self.last.job:
                self.last = JobUpdate(job)
                self.log.set_window(job)
                yield self.last

    async def wait(self) -> JobUpdate:
        """Wait for the end of the job and return the last update."""
        async for update in self:
            if update.ended:
                return update
        raise unknown_job(self.id)

    async def _listen(self) -> None:
        """Subscribe to job updates; without websockets the job is only polled."""
        stream = self.session.subscribe("jobsSubscribe", reconnect=True)
        stream.on_lost = self._note_lost
        try:
            async with asyncio.timeout(self._seconds_left()):
                await stream.__aenter__()
        except (errors.StashError, TimeoutError) as error:
            logger.info("No websocket (%s); the job is polled every second.", error)
            self._has_updates = False
            return
        self._stream = stream
        self._start_task(lambda: self._read_stream(stream))

    async def _follow(self) -> None:
        """Start the job unless an id was passed, and poll it."""
        if callable(self._start):
            # Both times are of the local clock; they identify the job after a server restart.
            before = datetime.now(UTC)
            self.id = str(await self._start())
            self._started = before, datetime.now(UTC)
        else:
            self.id = str(self._start)
            self._polling_since = time.monotonic()
        self._start_task(self._poll)

    async def _next(self) -> Job:
        """The next update of the job; raises the error that ended the run."""
        while True:
            try:
                async with asyncio.timeout(self._seconds_left()):
                    update = await self._updates.get()
            except TimeoutError:
                return await self._poll_at_deadline()
            if isinstance(update, Exception):
                raise update
            if str(update["id"]) == self.id:
                self._check_same(update)
                return update
            self.log.note_other(update)

    async def _close(self) -> None:
        await cancel_tasks(self._tasks)
        if self._stream is not None:
            await self._stream.aclose()
        if self._reader is not None:
            await self._reader.close()

    def _seconds_left(self) -> float | None:
        """Seconds until the deadline, extended for the first poll of a job that was started elsewhere."""
        if self._deadline is None:
            return None
        ends = self._deadline
        if self._polling_since is not None and self.last is None:
            ends = max(ends, self._polling_since + _POLL_TIMEOUT)
        return max(0.0, ends - time.monotonic())

    def _start_task(self, work: Work) -> None:
        self._tasks.append(asyncio.create_task(self._run_reporting_errors(work)))

    async def _run_reporting_errors(self, work: Work) -> None:
        """Run `work` and pass its error on to the iteration, which would otherwise wait forever.

        The coroutine is created here and not by the caller: if the task were cancelled before its first step,
        that coroutine would never be awaited.
        """
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised by `_next`
            self._updates.put_nowait(error)

    def _note_lost(self, error: errors.StashError) -> None:
        # A failed poll has already reported that the server itself is unreachable.
        if self._outage is None and self._has_updates:
            self._notice(f"{error.message} Connecting again for updates of the job.")
        self._poll_often()

    def _poll_often(self) -> None:
        self._has_updates = False
        self._poll_now.set()

    async def _read_stream(self, stream: Stream) -> None:
        try:
            async for update in stream:
                self._has_updates = True
                self._updates.put_nowait(checked(update.get("job") if isinstance(update, dict) else None))
        except errors.StashError as error:
            logger.info("The websocket was closed (%s); the job is polled instead.", error.message)
        self._poll_often()

    async def _poll(self) -> None:
        """Poll now and every few seconds; once the server was reached, tolerate an outage of `_PATIENCE`."""
        outage_since = 0.0
        while True:
            try:
                job = await self._read_job()
            except errors.StashError as error:
                if isinstance(error, _FINAL) or not self._may_come_back:
                    raise
                if self._outage is None:
                    outage_since = time.monotonic()
                    self._notice(f"{error.message} Waiting for the server.")
                self._outage, self._had_outage = error, True
                if time.monotonic() - outage_since > _PATIENCE:
                    raise
            else:
                if self._outage is not None:
                    self._notice("The server answers again.")
                self._outage = None
                self._updates.put_nowait(job)
            await self._pause()

    @property
    def _may_come_back(self) -> bool:
        """Whether the server was reached before; if not, the address may be wrong and waiting is useless."""
        return self.last is not None or self._started is not None

    async def _read_job(self) -> Job | errors.StashError:
        """The job from the server; for an unknown job, the error is returned instead of raised."""
        job = await self.session.call("findJob", {"input": {"id": self.id}})
        # Servers drop finished jobs after a while, and all jobs on a restart.
        return unknown_job(self.id, was_away=self._had_outage) if job is None else checked(job)

    async def _pause(self) -> None:
        """Wait for the next poll, which is sooner without a websocket."""
        if self._outage is not None or not self._has_updates:
            await asyncio.sleep(min(self._poll_seconds, _POLL_INTERVAL))
            return
        self._poll_now.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._poll_now.wait()

    def _check_same(self, job: Job) -> None:
        """Raise StashJobUnknownError for another job with this id."""
        if self.last is not None:
            same = all(self.last.job.get(name) == job.get(name) for name in ("addTime", "description"))
        else:
            # If polls never failed since the start, the server has not restarted and the id is still ours.
            same = self._started is None or not self._had_outage or self._was_added_by_us(job)
        if not same:
            raise unknown_job(self.id, was_away=self._had_outage)

    def _was_added_by_us(self, job: Job) -> bool:
        """Whether a job was added during our call that started one, within the tolerated clock difference."""
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

    async def _poll_at_deadline(self) -> Job:
        """Poll once more at the deadline: return the job if it has ended, else raise the timeout error."""
        if self._outage is not None:
            was = "ran when it was last seen" if self.last else "was started"
            raise errors.StashConnectionError(
                f"{self._outage.message} Job {self.id} {was}.", hint=self._outage.hint
            )
        try:
            async with asyncio.timeout(_POLL_TIMEOUT):
                job = await self._read_job()
        except (errors.StashConnectionError, TimeoutError):
            raise errors.StashConnectionError(
                f"{self.session.connection.server} did not report the state of job {self.id} in time."
            ) from None
        if isinstance(job, errors.StashError):
            raise job
        self._check_same(job)
        if job["status"] in ENDED:
            return job
        raise _still_running(JobUpdate(job))


def _still_running(update: JobUpdate) -> errors.StashJobRunningError:
    done = "" if update.progress is None else f", {update.progress:.0%} done"
    verb = "still waits in the queue" if update.status == "READY" else f"is still running{done}"
    return errors.StashJobRunningError(
        f"Waiting timed out; job {update.id} {verb}, and continues.",
        hint=f"Run: stash jobs wait {update.id}",
    )
