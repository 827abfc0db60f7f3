"""`Q`s compiled: what the server can be asked exactly, and a test of rows for the rest.

The server shares the joins of a filter among its AND, OR and NOT parts (server facts, 4.13), so only
fields that are columns of their own may stand in alternatives, or twice; everything else is asked at
most once, as a condition for all, or tested here. What the server is asked never leaves out a match.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from stash_cli.core.query.compose import DEEPEST, compose
from stash_cli.core.query.facts import MANY, OVER_RELATED, counted_after, holds
from stash_cli.core.query.fields import fields, filter_type
from stash_cli.core.query.logic import Op, Q, positive
from stash_cli.core.query.lookups import Compiled, Remainder, conditions_of, readable
from stash_cli.core.query.model import Condition
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from stash_cli.core.query.model import Clause, FilterField, Row

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


@dataclass(frozen=True, slots=True)
class Tree:
    """A test of rows: all or any of its parts hold; with `negated` it is the other way round."""

    op: Op
    parts: tuple[Tree | Remainder, ...]
    negated: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that rows must hold to be tested."""
        return tuple(dict.fromkeys(path for part in self.parts for path in part.fields))

    def __call__(self, row: Row) -> bool:
        """Whether `row`, as the server sent it, matches."""
        passed = all if self.op == "all" else any
        return passed(part(row) for part in self.parts) != self.negated


def compile_all(type_name: str, q: Q, *, now: datetime | None = None) -> Compiled:
    """The server filter for `q`, and the test that its rows have to pass.

    Raises what `compile` raises, and StashLookupError where a part can be said to no server and rows
    do not tell.
    """
    now = now or datetime.now().astimezone()
    parts = list(_flat(positive(type_name, q)))
    nests = "AND" in describe_api().types[filter_type(type_name)].fields
    asked: list[Condition] = []
    tests: list[tuple[Condition, Q]] = []
    notes: list[str] = []
    for part in parts:
        for condition in _conditions(type_name, part, now):
            asked.append(_limited(condition, asked))
            tests.append((asked[-1], part))
            notes += [condition.note] if condition.note else []
    server_filter, left = compose(asked, nests=nests)
    open_parts = [part for condition, part in tests if any(condition is one for one in left)]
    if not open_parts:
        return Compiled(type_name, server_filter, None, notes)
    distinct = list({id(part): part for part in open_parts}.values())
    notes.append("Tested row by row here, as no server filter says it exactly: " + _said(distinct) + ".")
    trees = tuple(tree_of(type_name, part, now) for part in distinct)
    return Compiled(type_name, server_filter, Tree("all", trees), notes)


def tree_of(type_name: str, q: Q, now: datetime | None = None) -> Tree:
    """`q` as a test of rows alone."""
    now = now or datetime.now().astimezone()
    parts: list[Tree | Remainder] = [tree_of(type_name, part, now) for part in q.parts]
    if q.lookups:
        found = conditions_of(type_name, q.lookups, now)
        parts.append(Remainder([readable(type_name, condition) for condition in found]))
    return Tree(q.op, tuple(parts), q.negated)


def _said(parts: list[Q]) -> str:
    return ", ".join(map(repr, parts))


def _flat(q: Q) -> list[Q]:
    """The parts that must all hold."""
    if q.op == "any" or q.negated or q.lookups:
        return [q]
    return [part for inner in q.parts for part in _flat(inner)]


def _conditions(type_name: str, part: Q, now: datetime) -> list[Condition]:
    """One part as conditions; alternatives become one condition with several clauses."""
    if part.lookups and not part.negated:
        return conditions_of(type_name, part.lookups, now)
    clauses = _clauses(type_name, part, now)
    exact = clauses is not None
    some = next(iter(fields(type_name).values()))

    return [Condition(some, clauses or [], None, exact=exact)]


def _clauses(type_name: str, q: Q, now: datetime) -> list[Clause] | None:
    """What says exactly `q`, as clauses that must all hold; None where nothing does."""
    if q.negated or (q.op == "any" and not q.parts):
        return None
    if q.lookups:
        found = conditions_of(type_name, q.lookups, now)
        whole = all(condition.exact for condition in found)
        return [clause for condition in found for clause in condition.clauses] if whole else None
    inner = [_clauses(type_name, part, now) for part in q.parts]
    if any(clauses is None for clauses in inner):
        return None
    known = [clauses for clauses in inner if clauses is not None]
    if q.op == "all":
        return [clause for clauses in known for clause in clauses]
    if not all(known):
        # One of the alternatives is met by everything.
        return []
    return _either(type_name, known)


def _either(type_name: str, alternatives: list[list[Clause]]) -> list[Clause] | None:
    """Alternatives that are clauses each, as clauses of alternatives; None for too many or unsafe ones."""
    found: list[Clause] = []
    for chosen in product(*alternatives):
        found.append([criterion for clause in chosen for criterion in clause])
        if len(found) > DEEPEST:
            return None
    safe = all(is_column(fields(type_name).get(name)) for clause in found for name, _ in clause)
    return found if safe or len(found) == 1 == len(found[0]) else None


def _limited(condition: Condition, before: list[Condition]) -> Condition:
    """`condition` without what the server would confuse with an earlier one: a join used twice."""
    taken = {name for one in before for clause in one.clauses for name, _ in clause}
    known = fields(condition.field.owner)
    kept = [
        clause
        for clause in condition.clauses
        if all(is_column(known.get(name)) or name not in taken for name, _ in clause)
    ]
    if len(kept) == len(condition.clauses):
        return condition
    return replace(condition, clauses=kept, exact=False)


def is_column(field: FilterField | None) -> bool:
    """Whether the server compares a field with a column of its own, wherever in the filter it stands."""
    if field is None or field.kind not in _COLUMNS:
        return False
    if holds(MANY, field.key) or holds(OVER_RELATED, field.key) or counted_after(field.key):
        return False
    declared = describe_api().types.get(field.owner)
    return field.name == "filter_favorites" or (declared is not None and field.name in declared.fields)


def row_of(obj: Any, paths: tuple[str, ...]) -> dict[str, Any]:
    """What an object holds at `paths`, as the server would send it."""
    row: dict[str, Any] = {}
    for head in dict.fromkeys(path.partition(".")[0] for path in paths):
        rest = tuple(
            tail for path in paths for name, _, tail in [path.partition(".")] if name == head and tail
        )
        declared = describe_api().types[type(obj).__name__].fields.get(head)
        row[head] = _plain(getattr(obj, declared.attr if declared else head, None), rest)
    return row


def _plain(value: Any, rest: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_plain(item, rest) for item in value]
    if rest:
        return row_of(value, rest) if value else None
    value = getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else value
