"""Queries of commands: from the command line to pages of matching rows."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashLookupError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from stash_cli.commands.argv.query_words import WhereOptions
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.paging import FindQuery
    from stash_cli.core.client.session import Session
    from stash_cli.core.client.sorting import LocalOrder
    from stash_cli.core.query.count_plan import CountPlan
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.query.lookups import Compiled
    from stash_cli.core.query.q import Q
    from stash_cli.core.types.entities import Entity

Row = dict[str, Any]


class Search(NamedTuple):
    """A query, and the residual predicate that the server cannot evaluate: `matches`, which reads `needs`.

    `count_plan` says which matches the server can count. `asked` is the query with `names` resolved to ids,
    and `compiled` is its compiled form; both are None if all objects match. `has_asked` is true if requests
    were needed for that. `order` sorts rows locally; the first `skip` rows are omitted.
    """

    query: FindQuery
    matches: Callable[[Row], bool] | None = None
    needs: tuple[str, ...] = ()
    count_plan: CountPlan | None = None
    asked: Q | None = None
    compiled: Compiled | None = None
    names: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    has_asked: bool = False
    order: LocalOrder | None = None
    skip: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether the server's rows are returned unchanged: not filtered, sorted or skipped locally."""
        return self.matches is None and self.order is None and not self.skip

    def fields(self, paths: Sequence[str] | None) -> Sequence[str]:
        """Return `paths` (None: the default) with the fields needed to filter and sort rows locally."""
        from stash_cli.core.graphql.selection import DefaultPaths, default_paths, is_default

        more = [*self.needs, *(self.order.needs if self.order else ())]
        wanted = default_paths(self.query.entity.type) if paths is None else paths
        if not more:
            return wanted
        merged = list(dict.fromkeys([*wanted, *more]))
        return DefaultPaths(merged) if is_default(paths) else merged


def read_query(
    runtime: Runtime,
    entity: Entity,
    options: WhereOptions,
    words: Sequence[str] = (),
    flags: dict[str, Any] | None = None,
    *,
    changing: bool = False,
) -> Query | None:
    """Return the query of words, filter flags, `--where`, `--saved` and `--where-json`; None without any.

    For an ambiguous query, a note says how it was parsed. With `changing`, an ambiguous query and the terms
    sort:, limit: and page: raise StashUsageError, before any request.
    """
    if not (words or flags or options.where or options.saved or options.where_json is not None):
        return None
    from stash_cli.commands.argv.query_words import query_from_argv

    query = query_from_argv(
        entity.type,
        words,
        flags,
        where=options.where or (),
        saved=options.saved or (),
        where_json=options.where_json,
        to_server=runtime.server_path,
    )
    query.changing = changing
    if changing:
        _require_clear(query)
    for note in [*query.notes, *query.doubts]:
        runtime.streams.note(note)
    return query


def _require_clear(query: Query) -> None:
    """Raise StashUsageError for an ambiguous query, and for one with listing terms."""
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
    *,
    ask: bool = True,
) -> Search:
    """Compile a query to a search, with its names resolved: one request per type.

    Without `ask`, no further requests are sent, and the assumed capabilities of the server are used.
    """
    from stash_cli.core.client.paging import FindQuery

    bare = FindQuery(entity, sort=sort, direction=direction)
    if query is None or query.where is None:
        return Search(bare)
    from stash_cli.core.client.query_names import compile_for, resolve_names

    where = query.where
    if has_saved := any("saved" in leaf for leaf in where.leaves()):
        from stash_cli.core.client.saved_terms import with_saved

        tell = runtime.streams.note
        where = await with_saved(session, entity.type, where, tell=tell, changing=query.changing)
    names = await resolve_names(session, entity.type, where)
    asked = names.replaced(where)
    compiled = await compile_for(session, entity.type, asked, None if ask else session.assumed_capabilities())
    # Used by --explain only; checking it needs a second compilation.
    has_asked = has_saved or bool(names.ids) or not (ask or _is_answerable(entity, asked))
    if query.changing and not (compiled.filter or compiled.post_filter or compiled.q):
        raise StashUsageError(
            f"the query means all {entity.plural}: nothing was changed.", hint="Write --all if that is meant."
        )
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
        names.ids,
        has_asked,
    )


def _is_answerable(entity: Entity, asked: Q) -> bool:
    """Whether a query compiles without requests for levels of a hierarchy or ids."""
    from stash_cli.core.query import lookups

    try:
        lookups.compile(entity.type, asked)
    except StashLookupError:
        return False
    return True


async def count_of(session: Session, search: Search) -> int:
    """The number of matches; rows are read only for the part that the server cannot count."""
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
    from stash_cli.core.client.sorting import by_runs

    if search.is_plain:
        async for page in iter_pages(session, search.query, paths, limit=limit):
            yield page
        return
    # The server can skip whole pages only, so rows before `skip` are read and dropped here.
    last = None if limit is None else search.skip + limit
    # With local filtering or sorting, the number of rows to read is unknown.
    at_most = last if search.matches is None and search.order is None else None
    pages = _matching(iter_pages(session, search.query, search.fields(paths), limit=at_most), search.matches)
    if search.order is not None:
        pages = by_runs(pages, search.order, last)
    count = 0
    async for page in pages:
        rows = page[max(0, search.skip - count) : None if last is None else max(0, last - count)]
        count += len(page)
        yield rows
        if last is not None and count >= last:
            return


async def _matching(
    pages: AsyncIterator[list[Row]], matches: Callable[[Row], bool] | None
) -> AsyncIterator[list[Row]]:
    """Yield the pages with only their matching rows."""
    async for page in pages:
        yield page if matches is None else [row for row in page if matches(row)]
