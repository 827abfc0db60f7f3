"""Jobs: finding, stopping, waiting."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from stash_cli.core.client.base import Id, StashClientBase
from stash_cli.core.client.jobs import ENDED, job_updates
from stash_cli.core.errors import StashJobUnknownError

if TYPE_CHECKING:
    from stash_cli.core import types


class JobsClientMixin(StashClientBase):
    """Operations on jobs."""

    async def find_job(self, job_id: Id) -> types.Job | None:
        return await self.ask("findJob", input={"id": job_id})

    async def job_queue(self) -> list[types.Job]:
        """Queued and running jobs, oldest first."""
        return await self.ask("jobQueue")

    async def stop_job(self, job_id: Id) -> bool:
        return await self.ask("stopJob", job_id=job_id)

    async def stop_all_jobs(self) -> bool:
        return await self.ask("stopAllJobs")

    async def wait_for_job(
        self,
        job_id: Id,
        status: types.JobStatus | str = "FINISHED",
        period: float = 1.5,
        timeout: float = 120.0,  # noqa: ASYNC109 - the public signature
    ) -> bool | None:
        """Wait until the job has `status`: True when it has, False when it ended otherwise.

        None for a job that the server does not know. Polls every `period` seconds and listens as well; raises
        StashJobRunningError after `timeout` seconds.
        """
        updates = job_updates(self.session, job_id, timeout=timeout, poll=period)
        try:
            async with aclosing(updates) as seen:
                async for update in seen:
                    if update.status == str(status):
                        return True
                    if update.status in ENDED:
                        return False
        except StashJobUnknownError:
            return None
        return False
