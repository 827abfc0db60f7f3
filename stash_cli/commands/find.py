"""`find`: many objects, by text and filter flags, in any format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.value_parsers import limit as read_limit
from stash_cli.commands.runtime import Runtime, entity_of, runtime_of
from stash_cli.commands.search import (
    NOTHING_MATCHED,
    FindCommand,
    Row,
    Search,
    pages_of,
    read_search,
    read_sort,
)
from stash_cli.core.errors import StashInputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

TABLE_ROWS = 40
ONE_PAGE = 500

EXAMPLES = {
    "Scene": (
        "stash scenes find beach --tag Outdoor --no-tag 'To sort'",
        "stash scenes find --rating100-gte 80 --date-between 2023..2024 --sort -date",
        "stash scenes find --missing cover --paths -0 | xargs -0 ls -l",
        "stash scenes find --performers-country JP --json --fields id,title,performers.name",
    ),
    "Image": (
        "stash images find --gallery 'Beach set' --sort path",
        "stash images find --resolution-gte 4k --ids",
    ),
    "Gallery": (
        "stash galleries find --studio Acme --no-organized",
        "stash galleries find --missing date --json",
    ),
    "Performer": (
        "stash performers find ali --sort -rating",
        "stash performers find --country JP --birthdate-gte 1990 --csv",
    ),
    "Studio": ("stash studios find --favorite", "stash studios find --parent Acme --ids"),
    "Tag": ("stash tags find --scene-count 0 --ids", "stash tags find --parent Outdoor --parent-depth -1"),
    "Group": ("stash groups find --studio Acme --sort date", "stash groups find --missing front_image"),
    "SceneMarker": ("stash markers find --tag Intro --sort scene_id", "stash markers find --scene 12 --json"),
}


def build(entity: Entity) -> StashCommand:
    return command(
        "find",
        find,
        cls=FindCommand,
        help=f"Find {entity.plural}. Words are searched for as in the web interface; flags narrow the result."
        "\n\n"
        f"Sort keys: {' '.join(entity.sorts)} random; a leading - turns the order round.",
        examples=EXAMPLES[entity.type],
        entity=entity,
    )


def find(
    ctx: typer.Context,
    query: Annotated[list[str] | None, typer.Argument(metavar="[QUERY]", help="text to search for")] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="KEY", help="sort by; -KEY turns round")
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option("--limit", "-L", metavar="N|all", help="rows (a table has 40, all else has all)"),
    ] = None,
    exit_status: Annotated[
        bool, typer.Option("--exit-status", help="end with 3 when nothing matched")
    ] = False,
) -> int:
    runtime, entity = runtime_of(ctx), entity_of(ctx)
    count = table_limit(runtime, limit)
    runtime.check_output(entity.type)
    read_sort(sort)

    async def work(session: Session) -> int:
        search = await read_search(session, runtime, entity, query or [], sort)
        return await print_rows(session, runtime, search, count)

    found = runtime.run(work)
    return NOTHING_MATCHED if exit_status and not found else 0


def table_limit(runtime: Runtime, text: str | None) -> int | None:
    """How many rows are wanted: what --limit says, 40 for a table, else all."""
    try:
        given = read_limit(text)
    except StashInputError as error:
        raise StashInputError(f"--limit: {error.message}") from None
    if text is None and runtime.options.output == "table":
        return TABLE_ROWS
    return given


async def print_rows(session: Session, runtime: Runtime, search: Search, limit: int | None) -> int:
    """Print the rows page by page; how many there were."""
    from stash_cli.output.views import PATHS, VIEWS

    entity = search.query.entity
    view, paths = VIEWS[entity.type], PATHS.get(entity.type, ())
    writer = runtime.writer(view, paths=paths)
    wanted = runtime.wanted(view, paths)
    found, total = 0, None
    if (
        runtime.options.output == "table"
        and limit is not None
        and limit <= ONE_PAGE
        and search.matches is None
    ):
        pages, total = await first_page(session, search, wanted, limit)
    else:
        pages = pages_of(session, search, wanted, limit)
    async for page in pages:
        found += len(page)
        for row in page:
            writer.row(row)
        runtime.streams.out.flush()
    writer.finish()
    say_total(runtime, entity, found, total)
    return found


async def first_page(
    session: Session, search: Search, paths: list[str] | None, limit: int
) -> tuple[AsyncIterator[list[Row]], int]:
    """The rows of a short table, and how many there would be."""
    from stash_cli.core.client.paging import page

    answer = await page(session, search.query, paths, per_page=limit, with_count=True)

    async def pages() -> AsyncIterator[list[Row]]:
        yield answer.rows

    return pages(), answer.count or 0


def say_total(runtime: Runtime, entity: Any, found: int, total: int | None) -> None:
    """What a table does not show, and that nothing matched."""
    if runtime.options.output != "table":
        return
    if total is not None and total > found:
        runtime.streams.note(f"{found} of {total} {entity.plural}; --limit N or --limit all shows more")
    elif not found:
        runtime.streams.note(f"no {entity.plural} found")
