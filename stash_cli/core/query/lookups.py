"""Lookups such as `rating100__gte=80` compiled to what the server is asked.

The name is a field, then perhaps fields of related objects, then perhaps a lookup:

    compile("Scene", {"rating100__gte": 80, "tags": [1, 2], "performers__country": "JP"})

What each lookup means is written in the tables of `kinds`, once for all fields of a kind. The server
is asked what it answers exactly; where it has no such question, it is asked for more and `remainder`
tests its rows (`explain` tells). A negation keeps objects without a value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.query.compose import compose
from stash_cli.core.query.facts import OLDER_NAME, UNRELIABLE
from stash_cli.core.query.fields import fields, filter_type, find_field, nested_field
from stash_cli.core.query.kinds import KINDS
from stash_cli.core.query.kinds.choices import yes_or_no
from stash_cli.core.query.model import Condition, FilterField, Lookup, Row
from stash_cli.core.query.modifiers import check_modifier
from stash_cli.core.query.rows import Reader, reader
from stash_cli.core.types.api import describe_api

__all__ = ["Compiled", "FilterField", "Lookup", "Remainder", "compile", "fields", "matches"]

LOOKUP_NAMES = {
    "exact": "eq",
    "iexact": "eq",
    "not": "ne",
    "icontains": "contains",
    "istartswith": "startswith",
    "iendswith": "endswith",
    "range": "between",
    "isnull": "null",
    "is_null": "null",
}
"""Other words for lookups."""


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


Given = dict[str, dict[str, Any]]
"""Field -> lookup -> value."""


def compile(  # noqa: A001 - what it does to a query
    type_name: str, lookups: Mapping[str, Any], *, now: datetime | None = None
) -> Compiled:
    """The server filter for `lookups`, all of which must hold.

    `now` anchors relative times such as `-2d`, and its zone is taken for the server's. Raises
    StashLookupError for a field or lookup that does not exist or cannot be asked, with near matches,
    and StashInputError for a value that the field does not take.
    """
    conditions = conditions_of(type_name, lookups, now or datetime.now().astimezone())
    nests = "AND" in describe_api().types[filter_type(type_name)].fields
    server_filter, left = compose(conditions, nests=nests)
    notes = [condition.note for condition in conditions if condition.note]
    if not left:
        return Compiled(type_name, server_filter, None, notes)
    names = ", ".join(condition.field.name for condition in left)
    notes.append(f"Tested row by row here, as no server filter says it exactly: {names}.")
    return Compiled(type_name, server_filter, Remainder([readable(type_name, one) for one in left]), notes)


def matches(type_name: str, lookups: Mapping[str, Any], *, now: datetime | None = None) -> Remainder:
    """The same question answered from rows alone, for what is held already.

    Raises StashLookupError where rows do not tell.
    """
    conditions = conditions_of(type_name, lookups, now or datetime.now().astimezone())
    return Remainder([readable(type_name, condition) for condition in conditions])


def readable(type_name: str, condition: Condition) -> tuple[Condition, Reader]:
    """A condition with what reads its values from rows; raises StashLookupError where rows do not tell."""
    found = reader(type_name, condition.field.name) if type_name in describe_api().types else None
    if found is None or condition.test is None:
        raise StashLookupError(
            f"{condition.field.owner}.{condition.field.name} cannot be asked this way:"
            " no filter of the server says it, and its answers do not tell.",
            hint="Ask for less, or for each part in a query of its own.",
        )
    return condition, found


def conditions_of(type_name: str, lookups: Mapping[str, Any], now: datetime) -> list[Condition]:
    """What each field has to meet, in the order asked."""
    given, nested, raw = _sorted(type_name, lookups)
    known = fields(type_name)
    found = [KINDS[known[name].kind].compile(known[name], asked, now) for name, asked in given.items()]
    found += [_nested(type_name, name, asked, now) for name, asked in nested.items()]
    return found + [Condition(known[name], [[(name, criterion)]]) for name, criterion in raw.items()]


def _sorted(type_name: str, lookups: Mapping[str, Any]) -> tuple[Given, Given, dict[str, Any]]:
    """Lookups by field: of the object itself, of related objects, and criteria given as they are."""
    given: Given = {}
    nested: Given = {}
    raw: dict[str, Any] = {}
    for key, value in _spread(type_name, lookups):
        field, lookup, rest = _resolve(type_name, key)
        if rest:
            nested.setdefault(field.name, {})[rest] = value
        elif not field.lookups or _is_criterion(value):
            raw[field.name] = value.to_graphql() if hasattr(value, "to_graphql") else value
            check_modifier(field, raw[field.name])
        else:
            _put(given.setdefault(field.name, {}), field, lookup, value)
    return given, nested, raw


def _spread(type_name: str, lookups: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """`custom_fields__height__gte=180` as `custom_fields__gte={"height": 180}`, the rest as it is."""
    pairs = []
    for key, value in lookups.items():
        head, *rest = key.split("__")
        field = find_field(type_name, head)
        if field and field.kind == "CustomFieldCriterionInput" and rest and not isinstance(value, Mapping):
            lookup = LOOKUP_NAMES.get(rest[-1], rest[-1])
            named = len(rest) > 1 and lookup in field.lookups
            name = "__".join(rest[:-1] if named else rest)
            pairs.append((f"{head}__{lookup if named else 'eq'}", {name: value}))
        else:
            pairs.append((key, value))
    return pairs


def _is_criterion(value: Any) -> bool:
    """Whether `value` is a criterion in the API's own shape rather than a value to compare with."""
    if isinstance(value, Mapping):
        return "modifier" in value
    return hasattr(value, "to_graphql") and not hasattr(value, "id")


