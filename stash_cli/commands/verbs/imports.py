"""`import`: change and create objects from the rows of a file."""

from __future__ import annotations

import io
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.common.plan_output import PlanOut, check_plan_out, write_edits
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.verbs.editing import Editing, EditOptions
from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.many_keys import Ids
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.records.planning import Mode, Planner
    from stash_cli.core.client.session import Session
    from stash_cli.core.errors import StashError
    from stash_cli.core.records.reading import Records
    from stash_cli.output.streams import Streams


@dataclass(frozen=True, kw_only=True, eq=False)
class ImportOptions(EditOptions):
    """The command line of `import`."""

    source: Annotated[
        str, typer.Argument(metavar="FILE|-", help="a csv, tsv, json, jsonl or parquet file; - reads stdin")
    ]
    match: Annotated[
        str | None,
        typer.Option(
            "--match",
            metavar="FIELD,..",
            help="columns that find the object: id stash_id path name title oshash phash (default: id, else"
            " name, hash or path)",
        ),
    ] = None
    create: Annotated[bool, typer.Option("--create", help="only make new objects")] = False
    upsert: Annotated[bool, typer.Option("--upsert", help="change objects, and make those not there")] = False
    ignore: Annotated[
        bool, typer.Option("--ignore", help="pass over rows without an object; with --create, with one")
    ] = False
    on_multiple: Annotated[
        str,
        typer.Option("--on-multiple", metavar="WORD", help="rows that mean several objects: fail, skip, all"),
    ] = "fail"
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="make tags, performers and studios that are not there")
    ] = False
    empty_null: Annotated[
        bool, typer.Option("--empty-null", help="empty cells of csv clear the field; else they leave it")
    ] = False
    delimiter: Annotated[
        str, typer.Option("--delimiter", metavar="CHAR", help="between the cells of csv; found by itself")
    ] = ""
    encoding: Annotated[
        str, typer.Option("--encoding", metavar="NAME", help="of csv; UTF-8, or what its first bytes say")
    ] = ""
    plan_out: PlanOut = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    return command(
        "import",
        partial(import_records, noun),
        ImportOptions,
        help=f"Change {plural} as the rows of a file say, and make new ones with --create or --upsert."
        "\n\nA column is a field: tags replaces the list, tags+ and tags- add to it and take from it,"
        " custom.NAME is a field of your own. Equal values are not sent, and objects that are in no row"
        " do not change.",
        examples=examples,
    )


def import_records(noun: Noun, runtime: Runtime, options: ImportOptions) -> None:
    runtime.check_output(noun.view)
    mode = read_mode(noun, options)
    check_failed_to(options.failed_to)
    check_plan_out(options.plan_out)
    with opened(runtime.streams, options) as records:
        read_columns(noun, options, records)

        async def work(session: Session) -> None:
            from stash_cli.core.edits.drafts.draft import Draft

            with closing(Draft()) as draft:
                with before_sending(runtime):
                    planner = await plan(session, runtime, noun, options, records, mode, draft)
                await carry_out(session, runtime, noun, options, planner)

        runtime.run(work, writes=not (options.dry_run or options.plan_out))


def read_mode(noun: Noun, options: ImportOptions) -> Mode:
    """Return the mode: rows update or create objects. Raises StashUsageError for invalid combinations."""
    from stash_cli.commands.records.identity import identities
    from stash_cli.commands.records.matching import read_keys
    from stash_cli.commands.records.planning import Mode, OnMultiple
    from stash_cli.core.types.api import describe_api

    entity, keys = noun.entity, read_keys(noun.entity, options.match)
    if options.on_multiple not in [*OnMultiple]:
        raise StashUsageError(f"--on-multiple {options.on_multiple}: choose fail, skip or all")
    if options.create and options.upsert:
        raise StashUsageError("--create and --upsert exclude each other")
    if not (options.create or options.upsert):
        return Mode.UPDATE
    flag = "--create" if options.create else "--upsert"
    if entity.operation("Create") not in describe_api().mutations:
        raise StashUsageError(f"{flag}: {entity.plural} come from a scan and cannot be made")
    if keys and not identities(entity)[keys[0]].is_written:
        raise StashUsageError(
            f"{flag}: a new {entity.noun} gets no {keys[0]}, so the same file would make it again",
            hint="Name a column with --match that is written, such as name, title or stash_id.",
        )
    return Mode.CREATE if options.create else Mode.UPSERT


@contextmanager
def opened(streams: Streams, options: ImportOptions) -> Iterator[Records]:
    """The rows of the file, or of standard input."""
    from stash_cli.commands.verbs.export import read_delimiter
    from stash_cli.core.records.formats import Format, Layout, layout_of, sniffed
    from stash_cli.core.records.reading import open_records

    with _stream(streams, options.source) as stream:
        detected: Layout = layout_of(options.source) or sniffed(stream.peek(64))
        if detected.format is not Format.CSV and (
            options.delimiter or options.encoding or options.empty_null
        ):
            raise StashUsageError("--delimiter, --encoding and --empty-null are for csv")
        _check_encoding(options.encoding)
        delimiter = read_delimiter(options.delimiter) or detected.delimiter
        layout = replace(detected, delimiter=delimiter, encoding=options.encoding)
        name = "standard input" if options.source == "-" else options.source
        yield open_records(stream, name, layout)


