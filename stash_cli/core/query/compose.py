"""Conditions put together into one server filter.

Each level of a filter is the AND of its fields and may go on in one of AND, OR and NOT. So a second
criterion on a field moves to an AND level below, and alternatives (`rating is not 80, or there is
none`) are multiplied out into a chain of ORs at the end. What the server cannot hold that way is left
over for rows to be tested here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.query.facts import counted_after

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, Condition, Criterion

Level = dict[str, Any]

DEEPEST = 16
"""Levels of ORs that a filter may end in; the server's SQL fails at about 25."""


def compose(conditions: list[Condition], *, nests: bool) -> tuple[Level, list[Condition]]:
    """The filter, and the conditions that rows must be tested for.

    `nests` says whether the filter type has AND, OR and NOT at all.
    """
    levels: list[Level] = [{}]
    chain: list[Level] = [{}]
    left: list[Condition] = [condition for condition in conditions if not condition.exact]
    for condition in conditions:
        for clause in condition.clauses:
            longer = _take(condition, clause, levels, chain, nests=nests)
            if longer is not None:
                chain = longer
            elif condition not in left:
                left.append(condition)
    return _nested([level for level in levels if level], chain), left


def _take(
    condition: Condition, clause: Clause, levels: list[Level], chain: list[Level], *, nests: bool
) -> list[Level] | None:
    """Put one clause into `levels`, or answer the chain that holds it; None where neither can."""
    if len(clause) == 1:
        return chain if _place(levels, clause[0], nests=nests) else None
    if not nests or any(counted_after((condition.field.owner, name)) for name, _ in clause):
        return None
    return _multiplied(chain, clause)


def _place(levels: list[Level], criterion: Criterion, *, nests: bool) -> bool:
    """Put a criterion into the first level where its field is free, or into a new one."""
    name, value = criterion
    for level in levels:
        if isinstance(value, list) and name in level:
            level[name] = [*level[name], *value]
            return True
        if level.setdefault(name, value) == value:
            return True
    if nests:
        levels.append({name: value})
    return nests


def _multiplied(chain: list[Level], clause: Clause) -> list[Level] | None:
    """Each alternative so far beside each of `clause`; None where that is too long or collides."""
    product = []
    for level in chain:
        for name, value in clause:
            if isinstance(value, list) and name in level:
                product.append(level | {name: [*level[name], *value]})
            elif level.get(name, value) != value:
                return None
            else:
                product.append(level | {name: value})
    return product if len(product) <= DEEPEST else None


def _nested(levels: list[Level], chain: list[Level]) -> Level:
    """Levels inside each other: the ANDs first, the chain of ORs last."""
    found: Level = {}
    for level in reversed([level for level in chain if level]):
        found = level | ({"OR": found} if found else {})
    for level in reversed(levels):
        found = level | ({"AND": found} if found else {})
    return found
