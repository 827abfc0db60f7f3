"""A compiled find, and the rows that answer it."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import PAGE_SIZE, FindQuery, Page, Prefetch, Receive, iter_rows, page

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from stash_cli.core.client import Session
    from stash_cli.core.query.lookups import Compiled

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A compiled find: the query to send, the paths to ask for, and the post filter."""

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
        """Rows that match, up to `limit`, or the objects that `receive` makes of them."""
        if limit is not None and limit <= 0:
            return
        at_most = limit if self.compiled.post_filter is None else None
        receive = receive or self._passing
        if not prefetch:
            rows = self._unhurried(page_size or PAGE_SIZE, receive)
        elif page_size and at_most is None:
            rows = self._counted(page_size, receive)
        else:
            rows = iter_rows(
                self.session, self.query, self.paths, limit=at_most, page_size=page_size, receive=receive
            )
        left = limit
        async with aclosing(rows):
            async for row in rows:
                if row is not None:
                    yield row
                    left = None if left is None else left - 1
                if left == 0:
                    return

    def _passing(self, rows: list[Row], _sent: int) -> list[Row | None]:
        return [row if self.passes(row) else None for row in rows]

    async def _counted(self, size: int, receive: Receive) -> AsyncGenerator[Any, None]:
        """Rows of pages fetched ahead; the first has the total, so that none beyond the last is fetched."""

        async def fetch(number: int) -> list[Any]:
            found = await self._page(number, size, receive, with_count=number == 1)
            if found.count is not None:
                pages.left = found.count
            return found.rows

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

    async def _unhurried(self, size: int, receive: Receive) -> AsyncGenerator[Any, None]:
        """Rows page by page, each page requested when it is consumed."""
        number, full = 1, True
        while full:
            found = await self._page(number, size, receive)
            full = len(found.rows) == size
            number += 1
            for row in found.rows:
                yield row
