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
    """A query, and the part of the filter that the server cannot test: `matches` tests rows with `needs`.

    `count_plan` tells which of the matches the server can count. `asked` is the query with ids for `names`,
    and `compiled` what was made of it; both are None where all objects match. `has_asked` tells that the
    server was asked for it. `order` sorts rows here, and the first `skip` of them are left out.
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
        """Whether the rows are the server's, in its order and from the first."""
        return self.matches is None and self.order is None and not self.skip

    def fields(self, paths: Sequence[str] | None) -> Sequence[str]:
        """`paths` (None: the default) with what is needed to test and sort rows."""
        from stash_cli.core.graphql.selection import DefaultPaths, default_paths, is_default

        more = [*self.needs, *(self.order.needs if self.order else ())]
        wanted = default_paths(self.query.entity.type) if paths is None else paths
        if not more:
            return wanted
        found = list(dict.fromkeys([*wanted, *more]))
        return DefaultPaths(found) if is_default(paths) else found


def read_query(
    runtime: Runtime,
    entity: Entity,
    options: WhereOptions,
    words: Sequence[str] = (),
    flags: dict[str, Any] | None = None,
    *,
    changing: bool = False,
) -> Query | None:
    """The query of words, filter flags, `--where`, `--saved`, `--where-json`; None where none is given.

    A command that lists notes how a doubtful query was read. One that is `changing` refuses it, and what says
    how to list. Raises StashUsageError before any request.
    """
    if not (words or flags or options.where or options.saved or options.where_json is not None):
        return None
    from stash_cli.commands.argv.query_words import query_from_argv

    found = query_from_argv(
        entity.type,
        words,
        flags,
        where=options.where or (),
        saved=options.saved or (),
        where_json=options.where_json,
        to_server=runtime.server_path,
    )
    found.changing = changing
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
    *,
    ask: bool = True,
) -> Search:
    """The search for a query, with the names in it looked up: one request per type.

    Without `ask` nothing else is sent: what is known of the server has to do.
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
    compiled = await compile_for(session, entity.type, asked, None if ask else session.assumed())
    # Only an explanation tells of it, and it takes a second compilation.
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
    """Whether a query is compiled without asking for levels or ids."""
    from stash_cli.core.query import lookups

    try:
        lookups.compile(entity.type, asked)
    except StashLookupError:
        return False
    return True


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
    from stash_cli.core.client.sorting import by_runs

    if search.is_plain:
        async for page in iter_pages(session, search.query, paths, limit=limit):
            yield page
        return
    # The server skips whole pages only; rows before `skip` are read and left out here.
    last = None if limit is None else search.skip + limit
    # How many rows it takes until enough have matched, or are sorted, is not known before.
    at_most = last if search.matches is None and search.order is None else None
    pages = _matching(iter_pages(session, search.query, search.fields(paths), limit=at_most), search.matches)
    if search.order is not None:
        pages = by_runs(pages, search.order, last)
    given = 0
    async for page in pages:
        rows = page[max(0, search.skip - given) : None if last is None else max(0, last - given)]
        given += len(page)
        yield rows
        if last is not None and given >= last:
            return


async def _matching(
    pages: AsyncIterator[list[Row]], matches: Callable[[Row], bool] | None
) -> AsyncIterator[list[Row]]:
    """The pages with only the rows that match."""
    async for page in pages:
        yield page if matches is None else [row for row in page if matches(row)]
