"""Counts by the server of what it answers exactly, beside a remainder that only rows can decide.

A time is asked for in all zones at once, and the rows decide. But only those within a day of a bound are in
doubt: all others are counted on the server. Filters of which no object meets two add up to the number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.query.filter_builder import build_filter, is_column

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition


@dataclass(frozen=True, slots=True)
class CountPlan:
    """Filters of which no object meets two: all of `certain` match, and those of `doubtful` are tested."""

    certain: dict[str, Any]
    doubtful: tuple[dict[str, Any], ...]


def count_plan(conditions: list[Condition], left: list[Condition], *, nests: bool) -> CountPlan | None:
    """The plan for `conditions`, of which rows decide on those `left`; None where no filters say it."""
    inexact = {id(one) for one in left}
    parts: list[list[Condition]] = [[]]
    for one in conditions:
        parts, before = [[*part, _exactly(one, one.clauses)] for part in parts], parts[0]
        if id(one) not in inexact:
            continue
        if one.split is None or not is_column(one.field):
            return None
        parts[0] = [*before, _exactly(one, one.split.certain)]
        parts.append([*before, _exactly(one, one.split.doubtful)])
    built = [build_filter(part, nests=nests) for part in parts]
    if any(unsaid for _, unsaid in built):
        return None
    return CountPlan(built[0][0], tuple(wanted for wanted, _ in built[1:]))


def _exactly(condition: Condition, clauses: list[Clause]) -> Condition:
    return replace(condition, clauses=clauses, exact=True)
