"""`find`: objects by text and filter flags; `count`: their number."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.flags import Flag, FlagTable, LazyFlags
from stash_cli.commands.argv.query_words import WhereOptions, query_words
from stash_cli.commands.queries.listing import Listing, ListOptions, listed, read_listing, with_seed
from stash_cli.commands.queries.searching import Search, count_of, pages_of, read_query, search_for
from stash_cli.core.errors import StashLookupError, StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query

ONE_PAGE = 500
NOTHING_MATCHED = 12
"""Exit status of `--exit-status`."""

Row = dict[str, Any]


class FindCommand(StashCommand):
    """A command with every filter field of its type as flags."""

    help_flags: ClassVar[dict[str, tuple[str, str]]] = {
        "--help-filters": ("filter_help", "list the flags of a field, or of all fields")
    }

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_seed(args))

    def help_text(self) -> str:
        """The help, with a pointer to the unlisted flags of related objects."""
        related = [name.replace("_", "-") for name in self.derived().related_names()]
        scene = next((name for name in related if name.startswith("scene")), "")
        example = "--performers-country JP" if "performers" in related else f"--{scene}-rating100-gte 80"
        hint = (
            f"Flags of related objects ({', '.join(related)}) have their name in front: {example}. "
            "See --help-filters FIELD."
        )
        return "\n\n".join([super().help_text(), *([hint] if related else ())])

    def filter_help(self, ctx: Any, field: str) -> str:
        """List every lookup of every field, or of one field, including those of related objects."""
        from stash_cli.commands.argv.help import Layout, all_flags

        title = f"Filters of {ctx.command_path}"
        tables = list(self.derived().with_nested())
        if field:
            title, tables = f"{title} by {field}", [_of_field(tables, field)]
        return all_flags(Layout.of(ctx.obj.streams), title, tables)


def _of_field(tables: Sequence[FlagTable], field: str) -> FlagTable:
    """The flags of a field; `field` is its name, with dots or dashes, or the name of one of its flags."""
    name = field.lstrip("-").replace("_", "-").replace(".", "-")
    flags = [flag for table in tables for flag in table.rows()]
    keys = {key for flag in flags for key in [_key(flag)] if name in (key, flag.name[2:])}
    selected = [flag for flag in flags if _key(flag) in keys]
    if not selected:
        suggestion = did_you_mean(name, dict.fromkeys(map(_key, flags)))
        raise StashLookupError(
            f"there is no filter field {field!r}. {suggestion or 'See --help for the fields.'}"
        )
    return FlagTable(selected)


def _key(flag: Flag) -> str:
    """The field of a flag: `performers__country__eq` -> performers-country."""
    return flag.dest.rpartition("__")[0].replace("__", "-").replace("_", "-")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SearchOptions(WhereOptions):
    """The command line of `count`; `flags` are conditions beside the query."""

    query: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]", help="text and terms FIELD:VALUE (stash help query)"),
    ] = None
    exit_status: Annotated[bool, typer.Option("--exit-status", help="exit with 12 if nothing matches")] = (
        False
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FindOptions(ListOptions, SearchOptions):
    """The command line of `find`."""

    count: Annotated[bool, typer.Option("--count", help="print only the number of matches")] = False
    explain: Annotated[
        bool, typer.Option("--explain", help="show how the query is read and what would be sent")
    ] = False
    web: Annotated[
        bool, typer.Option("--web", help="print the address of this list in the web interface, and open it")
    ] = False


def build_find(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural, sorts = noun.entity.plural, noun.entity.sorts
    return command(
        "find",
        partial(find, noun),
        FindOptions,
        cls=FindCommand,
        help=f"Find {plural}. QUERY is text to search for and terms FIELD:VALUE; flags are further "
        f"conditions. `stash explain {noun.entity.type} --query` lists the fields."
        f"\n\nSort keys: {' '.join(sorts)} random. A leading - reverses the order.",
        examples=examples,
        flags=partial(filter_flags, noun),
        is_query=query_words(noun.entity.type),
    )


def build_count(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "count",
        partial(count, noun),
        SearchOptions,
        cls=FindCommand,
        help=f"Print the number of {noun.entity.plural} that match. It has the filter flags of find.",
        examples=examples,
        flags=partial(filter_flags, noun),
        is_query=query_words(noun.entity.type),
    )


def filter_flags(noun: Noun) -> FlagTable:
    """The filter flags, derived only when the command line has one."""

    def build() -> FlagTable:
        from stash_cli.commands.argv.filter_flags import FilterFlags

        return FilterFlags(noun.entity.type)

    return LazyFlags(build)


def find(noun: Noun, runtime: Runtime, options: FindOptions) -> int:
    runtime.check_output(noun.view)
    query = read_query(runtime, noun.entity, options, options.query or (), options.flags)
    listing = read_listing(runtime, noun.entity, options, query)
    if options.count and not options.explain:
        return print_count(noun, runtime, options, query)
    if options.web:
        from stash_cli.commands.queries.web_lists import open_list

        runtime.run(lambda session: open_list(session, runtime, noun.entity, query, listing))
        return 0

    async def work(session: Session) -> int:
        ask = not options.explain
        search = await search_for(session, runtime, noun.entity, query, *listing.sort, ask=ask)
        if options.explain:
            return explain(session, runtime, noun, query, search, listing)
        return await print_found(session, runtime, noun, await listed(session, search, listing), listing)

    found = runtime.run(work)
    if not found:
        note_codes(runtime, options)
    return NOTHING_MATCHED if options.exit_status and not found else 0


def explain(
    session: Session, runtime: Runtime, noun: Noun, query: Query | None, search: Search, listing: Listing
) -> int:
    """Print how the query is read and what would be sent."""
    from stash_cli.commands.queries.explanation import plan_of, print_plan
    from stash_cli.core.client.sorting import local_order

    ordered = search._replace(order=local_order(noun.entity, listing.keys))
    print_plan(runtime, plan_of(session, query, ordered, runtime.requested_fields(noun.view), listing.limit))
    return 1


def count(noun: Noun, runtime: Runtime, options: SearchOptions) -> int:
    query = read_query(runtime, noun.entity, options, options.query or (), options.flags)
    return print_count(noun, runtime, options, query)


def print_count(noun: Noun, runtime: Runtime, options: SearchOptions, query: Query | None) -> int:
    """Print the number of all matches."""
    if runtime.options.jq is not None or runtime.options.template is not None:
        raise StashUsageError("the result is one number: leave out --jq and --template")

    async def work(session: Session) -> int:
        return await count_of(session, await search_for(session, runtime, noun.entity, query))

    found = runtime.run(work)
    if not found:
        note_codes(runtime, options)
    runtime.streams.data((json.dumps({"count": found}) if runtime.json_errors else str(found)) + "\n")
    return NOTHING_MATCHED if options.exit_status and not found else 0


async def print_found(
    session: Session, runtime: Runtime, noun: Noun, search: Search, listing: Listing
) -> int:
    """Print the rows page by page and return their number."""
    limit = listing.limit
    writer, paths = runtime.writer(noun.view), runtime.requested_fields(noun.view)
    found, total = 0, None
    # For a table of one page, the same request returns the number of all matches.
    if runtime.for_people and limit is not None and limit <= ONE_PAGE and search.is_plain:
        pages, total = await first_page(session, search, paths, limit)
    else:
        pages = pages_of(session, search, paths, limit)
    async for page in pages:
        if found:
            runtime.streams.on_many_rows()
        found += len(page)
        if runtime.options.pictures:
            from stash_cli.commands.results.html_pages import add_pictures

            await add_pictures(session, noun.entity.type, page)
        writer.rows(page)
        # Flushed after each page, so that the next program of a pipe does not wait for a full buffer.
        runtime.streams.out.flush()
    writer.finish()
    if runtime.for_people:
        note_total(runtime, noun, found, total, advise=listing.is_default)
        if listing.seed:
            runtime.streams.note(f"--random {listing.seed} repeats this order")
    return found


async def first_page(
    session: Session, search: Search, paths: list[str] | None, limit: int
) -> tuple[AsyncIterator[list[Row]], int]:
    """Return the rows of one page, and the number of all matches."""
    from stash_cli.core.client.paging import page

    answer = await page(session, search.query, paths, per_page=limit, with_count=True)

    async def pages() -> AsyncIterator[list[Row]]:
        yield answer.rows

    return pages(), answer.count or 0


def note_total(runtime: Runtime, noun: Noun, found: int, total: int | None, *, advise: bool) -> None:
    """Print a note when a table does not show all matches, or nothing matched.

    `advise` is False if the user has chosen the number of rows.
    """
    plural = noun.entity.plural
    if total is not None and total > found:
        more = "; use --limit N or --limit all for more" if advise else ""
        runtime.streams.note(f"{found} of {total} {plural}{more}")
    elif not found:
        runtime.streams.note(f"no {plural} found")


def note_codes(runtime: Runtime, options: SearchOptions) -> None:
    """Print a note about country codes when a search by the name of a country found nothing."""
    if not any("country" in name.split("__") for name in options.flags):
        return
    from stash_cli.commands.argv.filter_flags import lookup_values

    countries = {
        name: value for name, value in lookup_values(options.flags).items() if "country" in name.split("__")
    }
    words = [word for value in countries.values() for word in (value if isinstance(value, list) else [value])]
    names = [word for word in words if isinstance(word, str) and not _COUNTRY_CODE.fullmatch(word)]
    if names:
        runtime.streams.note(
            f"{names[0]} is no country code: the web interface saves codes such as JP or DE; "
            "`stash performers find --fields name,country` shows those in use"
        )


_COUNTRY_CODE = re.compile("[A-Za-z]{2}")
