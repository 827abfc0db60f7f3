"""The objects that a filter and a search text match: their number, and the ids of a page.

There are two ways to compute a page. Rows are read in the order of an index and tested window by window,
which fills the page quickly if many rows match. Or the ids of all matches are collected in table order,
which reads the database file sequentially, and sorted afterwards. The first way is tried for a limited
number of rows.
"""

from __future__ import annotations

from array import array
from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, func, select
from sqlalchemy.sql import operators

from stash_cli.embedded.filters import FILTERS, condition
from stash_cli.embedded.filters.criteria import full_scan
from stash_cli.embedded.library import sql
from stash_cli.embedded.search.sorts import order_by, sort_key_of
from stash_cli.embedded.search.text_search import search_condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Conditions = tuple[ColumnElement[bool], ...]

# Offsets below which skipping rows is faster than seeking by keys.
_MAX_SKIPPED = 1000

INDEXED_SORTS: dict[str, frozenset[str]] = {
    type_name: frozenset(("id", "title", "path", "date", "created_at", "updated_at", "rating"))
    for type_name in ("Scene", "Image")
}
"""Sort keys of each type that have an index."""


@dataclass(frozen=True)
class Term:
    """An expression of ORDER BY with its direction; NULL is the smallest value."""

    key: Any
    descending: bool

    @classmethod
    def of(cls, ordered: Any) -> Term:
        """The term of an expression with `asc()` or `desc()`."""
        return cls(ordered.element, ordered.modifier is operators.desc_op)

    @property
    def ordered(self) -> ColumnElement[Any]:
        return self.key.desc() if self.descending else self.key.asc()  # type: ignore[no-any-return]

    def equal(self, value: Any) -> ColumnElement[bool]:
        return self.key.is_(None) if value is None else self.key == value  # type: ignore[no-any-return]

    def before(self, value: Any) -> list[ColumnElement[bool]]:
        """Conditions for rows before `value`, each of which can use an index."""
        return self._compare(value, larger=self.descending)

    def after(self, value: Any) -> list[ColumnElement[bool]]:
        """Conditions for rows after `value`, in order."""
        return self._compare(value, larger=not self.descending)

    def _compare(self, value: Any, *, larger: bool) -> list[ColumnElement[bool]]:
        if value is None:
            return [self.key.is_not(None)] if larger else []
        return [self.key > value] if larger else [self.key < value, self.key.is_(None)]


class KeysetPager:
    """Pages of all rows of `entity` in the order of an index (keyset pagination).

    For a page far from the start, OFFSET would sort all rows if the tie breakers have another direction than
    the key. So the key of the page's first row is read from the index, the rows before this key are counted,
    and only rows with an equal key are sorted.
    """

    def __init__(
        self, connection: Connection, entity: FromClause, order: Sequence[ColumnElement[Any]]
    ) -> None:
        self._connection = connection
        self._entity = entity
        self._terms = tuple(Term.of(ordered) for ordered in order)

    def page(self, offset: int, limit: int) -> list[int]:
        """At most `limit` ids after the first `offset`."""
        return self._seek(self._terms, (), offset, limit)

    def _seek(self, terms: tuple[Term, ...], conditions: Conditions, offset: int, limit: int) -> list[int]:
        """As `page`, for the rows that satisfy `conditions` and are equal in all keys but `terms`."""
        if offset < _MAX_SKIPPED or len(terms) == 1:
            return self._rows(terms, conditions, offset, limit)
        first, rest = terms[0], terms[1:]
        first_key = (
            select(first.key)
            .select_from(self._entity)
            .where(*conditions)
            .order_by(first.ordered)
            .limit(1)
            .offset(offset)
        )
        keys = self._connection.execute(first_key).scalars().all()
        if not keys:
            return []
        # Counting the rows before the key only uses the index; OFFSET would read and sort each of them.
        before = sum(self._count(*conditions, range_) for range_ in first.before(keys[0]))
        ids = self._seek(rest, (*conditions, first.equal(keys[0])), offset - before, limit)
        for range_ in first.after(keys[0]):
            if len(ids) < limit:
                ids += self._rows(terms, (*conditions, range_), 0, limit - len(ids))
        return ids

    def _rows(self, terms: tuple[Term, ...], conditions: Conditions, offset: int, limit: int) -> list[int]:
        ordered = (term.ordered for term in terms)
        statement = (
            select(self._entity.c.id).where(*conditions).order_by(*ordered).limit(limit).offset(offset)
        )
        return list(self._connection.execute(statement).scalars())

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(self._entity).where(*conditions)
        return int(self._connection.execute(statement).scalar_one())


# Sizes of the windows of rows that are tested in order before all matches are collected.
_WINDOWS = (200, 2000)
# Matches up to which the list of ids is sorted; with more of them, rows are read in order instead.
_MAX_LISTED = 100_000
# Positions up to which rows are read in Python; beyond, SQLite skips them faster.
_MAX_READ = 10_000


