"""Counting on the server where its filter is wider than the query.

A filter on a time covers all time zones, and its rows are tested here. Only rows within a day of a bound are
in doubt; the server counts all others. The filters of a plan are disjoint, so their numbers add up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.query.filter_builder import build_filter, is_column

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition


@dataclass(frozen=True, slots=True)
class CountPlan:
    """Disjoint filters: objects in `certain` all match, objects in `doubtful` have to be tested."""

    certain: dict[str, Any]
    doubtful: tuple[dict[str, Any], ...]


def count_plan(conditions: list[Condition], residual: list[Condition], *, nests: bool) -> CountPlan | None:
    """The plan for `conditions`, of which `residual` are tested on rows; None where no filters express it."""
    inexact = {id(one) for one in residual}
    parts: list[list[Condition]] = [[]]
    for one in conditions:
        parts, before = [[*part, _as_exact(one, one.clauses)] for part in parts], parts[0]
        if id(one) not in inexact:
            continue
        if one.split is None or not is_column(one.field):
            return None
        parts[0] = [*before, _as_exact(one, one.split.certain)]
        parts.append([*before, _as_exact(one, one.split.doubtful)])
    built = [build_filter(part, nests=nests) for part in parts]
    if any(unexpressed for _, unexpressed in built):
        return None
    return CountPlan(built[0][0], tuple(wanted for wanted, _ in built[1:]))


def _as_exact(condition: Condition, clauses: list[Clause]) -> Condition:
    return replace(condition, clauses=clauses, exact=True)
