"""Criteria of single fields: hashes, duplicates, stash-box ids.

| field | lookups |
|---|---|
| phash_distance | eq, ne: within `distance` bits (default 0: equal); null |
| duplicated | eq: same phash as another; phash, url, stash_id, title: the same of these (0.31) |
| stash_id_endpoint | eq, ne, in, contains, regex, null: the id, at any stash-box or at `endpoint` |
| stash_ids_endpoint | eq, in: any of these ids; excludes: none; null; `endpoint` (0.31) |
| hashes | {"phash": "a1b2..."}: files with all of these fingerprints |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import value_parsers
from stash_cli.core.query.criteria.text import compile_text
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup, Test, with_modifier

if TYPE_CHECKING:
    from datetime import datetime

_ENDPOINT = Lookup("endpoint", "value", "URL", "of this stash-box")
_NULL = Lookup("null", "none", "", "none at all", value_parsers.parse_bool)


class PhashDistance:
    """Perceptual hashes; `ne` applies to all hashes of an object."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        known = {
            "eq": Lookup("eq", "value", "HEX", "like this hash"),
            "ne": Lookup("ne", "value", "HEX", "unlike this hash, or none"),
            "distance": Lookup("distance", "value", "BITS", "how many bits may differ", value_parsers.whole),
            "null": _NULL,
        }
        return {name: known[name] for name in self.names}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        wanted = {name: _hex(field, given[name]) for name in ("eq", "ne") if name in given}
        null, distance = given.get("null"), _distance(field, given.get("distance", 0))
        empty = (field.name, with_modifier("IS_NULL", ""))
        clauses: list[Clause] = []
        if "eq" in wanted:
            # The server matches distances strictly below the one that is sent, except for 0.
            within = {"distance": distance + 1} if distance else {}
            clauses.append([(field.name, with_modifier("EQUALS", wanted["eq"], **within))])
        if "ne" in wanted:
            beyond = {"distance": distance} if distance else {}
            clauses.append([(field.name, with_modifier("NOT_EQUALS", wanted["ne"], **beyond)), empty])
        if null is not None:
            clauses.append([empty if null else (field.name, with_modifier("NOT_NULL", ""))])
        if not clauses:
            field.refuse(dict(given), f"a hash beside {field.name}__distance")
        exact = "ne" not in wanted and null is not True
        return Condition(field, clauses, _hash_test(wanted, distance, null), exact=exact)


def _hash_test(wanted: Mapping[str, str], distance: int, null: bool | None) -> Test:
    def near(values: list[Any], name: str) -> bool:
        asked = int(wanted[name], 16)
        return any((int(value, 16) ^ asked).bit_count() <= distance for value in values)

    def test(values: list[Any]) -> bool:
        if null is not None and null == bool(values):
            return False
        return ("eq" not in wanted or near(values, "eq")) and ("ne" not in wanted or not near(values, "ne"))

    return test