def _put(asked: dict[str, Any], field: FilterField, lookup: str, value: Any) -> None:
    """Note one lookup; comparing with None asks for null."""
    if value is None and lookup in ("eq", "ne") and "null" in field.lookups:
        lookup, value = "null", lookup == "eq"
    if lookup == "null" and not isinstance(value, dict):
        value = yes_or_no(field, value)
    if isinstance(value, dict) and isinstance(asked.get(lookup), dict):
        value = asked[lookup] | value
    elif lookup in asked:
        raise StashLookupError(f"{field.owner}.{field.name} is asked for {lookup} twice.")
    asked[lookup] = value


def _resolve(type_name: str, key: str) -> tuple[FilterField, str, str]:
    """`performers__country__ne` -> the field, its lookup, and what is asked of related objects."""
    head, *rest = key.split("__")
    field = find_field(type_name, head)
    if field and field.lookups and len(rest) <= 1:
        lookup = LOOKUP_NAMES.get(rest[0], rest[0]) if rest else "eq"
        if lookup in field.lookups:
            return field, lookup, ""
    nested = nested_field(type_name, head)
    if nested and rest and nested.target:
        return nested, "", "__".join(rest)
    if field and not rest:
        return field, "", ""
    raise _unknown(type_name, key, field)


def _unknown(type_name: str, key: str, field: FilterField | None) -> StashLookupError:
    head, _, rest = key.partition("__")
    if field is None:
        near = did_you_mean(head, fields(type_name))
        return StashLookupError(f"{type_name} has no filter field {head!r}. {near}".rstrip())
    offered = ", ".join(field.lookups)
    near = did_you_mean(rest, field.lookups)
    return StashLookupError(
        f"{type_name}.{field.name} has no lookup {rest!r}. {near}".rstrip(), hint=f"It offers {offered}."
    )


def _nested(type_name: str, name: str, asked: Mapping[str, Any], now: datetime) -> Condition:
    """Lookups of related objects: one of them has to meet all."""
    field = fields(type_name)[name]
    inner = compile(field.target or "", asked, now=now)
    if inner.remainder:
        raise StashLookupError(f"{', '.join(asked)} cannot be asked of related objects ({name}).")
    note = UNRELIABLE.get(field.key, "")
    older = OLDER_NAME.get(field.key)
    if older and inner.filter.keys() <= fields(fields(type_name)[older].kind).keys():
        name, note = older, ""
    return Condition(field, [[(name, inner.filter)]], note=note)
