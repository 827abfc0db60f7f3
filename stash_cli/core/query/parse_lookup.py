"""Parsing of lookup names: `performers__country__ne` is a relation, a field and a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.query.fields import fields, find_field, local_field, nested_field
from stash_cli.core.query.value_parsers import materialized
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from stash_cli.core.query.model import FilterField

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
"""Names of lookups in other libraries -> names here."""

HINTS = {
    "iregex": 'Write {field}__regex="(?i)...": expressions say themselves whether case counts.',
    "like": "Write {field}__contains, {field}__startswith or {field}__regex.",
    "search": "Write {field}__contains; q= is the server's own search.",
    "year": 'A date may be a whole period: {field}="2024", {field}__gte="2024".',
    "month": 'A date may be a whole period: {field}="2024-03".',
    "day": 'A date may be a whole period: {field}="2024-03-15".',
    "date": 'A time may be a whole day: {field}="2024-03-15".',
    "exists": "Write {field}__null=False.",
    "count": "There are fields that count: {counts}.",
    "len": "There are fields that count: {counts}.",
}
"""Hints for lookups of other libraries that have no direct equivalent."""

RELATION_HINTS = {
    "all": "Write {field}__includes_all=[...].",
    "any": "Write {field}__includes=[...].",
    "contains": "Write {field}__includes=[...].",
    "name": 'Write {field}="...": the store looks names up.',
}
"""The same for relations."""

IS_MISSING_FIELDS = {
    "rating": "rating100",
    "height": "height_cm",
    "studio": "studios",
    "movie": "groups",
    "group": "groups",
    "stash_id": "stash_id_endpoint",
    "phash": "phash_distance",
}
"""Values of `is_missing` whose field has another name."""


RELATED_NAMES = {"name": "title", "title": "name", "pk": "id", "width": "resolution", "height": "resolution"}
RELATED_NAMES |= {"primary_tag": "tags"}
"""Suggestions for unknown fields without a similar name."""


_ID_LOOKUPS = (["id"], ["id", "eq"], ["id", "exact"], ["id", "in"])
"""Lookups on the id of a related object; they are equivalent to lookups of the relation."""


class ParsedLookup(NamedTuple):
    """A field, its lookup (default eq), and for a nested filter the lookup on the related objects."""

    field: FilterField
    lookup: str
    inner: str = ""


def parse_lookup(type_name: str, key: str) -> ParsedLookup:
    """Parse a lookup name; raises StashLookupError with near matches."""
    head, *rest = key.split("__")
    field = local_field(type_name, head) or find_field(type_name, head)
    nested = nested_field(type_name, head)
    # `tags__id=5` means `tags=5` where the related filter has no field for ids.
    if field and field.target and rest in _ID_LOOKUPS and find_field(field.target, "id") is None:
        rest = rest[1:]
    if field and field.lookups and len(rest) <= 1:
        lookup = LOOKUP_NAMES.get(rest[0], rest[0]) if rest else "eq"
        if lookup in field.lookups:
            return ParsedLookup(field, lookup)
    if nested and rest and not (field and _is_lookup_of(field, nested, rest[0])):
        return ParsedLookup(nested, "", "__".join(rest))
    if field and not rest:
        return ParsedLookup(field, "")
    raise _unknown_lookup(type_name, head, "__".join(rest), field or nested)


def _is_lookup_of(field: FilterField, nested: FilterField, word: str) -> bool:
    """Whether `word`, which is not a lookup, more likely is a misspelt lookup than a field."""
    related = nested.target or ""
    if find_field(related, word) or nested_field(related, word):
        return False
    return bool(_hint(word, field) or did_you_mean(word, field.lookups))


def _unknown_lookup(type_name: str, head: str, rest: str, field: FilterField | None) -> StashLookupError:
    if field is None:
        return _unknown_field(type_name, head)
    name = field.name.removesuffix("_filter")
    if not field.lookups:
        hint = f"Add a lookup of the related objects: {name}__..."
        return StashLookupError(f"{type_name} has no lookup for {name} alone.", hint=hint)
    hint = _hint(rest.partition("__")[0], field)
    near = "" if hint else did_you_mean(rest, field.lookups)
    message = f"{type_name}.{name} has no lookup {rest!r}. {near}".rstrip()
    return StashLookupError(message, hint=hint or f"It has {', '.join(field.lookups)}.")


def _unknown_field(type_name: str, name: str) -> StashLookupError:
    known = [field.removesuffix("_filter") for field in fields(type_name)]
    near = did_you_mean(name, known)
    if not near and RELATED_NAMES.get(name) in known:
        near = f"Did you mean {RELATED_NAMES[name]}?"
    declared = describe_api().types.get(type_name)
    is_readable = declared is not None and name in declared.fields
    hint = "The server has no filter for it: test the loaded objects." if is_readable and not near else None
    return StashLookupError(f"{type_name} has no filter field {name!r}. {near}".rstrip(), hint=hint)


def _hint(word: str, field: FilterField) -> str:
    known = HINTS | RELATION_HINTS if field.target else HINTS
    counts = [name for name in fields(field.owner) if name.endswith("_count")]
    return known.get(word, "").format(field=field.name, counts=", ".join(counts))


def canonical_lookups(type_name: str, lookups: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """`lookups` under their canonical names.

    `custom_fields__height__gte=180` becomes `custom_fields__gte={"height": 180}`; `is_missing="title"`
    becomes `title__null=True` where there is such a lookup.
    """
    return [
        _canonical_missing(type_name, key, value)
        or _canonical_custom(type_name, key, value)
        or (key, materialized(value))
        for key, value in lookups.items()
    ]


def _canonical_missing(type_name: str, key: str, value: Any) -> tuple[str, Any] | None:
    """`is_missing` as `null` of the field, or `null` as `is_missing` where no field has it; else None."""
    head, _, rest = key.partition("__")
    lookup = LOOKUP_NAMES.get(rest, rest) or "eq"
    known = fields(type_name)
    if head == "is_missing" and lookup in ("eq", "ne") and isinstance(value, str):
        field = known.get(IS_MISSING_FIELDS.get(value, value))
        return (f"{field.name}__null", lookup == "eq") if field and "null" in field.lookups else None
    parts = known["is_missing"].choices if "is_missing" in known else ()
    if lookup == "null" and head in parts and find_field(type_name, head) is None and isinstance(value, bool):
        return f"is_missing__{'eq' if value else 'ne'}", head
    return None


def _canonical_custom(type_name: str, key: str, value: Any) -> tuple[str, Any] | None:
    head, *rest = key.split("__")
    field = find_field(type_name, head)
    if not field or field.kind != "CustomFieldCriterionInput" or not rest or isinstance(value, Mapping):
        return None
    lookup = LOOKUP_NAMES.get(rest[-1], rest[-1])
    named = len(rest) > 1 and lookup in field.lookups
    name = "__".join(rest[:-1] if named else rest)
    return f"{head}__{lookup if named else 'eq'}", {name: value}
