"""Compilation of lookups such as `rating100__gte=80` to a server filter and a residual predicate.

The name of a lookup is a field, optionally followed by fields of related objects and by a comparison:

    compile("Scene", {"rating100__gte": 80, "tags": [1, 2], "performers__country": "JP"})

The tables in `criteria` define the semantics of each lookup, once for all fields of a kind. Where a server
filter is equivalent to the query, it is all that is needed. Otherwise a wider filter is sent, and
`post_filter` tests its rows (see `Compiled.explain`). A negation includes objects without a value.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashIntegrationError, StashLookupError
from stash_cli.core.query import filter_builder
from stash_cli.core.query.conditions import conditions_of, has_given
from stash_cli.core.query.count_plan import CountPlan, count_plan
from stash_cli.core.query.criteria.local import MOST_TEXTS, search_text
from stash_cli.core.query.extractors import Extractor, extractor_of
from stash_cli.core.query.fields import fields, nests
from stash_cli.core.query.local_zone import LOCAL
from stash_cli.core.query.model import Clause, Condition, FilterField, Lookup, Row
from stash_cli.core.query.older_servers import check_rows
from stash_cli.core.query.q import Op, Q, to_nnf
from stash_cli.core.query.simplify import simplified
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities

__all__ = ["Compiled", "FilterField", "Lookup", "Predicate", "compile", "fields", "matches"]

_SEARCH = frozenset({"q__in", "q__excludes"})
_Q = "Q"
"""`kind` of the placeholder field of a disjunction or negation; its name is the repr of the `Q`."""


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """A condition evaluated on rows, which hold the paths in `fields`."""

    condition: Condition
    extractor: Extractor

    @property
    def fields(self) -> tuple[str, ...]:
        return self.extractor.paths

    def __call__(self, row: Row) -> bool:
        test = self.condition.test
        try:
            return test is not None and test(self.extractor.read(row))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StashIntegrationError(
                f"The server's answer has a value of {self.condition.field.name} that cannot be compared."
            ) from error


@dataclass(frozen=True, slots=True)
class Predicate:
    """A predicate on server rows: all or any of its parts hold; `negated` inverts the result."""

    parts: tuple[Predicate | ConditionTest, ...]
    op: Op = "all"
    negated: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths that rows must hold to be tested."""
        return tuple(dict.fromkeys(path for part in self.parts for path in part.fields))

    def __call__(self, row: Row) -> bool:
        combine = all if self.op == "all" else any
        return combine(part(row) for part in self.parts) != self.negated


@dataclass(frozen=True)
class Compiled:
    """A server `filter`, and the residual predicate that its rows have to pass (None: all of them do)."""

    type: str
    filter: dict[str, Any]
    post_filter: Predicate | None = None
    notes: list[str] = field(default_factory=list)
    count_plan: CountPlan | None = None
    """Filters for counting the matches without reading all rows, where there are such filters."""
    q: str = ""
    """The server's search text, which is sent beside the filter."""

    def explain(self) -> str:
        """The filter as JSON, and a line for each part that is tested here or unreliable."""
        search = [f"q: {self.q}"] if self.q else []
        return "\n".join([*search, json.dumps(self.filter, indent=2, ensure_ascii=False), *self.notes])


def compile(  # noqa: A001 - the usual word for it
    type_name: str,
    query: Q | Mapping[str, Any],
    *,
    now: datetime | None = None,
    server: ServerCapabilities | None = None,
) -> Compiled:
    """Compile a `Q`, or lookups all of which must hold, for `server` (None: one of today).

    `now` anchors relative times such as `-2d`; its time zone is that of times without one. Raises
    StashLookupError for a field or lookup that does not exist, with near matches, or that neither a server
    filter nor rows can answer; StashInputError for a value that the field does not take; StashCapabilityError
    for what `server` answers wrongly, if it cannot be tested on its rows either.
    """
    now = _with_zone(now)
    terms = _terms_of(type_name, query, now, server)
    server_filter, residual = filter_builder.build_filter(terms.conditions, nests=nests(type_name))
    notes = [condition.note for condition in terms.conditions if condition.note]
    text = " ".join(terms.texts)
    if not residual:
        return Compiled(type_name, server_filter, None, notes, q=text)
    names = ", ".join(dict.fromkeys(condition.field.name for condition in residual))
    notes.append(f"Tested row by row here, as no server filter says it exactly: {names}.")
    predicate = terms.predicate(residual)
    if server is not None:
        check_rows(type_name, predicate.fields, server)
    plan = count_plan(terms.conditions, residual, nests=nests(type_name))
    return Compiled(type_name, server_filter, predicate, notes, plan, text)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of a query, all of which must hold.

    `composites` are the disjunctions and negations, by their repr; `texts` are the parts of the server's
    search text.
    """

    type_name: str
    now: datetime
    conditions: list[Condition]
    composites: dict[str, Q]
    texts: list[str]

    def add_lookups(self, lookups: Mapping[str, Any], server: ServerCapabilities | None) -> list[Condition]:
        """The conditions of lookups; their search text is added to `texts`, up to `MOST_TEXTS`."""
        found = conditions_of(self.type_name, lookups, self.now, server)
        if not lookups.keys() <= _SEARCH:
            return found
        sent, exact = search_text(lookups)
        is_full = len(self.texts) >= MOST_TEXTS
        self.texts.extend([sent] if sent and not is_full else [])
        return [replace(condition, exact=exact and not is_full) for condition in found]

    def predicate(self, residual: Sequence[Condition]) -> Predicate:
        """The predicate on rows for the conditions that the server's filter does not express."""
        return Predicate(
            tuple(
                _predicate(self.type_name, self.composites[one.field.name], self.now)
                if one.field.kind == _Q
                else _condition_test(self.type_name, one)
                for one in residual
            )
        )


