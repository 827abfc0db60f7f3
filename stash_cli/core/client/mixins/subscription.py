"""Subscriptions: jobs, log lines and finished scans."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.mixins.jobs import JobsClientMixin
from stash_cli.core.graphql import document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from stash_cli.core import types
    from stash_cli.core.client.base import Id


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
