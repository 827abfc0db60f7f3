"""Reads through the cache: by id, by lookups, page by page."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.client.paging import FindQuery, count, pages_by_id
from stash_cli.core.client.resolver import first_row, resolve_lookups
from stash_cli.core.errors import StashUsageError
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.query.lookups import Compiled
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.q import Q
from stash_cli.core.store.base import StoreBase, entity_of, paths_of
from stash_cli.core.store.fields import lacks, with_ids
from stash_cli.core.store.question import Question

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence

    from stash_cli.core.client.paging import Receive
    from stash_cli.core.client.resolver import Name
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")
ROUNDS = 3
"""Reads of an object whose fields are written during each of them."""


class Reading(StoreBase):
    """Get and find."""

    def get_cached(self, entity_type: type[T], entity_id: str | int) -> T | None:
        """The object if it is in the store and not expired, whatever fields are loaded; nothing is sent."""
        obj = self.identity.get(entity_type, str(entity_id))
        if obj is None or not self.is_fresh(obj):
            return None
        self.identity.touch(obj)
        return obj

    async def get(
        self, entity_type: type[T], entity_id: str | int, fields: Iterable[str] | None = None
    ) -> T | None:
        """The object with this id, or None; from the cache if it is fresh and has `fields` loaded.

        `fields` None are the default ones; "studio.name" and "studio__name" are the same.
        """
        found = await self.get_many(entity_type, [entity_id], fields)
        return found[0] if found else None

    async def get_many(
        self, entity_type: type[T], ids: Sequence[str | int], fields: Iterable[str] | None = None
    ) -> list[T]:
        """The objects with these ids, in their order; unknown ids are left out.

        Objects that the cache lacks are loaded, 500 to a request.
        """
        paths = paths_of(entity_type, fields)
        expected = await self.expected(entity_type, paths)
        wanted = list(dict.fromkeys(str(one) for one in ids))
        known = {one: self.get_cached(entity_type, one) for one in wanted}
        found = {one: obj for one, obj in known.items() if obj is not None and not lacks(obj, expected)}
        missing = [one for one in wanted if one not in found]
        for obj in await self._load(entity_type, missing, paths):
            found[obj.id] = obj
        return [found[one] for one in wanted if one in found]

    async def _load(self, entity_type: type[T], ids: Sequence[str], paths: Sequence[str] | None) -> list[T]:
        """The objects with these ids that exist, loaded in chunks."""
        found: dict[str, T] = {}
        asked: Sequence[str] = ids
        for _ in range(ROUNDS):
            incomplete: list[T] = []
            receive = self._receiver(entity_type, incomplete)
            pages = pages_by_id(self.session, entity_of(entity_type), asked, paths, receive)
            found |= {obj.id: obj async for objects in pages for obj in objects if obj is not None}
            asked = [obj.id for obj in incomplete]
            if not asked:
                break
        return [found[one] for one in ids if one in found]

    def _receiver(
        self,
        entity_type: type[T],
        incomplete: list[T],
        passes: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> Receive:
        """A function from the rows of an answer to objects; see `IdentityMap.take_each`."""

        def receive(rows: list[dict[str, Any]], sent: int) -> list[T | None]:
            return self.identity.take_each(entity_type, rows, sent, passes, incomplete)

        return receive

    async def find(
        self,
        entity_type: type[T],
        *where: Q,
        fields: Iterable[str] | None = None,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[T]:
        """All objects that match every lookup: `find(Scene, rating100__gte=80, tags=["Outdoor"])`.

        `where` are combined lookups: `find(Scene, Q(rating100__gte=80) | Q(organized=True))`. Relations take
        ids, objects or names. `fields` are loaded, `q` is the server's text search, `sort` a sort key
        (`-date` for the newest first). Raises the errors of the client.
        """
        asked = (where, filters)
        question = await self._question(entity_type, fields, asked, q=q, sort=sort, direction=direction)
        return [obj async for obj in self._objects(entity_type, question, limit=limit)]

    async def find_one(self, entity_type: type[T], *where: Q, **filters: Any) -> T | None:
        """The first match in the given order, or None."""
        found = await self.find(entity_type, *where, **{"limit": 1, **filters})
        return found[0] if found else None

    async def _find_named(self, entity_type: type[T], name: Name) -> T | None:
        """The oldest object of this name, in the same case if there is one, or else of this alias."""
        incomplete: list[T] = []
        with self.session.order.request() as sent:
            row = await first_row(self.session, entity_of(entity_type), name, None)
            found = self._receiver(entity_type, incomplete)([row] if row else [], sent)
        if incomplete:
            found = [*await self._load(entity_type, [incomplete[0].id], None)]
        return found[0] if found else None

    async def find_iter(  # noqa: PLR0913 - the options of `find` and three of its own
        self,
        entity_type: type[T],
        query_batch: int | Q = 40,
        *where: Q,
        prefetch: bool = True,
        snapshot: bool = False,
        fields: Iterable[str] | None = None,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> AsyncGenerator[T, None]:
        """The matches of `find` one by one, `query_batch` per request, in a stable order.

        With `prefetch` the next page is fetched while the caller works. With `snapshot` the ids are read
        first, so that edits which change the matches skip no object.
        """
        if isinstance(query_batch, Q):
            where, query_batch = (query_batch, *where), 40
        if query_batch < 1:
            raise StashUsageError("query_batch is at least 1.")
        asked = (where, filters)
        question = await self._question(entity_type, fields, asked, q=q, sort=sort, direction=direction)
        if snapshot:
            objects = self._snapshot(entity_type, question, limit, query_batch)
        else:
            objects = self._objects(
                entity_type, question, limit=limit, page_size=query_batch, prefetch=prefetch
            )
        async with aclosing(objects):
            async for obj in objects:
                yield obj

    async def count(self, entity_type: type[T], *where: Q, q: str | None = None, **filters: Any) -> int:
        """Number of matches; rows are read only where the server cannot count them."""
        question = await self._question(entity_type, ["id"], (where, filters), q=q)
        if question.compiled.post_filter is None:
            return await count(self.session, question.query)
        return len([row async for row in question.rows()])

    async def explain(self, entity_type: type[T], *where: Q, **filters: Any) -> str:
        """The filter that `find` would send, and the post filter; only names are looked up."""
        question = await self._question(entity_type, ["id"], (where, filters))
        return question.compiled.explain()

    async def _question(
        self,
        entity_type: type[T],
        fields: Iterable[str] | None,
        asked: tuple[Sequence[Q], Mapping[str, Any]],
        *,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
    ) -> Question:
        entity = entity_of(entity_type)
        compiled = await self._compiled(entity.type, *asked)
        paths = paths_of(entity_type, fields)
        if compiled.post_filter is not None:
            shown = default_paths(entity.type) if paths is None else paths
            paths = with_ids(entity.type, [*shown, *compiled.post_filter.fields])
        if sort and sort.startswith("-"):
            sort, direction = sort[1:], direction or "DESC"
        query = FindQuery(entity, compiled.filter or None, q, sort, direction)
        return Question(self.session, query, paths, compiled)

    async def _compiled(self, type_name: str, where: Sequence[Q], filters: Mapping[str, Any]) -> Compiled:
        async def named(lookups: Mapping[str, Any]) -> Mapping[str, Any]:
            return await resolve_lookups(self.session, type_name, lookups)

        return compile_lookups(type_name, await Q(*where, **filters).resolved(named))

    async def _objects(
        self,
        entity_type: type[T],
        question: Question,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        prefetch: bool = True,
    ) -> AsyncGenerator[T, None]:
        incomplete: list[T] = []
        receive = self._receiver(entity_type, incomplete, question.passes)
        objects = question.rows(limit=limit, page_size=page_size, prefetch=prefetch, receive=receive)
        async with aclosing(objects):
            async for obj in objects:
                if incomplete:
                    outdated = [each.id for each in incomplete]
                    incomplete.clear()
                    await self._load(entity_type, outdated, question.paths)
                yield obj

    async def _snapshot(
        self, entity_type: type[T], question: Question, limit: int | None, size: int
    ) -> AsyncGenerator[T, None]:
        """The objects that match now, loaded in chunks when they are needed."""
        post_filter = question.compiled.post_filter
        narrow = replace(question, paths=["id", *(post_filter.fields if post_filter else ())])
        ids = [row["id"] async for row in narrow.rows(limit=limit)]
        for start in range(0, len(ids), size):
            for obj in await self._load(entity_type, ids[start : start + size], question.paths):
                yield obj
