"""Numbers, dates and times.

| lookup | meaning |
|---|---|
| eq, ne | equal to the value, or within its period; `ne` includes objects without a value |
| gt, gte, lt, lte | after the end of the period, from its start, before its start, up to its end |
| between, not_between | inclusive, either end may be None; `not_between` includes objects without a value |
| in | equal to one of the list |
| null | True: without a value; False: with one |

All lookups of one field in one call apply to the same value: `duration__gte=60, duration__lte=90` is one file
of 60 to 90 seconds. A negative lookup holds when none of the values matches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from stash_cli.core.query import date_parsing, scales, value_parsers
from stash_cli.core.query import server_quirks as quirks
from stash_cli.core.query.criteria.choices import enum_value
from stash_cli.core.query.model import (
    Arity,
    Clause,
    Condition,
    FilterField,
    Lookup,
    Split,
    Term,
    Test,
    with_modifier,
)
from stash_cli.core.types.api import BANDS

if TYPE_CHECKING:
    from datetime import datetime


Read = Callable[[Any], tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A lookup as intervals: of values that match or, where `barred`, of values that do not match."""

    arity: Arity
    help: str
    spans: Callable[[scales.Scale, Read, Any], scales.Intervals]
    barred: bool = False


def _equal(_: scales.Scale, read: Read, value: Any) -> scales.Intervals:
    return [read(value)]


def _between(_: scales.Scale, read: Read, value: Any) -> scales.Intervals:
    low, high = value
    return [(None if low is None else read(low)[0], None if high is None else read(high)[1])]


COMPARISONS: dict[str, Comparison] = {
    "eq": Comparison("value", "equal to", _equal),
    "ne": Comparison("value", "other than, or none", _equal, barred=True),
    "gt": Comparison("value", "more than", lambda scale, read, v: [(scale.successor(read(v)[1]), None)]),
    "gte": Comparison("value", "at least", lambda _, read, v: [(read(v)[0], None)]),
    "lt": Comparison("value", "less than", lambda scale, read, v: [(None, scale.predecessor(read(v)[0]))]),
    "lte": Comparison("value", "at most", lambda _, read, v: [(None, read(v)[1])]),
    "between": Comparison("range", "from and to, both included", _between),
    "not_between": Comparison("range", "outside, or none", _between, barred=True),
    "in": Comparison("list", "one of", lambda _, read, v: [read(item) for item in v]),
}


