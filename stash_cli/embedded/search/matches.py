"""The objects that a filter and a search text match: their number, and the ids of a page.

There are two ways to a page. In the order of an index, a part of all rows is tested at a time: the page is
full soon where much matches. Or the ids of all matches are gathered in the order of the table, which is how
its rows lie together, and put in order then. The first is tried for a bounded number of rows.
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

# Offsets up to which skipping rows is faster than seeking by keys.
_SKIPPED = 1000

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

    For a page far from the start, OFFSET would sort all rows where tie breakers have other directions. So the
    first key of the page's first row is read from the index, rows with smaller keys are counted, and only
    rows with an equal key are sorted.
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

    def _seek(self, terms: tuple[Term, ...], within: Conditions, offset: int, limit: int) -> list[int]:
        """As `page`, for the rows that satisfy `within` and are equal in all keys but `terms`."""
        if offset < _SKIPPED or len(terms) == 1:
            return self._rows(terms, within, offset, limit)
        first, rest = terms[0], terms[1:]
        at = (
            select(first.key)
            .select_from(self._entity)
            .where(*within)
            .order_by(first.ordered)
            .limit(1)
            .offset(offset)
        )
        keys = self._connection.execute(at).scalars().all()
        if not keys:
            return []
        # Counting the rows before uses the index alone; OFFSET would read and sort each of them.
        before = sum(self._count(*within, part) for part in first.before(keys[0]))
        found = self._seek(rest, (*within, first.equal(keys[0])), offset - before, limit)
        for part in first.after(keys[0]):
            if len(found) < limit:
                found += self._rows(terms, (*within, part), 0, limit - len(found))
        return found

    def _rows(self, terms: tuple[Term, ...], within: Conditions, offset: int, limit: int) -> list[int]:
        ordered = (term.ordered for term in terms)
        statement = select(self._entity.c.id).where(*within).order_by(*ordered).limit(limit).offset(offset)
        return list(self._connection.execute(statement).scalars())

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(self._entity).where(*conditions)
        return int(self._connection.execute(statement).scalar_one())


# Rows that are tested in order before all matches are collected.
_WINDOWS = (200, 2000)
# Matches that are sorted as a list; with more of them, rows are read in order instead.
_LISTED = 100_000
# Last position that is reached by reading rows in Python; beyond it, SQLite skips them faster.
_READ = 10_000


@cache
def _in_order(table: Table) -> FromClause:
    """The alias of `table` in statements along an index; describing the columns of a new one takes long."""
    return table.alias()


class Matches:
    """The objects of a type that match the find arguments and the filter `given`.

    Raises Refused for an invalid filter or sort key.
    """

    def __init__(
        self, connection: Connection, type_name: str, find: Mapping[str, Any], given: Mapping[str, Any] | None
    ) -> None:
        self._connection = connection
        self._type = type_name
        self._find = find
        self._given = given
        table = FILTERS[type_name][0]
        self._all = full_scan(table)
        self._is_indexed = sort_key_of(type_name, find) in INDEXED_SORTS.get(type_name, ())
        self._entity = _in_order(table) if self._is_indexed else self._all
        self._order = order_by(type_name, self._entity, find, given)
        self._wanted = self._condition(self._entity)

    @cached_property
    def count(self) -> int:
        """The number of matches."""
        if "_ids" in self.__dict__:
            return len(self._ids)
        statement = self.selected if self._wanted is None else self._by_id.limit(-1)
        found = self._connection.execute(select(func.count()).select_from(statement.subquery()))
        return int(found.scalar_one())

    @cached_property
    def selected(self) -> Select[Any]:
        """The statement for all matching ids."""
        wanted = self._wanted if self._entity is self._all else self._condition(self._all)
        statement = select(self._all.c.id)
        return statement if wanted is None else statement.where(wanted)

    def page(self, offset: int, limit: int | None) -> list[int]:
        """At most `limit` ids in order after the first `offset`; all of them for None."""
        if limit is None or not self._is_indexed:
            order = (
                order_by(self._type, self._all, self._find, self._given) if self._is_indexed else self._order
            )
            return self._run(self.selected.order_by(*order).limit(limit).offset(offset or None))
        pager = KeysetPager(self._connection, self._entity, self._order)
        if self._wanted is None:
            return pager.page(offset, limit)
        if offset + limit <= _WINDOWS[-1] and not self._builds_id_list:
            found, complete = self._from_windows(pager, self._wanted, offset + limit)
            if complete:
                return found[offset : offset + limit]
        return self._from_all_matches(offset, limit)

    def _condition(self, entity: FromClause) -> ColumnElement[bool] | None:
        made = (
            condition(self._type, entity, self._given),
            search_condition(self._type, entity, self._find.get("q")),
        )
        wanted = [each for each in made if each is not None]
        return and_(*wanted) if wanted else None

    @property
    def _builds_id_list(self) -> bool:
        """Whether a condition builds a list of ids anyway, so that testing some rows costs as much as all."""
        wanted: Any = self._wanted
        parts = wanted.clauses if getattr(wanted, "operator", None) is operators.and_ else (wanted,)
        return any(getattr(part, "operator", None) is operators.in_op for part in parts)

    def _from_windows(
        self, pager: KeysetPager, wanted: ColumnElement[bool], number: int
    ) -> tuple[list[int], bool]:
        """The first matches in order, and whether these are `number` of them or all there are."""
        found: list[int] = []
        seen = 0
        for size in _WINDOWS:
            window = pager.page(seen, size)
            near = self._entity.c.id.in_(sql.id_list(window))
            passed = set(self._run(select(self._entity.c.id).where(near, wanted)))
            found += [id_ for id_ in window if id_ in passed]
            seen += size
            if len(found) >= number or len(window) < size:
                return found, True
        return found, False

    @property
    def _by_id(self) -> Select[Any]:
        """The statement for all ids in table order, which reads pages of the file sequentially."""
        return self.selected.order_by(self._all.c.id)

    @cached_property
    def _ids(self) -> array[int]:
        return array("q", (row[0] for row in sql.raw_rows(self._connection, self._by_id)))

    def _from_all_matches(self, offset: int, limit: int) -> list[int]:
        """A page of matches that are collected first."""
        ids = self._ids
        if offset >= len(ids):
            return []
        in_order = select(self._entity.c.id).order_by(*self._order)
        if len(ids) <= _LISTED:
            near = in_order.where(self._entity.c.id.in_(sql.id_list(ids)))
            return self._run(near.limit(limit).offset(offset))
        if offset + limit > _READ:
            # A sum is not looked up in the table: SQLite keeps to the order and tests each row on the way.
            chosen = (self._entity.c.id + 0).in_(self.selected)
            return self._run(in_order.where(chosen).limit(limit).offset(offset))
        return self._read_in_order(in_order, offset, limit)

    def _read_in_order(self, in_order: Select[Any], offset: int, limit: int) -> list[int]:
        """Read rows in order until the page is full; SQLite would first build a second list of all ids."""
        chosen = set(self._ids)
        with closing(sql.raw_rows(self._connection, in_order)) as rows:
            return list(islice((id_ for (id_,) in rows if id_ in chosen), offset, offset + limit))

    def _run(self, statement: Select[Any]) -> list[int]:
        return list(self._connection.execute(statement).scalars())
