"""Criteria of one use: hashes, duplicates, stash-box ids.

| field | lookups |
|---|---|
| phash_distance | eq, ne: within `distance` bits (0: equal); null |
| duplicated | eq: shares its phash; phash, url, stash_id, title: shares that (0.31) |
| stash_id_endpoint | eq, ne, contains, regex, null: the id, at any stash-box or at `endpoint` |
| stash_ids_endpoint | eq, in: any of these ids; null; `endpoint` (0.31) |
| hashes | {"phash": "a1b2..."}: files with all of these |
"""

from __future__ import annotations

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
