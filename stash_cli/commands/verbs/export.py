"""`export`: objects as a file of records that people edit and `import` reads."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.queries.searching import pages_of, read_query, search_for
from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.records.export_fields import ExportField
    from stash_cli.core.client.session import Session
    from stash_cli.core.records.formats import Layout
    from stash_cli.core.records.writing import RecordWriter
    from stash_cli.output.streams import Streams


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportOptions(WhereOptions):
    """The command line of `export`."""

    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-", help="a csv, tsv, json, jsonl or parquet file; - prints it", show_default=False
        ),
    ] = ""
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace a file that exists")] = False
    delimiter: Annotated[
        str, typer.Option("--delimiter", metavar="CHAR", help="between the cells of csv; a comma by default")
    ] = ""
    encoding: Annotated[
        str,
        typer.Option("--encoding", metavar="NAME", help="of csv; Excel reads utf-8-sig (default: utf-8)"),
    ] = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class MediaExportOptions(ExportOptions):
    """The command line of `export` of objects that have files."""

    sidecar: Annotated[
        str | None,
        typer.Option(
            "--sidecar",
            metavar="nfo",
            help="write a sidecar for each: beside its file, or below the folder FILE",
        ),
    ] = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    return command(
        "export",
        partial(export, noun),
        MediaExportOptions if noun.files else ExportOptions,
        help=f"Write {plural} to a file: all, or those of --where and --saved."
        "\n\nThe ending of FILE says the format. Fields are written as import reads them, related objects by"
        " name; id, updated_at, paths and the database tell import which object a row is about and whether it"
        " was changed since. --fields chooses the others.",
        examples=examples,
    )


def export(noun: Noun, runtime: Runtime, options: ExportOptions) -> None:
    if isinstance(options, MediaExportOptions) and options.sidecar is not None:
        from stash_cli.commands.housekeeping.sidecar_export import export_sidecars

        export_sidecars(noun, runtime, options)
        return
    if runtime.options.fields == ["list"]:
        runtime.check_output(noun.view)
    if not options.target:
        hint = f"stash {noun.entity.plural} export {noun.entity.plural}.csv"
        raise StashUsageError("name the file to write, or - to print", hint=hint)
    layout = read_layout(runtime, options)
    query = read_query(runtime, noun.entity, options)
    _check_target(options)

    async def work(session: Session) -> int:
        search = await search_for(session, runtime, noun.entity, query)
        fields = await read_fields(session, runtime, noun)
        with opened(runtime, options, layout, fields) as writer:
            return await _write(session, runtime, search, fields, writer)

    count = runtime.run(work)
    if options.target != "-":
        runtime.streams.note(f"wrote {noun.entity.counted(count)} to {options.target}")


def read_layout(runtime: Runtime, options: ExportOptions) -> Layout:
    """Return the layout of the file. Raises StashUsageError if neither name nor option sets the format."""
    from stash_cli.core.records.formats import Format, endings, layout_of

    chosen = runtime.given_output
    layout = layout_of(options.target, chosen) or (layout_of("", "csv") if options.target == "-" else None)
    if layout is None or (chosen and layout_of("", chosen) is None):
        raise StashUsageError(
            f"{chosen or options.target}: not a format that import reads.",
            hint=f"Name the file with one of {endings()}, or give --csv, --json or --jsonl.",
        )
    if layout.format is not Format.CSV and (options.delimiter or options.encoding):
        raise StashUsageError("--delimiter and --encoding are for csv")
    if layout.format is Format.PARQUET and options.target == "-" and runtime.streams.out_is_terminal:
        raise StashUsageError("parquet is no text: name a file")
    return replace(layout, delimiter=read_delimiter(options.delimiter) or layout.delimiter)


def read_delimiter(text: str) -> str:
    r"""Parse one character, or `tab` or `\t`. Raises StashUsageError."""
    delimiter = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(delimiter) > 1 or delimiter in ('"', "\n", "\r"):
        raise StashUsageError(f"--delimiter {text!r}: give one character, or tab")
    return delimiter


def _check_target(options: ExportOptions) -> None:
    path = Path(options.target).expanduser()
    if options.target == "-":
        return
    if path.is_dir():
        raise StashInputError(f"{path} is a folder: name a file in it")
    if path.is_file() and not options.overwrite:
        raise StashUsageError(f"{path} exists", hint="Replace it with --overwrite.")
    if not path.parent.is_dir():
        raise StashInputError(f"there is no folder {path.parent}")


async def read_fields(session: Session, runtime: Runtime, noun: Noun) -> list[ExportField]:
    """Return the columns, after reading the names of related objects and the database's fingerprint."""
    from stash_cli.commands.records.export_fields import Words, export_fields, types_of
    from stash_cli.commands.records.identity import database_text
    from stash_cli.core.edits.journal.databases import read_fingerprint
    from stash_cli.core.graphql.selection import merge

    entity, server = noun.entity, await session.load_capabilities()
    words = Words()
    names = runtime.options.fields
    database = database_text(await read_fingerprint(session))
    fields = export_fields(entity, server, names, words, database)
    merge(entity.type, [path for each in fields for path in each.paths])  # raises for unknown fields
    await words.read(session, types_of([each.name for each in fields], entity))
    return fields


async def _write(
    session: Session, runtime: Runtime, search: Any, fields: Sequence[ExportField], writer: RecordWriter
) -> int:
    paths = list(dict.fromkeys(path for each in fields for path in each.paths))
    count = 0
    async for page in pages_of(session, search, paths):
        writer.rows([{each.name: each.value(row) for each in fields} for row in page])
        count += len(page)
        runtime.streams.on_many_rows()
    writer.finish()
    return count


@contextmanager
def opened(
    runtime: Runtime, options: ExportOptions, layout: Layout, fields: Sequence[ExportField]
) -> Iterator[RecordWriter]:
    """Open the writer of the file, which is replaced atomically; for `-`, of standard output."""
    from stash_cli.core.records.writing import output_file

    if options.target == "-":
        yield _to_stdout(runtime, layout, fields)
        return
    with output_file(Path(options.target).expanduser()) as file:
        yield from _to_file(file, options, layout, fields)


def _to_stdout(runtime: Runtime, layout: Layout, fields: Sequence[ExportField]) -> RecordWriter:
    from stash_cli.commands.records.export_fields import cell
    from stash_cli.core.records.formats import Format
    from stash_cli.core.records.writing import text_writer

    if layout.format is Format.PARQUET:
        raise StashUsageError("parquet is no text: name a file")
    return text_writer(_Stdout(runtime.streams), layout, [each.name for each in fields], cell)


class _Stdout:
    """Standard output as a file of text."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def write(self, text: str) -> None:
        self._streams.data(text)


def _to_file(
    file: BinaryIO, options: ExportOptions, layout: Layout, fields: Sequence[ExportField]
) -> Iterator[RecordWriter]:
    from stash_cli.commands.records.export_fields import cell
    from stash_cli.core.records.formats import Format
    from stash_cli.core.records.writing import text_writer

    if layout.format is Format.PARQUET:
        from stash_cli.core.records.parquet import ParquetRecords

        yield ParquetRecords(file, {each.name: each.kind for each in fields})
        return
    try:
        text = io.TextIOWrapper(file, options.encoding or "utf-8", "backslashreplace", newline="")
    except LookupError:
        raise StashUsageError(f"--encoding {options.encoding}: no such encoding") from None
    yield text_writer(text, layout, [each.name for each in fields], cell)
    text.flush()
    text.detach()
