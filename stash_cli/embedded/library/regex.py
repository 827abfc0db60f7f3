"""Regular expressions of inputs in RE2 syntax, and required substrings as a cheap first test.

Calling an expression for each of a million paths takes seconds, searching for a substring a tenth of that.
"""

from __future__ import annotations

import re

from stash_cli.core.types.re2 import Expression, ExpressionError
from stash_cli.core.types.re2 import compile_pattern as compile_expression
from stash_cli.embedded.graphql.errors import Refused

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
    """Substrings that every match contains; [] when none is known."""
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
