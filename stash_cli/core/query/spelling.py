"""What the name of a lookup means: `performers__country__ne` is a relation, a field and a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashLookupError, did_you_mean
from stash_cli.core.query.fields import fields, find_field, nested_field

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
"""Other words for lookups."""

HINTS = {
    "iregex": 'Write regex="(?i)...": expressions say themselves whether case counts.',
    "year": 'A date may be a whole period: {field}="2024", {field}__gte="2024".',
    "month": 'A date may be a whole period: {field}="2024-03".',
    "day": 'A date may be a whole period: {field}="2024-03-15".',
    "date": 'A time may be a whole day: {field}="2024-03-15".',
    "count": "There are fields that count: {counts}.",
    "all": "Write {field}__includes_all=[...].",
    "any": "Write {field}__includes=[...].",
    "isempty": "Write {field}__null=True.",
}
"""What to write for lookups that other libraries have."""

PARTS = {
    "rating": "rating100",
    "height": "height_cm",
    "studio": "studios",
    "movie": "groups",
    "group": "groups",
    "stash_id": "stash_id_endpoint",
    "phash": "phash_distance",
}
"""Words of `is_missing` for fields that are called otherwise."""


class Spelt(NamedTuple):
    """A field, its lookup (eq where none is written), and what is asked of related objects instead."""

    field: FilterField
    lookup: str
    inner: str = ""


def spell(type_name: str, key: str) -> Spelt:
    """What `key` names; raises StashLookupError with near matches."""
    head, *rest = key.split("__")
    field = find_field(type_name, head)
    if field and field.lookups and len(rest) <= 1:
        lookup = LOOKUP_NAMES.get(rest[0], rest[0]) if rest else "eq"
        if lookup in field.lookups:
            return Spelt(field, lookup)
    nested = nested_field(type_name, head)
    if nested and nested.target and rest and _is_known(nested.target, rest[0]):
        return Spelt(nested, "", "__".join(rest))
    if field and not rest:
        return Spelt(field, "")
    raise _unknown(type_name, key, field)


def _is_known(type_name: str, name: str) -> bool:
    """Whether `name` may be meant as a field of a related type; its own error knows better if it is none."""
    return name not in HINTS or find_field(type_name, name) is not None


def _unknown(type_name: str, key: str, field: FilterField | None) -> StashLookupError:
    head, _, rest = key.partition("__")
    if field is None:
        near = did_you_mean(head, fields(type_name))
        return StashLookupError(f"{type_name} has no filter field {head!r}. {near}".rstrip())
    near = did_you_mean(rest, field.lookups)
    offered = f"It offers {', '.join(field.lookups)}."
    return StashLookupError(
        f"{type_name}.{field.name} has no lookup {rest!r}. {near}".rstrip(),
        hint=_hint(rest, field) or offered,
    )


def _hint(rest: str, field: FilterField) -> str:
    word = rest.partition("__")[0]
    counts = [name for name in fields(field.owner) if name.endswith("_count")]
    return HINTS.get(word, "").format(field=field.name, counts=", ".join(counts))


def spread(type_name: str, lookups: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """`lookups` by the names that fields have themselves.

    `custom_fields__height__gte=180` is `custom_fields__gte={"height": 180}`, and `is_missing="title"` is
    `title__null=True` where there is such a lookup.
    """
    return [
        _missing(type_name, key, value) or _custom(type_name, key, value) or (key, value)
        for key, value in lookups.items()
    ]


def _missing(type_name: str, key: str, part: Any) -> tuple[str, Any] | None:
    if key not in ("is_missing", "is_missing__eq") or not isinstance(part, str):
        return None
    field = fields(type_name).get(PARTS.get(part, part))
    return (f"{field.name}__null", True) if field and "null" in field.lookups else None


def _custom(type_name: str, key: str, value: Any) -> tuple[str, Any] | None:
    head, *rest = key.split("__")
    field = find_field(type_name, head)
    if not field or field.kind != "CustomFieldCriterionInput" or not rest or isinstance(value, Mapping):
        return None
    lookup = LOOKUP_NAMES.get(rest[-1], rest[-1])
    named = len(rest) > 1 and lookup in field.lookups
    name = "__".join(rest[:-1] if named else rest)
    return f"{head}__{lookup if named else 'eq'}", {name: value}
