"""Enums, booleans and `is_missing`.

| lookup | meaning |
|---|---|
| eq, in | the value, or one of them, in any case |
| ne, excludes | none of them; includes objects without a value |
| null | True: without a value; False: with one |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.query import server_quirks as quirks
from stash_cli.core.query import value_parsers
from stash_cli.core.query.extractors import Extractor, follow
from stash_cli.core.query.model import Arity, Clause, Condition, FilterField, Lookup, Row, with_modifier
from stash_cli.core.types.api import BAND_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


RESOLUTION_ALIASES = {label.upper(): band for band, label in BAND_LABELS.items()} | {
    "HD": "STANDARD_HD",
    "2160P": "FOUR_K",
}
"""Common names of resolutions."""

NULL = Lookup("null", "none", "", "without a value", value_parsers.parse_bool)
_ARITIES: dict[str, tuple[Arity, str]] = {
    "eq": ("value", "equal to"),
    "ne": ("value", "other than, or none"),
    "in": ("list", "one of"),
    "excludes": ("list", "none of"),
}


def enum_value(field: FilterField, value: Any) -> str:
    """The enum value for `value`, in any case, with `-` or a space for `_`."""
    text = (
        str(value.value if isinstance(value, Enum) else value)
        .strip()
        .upper()
        .replace("-", "_")
        .replace(" ", "_")
    )
    text = RESOLUTION_ALIASES.get(f"{text}P" if text.isdecimal() else text, text)
    if text not in field.choices:
        field.refuse(value, "one of " + ", ".join(BAND_LABELS.get(word, word) for word in field.choices))
    return text


def enum_values(field: FilterField, value: Any) -> list[str]:
    """A list of enum values; a single value is a list of one."""
    many = value if isinstance(value, list | tuple | set | frozenset) else [value]
    found = list(dict.fromkeys(enum_value(field, item) for item in many))
    return found or field.refuse(value, "at least one of " + ", ".join(field.choices))


def _sets(field: FilterField, given: Mapping[str, Any]) -> tuple[set[str], set[str], bool]:
    """Values of which one is required, values that are excluded, and whether null matches."""
    wanted, excluded = set(field.choices), set[str]()
    empty = not quirks.is_listed(quirks.NULL_UNSUPPORTED, field.key)
    for name, value in given.items():
        if name == "null":
            wanted, empty = (set(), empty) if value else (wanted, False)
        elif name in ("eq", "in"):
            wanted, empty = wanted & set(enum_values(field, value)), False
        else:
            excluded |= set(enum_values(field, value))
    return wanted, excluded, empty


@dataclass(frozen=True)
class Enumerated:
    """Gender, circumcision and orientation; `send` builds the criterion for "one of these values"."""

    send: Callable[[list[str]], dict[str, Any]]
    null: bool = True

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        metavar = "|".join(field.choices) if len(field.choices) <= 3 else "WORD"  # noqa: PLR2004 - fits a line
        known = {
            name: Lookup(name, arity, metavar, text, value_parsers.list_parser() if arity == "list" else str)
            for name, (arity, text) in _ARITIES.items()
        }
        return known if quirks.is_listed(quirks.NULL_UNSUPPORTED, field.key) else known | {"null": NULL}

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        wanted, excluded, empty = _sets(field, given)

        def test(values: list[Any]) -> bool:
            return bool(wanted.intersection(values)) and excluded.isdisjoint(values) if values else empty

        exact = not (excluded and quirks.is_listed(quirks.MULTI_VALUED, field.key))
        return Condition(field, self._clauses(field, wanted - excluded, empty), test, exact=exact)

    def _clauses(self, field: FilterField, allowed: set[str], empty: bool) -> list[Clause]:
        null = quirks.null_term(field.key, (field.name, {"modifier": "IS_NULL"}))
        in_order = [word for word in field.choices if word in allowed]
        if not allowed and not empty:
            field.refuse(sorted(allowed), "lookups that leave something to match")
        if empty and len(allowed) == len(field.choices):
            return []
        clause: Clause = [(field.name, self.send(in_order))] if allowed else []
        return [[*clause, null] if empty else clause]


def gender(choices: list[str]) -> dict[str, Any]:
    """`value_list` was introduced in 0.25, so a single gender is sent as `value`."""
    return (
        with_modifier("INCLUDES", choices[0])
        if len(choices) == 1
        else {"value_list": choices, "modifier": "INCLUDES"}
    )


def circumcision(choices: list[str]) -> dict[str, Any]:
    return with_modifier("INCLUDES", choices)


def orientation(choices: list[str]) -> dict[str, Any]:
    return {"value": choices}


@dataclass(frozen=True)
class YesNo:
    """Booleans; `send` builds the value to send."""

    send: Callable[[bool], Any] = bool

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        return {
            "eq": Lookup("eq", "flag", "", "yes or no", value_parsers.parse_bool),
            "ne": Lookup("ne", "value", "yes|no", "the other one", value_parsers.parse_bool),
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        asked = {yes_or_no(field, value) == (name == "eq") for name, value in given.items()}
        if len(asked) > 1:
            field.refuse(dict(given), "yes or no, once")
        [wanted] = asked
        return Condition(field, [[(field.name, self.send(wanted))]], lambda values: any(values) == wanted)


def yes_or_no(field: FilterField, value: Any) -> bool:
    """A boolean, or a word for one."""
    if isinstance(value, str):
        try:
            return value_parsers.parse_bool(value)
        except StashInputError:
            field.refuse(value, "yes or no")
    return bool(value) if value in (0, 1) else field.refuse(value, "yes or no")


_ROW_PATHS = {
    "image": "image_path",
    "front_image": "front_image_path",
    "back_image": "back_image_path",
    "scenes": "scenes.id",
    "aliases": "aliases",
}
"""Value of `is_missing` -> the path in rows; the URL of a default image means that there is no image."""


class Missing:
    """`is_missing`, for values that no field has a `null` lookup for (see `parse_lookup`)."""

    def lookups(self, field: FilterField) -> dict[str, Lookup]:
        parts = quirks.IS_MISSING_VALUES.get(field.owner, "")
        return {
            "eq": Lookup("eq", "value", "PART", f"lacking: {parts}"),
            "ne": Lookup("ne", "value", "PART", f"not lacking: {parts}"),
        }

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        for part in given.values():
            if part not in field.choices:
                field.refuse(part, "one of " + ", ".join(field.choices))
        wanted = [name == "eq" for name in given]
        clauses: list[Clause] = [[(field.name, part)] for name, part in given.items() if name == "eq"]
        if not _ROW_PATHS.keys() >= set(given.values()):
            return Condition(field, clauses, exact=all(wanted))
        routes = [_ROW_PATHS[part].split(".") for part in given.values()]

        def lacking(row: Row) -> list[Any]:
            return [all("default=true" in str(value) for value in follow(row, route)) for route in routes]

        extractor = Extractor(tuple(_ROW_PATHS[part] for part in given.values()), lacking)
        return Condition(
            field, clauses, lambda values: values == wanted, exact=all(wanted), extractor=extractor
        )
