"""One word of a few: gender, circumcision, orientation, resolution, yes/no, and what is missing.

| lookup | means |
|---|---|
| eq, in | the word, or one of them, in any case |
| ne, excludes | none of them; keeps objects without a value |
| gt, gte, lt, lte, between | resolutions only, by the shorter side |
| null | True: without a value; False: with any |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import words
from stash_cli.core.query.facts import MANY, MISSING_WORDS, holds, where_empty
from stash_cli.core.query.model import Arity, Clause, Condition, FilterField, Lookup, modified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

BANDS: dict[str, tuple[int, int]] = {
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
"""Shorter side in pixels, as the server bounds each name."""

_NICKNAMES = {
    "144P": "VERY_LOW",
    "240P": "LOW",
    "360P": "R360P",
    "480P": "STANDARD",
    "540P": "WEB_HD",
    "720P": "STANDARD_HD",
    "HD": "STANDARD_HD",
    "1080P": "FULL_HD",
    "1440P": "QUAD_HD",
    "2160P": "FOUR_K",
    "4K": "FOUR_K",
    "5K": "FIVE_K",
    "6K": "SIX_K",
    "7K": "SEVEN_K",
    "8K": "EIGHT_K",
}

_NULL = Lookup("null", "none", "", "without a value", words.truth)
_ARITIES: dict[str, tuple[Arity, str]] = {
    "eq": ("value", "equal to"),
    "ne": ("value", "other than, or none"),
    "in": ("list", "one of"),
    "excludes": ("list", "none of"),
}


def word(field: FilterField, value: Any) -> str:
    """The API's word for `value`, in any case, with `-` or a space for `_`."""
    text = (
        str(value.value if isinstance(value, Enum) else value)
        .strip()
        .upper()
        .replace("-", "_")
        .replace(" ", "_")
    )
    text = _NICKNAMES.get(text, text) if "FULL_HD" in field.choices else text
    if text not in field.choices:
        field.refuse(value, "one of " + ", ".join(field.choices))
    return text


def word_list(field: FilterField, value: Any) -> list[str]:
    """`value` as the API's words; a single one stands for a list."""
    many = value if isinstance(value, list | tuple | set | frozenset) else [value]
    found = list(dict.fromkeys(word(field, item) for item in many))
    return found or field.refuse(value, "at least one of " + ", ".join(field.choices))


def allowed(field: FilterField, given: Mapping[str, Any]) -> tuple[set[str], bool]:
    """The words that `given` leaves, and whether having none will do."""
    left, empty = set(field.choices), True
    for name, value in given.items():
        if name == "null":
            left, empty = (set(), empty) if value else (left, False)
            continue
        named = set(word_list(field, value))
        if name in ("eq", "in"):
            left, empty = left & named, False
        else:
            left -= named
    return left, empty


@dataclass(frozen=True)
class Enumerated:
    """Gender, circumcision and orientation; `send` shapes the criterion for "one of these words"."""

    send: Callable[[list[str]], dict[str, Any]]
    null: bool = True

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        metavar = "|".join(field.choices) if len(field.choices) <= 3 else "WORD"  # noqa: PLR2004 - fits a line
        known = {
            name: Lookup(name, arity, metavar, text, words.several() if arity == "list" else str)
            for name, (arity, text) in _ARITIES.items()
        }
        return known | {"null": _NULL}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        left, empty = allowed(field, given)

        def test(values: list[Any]) -> bool:
            barred = set(field.choices) - left
            return (empty and not values) or bool(
                set(values) & left and (positive or not set(values) & barred)
            )

        positive = any(name in ("eq", "in") for name in given)
        exact = positive or not holds(MANY, field.key)
        return Condition(
            field, self._clauses(field, left, empty), test, exact=exact or given.keys() == {"null"}
        )

    def _clauses(self, field: FilterField, left: set[str], empty: bool) -> list[Clause]:
        null = where_empty(field.key, (field.name, {"modifier": "IS_NULL"}))
        in_order = [word for word in field.choices if word in left]
        if not left and not empty:
            field.refuse(sorted(left), "lookups that leave something to match")
        if empty and len(left) == len(field.choices):
            return []
        clause: Clause = [(field.name, self.send(in_order))] if left else []
        return [[*clause, null] if empty else clause]


def gender(choices: list[str]) -> dict[str, Any]:
    """`value_list` is newer than 0.24, so a single gender goes without it."""
    return (
        modified("INCLUDES", choices[0])
        if len(choices) == 1
        else {"value_list": choices, "modifier": "INCLUDES"}
    )


def circumcision(choices: list[str]) -> dict[str, Any]:
    return modified("INCLUDES", choices)


def orientation(choices: list[str]) -> dict[str, Any]:
    return {"value": choices}


