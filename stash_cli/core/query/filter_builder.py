"""Conditions composed into one server filter.

Each level of a filter is the conjunction of its fields and may contain one further level in AND, OR or NOT.
So a second term on a field goes to a deeper AND level, and disjunctions are distributed into a chain of ORs
at the end. Conditions that do not fit are left for the post filter.

The parts of a filter share the joins of the server's SQL: two terms over the same join apply to the same
related object, or the second is ignored. So each join is claimed by one condition, and disjunctions are built
only of terms that need no join.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.query import server_quirks as quirks
from stash_cli.core.query.extractors import extractor_of
from stash_cli.core.query.fields import fields
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition, FilterField, Term


Level = dict[str, Any]

MAX_ALTERNATIVES = 16
"""Levels in the chain of ORs."""
_MAX_LEVELS = 20
"""Levels of a filter; the server's SQL fails at about 25."""


def build_filter(conditions: list[Condition], *, nests: bool) -> tuple[Level, list[Condition]]:
    """The filter, and the conditions that it does not express exactly.

    `nests` tells whether the filter type has AND, OR and NOT.
    """
    builder = FilterBuilder(nests)
    residual = [
        condition
        for condition in conditions
        if sum(builder.add(condition, clause) for clause in condition.clauses) < len(condition.clauses)
        or not condition.exact
    ]
    # The isolated term takes the place of the chain of ORs. Where there is a chain, it is tested on rows.
    if builder.chain != [{}]:
        residual += [
            condition
            for condition in conditions
            if condition is builder.isolated and condition not in residual
        ]
    return builder.filter(), residual


class FilterBuilder:
    """The AND levels so far, and the chain of ORs after them."""

    def __init__(self, nests: bool) -> None:
        self.nests = nests
        self.levels: list[Level] = [{}]
        self.chain: list[Level] = [{}]
        self.last: Level = {}
        self.isolated: Condition | None = None

    def add(self, condition: Condition, clause: Clause) -> bool:
        """Add a clause; False where the filter cannot hold it."""
        # The server applies HAVING to the whole filter, so a term in it cannot be an alternative.
        if len(clause) > 1:
            counted = any(quirks.uses_having((condition.field.owner, name)) for name, _ in clause)
            return self.nests and not counted and self._distribute(clause)
        # A single term is no disjunction, so it can be on a level of its own.
        [(name, value)] = clause
        if name in quirks.ISOLATED:
            return self._add_last(condition, name, value)
        return self._add_to_level(clause[0])

    def _add_last(self, condition: Condition, name: str, value: Any) -> bool:
        """Add a term as the last level, with nothing beside or after it."""
        # Newer servers combine it by OR with everything beside and below it, so it has to be alone.
        if self.last or not self.nests:
            return False
        self.last, self.isolated = {name: value}, condition
        return True

    def _add_to_level(self, term: Term) -> bool:
        """Add a term to the first level where its field is free, or to a new one."""
        name, value = term
        for level in self.levels:
            # A list of criteria (custom fields) is a conjunction already.
            if isinstance(value, list) and name in level:
                level[name] = [*level[name], *value]
                return True
            if level.setdefault(name, value) == value:
                return True
        if not self.nests or len(self.levels) + len(self.chain) >= _MAX_LEVELS:
            return False
        self.levels.append({name: value})
        return True

    def _distribute(self, clause: Clause) -> bool:
        """Distribute a disjunction over the chain; False where it gets too long or terms collide."""
        # (a or b) and (c or d) is ac or ad or bc or bd; a level holds one OR only, so the chain lists these.
        product = [level | {name: value} for level in self.chain for name, value in clause]
        collides = any(level.get(name, value) != value for level in self.chain for name, value in clause)
        if collides or len(product) > MAX_ALTERNATIVES or len(self.levels) + len(product) > _MAX_LEVELS:
            return False
        self.chain = product
        return True

    def filter(self) -> Level:
        """The nested filter: AND levels first, then the chain of ORs or the isolated term."""
        found: Level = {} if self.chain != [{}] else self.last
        # From the innermost level outwards, as each level holds the next one.
        for level in reversed([level for level in self.chain if level]):
            found = level | ({"OR": found} if found else {})
        for level in reversed([level for level in self.levels if level]):
            found = level | ({"AND": found} if found else {})
        return found


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
"""Counts whose filter excludes objects without anything to count."""


def split_join_conflicts(
    type_name: str, conditions: list[Condition], claimed: ClaimedJoins
) -> list[Condition]:
    """Conditions without the clauses whose join another condition has claimed.

    These clauses are tested on the fetched rows, so conditions that cannot be tested there claim first.
    Fields of files share a claim: in one call they apply to one file. Criteria in the API's own shape that
    are given in one call are sent together, because the caller chose their combination.
    """
    one_file, given = object(), object()
    split: dict[int, Condition] = {}
    # A condition that cannot be tested on rows has to be sent.
    for condition in sorted(conditions, key=lambda one: extractor_of(type_name, one) is not None):
        own: object = given if condition.given else condition
        owner = one_file if condition.field.key in quirks.FILE_FIELDS else own
        split[id(condition)] = _without_conflicts(condition, claimed, owner)
    return [split[id(condition)] for condition in conditions]


def _without_conflicts(condition: Condition, claimed: ClaimedJoins, owner: object) -> Condition:
    clauses = [
        clause
        for clause in condition.clauses
        if all(claimed.get(join, owner) is owner for join in _joins(condition.field, clause))
    ]
    for clause in clauses:
        claimed.update(dict.fromkeys(_joins(condition.field, clause), owner))
    exact = condition.exact and len(clauses) == len(condition.clauses)
    return replace(condition, clauses=clauses, exact=exact)


def _joins(field: FilterField, clause: Clause) -> set[str]:
    """The joins of a clause; a field without a known join counts as one of its own."""
    known = fields(field.owner)
    return {
        quirks.JOINS.get((field.owner, name), name) for name, _ in clause if not is_column(known.get(name))
    }


def is_column(field: FilterField | None) -> bool:
    """Whether the server compares a field without a join, at any level of the filter."""
    if field is None or field.kind not in _COLUMNS or field.key in quirks.JOINS:
        return False
    if (
        quirks.is_listed(quirks.MULTI_VALUED, field.key)
        or quirks.uses_having(field.key)
        or field.key in _COUNTED_OVER
    ):
        return False
    declared = describe_api().types.get(field.owner)
    own = declared is not None and field.name in declared.fields
    return own or field.name == "filter_favorites" or field.name.endswith("_count")
