"""Regular expressions of inputs, in RE2 syntax, and how SQLite tells non-matching rows first.

Calling an expression for each of a million paths takes seconds, looking for a substring a tenth of that.
"""

from __future__ import annotations

import re

from stash_cli.core.types.re2 import Expression, ExpressionError
from stash_cli.core.types.re2 import compile_pattern as compile_expression
from stash_cli.embedded.graphql.errors import Refused

_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def is_text(pattern: str) -> bool:
    """Whether an expression matches only itself, so that SQLite can look for it."""
    return bool(pattern) and _SPECIAL.isdisjoint(pattern) and "\0" not in pattern


def compile_pattern(pattern: str) -> Expression:
    """Compile RE2 syntax; raises Refused for what the server does not take either."""
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
"""`unread` and `other` are what is not understood here; `repeat` may leave out what is before it."""


def required_texts(pattern: str) -> list[str]:
    """The texts, each of them in every match; [] where none is known."""
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