@dataclass(frozen=True)
class Ordered:
    """Numbers, dates and times, over a scale."""

    scale: scales.Scale

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        positive_only = quirks.is_listed(quirks.NEGATION_UNSUPPORTED, field.key)
        known = {
            name: self._lookup(field, name, c)
            for name, c in COMPARISONS.items()
            if not (c.barred and positive_only)
        }
        if _has_null(field):
            known["null"] = Lookup("null", "none", "", "without a value", value_parsers.parse_bool)
        return known

    def _lookup(self, field: FilterField, name: str, comparison: Comparison) -> Lookup:
        metavar = self.scale.metavar
        in_seconds = field.name in scales.IN_SECONDS
        one = date_parsing.length_or(self.scale.parse) if in_seconds else self.scale.parse
        shapes: dict[str, tuple[str, value_parsers.Parse]] = {
            "value": (metavar, one),
            "range": (f"{metavar}..{metavar}", value_parsers.span(one)),
            "list": (f"{metavar},...", value_parsers.list_parser(one)),
        }
        shown, parse = shapes[comparison.arity]
        return Lookup(name, comparison.arity, shown, comparison.help, parse)

    def compile(self, field: FilterField, given: Mapping[str, Any], now: datetime) -> Condition:
        wanted, barred, empty = self._sets(field, given, now)
        clauses = self._clauses(field, self._spans_within(wanted, barred), empty)
        exact = not quirks.is_listed(quirks.MULTI_VALUED, field.key) or not (
            barred or len(clauses) > 1 or _only_null(field, given)
        )
        return Condition(field, clauses, self._test(wanted, barred, empty), exact=exact)

    def _spans_within(self, wanted: scales.Intervals, barred: scales.Intervals) -> scales.Intervals:
        return scales.intersect(wanted, scales.complement(barred, self.scale))

    def _sets(
        self, field: FilterField, given: Mapping[str, Any], now: datetime
    ) -> tuple[scales.Intervals, scales.Intervals, bool]:
        """Intervals that a value must be in, intervals that no value may be in, and whether null matches."""
        wanted, positive = scales.EVERYTHING, False
        barred: scales.Intervals = []
        for name, value in given.items():
            if name == "null":
                continue
            spans = self._spans(field, COMPARISONS[name], value, now)
            if COMPARISONS[name].barred:
                barred = scales.union([*barred, *spans], self.scale)
            else:
                wanted, positive = scales.intersect(wanted, spans), True
        null = given.get("null")
        if null is True:
            wanted = []
        return wanted, barred, _has_null(field) and not positive and null is not False

    def _spans(
        self, field: FilterField, comparison: Comparison, value: Any, now: datetime
    ) -> scales.Intervals:
        def read(one: Any) -> tuple[Any, Any]:
            return self.scale.read(field, one, now)

        try:
            spans = scales.in_order(comparison.spans(self.scale, read, value))
        except (ValueError, TypeError, OverflowError):
            several = comparison.arity == "value" and isinstance(value, list | tuple | set | range)
            more = f" here (any of several: {field.name}__in=[...])" if several else ""
            field.refuse(value, _shape(comparison.arity, self.scale.expected) + more)
        return scales.union(spans, self.scale)

    def _test(self, wanted: scales.Intervals, barred: scales.Intervals, empty: bool) -> Test:
        is_wanted, is_barred = scales.membership(wanted), scales.membership(barred)

        def test(values: list[Any]) -> bool:
            points = [self.scale.of_row(value) for value in values]
            if not points:
                return empty
            return any(map(is_wanted, points)) and not any(map(is_barred, points))

        return test

    def _clauses(self, field: FilterField, spans: scales.Intervals, empty: bool) -> list[Clause]:
        """Clauses for a value in `spans`, or for null where `empty`."""
        if spans == scales.EVERYTHING and empty:
            return []
        if spans == scales.EVERYTHING:
            return [[self._any_value(field)]]
        gaps = scales.complement(spans, self.scale)
        # One criterion with NOT_BETWEEN or NOT_EQUALS instead of a chain of ORs: a filter can have only one
        # chain.
        if len(spans) > 1 and len(gaps) == 1:
            clause = self._outside(field, *gaps[0])
        elif len(spans) > 1 and quirks.uses_having(field.key):
            return self._between_gaps(field, spans, gaps)
        else:
            clause = [criterion for low, high in spans for criterion in self._inside(field, low, high)]
        if empty:
            clause.append(
                quirks.null_term(field.key, (field.name, with_modifier("IS_NULL", self.scale.empty)))
            )
        admits_null = spans and spans[0][0] is None and field.key in quirks.NULL_IS_LEAST and not empty
        return [clause or self._never(field), *([[self._any_value(field)]] if admits_null else [])]

    def _any_value(self, field: FilterField) -> Term:
        return quirks.not_null_term(field.key, (field.name, with_modifier("NOT_NULL", self.scale.empty)))

    def _between_gaps(
        self, field: FilterField, spans: scales.Intervals, gaps: scales.Intervals
    ) -> list[Clause]:
        """Clauses for several intervals without OR: from the first to the last, and outside each gap."""
        inner = [criterion for gap in gaps if None not in gap for criterion in self._outside_all(field, *gap)]
        return [*self._ends(field, spans[0][0], spans[-1][1]), *([criterion] for criterion in inner)]

    def _inside(self, field: FilterField, low: Any, high: Any) -> Clause:
        """A disjunction for the interval from `low` to `high`."""
        return [(field.name, self.scale.criterion(low, high))]

    def _outside(self, field: FilterField, low: Any, high: Any) -> Clause:
        """A disjunction for values below `low` or above `high`."""
        return [(field.name, self.scale.criterion(low, high, outside=True))]

    def _outside_all(self, field: FilterField, low: Any, high: Any) -> Clause:
        """Terms for values below `low` or above `high`, all of which hold."""
        return self._outside(field, low, high)

    def _ends(self, field: FilterField, low: Any, high: Any) -> list[Clause]:
        """Clauses for the interval from `low` to `high`."""
        return [] if low is None and high is None else [self._inside(field, low, high)]

    def _never(self, field: FilterField) -> Clause:
        """A term that never holds: an interval that ends before it begins."""
        low = self.scale.point
        return [(field.name, self.scale.criterion(self.scale.successor(self.scale.successor(low)), low))]


_WEST, _EAST = 12 * 60 * 60, 14 * 60 * 60
"""Seconds between UTC and the time zones farthest from it."""
_ROWS_DECIDE = "{name}: the server compares texts of its own zone; the rows are compared as instants here."
_NO_ROWS = "{name}: compared by the server, as if its clock and all offsets were those of this machine."


