"""Export, import and copies of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.import_export.archive import read_zip
from stash_cli.embedded.jobs import backup, tasks

if TYPE_CHECKING:
    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Input, Resolver


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
    """Copy the library; the URL path to fetch it from where that was asked for, else null."""
    return backup.back_up(context.library, input)


def anonymise(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    return backup.anonymise(context.library, input)


RESOLVERS: dict[str, Resolver] = {
    "exportObjects": export_objects,
    "importObjects": import_objects,
    "metadataExport": metadata_export,
    "metadataImport": metadata_import,
    "backupDatabase": back_up,
    "anonymiseDatabase": anonymise,
}
