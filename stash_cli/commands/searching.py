"""Queries of commands: from the command line to pages of matching rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from stash_cli.commands.argv.query_words import WhereOptions
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.paging import FindQuery
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.count_plan import CountPlan
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.query.lookups import Compiled
    from stash_cli.core.query.q import Q
    from stash_cli.core.types.entities import Entity

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A query, and the part of the filter that the server cannot test: `matches` tests rows with `needs`.

    `count_plan` tells which of the matches the server can count. `asked` is the query with ids for names, and
    `compiled` what was made of it; both are None where all objects match.
    """

    query: FindQuery
    matches: Callable[[Row], bool] | None = None
    needs: tuple[str, ...] = ()
    count_plan: CountPlan | None = None
    asked: Q | None = None
    compiled: Compiled | None = None


def read_query(
    runtime: Runtime,
    entity: Entity,
    options: WhereOptions,
    words: Sequence[str] = (),
    flags: dict[str, Any] | None = None,
    *,
    changing: bool = False,
) -> Query | None:
    """The query of words, filter flags, `--where` and `--where-json`; None where none is given.

    A command that lists notes how a doubtful query was read. One that is `changing` refuses it, and what says
    how to list. Raises StashUsageError before any request.
    """
    if not (words or flags or options.where or options.where_json is not None):
        return None
    from stash_cli.commands.argv.query_words import query_from_argv

    found = query_from_argv(
        entity.type, words, flags, where=options.where or (), where_json=options.where_json
    )
    if changing:
        _require_clear(found)
    for note in [*found.notes, *found.doubts]:
        runtime.streams.note(note)
    return found


def _require_clear(query: Query) -> None:
    """Refuse a query that a person may have meant otherwise, before anything is changed."""
    if query.doubts:
        raise StashUsageError(query.doubts[0], hint="Put parentheses where you mean them.")
    if query.sort or query.limit is not None or query.page is not None:
        raise StashUsageError("sort:, limit: and page: are for commands that list objects.")


async def search_for(
    session: Session,
    runtime: Runtime,
    entity: Entity,
    query: Query | None,
    sort: str | None = None,
    direction: str | None = None,
) -> Search:
    """The search for a query, with the names in it looked up: one request per type."""
    from stash_cli.core.client.paging import FindQuery

    bare = FindQuery(entity, sort=sort, direction=direction)
    if query is None or query.where is None:
        return Search(bare)
    from stash_cli.core.client.resolver import compile_for, resolve_query

    asked = await resolve_query(session, entity.type, query.where)
    compiled = await compile_for(session, entity.type, asked)
    for note in compiled.notes:
        runtime.streams.detail(note)
    rest = compiled.post_filter
    return Search(
        replace(bare, filter=compiled.filter or None, q=compiled.q or None),
        rest,
        rest.fields if rest else (),
        compiled.count_plan,
        asked,
        compiled,
    )


async def count_of(session: Session, search: Search) -> int:
    """The number of matches, by rows only for what the server cannot count."""
    from stash_cli.core.client import paging

    if search.matches is None:
        return await paging.count(session, search.query)
    return await paging.count_tested(session, search.query, search.matches, search.needs, search.count_plan)


async def matching_ids(session: Session, search: Search) -> list[str]:
    """The ids of all matches, in the order of the search."""
    pages = pages_of(session, search, ["id"])
    return [row["id"] async for page in pages for row in page]


async def pages_of(
    session: Session, search: Search, paths: Sequence[str] | None, limit: int | None = None
) -> AsyncIterator[list[Row]]:
    """Pages of matching rows, at most `limit` in all."""
    from stash_cli.core.client.paging import iter_pages
    from stash_cli.core.graphql.selection import DefaultPaths, default_paths, is_default

    if search.matches is None:
        async for page in iter_pages(session, search.query, paths, limit=limit):
            yield page
        return
    wanted = default_paths(search.query.entity.type) if paths is None else paths
    all_paths = list(dict.fromkeys([*wanted, *search.needs]))
    needed = DefaultPaths(all_paths) if is_default(paths) else all_paths
    left = limit
    async for page in iter_pages(session, search.query, needed):
        rows = [row for row in page if search.matches(row)][:left]
        left = None if left is None else left - len(rows)
        yield rows
        if left == 0:
            return
