"""Conditions put together into one server filter.

Each level of a filter is the AND of its fields and may go on in one of AND, OR and NOT. So a second
criterion on a field moves to an AND level below, and alternatives (`rating is not 80, or there is
none`) are multiplied out into a chain of ORs at the end. What the server cannot hold that way is left
over for rows to be tested here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.query.server_quirks import ISOLATED, uses_having

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition, Term

Level = dict[str, Any]

MAX_ALTERNATIVES = 16
"""Levels of ORs that a filter may end in."""
_MAX_LEVELS = 20
"""Levels that a filter may have; the server's SQL fails at about 25."""


def build_filter(conditions: list[Condition], *, nests: bool) -> tuple[Level, list[Condition]]:
    """The filter, and the conditions that rows must be tested for.

    `nests` says whether the filter type has AND, OR and NOT at all.
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
    """The levels so far, and the chain of ORs that they end in."""

    def __init__(self, nests: bool) -> None:
        self.nests = nests
        self.levels: list[Level] = [{}]
        self.chain: list[Level] = [{}]
        self.last: Level = {}
        self.lonely: Condition | None = None

    def take(self, condition: Condition, clause: Clause) -> bool:
        """Whether there is a place for `clause`, which it then has."""
        if len(clause) > 1:
            counted = any(uses_having((condition.field.owner, name)) for name, _ in clause)
            return self.nests and not counted and self._multiply(clause)
        [(name, value)] = clause
        if name in ISOLATED:
            return self._end(condition, name, value)
        return self._place(clause[0])

    def _end(self, condition: Condition, name: str, value: Any) -> bool:
        """Put a criterion into a level of its own at the very end."""
        if self.last or not self.nests:
            return False
        self.last, self.lonely = {name: value}, condition
        return True

    def _place(self, criterion: Term) -> bool:
        """Put a criterion into the first level where its field is free, or into a new one."""
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
        """Put each alternative so far beside each of `clause`, unless that is too long or collides."""
        product = [level | {name: value} for level in self.chain for name, value in clause]
        collides = any(level.get(name, value) != value for level in self.chain for name, value in clause)
        if collides or len(product) > MAX_ALTERNATIVES or len(self.levels) + len(product) > _MAX_LEVELS:
            return False
        self.chain = product
        return True

    def filter(self) -> Level:
        """Levels inside each other: the ANDs first, then the chain of ORs or what stands alone."""
        found: Level = {} if self.chain != [{}] else self.last
        for level in reversed([level for level in self.chain if level]):
            found = level | ({"OR": found} if found else {})
        for level in reversed([level for level in self.levels if level]):
            found = level | ({"AND": found} if found else {})
        return found
