"""Fields that the library's owner made up.

`custom_fields__height=180`, `custom_fields__height__gte=180`, or for several names at once
`custom_fields__gte={"height": 180}`. The server compares by type: a text is not a number and comes
after every number. Negations keep objects without the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import words
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup

if TYPE_CHECKING:
    from datetime import datetime

_CUSTOM: dict[str, tuple[str, str]] = {
    "eq": ("EQUALS", "equal to"),
    "ne": ("NOT_EQUALS", "other than, or none"),
    "in": ("EQUALS", "one of"),
    "contains": ("INCLUDES", "containing"),
    "excludes": ("EXCLUDES", "not containing, or none"),
    "regex": ("MATCHES_REGEX", "matching the expression"),
    "not_regex": ("NOT_MATCHES_REGEX", "not matching the expression, or none"),
    "gt": ("GREATER_THAN", "more than"),
    "gte": ("GREATER_THAN", "at least"),
    "lt": ("LESS_THAN", "less than"),
    "lte": ("LESS_THAN", "at most"),
    "between": ("BETWEEN", "from and to, both included"),
    "not_between": ("NOT_BETWEEN", "outside, or none"),
    "null": ("IS_NULL", "without that field"),
}
_KEEPS_EMPTY = frozenset({"ne", "excludes", "not_regex", "not_between"})
_ENDS = frozenset({"gte", "lte"})


class CustomFields:
    """Fields that the library's owner made up; each lookup takes {name: value}."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {name: self._lookup(name, text) for name, (_, text) in _CUSTOM.items()}

    @staticmethod
    def _lookup(name: str, text: str) -> Lookup:
        if name == "null":
            return Lookup(name, "value", "NAME", text, lambda word: {word: True})
        if name in ("between", "not_between"):
            return Lookup(name, "value", "NAME=FROM..TO", text, words.pairs(words.span(words.scalar)))
        if name == "in":
            return Lookup(name, "value", "NAME=A,B,...", text, words.pairs(words.several(words.scalar)))
        return Lookup(name, "value", "NAME=VALUE", text, words.pairs(words.scalar))

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        clauses: list[Clause] = []
        for name, pairs in given.items():
            if not isinstance(pairs, Mapping):
                field.refuse(pairs, "a mapping of names to values")
            clauses += [self._clause(field, name, str(key), value) for key, value in pairs.items()]
        return Condition(field, clauses, lambda values: _custom_test(given, values))

    @staticmethod
    def _clause(field: FilterField, name: str, key: str, value: Any) -> Clause:
        """The criteria of which one must hold for the custom field `key`."""

        def entry(modifier: str, *values: Any) -> tuple[str, Any]:
            return field.name, [{"field": key, "modifier": modifier, "value": list(values)}]

        if name == "null":
            return [entry("IS_NULL" if value else "NOT_NULL")]
        if name in _ENDS:
            return [entry("EQUALS", value), entry("GREATER_THAN" if name == "gte" else "LESS_THAN", value)]
        many = value if isinstance(value, list | tuple) else [value]
        clause = [entry(_CUSTOM[name][0], *many)]
        return [*clause, entry("IS_NULL")] if name in _KEEPS_EMPTY else clause


def _custom_test(given: Mapping[str, Mapping[str, Any]], values: list[Any]) -> bool:
    held = values[0] if values else {}
    return all(
        _custom_holds(name, held.get(key), value)
        for name, pairs in given.items()
        for key, value in pairs.items()
    )


def _custom_holds(name: str, held: Any, value: Any) -> bool:
    """One custom field against one lookup, in the server's order: every text is after every number."""
    if name == "null":
        return (held is None) == bool(value)
    if held is None:
        return name in _KEEPS_EMPTY
    tests: dict[str, Callable[[], bool]] = {
        "eq": lambda: _rank(held) == _rank(value),
        "ne": lambda: _rank(held) != _rank(value),
        "in": lambda: any(_rank(held) == _rank(one) for one in value),
        "contains": lambda: str(value).lower() in str(held).lower(),
        "excludes": lambda: str(value).lower() not in str(held).lower(),
        "regex": lambda: bool(re.search(value, str(held))),
        "not_regex": lambda: not re.search(value, str(held)),
        "gt": lambda: _rank(held) > _rank(value),
        "gte": lambda: _rank(held) >= _rank(value),
        "lt": lambda: _rank(held) < _rank(value),
        "lte": lambda: _rank(held) <= _rank(value),
        "between": lambda: _rank(value[0]) <= _rank(held) <= _rank(value[1]),
        "not_between": lambda: not _rank(value[0]) <= _rank(held) <= _rank(value[1]),
    }
    return tests[name]()


def _rank(value: Any) -> tuple[int, Any]:
    return (1, value) if isinstance(value, str) else (0, float(value))
