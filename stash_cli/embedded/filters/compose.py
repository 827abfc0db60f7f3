"""A whole filter: the criteria of each level, and AND, OR and NOT between the levels."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, not_, or_

from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.filters.criteria import Condition, Entity, Handler

OPERATORS = ("AND", "OR", "NOT")
MAX_DEPTH = 25
"""How many levels of AND, OR and NOT are taken; the server's SQL parser gives up at about as many."""


def compose(
    handlers: Mapping[str, Handler], entity: Entity, given: Mapping[str, Any], depth: int = 0
) -> Condition | None:
    """The condition that filter `given` is, or None when it has no effect."""
    if depth > MAX_DEPTH:
        raise Refused(f"parser stack overflow: filters nest at most {MAX_DEPTH} levels")
    own = _criteria(handlers, entity, given)
    operator = _operator(given)
    if operator is None:
        return own
    nested = compose(handlers, entity, given[operator], depth + 1)
    if nested is None:
        return own
    if operator == "NOT":
        nested = not_(nested)
    if own is None:
        return nested
    return or_(own, nested) if operator == "OR" else and_(own, nested)


def _criteria(handlers: Mapping[str, Handler], entity: Entity, given: Mapping[str, Any]) -> Condition | None:
    made = [
        handlers[name](entity, criterion)
        for name, criterion in given.items()
        if name not in OPERATORS and criterion is not None
    ]
    wanted = [condition for condition in made if condition is not None]
    return and_(*wanted) if wanted else None


def _operator(given: Mapping[str, Any]) -> str | None:
    """The one operator of a level; two of them are refused."""
    used = [name for name in OPERATORS if given.get(name) is not None]
    for first, second in combinations(used, 2):
        raise Refused(f"cannot have {first} and {second} in the same filter")
    return used[0] if used else None
