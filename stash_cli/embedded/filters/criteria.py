"""Criterion handlers, their factories, and the composition of a filter with AND, OR and NOT.

A handler takes the entity's table and the criterion, and returns one boolean expression, or None for no
condition. The table is a new alias at every level of a filter, so that nothing joins by accident, and the
expression is self-contained: AND, OR and NOT around it cannot change its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    Table,
    and_,
    false,
    func,
    not_,
    or_,
    select,
)

from stash_cli.core.types.api import BANDS
from stash_cli.embedded.graphql.errors import Refused, UnsupportedModifier
from stash_cli.embedded.library import functions, sql

# The rules of modifiers are the server's: LIKE ignores ASCII case and reads % and _ as wildcards, NULL
# satisfies no comparison, dates and times compare as text. Modifiers on which the server panics are refused.
Criterion: TypeAlias = Mapping[str, Any]
_SPACES = re.compile(r"\s+")


def _is_blank(column: ColumnElement[Any]) -> Condition:
    # The server counts a text of only spaces as missing, too.
    return or_(column.is_(None), func.trim(column) == "")


def _is_not_blank(column: ColumnElement[Any]) -> Condition:
    return and_(column.is_not(None), func.trim(column) != "")


def _words(text: str) -> list[str]:
    """LIKE patterns for the words of an INCLUDES value, or for the whole of a quoted phrase."""
    # The server searches words separately unless the whole value is quoted.
    phrase = text.strip('"')
    words = _SPACES.sub(" ", text).split(" ") if phrase == text else [phrase]
    return [f"%{word}%" for word in words]


def _matches(column: ColumnElement[Any], pattern: str) -> Condition:
    if functions.is_literal(pattern):
        return func.instr(column, pattern) > 0
    # An invalid pattern is refused here; inside SQLite it would only be an error of the function.
    functions.compile_pattern(pattern)
    matched = column.op("REGEXP", is_comparison=True)(pattern)
    # Numbers are matched as Python formats them, which SQLite's own functions do not do.
    texts = functions.required_substrings(pattern) if isinstance(column.type, String) else []
    return and_(*(func.instr(column, text) > 0 for text in texts), matched)


_STRING: dict[str, Callable[[Any, str], Condition]] = {
    "EQUALS": lambda column, value: column.like(value),
    "NOT_EQUALS": lambda column, value: column.not_like(value),
    "INCLUDES": lambda column, value: or_(*(column.like(word) for word in _words(value))),
    "EXCLUDES": lambda column, value: and_(*(column.not_like(word) for word in _words(value))),
    # The condition that excludes most rows comes first, because each condition computes a path again.
    "MATCHES_REGEX": lambda column, value: and_(_matches(column, value), column.is_not(None)),
    "NOT_MATCHES_REGEX": lambda column, value: or_(not_(_matches(column, value)), column.is_(None)),
    "IS_NULL": lambda column, _: _is_blank(column),
    "NOT_NULL": lambda column, _: _is_not_blank(column),
}


def string(column: ColumnElement[Any], criterion: Criterion) -> Condition:
    """Condition of a StringCriterionInput. Raises UnsupportedModifier."""
    # The server panics on modifiers that its string filter does not support, and responds with this text.
    make = _STRING.get(criterion["modifier"])
    if make is None:
        raise UnsupportedModifier("string filter modifier", criterion["modifier"])
    return make(column, criterion.get("value") or "")


_NUMBER: dict[str, Callable[[Any, Any, Any], Condition]] = {
    "EQUALS": lambda column, value, _: column == value,
    "NOT_EQUALS": lambda column, value, _: column != value,
    "LESS_THAN": lambda column, value, _: column < value,
    "GREATER_THAN": lambda column, value, _: column > value,
    "BETWEEN": lambda column, low, high: column.between(low, high),
    "NOT_BETWEEN": lambda column, low, high: not_(column.between(low, high)),
    "IS_NULL": lambda column, *_: column.is_(None),
    "NOT_NULL": lambda column, *_: column.is_not(None),
}


def number(column: ColumnElement[Any], criterion: Criterion) -> Condition:
    """Condition of an IntCriterionInput or FloatCriterionInput; a missing `value2` counts as 0."""
    make = _NUMBER.get(criterion["modifier"])
    if make is None:
        raise UnsupportedModifier("numeric modifier type", criterion["modifier"])
    high = criterion.get("value2")
    return make(column, criterion["value"], 0 if high is None else high)


def date(column: ColumnElement[Any], criterion: Criterion) -> Condition:
    """Condition of a date or timestamp criterion, compared as text; `value2` defaults to tomorrow."""
    modifier = criterion["modifier"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        missing = or_(column.is_(None), column == "")
        return missing if modifier == "IS_NULL" else and_(column.is_not(None), column != "")
    # The server compares texts without parsing them, so invalid dates are compared, too.
    make = _NUMBER.get(modifier)
    if make is None:
        raise UnsupportedModifier("date modifier type", modifier)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    return make(column, criterion["value"], criterion.get("value2") or tomorrow)


def one_of(column: ColumnElement[Any], values: list[str], modifier: str, kind: str) -> Condition:
    """Condition of an enum criterion (gender, circumcised): any of `values`, or none; NULL never matches."""
    if modifier in ("IS_NULL", "NOT_NULL"):
        return _is_blank(column) if modifier == "IS_NULL" else _is_not_blank(column)
    if modifier in ("EQUALS", "INCLUDES"):
        return column.in_(values) if values else false()
    if modifier in ("NOT_EQUALS", "EXCLUDES"):
        return column.not_in(values)
    raise UnsupportedModifier(f"{kind} modifier", modifier)


def resolution(shorter: ColumnElement[Any], criterion: Criterion) -> Condition:
    """Condition of a ResolutionCriterionInput on the shorter side of a picture."""
    low, high = BANDS[criterion["value"]]
    conditions: dict[str, Condition] = {
        "EQUALS": shorter.between(low, high),
        "NOT_EQUALS": not_(shorter.between(low, high)),
        "LESS_THAN": shorter < low,
        "GREATER_THAN": shorter > high,
    }
    if criterion["modifier"] not in conditions:
        raise UnsupportedModifier("resolution modifier", criterion["modifier"])
    return conditions[criterion["modifier"]]


def orientation(
    width: ColumnElement[Any], height: ColumnElement[Any], criterion: Criterion
) -> Condition | None:
    """Condition of an OrientationCriterionInput: any of the listed ones; None for an empty list."""
    shapes: dict[str, Condition] = {
        "LANDSCAPE": width > height,
        "PORTRAIT": width < height,
        "SQUARE": width == height,
    }
    conditions = [shapes[value] for value in criterion["value"]]
    return or_(*conditions) if conditions else None


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
    return {name: column(name, string) for name in names.split()}


def numbers(names: str) -> dict[str, Handler]:
    return {name: column(name, number) for name in names.split()}


def dates(names: str) -> dict[str, Handler]:
    """Date and timestamp criteria on columns of the same name."""
    return {name: column(name, date) for name in names.split()}


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
        row = rows.subquery()
        condition = match(*list(row.c)[1:], criterion)
        if condition is None:
            return None
        # The server joins with LEFT JOIN, so an entity without rows has one row of NULLs.
        has_match = exists_row(entity, row, condition)
        if criterion.get("modifier") not in _MATCH_NULL:
            return has_match
        return or_(has_match, ~exists_row(entity, present.subquery()))

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
    match_any = any_row(rows, string)

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        if criterion["modifier"] != "EXCLUDES":
            return match_any(entity, criterion)
        row = rows.subquery()
        # As on the server: the value is one phrase, not single words as for a column, and objects without
        # rows match.
        return entity.c.id.not_in(select(row.c[0]).where(row.c[1].like(f"%{criterion['value']}%")))

    return handle


def count(links: Callable[[], Select[Any]], match: Matcher = number) -> Handler:
    """Numeric criterion on the number of objects in `links` (owner, object), without duplicate pairs."""

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition:
        return match(counted(entity, links()), criterion)

    return handle


def counted(entity: Entity, links: Select[Any] | Any) -> ColumnElement[int]:
    """The number of objects in `links` (owner, object; without duplicates) for each entity."""
    link_rows = links.subquery()
    number = select(func.count()).where(link_rows.c[0] == entity.c.id)
    return number.correlate(entity).scalar_subquery()


def total(parts: Callable[[], list[Select[Any]]]) -> Expression:
    """The sum of all `parts` (owner, number) for the entity; 0 without rows."""

    def make(entity: Entity) -> ColumnElement[Any]:
        selects = parts()
        union = (selects[0].union_all(*selects[1:]) if len(selects) > 1 else selects[0]).subquery()
        # 0 and not NULL without rows: on the server EQUALS 0 finds them, and IS_NULL finds nothing.
        number = select(func.coalesce(func.sum(union.c[1]), 0)).where(union.c[0] == entity.c.id)
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
"""Levels of AND, OR and NOT in a filter; the parser of the server's SQLite fails at about as many."""


