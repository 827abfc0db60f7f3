"""Tasks on the whole library (scan, generate, clean, identify, export, migrate), jobs and subscriptions."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.client.downloads import download
from stash_cli.core.client.job_run import JobRun
from stash_cli.core.client.jobs import is_job_id, unknown_job
from stash_cli.core.client.task_defaults import saved_defaults
from stash_cli.core.graphql import document
from stash_cli.core.types.base import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stash_cli.core import types


class MetadataClientMixin(StashClientBase):
    """Operations that start jobs; each returns the job's id unless documented otherwise."""

    async def metadata_scan(self, paths: Sequence[str] | None = None, flags: Dict | None = None) -> str:
        """Scan the library folders, or the `paths` in them.

        `flags` are further fields of ScanMetadataInput; the others keep the server's saved defaults.
        """
        defaults = await self.saved_defaults("scan", "ScanMetadataInput")
        values = {"paths": list(paths)} if paths is not None else {}
        return await self.call_operation("metadataScan", input={**defaults, **values, **(flags or {})})

    async def metadata_generate(
        self,
        options: types.GenerateMetadataOptions | Dict | None = None,
        input_data: types.GenerateMetadataInput | Dict | None = None,
        paths: Sequence[str] | None = None,
    ) -> str:
        """Generate covers, previews and other derived files.

        `options` select the kinds, `input_data` the objects, or `paths` the objects with files below these.
        Raises StashCapabilityError for `paths` on a server before 0.31, which would generate for the whole
        library.
        """
        values = {"paths": paths} if paths is not None else {}
        return await self.call_operation(
            "metadataGenerate", input={**plain(options or {}), **plain(input_data or {}), **values}
        )

    async def saved_defaults(self, task: str, input_type: str) -> Dict:
        """The server's saved options of a task, without those that its input type lacks."""
        return await saved_defaults(self.session, task, input_type)

    async def get_configuration_defaults(self) -> types.ConfigDefaultSettingsResult:
        """The saved options of all tasks."""
        from stash_cli.core.types import ConfigDefaultSettingsResult

        configuration: Dict = await self.call_operation_json("configuration", ["defaults"])
        return ConfigDefaultSettingsResult.from_graphql(configuration["defaults"])

    async def metadata_clean(self, input_data: types.CleanMetadataInput | Dict) -> str:
        return await self.call_operation("metadataClean", input=input_data)

    async def metadata_clean_generated(self, input_data: types.CleanGeneratedInput | Dict) -> str:
        return await self.call_operation("metadataCleanGenerated", input=input_data)

    async def metadata_auto_tag(self, input_data: types.AutoTagMetadataInput | Dict) -> str:
        return await self.call_operation("metadataAutoTag", input=input_data)

    async def metadata_identify(self, input_data: types.IdentifyMetadataInput | Dict) -> str:
        return await self.call_operation("metadataIdentify", input=input_data)

    async def metadata_import(self) -> str:
        return await self.call_operation("metadataImport")

    async def metadata_export(self) -> str:
        return await self.call_operation("metadataExport")

    async def export_objects(
        self, input_data: types.ExportObjectsInput | Dict, target: str | Path | None = None
    ) -> str:
        """Export objects to a zip file; return its URL, or its path if it is downloaded to `target`."""
        return await self._url_or_path(await self.call_operation("exportObjects", input=input_data), target)

    async def import_objects(self, input_data: types.ImportObjectsInput | Dict) -> str:
        """Import a zip file of `export_objects`, given as path or binary file object; it is uploaded."""
        return await self.call_operation("importObjects", input=input_data)

    async def backup_database(
        self, input_data: types.BackupDatabaseInput | Dict, target: str | Path | None = None
    ) -> str:
        """Back up the database; return the URL of the copy, or its path if it is downloaded to `target`.

        Returns "" if the copy stays on the server's machine.
        """
        url: str | None = await self.call_operation(
            "backupDatabase", input=_with_download(input_data, target)
        )
        return await self._url_or_path(url or "", target)

    async def anonymise_database(
        self, input_data: types.AnonymiseDatabaseInput | Dict, target: str | Path | None = None
    ) -> str:
        """Copy the database without private content; returns what `backup_database` returns."""
        url: str | None = await self.call_operation(
            "anonymiseDatabase", input=_with_download(input_data, target)
        )
        return await self._url_or_path(url or "", target)

    async def download(self, address: str, target: str | Path) -> Path:
        """Download a file from the server to a file or folder; return the path of the copy."""
        return await download(self.session, address, target)

    async def _url_or_path(self, url: str, target: str | Path | None) -> str:
        return url if target is None else str(await self.download(url, target))

    async def optimise_database(self) -> str:
        return await self.call_operation("optimiseDatabase")

    async def migrate(self, input_data: types.MigrateInput | Dict) -> str:
        """Migrate the database; return the job's id, or "" from a server before 0.26.

        Such a server has no job for it and responds when it is done.
        """
        result: str | bool = await self.call_operation("migrate", input=input_data)
        return result if isinstance(result, str) else ""

    async def migrate_hash_naming(self) -> str:
        return await self.call_operation("migrateHashNaming")

    async def migrate_scene_screenshots(self, input_data: types.MigrateSceneScreenshotsInput | Dict) -> str:
        return await self.call_operation("migrateSceneScreenshots", input=input_data)

    async def migrate_blobs(self, input_data: types.MigrateBlobsInput | Dict) -> str:
        return await self.call_operation("migrateBlobs", input=input_data)

    async def setup(self, input_data: types.SetupInput | Dict) -> bool:
        """Set up a new server; return whether it succeeded."""
        return await self.call_operation("setup", input=input_data)

    async def download_ffmpeg(self) -> str:
        return await self.call_operation("downloadFFMpeg")


