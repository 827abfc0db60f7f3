"""The tasks that run as jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export import archive
from stash_cli.embedded.jobs.auto_tag import AutoTagger
from stash_cli.embedded.jobs.clean import Cleaner
from stash_cli.embedded.jobs.generate import FILES, pieces
from stash_cli.embedded.library import settings

if TYPE_CHECKING:
    from stash_cli.embedded.import_export.archive import Entries
    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.library import Library

Options = Mapping[str, Any]
"""The input of the mutation that queued the task."""
LibraryTask = Callable[["Library", Options, "Progress"], None]

_UNSUPPORTED = (
    "sprites",
    "previews",
    "imagePreviews",
    "markers",
    "markerImagePreviews",
    "markerScreenshots",
    "transcodes",
    "interactiveHeatmapsSpeeds",
    "imageThumbnails",
    "clipPreviews",
    "thumbnails",
)
_SCAN_PREFIX = "scanGenerate"


def scan(library: Library, options: Options, progress: Progress) -> None:
    """Scan, then generate what the scan options request for the scanned files."""
    # Imported here, because only scans need the media libraries.
    from stash_cli.embedded.scan import task as scanner

    generate_options = {
        _option_name(name): value for name, value in options.items() if name.startswith(_SCAN_PREFIX)
    }
    _warn_unsupported(generate_options, progress)
    progress.library_log.info("Starting scan")
    scanned_ids = scanner.run(library, options, progress)
    _generate(library, {**generate_options, FILES: scanned_ids}, progress)
    progress.library_log.info("Scan finished")
    library.jobs.scan_complete.publish(True)


def _option_name(name: str) -> str:
    """`scanGenerateImagePhashes` -> `imagePhashes`, the name of the option in the generate task."""
    name = name.removeprefix(_SCAN_PREFIX)
    return name[0].lower() + name[1:]


def _warn_unsupported(options: Options, progress: Progress) -> None:
    for name in sorted(options):
        if options[name] and name in _UNSUPPORTED:
            progress.library_log.warning(f"{name} cannot be generated in an embedded library")


def _generate(library: Library, options: Options, progress: Progress) -> None:
    missing = pieces(library, options)
    progress.add(len(missing))
    for piece in missing:
        progress.check()
        with progress.task(piece.description):
            problem = piece.make()
        if problem is not None:
            progress.library_log.warning(problem)
        progress.step()


def clean(library: Library, options: Options, progress: Progress) -> None:
    Cleaner(library.database, options, progress, library.limits.any_folder).run()
    library.jobs.scan_complete.publish(True)


def auto_tag(library: Library, options: Options, progress: Progress) -> None:
    AutoTagger(library.database, options, progress).run()


def identify(library: Library, options: Options, progress: Progress) -> None:
    """Fill in scenes from files beside their videos."""
    # Imported here, because only this task needs the XML parser.
    from stash_cli.embedded.jobs.identify import Identifier

    Identifier(library, options, progress).run()


def generate(library: Library, options: Options, progress: Progress) -> None:
    """Generate covers and perceptual hashes; other requested kinds are logged as unsupported."""
    _warn_unsupported(options, progress)
    _generate(library, options, progress)


def clean_generated(library: Library, options: Options, progress: Progress) -> None:
    """Delete unreferenced pictures, the only generated content of an embedded library."""
    from stash_cli.embedded.persistence import blobs

    if not options.get("blobFiles"):
        progress.library_log.info("There are no generated files to clean")
        return
    with library.database.write() as connection:
        count = 0 if options.get("dryRun") else blobs.delete_unreferenced(connection)
    progress.library_log.info(f"Removed {count} unused pictures")


def optimise(library: Library, _: Options, progress: Progress) -> None:
    progress.total(None)
    with progress.task("Vacuuming database"):
        library.database.vacuum()


def migrate(_: Library, __: Options, progress: Progress) -> None:
    """Report that there is nothing to migrate: a library file is migrated when it is opened."""
    progress.library_log.info("There is nothing to migrate: the library is up to date")


def export_objects(context: RequestContext, options: Mapping[str, Any]) -> str:
    """Export the selected entities to a zip file and return its URL path."""
    # The exporter uses contexts, which import the object types.
    from stash_cli.embedded.import_export.exporter import Export

    stamp = datetime.now().astimezone().strftime("%Y%m%d%H%M%S")
    url, target = context.library.downloads.reserve(f"export{stamp}.zip")
    archive.write_zip(target, Export(context, options).files())
    return url


def metadata_path(context: RequestContext) -> Path:
    """The folder of full exports. Raises Refused when it is not configured."""
    path = settings.read_part(context.connection, "general").get("metadataPath")
    if not path:
        raise Refused("metadata path must be set in config")
    return Path(path)


def export_all(library: Library, target: Path, progress: Progress) -> None:
    """Export the whole library as JSON to folder `target`."""
    from stash_cli.embedded.import_export.exporter import Export
    from stash_cli.embedded.library.context import RequestContext

    progress.total(None)
    with library.database.read() as connection:
        archive.write_folder(target, Export(RequestContext(library, connection, "")).files())
    progress.library_log.info(f"Exported the library to {target}")


def import_all(library: Library, source: Path, progress: Progress) -> None:
    """Replace the library's content by the JSON in folder `source`; settings are kept.

    An empty or unreadable source is refused before anything is deleted.
    """
    entries = archive.read_folder(source)
    with library.database.write() as connection:
        connection.execute(update(t.folders).values(zip_file_id=None))
        connection.execute(update(t.files).values(zip_file_id=None))
        # Tables whose foreign keys prevent the deletion of other rows come first.
        for table in (t.scene_markers, t.files, t.folders, *t.metadata.tables.values()):
            if table not in (t.settings, t.scenes_stale, t.images_stale):
                connection.execute(delete(table))
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")
    import_entries(library, entries, {"missingRefBehaviour": "FAIL"}, progress)


def import_entries(
    library: Library, entries: Entries, options: Mapping[str, Any], progress: Progress
) -> None:
    from stash_cli.embedded.import_export.importer import Import

    duplicates = str(options.get("duplicateBehaviour", "FAIL"))
    Import(library.database, progress, duplicates, str(options["missingRefBehaviour"])).run(entries)
