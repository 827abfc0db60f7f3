"""Criteria of one use: hashes, duplicates, stash-box ids, custom fields.

| field | lookups |
|---|---|
| phash_distance | eq, ne: within `distance` bits (0: equal); null |
| duplicated | eq: shares its phash; phash, url, stash_id, title: shares that (0.31) |
| stash_id_endpoint | eq, ne, contains, regex, null: the id, at any stash-box or at `endpoint` |
| stash_ids_endpoint | eq, in: any of these ids; null; `endpoint` (0.31) |
| custom_fields | `custom_fields__height=180`, `custom_fields__height__gte=180`, or {"height": 180} for each |
| hashes | {"phash": "a1b2..."}: files with all of these |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import words
from stash_cli.core.query.kinds.text import escape
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup, modified

if TYPE_CHECKING:
    from datetime import datetime

_NULL = Lookup("null", "none", "", "none at all", words.truth)


class PhashDistance:
    """Perceptual hashes."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {
            "eq": Lookup("eq", "value", "HEX", "like this hash"),
            "ne": Lookup("ne", "value", "HEX", "unlike this hash, or none"),
            "distance": Lookup("distance", "value", "BITS", "how many bits may differ", words.whole),
            "null": _NULL,
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        empty = (field.name, modified("IS_NULL", ""))
        distance = given.get("distance", 0)
        clauses: list[Clause] = []
        if "eq" in given:
            # The server wants strictly less than the distance it is sent, except for 0.
            within = {"distance": distance + 1} if distance else {}
            clauses.append([(field.name, modified("EQUALS", _hex(field, given["eq"]), **within))])
        if "ne" in given:
            beyond = {"distance": distance} if distance else {}
            clauses.append([(field.name, modified("NOT_EQUALS", _hex(field, given["ne"]), **beyond)), empty])
        if "null" in given:
            clauses.append([empty if given["null"] else (field.name, modified("NOT_NULL", ""))])
        if not clauses:
            field.refuse(given, f"a hash beside {field.name}__distance")
        return Condition(field, clauses)


def _hex(field: FilterField, value: Any) -> str:
    try:
        return f"{int(str(value), 16):016x}"
    except ValueError:
        field.refuse(value, "a hash in hexadecimal digits")


class Duplication:
    """Objects that share something with another; only those that have it can match."""

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        parts = ("phash", "url", "stash_id", "title") if field.owner == "Scene" else ("phash",)
        shared = {part: Lookup(part, "flag", "", f"shares its {part}", words.truth) for part in parts}
        return {"eq": Lookup("eq", "flag", "", "shares its phash", words.truth)} | shared

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        if not all(isinstance(value, bool) for value in given.values()):
            field.refuse(dict(given), "yes or no")
        # `duplicated` is what servers before 0.31 know; they refuse the other names.
        sent = {("duplicated" if name == "eq" else name): value for name, value in given.items()}
        return Condition(field, [[(field.name, sent)]])


_ID_MODIFIERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "eq": ("MATCHES_REGEX", lambda v: f"(?i)^{escape(v)}$"),
    "ne": ("NOT_MATCHES_REGEX", lambda v: f"(?i)^{escape(v)}$"),
    "contains": ("MATCHES_REGEX", lambda v: f"(?i){escape(v)}"),
    "regex": ("MATCHES_REGEX", str),
}


class StashBoxID:
    """The id of an object at a stash-box."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        known = {name: Lookup(name, "value", "ID", f"stash-box id ({name})") for name in _ID_MODIFIERS}
        return known | {"endpoint": Lookup("endpoint", "value", "URL", "of this stash-box"), "null": _NULL}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        box = endpoint(field, given)
        clauses: list[Clause] = []
        for name, value in given.items():
            if name in _ID_MODIFIERS:
                _checked_id(field, value)
                modifier, shape = _ID_MODIFIERS[name]
                plain = name == "eq" and not set(value) & set("%_")
                sent = {"modifier": "EQUALS", "stash_id": value} if plain else None
                clauses.append(
                    [(field.name, box | (sent or {"modifier": modifier, "stash_id": shape(value)}))]
                )
        if "null" in given or not clauses:
            clauses.append([(field.name, box | {"modifier": "IS_NULL" if given.get("null") else "NOT_NULL"})])
        return Condition(field, clauses)


class StashBoxIDs:
    """Any of several ids at a stash-box."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {
            "eq": Lookup("eq", "list", "ID,...", "any of these stash-box ids", words.several()),
            "in": Lookup("in", "list", "ID,...", "any of these stash-box ids", words.several()),
            "excludes": Lookup("excludes", "list", "ID,...", "none of these stash-box ids", words.several()),
            "endpoint": Lookup("endpoint", "value", "URL", "of this stash-box"),
            "null": _NULL,
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        box = endpoint(field, given)
        clauses: list[Clause] = []
        for name, value in given.items():
            if name in ("eq", "in", "excludes"):
                many = [value] if isinstance(value, str) else list(value)
                for one in many:
                    _checked_id(field, one)
                modifier = "NOT_EQUALS" if name == "excludes" else "EQUALS"
                clauses.append([(field.name, box | {"modifier": modifier, "stash_ids": many})])
        if "null" in given or not clauses:
            clauses.append([(field.name, box | {"modifier": "IS_NULL" if given.get("null") else "NOT_NULL"})])
        return Condition(field, clauses)


def _checked_id(field: FilterField, value: Any) -> None:
    if not isinstance(value, str) or not value:
        field.refuse(value, "the id of a stash-box as text")


def endpoint(field: FilterField, given: Mapping[str, Any]) -> dict[str, str]:
    """The stash-box to look at; a quote in it would end the server's SQL text."""
    address = given.get("endpoint")
    if address is not None and (not isinstance(address, str) or "'" in address or not address):
        field.refuse(address, "the address of a stash-box")
    return {} if address is None else {"endpoint": address}


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


class Hashes:
    """Fingerprints of files; the server reads them as hexadecimal numbers, so only phash can match."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {"eq": Lookup("eq", "value", "TYPE=HEX", "with this fingerprint", words.pairs())}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        pairs = given["eq"]
        if not isinstance(pairs, Mapping) or not pairs:
            field.refuse(pairs, "a mapping such as {'phash': 'a1b2...'}")
        sent = [{"type": str(kind), "value": _hex(field, value)} for kind, value in pairs.items()]
        return Condition(field, [[(field.name, sent)]])
