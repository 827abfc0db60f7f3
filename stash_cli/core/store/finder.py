"""Finding objects by lookups: compiled to the server's filters, with a post filter for the rest."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.client.paging import (
    PAGE_SIZE,
    FindQuery,
    Page,
    Prefetch,
    Receive,
    count,
    count_tested,
    iter_rows,
    page,
)
from stash_cli.core.client.query_names import compile_for, resolve_query
from stash_cli.core.client.resolver import Name, first_row
from stash_cli.core.graphql.selection import DefaultPaths, default_paths
from stash_cli.core.query.q import Q
from stash_cli.core.store.fields import entity_of, paths_of, with_ids

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from stash_cli.core.client import Session
    from stash_cli.core.query.lookups import Compiled
    from stash_cli.core.store.loader import Loader
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CompiledFind:
    """A compiled find: the query to send, the paths to select, and the post filter."""

    session: Session
    query: FindQuery
    paths: list[str] | None
    compiled: Compiled

    def passes(self, row: Mapping[str, Any]) -> bool:
        """Whether a row passes the post filter."""
        return self.compiled.post_filter is None or self.compiled.post_filter(row)

    async def rows(
        self,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        prefetch: bool = True,
        receive: Receive | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Yield matching rows, up to `limit`, converted by `receive` if given."""
        if limit is not None and limit <= 0:
            return
        at_most = limit if self.compiled.post_filter is None else None
        receive = receive or self._passing
        if not prefetch:
            rows = self._on_demand(page_size or PAGE_SIZE, receive)
        elif page_size and at_most is None:
            rows = self._prefetched(page_size, receive)
        else:
            rows = iter_rows(
                self.session, self.query, self.paths, limit=at_most, page_size=page_size, receive=receive
            )
        remaining = limit
        async with aclosing(rows):
            async for row in rows:
                if row is not None:
                    yield row
                    remaining = None if remaining is None else remaining - 1
                if remaining == 0:
                    return

    def _passing(self, rows: list[Row], _number: int) -> list[Row | None]:
        return [row if self.passes(row) else None for row in rows]

    async def _prefetched(self, size: int, receive: Receive) -> AsyncGenerator[Any, None]:
        """Yield rows of prefetched pages; the first one has the count, so none past the end is fetched."""

        async def fetch(number: int) -> list[Any]:
            fetched = await self._page(number, size, receive, with_count=number == 1)
            if fetched.count is not None:
                pages.left = fetched.count
            return fetched.rows

        pages = Prefetch(fetch, size)
        try:
            while not pages.ended:
                for row in await pages.next():
                    yield row
        finally:
            await pages.close()

    async def _page(self, number: int, size: int, receive: Receive, *, with_count: bool = False) -> Page:
        return await page(
            self.session,
            self.query,
            self.paths,
            number=number,
            per_page=size,
            with_count=with_count,
            receive=receive,
        )

    async def _on_demand(self, size: int, receive: Receive) -> AsyncGenerator[Any, None]:
        """Yield rows page by page; a page is requested when the previous one is consumed."""
        number, is_full = 1, True
        while is_full:
            fetched = await self._page(number, size, receive)
            is_full = len(fetched.rows) == size
            number += 1
            for row in fetched.rows:
                yield row


class Finder:
    """Compilation of finds, and the objects that they match."""

    def __init__(self, session: Session, loader: Loader) -> None:
        self._session = session
        self._loader = loader

    async def compile(
        self,
        entity_type: type[T],
        fields: Iterable[str] | None,
        asked: tuple[Sequence[Q], Mapping[str, Any]],
        *,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
    ) -> CompiledFind:
        """Compile a find for `asked`, the Q objects and lookups; `sort` may start with `-`."""
        entity = entity_of(entity_type)
        compiled = await self._compiled(entity.type, *asked)
        paths = paths_of(entity_type, fields)
        if compiled.post_filter is not None:
            selected = default_paths(entity.type) if paths is None else paths
            needed = with_ids(entity.type, [*selected, *compiled.post_filter.fields])
            paths = needed if paths is not None else DefaultPaths(needed)
        if sort and sort.startswith("-"):
            sort, direction = sort[1:], direction or "DESC"
        search = " ".join(filter(None, [q, compiled.q]))
        query = FindQuery(entity, compiled.filter or None, search or None, sort, direction)
        return CompiledFind(self._session, query, paths, compiled)

    async def _compiled(self, type_name: str, where: Sequence[Q], filters: Mapping[str, Any]) -> Compiled:
        query = await resolve_query(self._session, type_name, Q(*where, **filters))
        return await compile_for(self._session, type_name, query)

    async def named(self, entity_type: type[T], name: Name) -> T | None:
        """The oldest object with this name (in the same case, else in any case), else with this alias."""
        incomplete: list[T] = []
        with self._session.order.request() as number:
            row = await first_row(self._session, entity_of(entity_type), name, None)
            objects = self._loader.receiver(entity_type, incomplete)([row] if row else [], number)
        if incomplete:
            objects = [*await self._loader.load(entity_type, [incomplete[0].id], None)]
        return objects[0] if objects else None

    async def count(self, find: CompiledFind) -> int:
        """The number of matches; rows are fetched only if there is a post filter."""
        compiled = find.compiled
        if compiled.post_filter is None:
            return await count(self._session, find.query)
        needs = compiled.post_filter.fields
        return await count_tested(self._session, find.query, compiled.post_filter, needs, compiled.count_plan)

    async def objects(
        self,
        entity_type: type[T],
        find: CompiledFind,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        prefetch: bool = True,
    ) -> AsyncGenerator[T, None]:
        """Yield the matching objects page by page; objects with outdated rows are loaded again."""
        incomplete: list[T] = []
        receive = self._loader.receiver(entity_type, incomplete, find.passes)
        objects = find.rows(limit=limit, page_size=page_size, prefetch=prefetch, receive=receive)
        async with aclosing(objects):
            async for obj in objects:
                if incomplete:
                    # Loaded again at once, because the caller uses the object before the next page arrives.
                    outdated = [each.id for each in incomplete]
                    incomplete.clear()
                    await self._loader.load(entity_type, outdated, find.paths)
                yield obj

    async def snapshot(
        self, entity_type: type[T], find: CompiledFind, limit: int | None, size: int
    ) -> AsyncGenerator[T, None]:
        """Yield the objects that match now: their ids are read first, then `size` objects per request."""
        post_filter = find.compiled.post_filter
        # All ids are read first, because edits of the caller may change which objects match.
        narrow = replace(find, paths=["id", *(post_filter.fields if post_filter else ())])
        ids = [row["id"] async for row in narrow.rows(limit=limit)]
        for start in range(0, len(ids), size):
            for obj in await self._loader.load(entity_type, ids[start : start + size], find.paths):
                yield obj
