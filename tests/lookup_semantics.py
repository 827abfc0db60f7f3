"""Semantics of lookups in plain Python: whether the values of an object match.

Shares no code with the compiler of lookups: it is their documented meaning.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

Lookups = dict[str, Any]
"""Lookup -> value, all of one field."""

NEGATIVE = frozenset({"ne", "excludes", "not_regex", "not_between"})
BANDS = {
    "VERY_LOW": (144, 239),
    "LOW": (240, 359),
    "R360P": (360, 479),
    "STANDARD": (480, 539),
    "WEB_HD": (540, 719),
    "STANDARD_HD": (720, 1079),
    "FULL_HD": (1080, 1439),
    "QUAD_HD": (1440, 1919),
    "VR_HD": (1920, 2159),
    "FOUR_K": (1920, 2559),
    "FIVE_K": (2560, 2999),
    "SIX_K": (3000, 3583),
    "SEVEN_K": (3584, 3839),
    "EIGHT_K": (3840, 6143),
    "HUGE": (6144, 9999),
}


def is_positive(lookups: Lookups) -> bool:
    """Whether only an object with a value can match the lookups."""
    kinds = lookups.keys() - NEGATIVE - {"null", "distance"}
    return bool(kinds) or lookups.get("null") is False


def meets(kind: str, values: list[Any], lookups: Lookups) -> bool:
    """Whether non-null values match: one value all positive lookups, no value a negative one."""
    if "null" in lookups and lookups["null"] == bool(values):
        return False
    positive = {k: v for k, v in lookups.items() if k not in NEGATIVE and k != "null"}
    negative = {k: v for k, v in lookups.items() if k in NEGATIVE}
    if positive and not any(all(fits(kind, v, *each) for each in positive.items()) for v in values):
        return False
    return not any(fits(kind, value, *each) for each in negative.items() for value in values)


def fits(kind: str, value: Any, lookup: str, wanted: Any) -> bool:
    """Whether one value matches one lookup; for a negative one, whether it is excluded."""
    if kind == "text":
        return _text(value, lookup, wanted)
    if kind == "choice":
        return value in ([wanted] if lookup in ("eq", "ne") and isinstance(wanted, str) else wanted)
    stretch = STRETCHES[kind]
    return _between(stretch(value)[0] if isinstance(value, str) else value, lookup, wanted, stretch)


def fold(text: str) -> str:
    """Case-folded text of the same length."""
    return "".join(c.casefold() if len(c.casefold()) == 1 else c.lower() for c in text)


def _text(value: str, lookup: str, wanted: Any) -> bool:
    if "regex" in lookup:
        return re.search(wanted, value) is not None
    if lookup == "in":
        return fold(value) in map(fold, wanted)
    folded, pattern = fold(value), fold(wanted)
    return {
        "eq": folded == pattern,
        "ne": folded == pattern,
        "contains": pattern in folded,
        "excludes": pattern in folded,
        "startswith": folded.startswith(pattern),
        "endswith": folded.endswith(pattern),
    }[lookup]


def _between(point: Any, lookup: str, wanted: Any, stretch: Callable[[Any], tuple[Any, Any]]) -> bool:
    """Whether a point is in the range of `lookup`; `stretch` gives first and last point of a value."""
    if lookup in ("between", "not_between"):
        low, high = wanted
        return (low is None or stretch(low)[0] <= point) and (high is None or point <= stretch(high)[1])
    if lookup == "in":
        return any(first <= point <= last for first, last in map(stretch, wanted))
    first, last = stretch(wanted)
    return {
        "eq": first <= point <= last,
        "ne": first <= point <= last,
        "gt": point > last,
        "gte": point >= first,
        "lt": point < first,
        "lte": point <= last,
    }[lookup]


def _point(value: Any) -> tuple[Any, Any]:
    return value, value


def _days(text: str) -> tuple[date, date]:
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 0, 0)[:3]
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)


def _seconds(text: str) -> tuple[datetime, datetime]:
    """First and last second of a local time: of a day, a minute or a second."""
    text = text.removesuffix("Z")
    if len(text) <= len("2024-01-01"):
        first, last = _days(text)
        start, end = datetime(*first.timetuple()[:3]), datetime(*last.timetuple()[:3])  # noqa: DTZ001 - wall
        return start, end + timedelta(days=1, seconds=-1)
    start = datetime.fromisoformat(text)
    return start, start + timedelta(seconds=59 if len(text) == len("2024-01-01T00:00") else 0)


STRETCHES: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "number": _point,
    "date": _days,
    "time": _seconds,
    "band": BANDS.__getitem__,
}
"""First and last point of a value, by kind of field."""


def relation(held: list[set[int]], lookups: Lookups, *, single: bool) -> bool:
    """Whether related objects match, each given as the set of ids it counts as."""
    counted = set().union(*held)

    def ids(name: str) -> set[int]:
        expected = lookups[name]
        return {int(one) for one in (expected if isinstance(expected, list) else [expected])}

    tests = {
        "eq": lambda ids: bool(ids & counted) if single else ids <= counted,
        "includes_all": lambda ids: ids <= counted,
        "includes": lambda ids: bool(ids & counted),
        "in": lambda ids: bool(ids & counted),
        "excludes": lambda ids: not ids & counted,
        "ne": lambda ids: not ids & counted,
    }
    if "null" in lookups and lookups["null"] == bool(held):
        return False
    return all(test(ids(name)) for name, test in tests.items() if name in lookups)


def custom(held: dict[str, Any], lookup: str, name: str, wanted: Any) -> bool:
    """Whether a custom field matches; numbers are compared with numbers, texts with texts."""
    if lookup == "null":
        return (str(held.get(name, "")).strip(" ") == "") == wanted
    met = name in held and _custom(held[name], lookup, wanted)
    return met != (lookup in NEGATIVE)


def _custom(value: Any, lookup: str, wanted: Any) -> bool:
    """Whether a value matches a lookup; for a negative one, whether it is excluded."""
    if lookup in ("contains", "excludes", "regex", "not_regex"):
        return isinstance(value, str) and _text(value, lookup, wanted)
    if lookup == "in":
        return any(_custom(value, "eq", one) for one in wanted)
    ends = wanted if isinstance(wanted, tuple) else [wanted]
    if any(isinstance(end, str) != isinstance(value, str) for end in ends if end is not None):
        return False
    return _between(value, lookup, wanted, _point)


def stash_ids(held: list[tuple[str, str]], lookups: Lookups) -> bool:
    """Whether (endpoint, id) pairs match lookups on ids at `endpoint`, or at any."""
    box = lookups.get("endpoint")
    ids = [stash_id for at, stash_id in held if box in (None, at)]
    rest = {k: v for k, v in lookups.items() if k != "endpoint"} or {"null": False}
    return meets("text", ids, rest)


def hashes(held: list[int], lookups: Lookups) -> bool:
    """Whether a perceptual hash differs in at most `distance` bits."""
    apart = lookups.get("distance", 0)

    def near(wanted: str) -> bool:
        return any(((one ^ int(wanted, 16)) & (2**64 - 1)).bit_count() <= apart for one in held)

    if "null" in lookups and lookups["null"] == bool(held):
        return False
    return ("eq" not in lookups or near(lookups["eq"])) and ("ne" not in lookups or not near(lookups["ne"]))
