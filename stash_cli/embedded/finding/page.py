"""One answer of a find query: its rows, how many there are in all, and totals - each only when asked."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stash_cli.embedded.finding.matches import Matches
from stash_cli.embedded.finding.totals import TOTALS
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.rows import Row

PER_PAGE = 25


class FoundPage:
    """The objects that a filter, a search text or a list of ids finds.

    `get` answers the fields of a Find*ResultType: `count`, the rows under `items`, and totals.
    """

    def __init__(
        self,
        context: RequestContext,
        type_name: str,
        items: str,
        find: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        *,
        ids: Sequence[int] | None = None,
    ) -> None:
        self._context = context
        self._type = type_name
        self._items = items
        self._find = find or {}
        self._given = given
        self._ids = ids

    def get(self, name: str, _: Mapping[str, Any] | None = None) -> Any:
        """The value of a field of the result."""
        if name == "count":
            return self.count
        if name == self._items:
            return self.rows
        chosen = select(KINDS[self._type].table.c.id).where(KINDS[self._type].table.c.id.in_(self._ids or []))
        matching = self._matches.selected if self._ids is None else chosen
        return TOTALS[self._type][name](self._context.connection, matching, self._ids is not None)

    def check(self) -> None:
        """Refuse what cannot be answered, whatever is selected of it: ids, filters, sort keys."""
        if self._ids is not None:
            self.rows  # noqa: B018 - one that is missing fails the query
        else:
            self._matches  # noqa: B018 - worked out here, used when something is selected

    @cached_property
    def count(self) -> int:
        """How many there are on all pages."""
        return self._matches.count if self._ids is None else len(self.rows)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of this page; a list of ids is answered in its own order, or refused as a whole."""
        if self._ids is None:
            return self._context.fetch_many(self._type, self.page_ids())
        found = self._context.fetch_many(self._type, self._ids)
        if len(found) < len(self._ids):
            missing = next(id_ for id_ in self._ids if id_ not in {row.id for row in found})
            raise Refused(_missing_text(self._type, missing))
        return found

    def page_ids(self) -> list[int]:
        """The ids of this page in order."""
        per_page = PER_PAGE if self._find.get("per_page") is None else self._find["per_page"]
        if per_page == 0:
            return []
        if per_page < 0:
            return self._matches.page(0, None)
        page = max(self._find.get("page") or 1, 1)
        return self._matches.page((page - 1) * per_page, per_page)

    @cached_property
    def _matches(self) -> Matches:
        return Matches(self._context.connection, self._type, self._find, self._given)


def _missing_text(type_name: str, id_: int) -> str:
    if type_name == "BaseFile":
        return f"getting file by id {id_}: sql: no rows in result set"
    return f"{KINDS[type_name].noun} with id {id_} not found"
