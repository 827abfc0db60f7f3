"""Finding objects by lookups: compiled to the server's filters, with a post filter for the rest."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.client.paging import FindQuery, count, count_tested
from stash_cli.core.client.query_names import compile_for, resolve_query
from stash_cli.core.client.resolver import Name, first_row
from stash_cli.core.graphql.selection import DefaultPaths, default_paths
from stash_cli.core.query.q import Q
from stash_cli.core.store.fields import entity_of, paths_of, with_ids
from stash_cli.core.store.question import Question

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from stash_cli.core.client import Session
    from stash_cli.core.query.lookups import Compiled
    from stash_cli.core.store.loader import Loader
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")


class Finder:
    """Compiled finds and their objects."""

    def __init__(self, session: Session, loader: Loader) -> None:
        self._session = session
        self._loader = loader

    async def question(
        self,
        entity_type: type[T],
        fields: Iterable[str] | None,
        asked: tuple[Sequence[Q], Mapping[str, Any]],
        *,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
    ) -> Question:
        """The compiled find for `asked`, the Q objects and lookups; `sort` may start with `-`."""
        entity = entity_of(entity_type)
        compiled = await self._compiled(entity.type, *asked)
        paths = paths_of(entity_type, fields)
        if compiled.post_filter is not None:
            shown = default_paths(entity.type) if paths is None else paths
            needed = with_ids(entity.type, [*shown, *compiled.post_filter.fields])
            paths = needed if paths is not None else DefaultPaths(needed)
        if sort and sort.startswith("-"):
            sort, direction = sort[1:], direction or "DESC"
        search = " ".join(filter(None, [q, compiled.q]))
        query = FindQuery(entity, compiled.filter or None, search or None, sort, direction)
        return Question(self._session, query, paths, compiled)

    async def _compiled(self, type_name: str, where: Sequence[Q], filters: Mapping[str, Any]) -> Compiled:
        asked = await resolve_query(self._session, type_name, Q(*where, **filters))
        return await compile_for(self._session, type_name, asked)

    async def named(self, entity_type: type[T], name: Name) -> T | None:
        """The oldest object of this name, in the same case if there is one, or else of this alias."""
        incomplete: list[T] = []
        with self._session.order.request() as sent:
            row = await first_row(self._session, entity_of(entity_type), name, None)
            found = self._loader.receiver(entity_type, incomplete)([row] if row else [], sent)
        if incomplete:
            found = [*await self._loader.load(entity_type, [incomplete[0].id], None)]
        return found[0] if found else None

    async def count(self, question: Question) -> int:
        """The number of matches, by rows only where a post filter remains."""
        compiled = question.compiled
        if compiled.post_filter is None:
            return await count(self._session, question.query)
        needs = compiled.post_filter.fields
        return await count_tested(
            self._session, question.query, compiled.post_filter, needs, compiled.count_plan
        )

    async def objects(
        self,
        entity_type: type[T],
        question: Question,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        prefetch: bool = True,
    ) -> AsyncGenerator[T, None]:
        """The objects that match, page by page; rows that were outdated on arrival are loaded again."""
        incomplete: list[T] = []
        receive = self._loader.receiver(entity_type, incomplete, question.passes)
        objects = question.rows(limit=limit, page_size=page_size, prefetch=prefetch, receive=receive)
        async with aclosing(objects):
            async for obj in objects:
                if incomplete:
                    outdated = [each.id for each in incomplete]
                    incomplete.clear()
                    await self._loader.load(entity_type, outdated, question.paths)
                yield obj

    async def snapshot(
        self, entity_type: type[T], question: Question, limit: int | None, size: int
    ) -> AsyncGenerator[T, None]:
        """The objects that match now: their ids first, then `size` objects per request."""
        post_filter = question.compiled.post_filter
        narrow = replace(question, paths=["id", *(post_filter.fields if post_filter else ())])
        ids = [row["id"] async for row in narrow.rows(limit=limit)]
        for start in range(0, len(ids), size):
            for obj in await self._loader.load(entity_type, ids[start : start + size], question.paths):
                yield obj
