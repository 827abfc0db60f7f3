"""Filter flags, derived from the lookups of a type: `rating100__gte` is `--rating100-gte`.

A relation has `--tag` (all of them), `--any-tag`, `--no-tag` and `--tag-depth`. Flags of related objects
(`--performers-country`) are derived only when one is used, because there are thousands.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.input_flags import singular
from stash_cli.core.query.fields import fields
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stash_cli.core.query.model import FilterField, Lookup

RELATIONS, NUMBERS, TIMES, TEXT, CHOICES, OTHER = (
    "Related objects",
    "Numbers",
    "Dates and times",
    "Text",
    "Yes or no, and words",
    "Other",
)
_GROUPS = {
    "IntCriterionInput": NUMBERS,
    "FloatCriterionInput": NUMBERS,
    "DateCriterionInput": TIMES,
    "TimestampCriterionInput": TIMES,
    "StringCriterionInput": TEXT,
    "Boolean": CHOICES,
    "String": CHOICES,
    "is_missing": CHOICES,
    "GenderCriterionInput": CHOICES,
    "CircumcisionCriterionInput": CHOICES,
    "OrientationCriterionInput": CHOICES,
    "ResolutionCriterionInput": CHOICES,
}
_ORDER = (RELATIONS, NUMBERS, TIMES, TEXT, CHOICES, OTHER)
_DUPLICATES = frozenset({"in", "ne", "eq"})
"""Lookups of a relation that are equivalent to `includes` and `excludes`."""


class FilterFlags(FlagTable):
    """The filter flags of one type; those of related types are found by name."""

    def __init__(self, entity_type: str, prefix: str = "", path: str = "") -> None:
        self.title = f"Of {path.removesuffix('__').replace('_', ' ')}" if path else ""
        self.entity_type = entity_type
        self.path = path
        flags = (
            flag
            for field in fields(entity_type).values()
            if not field.deprecated
            for flag in _field_flags(field, prefix, path)
        )
        # Sorted by group, as in the help; the sort is stable, so a group keeps the order of the API.
        super().__init__(sorted(flags, key=lambda flag: _ORDER.index(flag.group)))

    @cached_property
    def related(self) -> dict[str, str]:
        """Related types that can be filtered by their own fields: `performers` -> Performer."""
        nested = (
            field for field in fields(self.entity_type).values() if not field.lookups and not field.deprecated
        )
        return {field.name.removesuffix("_filter"): field.target for field in nested if field.target}

    def related_names(self) -> Collection[str]:
        return self.related

    def nested(self) -> Iterator[FilterFlags]:
        """The tables of the related types, one level deep; the type's own flags take precedence."""
        for name, type_name in self.related.items() if not self.path else ():
            table = FilterFlags(type_name, f"{name.replace('_', '-')}-", f"{name}__")
            table.flags = {flag: known for flag, known in table.flags.items() if flag not in self.flags}
            yield table

    def with_nested(self) -> Iterator[FlagTable]:
        yield self
        yield from self.nested()

    def get(self, name: str) -> Flag | None:
        found = super().get(name)
        if found or self.path:
            return found
        for related, type_name in self.related.items():
            word = related.replace("_", "-")
            if name.startswith((f"--{word}-", f"--no-{word}-", f"--any-{word}-")):
                return FilterFlags(type_name, f"{word}-", f"{related}__").get(name)
        return None

    def names(self) -> Collection[str]:
        return [name for table in (self, *self.nested()) for name in table.flags]


def _field_flags(field: FilterField, prefix: str, path: str) -> Iterator[Flag]:
    dest = f"{path}{field.name}"
    if field.target in ENTITIES and "includes" in field.lookups:
        yield from _relation_flags(field, prefix, dest)
    elif field.name == "is_missing":
        lookup = field.lookups["eq"]
        yield Flag(
            f"--{prefix}missing", f"{dest}__eq", lookup.help, lookup.metavar, CHOICES, choices=field.choices
        )
    else:
        yield from _value_flags(field, prefix, dest)


