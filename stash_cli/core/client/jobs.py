"""Jobs as the server reports them: their state, and the errors that end waiting for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stash_cli.core.errors import StashIntegrationError, StashJobError, StashJobUnknownError

ENDED = ("FINISHED", "CANCELLED", "FAILED")
_MAX_ID = 2**63
"""Exclusive upper bound of job ids; servers answer larger numbers with a parser error."""

Job = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """The state of a job: `job` is its JSON, `progress` 0 to 1 (None: unknown; it may decrease)."""

    job: Job

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
        """The description without the dots at its end: `Scanning`."""
        return str(self.job.get("description") or "").rstrip(".")

    @property
    def sub_tasks(self) -> list[str]:
        return list(self.job.get("subTasks") or ())

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    def check(self) -> None:
        """Raise StashJobError for a job that failed or was cancelled."""
        name = f"Job {self.id} ({self.description})"
        if self.status == "CANCELLED":
            raise StashJobError(f"{name} was cancelled.")
        if self.status == "FAILED":
            reason = self.job.get("error")
            raise StashJobError(f"{name} failed: {reason}" if reason else f"{name} failed.")


def checked(job: Any) -> Job:
    """`job`; raises StashIntegrationError for anything that is not a job."""
    numbers = (int, float, type(None))
    is_job = (
        isinstance(job, dict)
        and isinstance(job.get("id"), str | int)
        and isinstance(job.get("status"), str)
        and isinstance(job.get("progress"), numbers)
        and isinstance(job.get("subTasks"), list | None)
    )
    if not is_job:
        raise StashIntegrationError("The server's answer about the job is not a job.")
    result: Job = job
    return result


def is_job_id(job_id: str | int) -> bool:
    """Whether this is a valid job id: a number below 2**63."""
    text = str(job_id)
    return text.isascii() and text.isdigit() and int(text) < _MAX_ID


def unknown_job(job_id: str | int, *, was_away: bool = False) -> StashJobUnknownError:
    """The error for a job that the server does not know; `was_away`: it was unreachable in between."""
    reason = "it was restarted" if was_away else "it was restarted, or the job ended long ago"
    return StashJobUnknownError(
        f"The server does not know job {job_id}: {reason}. The outcome of the job is unknown.",
        hint="Check the server's log for its outcome.",
    )
