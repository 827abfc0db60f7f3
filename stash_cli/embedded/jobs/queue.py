"""Jobs: their state and progress, and the queue: first in, first out, one at a time, in one worker thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from stash_cli.embedded.jobs.events import Broadcast, LibraryLog
from stash_cli.embedded.library import timestamps

Task = Callable[["Progress"], None]


@dataclass(eq=False)
class Job:
    """A queued, running or finished task; fields change only under the queue's lock."""

    id: int
    description: str
    task: Task
    status: str = "READY"
    progress: float | None = 0
    sub_tasks: list[str] = field(default_factory=list)
    added: str = field(default_factory=timestamps.now_nano)
    started: str | None = None
    ended: str | None = None
    error: str | None = None
    is_reported: bool = False
    """Whether a client has queried the outcome of the job, or received it as an event."""
    stop: threading.Event = field(default_factory=threading.Event)

    def as_dict(self) -> dict[str, Any]:
        """The job as a GraphQL object; sub-tasks newest first, null without any."""
        return {
            "id": str(self.id),
            "status": self.status,
            "subTasks": self.sub_tasks[::-1] or None,
            "description": self.description,
            "progress": self.progress,
            "startTime": self.started,
            "endTime": self.ended,
            "addTime": self.added,
            "error": self.error,
        }


class JobCancelled(Exception):  # noqa: N818 - not an error: the task did what it was asked to
    """Raised inside a task that was asked to stop."""


class Progress:
    """The progress of a job, updated by its task from any thread.

    `total(n)` sets the number of steps (None: unknown) and `step()` completes one; both may be called at any
    time, so the fraction falls when more work is found.
    """

    def __init__(self, job: Job, log: LibraryLog, update: Callable[[Callable[[], None]], None]) -> None:
        self._job = job
        self._update = update
        self._total: int | None = None
        self._done = 0
        self.library_log = log

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._job.stop.is_set()

    def check(self) -> None:
        """Raise :class:`JobCancelled` when the job was asked to stop."""
        if self.cancelled:
            raise JobCancelled

    def total(self, steps: int | None) -> None:
        def change() -> None:
            self._total = steps
            self._fraction()

        self._update(change)

    def add(self, steps: int) -> None:
        """Add steps to the total."""

        def change() -> None:
            self._total = (self._total or 0) + steps
            self._fraction()

        self._update(change)

    def step(self, steps: int = 1) -> None:
        def change() -> None:
            self._done += steps
            self._fraction()

        self._update(change)

    def _fraction(self) -> None:
        if self._total is None:
            self._job.progress = None
        else:
            self._job.progress = min(1.0, self._done / self._total) if self._total else 1.0

    @contextmanager
    def task(self, description: str) -> Iterator[None]:
        """Show `description` as a sub-task while the block runs."""
        self._update(lambda: self._job.sub_tasks.append(description))
        try:
            yield
        finally:
            self._update(lambda: self._job.sub_tasks.remove(description))


_LOG = logging.getLogger("stash_cli.embedded")
# Seconds. Changes that belong together are published as one update.
_MIN_DELAY = 0.005


