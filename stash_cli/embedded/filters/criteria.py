"""Criterion handlers, their factories, and the composition of a filter with AND, OR and NOT.

A handler takes the entity's table and the criterion, and returns one boolean expression, or None for no
condition. The table is a new alias at every level of a filter, so that nothing joins by accident, and the
expression is self-contained: AND, OR and NOT around it cannot change its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, Table, and_, func, not_, or_, select

from stash_cli.embedded.filters import conditions
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import sql

Entity: TypeAlias = FromClause
Condition: TypeAlias = ColumnElement[bool]
Handler: TypeAlias = Callable[[Entity, Any], Condition | None]
Expression: TypeAlias = Callable[[Entity], ColumnElement[Any]]
Matcher: TypeAlias = Callable[[ColumnElement[Any], Mapping[str, Any]], Condition]


def column(name: str, match: Matcher) -> Handler:
    """Criterion on a column of the entity."""
    return lambda entity, criterion: match(entity.c[name], criterion)


def expression(make: Expression, match: Matcher) -> Handler:
    """Criterion on an expression computed from the entity."""
    return lambda entity, criterion: match(make(entity), criterion)


def strings(names: str) -> dict[str, Handler]:
    """String criteria on columns of the same name."""
    return {name: column(name, conditions.string) for name in names.split()}


def numbers(names: str) -> dict[str, Handler]:
    return {name: column(name, conditions.number) for name in names.split()}


def dates(names: str) -> dict[str, Handler]:
    """Date and timestamp criteria on columns of the same name."""
    return {name: column(name, conditions.date) for name in names.split()}


def boolean(name: str) -> Handler:
    """Boolean criterion: both true and false filter."""
    return lambda entity, wanted: entity.c[name].is_(wanted)


def any_row(
    rows: Select[Any], match: Callable[..., Condition | None], owners: Select[Any] | None = None
) -> Handler:
    """Criterion on any of the entity's `rows` (owner, values...), by `match(values..., criterion)`.

    An entity without rows counts as one row of NULLs, so that IS_NULL finds it. `owners` is a cheaper query
    for the entities that have rows.
    """
    present = rows if owners is None else owners

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        found = rows.subquery()
        condition = match(*list(found.c)[1:], criterion)
        if condition is None:
            return None
        # The server joins with LEFT JOIN, so an entity without rows has one row of NULLs.
        some = exists_row(entity, found, condition)
        if criterion.get("modifier") not in _MATCH_NULL:
            return some
        return or_(some, ~exists_row(entity, present.subquery()))

    return handle


_MATCH_NULL = frozenset(("IS_NULL", "NOT_MATCHES_REGEX"))
"""Modifiers that match a missing value."""


_FULL_SCAN = "every_"


def full_scan(table: Table) -> FromClause:
    """An alias of `table` for statements that read all of its rows, rather than some until a page is full.

    Conditions on it collect the matching ids once, which is faster than a lookup for each row.
    """
    return table.alias(_FULL_SCAN + table.name)


def exists_row(entity: Entity, rows: Subquery, *conditions: Condition) -> Condition:
    """Whether `rows` (owner, ...) contains a row of the entity that satisfies `conditions`.

    A correlated EXISTS, so that a page ends early; on a `full_scan` alias an IN over the matching owners.
    """
    if conditions and getattr(entity, "name", "").startswith(_FULL_SCAN):
        return entity.c.id.in_(select(rows.c[0]).where(*conditions))
    return select(1).where(rows.c[0] == entity.c.id, *conditions).correlate(entity).exists()


def string_list(rows: Select[Any]) -> Handler:
    """Criterion on a list of strings: as `any_row`, but EXCLUDES requires that no row matches."""
    some = any_row(rows, conditions.string)

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        if criterion["modifier"] != "EXCLUDES":
            return some(entity, criterion)
        found = rows.subquery()
        return entity.c.id.not_in(select(found.c[0]).where(found.c[1].like(f"%{criterion['value']}%")))

    return handle


def count(links: Callable[[], Select[Any]], match: Matcher = conditions.number) -> Handler:
    """Numeric criterion on the number of objects in `links` (owner, object), which holds no pair twice."""

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition:
        return match(counted(entity, links()), criterion)

    return handle


def counted(entity: Entity, links: Select[Any] | Any) -> ColumnElement[int]:
    """The number of objects in `links` (owner, object; no pair twice) for each entity."""
    found = links.subquery()
    number = select(func.count()).where(found.c[0] == entity.c.id)
    return number.correlate(entity).scalar_subquery()


def total(parts: Callable[[], list[Select[Any]]]) -> Expression:
    """The sum of all `parts` (owner, number) for the entity; 0 without rows."""

    def make(entity: Entity) -> ColumnElement[Any]:
        pieces = parts()
        found = (pieces[0].union_all(*pieces[1:]) if len(pieces) > 1 else pieces[0]).subquery()
        number = select(func.coalesce(func.sum(found.c[1]), 0)).where(found.c[0] == entity.c.id)
        return number.correlate(entity).scalar_subquery()

    return make


def pairs(table: Table, owner: str, other: str) -> Select[Any]:
    """(owner, other) of a join table under a new alias."""
    link = table.alias()
    return select(link.c[owner], link.c[other])


@dataclass(frozen=True)
class OwnColumn:
    """Links in a column of the entity's own table; called, (id, column) of every row that has one."""

    table: Table
    name: str

    def __call__(self) -> Select[Any]:
        own = self.table.alias()
        return select(own.c.id, own.c[self.name]).where(own.c[self.name].is_not(None))

    def is_among(self, entity: Entity, chosen: Select[Any]) -> Condition:
        """Whether the column is in `chosen`; false, not NULL, where the column is NULL."""
        return and_(entity.c[self.name].is_not(None), entity.c[self.name].in_(chosen))


def shorter_side(width: ColumnElement[Any], height: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.min(width, height)


def age_at(born: ColumnElement[Any], moment: ColumnElement[Any]) -> ColumnElement[int]:
    return sql.years_between(born, moment)


OPERATORS = ("AND", "OR", "NOT")
MAX_DEPTH = 25
"""Levels of AND, OR and NOT in a filter; the parser of the server's SQLite gives up at about as many."""


def compose(
    handlers: Mapping[str, Handler], entity: Entity, given: Mapping[str, Any], depth: int = 0
) -> Condition | None:
    """The condition of filter `given`, or None when it has no effect. Raises Refused."""
    if depth > MAX_DEPTH:
        raise Refused(f"parser stack overflow: filters nest at most {MAX_DEPTH} levels")
    own = _criteria(handlers, entity, given)
    operator = _operator(given)
    if operator is None:
        return own
    nested = compose(handlers, entity, given[operator], depth + 1)
    if nested is None:
        return own
    if operator == "NOT":
        nested = not_(nested)
    if own is None:
        return nested
    return or_(own, nested) if operator == "OR" else and_(own, nested)


def _criteria(handlers: Mapping[str, Handler], entity: Entity, given: Mapping[str, Any]) -> Condition | None:
    made = [
        handlers[name](entity, criterion)
        for name, criterion in given.items()
        if name not in OPERATORS and criterion is not None
    ]
    wanted = [condition for condition in made if condition is not None]
    return and_(*wanted) if wanted else None


def _operator(given: Mapping[str, Any]) -> str | None:
    """The operator of a level, or None. Raises Refused for more than one."""
    used = [name for name in OPERATORS if given.get(name) is not None]
    # The server refuses two operators on one level instead of giving them a precedence.
    for first, second in combinations(used, 2):
        raise Refused(f"cannot have {first} and {second} in the same filter")
    return used[0] if used else None