def compose(
    handlers: Mapping[str, Handler], entity: Entity, filter_input: Mapping[str, Any], depth: int = 0
) -> Condition | None:
    """The condition of a filter input, or None when it has no effect. Raises Refused."""
    if depth > MAX_DEPTH:
        raise Refused(f"parser stack overflow: filters nest at most {MAX_DEPTH} levels")
    own = _criteria(handlers, entity, filter_input)
    operator = _operator(filter_input)
    if operator is None:
        return own
    nested = compose(handlers, entity, filter_input[operator], depth + 1)
    if nested is None:
        return own
    if operator == "NOT":
        nested = not_(nested)
    if own is None:
        return nested
    return or_(own, nested) if operator == "OR" else and_(own, nested)


def _criteria(
    handlers: Mapping[str, Handler], entity: Entity, filter_input: Mapping[str, Any]
) -> Condition | None:
    conditions = [
        handlers[name](entity, criterion)
        for name, criterion in filter_input.items()
        if name not in OPERATORS and criterion is not None
    ]
    effective = [condition for condition in conditions if condition is not None]
    return and_(*effective) if effective else None


def _operator(filter_input: Mapping[str, Any]) -> str | None:
    """The operator of a level, or None. Raises Refused for more than one."""
    used = [name for name in OPERATORS if filter_input.get(name) is not None]
    # The server refuses two operators on one level instead of giving them a precedence.
    for first, second in combinations(used, 2):
        raise Refused(f"cannot have {first} and {second} in the same filter")
    return used[0] if used else None
