"""Pages of everything in the order of an index, sought by the keys of their rows.

A page far from the start is not reached by skipping rows in their whole order, which SQLite has to sort where
ties have a direction of their own: the first key of its first row is read from the index, rows with lower
keys are counted, and only rows with that key are put in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.sql import operators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    Conditions = tuple[ColumnElement[bool], ...]

_SKIPPED = 1000  # rows that are skipped sooner than sought

WALKED: dict[str, frozenset[str]] = {
    type_name: frozenset(("id", "title", "path", "date", "created_at", "updated_at", "rating"))
    for type_name in ("Scene", "Image")
}
"""The sort keys of each type that have an index."""


@dataclass(frozen=True)
class Term:
    """An expression of ORDER BY with its direction; NULL is less than anything else."""

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
        """What comes before `value`, in parts that an index can be searched for."""
        return self._on_side(value, larger=self.descending)

    def after(self, value: Any) -> list[ColumnElement[bool]]:
        """What comes after `value`, part by part in order."""
        return self._on_side(value, larger=not self.descending)

    def _on_side(self, value: Any, *, larger: bool) -> list[ColumnElement[bool]]:
        if value is None:
            return [self.key.is_not(None)] if larger else []
        return [self.key > value] if larger else [self.key < value, self.key.is_(None)]


class Walk:
    """The ids of all rows of `entity` in an order."""

    def __init__(
        self, connection: Connection, entity: FromClause, order: Sequence[ColumnElement[Any]]
    ) -> None:
        self._connection = connection
        self._entity = entity
        self._terms = tuple(Term.of(ordered) for ordered in order)

    def page(self, offset: int, limit: int) -> list[int]:
        """At most `limit` ids, after the first `offset`."""
        return self._sought(self._terms, (), offset, limit)

    def _sought(self, terms: tuple[Term, ...], within: Conditions, offset: int, limit: int) -> list[int]:
        """As `page`, of the rows that fulfil `within` and are equal in all but `terms`."""
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
        before = sum(self._count(*within, part) for part in first.before(keys[0]))
        found = self._sought(rest, (*within, first.equal(keys[0])), offset - before, limit)
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