@dataclass(frozen=True)
class Times(Ordered):
    """Times as instants.

    Servers store wall time with an offset and compare it as text, so a bound with another offset is wrong by
    the difference. Each row may have its own offset: daylight saving time, or the zone of a machine that the
    library was on before. So the filter covers all zones and rows are tested, except for times stored in UTC.
    """

    scale: scales.Seconds

    def compile(self, field: FilterField, given: Mapping[str, Any], now: datetime) -> Condition:
        found = super().compile(field, given, now)
        if quirks.is_listed(quirks.UTC_TIMES, field.key):
            return found
        wanted, barred, empty = self._sets(field, given, now)
        spans = self._spans_within(wanted, barred)
        # Only null, or anything: no time is compared.
        if spans in ([], scales.EVERYTHING):
            return found
        asked = self._in_any_zone(spans)
        # Without bounds NOT_NULL is left, which is always true for a field that every object has.
        narrows = asked != scales.EVERYTHING or _has_null(field)
        return replace(
            found,
            clauses=self._clauses(field, asked, empty) if narrows else [],
            exact=False,
            note=_ROWS_DECIDE.format(name=field.name),
            split=self._split(field, spans, asked, empty),
            without_rows=replace(
                found,
                clauses=self._clauses(field, self._in_zone(now, spans), empty),
                note=_NO_ROWS.format(name=field.name),
            ),
        )

    def _in_any_zone(self, spans: scales.Intervals) -> scales.Intervals:
        """The wall times that instants in `spans` may have."""
        wide = [
            (None if low is None else low - _WEST, None if high is None else high + _EAST)
            for low, high in spans
        ]
        return scales.union(wide, self.scale)

    def _split(
        self, field: FilterField, spans: scales.Intervals, asked: scales.Intervals, empty: bool
    ) -> Split | None:
        """The clauses split by whether a wall time is within `spans` in every zone; None where none is."""
        certain = [
            (None if low is None else low + _EAST, None if high is None else high - _WEST)
            for low, high in spans
        ]
        certain = [(low, high) for low, high in certain if low is None or high is None or low <= high]
        if not certain:
            return None
        doubtful = scales.intersect(asked, scales.complement(certain, self.scale))
        return Split(self._clauses(field, certain, empty), self._clauses(field, doubtful, False))

    def _in_zone(self, now: datetime, spans: scales.Intervals) -> scales.Intervals:
        """The wall times of `spans` in the zone of `now`."""
        ends = [
            tuple(None if end is None else self.scale.in_zone_of(now, end) for end in span) for span in spans
        ]
        return scales.union([(low, high) for low, high in ends], self.scale)


def _has_null(field: FilterField) -> bool:
    """Whether there is a `null` lookup: objects without a value exist and can be found."""
    return (
        quirks.is_nullable(field.key) or quirks.is_listed(quirks.MULTI_VALUED, field.key)
    ) and not quirks.is_listed(quirks.NULL_UNSUPPORTED, field.key)


def _only_null(field: FilterField, given: Mapping[str, Any]) -> bool:
    """Whether only null matches and IS_NULL is sent, which the server tests for each of several values."""
    return given.get("null") is True and field.key not in quirks.NULL_TERMS


def _shape(arity: Arity, expected: str) -> str:
    if arity == "range":
        return f"two ends in order, each {expected}"
    return f"a list, each {expected}" if arity == "list" else expected


class Bands(scales.Integers):
    """Pixels of the shorter side, named by bands."""

    metavar = "1080p"

    # Command-line text is the name of a band, not a number.
    parse = scales.Scale.parse

    def read(self, field: FilterField, value: Any, _now: datetime) -> tuple[int, int]:
        return BANDS[enum_value(field, value)]


class Resolution(Ordered):
    """Resolutions: ordered lookups over named bands of the shorter side of a picture.

    `gte="1080p"` is that band and all above it. The server compares with single bands only, so an interval of
    several bands is expressed by the bands below and above it.
    """

    def _clauses(self, field: FilterField, spans: scales.Intervals, empty: bool) -> list[Clause]:
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
        unlike = self._outside_all(field, low, high)
        below, above = self.scale.predecessor(low), self.scale.successor(high)
        return (
            unlike
            if len(unlike) == 1
            else [*self._inside(field, None, below), *self._inside(field, above, None)]
        )

    def _outside_all(self, field: FilterField, low: int, high: int) -> Clause:
        return [(field.name, with_modifier("NOT_EQUALS", band)) for band in _bands(field, low, high)]

    def _ends(self, field: FilterField, low: int | None, high: int | None) -> list[Clause]:
        ends = [(low, None)] * (low is not None) + [(None, high)] * (high is not None)
        return [self._inside(field, *end) for end in ends]

    def _never(self, field: FilterField) -> NoReturn:
        field.refuse("bands that exclude each other", "lookups that leave something to match")


def _above(low: int) -> list[tuple[str, str]]:
    """Modifiers and bands whose disjunction holds from `low` up."""
    # GREATER_THAN of the band below is one term; some bands have no direct neighbour below.
    below = next((band for band, (_, top) in BANDS.items() if top == low - 1), None)
    if below:
        return [("GREATER_THAN", below)]
    [first] = [band for band, (bottom, _) in BANDS.items() if bottom == low]
    return [("EQUALS", first), ("GREATER_THAN", first)]


def _below(high: int) -> list[tuple[str, str]]:
    """Modifiers and bands whose disjunction holds up to `high`."""
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
