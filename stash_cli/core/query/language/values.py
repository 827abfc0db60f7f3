"""Conversion of the values of terms to lookups, by the kind of the field.

| kind | value |
|---|---|
| text | one phrase; a comma is text; `*` alone for any |
| path | wildcards as in a shell; a folder where it is absolute or ends in `/`; else a part of the path |
| number, date, time, resolution | one, a range `a..b`, `a..`, `..b`, `*` for any; a list of these |
| relation | names, aliases, ids, `id:12`, `name:12`; `Outdoor/` with all below, `/2` two levels |
| yes or no | `yes`, `no`, `true`, `false` |
| words (gender, ...) | one, or a list |
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.query import value_parsers
from stash_cli.core.query.criteria import CRITERIA
from stash_cli.core.query.criteria.text import escape
from stash_cli.core.query.language.fields import PATHS, Target
from stash_cli.core.query.model import FilterField, Reference
from stash_cli.core.query.q import Q
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stash_cli.core.query.language.tree import Value

COMPARISONS = {"=": "eq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_DEPTH = re.compile(r"/(\d*|\*)\Z")
_WILD = re.compile(r"[*?]|\[[^\]]+\]")
_MINUTES = re.compile(r"[+-]?(\d+)m\Z")
_AGO = re.compile(r"[+-]\d+(s|h|d|w|mo|y)\Z|\d+ \w+ ago\Z", re.ASCII)
TIMES = frozenset({"DateCriterionInput", "TimestampCriterionInput"})
ORDERED = TIMES | {"IntCriterionInput", "FloatCriterionInput", "ResolutionCriterionInput", "id", "size"}
WORDS = frozenset({"GenderCriterionInput", "CircumcisionCriterionInput", "OrientationCriterionInput"})

Lookups = dict[str, Any]


class TermReader:
    """Converts terms to `Q`s; `now` anchors relative times, `to_server` maps absolute paths as typed."""

    def __init__(self, now: datetime, to_server: Callable[[str], str] = str) -> None:
        self.now = now
        self.to_server = to_server
        self.ratings: list[float] = []

    def read(self, target: Target, operator: str, value: Value) -> Q:
        """The `Q`; raises StashUsageError that names the field and what it takes."""
        field = target.field
        if field is None:
            raise StashInputError("Related objects take a group here.", hint="Write FIELD:(name:TEXT ...).")
        sign = operator.removeprefix(":") or ":"
        if target.lookup:
            return self._lookup(target, field, value)
        if sign.startswith("!"):
            return ~self._positive(target, field, {"!=": "=", "!~": "~"}[sign], value)
        return self._positive(target, field, sign, value)

    def _positive(self, target: Target, field: FilterField, sign: str, value: Value) -> Q:
        if target.custom:
            return self._custom(target, field, sign, value)
        if field.kind == "StringCriterionInput":
            return self._text(target, field, sign, value)
        if field.kind in ORDERED:
            return self._ordered(target, field, sign, value)
        if sign not in (":", "="):
            raise StashInputError(f"{field.name} can only be compared with : and !=.")
        if field.target and "includes" in field.lookups:
            return self._relation(target, field, value)
        if field.kind in WORDS:
            return self._words(target, field, value)
        return self._other(target, field, value)

    def checked(self, target: Target, field: FilterField, lookups: Lookups) -> Q:
        """The `Q` of lookups of the field; raises StashUsageError for values that it does not take."""
        CRITERIA[field.kind].compile(field, lookups, self.now)
        return Q(**{f"{target.prefix}{field.name}__{name}": value for name, value in lookups.items()})

    # texts

    def _text(self, target: Target, field: FilterField, sign: str, value: Value) -> Q:
        if sign in ("<", ">", "<=", ">="):
            raise StashInputError(f"{field.name} is a text, which is neither more nor less.")
        if field.name in PATHS and sign == ":":
            return self.checked(target, field, self._path(value))
        if sign == ":" and value.shape == "*" and "null" in field.lookups:
            return self.checked(target, field, {"null": False})
        name = {":": "contains", "=": "eq", "~": "regex"}[sign]
        return self.checked(target, field, {name: value.text})

    def _path(self, value: Value) -> Lookups:
        text = self.to_server(value.text) if is_absolute(value.text) else value.text
        if not value.is_quoted and _WILD.search(text):
            return {"regex": glob(text)}
        if is_absolute(text) or text.endswith(("/", "\\")):
            return {"regex": folder_regex(text)}
        return {"regex": "(?i)" + _slashes(text)} if re.search(r"[\\/]", text) else {"contains": text}

    # numbers, dates and times

    def _ordered(self, target: Target, field: FilterField, sign: str, value: Value) -> Q:
        items = value.split(",")
        if any(not item.text for item in items):
            raise StashInputError(f"{field.name} has an empty value between commas.")
        if sign == "~":
            raise StashInputError(f"{field.name} takes no expression.")
        if sign in (":", "="):
            return self._any_of(target, field, items)
        if len(items) > 1 or ".." in value.shape:
            raise StashInputError(f"{sign} takes one value; a range is FROM..TO.")
        return self.checked(target, field, {COMPARISONS[sign]: self._one(target, field, value.text)})

    def _any_of(self, target: Target, field: FilterField, items: list[Value]) -> Q:
        plain = [self._one(target, field, item.text, alone=True) for item in items if _is_single(item)]
        found = [self._range(target, field, item) for item in items if not _is_single(item)]
        if plain:
            found.append(self.checked(target, field, {"in": plain} if len(plain) > 1 else {"eq": plain[0]}))
        return found[0] if len(found) == 1 else any_of(found)

    def _range(self, target: Target, field: FilterField, item: Value) -> Q:
        if item.shape == "*":
            has = "null" in field.lookups
            return self.checked(target, field, {"null": False}) if has else Q()
        ends = item.split("..")
        if len(ends) > 2 or not any(end.text not in ("", "*") for end in ends):  # noqa: PLR2004 - two ends
            shape = "a range FROM..TO, FROM.. or ..TO"
            raise StashInputError(f"{field.name} takes {shape}, not {item.text!r}.")
        low, high = (None if end.text in ("", "*") else self._one(target, field, end.text) for end in ends)
        if low is None:
            return self.checked(target, field, {"lte": high})
        least = self.checked(target, field, {"gte": low})
        if high is None:
            return least
        self.checked(target, field, {"lte": high})
        try:
            return self.checked(target, field, {"between": (low, high)})
        except StashInputError:
            raise StashInputError(f"{item.text} ends before it begins.") from None

    def _one(self, target: Target, field: FilterField, text: str, *, alone: bool = False) -> Any:
        """One number, date or time; `alone` means that it is not the end of a range."""
        if field.kind in TIMES:
            _check_moment(text, alone=alone)
        if target.scale > 1:
            self.ratings.append(100)
            number = round(value_parsers.number(text) * target.scale)
            most = 100 // target.scale
            return number if 0 <= number <= 100 else field.refuse(text, f"0 to {most} of this scale")  # noqa: PLR2004
        found = field.lookups["eq"].parse(text)
        if field.name == "rating100" and isinstance(found, int):
            self.ratings.append(found)
        return found

    # related objects

    def _relation(self, target: Target, field: FilterField, value: Value) -> Q:
        if value.shape == "*" and "null" not in field.lookups:
            raise StashInputError(f"Nothing tells which objects have any {field.name}.")
        if value.shape == "*":
            return self.checked(target, field, {"null": False})
        by_depth: dict[int, list[str]] = {}
        for item in value.split(","):
            if not item.text:
                raise StashInputError(f"{field.name} has an empty name between commas.")
            name, depth = _reference(item, levels="depth" in field.lookups)
            by_depth.setdefault(depth, []).append(name if is_named(field) else _id(field, name))
        key = f"{target.prefix}{field.name}"
        parts = [
            Q(**{f"{key}__includes": named} | ({f"{key}__depth": depth} if depth else {}))
            for depth, named in by_depth.items()
        ]
        return parts[0] if len(parts) == 1 else any_of(parts)

    # words and the rest

    def _words(self, target: Target, field: FilterField, value: Value) -> Q:
        if value.shape == "*" and "null" in field.lookups:
            return self.checked(target, field, {"null": False})
        items = [item.text for item in value.split(",")]
        if not all(items):
            raise StashInputError(f"{field.name} has an empty word between commas.")
        return self.checked(target, field, {"in": items} if len(items) > 1 else {"eq": items[0]})

    def _other(self, target: Target, field: FilterField, value: Value) -> Q:
        items = [item.text for item in value.split(",")]
        if field.kind in ("DuplicationCriterionInput", "FileDuplicationCriterionInput"):
            parts = [self.checked(target, field, _shared(field, item)) for item in items]
            return parts[0] if len(parts) == 1 else any_of(parts)
        if field.kind == "is_missing":
            parts = [self.checked(target, field, {"eq": item.replace("-", "_")}) for item in items]
            return parts[0] if len(parts) == 1 else any_of(parts)
        if value.shape == "*" and "null" in field.lookups:
            return self.checked(target, field, {"null": False})
        if "in" in field.lookups and len(items) > 1:
            return self.checked(target, field, {"in": items})
        return self.checked(target, field, {"eq": field.lookups["eq"].parse(value.text)})

    def _custom(self, target: Target, field: FilterField, sign: str, value: Value) -> Q:
        def custom_field_q(lookup: str, one: Any) -> Q:
            return self.checked(target, field, {lookup: {target.custom: one}})

        if sign == "~":
            return custom_field_q("regex", value.text)
        if sign in COMPARISONS and sign != "=":
            return custom_field_q(COMPARISONS[sign], _scalar(value))
        if value.shape == "*":
            return custom_field_q("null", False)
        ends = value.split("..")
        if sign == ":" and len(ends) == 2 and any(end.text for end in ends):  # noqa: PLR2004 - two ends
            low, high = (_scalar(end) if end.text else None for end in ends)
            return custom_field_q("between", (low, high))
        exact = "eq" if sign == "=" else "contains"
        number = _scalar(value)
        as_text = custom_field_q(exact, value.text)
        return as_text if isinstance(number, str) else any_of([custom_field_q("eq", number), as_text])

    def _lookup(self, target: Target, field: FilterField, value: Value) -> Q:
        """`field__lookup=value`, parsed as the flag of the command line is."""
        lookup = field.lookups[target.lookup]
        if target.custom:
            given: Any = _custom_value(target, value)
        elif field.target and target.lookup not in ("null", "depth"):
            words = [_reference(item, levels=False)[0] for item in value.split(",")]
            # As in the library, digits are ids for these lookups.
            given = [str(word) if word.isdecimal() else word for word in words]
            given = given if is_named(field) else [_id(field, word) for word in words]
            return Q(**{f"{target.prefix}{field.name}__{target.lookup}": given})
        elif lookup.arity == "list":
            one = field.lookups["eq"]
            parse = str if one.arity == "list" else one.parse
            given = [parse(item.text) for item in value.split(",")]
        elif lookup.arity in ("none", "flag"):
            given = value_parsers.parse_bool(value.text)
        else:
            given = lookup.parse(value.text)
        key = f"{target.prefix}{field.name}__{target.lookup}"
        if target.lookup not in ("depth", "distance", "endpoint"):
            CRITERIA[field.kind].compile(field, {target.lookup: given}, self.now)
        return Q(**{key: given})


def any_of(parts: list[Q]) -> Q:
    """The disjunction of the parts."""
    result = Q(*parts)
    result.op = "any"
    return result


def _is_single(item: Value) -> bool:
    return ".." not in item.shape and item.shape != "*"


def _custom_value(target: Target, value: Value) -> dict[str, Any]:
    if target.lookup == "null":
        return {target.custom: value_parsers.parse_bool(value.text)}
    if target.lookup == "in":
        return {target.custom: [_scalar(item) for item in value.split(",")]}
    if target.lookup in ("between", "not_between"):
        return {target.custom: tuple(_scalar(end) if end.text else None for end in value.split(".."))}
    plain = target.lookup in ("contains", "excludes", "regex", "not_regex")
    return {target.custom: value.text if plain else _scalar(value)}


def _scalar(value: Value) -> Any:
    """A number where the value is one; what is quoted is a text."""
    return value.text if value.is_quoted else value_parsers.scalar(value.text)


def _shared(field: FilterField, item: str) -> Lookups:
    """The lookup of `yes` or `no`, or of the field that is shared with another object."""
    return {item: True} if item in field.lookups and item != "eq" else {"eq": value_parsers.parse_bool(item)}


def _reference(item: Value, *, levels: bool) -> tuple[Reference, int]:
    """The name in a value, and the number of levels below it that count as well."""
    found = _DEPTH.search(item.shape) if levels else None
    if not found or not found.start():
        return _named(item), 0
    bare = item.part(0, found.start())
    name = _named(bare, written="" if bare.is_quoted else item.text)
    return name, int(found[1]) if found[1].isdecimal() else -1


def is_named(field: FilterField) -> bool:
    """Whether words name the related objects: files have no names, folders have paths."""
    return (field.target in ENTITIES and field.target != "BaseFile") or field.target == "Folder"


def _id(field: FilterField, word: str) -> str:
    found = word.removeprefix("id:").strip()
    return found if found.isdecimal() else field.refuse(word, "ids such as id:12")


def _named(item: Value, written: str = "") -> Reference:
    """A word that names an object; a quoted one is always a name."""
    if item.is_quoted:
        return Reference(f"name:{item.text}", written=written)
    return Reference(item.text, written=written)


def _check_moment(text: str, *, alone: bool) -> None:
    minutes = _MINUTES.match(text)
    if minutes:
        raise StashInputError(
            f"{text}: m may be minutes or months.", hint=f"Write -{minutes[1]}mo for months."
        )
    if alone and _AGO.match(text):
        raise StashInputError(
            f"{text} alone is a single moment.", hint=f"Write {text}.. for the time since then."
        )
    if re.fullmatch(r"\d+(s|h|d|w|mo|y)", text):
        raise StashInputError(f"{text} is no date.", hint=f"Write -{text}.. for the time since then.")


def is_absolute(text: str) -> bool:
    """Whether a path begins at a root: that of a system, a drive, a host or a home."""
    return re.match(r"/|~(?:/|\Z)|[A-Za-z]:[\\/]|\\\\", text) is not None


def folder_regex(path: str) -> str:
    """An expression for a folder and everything below it; a relative path may be anywhere in a path."""
    start = "(?i)^" if is_absolute(path) else "(?i)(^|[\\\\/])"
    bare = path.rstrip("/\\")
    return f"{start}{_slashes(bare)}([\\\\/]|$)" if bare else "^[\\\\/]"


def glob(pattern: str) -> str:
    """An expression for a pattern with `*`, `?` and `[abc]`; `*` stays within a folder, `**` does not."""
    start = "(?i)^" if is_absolute(pattern) else "(?i)(^|[\\\\/])"
    parts = re.split(r"(\*\*|\*|\?|\[[^\]]+\])", pattern)
    inner = [_wildcard(part) if number % 2 else _slashes(part) for number, part in enumerate(parts)]
    return f"{start}{''.join(inner)}$"


def _wildcard(part: str) -> str:
    if part[0] == "[":
        inner = part[1:-1].replace("\\", "\\\\").replace("^", "\\^")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return {"**": ".*", "*": "[^\\\\/]*", "?": "[^\\\\/]"}[part]


def _slashes(text: str) -> str:
    """Literal text in an expression, with either slash for both."""
    return "[\\\\/]".join(escape(part) for part in re.split(r"[\\/]", text))
