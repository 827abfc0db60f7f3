"""The syntax tree of a query, and its text in canonical form.

`text_of` is the inverse of the parser: it quotes what needs quotes, and keeps names, relative dates and
numbers as they were written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

QUOTED = "\0"
"""Stands in `Value.shape` for each character that was written inside quotes."""


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the source text that a node was read from."""

    start: int
    end: int


_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a term without its quotes; `shape` is the same text with quoted characters as NUL.

    Punctuation is an operator only where `shape` has it as well.
    """

    text: str
    shape: str
    span: Span = field(default=_NOWHERE, compare=False)

    @classmethod
    def bare(cls, text: str, span: Span = _NOWHERE) -> Value:
        return cls(text, text, span)

    @property
    def is_quoted(self) -> bool:
        """Whether all of it was quoted."""
        return bool(self.shape) and not self.shape.strip(QUOTED)

    def part(self, start: int, end: int) -> Value:
        """A slice, without white space around it."""
        while start < end and self.shape[start] in " \t":
            start += 1
        while end > start and self.shape[end - 1] in " \t":
            end -= 1
        return Value(self.text[start:end], self.shape[start:end], self.span)

    def split(self, separator: str) -> list[Value]:
        """The parts between unquoted separators."""
        found, start = [], 0
        while (at := self.shape.find(separator, start)) >= 0:
            found.append(self.part(start, at))
            start = at + len(separator)
        return [*found, self.part(start, len(self.text))]


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase for the server's text search."""

    text: str
    quoted: bool = field(default=False, compare=False)
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """A comparison of a field: `path` as written, an operator, a value.

    `listed` tells whether commas and `..` separate values.
    """

    path: str
    operator: str
    value: Value
    listed: bool = field(default=False, compare=False)
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Bound:
    """A group after a path: conditions on one related object, or several values."""

    path: str
    inner: Node
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The complement."""

    inner: Node
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple[Node, ...]
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts."""

    parts: tuple[Node, ...]
    span: Span = field(default=_NOWHERE, compare=False)


Node: TypeAlias = Word | Term | Bound | Not | And | Or

KEYWORDS = frozenset({"and", "or", "not", "|"})
LISTING = ("sort", "limit", "page")
"""Terms that say how matches are listed, not which they are."""

_SAFE = re.compile(r"[^\s()\"'|^-][^\s()]*\Z")
_SUFFIX = re.compile(r"/(\d+|\*)?\Z")


def text_of(node: Node) -> str:
    """The node as text that parses to the same tree."""
    if isinstance(node, Or):
        return " or ".join(_part_text(part, And) for part in node.parts)
    if isinstance(node, And):
        return " ".join(_part_text(part, Or) for part in node.parts)
    if isinstance(node, Not):
        inner = text_of(node.inner)
        return f"-({inner})" if isinstance(node.inner, And | Or | Not) else f"-{inner}"
    if isinstance(node, Bound):
        return f"{node.path}:({text_of(node.inner)})"
    if isinstance(node, Word):
        plain = not node.quoted and _SAFE.match(node.text) and node.text.lower() not in KEYWORDS
        return node.text if plain else quote(node.text)
    # A value in a list such as `title:(a or b)` has the path before the list.
    head = f"{node.path}{node.operator}" if node.path else ""
    return head + value_text(node.value, listed=node.listed)


def _part_text(part: Node, grouped: type[And | Or]) -> str:
    return f"({text_of(part)})" if isinstance(part, grouped) else text_of(part)


def quote(text: str) -> str:
    """`text` in quotes."""
    if ("\\" in text or '"' in text) and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def value_text(value: Value, *, listed: bool) -> str:
    """A value with quotes where it was quoted, or has white space."""
    if QUOTED not in value.shape and _is_plain(value.text):
        return value.text
    if not listed:
        return quote(value.text)
    pieces = [
        "..".join(_piece(end) for end in item.split("..")) if item.text else "" for item in value.split(",")
    ]
    return ",".join(pieces)


def _piece(value: Value) -> str:
    if not value.text or (QUOTED not in value.shape and _is_plain(value.text)):
        return value.text
    suffix = _SUFFIX.search(value.shape)
    tail = suffix[0] if suffix else ""
    return quote(value.text[: len(value.text) - len(tail)]) + tail


def _is_plain(text: str) -> bool:
    """Whether a value reads the same without quotes."""
    if re.search(r"[ \t\n\r\f\v]", text) or text[:1] in "\"'(" or re.search(r"(?:,|\.\.)[\"']", text):
        return False
    depth = 0
    for char in re.findall(r"[()]", text):
        depth += 1 if char == "(" else -1
        if depth < 0:
            return False
    return depth == 0
