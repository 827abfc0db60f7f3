"""Joins of the server's SQL, which the parts of a filter share.

Two terms over the same join apply to the same related object, or the second is ignored. So each join is
claimed by one condition, other conditions on it are evaluated on the fetched rows, and disjunctions are built
only of terms that need no join.
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
"""Join -> the condition that claimed it."""

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
"""Counts that exclude objects for which there is nothing to count."""


def split_join_conflicts(type_name: str, conditions: list[Condition], taken: ClaimedJoins) -> list[Condition]:
    """Conditions without the clauses whose join another condition has claimed.

    The fetched rows decide on these, so conditions that rows cannot decide claim first. Fields of files share
    a claim: in one call they apply to one file.
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
    """The joins of a clause; a field without a known join counts as one of its own."""
    known = fields(field.owner)
    return {JOINS.get((field.owner, name), name) for name, _ in clause if not is_column(known.get(name))}


def is_column(field: FilterField | None) -> bool:
    """Whether the server compares a field without a join, at any place of the filter."""
    if field is None or field.kind not in _COLUMNS or field.key in JOINS:
        return False
    if is_listed(MULTI_VALUED, field.key) or uses_having(field.key) or field.key in _COUNTED_OVER:
        return False
    declared = describe_api().types.get(field.owner)
    own = declared is not None and field.name in declared.fields
    return own or field.name == "filter_favorites" or field.name.endswith("_count")
