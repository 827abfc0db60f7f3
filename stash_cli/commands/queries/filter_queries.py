"""`stash filters run` and `save`: saved filters as queries, and queries as saved filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import StashCommand, Yes, command
from stash_cli.commands.argv.query_words import is_query_word
from stash_cli.commands.common.sending import uninterrupted
from stash_cli.commands.filters import FILTER, KINDS, ShowOptions, print_changed, require_kind, type_of
from stash_cli.commands.queries.listing import Listing, ListOptions, read_listing, table_limit
from stash_cli.commands.queries.searching import read_query, search_for
from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.failures import confirm

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.saved_filters import Row
    from stash_cli.core.client.session import Session
    from stash_cli.core.client.sorting import SortKey


@dataclass(frozen=True, kw_only=True, eq=False)
class RunOptions(ShowOptions):
    """The command line of `filters run`."""

    limit: Annotated[
        str | None,
        typer.Option(
            "--limit", "-L", "-n", metavar="N|all", help="maximum number of rows (default: 40 in a table)"
        ),
    ] = None
    exit_status: Annotated[bool, typer.Option("--exit-status", help="exit with 12 if nothing matches")] = (
        False
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SaveOptions(ListOptions):
    """The command line of `filters save`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="the name to save it under")]
    query: Annotated[list[str] | None, typer.Argument(metavar="[QUERY]", help="see `stash help query`")] = (
        None
    )
    kind: Annotated[str, typer.Option("--kind", metavar="NOUN", help=f"what the query finds: {KINDS}")] = (
        "scenes"
    )
    yes: Yes = False


def build_run() -> StashCommand:
    examples = ("stash filters run 'To watch'", "stash filters run Best --kind images --json")
    return command("run", run_run, RunOptions, examples=examples)


def build_save() -> StashCommand:
    return command(
        "save",
        run_save,
        SaveOptions,
        examples=(
            "stash filters save 'To watch' rating:80.. play_count:0 sort:-date",
            "stash filters save Favourites --kind performers is:favorite",
        ),
        is_query=_is_query_word,
    )


def _is_query_word(word: str) -> bool:
    """Whether a word with a dash is a term of a query for any type, because --kind may follow it."""
    return any(is_query_word(type_name, word) for type_name in ENTITIES)


def run_run(runtime: Runtime, options: RunOptions) -> int:
    """Find what a saved filter finds, sorted as in the web interface."""
    from stash_cli.commands.verbs.find import NOTHING_MATCHED, print_found

    limit = table_limit(runtime, options.limit)

    async def work(session: Session) -> int:
        from stash_cli.core.client.saved_filters import find_saved, load_row
        from stash_cli.core.client.saved_terms import condition_of
        from stash_cli.core.query.language.query import Query
        from stash_cli.core.query.saved_filters.web_criteria import MODES

        row = await find_saved(session, options.word, type_of(options.kind))
        noun = _noun(MODES[row["mode"]])
        runtime.check_output(noun.view)
        loaded = await load_row(session, row)
        for text in [*loaded.warnings(), *loaded.notes()]:
            runtime.streams.note(text)
        query = Query("", noun.entity.type, where=condition_of(loaded))
        listing = Listing(_keys(row), limit, is_default=options.limit is None)
        search = await search_for(session, runtime, noun.entity, query, *listing.sort)
        return await print_found(session, runtime, noun, search, listing)

    found = runtime.run(work)
    return NOTHING_MATCHED if options.exit_status and not found else 0


def _keys(row: Row) -> tuple[SortKey, ...]:
    """The sort key of a saved filter."""
    from stash_cli.core.client.sorting import SortKey

    paging = row.get("find_filter") or {}
    return (SortKey(paging["sort"], paging.get("direction") == "DESC"),) if paging.get("sort") else ()


def _noun(type_name: str) -> Noun:
    from importlib import import_module

    found: Noun = import_module(f"stash_cli.commands.{ENTITIES[type_name].plural}").NOUN
    return found


def run_save(runtime: Runtime, options: SaveOptions) -> None:
    """Save a query as a filter of the web interface.

    What the interface cannot show is refused, such as "or", groups and conditions on related objects. A
    filter of the same name is replaced after a question.
    """
    runtime.check_output(FILTER)
    entity = require_kind(options.kind)
    if not options.name.strip():
        raise StashUsageError("NAME is empty")
    query = read_query(runtime, entity, options, options.query or ())
    listing = read_listing(runtime, entity, options, query)

    async def work(session: Session) -> Row:
        from stash_cli.commands.queries.web_lists import web_list
        from stash_cli.core.client.saved_filters import save_filter, saved_filters

        found = await web_list(session, entity, query, listing)
        rows = await saved_filters(session, entity.type)
        known = next((row for row in rows if row["name"] == options.name.strip()), None)
        if known is not None:
            what = f'replace the saved filter {known["id"]} "{known["name"]}"'
            confirm(runtime.streams, what, yes=options.yes)
        for note in found.notes:
            runtime.streams.note(note)
        parts = {"find_filter": found.find_filter, "object_filter": found.object_filter}
        parts["ui_options"] = (known.get("ui_options") if known else None) or {}
        saving = save_filter(session, entity.type, options.name, parts, known["id"] if known else "")
        return await uninterrupted(saving)

    row = runtime.run(work, writes=True)
    runtime.streams.note(f"saved {row['name']} for {entity.plural}")
    print_changed(runtime, row)
