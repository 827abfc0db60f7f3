"""Recognition of read-only SQL statements by their tokens.

Servers execute any statement that is sent as a query, as they have no read-only connection: `DELETE` sent by
`querySQL` deletes rows (live, 0.30.1).
"""

from __future__ import annotations

import re
from itertools import pairwise

_PARTS = r"""
    (?P<skip> \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
  | (?P<word> [^\W\d]\w* )
  | (?P<sign> . )
"""
_READING = frozenset({"select", "values", "with", "explain", "pragma"})
_CHANGING = frozenset({"insert", "update", "delete", "replace"})
"""Words that change data after the common table expressions of WITH."""
_PRAGMAS = (
    "collation_list compile_options database_list encoding foreign_key_check foreign_key_list foreign_keys"
    " freelist_count function_list index_info index_list index_xinfo integrity_check journal_mode page_count"
    " page_size quick_check schema_version table_info table_list table_xinfo user_version"
)
"""Pragmas that change nothing without an argument."""
_TAKES_NAME = ("_info", "_xinfo", "_list", "_check")
"""Endings of pragmas whose argument names a table or an index and is not a value to set."""


def only_reads(text: str) -> bool:
    """Whether the text is one statement that cannot change a database; False in doubt."""
    tokens = _tokens(text)
    while tokens and tokens[-1] == ";":
        tokens.pop()
    if not tokens or ";" in tokens or tokens[0] not in _READING:
        return False
    if tokens[0] == "pragma":
        return _is_reading_pragma(tokens[1:])
    # `replace(a, b, c)` is a function, and EXPLAIN runs nothing.
    changing = any(
        word in _CHANGING and (word, after) != ("replace", "(") for word, after in pairwise([*tokens, ""])
    )
    return tokens[0] == "explain" or not changing


def _tokens(text: str) -> list[str]:
    """Words in lower case, and signs; a quoted text or name is one `?`."""
    found = []
    for match in re.finditer(_PARTS, text, re.VERBOSE | re.DOTALL):
        kind = match.lastgroup
        if kind != "skip":
            found.append("?" if kind == "quoted" else match[0].lower())
    return found


def _is_reading_pragma(tokens: list[str]) -> bool:
    name, *rest = tokens or [""]
    if len(rest) > 1 and rest[0] == ".":  # with a schema: main.table_info
        name, *rest = rest[1:]
    return name in _PRAGMAS.split() and (not rest or (rest[0] == "(" and name.endswith(_TAKES_NAME)))
