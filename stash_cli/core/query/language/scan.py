"""Items of a query text: where a word, a value or a quoted text ends.

A quote opens only at the start of an item, separators are ASCII white space, and balanced parentheses belong
to the item that they stand in. An argument of the command line that is one term keeps the white space in its
value: `Source` knows where such arguments end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stash_cli.core.query.language.problems import QueryProblem
from stash_cli.core.query.language.tree import QUOTED, Span, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

SPACE = " \t\n\r\f\v"
_BLANK = re.compile(f"[{SPACE}]*")
_RUN = re.compile(rf"""[^{SPACE}()"',.]+""")
_NAME = r"[^\W\d]\w*"
_CUSTOM = r"""custom(?:_fields?)?\.(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s:=<>~!"'()]+)"""
_PATH = re.compile(rf"(?:{_NAME}\.)*?{_CUSTOM}|{_NAME}(?:\.{_NAME})*", re.IGNORECASE)
OPERATORS = (
    ":!=",
    ":!~",
    ":>=",
    ":<=",
    ":=",
    ":>",
    ":<",
    ":~",
    ":",
    "!=",
    "!~",
    ">=",
    "<=",
    "=",
    ">",
    "<",
    "~",
)
_OPERATOR = re.compile("|".join(map(re.escape, OPERATORS)))
_AFTER_LIST_ITEM = (re.compile(rf"[{SPACE}),/]|\.\.|$"), re.compile(rf"[{SPACE}]*(?:[,/]|\.\.|$)"))
_AFTER_VALUE = (re.compile(rf"[{SPACE})]|$"), re.compile(rf"[{SPACE}]*$"))
"""Text that may follow a closing quote: in query text, and in an argument that is one term."""
_TYPOGRAPHIC = {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"}
_TYPOGRAPHIC |= {"\u2013": "-", "\u2014": "-", "\u2212": "-", "\uff1a": ":", "\uff08": "(", "\uff09": ")"}
"""Typographic characters that word processors insert -> ASCII characters."""


@dataclass(frozen=True, slots=True)
class Source:
    """A query text; `arguments` maps the start of each argument that is one term to its end."""

    text: str
    arguments: Mapping[int, int] = field(default_factory=dict)

    def skip(self, at: int) -> int:
        """The position of the next item."""
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def head(self, at: int) -> tuple[str, str, int] | None:
        """Path, operator and position of the value of a term at `at`; None where there is no operator."""
        path = _PATH.match(self.text, at)
        operator = _OPERATOR.match(self.text, path.end()) if path else None
        return (path[0], operator[0], operator.end()) if path and operator else None

    def check_first(self, at: int) -> None:
        """Refuse typographic quotes and dashes at the start of an item."""
        plain = _TYPOGRAPHIC.get(self.text[at])
        if plain:
            found = self.text[at]
            raise QueryProblem(at, at + 1, f"{found} is no {plain} here.", f"Write {plain}.")

    def value(self, at: int, end: int | None, *, listed: bool = False, literal: bool = False) -> Value:
        """The value at `at`, to the end of the argument or to white space.

        With `listed`, quotes may open after a comma and `..`; with `literal`, only a whole value is quoted.
        """
        return _Reader(self.text, at, end, listed=listed and not literal).read()


class _Reader:
    """Reads one value; see `Source.value`."""

    def __init__(self, text: str, at: int, end: int | None, *, listed: bool) -> None:
        self.text, self.start, self.at = text, at, at
        self.end = len(text) if end is None else end
        self.whole = end is not None
        self.listed = listed
        self.found: list[str] = []
        self.shape: list[str] = []
        self.depth = 0

    def read(self) -> Value:
        opens = True
        while self.at < self.end:
            char = self.text[self.at]
            if char in SPACE and not self.whole:
                break
            if char in "\"'" and opens and self._read_quoted():
                opens = False
                continue
            if char == ")" and self.depth == 0 and not self.whole:
                break
            self.depth += (char == "(") - (char == ")" and self.depth > 0)
            run = _RUN.match(self.text, self.at, self.end)
            piece = run[0] if run else char
            self._append(piece, piece)
            opens = self.listed and self._opens(char, opens)
        return Value("".join(self.found), "".join(self.shape), Span(self.start, self.at)).part(
            0, sum(map(len, self.found))
        )

    def _opens(self, char: str, opened: bool) -> bool:
        """Whether a quote may open after `char`: a comma, `..`, or white space behind these."""
        after_range = char == "." and self.text[self.at - 2 : self.at] == ".."
        return char == "," or after_range or (opened and self.whole and char in SPACE)

    def _append(self, text: str, shape: str, skipped: int = 0) -> None:
        self.found.append(text)
        self.shape.append(shape)
        self.at += len(text) + skipped

    def _read_quoted(self) -> bool:
        """Read a quoted text; False for a quote of an argument that does not enclose an item."""
        close = closing_quote(self.text, self.at, self.end)
        if close < 0 and self.whole:
            return False
        if close < 0:
            raise unclosed(self.text, self.at)
        if not self._ends_item(close + 1):
            if self.whole:
                return False
            raise QueryProblem(
                close + 1, close + 2, "After a closing quote there must be a space.", "Quote the whole value."
            )
        inner = unquoted(self.text[self.at : close + 1])
        self._append(inner, QUOTED * len(inner), close + 1 - self.at - len(inner))
        if not inner:
            hint = "Write no:FIELD for objects without it."
            raise QueryProblem(self.start, close + 1, "The quotes are empty.", hint)
        return True

    def _ends_item(self, at: int) -> bool:
        """Whether an item may end at `at`, behind a closing quote."""
        end = _AFTER_LIST_ITEM if self.listed else _AFTER_VALUE
        return end[self.whole].match(self.text, at, self.end) is not None


def closing_quote(text: str, at: int, end: int) -> int:
    """The position of the quote that closes the one at `at`; -1 for none."""
    if text[at] == "'":
        return text.find("'", at + 1, end)
    found = at + 1
    while (found := text.find('"', found, end)) >= 0:
        slashes = 0
        while text[found - 1 - slashes] == "\\" and found - 1 - slashes > at:
            slashes += 1
        if slashes % 2 == 0:
            return found
        found += 1
    return -1


def unquoted(text: str) -> str:
    r"""The text within quotes; in "..." only `\"` and `\\` are escapes, in '...' nothing is."""
    return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if text[0] == '"' else text[1:-1]


def unclosed(text: str, at: int) -> QueryProblem:
    """The mistake of a quote that is never closed."""
    rest = text[at + 1 :]
    hint = "Close it."
    if text[at] == '"' and rest.endswith('\\"'):
        hint = f"A backslash before it is an escape: write '{rest[:-1]}'."
    return QueryProblem(at, at + 1, f"The quote {text[at]} is not closed.", hint)