def _relation_flags(field: FilterField, prefix: str, dest: str) -> Iterator[Flag]:
    word = singular(field.name).replace("_", "-")
    known, group = field.lookups, RELATIONS
    every = "includes_all" if "includes_all" in known else "includes"
    facts: dict[str, Any] = {
        "metavar": "NAME|ID",
        "group": group,
        "many": True,
        "parse": known["includes"].parse,
        "target": field.target,
    }
    also = [f"--any-{prefix}{word}"] * (every != "includes")
    also += [f"--no-{prefix}{word}"] * ("excludes" in known)
    also += [f"--{prefix}{word}-{name}" for name in known if name not in _DUPLICATES and "cludes" not in name]
    meaning = "all of them" if every != "includes" else "any of them"
    yield Flag(
        f"--{prefix}{word}", f"{dest}__{every}", f"{meaning}; {' '.join(also)}", long_help=meaning, **facts
    )
    if every != "includes":
        yield Flag(f"--any-{prefix}{word}", f"{dest}__includes", "any of them", hidden=True, **facts)
    if "excludes" in known:
        yield Flag(f"--no-{prefix}{word}", f"{dest}__excludes", "none of them", hidden=True, **facts)
    for name, lookup in known.items():
        if name not in _DUPLICATES and "cludes" not in name:
            yield from _lookup_flags(f"--{prefix}{word}-{name}", f"{dest}__{name}", lookup, group)


def _value_flags(field: FilterField, prefix: str, dest: str) -> Iterator[Flag]:
    word = prefix + ("custom_field" if field.name == "custom_fields" else field.name).replace("_", "-")
    group = _GROUPS.get(field.kind, OTHER)
    for name, lookup in field.lookups.items():
        flag = f"--{word}" if name == "eq" else f"--{word}-{name.replace('_', '-')}"
        if field.kind == "Boolean" and name != "eq":
            continue
        yield from _lookup_flags(flag, f"{dest}__{name}", lookup, group, field)


def _lookup_flags(
    flag: str, dest: str, lookup: Lookup, group: str, field: FilterField | None = None
) -> Iterator[Flag]:
    """Yield the flag of one lookup; two flags for a yes/no lookup."""
    primary = field is not None and lookup.name == "eq"
    facts: dict[str, Any] = {"dest": dest, "group": group, "hidden": not primary}
    if lookup.arity in ("none", "flag"):
        off = f"{flag.removesuffix('null')}not-null" if lookup.name == "null" else f"--no-{flag[2:]}"
        facts["clashes"] = off
        yield Flag(flag, help=f"or {off}", long_help=lookup.help, **facts)
        facts |= {"clashes": flag, "hidden": True}
        yield Flag(off, const=False, long_help=f"the opposite of {flag}", **facts)
        return
    yield Flag(
        flag,
        help=_help(field) if primary and field else "",
        metavar="WORD" if field and field.choices else lookup.metavar,
        parse=lookup.parse,
        many=lookup.arity == "list" or "=" in lookup.metavar,
        choices=field.choices if field else (),
        long_help=lookup.help,
        suffixes=tuple(f"-{name.replace('_', '-')}" for name in field.lookups if name != "eq")
        if primary and field
        else (),
        **facts,
    )


def _help(field: FilterField) -> str:
    """Help text of a field: its range or its choices."""
    if field.range and field.range[0] is not None and field.range[1] is not None:
        return f"{field.range[0]:g} to {field.range[1]:g}"
    return " ".join(field.choices).lower()


def lookup_values(values: dict[str, Any]) -> dict[str, Any]:
    """Flag values as keyword lookups; values of a repeated flag are merged into one list or mapping."""
    return {name: _merged(value) for name, value in values.items()}


def _merged(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], dict):
        return {key: item for part in value for key, item in part.items()}
    return [item for part in value for item in (part if isinstance(part, list) else [part])]


def relation_type(type_name: str, dest: str) -> str | None:
    """The type of the objects that values of `dest` name: Tag for `performers__tags__includes`."""
    *through, name, lookup = dest.split("__")
    if lookup not in ("eq", "ne", "in", "includes", "includes_all", "excludes"):
        return None
    owner = type_name
    for step in through:
        owner = fields(owner)[f"{step}_filter"].target or owner
    target = fields(owner)[name].target
    # A folder is named by its path.
    return target if target in ENTITIES or target == "Folder" else None
