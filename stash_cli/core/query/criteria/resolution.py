"""Resolutions: ordered lookups over named bands of the shorter side of a picture.

`gte="1080p"` is that band and all above it. The server compares with single bands only, so an interval of
several bands is expressed by the bands below and above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from stash_cli.core.query.criteria.choices import enum_value
from stash_cli.core.query.criteria.ordered import Ordered
from stash_cli.core.query.model import with_modifier
from stash_cli.core.query.scales import Whole
from stash_cli.core.types.resolution import BANDS

if TYPE_CHECKING:
    from datetime import datetime

    from stash_cli.core.query.model import Clause, FilterField
    from stash_cli.core.query.scales import Intervals


class Bands(Whole):
    """Pixels of the shorter side, named by bands."""

    metavar = "1080p"

    def parse(self, text: str) -> str:
        return text

    def read(self, field: FilterField, value: Any, _now: datetime) -> tuple[int, int]:
        return BANDS[enum_value(field, value)]


class Resolution(Ordered):
    """The kind of ResolutionCriterionInput."""

    def _clauses(self, field: FilterField, spans: Intervals, empty: bool) -> list[Clause]:
        if len(spans) == 1 and None not in spans[0] and spans[0] not in BANDS.values() and not empty:
            return self._ends(field, *spans[0])
        return super()._clauses(field, spans, empty)

    def _inside(self, field: FilterField, low: int | None, high: int | None) -> Clause:
        if high is None:
            found = _above(low or 0)
        elif low is None:
            found = _below(high)
        else:
            found = [("EQUALS", band) for band in _bands(field, low, high)]
        return [(field.name, with_modifier(modifier, band)) for modifier, band in found]

    def _outside(self, field: FilterField, low: int, high: int) -> Clause:
        unlike = self._unlike(field, low, high)
        below, above = self.scale.down(low), self.scale.up(high)
        return (
            unlike
            if len(unlike) == 1
            else [*self._inside(field, None, below), *self._inside(field, above, None)]
        )

    def _unlike(self, field: FilterField, low: int, high: int) -> Clause:
        return [(field.name, with_modifier("NOT_EQUALS", band)) for band in _bands(field, low, high)]

    def _ends(self, field: FilterField, low: int | None, high: int | None) -> list[Clause]:
        ends = [(low, None)] * (low is not None) + [(None, high)] * (high is not None)
        return [self._inside(field, *end) for end in ends]

    def _no_value(self, field: FilterField) -> NoReturn:
        field.refuse("bands that exclude each other", "lookups that leave something to match")


def _above(low: int) -> list[tuple[str, str]]:
    """Modifiers and bands, one of which holds from `low` up."""
    below = next((band for band, (_, top) in BANDS.items() if top == low - 1), None)
    if below:
        return [("GREATER_THAN", below)]
    [first] = [band for band, (bottom, _) in BANDS.items() if bottom == low]
    return [("EQUALS", first), ("GREATER_THAN", first)]


def _below(high: int) -> list[tuple[str, str]]:
    """Modifiers and bands, one of which holds up to `high`."""
    above = next((band for band, (bottom, _) in BANDS.items() if bottom == high + 1), None)
    if above:
        return [("LESS_THAN", above)]
    [last] = [band for band, (_, top) in BANDS.items() if top == high]
    return [("EQUALS", last), ("LESS_THAN", last)]


def _bands(field: FilterField, low: int, high: int) -> list[str]:
    """The fewest bands that cover `low` to `high`; two of them overlap."""
    found: list[str] = []
    while low <= high:
        fitting = [(top, band) for band, (bottom, top) in BANDS.items() if bottom == low and top <= high]
        if not fitting:
            field.refuse("parts of bands that overlap (VR_HD, FOUR_K)", "whole bands")
        top, band = max(fitting)
        found.append(band)
        low = top + 1
    return found
