"""Jobs: mutations that queue and stop them, and export, import and backup of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export.archive import read_zip
from stash_cli.embedded.jobs import backup, tasks

if TYPE_CHECKING:
    from stash_cli.embedded.jobs.tasks import LibraryTask
    from stash_cli.embedded.library.context import Input, RequestContext, Resolver


def export_objects(context: RequestContext, *, input: Input) -> str:  # noqa: A002 - the API's own name
    return tasks.export_objects(context, input)


def import_objects(context: RequestContext, *, input: Input) -> str:  # noqa: A002 - the API's own name
    """Queue the import of an uploaded archive and return the job's id."""
    content = getattr(input["file"], "content", None)
    if content is None:
        raise Refused("the file to import has to be uploaded: send a multipart request")
    library = context.library
    return str(
        library.jobs.add(
            "Importing...",
            lambda progress: tasks.import_entries(library, read_zip(content), input, progress),
        )
    )


def metadata_export(context: RequestContext) -> str:
    library, target = context.library, tasks.metadata_path(context)
    return str(library.jobs.add("Exporting...", lambda progress: tasks.export_all(library, target, progress)))


def metadata_import(context: RequestContext) -> str:
    library, source = context.library, tasks.metadata_path(context)
    return str(library.jobs.add("Importing...", lambda progress: tasks.import_all(library, source, progress)))


def back_up(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Back up the library; the URL path for a download, otherwise null."""
    return backup.back_up(context.library, input)


def anonymise(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    return backup.anonymise(context.library, input)


def queueing(description: str, task: LibraryTask) -> Resolver:
    """Resolver that queues `task` with the mutation's input and returns the job's id."""

    def resolve(context: RequestContext, *, input: Input | None = None) -> str:  # noqa: A002 - the API's own name
        library, options = context.library, input or {}
        return str(library.jobs.add(description, lambda progress: task(library, options, progress)))

    return resolve


def generate_screenshot(context: RequestContext, *, id: str, at: float | None = None) -> str:  # noqa: A002 - the API's own name
    """Queue the cover of a scene at `at` seconds; the result "todo" is the server's."""
    options = {"sceneIDs": [id], "covers": True, "overwrite": True, "at": at}
    queueing(f"Generating screenshot for scene id {id}", tasks.generate)(context, input=options)
    return "todo"


def stop_job(context: RequestContext, *, job_id: str) -> bool:
    context.library.jobs.stop(inputs.to_id(job_id, "job id"))
    return True


def stop_all_jobs(context: RequestContext) -> bool:
    context.library.jobs.stop_all()
    return True


def nothing_to_reload(_: RequestContext, **__: Any) -> bool:
    """Return true: there are no scrapers or plugins to reload."""
    return True


RESOLVERS: dict[str, Resolver] = {
    "exportObjects": export_objects,
    "importObjects": import_objects,
    "metadataExport": metadata_export,
    "metadataImport": metadata_import,
    "backupDatabase": back_up,
    "anonymiseDatabase": anonymise,
    "metadataScan": queueing("Scanning...", tasks.scan),
    "metadataClean": queueing("Cleaning...", tasks.clean),
    "metadataAutoTag": queueing("Auto-tagging...", tasks.auto_tag),
    "metadataGenerate": queueing("Generating...", tasks.generate),
    "metadataCleanGenerated": queueing("Cleaning generated files...", tasks.clean_generated),
    "optimiseDatabase": queueing("Optimising database...", tasks.optimise),
    "migrate": queueing("Migrating database...", tasks.migrate),
    "migrateHashNaming": queueing("Migrating scene hashes...", tasks.migrate),
    "migrateSceneScreenshots": queueing("Migrating scene screenshots...", tasks.migrate),
    "migrateBlobs": queueing("Migrating blobs...", tasks.migrate),
    "sceneGenerateScreenshot": generate_screenshot,
    "stopJob": stop_job,
    "stopAllJobs": stop_all_jobs,
    "reloadScrapers": nothing_to_reload,
    "reloadPlugins": nothing_to_reload,
}
