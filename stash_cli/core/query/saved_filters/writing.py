"""Conversion of queries to saved filters: the criteria that the web interface shows for a query.

A saved filter is a conjunction with one criterion per name; it has no "or", no groups and no conditions on
related objects. A query that does not fit is refused, and never saved in part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.query.conditions import conditions_of
from stash_cli.core.query.criteria.local import search_text
from stash_cli.core.query.local_zone import LOCAL
from stash_cli.core.query.q import Q, to_nnf
from stash_cli.core.query.saved_filters.formats import FORMATS
from stash_cli.core.query.saved_filters.saved_values import UntranslatableError
from stash_cli.core.query.saved_filters.web_criteria import web_criteria
from stash_cli.core.query.server_quirks import FILE_FIELDS
from stash_cli.core.query.simplify import simplified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stash_cli.core.query.model import Condition

_SEARCH = frozenset({"q__in", "q__excludes"})
_HINT = "Save it under a name of this program instead: stash alias set NAME 'scenes find ...'."


@dataclass
class Criteria:
    """The criteria of a query, in the saved form; `notes` say where their meaning differs slightly."""

    object_filter: dict[str, Any] = field(default_factory=dict)
    q: str = ""
    """The text of the search box."""
    notes: list[str] = field(default_factory=list)


def write_criteria(
    type_name: str, query: Q | None, labels: Mapping[str, Mapping[str, str]], *, now: datetime | None = None
) -> Criteria:
    """The saved form of a query whose names are resolved to ids; `labels` are type -> id -> name.

    Relative times become the times of `now`. Raises StashInputError for what the web interface cannot show.
    """
    found = Criteria(q=" ".join(_search_texts(type_name, query)))
    for condition in _conditions(type_name, query, now or datetime.now(LOCAL)):
        _add(found, type_name, condition, labels)
    return found


def ids_in(type_name: str, query: Q | None, now: datetime | None = None) -> dict[str, set[str]]:
    """Type -> ids of the objects that a query names, for their labels."""
    found: dict[str, set[str]] = {}
    for condition in _conditions(type_name, query, now or datetime.now(LOCAL)):
        declared = condition.field
        if not declared.kind.endswith("MultiCriterionInput") or not declared.target:
            continue
        for clause in condition.clauses:
            for _, criterion in clause:
                ids = [*(criterion.get("value") or ()), *(criterion.get("excludes") or ())]
                found.setdefault(declared.target, set()).update(map(str, ids))
    return found


def _conditions(type_name: str, query: Q | None, now: datetime) -> Iterator[Condition]:
    if query is None:
        return
    for part in _parts(type_name, query):
        if _is_search(part):
            continue
        if part.negated or not part.lookups:
            raise _refusal(f"{part}: it has no or, and cannot negate this")
        # No criterion is needed for lookups on files to apply to one file: the server compares file by file.
        yield from (
            one for one in conditions_of(type_name, part.lookups, now) if one.clauses or not _is_of_files(one)
        )


def _search_texts(type_name: str, query: Q | None) -> Iterator[str]:
    """The text of the search box."""
    for part in _parts(type_name, query) if query else ():
        if not _is_search(part):
            continue
        text, exact = search_text(part.lookups)
        if not text or ("q__in" in part.lookups and not exact):
            raise _refusal(f"{part}: its search box cannot find this text as it is")
        yield text


def _is_search(part: Q) -> bool:
    return bool(part.lookups) and part.lookups.keys() <= _SEARCH and not part.negated


def _parts(type_name: str, query: Q) -> Iterator[Q]:
    return _conjuncts(simplified(type_name, to_nnf(type_name, query)))


def _conjuncts(q: Q) -> Iterator[Q]:
    if q.negated or (q.op == "any" and len(q.parts) > 1):
        yield q
        return
    if q.lookups:
        yield Q(**q.lookups)
    for part in q.parts:
        yield from _conjuncts(part)


def _is_of_files(condition: Condition) -> bool:
    return condition.field.key in FILE_FIELDS


def _add(
    found: Criteria, type_name: str, condition: Condition, labels: Mapping[str, Mapping[str, str]]
) -> None:
    name = condition.field.name
    modifiers = web_criteria(type_name).get(name)
    if condition.field.name.endswith("_filter") and not condition.field.lookups:
        raise _refusal(f"{name.removesuffix('_filter')}: it has no conditions on related objects")
    if modifiers is None:
        raise _refusal(f"{name}: it has no such criterion")
    criterion, note = _criterion(condition)
    modifier = criterion.get("modifier", "EQUALS") if isinstance(criterion, dict) else "EQUALS"
    try:
        saved = FORMATS[condition.field.kind].write(
            condition.field, criterion, labels.get(condition.field.target or "", {})
        )
    except UntranslatableError as error:
        raise _refusal(f"{name}: {error.message}") from error
    shown = saved.get("modifier", "EQUALS") if isinstance(saved, dict) else "EQUALS"
    if name != "custom_fields" and shown not in modifiers:
        raise _refusal(f"{name}: it cannot compare with {modifier}")
    if name in found.object_filter and found.object_filter[name] != saved:
        raise _refusal(f"{name}: it has one condition on a field, and these are two")
    found.object_filter[name] = saved
    if note:
        found.notes.append(note)


def _criterion(condition: Condition) -> tuple[Any, str]:
    """The single criterion that expresses a condition, and a note where it is only close to it."""
    name = condition.field.name
    note = ""
    if condition.field.kind == "TimestampCriterionInput" and condition.without_rows is not None:
        condition = condition.without_rows
        note = f"{name}: the web interface compares whole minutes, in the time zone of the server"
    elif not condition.exact or len(condition.clauses) != 1:
        raise _refusal(f"{name}: no single criterion says this")
    if len(condition.clauses) != 1 or len(condition.clauses[0]) != 1:
        raise _refusal(f"{name}: it would need an or, such as for objects without a value")
    [[(sent, criterion)]] = condition.clauses
    if sent != name:
        raise _refusal(f"{name}: no single criterion says this")
    return criterion, note


def _refusal(what: str) -> StashInputError:
    return StashInputError(f"The web interface cannot show this query: {what}.", hint=_HINT)
