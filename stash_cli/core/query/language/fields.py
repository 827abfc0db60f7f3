"""Names of the query language: fields by their own and short names, related objects, custom fields.

The names are those of the filter fields and of the objects' own fields (`core.query.fields`). A short name is
a field's name without an ending such as `_at` or `100`: `created`, `rating`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.errors import did_you_mean
from stash_cli.core.query.fields import (
    fields,
    filter_type,
    find_field,
    local_field,
    nested_field,
    owner_of,
)
from stash_cli.core.query.language.tree import LISTING
from stash_cli.core.query.parse_lookup import LOOKUP_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.query.model import FilterField

_ENDINGS = ("100", "_at", "_counter", "_cm")
_STARTS = ("is_",)
OTHER_NAMES = {
    "duplicate": "duplicated",
    "phash": "phash_distance",
    "plays": "play_count",
    "fps": "framerate",
    "child": "children",
    "missing": "is_missing",
}
"""Short names that are not formed by leaving out an ending."""
SCALED = {"stars": 20, "decimal": 10}
"""Scale of ratings that people use -> points of rating100 for each of its units."""
PATHS = frozenset({"path", "dir"})
WORD_FIELDS = ("is", "no", "has", "missing", "saved", *LISTING)
"""Names that are not fields but are written before a colon like fields."""
_WHOLE_KINDS = frozenset({"StringCriterionInput", "CustomFieldCriterionInput", "FingerprintFilterInput"})
"""Kinds of fields whose values may contain commas, which do not separate a list there."""
CUSTOM = "custom"
CUSTOM_NAMES = frozenset({CUSTOM, "custom_field", "custom_fields"})


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved path: the field, and the prefix of its lookups for the related objects in the path.

    `field` is None for related objects without a filter field; `related` is their type, where a group can
    apply to one of them, and `related_prefix` the prefix of its lookups. `custom` is the name of a custom
    field, `lookup` the lookup of `field__lookup`, `scale` the points of rating100 for each unit of a rating.
    """

    prefix: str
    field: FilterField | None
    related: str | None = None
    related_prefix: str = ""
    custom: str = ""
    lookup: str = ""
    scale: int = 1


def split_path(path: str) -> list[str]:
    """`custom."Shoot place"` as its parts, without quotes."""
    found = []
    for part in re.findall(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^."\']+', path):
        if part[0] == '"':
            found.append(re.sub(r'\\(["\\])', r"\1", part[1:-1]))
        else:
            found.append(part[1:-1] if part[0] == "'" else part)
    return found


def target(type_name: str, path: str) -> Target | None:
    """Resolve `path` for objects of `type_name`; None for an unknown name."""
    parts = split_path(path)
    owner, prefix = type_name, ""
    for number, part in enumerate(parts[:-1]):
        if part.lower() in CUSTOM_NAMES:
            return _custom(owner, prefix, ".".join(parts[number + 1 :]))
        nested = nested_field(owner, part.lower())
        if nested is None or nested.target is None:
            return None
        owner, prefix = nested.target, f"{prefix}{nested.name.removesuffix('_filter')}__"
    return _last(owner, prefix, parts[-1].lower()) if parts else None


def _last(owner: str, prefix: str, name: str) -> Target | None:
    if name in SCALED:
        rating = fields(owner).get("rating100")
        return Target(prefix, rating, scale=SCALED[name]) if rating else None
    field = field_called(owner, name)
    nested = nested_field(owner, name)
    if field is not None and not field.lookups:
        field = None
    if field is None and nested is None:
        return _with_lookup(owner, prefix, name)
    related = nested.target if nested else None
    inner = f"{prefix}{nested.name.removesuffix('_filter')}__" if nested else ""
    return Target(prefix, field, related, inner)


def _with_lookup(owner: str, prefix: str, name: str) -> Target | None:
    """Resolve a lookup of the library: `rating100__gte`, `performers__country__ne`."""
    head, found, rest = name.partition("__")
    if not found:
        return None
    field = field_called(owner, head)
    if field is not None and (lookup := LOOKUP_NAMES.get(rest, rest)) in field.lookups:
        return Target(prefix, field, lookup=lookup)
    nested = nested_field(owner, head)
    if nested is None or nested.target is None:
        return None
    return _last(nested.target, f"{prefix}{nested.name.removesuffix('_filter')}__", rest)


def _custom(owner: str, prefix: str, name: str) -> Target | None:
    field = fields(owner).get("custom_fields")
    if field is None or not name:
        return None
    bare, _, lookup = name.rpartition("__")
    known = LOOKUP_NAMES.get(lookup, lookup)
    if bare and known in field.lookups:
        return Target(prefix, field, custom=bare, lookup=known)
    return Target(prefix, field, custom=name)


def field_called(owner: str, name: str) -> FilterField | None:
    """The filter field with this name or short name."""
    words = (OTHER_NAMES.get(name, name), name, *(f"{name}{ending}" for ending in _ENDINGS))
    known = fields(owner)
    for word in words:
        found = find_field(owner, word)
        # `OTHER_NAMES` come first, because the filter field `phash` itself is deprecated.
        if found is not None:
            return found
    return local_field(owner, name) or next(
        (known[f"{start}{name}"] for start in _STARTS if f"{start}{name}" in known), None
    )


def names(owner: str) -> Iterator[str]:
    """All names for the fields of a type, each in its shortest form."""
    for field in fields(owner).values():
        if field.deprecated:
            continue
        name = field.name.removesuffix("_filter")
        if field.name == "custom_fields":
            yield CUSTOM
        elif field.name != "is_missing":
            yield short_name(owner, name) if field.lookups else name
    if "rating100" in fields(owner):
        yield from SCALED
    yield from (name for name in ("id", "size") if local_field(owner, name))


def short_name(owner: str, name: str) -> str:
    """The shortest name of the field: `tag` for `tags`, `created` for `created_at`."""
    field = fields(owner).get(name)
    if field is None:
        return name
    tried = [name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)]
    tried += [name.removeprefix("filter_").removesuffix("s")] if name.startswith("filter_") else []
    tried += ["stash_id"] if name == "stash_ids_endpoint" else []
    tried += [name[:-3] + "y"] if name.endswith("ies") and field.target else []
    tried += [name.removesuffix("s")] if name.endswith("s") and field.target else []
    return next((word for word in tried if field_called(owner, word) is field), name)


def near(owner: str, word: str) -> str:
    """The names nearest to an unknown one as a sentence, or ""."""
    head, dot, last = word.rpartition(".")
    if dot and (found := target(owner, head)) is not None and found.related:
        return did_you_mean(last, [*names(found.related), CUSTOM])
    return did_you_mean(word, dict.fromkeys([*names(owner), *fields(owner), *RESERVED, "is", "no", "has"]))


RESERVED = ("saved", *LISTING)


def is_path(target: Target) -> bool:
    """Whether a field holds paths, which are matched by folder and by wildcards."""
    return target.field is not None and target.field.name in PATHS and not target.lookup


def is_listed(target: Target | None) -> bool:
    """Whether commas and `..` separate the values of a term."""
    if target is None or target.field is None:
        return True
    if target.custom and target.lookup:
        return target.lookup in ("in", "between", "not_between")
    if target.lookup:
        return target.field.lookups[target.lookup].arity in ("list", "range")
    return target.field.kind not in _WHOLE_KINDS


def shown_type(type_name: str) -> str:
    """The name of a type for messages: `File` for all types of files."""
    return owner_of(filter_type(type_name))
