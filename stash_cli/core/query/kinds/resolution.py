"""Bands of picture size, by the shorter side.

| lookup | means |
|---|---|
| eq, ne | in the band, or not; `ne` keeps objects without a picture |
| gt, gte, lt, lte, between | above, from, below, up to a band, or both |
| null | True: without a picture; False: with any |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.query import words
from stash_cli.core.query.facts import MANY, holds, where_empty
from stash_cli.core.query.kinds.choices import NULL, word
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup, Test, modified
from stash_cli.core.types.resolution import BANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


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
            "null": NULL,
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        clauses: list[Clause] = []
        tests: list[Test] = []
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

    def _one(self, field: FilterField, name: str, value: Any) -> tuple[Clause, Test]:
        empty = where_empty(field.key, (field.name, {"modifier": "ISNULL"}))
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
    ) -> tuple[Clause, Test]:
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
