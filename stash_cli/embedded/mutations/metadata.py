"""Jobs: the mutations that queue, stop and describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.jobs import tasks
from stash_cli.embedded.persistence.arguments import to_id

if TYPE_CHECKING:
    from stash_cli.embedded.jobs.tasks import LibraryTask
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Input, Resolver


def queueing(description: str, task: LibraryTask) -> Resolver:
    """Resolver that queues `task` with the mutation's input and returns the job's id."""

    def resolve(context: RequestContext, *, input: Input | None = None) -> str:  # noqa: A002 - the API's own name
        library, options = context.library, input or {}
        return str(library.jobs.add(description, lambda progress: task(library, options, progress)))

    return resolve


def generate_screenshot(context: RequestContext, *, id: str, at: float | None = None) -> str:  # noqa: A002 - the API's own name
    """Queue one scene's cover, taken at `at` seconds; the answer is the server's."""
    options = {"sceneIDs": [id], "covers": True, "overwrite": True, "at": at}
    queueing(f"Generating screenshot for scene id {id}", tasks.generate)(context, input=options)
    return "todo"


def stop_job(context: RequestContext, *, job_id: str) -> bool:
    context.library.jobs.stop(to_id(job_id, "job id"))
    return True


def stop_all_jobs(context: RequestContext) -> bool:
    context.library.jobs.stop_all()
    return True


def nothing_to_reload(_: RequestContext, **__: Any) -> bool:
    """There are no scrapers or plugins, so all of them are loaded."""
    return True


RESOLVERS: dict[str, Resolver] = {
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