def _check_encoding(name: str) -> None:
    import codecs

    try:
        codecs.lookup(name or "utf-8")
    except LookupError:
        raise StashUsageError(f"--encoding {name}: no such encoding") from None


@contextmanager
def _stream(streams: Streams, source: str) -> Iterator[Any]:
    if source == "-":
        yield io.BufferedReader(streams.raw_stdin())
        return
    try:
        file: BinaryIO = Path(source).expanduser().open("rb")
    except OSError as error:
        raise StashInputError(f"cannot read {source}: {error.strerror or error}") from None
    with file:
        yield file


def read_columns(noun: Noun, options: ImportOptions, records: Records) -> None:
    """Validate the columns of a file with a header line. Raises StashInputError, StashUsageError."""
    from stash_cli.commands.records.columns import Columns
    from stash_cli.commands.records.matching import read_keys

    if records.columns is None:
        return
    columns = Columns(noun.entity)
    parsed = [columns.of(name) for name in records.columns]
    keys = read_keys(noun.entity, options.match)
    for name in keys:
        if name not in records.columns and not (name == "stash_id" and "stash_ids" in records.columns):
            raise StashUsageError(f"--match {name}: {records.name} has no such column")
    if not any(each.target for each in parsed):
        raise StashInputError(
            f"{records.name}: no column assigns anything", hint="Its first line names columns."
        )


async def plan(
    session: Session,
    runtime: Runtime,
    noun: Noun,
    options: ImportOptions,
    records: Records,
    mode: Mode,
    draft: Any,
) -> Planner:
    """Read the whole file, and plan its changes."""
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.records.columns import Columns
    from stash_cli.commands.records.matching import Matcher, read_keys
    from stash_cli.commands.records.planning import OnMultiple, Planner
    from stash_cli.commands.verbs.names import Names
    from stash_cli.core.edits.journal.databases import read_fingerprint

    entity = noun.entity
    names = Names(session, create=options.create_missing)
    editing = Editing(session, runtime, entity, options, draft, names, Outcomes(entity, "imported", []))
    matcher = Matcher(entity, read_keys(entity, options.match), await read_fingerprint(session))
    columns = Columns(entity, clears=options.empty_null)
    planner = Planner(editing, records, columns, matcher, mode)
    planner.ignore, planner.on_multiple = options.ignore, OnMultiple(options.on_multiple)
    planner.force, planner.fail_fast = options.force, options.fail_fast
    await planner.fill()
    if columns.ignored:
        runtime.streams.note(f"not imported, as only the server sets them: {', '.join(columns.ignored)}")
    return planner


async def carry_out(
    session: Session, runtime: Runtime, noun: Noun, options: ImportOptions, planner: Planner
) -> None:
    """Show the plan; or ask, send it and report the outcomes."""
    from stash_cli.commands.verbs.update import drop_refused, other_edits

    editing = planner.editing
    await drop_refused(editing)
    if options.dry_run or options.plan_out is not None:
        if options.plan_out is not None:
            await write_edits(editing, options.plan_out)
        else:
            editing.print_plan(await session.load_capabilities())
        check_problems(planner)
        return
    if len(editing.draft):
        asked = await editing.consent(partial(other_edits, editing))
        await editing.apply(asked=asked)
    await print_outcome(session, runtime, noun, planner)


def check_problems(planner: Planner) -> None:
    """Raise the errors of rows: that of a single row, or one error that lists all."""
    from stash_cli.commands.common.outcomes import Outcomes, StashIncompleteError

    problems = planner.editing.outcomes.problems
    if len(problems) == 1:
        [(line, error)] = problems.items()
        raise StashInputError(f"{planner.records.name}, {line}: {error.message}", hint=error.hint)
    if problems:
        failed = StashIncompleteError(Outcomes(planner.editing.entity, "", [*problems], problems=problems))
        failed.message = f"{len(problems):,} of {planner.rows:,} rows cannot be imported"
        failed.details = [*_reasons(problems)]
        raise failed


def _reasons(problems: Mapping[str, StashError]) -> Iterator[str]:
    """Yield a line for each reason, with its rows."""
    from stash_cli.commands.common.outcomes import SHOWN_REASONS, listed

    lines: dict[str, list[str]] = {}
    for line, error in problems.items():
        lines.setdefault(error.message, []).append(line)
    for reason, rows in [*lines.items()][:SHOWN_REASONS]:
        yield f"{listed(rows)}: {reason}"
    if len(lines) > SHOWN_REASONS:
        yield f"and {len(lines) - SHOWN_REASONS} other reasons"


async def print_outcome(session: Session, runtime: Runtime, noun: Noun, planner: Planner) -> None:
    """Print the numbers of created and changed objects, and in a chosen format their rows."""
    from stash_cli.commands.verbs.update import print_rows

    editing = planner.editing
    outcomes, streams, new_ids = editing.outcomes, runtime.streams, editing.made
    if not outcomes.problems and outcomes.complete:
        skipped = f"{counted(planner.passed, 'row')} passed over" if planner.passed else ""
        streams.note(", ".join(filter(None, [*editing.done(), skipped])))
    try:
        if not runtime.for_people:
            ids = Ids(new_ids.get(id_, id_) for id_ in outcomes.done)
            ids += editing.unchanged
            if ids:
                await print_rows(session, runtime, noun, ids)
            else:
                runtime.print_rows(noun.view, [])
    finally:
        outcomes.check()