def _terms_of(
    type_name: str, query: Q | Mapping[str, Any], now: datetime, server: ServerCapabilities | None
) -> _Terms:
    terms = _Terms(type_name, now, [], {}, [])
    # Conditions claim joins in the order of the query.
    claimed: filter_builder.ClaimedJoins = {}
    parts = _conjuncts(simplified(type_name, to_nnf(type_name, _as_q(query))))
    # Criteria in the API's own shape come first: they may not be testable on rows.
    for part in sorted(parts, key=lambda part: not has_given(part.lookups)):
        if part.lookups and not part.negated:
            found = terms.add_lookups(part.lookups, server)
        else:
            # Keyed by its repr, which is also the name of its placeholder field.
            terms.composites[repr(part)] = part
            found = [_composite_condition(type_name, part, now, server)]
        terms.conditions.extend(filter_builder.split_join_conflicts(type_name, found, claimed))
    return terms


def matches(type_name: str, query: Q | Mapping[str, Any], *, now: datetime | None = None) -> Predicate:
    """The same query as a predicate on rows alone; raises StashLookupError where rows cannot answer it."""
    return _predicate(type_name, _as_q(query), _with_zone(now))


def _as_q(query: Q | Mapping[str, Any]) -> Q:
    return query if isinstance(query, Q) else Q(**query)


def _with_zone(now: datetime | None) -> datetime:
    if now is None:
        return datetime.now(LOCAL)
    return now if now.tzinfo else now.replace(tzinfo=LOCAL)


def _predicate(type_name: str, q: Q, now: datetime) -> Predicate:
    parts: list[Predicate | ConditionTest] = [_predicate(type_name, part, now) for part in q.parts]
    if q.lookups:
        parts += [_condition_test(type_name, one) for one in conditions_of(type_name, q.lookups, now)]
    return Predicate(tuple(parts), q.op, q.negated)


def _condition_test(type_name: str, condition: Condition) -> ConditionTest:
    found = extractor_of(type_name, condition)
    if found is None:
        raise StashLookupError(
            f"{condition.field.owner}.{condition.field.name} cannot be asked this way:"
            " the server has no such filter, and its answers do not have the data.",
            hint="Use fewer lookups, or one query for each part.",
        )
    return ConditionTest(condition, found)


def _conjuncts(q: Q) -> list[Q]:
    """The parts that must all hold, with nested conjunctions flattened."""
    if q.op == "any" or q.negated or q.lookups:
        return [q]
    return [part for inner in q.parts for part in _conjuncts(inner)]


def _composite_condition(type_name: str, q: Q, now: datetime, server: ServerCapabilities | None) -> Condition:
    """A disjunction or negation as one condition, exact where its clauses express all of it."""
    # None means that rows have to be tested, [] that every object matches.
    clauses = _clauses(type_name, q, now, server)
    return Condition(FilterField(type_name, repr(q), _Q), clauses or [], exact=clauses is not None)


def _clauses(type_name: str, q: Q, now: datetime, server: ServerCapabilities | None) -> list[Clause] | None:
    """`q` in conjunctive normal form; None where no clauses are equivalent to it."""
    if q.negated or (q.op == "any" and not q.parts):
        return None
    if q.lookups:
        found = conditions_of(type_name, q.lookups, now, server)
        is_exact = all(condition.exact for condition in found)
        return [clause for condition in found for clause in condition.clauses] if is_exact else None
    each = [_clauses(type_name, part, now, server) for part in q.parts]
    inner = [clauses for clauses in each if clauses is not None]
    if len(inner) < len(q.parts):
        return None
    if q.op == "all":
        return [clause for clauses in inner for clause in clauses]
    # An alternative without clauses holds for every object, and so does the disjunction.
    return _distributed(type_name, inner) if all(inner) else []


def _distributed(type_name: str, alternatives: list[list[Clause]]) -> list[Clause] | None:
    """A disjunction of conjunctions as clauses; None where they would be too many or share a join."""
    found: list[Clause] = []
    for chosen in product(*alternatives):
        found.append([term for clause in chosen for term in clause])
        if len(found) > filter_builder.MAX_ALTERNATIVES:
            return None
    safe = all(
        filter_builder.is_column(fields(type_name).get(name)) for clause in found for name, _ in clause
    )
    return found if safe or len(found) == 1 == len(found[0]) else None


def row_of(obj: Any, paths: tuple[str, ...]) -> dict[str, Any]:
    """The values of an object at dotted `paths`, in the form of a server row."""
    row: dict[str, Any] = {}
    for head in dict.fromkeys(path.partition(".")[0] for path in paths):
        rest = tuple(
            tail for path in paths for name, _, tail in [path.partition(".")] if name == head and tail
        )
        declared = describe_api().types[type(obj).__name__].fields.get(head)
        row[head] = _json_value(getattr(obj, declared.attr if declared else head, None), rest)
    return row


def _json_value(value: Any, rest: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_json_value(item, rest) for item in value]
    if rest:
        return row_of(value, rest) if value else None
    value = getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else value
