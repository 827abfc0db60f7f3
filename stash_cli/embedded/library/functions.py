"""What SQLite is taught on every connection: regexp, natural order, hash distance, age."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.re2 import compile_pattern

if TYPE_CHECKING:
    from sqlite3 import Connection

_DIGITS = re.compile(r"(\d+)", re.ASCII)
_MASK = (1 << 64) - 1


def register(connection: Connection) -> None:
    """Teach `connection` the functions and the collation that filters and sorts use."""
    connection.create_function("regexp", 2, regexp, deterministic=True)
    connection.create_function("phash_distance", 2, phash_distance, deterministic=True)
    connection.create_function("mod", 2, modulo, deterministic=True)
    connection.create_collation("NATURAL_CI", compare_naturally)


def regexp(pattern: str, value: Any) -> bool | None:
    """Whether RE2 `pattern` is found in `value`; NULL stays NULL, numbers are matched as text."""
    if value is None:
        return None
    return compile_pattern(pattern).matches(value if isinstance(value, str) else str(value))


def phash_distance(first: int | None, second: int | None) -> int | None:
    """How many of the 64 bits of two perceptual hashes differ."""
    if first is None or second is None:
        return None
    return ((int(first) ^ int(second)) & _MASK).bit_count()


def modulo(value: float | None, divisor: float) -> float | None:
    """The remainder of a floating point division, as SQLite's own `mod` where it is built in."""
    return None if value is None else math.fmod(value, divisor)


@lru_cache(maxsize=65536)
def natural_key(text: str) -> tuple[tuple[int, int, str, int], ...]:
    """A key that orders digits by value and letters without case: "a2" before "A10" before "a010"."""
    return tuple(_part(part) for part in _DIGITS.split(text.lower()) if part)


def _part(part: str) -> tuple[int, int, str, int]:
    """Digits by how many they are, without leading zeros; numbers of any length need no arithmetic."""
    if part[0] not in "0123456789":
        return 1, 0, part, 0
    digits = part.lstrip("0")
    return 0, len(digits), digits, len(part)


def sort_key(text: str) -> str:
    """A text whose order by bytes is the natural order of `text`, so that an index can hold it.

    A number is written as how many digits it has, the digits, and how long it was with its leading
    zeros; the character before it is lower than any letter.
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
