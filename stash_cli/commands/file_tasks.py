"""Tasks with files: backup, anonymised copy, export and import."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, StashCommand, command
from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.input_flags import flag_table
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.tasks.media_paths import require_ready
from stash_cli.commands.tasks.task_inputs import RiskyOptions, TaskOptions
from stash_cli.commands.tasks.waiting import JOB, JobReport, Started, follow, run_job, start_job
from stash_cli.core.errors import StashInputError, StashServerError, StashUsageError
from stash_cli.core.types.api import describe_api
from stash_cli.output.failures import confirm
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

PATIENCE = 4 * 3600.0
"""Timeout in seconds for creating a file; the server responds only when it is complete."""

DOWNLOAD = View(columns=columns("path", "size>"))

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE|FOLDER]", help="download it to this file or folder (default: it stays on the server)"
    ),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class CopyOptions(CommandOptions):
    """The command line of `backup` and `anonymise`."""

    target: Target = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportOptions(TaskOptions):
    """The command line of `export`."""

    target: Target = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ImportOptions(RiskyOptions):
    """The command line of `import`."""

    source: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="zip file of `stash export FILE` to add")
    ] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class FileTask:
    """One verb; `run` is called for a command line, `perform` for a step of a chain."""

    about: str
    text: str
    options: type[CommandOptions]
    run: Callable[[Runtime, Any], None]
    perform: Callable[[Session, Runtime, Any, Started], Awaitable[JobReport | str | None]] | None
    flags: Callable[[], FlagTable]
    examples: tuple[str, ...]

    def parse(self, runtime: Runtime, verb: str, words: Sequence[str]) -> CommandOptions:
        """Parse the words of a step like a command line. Raises the same errors as the command."""
        parsed: list[CommandOptions] = []
        step = command(verb, lambda _, options: parsed.append(options), self.options, flags=self.flags)
        with step.make_context(verb, list(words), obj=runtime) as ctx:
            step.invoke(ctx)
        return parsed[0]


def build(verb: str) -> StashCommand:
    task = FILE_TASKS[verb]
    return command(verb, task.run, task.options, help=task.text, examples=task.examples, flags=task.flags)


def entries() -> dict[str, Entry]:
    return {verb: Entry(task.about, build, arguments=(verb,)) for verb, task in FILE_TASKS.items()}


def run_copy(operation: str, runtime: Runtime, options: CopyOptions) -> None:
    """Copy the database on the server, and download the copy if a target is given."""
    require_writable(options.target)

    async def work(session: Session) -> str | None:
        return await copied(operation, session, runtime, options)

    print_download(runtime, runtime.run(work, writes=True))


async def copied(
    operation: str, session: Session, runtime: Runtime, options: CopyOptions, _: Started | None = None
) -> str | None:
    """Copy the database; return the path of the download, or None if the copy stays on the server."""
    require_writable(options.target)
    await require_ready(session)
    values = options.flags | ({} if options.target is None else {"download": True})
    async with long_timeout_session(session) as slow:
        runtime.streams.detail(f"{operation} with {values}")
        address = await uninterrupted(
            confirmed(
                slow.call(operation, {"input": values}),
                is_answer=lambda answer: answer is None or isinstance(answer, str),
                hint="The server may have made it: look into its folder for backups.",
            )
        )
        return None if options.target is None else await fetched(slow, address, options.target)


async def fetched(session: Session, address: str | None, target: str) -> str:
    """Download a file of the server, and return its path. Raises StashServerError without a URL."""
    from stash_cli.core.client.downloads import download

    if not address:
        raise StashServerError("The server offers no download: it kept the file on its own machine.")
    return str(await download(session, address, target))


def print_download(runtime: Runtime, path: str | None) -> None:
    """Print the path of a download; note that a copy stays on the server."""
    if path is None:
        runtime.streams.note(
            "done; the copy is on the server, beside its database or in its folder for backups"
        )
        return
    size = Path(path).stat().st_size
    runtime.streams.note(f"wrote {path} ({size:,} bytes)")
    if runtime.for_people:
        runtime.streams.data(f"{path}\n")
    else:
        runtime.print_row(DOWNLOAD, {"path": path, "size": size})


@asynccontextmanager
async def long_timeout_session(session: Session) -> AsyncIterator[Session]:
    """Open a session with a long timeout; for an embedded library, return the given session."""
    from stash_cli.core.client.session import Session as NewSession

    # A second session would open the library again, and an embedded library has no timeout.
    if session.connection.is_embedded:
        yield session
        return
    connection = replace(session.connection, timeout=max(session.connection.timeout, PATIENCE))
    async with NewSession(connection) as opened:
        yield opened


def require_writable(target: str | None) -> None:
    """Raise an error for a target that cannot be written, before the server creates a file for it."""
    if target is None:
        return
    if not target.strip():
        raise StashUsageError("FILE is empty: give a file or folder, or none to keep the copy on the server")
    folder = Path(target).expanduser()
    # Path drops a final slash, which marks a folder.
    folder = folder if folder.is_dir() or target.endswith(("/", os.sep)) else folder.parent
    if not folder.is_dir():
        raise StashInputError(f"there is no folder {folder}")


def export_flags() -> FlagTable:
    """`--scenes all|ID,ID..` for each kind of object, and the yes/no fields of the input."""
    fields = describe_api().types["ExportObjectsInput"].fields.values()
    kinds = [field for field in fields if field.type.name == "ExportObjectTypeInput" and not field.deprecated]
    about = "with FILE: only these, by id, or all; repeatable"
    chosen = [
        Flag(f"--{field.name}", field.name, about, "ID,..|all", "Objects", many=True) for field in kinds
    ]
    others = flag_table("ExportObjectsInput", group="Objects").rows()
    return FlagTable([*chosen, *(flag for flag in others if flag.dest == "includeDependencies")])


def run_export(runtime: Runtime, options: ExportOptions) -> None:
    runtime.check_output(JOB)
    require_writable(options.target)
    if options.target is None and options.flags:
        raise StashUsageError("a choice of objects needs FILE: without one the whole library is exported")
    follow = options if options.follows else None

    async def work(session: Session) -> str | None:
        await require_ready(session)
        if options.target is None:
            await run_job(session, runtime, "metadataExport", {}, follow)
            return None
        return await exported(session, options.flags, options.target)

    path = runtime.run(work, writes=True)
    if path is not None:
        print_download(runtime, path)


async def exported(session: Session, flags: dict[str, Any], target: str) -> str:
    """Export the chosen objects, download the file, and return its path."""
    async with long_timeout_session(session) as slow:
        address = await slow.call("exportObjects", {"input": export_input(flags)})
        return await fetched(slow, address, target)


async def export_step(
    session: Session, runtime: Runtime, options: ExportOptions, started: Started
) -> JobReport | str:
    """Export as a step of a chain; return the path of a download, or the report of the job."""
    require_writable(options.target)
    await require_ready(session)
    if options.target is not None:
        return await exported(session, options.flags, options.target)

    async def start() -> str:
        return await uninterrupted(start_job(session, runtime, "metadataExport", {}, started))

    return await follow(session, runtime, start, options, started)


def export_input(flags: dict[str, Any]) -> dict[str, Any]:
    """The input for the chosen objects, or for all of every kind."""
    kinds = {flag.dest for flag in export_flags().rows()} - {"includeDependencies"}
    chosen = {name: words for name, words in flags.items() if name in kinds}
    chosen = chosen or {name: ["all"] for name in kinds}
    values: dict[str, Any] = {name: _selection(name, words) for name, words in chosen.items()}
    return values | {"includeDependencies": flags.get("includeDependencies", True)}


def _selection(name: str, words: list[str]) -> dict[str, Any]:
    ids = [part.strip() for word in words for part in word.split(",")]
    if "all" in ids:
        return {"all": True}
    if invalid := [each for each in ids if not each.isdecimal()]:
        raise StashInputError(f"--{name}: {invalid[0]!r} is neither an id nor all")
    return {"ids": ids}


def import_flags() -> FlagTable:
    """The flags for existing objects, and for missing related objects."""
    table = flag_table("ImportObjectsInput", group="Settings (with FILE; default: IGNORE and FAIL)")
    table.flags.pop("--file", None)
    return table


def run_import(runtime: Runtime, options: ImportOptions) -> None:
    runtime.check_output(JOB)
    source = None if options.source is None else Path(options.source).expanduser()
    if source is not None and not source.is_file():
        raise StashInputError(f"there is no file {source}")
    if source is None:
        _confirm_replacement(runtime, options)
    follow = options if options.follows else None

    async def work(session: Session) -> None:
        await require_ready(session)
        if source is None:
            await run_job(session, runtime, "metadataImport", {}, follow)
            return
        defaults = {"duplicateBehaviour": "IGNORE", "missingRefBehaviour": "FAIL"}
        values = {**defaults, **options.flags, "file": source}
        await run_job(session, runtime, "importObjects", {"input": values}, follow)

    runtime.run(work, writes=True)


def _confirm_replacement(runtime: Runtime, options: ImportOptions) -> None:
    """Ask before the whole library is replaced. Raises StashNotConfirmedError and StashUsageError."""
    if options.flags:
        raise StashUsageError("these settings need FILE: without one the whole library is replaced")
    question = "import replaces the whole library by the server's metadata folder; continue"
    confirm(runtime.streams, question, yes=options.yes)


FILE_TASKS = {
    "import": FileTask(
        about="Import objects from a file, or replace the library by the server's metadata folder",
        text="Add the objects of FILE, a zip of `stash export`, to the library. Without FILE the whole "
        "library is replaced by the server's metadata folder.",
        options=ImportOptions,
        run=run_import,
        perform=None,
        flags=import_flags,
        examples=(
            "stash import objects.zip --duplicate-behaviour overwrite --wait",
            "stash import --yes --wait",
        ),
    ),
    "export": FileTask(
        about="Export objects to a file, or the library to the server's metadata folder",
        text="Export objects to FILE, a zip that is downloaded: all, or those chosen. Without FILE the whole "
        "library is exported to the server's metadata folder.",
        options=ExportOptions,
        run=run_export,
        perform=export_step,
        flags=export_flags,
        examples=("stash export objects.zip", "stash export tags.zip --tags all", "stash export --wait"),
    ),
    "backup": FileTask(
        about="Back up the database, on the server or to a file here",
        text="Back up the database: on the server, or downloaded to FILE, which is complete or not there.",
        options=CopyOptions,
        run=partial(run_copy, "backupDatabase"),
        perform=partial(copied, "backupDatabase"),
        flags=lambda: _without_download("BackupDatabaseInput"),
        examples=("stash backup", "stash backup /backups/ -q"),
    ),
    "anonymise": FileTask(
        about="Copy the database without names, texts and pictures",
        text="Copy the database without names, texts and pictures, to show somebody a problem: on the "
        "server, or downloaded to FILE.",
        options=CopyOptions,
        run=partial(run_copy, "anonymiseDatabase"),
        perform=partial(copied, "anonymiseDatabase"),
        flags=lambda: _without_download("AnonymiseDatabaseInput"),
        examples=("stash anonymise copy.sqlite",),
    ),
}


def _without_download(type_name: str) -> FlagTable:
    return FlagTable(
        flag for flag in flag_table(type_name, group="Settings").rows() if flag.dest != "download"
    )


backup, export, import_, anonymise = (
    partial(build, verb) for verb in ("backup", "export", "import", "anonymise")
)