class Resolution:
    """Bands of the shorter side."""

    _STRETCHES: Mapping[str, Callable[[int, int], tuple[int | None, int | None]]] = {
        "eq": lambda low, high: (low, high),
        "gt": lambda _, high: (high + 1, None),
        "gte": lambda low, _: (low, None),
        "lt": lambda low, _: (None, low - 1),
        "lte": lambda _, high: (None, high),
    }
    _HELP: Mapping[str, str] = {
        "eq": "in the band", "gt": "above", "gte": "at least", "lt": "below", "lte": "at most"
    }  # fmt: skip

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        known = {name: Lookup(name, "value", "1080p", text) for name, text in self._HELP.items()}
        return known | {
            "ne": Lookup("ne", "value", "1080p", "in another band, or none"),
            "between": Lookup("between", "range", "720p..4k", "from and to, both included", words.span()),
            "null": _NULL,
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        clauses: list[Clause] = []
        tests: list[Callable[[list[Any]], bool]] = []
        for name, value in self._spread(given):
            clause, test = self._one(field, name, value)
            clauses.append(clause)
            tests.append(test)
        exact = "ne" not in given or not holds(MANY, field.key)
        return Condition(field, clauses, lambda values: all(test(values) for test in tests), exact=exact)

    def _spread(self, given: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """`between` as its two ends."""
        pairs = []
        for name, value in given.items():
            if name == "between":
                low, high = value
                pairs += [("gte", low)] * (low is not None) + [("lte", high)] * (high is not None)
            else:
                pairs.append((name, value))
        return pairs

    def _one(self, field: FilterField, name: str, value: Any) -> tuple[Clause, Callable[[list[Any]], bool]]:
        empty = where_empty(field.key, (field.name, {"modifier": "IS_NULL"}))
        if name == "null" and value:
            return [empty], lambda values: not values
        if name == "null":
            any_band = [
                (field.name, modified(m, "VERY_LOW")) for m in ("EQUALS", "LESS_THAN", "GREATER_THAN")
            ]
            return list(any_band), bool
        band = word(field, value)
        if name == "ne":
            low, high = BANDS[band]
            clause = [(field.name, modified("NOT_EQUALS", band)), empty]
            return clause, lambda values: not any(low <= v <= high for v in values)
        return self._stretch(field, band, *self._STRETCHES[name](*BANDS[band]))

    def _stretch(
        self, field: FilterField, band: str, low: int | None, high: int | None
    ) -> tuple[Clause, Callable[[list[Any]], bool]]:
        def test(values: list[Any]) -> bool:
            return any((low is None or low <= v) and (high is None or v <= high) for v in values)

        return [(field.name, criterion) for criterion in _bands(band, low, high)], test


def _bands(band: str, low: int | None, high: int | None) -> list[dict[str, Any]]:
    """Criteria of which one holds from `low` to `high`: beyond a neighbouring band where there is one."""
    if low is not None and high is not None:
        return [modified("EQUALS", band)]
    if low is not None:
        below = next((name for name, (_, top) in BANDS.items() if top == low - 1), None)
        return (
            [modified("GREATER_THAN", below)]
            if below
            else [modified(m, band) for m in ("EQUALS", "GREATER_THAN")]
        )
    above = next((name for name, (bottom, _) in BANDS.items() if bottom == (high or 0) + 1), None)
    return [modified("LESS_THAN", above)] if above else [modified(m, band) for m in ("EQUALS", "LESS_THAN")]


@dataclass(frozen=True)
class YesNo:
    """True or false; `send` shapes what the server is sent."""

    send: Callable[[bool], Any] = bool

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {
            "eq": Lookup("eq", "flag", "", "yes or no", words.truth),
            "ne": Lookup("ne", "value", "yes|no", "the other one", words.truth),
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        asked = {self._truth(field, value) == (name == "eq") for name, value in given.items()}
        if len(asked) > 1:
            field.refuse(dict(given), "yes or no, once")
        [wanted] = asked
        return Condition(
            field, [[(field.name, self.send(wanted))]], lambda values: bool(values and values[0]) == wanted
        )

    def _truth(self, field: FilterField, value: Any) -> bool:
        if isinstance(value, str) and value.lower() in ("yes", "no", "true", "false", "on", "off"):
            return words.truth(value)
        return value if isinstance(value, bool) else field.refuse(value, "yes or no")


class Missing:
    """`is_missing`: a part that objects lack."""

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        return {"eq": Lookup("eq", "value", "PART", "lacking: " + MISSING_WORDS.get(field.owner, ""))}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        part = {"rating100": "rating", "height_cm": "height"}.get(given["eq"], given["eq"])
        if part not in field.choices:
            field.refuse(part, "one of " + ", ".join(field.choices))
        return Condition(field, [[(field.name, part)]])
