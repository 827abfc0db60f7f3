"""`stash metadata`: the API's tasks on the whole library, one verb each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.commands.argv.command import Entry, LazyGroup
from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.input_flags import input_flags
from stash_cli.commands.clean import CleanOptions, prepare_clean
from stash_cli.commands.tasks.task_inputs import SETTINGS, Done, PathOptions, RiskyOptions, Task, TaskOptions
from stash_cli.core.errors import StashCapabilityError, StashUsageError

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.task_inputs import Values
    from stash_cli.core.client.session import Session


def group() -> LazyGroup:
    from stash_cli.commands import file_tasks

    entries = {verb: Entry(task.about, task.build) for verb, task in TASKS.items()}
    return LazyGroup("metadata", entries | file_tasks.entries(), "Start tasks on the whole library.")


async def prepare_auto_tag(session: Session, _: Runtime, options: TaskOptions, values: Values) -> Values:
    """Resolve names; named objects replace the saved selection; without any, all objects are used."""
    from stash_cli.core.client.resolver import resolve_ids

    kinds = {"performers": "Performer", "studios": "Studio", "tags": "Tag"}
    chosen = {kind: options.flags[kind] for kind in kinds if options.flags.get(kind)}
    if chosen:
        # The saved selection is replaced as a whole: naming one tag must not also select all studios.
        values = {name: value for name, value in values.items() if name not in kinds}
        for kind, words in chosen.items():
            values[kind] = ["*"] if "*" in words else await resolve_ids(session, kinds[kind], words)
    elif not any(values.get(kind) for kind in kinds):
        values |= {kind: ["*"] for kind in kinds}
    return values


async def prepare_generate(session: Session, _: Runtime, __: TaskOptions, values: Values) -> Values:
    """Raise StashCapabilityError for markers on servers that crash on them.

    Tried on 0.22.1; fixed in the source of 0.28.1.
    """
    server = await session.load_capabilities()
    if values.get("markerIDs") and not server.is_since("0.28"):
        raise StashCapabilityError(
            "Servers before 0.28 crash when they generate for single markers;"
            f" this server is {server.version}.",
            hint="Generate for their scenes: stash scenes generate ID --markers",
        )
    return values


async def prepare_identify(session: Session, _: Runtime, options: TaskOptions, values: Values) -> Values:
    """Replace the saved sources by those of `--source`.

    Raises StashNotFoundError for a source that the server does not have, because the job would fail.
    """
    from stash_cli.core.scraping.sources import stash_box

    saved_sources = values.get("sources") or ()
    if words := options.flags.get("sources"):
        saved_sources, values["sources"] = (), [{"source": await _source(session, word)} for word in words]
    if not values.get("sources"):
        raise StashUsageError(
            "identify has no sources: give --source, or save some in the server's settings",
            hint="A source is a scraper's id, or the name or address of a stash-box.",
        )
    for each in saved_sources:
        if endpoint := each["source"].get("stash_box_endpoint"):
            await stash_box(session, endpoint)
    return values


async def _source(session: Session, word: str) -> dict[str, str]:
    """A ScraperSourceInput: the name or address of a stash-box, or the id or name of a scraper."""
    from stash_cli.core.scraping.sources import source_of

    # An embedded library reads files, which it does not list as scrapers.
    if session.connection.is_embedded and "://" not in word:
        return {"scraper_id": word}
    source = await source_of(session, "Scene", word)
    return {"stash_box_endpoint": source.box} if source.box else {"scraper_id": source.scraper}


async def prepare_clean_generated(_: Session, __: Runtime, options: TaskOptions, values: Values) -> Values:
    """Select all kinds of files, unless some are selected."""
    kinds = [name for name in input_flags("CleanGeneratedInput") if name != "dryRun"]
    chosen = any(options.flags.get(name) for name in kinds)
    return dict.fromkeys(kinds, not chosen) | values


async def prepare_migrate(
    session: Session, runtime: Runtime, _: TaskOptions, values: Values
) -> Values | Done:
    """Set the path of the backup ("": the server's default); migrate at once on servers before 0.26."""
    from stash_cli.commands.common.sending import confirmed, uninterrupted
    from stash_cli.commands.tasks.waiting import JOB

    # The field is required; for "", the server makes a backup beside its database, and deletes it on success.
    migrate_input = {"backupPath": ""} | values
    if (await session.load_capabilities()).is_since("0.26"):
        return migrate_input
    # Older servers migrate without a job, and respond at the end of the migration (tried on 0.22.1).
    answer = confirmed(
        session.call("migrate", {"input": migrate_input}),
        is_answer=lambda value: value is True,
        hint="See `stash system status`.",
    )
    await uninterrupted(answer)
    runtime.streams.note("the database is migrated")
    return Done(JOB, [{"status": "FINISHED", "description": "Migrating database"}], is_for_people=False)


def identify_flags(table: FlagTable) -> FlagTable:
    """`--source` as one word."""
    about = "scraper id, or name or address of a stash-box; in this order, repeatable"
    source = Flag("--source", "sources", about, "SCRAPER|STASHBOX", SETTINGS, many=True)
    return FlagTable([source, *(flag for flag in table.rows() if flag.name != "--source")])


def auto_tag_flags(table: FlagTable) -> FlagTable:
    """`--performer`, `--studio` and `--tag` take names."""
    about = "only this one, or '*' for all; repeatable"
    return FlagTable(flag._replace(metavar="NAME|ID", help=about) for flag in table.rows())


ALL = (
    Task(
        verb="scan",
        operation="metadataScan",
        job="Scanning",
        about="Scan the media folders for new, changed and moved files",
        text="Scan the media folders, or only PATH, for new, changed and moved files.",
        input="ScanMetadataInput",
        options=PathOptions,
        saved="scan",
        strip="scan_",
        examples=(
            "stash scan --wait",
            "stash metadata scan /media/new --generate-covers --wait --progress plain",
        ),
    ),
    Task(
        verb="generate",
        operation="metadataGenerate",
        job="Generating",
        about="Generate covers, previews, sprites, hashes and the like",
        text="Generate covers, previews, sprites, hashes and the like, for all objects, or for those named "
        "or with files in PATH.",
        input="GenerateMetadataInput",
        options=PathOptions,
        saved="generate",
        prepare=prepare_generate,
        examples=("stash generate --covers --phashes --wait", "stash generate --scene 12 --previews"),
    ),
    Task(
        verb="auto-tag",
        operation="metadataAutoTag",
        job="Auto-tagging",
        about="Add performers, studios and tags that are named in paths of files",
        text="Add performers, studios and tags to objects in whose paths they are named: those chosen "
        "on the server, or only those named here.",
        input="AutoTagMetadataInput",
        options=PathOptions,
        saved="autoTag",
        prepare=prepare_auto_tag,
        flags=auto_tag_flags,
        examples=("stash auto-tag --wait", "stash auto-tag /media/new --tag Outdoor --performer '*'"),
    ),
    Task(
        verb="identify",
        operation="metadataIdentify",
        job="Identifying",
        about="Fill in scenes from stash-boxes and scrapers",
        text="Fill in scenes that are not organized from stash-boxes and scrapers, which are asked in order.",
        input="IdentifyMetadataInput",
        options=PathOptions,
        saved="identify",
        prepare=prepare_identify,
        flags=identify_flags,
        examples=("stash identify --wait", "stash identify --source stashdb --scene 12 --wait"),
    ),
    Task(
        verb="clean",
        operation="metadataClean",
        job="Cleaning",
        about="Remove what belongs to files that are gone",
        text="Remove files from the library that are gone from disk, with the objects that have no other "
        "file.\n\nA dry run comes first, which shows what would go. More than --max-missing, or all of "
        "a media folder, as when its drive is not mounted, is removed only with --yes.",
        input="CleanMetadataInput",
        options=CleanOptions,
        paths_exist=False,
        prepare=prepare_clean,
        examples=(
            "stash clean --dry-run",
            "stash clean --wait --max-missing 500",
            "stash clean --forget-folder /media/old --wait",
        ),
    ),
    Task(
        verb="clean-generated",
        operation="metadataCleanGenerated",
        job="Cleaning generated files",
        about="Remove generated files that belong to nothing",
        text="Remove generated files that belong to nothing: of all kinds, or of those named.",
        input="CleanGeneratedInput",
        prepare=prepare_clean_generated,
        examples=("stash clean-generated --wait", "stash clean-generated --sprites --dry-run"),
    ),
    Task(
        verb="optimise",
        operation="optimiseDatabase",
        job="Optimising database",
        about="Optimise the database",
        examples=("stash optimise --wait",),
    ),
    Task(
        verb="migrate",
        operation="migrate",
        job="Migrating database",
        about="Migrate the database to the server's version",
        text="Migrate the database to the version of the server, which wants that after an update.",
        input="MigrateInput",
        options=RiskyOptions,
        prepare=prepare_migrate,
        question="migrate the database; older servers cannot open it any more",
        needs_ready=False,
        examples=(
            "stash metadata migrate --wait",
            "stash metadata migrate --backup-path /backup/a.sqlite",
        ),
    ),
    Task(
        verb="migrate-hash-naming",
        operation="migrateHashNaming",
        job="Migrating scene hashes",
        about="Rename generated files after the chosen hash",
        examples=("stash metadata migrate-hash-naming --wait",),
    ),
    Task(
        verb="migrate-blobs",
        operation="migrateBlobs",
        job="Migrating blobs",
        about="Move pictures between database and files",
        text="Move pictures to where the server is set to keep them: its database, or files.",
        input="MigrateBlobsInput",
        examples=("stash metadata migrate-blobs --delete-old --wait",),
    ),
    Task(
        verb="migrate-screenshots",
        operation="migrateSceneScreenshots",
        job="Migrating scene screenshots",
        about="Move the cover files of old servers into the library",
        input="MigrateSceneScreenshotsInput",
        examples=("stash metadata migrate-screenshots --delete-files --wait",),
    ),
)

TASKS = {task.verb: task for task in ALL}
"""All tasks that start a job, by verb."""

scan, generate, auto_tag, identify, clean, clean_generated, optimise = (
    TASKS[verb].build
    for verb in ("scan", "generate", "auto-tag", "identify", "clean", "clean-generated", "optimise")
)
