"""`Q`s compiled: what the server can be asked exactly, and a test of rows for the rest.

Only what needs no join of the server's may stand in alternatives (`joins`); everything else is asked at
most once, as a condition for all, or tested here. What the server is asked never leaves out a match.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from stash_cli.core.query.compose import DEEPEST, compose
from stash_cli.core.query.conditions import conditions_of
from stash_cli.core.query.fields import fields, nests
from stash_cli.core.query.joins import Taken, apart, is_column
from stash_cli.core.query.lookups import Compiled, Remainder, readable, tested_here, this_moment
from stash_cli.core.query.model import Condition, FilterField
from stash_cli.core.query.negation import positive
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from datetime import datetime

    from stash_cli.core.query.logic import Op, Q
    from stash_cli.core.query.model import Clause, Row


_PART = "Q"
"""The kind of a condition that is alternatives or a negation: its field is named by what it is."""


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
    now = now or this_moment()
    asked: list[Condition] = []
    whole: dict[str, Q] = {}
    taken: Taken = {}
    for part in _flat(positive(type_name, q)):
        asked += apart(type_name, _conditions(type_name, part, now), taken)
        whole[repr(part)] = part
    server_filter, left = compose(asked, nests=nests(type_name))
    notes = [condition.note for condition in asked if condition.note]
    if not left:
        return Compiled(type_name, server_filter, None, notes)
    notes.append(tested_here(condition.field.name for condition in left))
    parts = [whole[one.field.name] for one in left if one.field.kind == _PART]
    tests: list[Tree | Remainder] = [tree_of(type_name, part, now) for part in parts]
    tests.append(Remainder([readable(type_name, one) for one in left if one.field.kind != _PART]))
    return Compiled(type_name, server_filter, Tree("all", tuple(tests)), notes)


def tree_of(type_name: str, q: Q, now: datetime | None = None) -> Tree:
    """`q` as a test of rows alone."""
    now = now or this_moment()
    parts: list[Tree | Remainder] = [tree_of(type_name, part, now) for part in q.parts]
    if q.lookups:
        found = conditions_of(type_name, q.lookups, now)
        parts.append(Remainder([readable(type_name, condition) for condition in found]))
    return Tree(q.op, tuple(parts), q.negated)


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
    return [Condition(FilterField(type_name, repr(part), _PART), clauses or [], exact=clauses is not None)]


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
