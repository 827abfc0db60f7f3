"""Exporting and importing the library as JSON: the tasks, and the export that a client downloads."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.exchange import archive
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.settings import read_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.exchange.archive import Entries
    from stash_cli.embedded.jobs.progress import Progress
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.library import Library


def export_objects(context: RequestContext, options: Mapping[str, Any]) -> str:
    """Write what was asked for into a zip file and return the URL path to fetch it from."""
    from stash_cli.embedded.exchange.exporting import Export  # the kinds use contexts

    stamp = datetime.now().astimezone().strftime("%Y%m%d%H%M%S")
    url, target = context.library.downloads.reserve(f"export{stamp}.zip")
    archive.write_zip(target, Export(context, options).files())
    return url


def metadata_path(context: RequestContext) -> Path:
    """The folder of full exports, which has to be set."""
    path = read_part(context.connection, "general").get("metadataPath")
    if not path:
        raise Refused("metadata path must be set in config")
    return Path(path)


def export_all(library: Library, target: Path, progress: Progress) -> None:
    """Write the whole library as JSON below `target`."""
    from stash_cli.embedded.exchange.exporting import Export
    from stash_cli.embedded.library.context import RequestContext

    progress.total(None)
    with library.database.read() as connection:
        archive.write_folder(target, Export(RequestContext(library, connection, "")).files())
    progress.journal.info(f"Exported the library to {target}")


def import_all(library: Library, source: Path, progress: Progress) -> None:
    """Replace the library's content by the JSON below `source`; its settings stay.

    Nothing is lost when there is nothing to read.
    """
    entries = archive.read_folder(source)
    with library.database.write() as connection:
        connection.execute(update(t.folders).values(zip_file_id=None))
        connection.execute(update(t.files).values(zip_file_id=None))
        # First what other tables may not lose, then everything else.
        for table in (t.scene_markers, t.files, t.folders, *t.metadata.tables.values()):
            if table not in (t.settings, t.scenes_stale, t.images_stale):
                connection.execute(delete(table))
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")
    import_entries(library, entries, {"missingRefBehaviour": "FAIL"}, progress)


def import_entries(
    library: Library, entries: Entries, options: Mapping[str, Any], progress: Progress
) -> None:
    from stash_cli.embedded.exchange.importing import Import

    duplicates = str(options.get("duplicateBehaviour", "FAIL"))
    Import(library.database, progress, duplicates, str(options["missingRefBehaviour"])).run(entries)
