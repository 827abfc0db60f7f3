"""Conditions: the lookups of a call, grouped by field and checked against each other.

`criteria` compiles the lookups of one field. This module handles what concerns several fields: related
objects (one object must meet all lookups), fields of files (one file must meet all), fields of which rows
contain the first file only, and fields that share a join in the server's SQL (server_quirks.JOINS).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashLookupError
from stash_cli.core.query import server_quirks as quirks
from stash_cli.core.query.criteria import CRITERIA
from stash_cli.core.query.criteria.choices import yes_or_no
from stash_cli.core.query.extractors import FILES, RELATED, Extractor, extractor_of, follow
from stash_cli.core.query.fields import fields, nests
from stash_cli.core.query.filter_builder import build_filter, split_join_conflicts
from stash_cli.core.query.model import Clause, Condition, FilterField, Row, Test, is_given, with_modifier
from stash_cli.core.query.older_servers import for_server, require_nested
from stash_cli.core.query.parse_lookup import canonical_lookups, parse_lookup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stash_cli.core.capabilities import ServerCapabilities

Given = dict[str, dict[str, Any]]
"""Field -> lookup -> value."""


def conditions_of(
    type_name: str, lookups: Mapping[str, Any], now: datetime, server: ServerCapabilities | None = None
) -> list[Condition]:
    """One condition per field, in the given order; adapted to `server` unless it is None."""
    given, nested, raw = _grouped(type_name, lookups)
    known = fields(type_name)
    found = [_field_condition(_own_field(type_name, name), asked, now) for name, asked in given.items()]
    found += [_related_condition(known[name], asked, now, server) for name, asked in nested.items()]
    found += [Condition(known[name], [[(name, criterion)]], given=True) for name, criterion in raw.items()]
    fitted = [for_server(one, server) for one in found]
    return [*fitted, *_same_file_condition(type_name, found)]


def _own_field(type_name: str, name: str) -> FilterField:
    return fields(type_name).get(name) or parse_lookup(type_name, name).field


def _grouped(type_name: str, lookups: Mapping[str, Any]) -> tuple[Given, Given, dict[str, Any]]:
    """Lookups by field: of the object itself, of related objects, and criteria in the API's own shape."""
    given: Given = {}
    nested: Given = {}
    raw: dict[str, Any] = {}
    for key, value in canonical_lookups(type_name, lookups):
        field, lookup, inner = parse_lookup(type_name, key)
        if inner:
            nested.setdefault(field.name, {})[inner] = value
        elif not field.lookups or _is_raw_criterion(field, value):
            raw[field.name] = value.to_graphql() if hasattr(value, "to_graphql") else value
            quirks.check_modifier(field, raw[field.name])
        else:
            _add_lookup(given.setdefault(field.name, {}), field, lookup, value)
    return given, nested, raw


def _is_raw_criterion(field: FilterField, value: Any) -> bool:
    """Whether `value` is a criterion rather than a value to compare with."""
    return is_given(value) and (not isinstance(value, list) or field.kind == "CustomFieldCriterionInput")


def has_given(lookups: Mapping[str, Any]) -> bool:
    """Whether some of the values are criteria in the API's own shape."""
    return any(map(is_given, lookups.values()))


def _add_lookup(asked: dict[str, Any], field: FilterField, lookup: str, value: Any) -> None:
    """Add a lookup of a field; a comparison with None is a test for null."""
    # The server cannot compare with null; it has the modifiers IS_NULL and NOT_NULL instead.
    if value is None and lookup in ("eq", "ne") and "null" in field.lookups:
        lookup, value = "null", lookup == "eq"
    if lookup == "null" and not isinstance(value, dict):
        value = yes_or_no(field, value)
    if isinstance(value, dict) and isinstance(asked.get(lookup), dict):
        value = asked[lookup] | value
    elif asked.get(lookup, value) != value:
        field.refuse({lookup: [asked[lookup], value]}, f"{lookup} once")
    asked[lookup] = value


def _field_condition(field: FilterField, asked: Mapping[str, Any], now: datetime) -> Condition:
    """The condition of one field; where the server's filter would miss matches, a wider one is sent."""
    found = CRITERIA[field.kind].compile(field, asked, now)
    first = field.key in quirks.FIRST_FILE_FIELDS
    if found.test is None or not (first or quirks.is_listed(quirks.ASKED_POSITIVELY, field.key)):
        return found
    if found.is_positive:
        # The term that replaces NOT_NULL may match more objects.
        wider = field.key in quirks.NULL_TERMS and asked.keys() == {"null"}
        return replace(found, exact=found.exact and not first and not wider)
    return replace(found, clauses=[], exact=not found.clauses)


