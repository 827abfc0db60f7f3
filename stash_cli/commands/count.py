"""`count`: how many objects match, with the flags of find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.runtime import entity_of, runtime_of
from stash_cli.commands.search import NOTHING_MATCHED, FindCommand, pages_of, read_search

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity


def build(entity: Entity) -> StashCommand:
    plural = entity.plural
    return command(
        "count",
        count,
        cls=FindCommand,
        help=f"Print how many {plural} match. The flags are those of find.",
        examples=(f"stash {plural} count", f"stash {plural} count --created-at-gt -7d"),
        entity=entity,
    )


def count(
    ctx: typer.Context,
    query: Annotated[list[str] | None, typer.Argument(metavar="[QUERY]", help="text to search for")] = None,
    exit_status: Annotated[
        bool, typer.Option("--exit-status", help="end with 3 when nothing matched")
    ] = False,
) -> int:
    runtime, entity = runtime_of(ctx), entity_of(ctx)

    async def work(session: Session) -> int:
        search = await read_search(session, runtime, entity, query or [])
        if search.matches is None:
            from stash_cli.core.client import paging

            return await paging.count(session, search.query)
        return sum([len(page) async for page in pages_of(session, search, ["id"])])

    found = runtime.run(work)
    as_json = runtime.options.output in ("json", "jsonl")
    runtime.streams.data((json.dumps({"count": found}) if as_json else str(found)) + "\n")
    return NOTHING_MATCHED if exit_status and not found else 0
