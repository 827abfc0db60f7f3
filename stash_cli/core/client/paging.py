"""Reading many objects: pages in a stable order, the next one fetched while the caller works."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.prefetch import Prefetch
from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

PAGE_SIZE = 1000
"""Rows per request: large enough to hide the round trip, small enough to keep memory flat."""
_TELLS = 2
"""The page that tells how many rows there are: one does without, and several need none in vain."""
_SEEDS = 10**8

Row = dict[str, Any]
Receive = Callable[[list[Row], int], list[Any]]
"""Turns the rows of an answer, as soon as it has come, into as many items; with the number of its request."""


@dataclass(frozen=True, slots=True)
class FindQuery:
    """Which objects of one entity, in which order.

    `filter` is the server's filter input as JSON, `q` its text search, `sort` one of its sort keys (None:
    by name, or by id where there are no names; "random" is given a seed, so that pages fit together),
    `direction` ASC or DESC; `ids` asks for just these.
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
        """The arguments of the find query for one page."""
        order = {"sort": self._sort(), "direction": self.direction or "ASC"}
        paging = {"page": page, "per_page": per_page, **order, **({"q": self.q} if self.q else {})}
        return {"filter": paging, self.entity.filter_arg: self.filter or UNSET}

    def _sort(self) -> str:
        if self.sort == "random":
            return f"random_{self.seed}"
        return self.sort or ("name" if self.entity.label == "name" else "id")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, or what they were turned into; `count` is the number of all matches if asked for."""

    rows: list[Any]
    count: int | None = None


def check_sort(entity: Entity, sort: str | None) -> None:
    """Refuse a sort key that the server does not have, with near matches."""
    if sort is None or sort in entity.sorts or sort == "random":
        return
    if sort.startswith("random_") and sort.removeprefix("random_").isdigit():
        return
    raise StashLookupError(
        f"{entity.plural} cannot be sorted by {sort!r}. {did_you_mean(sort, entity.sorts)}".rstrip()
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
    """One page of rows that hold `paths` (None: the default fields); one request."""
    items = query.entity.items
    wanted = [f"{items}.{path}" for path in _paths(query, paths)]
    fields = ["count", *wanted] if with_count else wanted
    args = query.args(number, per_page)
    with session.order.request() as sent:
        answer = await session.call(query.entity.find, args, fields, quiet=paths is None)
        rows = answer.get(items) or []
        return Page(receive(rows, sent) if receive else rows, answer.get("count"))


async def count(session: Session, query: FindQuery) -> int:
    """How many objects match; no row is sent."""
    if query.ids is not None:
        return sum([1 async for _ in iter_rows(session, query, ["id"])])
    answer = await session.call(query.entity.find, query.args(1, 0), ["count"])
    return int(answer["count"])


async def iter_pages(
    session: Session,
    query: FindQuery,
    paths: Sequence[str] | None = None,
    *,
    limit: int | None = None,
    page_size: int | None = None,
    receive: Receive | None = None,
) -> AsyncGenerator[list[Any], None]:
    """Pages of rows up to `limit` rows; while one is worked on the next is on its way."""
    if limit is not None and limit <= 0:
        return
    if query.ids is not None:
        from stash_cli.core.client.by_id import pages_by_id

        async for rows in pages_by_id(session, query.entity, _chosen(query, limit), paths, receive):
            yield rows
        return
    size = page_size or _even_size(limit)

    async def fetch(number: int) -> list[Any]:
        unsure = number == _TELLS and (limit is None or limit > _TELLS * size)
        found = await page(
            session, query, paths, number=number, per_page=size, with_count=unsure, receive=receive
        )
        if unsure and found.count is not None:
            rest = max(found.count - size, len(found.rows))
            pages.left = rest if pages.left is None else min(pages.left, rest)
        return found.rows

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
    pages = iter_pages(session, query, paths, limit=limit, page_size=page_size, receive=receive)
    try:
        async for rows in pages:
            for row in rows:
                yield row
    finally:
        await pages.aclose()


def _chosen(query: FindQuery, limit: int | None) -> list[str]:
    return list(dict.fromkeys(query.ids or ()))[:limit]


def _paths(query: FindQuery, paths: Sequence[str] | None) -> Sequence[str]:
    return default_paths(query.entity.type) if paths is None else paths


def _even_size(limit: int | None) -> int:
    """A page size that divides `limit` rows evenly, so that little is asked for in vain."""
    if limit is None:
        return PAGE_SIZE
    pages = -(-limit // PAGE_SIZE)
    return -(-limit // pages)
