"""Conditions composed into one server filter.

Each level of a filter is the conjunction of its fields and may contain one further level in AND, OR or NOT.
So a second term on a field goes to a deeper AND level, and disjunctions are distributed into a chain of ORs
at the end. Conditions that do not fit are left for the post filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.query.server_quirks import ISOLATED, uses_having

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition, Term

Level = dict[str, Any]

MAX_ALTERNATIVES = 16
"""Levels in the chain of ORs."""
_MAX_LEVELS = 20
"""Levels of a filter; the server's SQL fails at about 25."""


def build_filter(conditions: list[Condition], *, nests: bool) -> tuple[Level, list[Condition]]:
    """The filter, and the conditions that it does not express exactly.

    `nests` tells whether the filter type has AND, OR and NOT.
    """
    made = FilterBuilder(nests)
    left = [
        condition
        for condition in conditions
        if sum(made.take(condition, clause) for clause in condition.clauses) < len(condition.clauses)
        or not condition.exact
    ]
    if made.chain != [{}]:
        left += [condition for condition in conditions if condition is made.lonely and condition not in left]
    return made.filter(), left


class FilterBuilder:
    """The AND levels so far, and the chain of ORs after them."""

    def __init__(self, nests: bool) -> None:
        self.nests = nests
        self.levels: list[Level] = [{}]
        self.chain: list[Level] = [{}]
        self.last: Level = {}
        self.lonely: Condition | None = None

    def take(self, condition: Condition, clause: Clause) -> bool:
        """Add a clause; False where there is no place for it."""
        if len(clause) > 1:
            counted = any(uses_having((condition.field.owner, name)) for name, _ in clause)
            return self.nests and not counted and self._multiply(clause)
        [(name, value)] = clause
        if name in ISOLATED:
            return self._end(condition, name, value)
        return self._place(clause[0])

    def _end(self, condition: Condition, name: str, value: Any) -> bool:
        """Add a term as the last level, with nothing beside or after it."""
        if self.last or not self.nests:
            return False
        self.last, self.lonely = {name: value}, condition
        return True

    def _place(self, criterion: Term) -> bool:
        """Add a term to the first level where its field is free, or to a new one."""
        name, value = criterion
        for level in self.levels:
            if isinstance(value, list) and name in level:
                level[name] = [*level[name], *value]
                return True
            if level.setdefault(name, value) == value:
                return True
        if not self.nests or len(self.levels) + len(self.chain) >= _MAX_LEVELS:
            return False
        self.levels.append({name: value})
        return True

    def _multiply(self, clause: Clause) -> bool:
        """Distribute a disjunction over the chain; False where it gets too long or terms collide."""
        product = [level | {name: value} for level in self.chain for name, value in clause]
        collides = any(level.get(name, value) != value for level in self.chain for name, value in clause)
        if collides or len(product) > MAX_ALTERNATIVES or len(self.levels) + len(product) > _MAX_LEVELS:
            return False
        self.chain = product
        return True

    def filter(self) -> Level:
        """The nested filter: AND levels first, then the chain of ORs or the isolated term."""
        found: Level = {} if self.chain != [{}] else self.last
        for level in reversed([level for level in self.chain if level]):
            found = level | ({"OR": found} if found else {})
        for level in reversed([level for level in self.levels if level]):
            found = level | ({"AND": found} if found else {})
        return found