def _with_download(input_data: Any, target: object) -> Dict:
    """The input, with `download` set if there is a target."""
    return {**plain(input_data), **({} if target is None else {"download": True})}


class JobsClientMixin(StashClientBase):
    """Operations on jobs."""

    async def find_job(self, job_id: Id) -> types.Job | None:
        """The job with this id; None for an unknown or invalid id."""
        # Servers answer a non-numeric id with a parser error.
        return await self.call_operation("findJob", input={"id": job_id}) if is_job_id(job_id) else None

    async def job_queue(self) -> list[types.Job]:
        """Queued and running jobs, oldest first."""
        return await self.call_operation("jobQueue")

    async def stop_job(self, job_id: Id) -> bool:
        return await self.call_operation("stopJob", job_id=job_id)

    async def stop_all_jobs(self) -> bool:
        return await self.call_operation("stopAllJobs")

    async def wait_for_job(
        self,
        job_id: Id,
        status: types.JobStatus | str = "FINISHED",
        period: float = 1.5,
        timeout: float = 120.0,  # noqa: ASYNC109 - the public signature
    ) -> bool | None:
        """Wait until the job has `status`: True when it has, False when it ended otherwise.

        Polls every `period` seconds and listens as well. Raises StashJobUnknownError for a job that the
        server does not know, and StashJobRunningError after `timeout` seconds.
        """
        if not is_job_id(job_id):
            raise unknown_job(job_id)
        async with JobRun(self.session, job_id, timeout=timeout, poll=period) as run:
            async for update in run:
                if update.status == str(status):
                    return True
        return False


class SubscriptionClientMixin(JobsClientMixin):
    """Subscriptions; enter each with `async with`, then iterate.

    Each has a websocket of its own, because a server answers from a cache per websocket. A lost connection is
    reopened with increasing delays; events in between are lost, so query the state that matters. Raises
    StashConnectionError when the server stays unreachable.
    """

    def subscribe_to_jobs(self) -> AbstractAsyncContextManager[AsyncIterator[types.JobStatusUpdate]]:
        """Changes of all jobs from now on; `job_queue` returns the current ones."""
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
        """`wait_for_job` with less frequent polling."""
        return await self.wait_for_job(job_id, status, period=10.0, timeout=timeout)

    @asynccontextmanager
    async def _subscribed(self, operation: str) -> AsyncIterator[AsyncIterator[Any]]:
        _, declared = document.describe(operation)
        async with self.session.subscribe(operation, reconnect=True) as stream:
            yield (self.hydrated(declared.type, value) async for value in stream)
