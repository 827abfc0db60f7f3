"""SQL conditions of criterion modifiers on a single expression.

The rules are the server's: LIKE ignores ASCII case and reads % and _ as wildcards, NULL satisfies no
comparison, dates and times compare as text. Modifiers on which the server panics are refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, String, and_, false, func, not_, or_

from stash_cli.core.types.api import BANDS
from stash_cli.embedded.graphql.errors import UnsupportedModifier
from stash_cli.embedded.library import functions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Condition = ColumnElement[bool]
    Criterion = Mapping[str, Any]

_SPACES = re.compile(r"\s+")


def _absent(column: ColumnElement[Any]) -> Condition:
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