class Throttle:
    """Rate limit that never drops the last call: runs `action` at most once every `seconds`.

    `action` runs in a timer thread and must take its own locks.
    """

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self._seconds = seconds
        self._action = action
        self._lock = threading.Lock()
        self._last = 0.0
        self._timer: threading.Timer | None = None

    def __call__(self) -> None:
        with self._lock:
            if self._timer is not None:
                return
            wait = max(self._last + self._seconds - time.monotonic(), _MIN_DELAY)
            self._timer = threading.Timer(wait, self._fire)
            # A daemon, so that the process does not wait at its end for an update without readers.
            self._timer.daemon = True
            self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            if self._timer is None:
                return
            self._timer = None
            self._last = time.monotonic()
        self._action()

    def cancel(self) -> None:
        """Cancel a pending call."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None


FINISHED_KEPT = 10
UPDATE_SECONDS = 0.1


class JobQueue:
    """Runs tasks in order and publishes their state.

    `events` carries `{"type": "ADD"|"UPDATE"|"REMOVE", "job": {...}}`, updates at most every 100 ms;
    `scan_complete` carries True after a scan or clean; `library_log` collects the messages of tasks.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        # Clients query findJob for a job that has ended between two of their requests.
        self._finished: deque[Job] = deque(maxlen=FINISHED_KEPT)
        self._worker: threading.Thread | None = None
        self._last_id = 0
        self._closed = False
        self.events: Broadcast[dict[str, Any]] = Broadcast()
        self.scan_complete: Broadcast[bool] = Broadcast()
        self.library_log = LibraryLog()
        self.after_job: Callable[[], None] = lambda: None
        """Called in the worker's thread when a job has ended."""

    def add(self, description: str, task: Task) -> int:
        """Queue `task` and return the job's id; an idle queue starts it at once."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the library is closed")
            self._last_id += 1
            job = Job(self._last_id, description, task)
            self._waiting.append(job)
            self._publish("ADD", job)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="stash-jobs", daemon=True)
                self._worker.start()
            self._changed.notify_all()
        return job.id

    def queue(self) -> list[dict[str, Any]] | None:
        """Running and waiting jobs, oldest first; None when idle."""
        with self._changed:
            jobs = [self._running] if self._running else []
            return [job.as_dict() for job in (*jobs, *self._waiting)] or None

    def find(self, job_id: int) -> dict[str, Any] | None:
        """A waiting, running or recently finished job (the last ten), or None."""
        with self._changed:
            jobs = [*self._waiting, *self._finished, *([self._running] if self._running else [])]
            found = next((job for job in jobs if job.id == job_id), None)
            if found is None:
                return None
            found.is_reported = found.ended is not None
            return found.as_dict()

    def stop(self, job_id: int) -> None:
        """Cancel a waiting job, or ask a running one to stop; unknown ids are ignored."""
        with self._changed:
            for job in [job for job in self._waiting if job.id == job_id]:
                self._waiting.remove(job)
                self._end(job, "CANCELLED")
            if self._running and self._running.id == job_id and self._running.status == "RUNNING":
                self._running.status = "STOPPING"
                self._running.stop.set()
                self._publish("UPDATE", self._running)

    def stop_all(self) -> None:
        with self._changed:
            for job in [*self._waiting, *([self._running] if self._running else [])]:
                self.stop(job.id)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until no job runs or waits; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._running or self._waiting), timeout)

    def close(self, *, drain: bool = True) -> None:
        """Stop the worker; with `drain` queued jobs finish first, otherwise they are cancelled."""
        if not drain:
            self.stop_all()
        self.wait_idle()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join()
        # Logged now, because the outcome of a job cannot be queried once the library is closed.
        for job in self._finished:
            if job.error and not job.is_reported:
                _LOG.warning("Job %d (%s) failed: %s", job.id, job.description.rstrip("."), job.error)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)
            self.after_job()

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            self._running = job = self._waiting.popleft()
            job.status, job.started = "RUNNING", timestamps.now_nano()
            self._publish("UPDATE", job)
            return job

    def _run(self, job: Job) -> None:
        throttle = Throttle(UPDATE_SECONDS, lambda: self._publish_running(job))
        error = None
        try:
            job.task(Progress(job, self.library_log, lambda change: self._update(change, throttle)))
        except JobCancelled:
            pass
        except Exception as failure:  # noqa: BLE001 - the boundary of all tasks: the job carries the text
            # Of a failed statement, only the driver's message is reported, without the SQL.
            error = str(getattr(failure, "orig", None) or failure) or type(failure).__name__
            self.library_log.error(f"{job.description} failed: {error}")
        throttle.cancel()
        with self._changed:
            self._running = None
            job.error = error
            stopped = "CANCELLED" if job.stop.is_set() else "FINISHED"
            self._end(job, "FAILED" if error else stopped)

    def _update(self, change: Callable[[], None], throttle: Throttle) -> None:
        with self._changed:
            change()
        throttle()

    def _end(self, job: Job, status: str) -> None:
        job.status, job.ended = status, timestamps.now_nano()
        job.sub_tasks.clear()
        self._finished.append(job)
        job.is_reported = job.is_reported or self.events.is_heard
        self._publish("REMOVE", job)
        self._changed.notify_all()

    def _publish_running(self, job: Job) -> None:
        with self._changed:
            if self._running is job:
                self._publish("UPDATE", job)

    def _publish(self, kind: str, job: Job) -> None:
        self.events.publish({"type": kind, "job": job.as_dict()})
