"""A job: its state, and the progress that its task reports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from stash_cli.embedded.jobs.events import LibraryLog

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
