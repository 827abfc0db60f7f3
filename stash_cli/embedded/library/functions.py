"""SQL functions and collations (regexp, natural order, hash distance, modulo), and RE2 patterns of inputs."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.re2 import Expression, ExpressionError
from stash_cli.core.types.re2 import compile_pattern as compile_expression
from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from sqlite3 import Connection


_DIGITS = re.compile(r"(\d+)", re.ASCII)
_MASK = (1 << 64) - 1


def register(connection: Connection) -> None:
    """Register the functions and the collation on `connection`."""
    connection.create_function("regexp", 2, regexp, deterministic=True)
    connection.create_function("phash_distance", 2, phash_distance, deterministic=True)
    # SQLite has mod() only when it was compiled with its math functions.
    connection.create_function("mod", 2, modulo, deterministic=True)
    connection.create_collation("NATURAL_CI", compare_naturally)


def regexp(pattern: str, value: Any) -> bool | None:
    """SQL REGEXP with RE2 syntax; NULL stays NULL, numbers are matched as text."""
    if value is None:
        return None
    return compile_expression(pattern).matches(value if isinstance(value, str) else str(value))


def phash_distance(first: int | None, second: int | None) -> int | None:
    """The number of differing bits of two perceptual hashes."""
    if first is None or second is None:
        return None
    return ((int(first) ^ int(second)) & _MASK).bit_count()


def modulo(value: float | None, divisor: float) -> float | None:
    """The remainder of a floating-point division, as SQLite's optional `mod`."""
    return None if value is None else math.fmod(value, divisor)


@lru_cache(maxsize=65536)
def natural_key(text: str) -> tuple[tuple[int, int, str, int], ...]:
    """A sort key that compares digits by value and letters without case: "a2" < "A10" < "a010"."""
    return tuple(_part(part) for part in _DIGITS.split(text.lower()) if part)


def _part(part: str) -> tuple[int, int, str, int]:
    """The key of a run; digits compare by their number without leading zeros, so any length works."""
    if part[0] not in "0123456789":
        return 1, 0, part, 0
    digits = part.lstrip("0")
    return 0, len(digits), digits, len(part)


def sort_key(text: str) -> str:
    """Text whose byte order is the natural order of `text`, so that an index can store it.

    A number is encoded as its number of digits, the digits, and its length with leading zeros, after a
    character that is lower than any letter.
    """
    return "".join(
        letters if kind else f"\1{_length(size)}{letters}{_length(length)}"
        for kind, size, letters, length in natural_key(text)
    )


def _length(number: int) -> str:
    """A number below 53,000 as one character."""
    return chr(min(number + 32, 0xD000))


def compare_naturally(first: str, second: str) -> int:
    """Collation NATURAL_CI: -1, 0 or 1."""
    left, right = natural_key(first), natural_key(second)
    return (left > right) - (left < right)


_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def is_literal(pattern: str) -> bool:
    """Whether a pattern is plain text without special characters."""
    return bool(pattern) and _SPECIAL.isdisjoint(pattern) and "\0" not in pattern


def compile_pattern(pattern: str) -> Expression:
    """Compile a pattern. Raises Refused for syntax that the server refuses."""
    try:
        return compile_expression(pattern)
    except ExpressionError as failure:
        raise Refused(f"error parsing regexp: {failure}") from failure


_TOKEN = re.compile(
    r"""(?P<unread>\(\?|\||\\[QEpPxC0-9]|\\$)
      | (?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\\[A-Za-z]|[.^$])
      | (?P<repeat>[*?]|\{\d+(?:,\d*)?\})
      | (?P<more>\+)
      | (?P<open>\()
      | (?P<close>\))
      | \\(?P<escaped>.)
      | (?P<plain>[^\[{\\])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
"""Tokens of a pattern: `unread` and `other` are not analysed, `repeat` may make a token optional."""


def required_substrings(pattern: str) -> list[str]:
    """Substrings that every match contains; [] when none is known.

    They are a cheap first test: an expression for each of a million paths takes seconds, a substring a tenth
    of that.
    """
    runs, depth = [""], 0
    for token in _TOKEN.finditer(pattern):
        kind = token.lastgroup
        if kind in ("unread", "other"):
            return []
        depth += {"open": 1, "close": -1}.get(str(kind), 0)
        if kind in ("escaped", "plain") and depth == 0:
            runs[-1] += token["escaped"] or token["plain"]
            continue
        if kind == "repeat":
            runs[-1] = runs[-1][:-1]
        runs.append("")
    return [run for run in runs if run and "\0" not in run]
