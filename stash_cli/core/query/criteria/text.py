"""Texts.

| lookup | meaning |
|---|---|
| eq, ne | the same text, ignoring case, without wildcards; "" is null |
| in | one of the list |
| contains, excludes | the whole phrase, ignoring case |
| startswith, endswith | ignoring case |
| regex, not_regex | RE2 expressions as on the server, case-sensitive, anywhere in the text |
| null | True: without text; False: with some |

`ne`, `excludes` and `not_regex` include objects without text. In a list (urls, aliases, file paths) one entry
has to meet all positive lookups, and no entry a negated one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.query import value_parsers
from stash_cli.core.query.model import Arity, Clause, Condition, FilterField, Lookup, Test, with_modifier
from stash_cli.core.query.server_quirks import MULTI_VALUED, TEXT_LISTS, is_listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stash_cli.core.types.re2 import Expression

_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


_NOTHING = r"[^\x{0}-\x{10FFFF}]"
"""An expression that matches no text."""


def escape(text: str) -> str:
    """`text` as an expression that matches it, valid in RE2 and in Python."""
    return _SPECIAL.sub(r"\\\1", text)


@dataclass(frozen=True, slots=True)
class TextLookup:
    """A lookup as an expression, and the plain modifier that the server has for it."""

    help: str
    pattern: Callable[[Any], str]
    plain: str | None = None
    negative: bool = False
    arity: Arity = "value"


def _equal_to(value: str) -> str:
    return f"(?i)^{escape(value)}$"


def _containing(value: str) -> str:
    return f"(?i){escape(value)}"


def _one_of(values: list[str]) -> str:
    """An empty list matches nothing."""
    return f"(?i)^({'|'.join(map(escape, values))})$" if values else _NOTHING


TEXT_LOOKUPS: dict[str, TextLookup] = {
    "eq": TextLookup("exactly, case aside", _equal_to, "EQUALS"),
    "ne": TextLookup("other than, or none", _equal_to, negative=True),
    "in": TextLookup("one of", _one_of, arity="list"),
    "contains": TextLookup("containing", _containing, "INCLUDES"),
    "excludes": TextLookup("not containing, or none", _containing, "EXCLUDES", negative=True),
    "startswith": TextLookup("starting with", lambda v: f"(?i)^{escape(v)}"),
    "endswith": TextLookup("ending with", lambda v: f"(?i){escape(v)}$"),
    "regex": TextLookup("matching the expression", str),
    "not_regex": TextLookup("not matching the expression, or none", str, negative=True),
}


class Text:
    """Texts, and lists of texts."""

    def lookups(self, _field: FilterField) -> dict[str, Lookup]:
        known = {name: self._lookup(name, one) for name, one in TEXT_LOOKUPS.items()}
        return known | {"null": Lookup("null", "none", "", "without text", value_parsers.parse_bool)}

    def _lookup(self, name: str, one: TextLookup) -> Lookup:
        if one.arity == "list":
            return Lookup(name, "list", "TEXT,...", one.help, value_parsers.list_parser())
        return Lookup(name, "value", "RE2" if "regex" in name else "TEXT", one.help)

    def compile(self, field: FilterField, given: Mapping[str, Any], _now: datetime) -> Condition:
        return compile_text(field, given)


def compile_text(field: FilterField, given: Mapping[str, Any]) -> Condition:
    """Compile the lookups of a field with one or several texts."""
    null = _null(field, given)
    asked = {
        name: _checked(field, name, value) for name, value in given.items() if name != "null" and value != ""
    }
    test = _test(field, asked, null)
    clauses = [clause for name, value in asked.items() for clause in _clauses(field, name, value)]
    if null is not None:
        clauses.append([(field.name, with_modifier("IS_NULL" if null else "NOT_NULL", ""))])
    return Condition(field, clauses, test, exact=_is_exact(field, asked, null))


def _null(field: FilterField, given: Mapping[str, Any]) -> bool | None:
    """The `null` lookup; `eq ""` and `ne ""` are other forms of it."""
    null: bool | None = given.get("null")
    for name, value in given.items():
        if value == "" and name not in ("eq", "ne"):
            field.refuse(value, f"some text for {name}")
        if value == "":
            null = name == "eq"
    return null


def _checked(field: FilterField, name: str, value: Any) -> Any:
    """The text or texts of a lookup; a path or compiled expression stands for its text."""
    if name == "in":
        if isinstance(value, str | dict) or not hasattr(value, "__iter__"):
            field.refuse(value, "a list of texts")
        return [_checked(field, "eq", item) or field.refuse(item, "no empty text") for item in value]
    if isinstance(value, list | tuple | set | frozenset):
        field.refuse(value, f"one text here (any of several: {field.name}__in=[...])")
    if isinstance(value, re.Pattern) and "regex" in name:
        return f"(?i){value.pattern}" if value.flags & re.IGNORECASE else str(value.pattern)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        field.refuse(value, "text")
    return str(value)


def _is_plain(value: Any) -> bool:
    """Whether LIKE takes the text literally: no wildcards, no quotes, ASCII only."""
    return (
        isinstance(value, str) and value.isascii() and not set(value) & set('%_"') and value == value.strip()
    )


def _clauses(field: FilterField, name: str, value: Any) -> list[Clause]:
    """The clauses of one lookup.

    The server evaluates an expression on null as on "". Where it matches "", a null criterion corrects that.
    """
    clause: Clause = [(field.name, _criterion(field, name, value))]
    if "regex" not in name or not _matches_empty(pattern_of(field, name, value)):
        return [clause]
    if TEXT_LOOKUPS[name].negative:
        return [[*clause, (field.name, with_modifier("IS_NULL", ""))]]
    return [clause, [(field.name, with_modifier("NOT_NULL", ""))]]


def _criterion(field: FilterField, name: str, value: Any) -> dict[str, Any]:
    lookup = TEXT_LOOKUPS[name]
    whole_list = field.name in TEXT_LISTS
    if lookup.plain and _is_plain(value) and lookup.negative == (whole_list and lookup.plain == "EXCLUDES"):
        # INCLUDES treats words as alternatives unless they are quoted; EXCLUDES on a list never splits them.
        quoted = lookup.plain == "INCLUDES" and len(value.split()) > 1
        return with_modifier(lookup.plain, f'"{value}"' if quoted else value)
    return with_modifier("NOT_MATCHES_REGEX" if lookup.negative else "MATCHES_REGEX", lookup.pattern(value))


def _is_exact(field: FilterField, asked: Mapping[str, Any], null: bool | None) -> bool:
    """Whether the clauses are exact: the server tests several texts of an object independently."""
    if not is_listed(MULTI_VALUED, field.key):
        return True
    positive = [name for name in asked if not TEXT_LOOKUPS[name].negative]
    whole = all(_is_phrase(field, name, asked[name]) for name in asked.keys() - positive)
    return whole and len(positive) <= 1 and null is not True


def _is_phrase(field: FilterField, name: str, value: Any) -> bool:
    """Whether the server tests the list as a whole."""
    return field.name in TEXT_LISTS and name == "excludes" and _is_plain(value)


def pattern_of(field: FilterField, name: str, value: Any) -> Expression:
    """The compiled expression of a lookup, for tests on rows."""
    # Imported here, because it takes time and most queries have no text lookups.
    from stash_cli.core.types.re2 import ExpressionError, compile_pattern

    pattern = TEXT_LOOKUPS[name].pattern(value)
    try:
        return compile_pattern(pattern)
    except ExpressionError as error:
        field.refuse(pattern, f"a regular expression ({error})")


def _matches_empty(expression: Expression) -> bool:
    """Whether the expression matches ""; True where RE2 is missing, which only adds a harmless term."""
    try:
        return expression.matches("")
    except StashConfigurationError:
        return True


def _test(field: FilterField, asked: Mapping[str, Any], null: bool | None) -> Test:
    """A predicate on texts: one meets all positive lookups, and none matches a negative one."""
    patterns = [
        (TEXT_LOOKUPS[name].negative, pattern_of(field, name, value)) for name, value in asked.items()
    ]

    def test(values: list[Any]) -> bool:
        texts = [str(value) for value in values if str(value).strip()]
        if null is not None and null == bool(texts):
            return False
        positive = [p for negative, p in patterns if not negative]
        if positive and not any(all(p.matches(text) for p in positive) for text in texts):
            return False
        return not any(p.matches(text) for negative, p in patterns if negative for text in texts)

    return test
