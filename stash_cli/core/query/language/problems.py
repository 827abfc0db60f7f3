"""Mistakes in a query text, shown with a caret below their place."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashQueryError
from stash_cli.core.texts import display_width

if TYPE_CHECKING:
    from collections.abc import Sequence

_BEFORE, _SHOWN = 40, 66
"""Columns shown before a mistake, and in all."""
_MAX_PROBLEMS = 10
"""The largest number of mistakes that are shown."""
TOPIC = "`stash help query` explains the language."


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in the characters from `start` to `end`, and what to write instead."""

    start: int
    end: int
    message: str
    hint: str = ""


class QueryProblem(Exception):  # noqa: N818 - never leaves the parser
    """A mistake after which the rest of the text cannot be read."""

    def __init__(self, start: int, end: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(start, end, message, hint)


def query_error(text: str, problems: Sequence[Problem]) -> StashQueryError:
    """The error that shows all mistakes in their places."""
    first = sorted(set(problems), key=lambda one: (one.start, one.end))[:_MAX_PROBLEMS]
    details: list[str] = []
    for problem in first:
        details += with_carets(text, problem)
        message_parts = [problem.message] if len(first) > 1 else []
        details += (
            [escaped(" ".join([*message_parts, problem.hint]).strip())]
            if message_parts or problem.hint
            else []
        )
    only = f"a mistake in the query: {escaped(first[0].message)}"
    message = only if len(first) == 1 else f"{len(set(problems))} mistakes in the query:"
    facts = [
        {"start": p.start, "end": p.end, "message": p.message} | ({"hint": p.hint} if p.hint else {})
        for p in first
    ]
    return StashQueryError(message, hint=TOPIC, details=details, problems=facts)


def with_carets(text: str, problem: Problem) -> list[str]:
    """The text around a mistake, and a line of carets below it."""
    start = min(problem.start, len(text))
    end = max(start + 1, min(problem.end, len(text)))
    begin = _fit_before(text, start)
    shown = [escaped(char) for char in text[begin : begin + 4 * _SHOWN]]
    lead, cut = ("..." if begin else ""), _fit(shown)
    line = lead + "".join(shown[:cut]) + ("..." if begin + cut < len(text) else "")
    offset = display_width(lead + "".join(shown[: start - begin]))
    marked = display_width("".join(shown[start - begin : min(end - begin, cut)]))
    return [line, " " * offset + "^" * max(1, marked)]


def _fit_before(text: str, start: int) -> int:
    """The position to begin at, so that a mistake at `start` is seen with the text before it."""
    columns, begin = 0, start
    while begin and columns < _BEFORE:
        begin -= 1
        columns += display_width(escaped(text[begin]))
    return begin


def _fit(shown: Sequence[str]) -> int:
    """The number of characters that fit on a line."""
    columns = 0
    for number, char in enumerate(shown):
        columns += display_width(char)
        if columns > _SHOWN:
            return number
    return len(shown)


def escaped(text: str) -> str:
    r"""`text` with characters that a terminal would not show written out.

    >>> escaped("a\x1b[2J\n")
    'a\\x1b[2J\\n'
    """
    return "".join(char if _is_shown(char) else ascii(char)[1:-1] for char in text)


def _is_shown(char: str) -> bool:
    return char.isprintable() or unicodedata.combining(char) > 0
