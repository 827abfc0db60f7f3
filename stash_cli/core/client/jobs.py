"""Following a job to its end, through dropped websockets and restarted servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.job_watch import ENDED, Watch
from stash_cli.core.errors import StashJobError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stash_cli.core.client.job_watch import Start, Tell
    from stash_cli.core.client.session import Session

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
