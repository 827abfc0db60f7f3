"""Scales: ordered values as points, and sets of points as intervals.

A value is a closed interval of its scale: a number is one point, `2024-03` is 31 days. Intervals are sorted
and disjoint, and None is an open end. Every bound is closed: `> 5` is `>= next(5)`. The next point depends on
the scale: one more for whole numbers, days and seconds, the next representable number for floats.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import date_parsing, value_parsers
from stash_cli.core.query.local_zone import LOCAL
from stash_cli.core.query.model import FilterField, with_modifier

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH = datetime(1, 1, 1)  # noqa: DTZ001 - in UTC
_LAST = (date.max.toordinal() * 24 * 60 * 60) - 1


class Scale:
    """An ordered type of values as discrete points, so that every bound can be written as a closed one."""

    metavar: str
    expected: str
    point: Any
    """Any point of the scale."""
    empty: Any = ""
    """The value that is sent with IS_NULL, which requires one."""

    def successor(self, point: Any) -> Any:
        return point + 1

    def predecessor(self, point: Any) -> Any:
        return point - 1

    def parse(self, text: str) -> Any:
        """Command-line text as a value for `read`."""
        return text

    def read(self, field: FilterField, value: Any, now: datetime) -> tuple[Any, Any]:
        """First and last point of `value`; raises ValueError or TypeError."""
        raise NotImplementedError

    def of_row(self, value: Any) -> Any:
        """The point of a value in a row."""
        return int(value)

    def send(self, point: Any) -> Any:
        """A point as the server takes it."""
        return point

    def criterion(self, low: Any, high: Any, *, outside: bool = False) -> dict[str, Any]:
        """The criterion for the interval from `low` to `high`, or with `outside` for its complement."""
        if low is not None and low == high:
            return with_modifier("NOT_EQUALS" if outside else "EQUALS", self.send(low))
        if low is not None and high is not None:
            modifier = "NOT_BETWEEN" if outside else "BETWEEN"
            return with_modifier(modifier, self.send(low), value2=self.send(high))
        return self.half_open(low, high)

    def half_open(self, low: Any, high: Any) -> dict[str, Any]:
        """The criterion for an interval of which one end is open."""
        if low is not None:
            return with_modifier("GREATER_THAN", self.send(low - 1))
        return with_modifier("LESS_THAN", self.send((high or 0) + 1))


class Integers(Scale):
    """Whole numbers."""

    metavar = "N"
    point = empty = 0
    expected = "a whole number"

    def parse(self, text: str) -> Any:
        return value_parsers.whole(text)

    def read(self, field: FilterField, value: Any, _now: datetime) -> tuple[int, int]:
        """First and last point of a number; for a fraction first > last, so that `gt=79.5` is `gte=80`."""
        if field.name in IN_SECONDS:
            value = date_parsing.in_seconds(value)
        # A bool is an int in Python, but True is a mistake here.
        if isinstance(value, bool):
            raise TypeError(value)
        number = float(value) if not isinstance(value, int) else value
        if field.name in ROUNDED:
            number = math.floor(number + 0.5)
        first, last = math.ceil(number), math.floor(number)
        require_in_range(field, first)
        require_in_range(field, last)
        return first, last


class Bytes(Integers):
    """Sizes of files: `700MB` is 700 million bytes, `700MiB` 700 times 1024 times 1024."""

    metavar = "SIZE"
    expected = "a size such as 700MB or 1.5GiB"

    def parse(self, text: str) -> Any:
        return value_parsers.byte_size(text)


IN_SECONDS = frozenset({"duration", "resume_time", "play_duration"})
"""Fields in seconds, which also take `1:30`, `60m` or a timedelta."""
ROUNDED = frozenset({"framerate"})
"""Fields that the server rounds before comparing."""


class Floats(Scale):
    """Numbers with a fraction; the next point is the next representable number."""

    metavar = "NUMBER"
    point = 0.0
    empty = 0
    expected = "a number"
    furthest = sys.float_info.max

    def successor(self, point: float) -> float:
        return math.nextafter(point, math.inf)

    def predecessor(self, point: float) -> float:
        return math.nextafter(point, -math.inf)

    def parse(self, text: str) -> Any:
        return value_parsers.number(text)

    def read(self, field: FilterField, value: Any, _now: datetime) -> tuple[float, float]:
        point = float(date_parsing.in_seconds(value) if field.name in IN_SECONDS else value)
        if isinstance(value, bool) or not math.isfinite(point):
            raise ValueError(value)
        require_in_range(field, point)
        return point, point

    def of_row(self, value: Any) -> float:
        return float(value)

    def half_open(self, low: float | None, high: float | None) -> dict[str, Any]:
        # GREATER_THAN and LESS_THAN leave the bound out; the server has no AT_LEAST, so a closed bound is a
        # BETWEEN.
        if low is not None and self._was_open(low, self.predecessor(low)):
            return with_modifier("GREATER_THAN", self.predecessor(low))
        if high is not None and self._was_open(high, self.successor(high)):
            return with_modifier("LESS_THAN", self.successor(high))
        return with_modifier(
            "BETWEEN", -self.furthest if low is None else low, value2=self.furthest if high is None else high
        )

    @staticmethod
    def _was_open(bound: float, neighbour: float) -> bool:
        """Whether `neighbour` is the number that the caller wrote: the one with the shorter text."""
        return len(repr(neighbour)) < len(repr(bound))


class Days(Scale):
    """Dates as day numbers; the server stores a partial date as its first day."""

    metavar = "DATE"
    point = 730_000
    expected = date_parsing.EXPECTED

    def read(self, _field: FilterField, value: Any, now: datetime) -> tuple[int, int]:
        first, last = date_parsing.days(value, now)
        return first.toordinal(), last.toordinal()

    def of_row(self, value: Any) -> int:
        return date_parsing.period(value)[0].toordinal()

    def send(self, point: int) -> str:
        # Years are always four digits: the server compares text.
        return date.fromordinal(min(max(point, 1), date.max.toordinal())).isoformat()


class Seconds(Scale):
    """Times as instants, in seconds.

    The server compares texts such as 2024-03-15T10:00:00+01:00, so a text without offset sorts before every
    time within its second: GREATER_THAN includes that second, LESS_THAN does not. What is sent is UTC, and is
    compared with the wall time of each row's own offset.
    """

    metavar = "TIME"
    point = 63_000_000_000
    expected = date_parsing.EXPECTED

    def read(self, _field: FilterField, value: Any, now: datetime) -> tuple[int, int]:
        first, last = date_parsing.seconds(value, now)
        return _second(first), _second(last)

    def of_row(self, value: Any) -> int:
        moment = datetime.fromisoformat(str(value))
        return _second(moment if moment.tzinfo else moment.replace(tzinfo=LOCAL))

    def send(self, point: int) -> str:
        return _wall(point).isoformat()

    @staticmethod
    def in_zone_of(now: datetime, point: int) -> int:
        """The wall time of an instant in the zone of `now`, as a point."""
        try:
            local = _wall(point).replace(tzinfo=UTC).astimezone(now.tzinfo)
        except OverflowError:  # the first and last day of datetime's range
            return point
        return int((local.replace(tzinfo=None) - _EPOCH) // timedelta(seconds=1))

    def criterion(self, low: int | None, high: int | None, *, outside: bool = False) -> dict[str, Any]:
        if high is None:
            return with_modifier("GREATER_THAN", self.send(low or 0))
        if low is None:
            return with_modifier("LESS_THAN", self.send(high + 1))
        # An end without offset sorts before the times within its second, so the next second ends it.
        modifier = "NOT_BETWEEN" if outside else "BETWEEN"
        return with_modifier(modifier, self.send(low), value2=self.send(high + 1))


def _second(moment: datetime) -> int:
    """The point of a moment with a zone, computed without its UTC time, which datetime may not support."""
    offset = moment.utcoffset() or timedelta(0)
    return int((moment.replace(tzinfo=None) - _EPOCH - offset) // timedelta(seconds=1))


def _wall(point: int) -> datetime:
    return _EPOCH + timedelta(seconds=min(max(point, 0), _LAST))


def require_in_range(field: FilterField, point: float) -> None:
    """Refuse numbers outside the field's range; the server would accept any."""
    low, high = field.range or (None, None)
    if (low is not None and point < low) or (high is not None and point > high):
        bounds = f"{low:g} to {high:g}" if high is not None else f"{low:g} or more"
        field.refuse(point, f"numbers from {bounds}" if high is not None else f"{bounds}")


