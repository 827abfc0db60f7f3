"""Jobs, and the subscriptions to jobs, log lines and finished scans."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Id, StashClientBase
from stash_cli.core.client.jobs import ENDED, job_updates
from stash_cli.core.errors import StashJobUnknownError
from stash_cli.core.graphql import document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

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


class SubscriptionClientMixin(JobsClientMixin):
    """Subscriptions; enter each with `async with`, then iterate.

    Each has a websocket of its own, because a server answers from a cache per websocket. A lost connection is
    opened again with growing pauses; events in between are lost, so query what matters. Raises
    StashConnectionError when the server stays away.
    """

    def subscribe_to_jobs(self) -> AbstractAsyncContextManager[AsyncIterator[types.JobStatusUpdate]]:
        """Changes of any job from now on; `job_queue` has the jobs that exist already."""
        return self._subscribed("jobsSubscribe")

    def subscribe_to_logs(self) -> AbstractAsyncContextManager[AsyncIterator[list[types.LogEntry]]]:
        """New log lines, about once a second."""
        return self._subscribed("loggingSubscribe")

    def subscribe_to_scan_complete(self) -> AbstractAsyncContextManager[AsyncIterator[bool]]:
        """True after each scan and clean."""
        return self._subscribed("scanCompleteSubscribe")

    async def wait_for_job_with_updates(
        self,
        job_id: Id,
        status: types.JobStatus | str = "FINISHED",
        timeout: float = 120,  # noqa: ASYNC109 - the public signature
    ) -> bool | None:
        """`wait_for_job`, listening more and polling less."""
        return await self.wait_for_job(job_id, status, period=10.0, timeout=timeout)

    @asynccontextmanager
    async def _subscribed(self, operation: str) -> AsyncIterator[AsyncIterator[Any]]:
        _, declared = document.describe(operation)
        async with self.session.subscribe(operation, reconnect=True) as stream:
            yield (self.hydrated(declared.type, value) async for value in stream)
