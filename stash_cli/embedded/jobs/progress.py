"""What a running task tells about itself and asks: how far it is, and whether to stop."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stash_cli.embedded.jobs.job import Job
    from stash_cli.embedded.jobs.journal import Journal


class JobCancelled(Exception):  # noqa: N818 - not an error: the task did what it was asked to
    """Raised inside a task that was asked to stop."""


class Progress:
    """Handed to every task; callable from the task's own threads.

    `total(n)` says how many steps there are (None: unknown), `step()` that one is done; both may be
    called at any time, so the fraction can fall when work is found.
    """

    def __init__(self, job: Job, journal: Journal, update: Callable[[Callable[[], None]], None]) -> None:
        self._job = job
        self._update = update
        self._total: int | None = None
        self._done = 0
        self.journal = journal

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
        """Find more to do."""

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
