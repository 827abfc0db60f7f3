"""Texts that every match of a regular expression contains, so that SQLite can rule rows out first.

Calling an expression for each of a million paths takes seconds, looking for a text a tenth of that. Only
plain syntax is read: an expression with flags, alternatives or escapes with arguments has no such text.
"""

from __future__ import annotations

import re

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
