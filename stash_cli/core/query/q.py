"""Q: lookups combined by AND, OR and NOT.

    Q(rating100__gte=80) | Q(tags=["Outdoor"]) & ~Q(organized=True)

The lookups of one `Q` must all hold; those of one field, of one relation or of files apply to the same value,
object or file. `~` is the exact complement: `~Q(rating100__gt=80)` includes objects without a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stash_cli.core.query.criteria.text import TEXT_LOOKUPS
from stash_cli.core.query.model import FilterField, is_given
from stash_cli.core.query.parse_lookup import canonical_lookups, parse_lookup
from stash_cli.core.query.server_quirks import FILE_FIELDS, MULTI_VALUED, is_listed
from stash_cli.core.query.value_parsers import materialized

if TYPE_CHECKING:
    Asked: TypeAlias = tuple[FilterField, str, Any, str]
    """Field, lookup ("" for related objects), value, and the key as given."""


Op = Literal["all", "any"]
SAVED = "saved"
"""The lookup whose value names a saved filter; it is replaced by the filter's criteria before compilation."""


class Q:
    """A conjunction of lookups and other `Q`s; combine them with `&`, `|` and `~`.

    `text` is the query that it was parsed from, in the form of `str(q)`.
    """

    __slots__ = ("lookups", "negated", "op", "parts", "text")

    def __init__(self, *parts: Q, **lookups: Any) -> None:
        self.op: Op = "all"
        self.parts = parts
        self.lookups: Mapping[str, Any] = {name: materialized(value) for name, value in lookups.items()}
        self.negated = False
        self.text = ""

    @staticmethod
    def parse(text: str, type_name: str) -> Q:
        """The `Q` of a query text, such as `rating:80.. tag:Outdoor`, for objects of `type_name`.

        Names of objects are resolved when the query is executed. Raises StashQueryError that shows each
        mistake.
        """
        from stash_cli.core.query.language.query import parse_query

        return parse_query(text, type_name).only_matches()

    def __and__(self, other: Q) -> Q:
        return Q(*self._members("all"), *other._members("all"))

    def __or__(self, other: Q) -> Q:
        result = Q(*self._members("any"), *other._members("any"))
        result.op = "any"
        return result

    def _members(self, op: Op) -> tuple[Q, ...]:
        """The parts of a `Q` that is only a list of them, so that a chain of operators stays flat."""
        return self.parts if self.op == op and self.parts and not (self.negated or self.lookups) else (self,)

    def __invert__(self) -> Q:
        result = Q(*self.parts, **self.lookups)
        result.op, result.negated = self.op, not self.negated
        result.text = _negated_text(self)
        return result

    def __str__(self) -> str:
        from stash_cli.core.query.language.write import written

        return self.text or written(self)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.lookups.items())
        members = [f"({part!r})" if part.is_either else repr(part) for part in self.parts]
        members += [f"Q({given})"] if given or not members else []
        text = (" & " if self.op == "all" else " | ").join(members)
        if not self.negated:
            return text
        return f"~({text})" if len(members) > 1 else f"~{text}"

    @property
    def is_either(self) -> bool:
        """Whether it is a disjunction of several parts."""
        return self.op == "any" and len(self.parts) > 1 and not self.negated

    def replaced(self, replace: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Q:
        """A copy with every mapping of lookups replaced: names become ids."""
        result = Q(*[part.replaced(replace) for part in self.parts], **replace(self.lookups))
        result.op, result.negated, result.text = self.op, self.negated, self.text
        return result

    @property
    def uses_saved(self) -> bool:
        """Whether it names saved filters of the server, which are loaded when the query is executed."""
        return any(SAVED in leaf for leaf in self.leaves())

    def leaves(self) -> Iterator[Mapping[str, Any]]:
        """The lookups of this `Q` and of all its parts."""
        yield self.lookups
        for part in self.parts:
            yield from part.leaves()


def _negated_text(q: Q) -> str:
    """The text of the negation; "" where `q` was not parsed."""
    if not q.text:
        return ""
    return q.text[5:-1] if q.negated and q.text.startswith("not (") else f"not ({q.text})"


_PAIRS = {"eq": "ne", "between": "not_between", "regex": "not_regex", "contains": "excludes"}
OPPOSITES = _PAIRS | {right: left for left, right in _PAIRS.items()}
"""Pairs of which every object meets exactly one."""
ID_OPPOSITES = {
    "eq": "excludes",
    "includes": "excludes",
    "in": "excludes",
    "excludes": "includes",
    "ne": "includes",
}
"""The same for relations; `eq` of several objects, which means all of them, has none."""
ENUM_OPPOSITES = {"eq": "excludes", "in": "excludes", "excludes": "in", "ne": "in"}
"""The same for enums."""
RANGE_OPPOSITES = {"gt": "lte", "lte": "gt", "lt": "gte", "gte": "lt"}
"""Pairs of which an object with one value meets exactly one, and an object without a value none."""
_ONE_BY_ONE = 8
"""Values up to which a negated list becomes one lookup per value."""


def to_nnf(type_name: str, q: Q, *, negated: bool = False) -> Q:
    """Negation normal form: negations moved down to lookups, and there replaced by an opposite lookup.

    So `~Q(rating100__gt=80)` is a server filter (at most 80, or null) instead of a scan of the whole library.
    A lookup without an opposite stays a negated leaf.
    """
    negated ^= q.negated
    parts = [to_nnf(type_name, part, negated=negated) for part in q.parts]
    parts += _leaves(type_name, q.lookups, negated=negated)
    # A conjunction of one part would only hide it from the functions that handle disjunctions.
    if len(parts) == 1:
        return parts[0]
    result = Q(*parts)
    result.op = ("any" if q.op == "all" else "all") if negated else q.op
    return result


def _leaves(type_name: str, lookups: Mapping[str, Any], *, negated: bool) -> Iterator[Q]:
    if lookups and not negated:
        yield Q(**lookups)
    elif lookups:
        for group in _grouped_by_value(type_name, lookups):
            yield _negated(group) or ~Q(**{written: lookups[written] for *_, written in group})


def _grouped_by_value(type_name: str, lookups: Mapping[str, Any]) -> list[list[Asked]]:
    """Lookups grouped by the value, related object or file that they share; a group is negated as a whole."""
    groups: dict[str, list[Asked]] = {}
    for written, given in lookups.items():
        [(key, value)] = canonical_lookups(type_name, {written: given})
        field, lookup, inner = parse_lookup(type_name, key)
        unit = "files" if field.key in FILE_FIELDS else field.name
        groups.setdefault(unit, []).append((field, "" if inner else lookup, value, written))
    return list(groups.values())


def _negated(group: list[Asked]) -> Q | None:
    """The negation of a group of lookups as a `Q`; None where no lookup expresses it."""
    depth = {f"{field.name}__depth": value for field, lookup, value, _ in group if lookup == "depth"}
    compared = [asked for asked in group if asked[1] != "depth"]
    # Lookups that share a value, an object or a file are not independent: no lookup expresses "not both in
    # one file".
    if len(compared) != 1:
        return None
    [(field, lookup, value, _)] = compared
    if lookup not in field.lookups or isinstance(value, Mapping) or is_given(value):
        return None
    if lookup == "null" or (lookup in ("eq", "ne") and value in (None, "")):
        return _negate_null(field, lookup, value)
    if "includes" in field.lookups:
        return _negate_relation(field, lookup, value, depth)
    of_kind = next((of for sign, of in _NEGATIONS.items() if sign in field.lookups), _negate_words)
    return of_kind(field, lookup, value)


def _single_lookup(field: FilterField, lookup: str, value: Any) -> Q | None:
    return Q(**{f"{field.name}__{lookup}": value}) if lookup in field.lookups else None


def _negate_null(field: FilterField, lookup: str, value: Any) -> Q | None:
    wanted = value if lookup == "null" else lookup == "eq"
    return _single_lookup(field, "null", not wanted) if isinstance(wanted, bool) else None


def _negate_relation(field: FilterField, lookup: str, value: Any, depth: Mapping[str, Any]) -> Q | None:
    several = isinstance(value, list | tuple | set | frozenset) and len(value) > 1
    if lookup not in ID_OPPOSITES or (lookup == "eq" and several):
        return None
    found = _single_lookup(field, ID_OPPOSITES[lookup], value)
    return found and Q(**found.lookups, **depth)


def _negate_text(field: FilterField, lookup: str, value: Any) -> Q | None:
    if lookup in ("in", "startswith", "endswith"):
        return _single_lookup(field, "not_regex", TEXT_LOOKUPS[lookup].pattern(value))
    return _single_lookup(field, OPPOSITES.get(lookup, ""), value)


def _negate_order(field: FilterField, lookup: str, value: Any) -> Q | None:
    if lookup in RANGE_OPPOSITES and not is_listed(MULTI_VALUED, field.key):
        # An object without a value meets no comparison, so the negation includes it.
        beyond = Q(**{f"{field.name}__{RANGE_OPPOSITES[lookup]}": value})
        return beyond | Q(**{f"{field.name}__null": True}) if "null" in field.lookups else beyond
    # Each value is one more level of the filter, and the levels of a filter are limited.
    if lookup == "in" and "ne" in field.lookups and len(value) <= _ONE_BY_ONE:
        return Q(*[Q(**{f"{field.name}__ne": one}) for one in value])
    return _single_lookup(field, OPPOSITES.get(lookup, ""), value)


def _negate_words(field: FilterField, lookup: str, value: Any) -> Q | None:
    few = "excludes" in field.lookups
    return _single_lookup(field, (ENUM_OPPOSITES if few else OPPOSITES).get(lookup, ""), value)


_NEGATIONS = {"startswith": _negate_text, "gt": _negate_order}
"""A lookup that only one kind of field has -> the negation for that kind."""
