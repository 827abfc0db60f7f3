"""Sets of numbers as sorted, disjoint, closed intervals; None is an open end.

What steps from a number to the next is the scale's business: 1 for whole numbers, days and seconds,
the next representable number for floats. So every bound is closed, and `> 5` is `>= next(5)`.
"""

from __future__ import annotations

from typing import Any, Protocol

Interval = tuple[Any, Any]
Intervals = list[Interval]

EVERYTHING: Intervals = [(None, None)]


class Steps(Protocol):
    """The neighbours of a number."""

    def up(self, point: Any) -> Any: ...

    def down(self, point: Any) -> Any: ...


def in_order(intervals: Intervals) -> Intervals:
    """`intervals` as they are; ValueError where one ends before it begins."""
    if any(low is not None and high is not None and low > high for low, high in intervals):
        raise ValueError(intervals)
    return intervals


def contains(intervals: Intervals, point: Any) -> bool:
    return any((low is None or low <= point) and (high is None or point <= high) for low, high in intervals)


def intersect(left: Intervals, right: Intervals) -> Intervals:
    found = []
    for a, b in left:
        for c, d in right:
            low = a if c is None else c if a is None else max(a, c)
            high = b if d is None else d if b is None else min(b, d)
            if low is None or high is None or low <= high:
                found.append((low, high))
    return found


def complement(intervals: Intervals, steps: Steps) -> Intervals:
    """Everything that is in none of `intervals`."""
    rest = EVERYTHING
    for low, high in intervals:
        outside: Intervals = []
        if low is not None:
            outside.append((None, steps.down(low)))
        if high is not None:
            outside.append((steps.up(high), None))
        rest = intersect(rest, outside)
    return rest


def union(intervals: Intervals, steps: Steps) -> Intervals:
    """The same set with overlapping and touching intervals joined."""
    return complement(complement(intervals, steps), steps)
