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


def _absent(column: ColumnElement[Any]) -> Condition:
    # The server counts a text of spaces as missing, too.
    return or_(column.is_(None), func.trim(column) == "")


def _present(column: ColumnElement[Any]) -> Condition:
    return and_(column.is_not(None), func.trim(column) != "")


def _words(text: str) -> list[str]:
    """LIKE patterns for the words of an INCLUDES value, or for the whole of a quoted phrase."""
    # The server searches words separately unless the whole value is quoted.
    phrase = text.strip('"')
    found = _SPACES.sub(" ", text).split(" ") if phrase == text else [phrase]
    return [f"%{word}%" for word in found]


def _matches(column: ColumnElement[Any], pattern: str) -> Condition:
    if functions.is_literal(pattern):
        return func.instr(column, pattern) > 0
    # An invalid pattern is refused here; inside SQLite it would only be an error of the function.
    functions.compile_pattern(pattern)
    found = column.op("REGEXP", is_comparison=True)(pattern)
    # Numbers are matched as Python writes them, which SQLite's own functions do not know.
    texts = functions.required_substrings(pattern) if isinstance(column.type, String) else []
    return and_(*(func.instr(column, text) > 0 for text in texts), found)


_STRING: dict[str, Callable[[Any, str], Condition]] = {
    "EQUALS": lambda column, value: column.like(value),
    "NOT_EQUALS": lambda column, value: column.not_like(value),
    "INCLUDES": lambda column, value: or_(*(column.like(word) for word in _words(value))),
    "EXCLUDES": lambda column, value: and_(*(column.not_like(word) for word in _words(value))),
    # What decides most rows comes first: a path is put together anew for each part.
    "MATCHES_REGEX": lambda column, value: and_(_matches(column, value), column.is_not(None)),
    "NOT_MATCHES_REGEX": lambda column, value: or_(not_(_matches(column, value)), column.is_(None)),
    "IS_NULL": lambda column, _: _absent(column),
    "NOT_NULL": lambda column, _: _present(column),
}


def string(column: ColumnElement[Any], criterion: Criterion) -> Condition:
    """Condition of a StringCriterionInput. Raises UnsupportedModifier."""
    # The server panics on modifiers that its string filter does not know, and answers with that text.
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
    # The server parses nothing and compares texts, so what is no date is compared as well.
    make = _NUMBER.get(modifier)
    if make is None:
        raise UnsupportedModifier("date modifier type", modifier)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    return make(column, criterion["value"], criterion.get("value2") or tomorrow)


def one_of(column: ColumnElement[Any], values: list[str], modifier: str, kind: str) -> Condition:
    """Condition of an enum criterion (gender, circumcised): any of `values`, or none; NULL never matches."""
    if modifier in ("IS_NULL", "NOT_NULL"):
        return _absent(column) if modifier == "IS_NULL" else _present(column)
    if modifier in ("EQUALS", "INCLUDES"):
        return column.in_(values) if values else false()
    if modifier in ("NOT_EQUALS", "EXCLUDES"):
        return column.not_in(values)
    raise UnsupportedModifier(f"{kind} modifier", modifier)


def resolution(shorter: ColumnElement[Any], criterion: Criterion) -> Condition:
    """Condition of a ResolutionCriterionInput on the shorter side of a picture."""
    low, high = BANDS[criterion["value"]]
    made: dict[str, Condition] = {
        "EQUALS": shorter.between(low, high),
        "NOT_EQUALS": not_(shorter.between(low, high)),
        "LESS_THAN": shorter < low,
        "GREATER_THAN": shorter > high,
    }
    if criterion["modifier"] not in made:
        raise UnsupportedModifier("resolution modifier", criterion["modifier"])
    return made[criterion["modifier"]]


def orientation(
    width: ColumnElement[Any], height: ColumnElement[Any], criterion: Criterion
) -> Condition | None:
    """Condition of an OrientationCriterionInput: any of the listed ones; None for an empty list."""
    shapes: dict[str, Condition] = {
        "LANDSCAPE": width > height,
        "PORTRAIT": width < height,
        "SQUARE": width == height,
    }
    wanted = [shapes[value] for value in criterion["value"]]
    return or_(*wanted) if wanted else None


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
    some = any_row(rows, string)

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        if criterion["modifier"] != "EXCLUDES":
            return some(entity, criterion)
        found = rows.subquery()
        # As one phrase, not word by word as in a column, and an object without rows is kept: so the server
        # does it.
        return entity.c.id.not_in(select(found.c[0]).where(found.c[1].like(f"%{criterion['value']}%")))

    return handle


def count(links: Callable[[], Select[Any]], match: Matcher = number) -> Handler:
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
        # 0 and not NULL without rows: on the server EQUALS 0 finds them, and IS_NULL finds nothing.
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