Interval = tuple[Any, Any]
Intervals = list[Interval]

EVERYTHING: Intervals = [(None, None)]


def in_order(intervals: Intervals) -> Intervals:
    """`intervals` unchanged; raises ValueError where one ends before it begins."""
    if any(low is not None and high is not None and low > high for low, high in intervals):
        raise ValueError(intervals)
    return intervals


def membership(intervals: Intervals) -> Callable[[Any], bool]:
    """A predicate that a point is within `intervals`, which are sorted and disjoint."""
    first_open = bool(intervals) and intervals[0][0] is None
    starts = [low for low, _ in intervals[first_open:]]

    def contains(point: Any) -> bool:
        at = bisect_right(starts, point) - 1 + first_open
        if at < 0:
            return False
        high = intervals[at][1]
        return high is None or point <= high

    return contains


def intersect(left: Intervals, right: Intervals) -> Intervals:
    found = []
    for a, b in left:
        for c, d in right:
            low = a if c is None else c if a is None else max(a, c)
            high = b if d is None else d if b is None else min(b, d)
            if low is None or high is None or low <= high:
                found.append((low, high))
    return found


def complement(intervals: Intervals, scale: Scale) -> Intervals:
    """All points outside `intervals`."""
    gaps: Intervals = []
    start: Any = None
    for low, high in union(intervals, scale):
        if low is not None:
            gaps.append((start, scale.predecessor(low)))
        if high is None:
            return gaps
        start = scale.successor(high)
    return [*gaps, (start, None)]


def union(intervals: Intervals, scale: Scale) -> Intervals:
    """The same set with overlapping and adjacent intervals merged, in order."""
    found: Intervals = []
    for low, high in sorted(intervals, key=lambda each: (each[0] is not None, each[0] or 0)):
        last = found[-1][1] if found else None
        if not found or (last is not None and low is not None and low > scale.successor(last)):
            found.append((low, high))
        elif last is not None:
            found[-1] = (found[-1][0], None if high is None else max(last, high))
    return found
