"""The check that no job is running, before files are moved or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session

_LATER = 5
"""The exit status of what is worth another try."""
_AT_WORK = ("RUNNING", "READY", "STOPPING")


async def check_idle(session: Session, danger: str, way_out: str = "") -> None:
    """Raise StashError where a job runs or waits; `danger` says what it may do, `way_out` what else helps."""
    jobs = await session.call("jobQueue", {}, ["id", "description", "status"]) or []
    for job in jobs:
        if job["status"] in _AT_WORK:
            error = StashError(
                f"the server is at work, and {danger}: {job['description']}",
                hint=f"Wait with `stash jobs wait`{way_out}.",
            )
            error.exit_status = _LATER
            raise error
