"""The lexical grammar of GraphQL documents (section 2.1 of the specification).

Source characters are those of the October 2021 edition, escapes those of the newer one. A document that is
refused here may still be read by a more generous server, so callers have to assume the worst of it.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
# Possessive quantifiers, because backtracking would take quadratic time on long strings and comments.
_LEXEME = r"""(?:[\ufeff\t\n\r ,]++|\#[^\n\r]*+)*+(?:
    (?P<Name>[A-Za-z_][A-Za-z0-9_]*+)
    | (?P<Punctuator>[!$&():=@\[\]{|}]|\.\.\.)
    | (?P<BlockString>\"""(?:[^"\\]|\\\"""|\\(?!\""")|"(?!""))*+\""")
    | (?P<String>(?!\""")"(?:[^"\\\n\r]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]++\}))*+")
    | (?P<Float>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?+|[eE][+-]?[0-9]++)(?![0-9A-Za-z_.]))
    | (?P<Int>-?(?:0|[1-9][0-9]*+)(?![0-9A-Za-z_.]))
    | (?P<End>\Z)
)"""
_ESCAPE = r"\\(?:u([0-9A-Fa-f]{4})|u\{0*([0-9A-Fa-f]*)\}|.)"

STRINGS = ("String", "BlockString")


class NotUnderstoodError(ValueError):
    """Text that is not an executable document of the GraphQL specification."""


class Token(NamedTuple):
    """A lexical token: `kind` is Name, Punctuator, String, BlockString, Int, Float or End."""

    kind: str
    text: str
    start: int


def tokens(document: str) -> Iterator[Token]:
    """The tokens of a document, the last one of kind End; raises NotUnderstoodError."""
    if re.search(_CONTROLS, document) or not _is_unicode(document):
        raise NotUnderstoodError("characters that a document cannot hold")
    position = 0
    for match in _pattern().finditer(document):
        if match.start() != position:
            break
        position = match.end()
        kind = match.lastgroup or ""
        text = match[kind]
        if kind == "String" and "\\u" in text:
            _check_escapes(text)
        yield Token(kind, text, match.start(kind))
        if kind == "End":
            return
    raise NotUnderstoodError(f"no token at character {position}")


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(_LEXEME, re.VERBOSE)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _check_escapes(text: str) -> None:
    """Refuse escapes that are not characters: lone surrogates, and code points above U+10FFFF."""
    try:
        re.sub(_ESCAPE, _unit, text).encode("utf-16", "surrogatepass").decode("utf-16")
    except ValueError as error:
        raise NotUnderstoodError("an escape of what is no character") from error


def _unit(match: re.Match[str]) -> str:
    """The UTF-16 unit or character of an escape; raises ValueError where there is none."""
    unit, braced = match.groups()
    character = chr(min(int(unit or braced or "0", 16), sys.maxunicode + 1))  # raises above the last one
    if braced and not _is_unicode(character):
        raise ValueError(braced)
    return character
