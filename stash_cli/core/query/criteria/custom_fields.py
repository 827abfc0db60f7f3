"""Custom fields.

`custom_fields__height=180`, `custom_fields__height__gte=180`, or for several names
`custom_fields__gte={"height": 180}`.

| lookup | meaning |
|---|---|
| eq, in | equal, or one of them; 5 is not "5", case matters |
| gt, gte, lt, lte, between | numbers are compared with numbers, texts with texts |
| contains, regex | on texts, as for other text fields |
| null | True: without the field, or with a blank text, as the server has it |
| ne, excludes, not_regex, not_between | the complement, which includes objects without the field |

Only single criteria are sent to the server: the parts of a disjunction would share one join.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import value_parsers
from stash_cli.core.query.criteria.text import pattern_of
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup

if TYPE_CHECKING:
    from datetime import datetime

_VALUE = ("NAME=VALUE", value_parsers.pairs(value_parsers.scalar))
_TEXT = ("NAME=TEXT", value_parsers.pairs())
_LIST = ("NAME=A,B,...", value_parsers.pairs(value_parsers.list_parser(value_parsers.scalar)))
_RANGE = ("NAME=FROM..TO", value_parsers.pairs(value_parsers.span(value_parsers.scalar)))
_NAME = ("NAME", lambda word: {word: True})
_HELP: dict[str, tuple[str, tuple[str, value_parsers.Parse]]] = {
    "eq": ("equal to", _VALUE),
    "ne": ("other than, or none", _VALUE),
    "in": ("one of", _LIST),
    "contains": ("containing", _TEXT),
    "excludes": ("not containing, or none", _TEXT),
    "regex": ("matching the expression", _TEXT),
    "not_regex": ("not matching the expression, or none", _TEXT),
    "gt": ("more than", _VALUE),
    "gte": ("at least", _VALUE),
    "lt": ("less than", _VALUE),
    "lte": ("at most", _VALUE),
    "between": ("from and to, both included", _RANGE),
    "not_between": ("outside, or none", _RANGE),
    "null": ("without that field", _NAME),
}
"""Lookup -> its meaning, and the form of its values on the command line."""
_NEGATIVE = {"ne": "eq", "excludes": "contains", "not_regex": "regex", "not_between": "between"}
"""Negative lookup -> the positive one."""
_OF_TEXT = frozenset({"contains", "regex"})
_LEAST, _MOST = -sys.float_info.max, sys.float_info.max

Value = str | int | float
Entry = tuple[str, list[Any]]
"""Modifier and values of a criterion."""

_NUMBERS: dict[str, Callable[[Any], list[Entry]]] = {
    "gt": lambda v: [("GREATER_THAN", [v]), ("LESS_THAN", [""])],
    "gte": lambda v: [("BETWEEN", [v, _MOST])],
    "lt": lambda v: [("LESS_THAN", [v])],
    "lte": lambda v: [("BETWEEN", [_LEAST, v])],
}
_TEXTS: dict[str, Callable[[Any], list[Entry]]] = {
    "gt": lambda v: [("GREATER_THAN", [v])],
    "lt": lambda v: [("LESS_THAN", [v]), ("BETWEEN", ["", v])],
    "lte": lambda v: [("BETWEEN", ["", v])],
}
"""The server sorts every text after every number (SQLite's order of types)."""
_NOT_NULL: list[Entry] = [("NOT_NULL", [])]
"""Matches all objects that have the field, except with a blank text."""


class CustomFields:
    """Custom fields; each lookup takes a mapping of names to values."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {
            name: Lookup(name, "value", metavar, text, parse)
            for name, (text, (metavar, parse)) in _HELP.items()
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        clauses: list[Clause] = []
        tests: list[Callable[[Mapping[str, Any]], bool]] = []
        exact = True
        for name, pairs in given.items():
            if not isinstance(pairs, Mapping):
                field.refuse(pairs, "a mapping of names to values")
            for key, value in pairs.items():
                entries, is_exact = _entries_to_send(name, checked := _checked(field, name, value))
                tests.append(_test(field, name, str(key), checked))
                if entries == _NOT_NULL and not is_exact and _admits_blank(tests[-1], str(key)):
                    entries = []
                clauses += [[(field.name, [_criterion(str(key), *entry)])] for entry in entries]
                exact = exact and is_exact
        return Condition(
            field, clauses, lambda values: all(test(dict(*values)) for test in tests), exact=exact
        )


def _criterion(key: str, modifier: str, values: list[Any]) -> dict[str, Any]:
    return {"field": key, "modifier": modifier, "value": values}


def _admits_blank(test: Callable[[Mapping[str, Any]], bool], key: str) -> bool:
    """Whether a lookup matches a blank text, which the server treats as null."""
    return any(test({key: " " * length}) for length in range(3))


def _entries_to_send(name: str, value: Any) -> tuple[list[Entry], bool]:
    """The entries to send, and whether they are exact."""
    # The negated modifiers of the server leave out objects without the field, which a negation includes.
    if name in _NEGATIVE:
        return [], False
    if name == "null":
        return [("IS_NULL" if value else "NOT_NULL", [])], True
    if name in _OF_TEXT:
        # LIKE has wildcards and ignores the case of ASCII only; regular expressions fail on numbers.
        if name == "contains" and value.isascii():
            return [("INCLUDES", [value])], False
        return _NOT_NULL, False
    entries = _exact_entries(name, value)
    if not entries or not all(_is_sendable(one) for _, values in entries for one in values):
        return _NOT_NULL, False
    return entries, True


def _exact_entries(name: str, value: Any) -> list[Entry]:
    if name == "eq":
        return [("EQUALS", [value])]
    # EQUALS of several values is true for any of them.
    if name == "in":
        return [("EQUALS", value)]
    if name == "between":
        low, high = value
        if low is None or high is None:
            return _exact_entries("gte", low) if high is None else _exact_entries("lte", high)
        return [("BETWEEN", [low, high])]
    ordered = _TEXTS if isinstance(value, str) else _NUMBERS
    return ordered[name](value) if name in ordered else []


def _is_sendable(value: Value) -> bool:
    """Whether the server parses the JSON number: one with an exponent needs a decimal point."""
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    return isinstance(value, str) or "e" not in repr(value) or "." in repr(value)


def _checked(field: FilterField, name: str, value: Any) -> Any:
    """The value in comparable form; raises StashInputError for another type."""
    if name == "null":
        return bool(value)
    if name in ("between", "not_between"):
        ends = value if isinstance(value, list | tuple) and len(value) == 2 else [None]  # noqa: PLR2004 - ends
        known = [_scalar(field, end) for end in ends if end is not None]
        if not known or len({isinstance(end, str) for end in known}) > 1 or known != sorted(known):
            field.refuse(value, f"two ends in order for {name}, both numbers or both texts")
        return [None if end is None else _scalar(field, end) for end in ends]
    if name == "in":
        many = value if isinstance(value, list | tuple | set) else [value]
        return [_scalar(field, one) for one in many]
    if name in _OF_TEXT or _NEGATIVE.get(name) in _OF_TEXT:
        return value if isinstance(value, str) and value else field.refuse(value, f"some text for {name}")
    return _scalar(field, value)


def _scalar(field: FilterField, value: Any) -> Value:
    if isinstance(value, bool):
        # SQLite has no booleans: custom fields hold 0 and 1.
        return int(value)
    return value if isinstance(value, str | int | float) else field.refuse(value, "numbers and texts")


def _test(field: FilterField, name: str, key: str, value: Any) -> Callable[[Mapping[str, Any]], bool]:
    """A predicate on the custom fields of an object."""
    if name in _NEGATIVE:
        positive = _test(field, _NEGATIVE[name], key, value)
        return lambda fields: not positive(fields)
    if name == "null":
        return lambda fields: _is_null(fields.get(key)) == value
    if name in _OF_TEXT:
        pattern = pattern_of(field, name, value)
        return lambda fields: isinstance(fields.get(key), str) and pattern.matches(fields[key])
    return lambda fields: fields.get(key) is not None and _compare(name, fields[key], value)


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(" "))


_OPERATORS = {"eq": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def _compare(name: str, actual: Any, value: Any) -> bool:
    if name == "in":
        return any(_same_type(actual, one) and actual == one for one in value)
    if name == "between":
        low, high = value
        return (low is None or _compare("gte", actual, low)) and (
            high is None or _compare("lte", actual, high)
        )
    return _same_type(actual, value) and bool(_OPERATORS[name](actual, value))


def _same_type(left: Any, right: Any) -> bool:
    """Whether both are texts, or both numbers."""
    return isinstance(left, str) == isinstance(right, str)
