"""`stash filters`: the filters that are saved in the web interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, Yes, subcommand
from stash_cli.commands.common.sending import uninterrupted
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean
from stash_cli.core.types.entities import ENTITIES, NOUNS, Entity
from stash_cli.output.failures import confirm
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.saved_filters import LoadedFilter, Row
    from stash_cli.core.client.session import Session

FILTER = View(
    "SavedFilter",
    columns(
        "id>",
        "kind=mode:mode",
        "name!",
        "text=find_filter.q",
        "sort=find_filter.sort",
        "direction=find_filter.direction",
        "criteria=object_filter:keys",
    ),
)

QUERIES = "stash_cli.commands.queries.filter_queries"
KINDS = ", ".join(entity.plural for entity in ENTITIES.values())
Kind = Annotated[str | None, typer.Option("--kind", metavar="NOUN", help=f"of these objects: {KINDS}")]
Word = Annotated[str, typer.Argument(metavar="NAME|ID", help="the filter")]


@dataclass(frozen=True, kw_only=True, eq=False)
class ListOptions(CommandOptions):
    """The command line of `filters list`."""

    kind: Kind = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowOptions(ListOptions):
    """The command line of `filters show`."""

    word: Word


@dataclass(frozen=True, kw_only=True, eq=False)
class RenameOptions(ListOptions):
    """The command line of `filters rename`."""

    word: Word
    name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="its new name")]


@dataclass(frozen=True, kw_only=True, eq=False)
class DeleteOptions(ShowOptions):
    """The command line of `filters delete`."""

    yes: Yes = False


@dataclass(frozen=True, kw_only=True, eq=False)
class DefaultOptions(CommandOptions):
    """The command line of `filters default get` and `clear`."""

    kind: Annotated[str, typer.Argument(metavar="NOUN", help=KINDS)]


@dataclass(frozen=True, kw_only=True, eq=False)
class SetDefaultOptions(CommandOptions):
    """The command line of `filters default set`."""

    kind: Annotated[str, typer.Argument(metavar="NOUN", help=KINDS)]
    word: Word


def group() -> LazyGroup:
    entries = {
        "list": subcommand(
            "List the saved filters",
            run_list,
            ListOptions,
            "stash filters list",
            "stash filters list --kind scenes --json",
        ),
        "show": subcommand(
            "Show one saved filter, criterion by criterion",
            run_show,
            ShowOptions,
            "stash filters show 'To watch'",
            "stash filters show id:3 --json",
        ),
        "run": Entry("Find what a saved filter finds, in its order", f"{QUERIES}:build_run"),
        "save": Entry("Save a query as a filter of the web interface", f"{QUERIES}:build_save"),
        "rename": subcommand(
            "Rename a saved filter",
            run_rename,
            RenameOptions,
            "stash filters rename 'To watch' 'To watch again'",
        ),
        "delete": subcommand(
            "Delete a saved filter; the objects stay",
            run_delete,
            DeleteOptions,
            "stash filters delete 'To watch'",
        ),
        "default": Entry("The filter that a list of the web interface opens with", default_group),
    }
    return LazyGroup("filters", entries, "Use and manage the filters of the web interface.")


def default_group() -> LazyGroup:
    entries = {
        "get": subcommand(
            "Show the filter that a list opens with",
            run_get_default,
            DefaultOptions,
            "stash filters default get scenes",
        ),
        "set": subcommand(
            "Open a list with a saved filter",
            run_set_default,
            SetDefaultOptions,
            "stash filters default set scenes 'To watch'",
        ),
        "clear": subcommand(
            "Open a list without a filter",
            run_clear_default,
            DefaultOptions,
            "stash filters default clear scenes",
        ),
    }
    return LazyGroup("default", entries, "The filter that a list of the web interface opens with.")


def run_list(runtime: Runtime, options: ListOptions) -> None:
    """List the filters that are saved in the web interface, by kind and name."""
    runtime.check_output(FILTER)
    kind = kind_of(options.kind)

    async def work(session: Session) -> list[Row]:
        from stash_cli.core.client.saved_filters import saved_filters

        return await saved_filters(session, kind.type if kind else "")

    rows = runtime.run(work)
    runtime.print_rows(FILTER, rows)
    if not rows:
        runtime.streams.note("no saved filters")


def run_show(runtime: Runtime, options: ShowOptions) -> None:
    """Show one saved filter: its criteria, with the names that the objects have today.

    What has no translation, and objects that are deleted, are named. A JSON format prints the filter as the
    server has it.
    """
    runtime.check_output(FILTER)

    async def work(session: Session) -> LoadedFilter:
        from stash_cli.core.client.saved_filters import load_saved

        return await load_saved(session, options.word, type_of(options.kind))

    found = runtime.run(work)
    if not runtime.for_people:
        runtime.print_row(FILTER, found.row)
    else:
        runtime.print_row(CARD, facts_of(found))
    for warning in found.warnings():
        runtime.streams.warn(warning)
    for note in found.notes():
        runtime.streams.note(note)


CARD = View("", columns("id", "kind=mode:mode", "name", "text", "sort", "page_size", "criteria:line"))


def facts_of(found: LoadedFilter) -> dict[str, Any]:
    """A saved filter for people: each criterion in words."""
    from stash_cli.core.query.saved_filters.description import describe_criteria

    query = found.query
    sort = f"{'-' if query.direction == 'DESC' else ''}{query.sort or ''}"
    names = {(reference.type, reference.id): name for reference, name in found.renamed.items()}
    return {
        # A default filter has no id of its own; servers return 0.
        "id": found.row["id"] if str(found.row["id"]) != "0" else "",
        "mode": found.row["mode"],
        "name": found.row["name"],
        "text": query.q,
        "sort": sort.removesuffix("-"),
        "page_size": query.per_page,
        "criteria": describe_criteria(query.type, found.row.get("object_filter") or {}, names),
    }


def run_rename(runtime: Runtime, options: RenameOptions) -> None:
    """Rename a saved filter."""
    runtime.check_output(FILTER)
    if not options.name.strip():
        raise StashUsageError("NEW_NAME is empty")

    async def work(session: Session) -> Row:
        from stash_cli.core.client.saved_filters import find_saved, rename_saved

        row = await find_saved(session, options.word, type_of(options.kind))
        return await uninterrupted(rename_saved(session, row, options.name))

    row = runtime.run(work, writes=True, creates=False)
    runtime.streams.note(f"renamed {options.word} to {row['name']}")
    print_changed(runtime, row)


def run_delete(runtime: Runtime, options: DeleteOptions) -> None:
    """Delete a saved filter. The objects that it finds stay."""
    runtime.check_output(FILTER)

    async def work(session: Session) -> Row:
        from stash_cli.core.client.saved_filters import delete_saved, find_saved

        row = await find_saved(session, options.word, type_of(options.kind))
        confirm(runtime.streams, f'delete the saved filter {row["id"]} "{row["name"]}"', yes=options.yes)
        await uninterrupted(delete_saved(session, row))
        return row

    row = runtime.run(work, writes=True, creates=False)
    runtime.streams.note(f"deleted the saved filter {row['name']}")
    print_changed(runtime, row)


def run_get_default(runtime: Runtime, options: DefaultOptions) -> None:
    """Show the filter that a list of the web interface opens with."""
    runtime.check_output(FILTER)
    entity = require_kind(options.kind)

    async def work(session: Session) -> LoadedFilter | None:
        from stash_cli.core.client.saved_filters import default_filter, load_row

        row = await default_filter(session, entity.type)
        return None if row is None else await load_row(session, row)

    found = runtime.run(work)
    if found is None:
        runtime.streams.note(f"the list of {entity.plural} opens without a filter")
    elif runtime.for_people:
        runtime.print_row(CARD, facts_of(found))
    else:
        runtime.print_row(FILTER, found.row)


def run_set_default(runtime: Runtime, options: SetDefaultOptions) -> None:
    """Make a saved filter the one that a list of the web interface opens with."""
    entity = require_kind(options.kind)

    async def work(session: Session) -> Row:
        from stash_cli.core.client.saved_filters import find_saved, set_default_filter

        row = await find_saved(session, options.word, entity.type)
        await uninterrupted(set_default_filter(session, entity.type, row))
        return row

    row = runtime.run(work, writes=True, creates=False)
    runtime.streams.note(f"the list of {entity.plural} opens with {row['name']}")


def run_clear_default(runtime: Runtime, options: DefaultOptions) -> None:
    """Make a list of the web interface open without a filter."""
    entity = require_kind(options.kind)

    async def work(session: Session) -> None:
        from stash_cli.core.client.saved_filters import set_default_filter

        await uninterrupted(set_default_filter(session, entity.type, None))

    runtime.run(work, writes=True, creates=False)
    runtime.streams.note(f"the list of {entity.plural} opens without a filter")


def kind_of(word: str | None) -> Entity | None:
    """The entity of a noun; None without one."""
    return None if word is None else require_kind(word)


def require_kind(word: str) -> Entity:
    entity = NOUNS.get(word.lower())
    if entity is None:
        hint = did_you_mean(word, NOUNS) or f"The kinds are {KINDS}."
        raise StashInputError(f"no such kind of objects: {word}. {hint}")
    return entity


def type_of(kind: str | None) -> str:
    entity = kind_of(kind)
    return entity.type if entity else ""


def print_changed(runtime: Runtime, row: Row) -> None:
    """Print the filter in a chosen format."""
    if not runtime.for_people:
        runtime.print_row(FILTER, row)