def _related_condition(
    field: FilterField, asked: Mapping[str, Any], now: datetime, server: ServerCapabilities | None
) -> Condition:
    """The condition that one related object meets all of the nested lookups."""
    target = field.target or ""
    inner = conditions_of(target, asked, now)
    absent = all(map(_holds_if_absent, inner))
    if _is_file_part(field) and absent and quirks.HAS_SIDES[0] not in {one.field.name for one in inner}:
        inner.append(Condition(fields(target)[quirks.HAS_SIDES[0]], [[quirks.HAS_SIDES]]))
    predicate = _related_predicate(field, inner)
    if predicate is None:
        inner = [one.without_rows or one for one in inner]
    nested = [
        _as_nested(field, one, has_rows=predicate is not None)
        for one in split_join_conflicts(target, inner, {})
    ]
    nested_filter, residual = build_filter(nested, nests=nests(target) and field.name not in quirks.INLINED)
    # What the filter does not express is tested on rows, which need the related objects' values for that.
    if residual and predicate is None:
        raise StashLookupError(f"{', '.join(asked)} cannot be asked of related objects ({field.name}).")
    name = _supported_name(field, nested_filter)
    note = quirks.UNRELIABLE_FILTERS.get(field.key, "") if name == field.name else ""
    if predicate is None:
        require_nested(field, [note, *filter(None, map(_nested_note, inner))], server)
    found = predicate or Condition(field, [])
    exact = bool(nested_filter) and not residual and not (note and predicate)
    clauses: list[Clause] = [[(name, nested_filter)]] if nested_filter else []
    if field.name in quirks.INLINED and absent:
        clauses += _has_files(field)
        exact = exact and len(clauses) > 1
    notes = " ".join(filter(None, [_nested_note(one) or one.note for one in inner]))
    return replace(found, note=notes, clauses=clauses, exact=exact)


def _holds_if_absent(condition: Condition) -> bool:
    """Whether the condition also holds without an object, as a negation or a count of 0 does."""
    return not condition.is_positive or condition.field.name.endswith("_count")


def _has_files(field: FilterField) -> list[Clause]:
    """The clause that an object has files; [] where its type has no such field."""
    known = "file_count" in fields(field.owner) and field.name == "files_filter"
    return [[("file_count", with_modifier("GREATER_THAN", 0))]] if known else []


def _nested_note(condition: Condition) -> str:
    """The note of a condition that the server answers wrongly in nested filters, or ""."""
    note = quirks.WRONG_INSIDE.get(condition.field.key)
    return f"{condition.field.name}: {note}" if note else ""


def _as_nested(field: FilterField, condition: Condition, *, has_rows: bool) -> Condition:
    """A condition for use inside a nested filter, where the server compares some fields wrongly.

    There it compares numbers in custom fields as texts. Such clauses are dropped and tested on rows.
    """
    numbers = condition.field.kind == "CustomFieldCriterionInput" and any(
        not isinstance(value, str)
        for clause in condition.clauses
        for _, entries in clause
        for entry in entries
        for value in entry["value"]
    )
    inlined = (
        field.name in quirks.INLINED and not condition.field.lookups and not _is_file_part(condition.field)
    )
    wrong = has_rows and condition.field.key in quirks.WRONG_INSIDE
    return replace(condition, clauses=[], exact=False) if numbers or inlined or wrong else condition


def _is_file_part(field: FilterField) -> bool:
    """Whether a nested filter applies to the file itself, not to a related object: `video_file_filter`."""
    return field.kind.endswith("FileFilterInput")


def _supported_name(field: FilterField, nested_filter: Mapping[str, Any]) -> str:
    """The name of a nested filter: the older one, which all servers support, if that has all the fields."""
    older = quirks.OLDER_NAME.get(field.key)
    known = fields(fields(field.owner)[older].kind) if older else {}
    return older if older and nested_filter.keys() <= known.keys() else field.name


def _related_predicate(field: FilterField, inner: list[Condition]) -> Condition | None:
    """The condition that one related object meets all of `inner`; None where rows lack the values."""
    where = RELATED.get(field.key)
    extractors = [extractor_of(field.target or "", condition) for condition in inner]
    if where is None or None in extractors:
        return None
    test, paths = _any_row_meets(field.target or "", inner)
    at_end = where.split(".")
    found = Extractor(tuple(f"{where}.{path}" for path in paths), lambda row: follow(row, at_end))
    return Condition(field, [], test, extractor=found)


def _any_row_meets(type_name: str, conditions: list[Condition]) -> tuple[Test, tuple[str, ...]]:
    """The predicate that one of several rows meets all conditions, and the paths that it reads."""
    tests = [(one.test, found) for one in conditions if one.test and (found := extractor_of(type_name, one))]

    def test(rows: list[Row]) -> bool:
        return any(all(meets(found.read(row)) for meets, found in tests) for row in rows)

    return test, tuple(path for _, found in tests for path in found.paths)


def _same_file_condition(type_name: str, conditions: list[Condition]) -> list[Condition]:
    """The condition that one file meets all positive conditions on files."""
    # A negated condition has to hold for every file anyway.
    asked = [one for one in conditions if one.field.key in quirks.FILE_FIELDS and one.is_positive]
    if len(asked) <= 1:
        return []
    files = FILES[type_name]
    test, paths = _any_row_meets(type_name, asked)
    per_file = Extractor(paths, lambda row: [{files: [file]} for file in row.get(files) or ()])
    return [Condition(asked[0].field, [], test, exact=False, extractor=per_file)]
