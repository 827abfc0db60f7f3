"""What find and count share: the command class with filter flags, and the query they describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from stash_cli.commands.base import StashCommand
from stash_cli.commands.flags import LateTable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from stash_cli.commands.flags import FlagTable
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.paging import FindQuery
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

Row = dict[str, Any]
NOTHING_MATCHED = 3
"""Exit status of `--exit-status`."""


class FindCommand(StashCommand):
    """A command with every filter field of its type as flags."""

    help_flags: ClassVar[dict[str, tuple[str, str]]] = {
        "--help-filters": ("filter_help", "every lookup of every field, and end")
    }

    def derived(self) -> FlagTable:
        return LateTable(self.table)

    def table(self) -> FlagTable:
        from stash_cli.commands.filters import FilterFlags

        return FilterFlags(self.entity.type)

    def filter_help(self, ctx: Any) -> str:
        """Every lookup of every field, those of related objects too."""
        from stash_cli.commands.filters import FilterFlags
        from stash_cli.commands.help import all_flags

        table = FilterFlags(self.entity.type)
        return all_flags(f"Filters of {ctx.command_path}", [table, *table.nested()], ctx)


@dataclass(frozen=True, slots=True)
class Search:
    """A query and what of it is decided here: `matches` tests rows that hold `needs`."""

    query: FindQuery
    matches: Callable[[Row], bool] | None = None
    needs: tuple[str, ...] = ()


async def read_search(
    session: Session, runtime: Runtime, entity: Entity, words: Sequence[str], sort: str | None = None
) -> Search:
    """The search that the words, flags and `--sort` describe, names looked up."""
    from stash_cli.core.client.paging import FindQuery

    key, direction = read_sort(sort)
    asked: dict[str, Any] = {"q": " ".join(words) or None, "sort": key, "direction": direction}
    FindQuery(entity, **asked)  # a bad sort key is told before anything is sent
    values = runtime.flags
    if not values:
        return Search(FindQuery(entity, **asked))
    from stash_cli.commands.filters import lookup_values
    from stash_cli.core.query import lookups

    named = await _named(session, entity, lookup_values(values))
    compiled = lookups.compile(entity.type, named)
    for note in compiled.notes:
        runtime.streams.detail(note)
    query = FindQuery(entity, filter=compiled.filter or None, **asked)
    return Search(query, compiled.post_filter, compiled.post_filter.fields if compiled.post_filter else ())


async def _named(session: Session, entity: Entity, values: dict[str, Any]) -> dict[str, Any]:
    """`values` with names as ids, all looked up at once."""
    import asyncio

    from stash_cli.commands.filters import relation_type
    from stash_cli.core.query.resolve import relation_ids

    homes = {dest: target for dest in values if (target := relation_type(entity, dest))}
    found = await asyncio.gather(
        *(relation_ids(session, target, values[dest]) for dest, target in homes.items())
    )
    return values | dict(zip(homes, found, strict=True))


def read_sort(sort: str | None) -> tuple[str | None, str | None]:
    """`-date` is by date, latest first; `rating100` is what the server calls rating."""
    if sort is None:
        return None, None
    key = sort.removeprefix("-").replace("-", "_")
    return {"rating100": "rating"}.get(key, key), "DESC" if sort.startswith("-") else "ASC"


async def pages_of(
    session: Session, search: Search, paths: Sequence[str] | None, limit: int | None = None
) -> AsyncIterator[list[Row]]:
    """Pages of matching rows, at most `limit` in all."""
    from stash_cli.core.client.paging import iter_pages
    from stash_cli.core.graphql.selection import default_paths

    if search.matches is None:
        async for page in iter_pages(session, search.query, paths, limit=limit):
            yield page
        return
    wanted = default_paths(search.query.entity.type) if paths is None else paths
    left = limit
    async for page in iter_pages(session, search.query, list(dict.fromkeys([*wanted, *search.needs]))):
        rows = [row for row in page if search.matches(row)][:left]
        left = None if left is None else left - len(rows)
        yield rows
        if left == 0:
            return
