"""Lookups such as `rating100__gte=80` compiled to what the server is asked.

The name is a field, then perhaps fields of related objects, then perhaps a lookup:

    compile("Scene", {"rating100__gte": 80, "tags": [1, 2], "performers__country": "JP"})

What each lookup means is written in the tables of `kinds`, once for all fields of a kind. The server
is asked what it answers exactly; where it has no such question, it is asked for more and `remainder`
tests its rows (`explain` tells). A negation keeps objects without a value.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.errors import StashLookupError
from stash_cli.core.query.conditions import conditions_of
from stash_cli.core.query.extractors import where_read
from stash_cli.core.query.fields import fields, nests
from stash_cli.core.query.filter_builder import DEEPEST, compose
from stash_cli.core.query.joins import Taken, apart, is_column
from stash_cli.core.query.model import Condition, FilterField, Lookup, Row
from stash_cli.core.query.q import positive
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.query.extractors import Reader
    from stash_cli.core.query.model import Clause, Row
    from stash_cli.core.query.q import Op, Q


__all__ = ["Compiled", "FilterField", "Lookup", "Remainder", "compile", "fields", "matches"]


@dataclass(frozen=True)
class Remainder:
    """What the server was not asked: a test of rows that hold `fields`."""

    conditions: list[tuple[Condition, Reader]]

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that rows must hold to be tested."""
        return tuple(dict.fromkeys(path for _, reader in self.conditions for path in reader.paths))

    def __call__(self, row: Row) -> bool:
        """Whether `row`, as the server sent it, matches."""
        return all(
            condition.test is not None and condition.test(reader.read(row))
            for condition, reader in self.conditions
        )


class RowTest(Protocol):
    """A test of rows, as the server sends them."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that rows must hold to be tested."""

    def __call__(self, row: Row) -> bool:
        """Whether `row` matches."""


@dataclass(frozen=True)
class Compiled:
    """A question to the server: its `filter`, and the test its rows have to pass, if any."""

    type: str
    filter: dict[str, Any]
    remainder: RowTest | None = None
    notes: list[str] = field(default_factory=list)

    def explain(self) -> str:
        """The filter as JSON, and what is tested here, line by line."""
        return "\n".join([json.dumps(self.filter, indent=2, ensure_ascii=False), *self.notes])


def compile(  # noqa: A001 - what it does to a query
    type_name: str, lookups: Mapping[str, Any], *, now: datetime | None = None
) -> Compiled:
    """The server filter for `lookups`, all of which must hold.

    `now` anchors relative times such as `-2d`, and its zone is taken for the server's. Raises
    StashLookupError for a field or lookup that does not exist or cannot be asked, with near matches,
    and StashInputError for a value that the field does not take.
    """
    conditions = conditions_of(type_name, lookups, now or this_moment())
    asked = apart(type_name, conditions, {})
    server_filter, left = compose(asked, nests=nests(type_name))
    notes = [condition.note for condition in asked if condition.note]
    if not left:
        return Compiled(type_name, server_filter, None, notes)
    notes.append(tested_here(condition.field.name for condition in left))
    return Compiled(type_name, server_filter, Remainder([readable(type_name, one) for one in left]), notes)


def matches(type_name: str, lookups: Mapping[str, Any], *, now: datetime | None = None) -> Remainder:
    """The same question answered from rows alone, for what is held already.

    Raises StashLookupError where rows do not tell.
    """
    conditions = conditions_of(type_name, lookups, now or this_moment())
    return Remainder([readable(type_name, condition) for condition in conditions])


def this_moment() -> datetime:
    """Now, in the zone that is taken for the server's."""
    return datetime.now().astimezone()


def tested_here(names: Iterable[str]) -> str:
    """How people are told what the server was not asked."""
    return f"Tested row by row here, as no server filter says it exactly: {', '.join(dict.fromkeys(names))}."


def readable(type_name: str, condition: Condition) -> tuple[Condition, Reader]:
    """A condition with what reads its values from rows; raises StashLookupError where rows do not tell."""
    found = where_read(type_name, condition)
    if found is None:
        raise StashLookupError(
            f"{condition.field.owner}.{condition.field.name} cannot be asked this way:"
            " no filter of the server says it, and its answers do not tell.",
            hint="Ask for less, or for each part in a query of its own.",
        )
    return condition, found


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
