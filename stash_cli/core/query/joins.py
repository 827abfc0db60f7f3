"""Which conditions a server can be asked side by side.

The server shares the joins of a filter among all its parts (server facts, 4.13): two criteria over the
same one speak of one related object, or the second is lost. So each join is asked for once, what else
needs it is tested here; and only what needs none stands in alternatives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stash_cli.core.query.extractors import extractor_of
from stash_cli.core.query.fields import fields
from stash_cli.core.query.server_quirks import FILE_FIELDS, JOINS, MULTI_VALUED, is_listed, uses_having
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition, FilterField

ClaimedJoins = dict[str, object]
"""Join -> what was first to need it."""

_COLUMNS = frozenset(
    {
        "IntCriterionInput",
        "FloatCriterionInput",
        "DateCriterionInput",
        "TimestampCriterionInput",
        "StringCriterionInput",
        "GenderCriterionInput",
        "CircumcisionCriterionInput",
        "Boolean",
    }
)
_COUNTED_OVER = frozenset({("Performer", "marker_count")})
"""Counts that leave out objects without what they are counted over."""


def split_join_conflicts(type_name: str, conditions: list[Condition], taken: ClaimedJoins) -> list[Condition]:
    """The conditions of one call without the clauses that need a join which is taken; these rows decide.

    What rows do not tell comes first. Facts of files share theirs: in one call they speak of one file.
    """
    one_file = object()
    kept: dict[int, Condition] = {}
    for condition in sorted(conditions, key=lambda one: extractor_of(type_name, one) is not None):
        unit = one_file if condition.field.key in FILE_FIELDS else condition
        kept[id(condition)] = _without_taken(condition, taken, unit)
    return [kept[id(condition)] for condition in conditions]


def _without_taken(condition: Condition, taken: ClaimedJoins, unit: object) -> Condition:
    if condition.given:
        clauses = condition.clauses
    else:
        clauses = [
            clause
            for clause in condition.clauses
            if all(taken.get(join, unit) is unit for join in _joins(condition.field, clause))
        ]
    for clause in clauses:
        taken.update(dict.fromkeys(_joins(condition.field, clause), unit))
    exact = condition.exact and len(clauses) == len(condition.clauses)
    return replace(condition, clauses=clauses, exact=exact)


def _joins(field: FilterField, clause: Clause) -> set[str]:
    """The joins that a clause needs; a criterion of no known one counts as a join of its own."""
    known = fields(field.owner)
    return {JOINS.get((field.owner, name), name) for name, _ in clause if not is_column(known.get(name))}


def is_column(field: FilterField | None) -> bool:
    """Whether the server compares a field without a join, wherever in the filter it stands."""
    if field is None or field.kind not in _COLUMNS or field.key in JOINS:
        return False
    if is_listed(MULTI_VALUED, field.key) or uses_having(field.key) or field.key in _COUNTED_OVER:
        return False
    declared = describe_api().types.get(field.owner)
    own = declared is not None and field.name in declared.fields
    return own or field.name == "filter_favorites" or field.name.endswith("_count")