@cache
def _in_order(table: Table) -> FromClause:
    """The alias of `table` in statements ordered by an index; cached, because making its columns is slow."""
    return table.alias()


class Matches:
    """The objects of a type that match the find arguments `find` and the filter `given`.

    Raises Refused for an invalid filter or sort key.
    """

    def __init__(
        self, connection: Connection, type_name: str, find: Mapping[str, Any], given: Mapping[str, Any] | None
    ) -> None:
        self._connection = connection
        self._type = type_name
        self._find = find
        self._filter = given
        table = FILTERS[type_name][0]
        self._all = full_scan(table)
        self._is_indexed = sort_key_of(type_name, find) in INDEXED_SORTS.get(type_name, ())
        self._entity = _in_order(table) if self._is_indexed else self._all
        self._order = order_by(type_name, self._entity, find, given)
        self._where = self._condition(self._entity)

    @cached_property
    def count(self) -> int:
        """The number of matches."""
        if "_ids" in self.__dict__:
            return len(self._ids)
        statement = self.selected if self._where is None else self._in_table_order.limit(-1)
        result = self._connection.execute(select(func.count()).select_from(statement.subquery()))
        return int(result.scalar_one())

    @cached_property
    def selected(self) -> Select[Any]:
        """The statement for all matching ids."""
        where = self._where if self._entity is self._all else self._condition(self._all)
        statement = select(self._all.c.id)
        return statement if where is None else statement.where(where)

    def page(self, offset: int, limit: int | None) -> list[int]:
        """At most `limit` ids in order after the first `offset`; all of them for None."""
        if limit is None or not self._is_indexed:
            order = (
                order_by(self._type, self._all, self._find, self._filter) if self._is_indexed else self._order
            )
            return self._run(self.selected.order_by(*order).limit(limit).offset(offset or None))
        pager = KeysetPager(self._connection, self._entity, self._order)
        if self._where is None:
            return pager.page(offset, limit)
        if offset + limit <= _WINDOWS[-1] and not self._builds_id_list:
            ids, complete = self._from_windows(pager, self._where, offset + limit)
            if complete:
                return ids[offset : offset + limit]
        return self._from_all_matches(offset, limit)

    def _condition(self, entity: FromClause) -> ColumnElement[bool] | None:
        parts = (
            condition(self._type, entity, self._filter),
            search_condition(self._type, entity, self._find.get("q")),
        )
        conditions = [each for each in parts if each is not None]
        return and_(*conditions) if conditions else None

    @property
    def _builds_id_list(self) -> bool:
        """Whether a condition computes a list of ids first: testing a few rows then costs as much as all."""
        where: Any = self._where
        parts = where.clauses if getattr(where, "operator", None) is operators.and_ else (where,)
        return any(getattr(part, "operator", None) is operators.in_op for part in parts)

    def _from_windows(
        self, pager: KeysetPager, where: ColumnElement[bool], number: int
    ) -> tuple[list[int], bool]:
        """The first matches in order, and whether they are complete: `number` of them, or all."""
        matches: list[int] = []
        offset = 0
        for size in _WINDOWS:
            window = pager.page(offset, size)
            in_window = self._entity.c.id.in_(sql.id_list(window))
            matching = set(self._run(select(self._entity.c.id).where(in_window, where)))
            matches += [id_ for id_ in window if id_ in matching]
            offset += size
            if len(matches) >= number or len(window) < size:
                return matches, True
        return matches, False

    @property
    def _in_table_order(self) -> Select[Any]:
        """The statement for all ids in table order, which reads pages of the file sequentially."""
        return self.selected.order_by(self._all.c.id)

    @cached_property
    def _ids(self) -> array[int]:
        return array("q", (row[0] for row in sql.raw_rows(self._connection, self._in_table_order)))

    def _from_all_matches(self, offset: int, limit: int) -> list[int]:
        """A page of the matches, whose ids are all collected first."""
        ids = self._ids
        if offset >= len(ids):
            return []
        in_order = select(self._entity.c.id).order_by(*self._order)
        if len(ids) <= _MAX_LISTED:
            statement = in_order.where(self._entity.c.id.in_(sql.id_list(ids)))
            return self._run(statement.limit(limit).offset(offset))
        if offset + limit > _MAX_READ:
            # The sum prevents a lookup by id, so that SQLite scans the index in order and tests each row.
            is_match = (self._entity.c.id + 0).in_(self.selected)
            return self._run(in_order.where(is_match).limit(limit).offset(offset))
        return self._read_in_order(in_order, offset, limit)

    def _read_in_order(self, in_order: Select[Any], offset: int, limit: int) -> list[int]:
        """Read rows in order until the page is full; SQLite would first build a second list of all ids."""
        matches = set(self._ids)
        with closing(sql.raw_rows(self._connection, in_order)) as rows:
            return list(islice((id_ for (id_,) in rows if id_ in matches), offset, offset + limit))

    def _run(self, statement: Select[Any]) -> list[int]:
        return list(self._connection.execute(statement).scalars())
