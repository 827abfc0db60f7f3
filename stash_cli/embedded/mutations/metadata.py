"""Mutations that queue and stop jobs, and export, import and back up the library, complete or anonymised."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, Text, delete, func, update

from stash_cli.core.private_files import create_private
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export.archive import read_zip
from stash_cli.embedded.jobs import tasks
from stash_cli.embedded.library.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stash_cli.embedded.jobs.tasks import LibraryTask
    from stash_cli.embedded.library.context import Input, RequestContext, Resolver
    from stash_cli.embedded.library.library import Library


_OMITTED = (
    *t.URLS.values(),
    *t.STASH_IDS.values(),
    *t.CUSTOM_FIELDS.values(),
    t.blobs,
    t.files_fingerprints,
    t.saved_filters,
    t.settings,
)
"""Tables whose rows an anonymised copy omits."""
_UNCHANGED_COLUMNS = frozenset(
    ("gender", "circumcised", "language_code", "caption_type", "format", "video_codec", "audio_codec")
)
"""Text columns that identify nobody and are kept."""


def write_backup(library: Library, options: Mapping[str, Any]) -> str | None:
    """Copy the library beside it, or to a download whose URL path is returned."""
    url, target = _target_path(library, "", download=bool(options.get("download")))
    _copy(library.database.path, target)
    library.jobs.library_log.info(f"Backed the library up to {target}")
    return url


def write_anonymised(library: Library, options: Mapping[str, Any]) -> str | None:
    """As `back_up`, with every name and text replaced by a keyed hash."""
    url, target = _target_path(library, ".anonymous", download=bool(options.get("download")))
    _copy(library.database.path, target)
    _anonymise_copy(target)
    library.jobs.library_log.info(f"Wrote an anonymised copy to {target}")
    return url


def _target_path(library: Library, ending: str, *, download: bool) -> tuple[str | None, Path]:
    source: Path = library.database.path
    stamp = datetime.now().astimezone().strftime("%Y%m%d_%H%M%S_%f")
    name = f"{source.name}{ending}.{stamp}"
    return library.downloads.reserve(name) if download else (None, source.with_name(name))


def _copy(source: Path, target: Path) -> None:
    create_private(target)
    # The backup API copies a consistent state while others write, which copying the file would not.
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)


def _anonymise_copy(path: Path) -> None:
    """Anonymise a copy and vacuum it, so that free pages hold no old content."""
    database = Database(path)
    try:
        with database.write() as connection:
            _anonymise(connection)
        database.vacuum()
    finally:
        database.close()


def _anonymise(connection: Connection) -> None:
    for table in _OMITTED:
        connection.execute(delete(table))
    _register_functions(connection, secrets.token_bytes(16))
    for table in t.metadata.tables.values():
        if table not in _OMITTED and table not in (t.scenes_stale, t.images_stale):
            _hash_texts(connection, table)


def _register_functions(connection: Connection, secret: bytes) -> None:
    driver: Any = connection.connection.driver_connection
    driver.create_function("scramble", 1, partial(_hash_text, secret), deterministic=True)
    driver.create_function("scramble_path", 1, partial(_hash_path, secret), deterministic=True)


def _hash_texts(connection: Connection, table: Table) -> None:
    """Replace the texts of a table; equal texts stay equal, so that references by text still hold."""
    names = [
        column.name
        for column in table.columns
        if isinstance(column.type, Text)
        and column.name not in _UNCHANGED_COLUMNS
        and not column.name.endswith("_blob")
    ]
    if not names:
        return
    values: dict[str, Any] = {
        name: func.scramble_path(table.c[name]) if name == "path" else func.scramble(table.c[name])
        for name in names
    }
    pictures = {column.name: None for column in table.columns if column.name.endswith("_blob")}
    connection.execute(update(table).values(values | pictures))


def _hash_path(secret: bytes, text: str) -> str:
    """Anonymise each part of a path, which keeps the containment of folders."""
    return "/".join(str(_hash_text(secret, part)) for part in text.split("/"))


def _hash_text(secret: bytes, text: str | None) -> str | None:
    """A keyed hash of 16 hex digits in place of a text; the extension of a file name is kept."""
    if not text:
        return text
    _, dot, suffix = text.rpartition(".")
    extension = dot + suffix if dot and suffix.isalnum() and len(suffix) <= 4 else ""  # noqa: PLR2004 - mp4, webm
    return hashlib.blake2b(text.encode(), key=secret, digest_size=8).hexdigest() + extension


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
    return write_backup(context.library, input)


def anonymise(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    return write_anonymised(context.library, input)


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
    "metadataIdentify": queueing("Identifying...", tasks.identify),
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
