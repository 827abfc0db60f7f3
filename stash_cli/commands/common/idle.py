"""The check that no job is running, before files are moved or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session

_RETRY_LATER = 5
"""The exit status of errors for which a retry may succeed."""
_ACTIVE_STATES = ("RUNNING", "READY", "STOPPING")


async def check_idle(session: Session, danger: str, way_out: str = "") -> None:
    """Raise StashError when a job is running or queued.

    `danger` is the harm it could do; `way_out` is text for the hint, an alternative to waiting.
    """
    jobs = await session.call("jobQueue", {}, ["id", "description", "status"]) or []
    for job in jobs:
        if job["status"] in _ACTIVE_STATES:
            error = StashError(
                f"the server is at work, and {danger}: {job['description']}",
                hint=f"Wait with `stash jobs wait`{way_out}.",
            )
            error.exit_status = _RETRY_LATER
            raise error
