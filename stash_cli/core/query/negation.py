"""Negations moved down to the lookups, where another lookup says the same.

`~Q(rating100__gt=80)` is at most 80, or none: so a filter of the server says it, where a test of rows
would read the whole library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from stash_cli.core.query.facts import MANY, OF_FILES, holds
from stash_cli.core.query.kinds.text import TEXT_LOOKUPS
from stash_cli.core.query.logic import Q
from stash_cli.core.query.spelling import spell, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.query.model import FilterField

    Asked: TypeAlias = tuple[FilterField, str, Any, str]
    """Field, lookup (empty for related objects), value, and the key as it was written."""

_PAIRS = {"eq": "ne", "between": "not_between", "regex": "not_regex", "contains": "excludes"}
OF_VALUES = _PAIRS | {right: left for left, right in _PAIRS.items()}
"""Lookups of which an object meets exactly one."""
OF_IDS = {
    "eq": "excludes",
    "includes": "excludes",
    "in": "excludes",
    "excludes": "includes",
    "ne": "includes",
}
"""The same for related objects; `eq` of several, which is all of them, has none."""
OF_WORDS = {"eq": "excludes", "in": "excludes", "excludes": "in", "ne": "in"}
"""The same for one word of a few."""
BEYOND = {"gt": "lte", "lte": "gt", "lt": "gte", "gte": "lt"}
"""Lookups of which an object with one value meets exactly one, and one without a value none."""
_ONE_BY_ONE = 8
"""How many values are ruled out by a lookup each."""


def positive(type_name: str, q: Q, *, negated: bool = False) -> Q:
    """`q` with every negation moved down to its lookups; what has no opposite stays a negated leaf."""
    negated ^= q.negated
    parts = [positive(type_name, part, negated=negated) for part in q.parts]
    parts += _leaves(type_name, q.lookups, negated=negated)
    if len(parts) == 1:
        return parts[0]
    made = Q(*parts)
    made.op = ("any" if q.op == "all" else "all") if negated else q.op
    return made


def _leaves(type_name: str, lookups: Mapping[str, Any], *, negated: bool) -> Iterator[Q]:
    if lookups and not negated:
        yield Q(**lookups)
    elif lookups:
        for group in _of_one_value(type_name, lookups):
            yield _opposite(group) or ~Q(**{written: lookups[written] for *_, written in group})


def _of_one_value(type_name: str, lookups: Mapping[str, Any]) -> list[list[Asked]]:
    """Lookups by the one value, related object or file that they speak of: no negation parts them."""
    groups: dict[str, list[Asked]] = {}
    for written, given in lookups.items():
        [(key, value)] = spread(type_name, {written: given})
        field, lookup, inner = spell(type_name, key)
        unit = "files" if field.key in OF_FILES else field.name
        groups.setdefault(unit, []).append((field, "" if inner else lookup, value, written))
    return list(groups.values())


def _opposite(group: list[Asked]) -> Q | None:
    """What is left of a group, by lookups of their own; None where none say it."""
    beside = {f"{field.name}__depth": value for field, lookup, value, _ in group if lookup == "depth"}
    told = [asked for asked in group if asked[1] != "depth"]
    if len(told) != 1:
        return None
    [(field, lookup, value, _)] = told
    if lookup not in field.lookups or isinstance(value, Mapping):
        return None
    if lookup == "null" or (lookup in ("eq", "ne") and value in (None, "")):
        return _of_null(field, lookup, value)
    if "includes" in field.lookups:
        return _of_ids(field, lookup, value, beside)
    of_kind = next((of for sign, of in _OF_KINDS.items() if sign in field.lookups), _of_words)
    return of_kind(field, lookup, value)


def _one(field: FilterField, lookup: str, value: Any) -> Q | None:
    return Q(**{f"{field.name}__{lookup}": value}) if lookup in field.lookups else None


def _of_null(field: FilterField, lookup: str, value: Any) -> Q | None:
    wanted = value if lookup == "null" else lookup == "eq"
    return _one(field, "null", not wanted) if isinstance(wanted, bool) else None


def _of_ids(field: FilterField, lookup: str, value: Any, beside: Mapping[str, Any]) -> Q | None:
    several = isinstance(value, list | tuple | set | frozenset) and len(value) > 1
    if lookup not in OF_IDS or (lookup == "eq" and several):
        return None
    found = _one(field, OF_IDS[lookup], value)
    return found and Q(**found.lookups, **beside)


def _of_text(field: FilterField, lookup: str, value: Any) -> Q | None:
    if lookup in ("in", "startswith", "endswith"):
        return _one(field, "not_regex", TEXT_LOOKUPS[lookup].pattern(value))
    return _one(field, OF_VALUES.get(lookup, ""), value)


def _of_order(field: FilterField, lookup: str, value: Any) -> Q | None:
    if lookup in BEYOND and not holds(MANY, field.key):
        beyond = Q(**{f"{field.name}__{BEYOND[lookup]}": value})
        return beyond | Q(**{f"{field.name}__null": True}) if "null" in field.lookups else beyond
    if lookup == "in" and "ne" in field.lookups and len(value) <= _ONE_BY_ONE:
        return Q(*[Q(**{f"{field.name}__ne": one}) for one in value])
    return _one(field, OF_VALUES.get(lookup, ""), value)


def _of_words(field: FilterField, lookup: str, value: Any) -> Q | None:
    few = "excludes" in field.lookups
    return _one(field, (OF_WORDS if few else OF_VALUES).get(lookup, ""), value)


_OF_KINDS = {"startswith": _of_text, "gt": _of_order}
"""Kinds by a lookup that only they have."""