def _distance(field: FilterField, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        field.refuse(value, "a number of bits as its distance")
    return value


def _hex(field: FilterField, value: Any) -> str:
    try:
        number = int(str(value), 16)
    except ValueError:
        number = -1
    # Servers store these as 64-bit numbers, so leading zeros are not significant.
    return f"{number:016x}" if 0 <= number < 1 << 64 else field.refuse(value, "a hash in hexadecimal digits")


class Duplication:
    """Objects that share a value with another one; objects without that value never match."""

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        parts = ("phash", "url", "stash_id", "title") if field.owner == "Scene" else ("phash",)
        shared = {
            part: Lookup(part, "flag", "", f"shares its {part}", value_parsers.parse_bool) for part in parts
        }
        return {"eq": Lookup("eq", "flag", "", "shares its phash", value_parsers.parse_bool)} | shared

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        if not all(isinstance(value, bool) for value in given.values()):
            field.refuse(dict(given), "yes or no")
        if given.get("eq", given.get("phash")) != given.get("phash", given.get("eq")):
            field.refuse(dict(given), "the same answer for phash and without a name")
        # Servers before 0.31 have `duplicated` only and refuse the other names.
        sent = {("duplicated" if name == "eq" else name): value for name, value in given.items()}
        return Condition(field, [[(field.name, sent)]])


class StashBoxID:
    """Ids at stash-boxes, compared as text; `ne` applies to all ids of an object."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        known = {
            name: Lookup(name, "value", "ID", f"stash-box id ({name})")
            for name in ("eq", "ne", "contains", "regex")
        }
        return {
            **known,
            "in": Lookup("in", "list", "ID,...", "any of these stash-box ids", value_parsers.list_parser()),
            "endpoint": _ENDPOINT,
            "null": _NULL,
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        box = endpoint(field, given)
        rest = {name: value for name, value in given.items() if name != "endpoint"} or {"null": False}
        asked = compile_text(field, rest)
        clauses: list[Clause] = [
            [(name, box | _as_id(criterion)) for name, criterion in clause] for clause in asked.clauses
        ]
        return replace(asked, clauses=clauses, test=at_box(box, asked.test))


def _as_id(criterion: dict[str, Any]) -> dict[str, Any]:
    """A text criterion as one on stash ids."""
    empty = criterion["modifier"].endswith("_NULL")
    return {"modifier": criterion["modifier"]} | ({} if empty else {"stash_id": criterion["value"]})


class StashBoxIDs:
    """Any of several ids at stash-boxes."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {
            **{
                name: Lookup(
                    name, "list", "ID,...", f"{of} of these stash-box ids", value_parsers.list_parser()
                )
                for name, of in (("eq", "any"), ("in", "any"), ("excludes", "none"))
            },
            "endpoint": _ENDPOINT,
            "null": _NULL,
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        box = endpoint(field, given)
        asked = {name: _id_list(field, given[name]) for name in ("eq", "in", "excludes") if name in given}
        null = given.get("null") if asked else bool(given.get("null"))
        clauses: list[Clause] = [
            [(field.name, box | {"modifier": "EQUALS", "stash_ids": many})]
            for name, many in asked.items()
            if name != "excludes"
        ]
        if null is not None:
            clauses.append([(field.name, box | {"modifier": "IS_NULL" if null else "NOT_NULL"})])
        return Condition(field, clauses, at_box(box, _any_id(asked, null)), exact=not asked)


def at_box(box: Mapping[str, str], test: Test | None) -> Test | None:
    """Turn a test on ids into one on stash ids (with endpoint), of which only those at `box` count."""
    address = box.get("endpoint")
    return test and (
        lambda rows: test([one["stash_id"] for one in rows if address in (None, one["endpoint"])])
    )


def _any_id(asked: Mapping[str, list[str]], null: bool | None) -> Test:
    wanted = {name: {one.casefold() for one in many} for name, many in asked.items()}

    def test(values: list[Any]) -> bool:
        actual = {value.casefold() for value in values}
        if null is not None and null == bool(actual):
            return False
        return all(actual.isdisjoint(ids) == (name == "excludes") for name, ids in wanted.items())

    return test


def _id_list(field: FilterField, value: Any) -> list[str]:
    many = [value] if isinstance(value, str) else list(value)
    return [_checked_id(field, one) for one in many] or field.refuse(value, "at least one id")


def _checked_id(field: FilterField, value: Any) -> str:
    return value if isinstance(value, str) and value else field.refuse(value, "the id of a stash-box as text")


def endpoint(field: FilterField, given: Mapping[str, Any]) -> dict[str, str]:
    """The stash-box to restrict to; a quote is refused, as it would end a string in the server's SQL."""
    address = given.get("endpoint")
    if address is not None and (not isinstance(address, str) or "'" in address or not address):
        field.refuse(address, "the address of a stash-box")
    return {} if address is None else {"endpoint": address}


class Hashes:
    """Fingerprints of files; the server parses them as hexadecimal numbers, so only phash can match."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {"eq": Lookup("eq", "value", "TYPE=HEX", "with this fingerprint", value_parsers.pairs())}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        pairs = given["eq"]
        if not isinstance(pairs, Mapping) or not pairs:
            field.refuse(pairs, "a mapping such as {'phash': 'a1b2...'}")
        sent = [{"type": str(kind), "value": _hex(field, value)} for kind, value in pairs.items()]
        return Condition(field, [[(field.name, sent)]])
