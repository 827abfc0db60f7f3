"""`stash scrapers`: the scrapers of the server, and their results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, subcommand
from stash_cli.commands.argv.value_parsers import choice, named
from stash_cli.commands.common.calls import Call, call_group
from stash_cli.core.errors import StashGraphQLError, StashUsageError
from stash_cli.core.types.api import describe_api
from stash_cli.output.values import View, columns, custom

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.scraping.sources import Source

Row = dict[str, Any]

SCRAPER = View("Scraper", columns("id!", "name", "types", "urls"))
TYPES = ("scene", "performer", "gallery", "group", "image", "studio", "tag")
SPECS = ("performer", "scene", "gallery", "image", "group")

TypeOption = Annotated[
    str,
    typer.Option(
        "--type", metavar="TYPE", parser=named("--type", choice(*TYPES)), help=f"one of {', '.join(TYPES)}"
    ),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class ListOptions(CommandOptions):
    """The command line of `scrapers list`."""

    type: Annotated[
        str | None,
        typer.Option(
            "--type", metavar="TYPE", parser=named("--type", choice(*SPECS)), help="only for this type"
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ScrapeOptions(CommandOptions):
    """The command line of `scrapers scrape`."""

    words: Annotated[
        str | None, typer.Argument(metavar="[URL|TEXT]", help="an address, or words to search for")
    ] = None
    type: TypeOption = "scene"
    id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="scrape for the object with this id")
    ] = None
    scraper: Annotated[
        str | None, typer.Option("--scraper", metavar="SCRAPER", help="a scraper of `stash scrapers list`")
    ] = None
    stash_box: Annotated[
        str | None,
        typer.Option(
            "--stash-box",
            metavar="STASHBOX",
            help="name or address of a stash-box of `stash stashbox list`",
        ),
    ] = None


def run_list(runtime: Runtime, options: ListOptions) -> None:
    """List the scrapers, with the types and addresses that each knows."""
    runtime.check_output(SCRAPER)

    async def work(session: Session) -> list[Row]:
        api_types = (await session.load_capabilities()).enum_values("ScrapeContentType")
        all_types = [
            each.upper() for each in SPECS if each.upper() in api_types or (each == "group" and api_types)
        ]
        types = [options.type.upper()] if options.type is not None else all_types
        return list(await session.call("listScrapers", {"types": types}) or ())

    rows = [_row_of(row) for row in runtime.run(work)]
    runtime.print_rows(SCRAPER, rows)
    if not rows:
        runtime.streams.note(
            "no scrapers; the web interface installs them under Settings, Metadata Providers"
        )


def _row_of(row: Row) -> Row:
    specs = {name: row[name] for name in SPECS if row.get(name)}
    urls = [url for spec in specs.values() for url in spec.get("urls") or ()]
    return {"id": row["id"], "name": row["name"], "types": list(specs), "urls": list(dict.fromkeys(urls))}


def run_scrape(runtime: Runtime, options: ScrapeOptions) -> None:
    """Print what a scraper or a stash-box knows, and change nothing.

    An address alone is scraped with the scraper that knows it. Words and --id need --scraper or --stash-box.
    """
    operation, args = request(options)
    view = View(describe_api().operation(operation)[1].type.name)

    async def work(session: Session) -> list[Row]:
        from stash_cli.core.scraping.sources import ANY_SCRAPER, explain_error

        source = await _source(session, options)
        source_argument = {"source": source.argument(await session.load_capabilities())} if source else {}
        try:
            answer = await session.call(operation, args | source_argument)
        except StashGraphQLError as error:
            raise explain_error(error, source or ANY_SCRAPER, f"a {options.type}") from error
        return [each for each in (answer if isinstance(answer, list) else [answer]) if each]

    rows = runtime.run(work)
    if runtime.for_people:
        for row in rows:
            runtime.print_row(
                view._replace(columns=custom([name for name in row if name != "__typename"])), row
            )
    else:
        runtime.print_rows(view, rows)
    if not rows:
        runtime.streams.note("nothing found")


def request(options: ScrapeOptions) -> tuple[str, dict[str, Any]]:
    """The operation for a command line, with its arguments except the source.

    Raises StashUsageError.
    """
    words = options.words or ""
    is_address = words.lower().startswith(("http://", "https://"))
    if options.scraper and options.stash_box:
        raise StashUsageError("give --scraper or --stash-box, not both")
    if bool(words) == bool(options.id):
        raise StashUsageError("give an address, words to search for, or --id")
    if is_address and not (options.scraper or options.stash_box):
        return "scrapeURL", {"url": words, "ty": options.type.upper()}
    if not (options.scraper or options.stash_box):
        raise StashUsageError("give --scraper or --stash-box: see `stash scrapers list`")
    scrape_input = {"query": words} if words else {f"{options.type}_id": options.id}
    return f"scrapeSingle{options.type.title()}", {"input": scrape_input}


async def _source(session: Session, options: ScrapeOptions) -> Source | None:
    """The named scraper or stash-box; None to let the server choose a scraper for the URL."""
    from stash_cli.core.scraping.sources import box_of, scraper_of

    type_name = options.type.title()
    if options.scraper:
        return await scraper_of(session, type_name, options.scraper)
    return await box_of(session, type_name, options.stash_box) if options.stash_box else None


ENTRIES: tuple[Call | tuple[str, Entry], ...] = (
    ("list", subcommand("List the scrapers", run_list, ListOptions, "stash scrapers list --type scene")),
    Call(
        "reload",
        "reloadScrapers",
        "Read the scrapers again from their folder",
        ("stash scrapers reload",),
        done="the scrapers were read again",
    ),
    (
        "scrape",
        subcommand(
            "Print what a scraper or stash-box knows",
            run_scrape,
            ScrapeOptions,
            "stash scrapers scrape https://example.com/scene/1",
            "stash scrapers scrape Alice --type performer --scraper builtin_freeones",
            "stash scrapers scrape --id 12 --stash-box stashdb --json",
        ),
    ),
)


group = partial(call_group, "scrapers", "What the server can scrape with.", ENTRIES)
