"""Reads of many objects: by page in a stable order with prefetching, or by id."""

from __future__ import annotations

import asyncio
import random
import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashGraphQLError, StashLookupError, did_you_mean
from stash_cli.core.graphql.selection import Tree, default_paths, is_default, merge
from stash_cli.core.tasks import cancel_tasks
from stash_cli.core.types.api import describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.count_plan import CountPlan
    from stash_cli.core.types.entities import Entity


PAGE_SIZE = 1000
"""Maximum rows per request: enough to hide the round trip."""
_PAGE_FIELDS = 20_000
"""Maximum number of values (rows times selected fields) per request; three such pages are in memory."""
_COUNTED_PAGE = 2
"""The page that also selects the count.

A single page needs none; with several the count saves a request past the end.
"""
# Servers take a seed modulo this number.
_SEEDS = 10**8

Row = dict[str, Any]
Receive = Callable[[list[Row], int], list[Any]]
"""Converts each row of a response to an item on arrival; the second argument is the request's number."""


@dataclass(frozen=True, slots=True, eq=False)
class FindQuery:
    """Selection and order of the objects of one entity.

    `filter` is the server's filter input as JSON, `q` its text search, `sort` one of its sort keys (None: by
    name, or by id where there are no names; "random" gets a seed, so that pages do not overlap), `direction`
    ASC or DESC; `ids` selects these objects only.
    """

    entity: Entity
    filter: dict[str, Any] | None = None
    q: str | None = None
    sort: str | None = None
    direction: str | None = None
    ids: tuple[str, ...] | None = None
    seed: int = field(default_factory=lambda: random.randrange(_SEEDS))  # noqa: S311 - not a secret

    def __post_init__(self) -> None:
        check_sort(self.entity, self.sort)

    def args(self, page: int, per_page: int) -> dict[str, Any]:
        """Arguments of the find query for one page."""
        # Always sorted: otherwise servers may return one row on two pages and another on none.
        order = {"sort": self._sort(), "direction": self.direction or "ASC"}
        paging = {"page": page, "per_page": per_page, **order, **({"q": self.q} if self.q else {})}
        return {"filter": paging, self.entity.filter_arg: self.filter or UNSET}

    def _sort(self) -> str:
        if self.sort == "random":
            return f"random_{self.seed}"
        return self.sort or ("name" if self.entity.label == "name" else "id")


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page of rows or converted items; `count` is the number of all matches if selected."""

    rows: list[Any]
    count: int | None = None


def check_sort(entity: Entity, sort: str | None) -> None:
    """Raise StashLookupError for an unknown sort key, with near matches."""
    if sort is None or sort in entity.sorts or sort == "random":
        return
    if sort.startswith("random_") and sort.removeprefix("random_").isdigit():
        return
    raise StashLookupError(
        f"{entity.plural} cannot be sorted by {sort!r}. {did_you_mean(sort, entity.sorts)}".rstrip(),
        hint=f"Sort keys: {', '.join([*entity.sorts, 'random'])}.",
    )


async def page(
    session: Session,
    query: FindQuery,
    paths: Sequence[str] | None = None,
    *,
    number: int = 1,
    per_page: int = PAGE_SIZE,
    with_count: bool = False,
    receive: Receive | None = None,
) -> Page:
    """One page of rows with `paths` (None: the default fields), in one request."""
    items = query.entity.items
    fields = [f"{items}.{path}" for path in (default_paths(query.entity.type) if paths is None else paths)]
    selected = ["count", *fields] if with_count else fields
    args = query.args(number, per_page)
    with session.order.request() as request_number:
        result = await session.call(query.entity.find, args, selected, quiet=is_default(paths))
        rows = result.get(items) or []
        return Page(receive(rows, request_number) if receive else rows, result.get("count"))


async def count(session: Session, query: FindQuery) -> int:
    """The number of matches; no rows are sent."""
    if query.ids is not None:
        return sum([1 async for _ in iter_rows(session, query, ["id"])])
    # A page of 0 rows still has the right count.
    result = await session.call(query.entity.find, query.args(1, 0), ["count"])
    return int(result["count"])


async def count_tested(
    session: Session,
    query: FindQuery,
    passes: Callable[[Row], bool],
    needs: Sequence[str],
    plan: CountPlan | None,
) -> int:
    """The number of rows that `passes` accepts; it reads the fields `needs`.

    The server counts the rows that `plan` is certain of; only the others are fetched and tested.
    """
    filters = [query.filter] if plan is None else plan.doubtful
    total = 0 if plan is None else await count(session, replace(query, filter=plan.certain))
    for each in filters:
        rows = iter_rows(session, replace(query, filter=each or None), list(dict.fromkeys(["id", *needs])))
        total += sum([passes(row) async for row in rows])
    return total


async def iter_pages(
    session: Session,
    query: FindQuery,
    paths: Sequence[str] | None = None,
    *,
    limit: int | None = None,
    page_size: int | None = None,
    receive: Receive | None = None,
) -> AsyncGenerator[list[Any], None]:
    """Yield pages of up to `limit` rows in total; the next pages are prefetched."""
    if limit is not None and limit <= 0:
        return
    if query.ids is not None:
        # Servers refuse a list with the same id twice.
        chosen = list(dict.fromkeys(query.ids))[:limit]
        async for rows in pages_by_id(session, query.entity, chosen, paths, receive):
            yield rows
        return
    size = page_size or _even_size(limit, _rows_per_page(query.entity.type, paths))

    async def fetch(number: int) -> list[Any]:
        # The total bounds the pages to request; without it a request past the end would be wasted.
        with_count = number == _COUNTED_PAGE and (limit is None or limit > _COUNTED_PAGE * size)
        fetched = await page(
            session, query, paths, number=number, per_page=size, with_count=with_count, receive=receive
        )
        if with_count and fetched.count is not None:
            remaining = max(fetched.count - size, len(fetched.rows))
            pages.left = remaining if pages.left is None else min(pages.left, remaining)
        return fetched.rows

    pages = Prefetch(fetch, size, limit)
    try:
        while not pages.ended:
            rows = await pages.next()
            if rows:
                yield rows
    finally:
        await pages.close()


async def iter_rows(
    session: Session,
    query: FindQuery,
    paths: Sequence[str] | None = None,
    *,
    limit: int | None = None,
    page_size: int | None = None,
    receive: Receive | None = None,
) -> AsyncGenerator[Any, None]:
    """The rows of `iter_pages` one by one."""
    all_pages = iter_pages(session, query, paths, limit=limit, page_size=page_size, receive=receive)
    async with aclosing(all_pages) as pages:
        async for rows in pages:
            for row in rows:
                yield row


def _even_size(limit: int | None, most: int) -> int:
    """A page size up to `most` that divides `limit` evenly, so that few surplus rows are requested."""
    if limit is None:
        return most
    pages = -(-limit // most)
    return -(-limit // pages)


def _rows_per_page(type_name: str, paths: Sequence[str] | None) -> int:
    """The page size for a selection: all fields of a scene are ten times as large as its title."""
    fields = _leaves(merge(type_name, default_paths(type_name) if paths is None else paths))
    return max(1, min(PAGE_SIZE, _PAGE_FIELDS // max(1, fields)))


def _leaves(tree: Tree) -> int:
    return sum(_leaves(inner) if inner else 1 for inner in tree.values())


CHUNK = 500
"""Ids per request."""
MISSING = re.compile(r"with id (\d+) not found")


async def pages_by_id(
    session: Session,
    entity: Entity,
    ids: Sequence[str],
    paths: Sequence[str] | None,
    receive: Receive | None = None,
) -> AsyncGenerator[list[Any], None]:
    """Yield the objects with these ids in this order, CHUNK per page; unknown ids are left out."""
    # The caller did not choose the default fields, so there are no warnings about missing ones.
    quiet = is_default(paths)
    selected = list(dict.fromkeys(["id", *(default_paths(entity.type) if paths is None else paths)]))
    for start in range(0, len(ids), CHUNK):
        chunk = list(ids[start : start + CHUNK])
        with session.order.request() as number:
            by_id = {row["id"]: row for row in await _rows(session, entity, chunk, selected, quiet=quiet)}
            rows = [by_id[one] for one in chunk if one in by_id]
            items = receive(rows, number) if receive else rows
        yield items


async def _rows(
    session: Session, entity: Entity, ids: list[str], paths: list[str], *, quiet: bool
) -> list[Row]:
    """Rows in any order, in one request unless some ids are unknown.

    A server before 0.25 has no `ids` argument; it gets one find per id in a single document.
    """
    # The query by id returns null for an unknown id, while the list query fails.
    if len(ids) == 1 and _has_own_query(entity):
        row = await session.call(f"find{entity.type}", {"id": ids[0]}, paths, quiet=quiet)
        return [row] if row else []
    server = await session.load_capabilities()
    name = server.operation_name("query", entity.find)
    if "ids" not in server.arguments("query", name):
        return await _one_by_one(session, entity, ids, paths, quiet=quiet)
    try:
        return await _listed(session, entity, {"ids": ids}, paths, quiet=quiet)
    except StashGraphQLError as error:
        missing = MISSING.search(error.message)
        if missing is None:
            raise
    # The server fails the whole query for one unknown id, which the message names.
    remaining = [one for one in ids if one != missing.group(1)]
    if _has_own_query(entity):
        return await _one_by_one(session, entity, remaining, paths, quiet=quiet)
    return await _rows(session, entity, remaining, paths, quiet=quiet) if remaining else []


async def _listed(
    session: Session, entity: Entity, args: dict[str, Any], paths: list[str], *, quiet: bool
) -> list[Row]:
    selected = [f"{entity.items}.{path}" for path in paths]
    result = await session.call(entity.find, args, selected, quiet=quiet)
    return list(result.get(entity.items) or [])


async def _one_by_one(
    session: Session, entity: Entity, ids: list[str], paths: list[str], *, quiet: bool
) -> list[Row]:
    """One document with a find per id; markers, which have no such query, are filtered from all."""
    # Imported here: most runs read pages and never need the batch module.
    from stash_cli.core.graphql.batch import call_each

    if not _has_own_query(entity):
        # A negative page size selects all rows.
        rows = await _listed(session, entity, {"filter": {"per_page": -1}}, paths, quiet=quiet)
        return [row for row in rows if row["id"] in set(ids)]
    rows = await call_each(session, f"find{entity.type}", [{"id": one} for one in ids], paths, quiet=quiet)
    return [row for row in rows if row is not None]


def _has_own_query(entity: Entity) -> bool:
    """Whether the API has a query for one object by id; it has none for markers."""
    return f"find{entity.type}" in describe_api().queries


_AHEAD = 2
"""Maximum pages requested ahead, so that the server works while a response is processed."""
_TURNS = 8
"""Iterations of the event loop in which a request on a kept-alive connection is written (five suffice)."""


@dataclass(slots=True, eq=False)
class Prefetch:
    """Reads pages of `size` rows with `fetch(number)` until one is short or `left` rows were read."""

    fetch: Callable[[int], Awaitable[list[Any]]]
    size: int
    left: int | None = None
    ended: bool = False
    sent: int = 0
    received: int = 0
    coming: deque[asyncio.Future[list[Any]]] = field(default_factory=deque)

    async def next(self) -> list[Any]:
        """The next page; the pages after it are requested before it is returned."""
        self._send()
        rows = await self.coming.popleft()
        self.received += 1
        used = rows[: self.left]
        self.left = None if self.left is None else self.left - len(used)
        self.ended = len(rows) < self.size or self.left == 0
        if not self.ended:
            self._send()
            await _flush()
        return used

    async def close(self) -> None:
        """Cancel the requests in flight."""
        # Awaited, so that no request outlives the iterator and no error is reported as never retrieved.
        await cancel_tasks(self.coming)

    def _send(self) -> None:
        """Keep requests in flight: one at first, up to `_AHEAD` after the first page."""
        target = min(_AHEAD, max(1, self.received))
        if self.left is not None:
            target = min(target, -(-self.left // self.size))
        while len(self.coming) < target:
            self.sent += 1
            # By page number, as the API has no cursors; so pages can be requested concurrently.
            self.coming.append(asyncio.ensure_future(self.fetch(self.sent)))


async def _flush() -> None:
    """Yield to the event loop until the requests are written."""
    # A request is only written when its task runs; synchronous work of the caller would delay it.
    for _ in range(_TURNS):
        await asyncio.sleep(0)
