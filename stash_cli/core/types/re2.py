"""Regular expressions in the server's dialect (RE2), matched in linear time.

Python's `re` backtracks: `(a+)+$` takes exponential time on some texts and cannot be interrupted. So `re`
matches plain texts only; every other expression is compiled by the RE2 library, which also has the server's
syntax. Its wrapper takes 20 ms to import, which plain texts avoid.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.errors import StashConfigurationError

if TYPE_CHECKING:
    from types import ModuleType

_SHOWN = 1000  # characters of an expression in a message
_COMPILED = 32  # cached expressions; each may take up to 8 MiB, RE2's own limit
_TEXT = r"(?:[^\\.+*?()|\[\]{}^$]|\\[\\.+*?()|\[\]{}^$\-])+"
_PLAIN = re.compile(
    rf"(?P<fold>\(\?i\))?(?P<start>\^)?(?P<text>{_TEXT}|(?<=\^)\({_TEXT}(?:\|{_TEXT})*\))(?P<end>\$)?\Z"
)
"""Text anywhere, or one of several texts at the start; without repetition, so that `re` cannot backtrack."""
_LONGEST_PLAIN = 200  # characters of a text that `re` compares at every position
_LONGEST_AT_START = 100_000  # characters of a text that `re` compares once; it compiles within a second
_LONGEST = 2_000_000  # characters of an expression that RE2 compiles
_MOST_WORK = 500_000_000
"""Steps of one match, seconds at worst: the size of the expression times the length of the text."""
_SMALL = 1000
"""Maximum program size of an expression that RE2's memory limit always allows to search as a set."""
_WORDING = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "pattern too large - compile failed": "expression too large",
}
"""RE2's description of a syntax error -> the wording of the server, which is written in Go."""


class ExpressionError(ValueError):
    """Invalid RE2 syntax; the message is the server's, without its prefix "error parsing regexp: "."""


class Expression(Protocol):
    """A compiled expression; the time of a match is linear in the length of the text.

    Raises ExpressionError if a large expression would take too long for a long text.
    """

    def matches(self, text: str, /) -> bool:
        """Whether the expression is found anywhere in `text`."""

    def groups(self, text: str, /) -> tuple[str, ...] | None:
        """The text of each group of the first match ("" for one that took no part); None without a match."""


@lru_cache(maxsize=_COMPILED)
def compile_pattern(pattern: str) -> Expression:
    """Compile RE2 syntax; raises ExpressionError. Without the RE2 library, matching raises instead."""
    plain = _PLAIN.match(pattern)
    if plain is not None and len(pattern) <= (_LONGEST_AT_START if plain["start"] else _LONGEST_PLAIN):
        return _Plain(plain)
    if len(pattern) > _LONGEST:
        raise ExpressionError(f"expression too large: more than {_LONGEST} characters")
    try:
        import re2  # type: ignore[import-untyped]
    except ImportError:
        return _NotInstalled()
    return _Compiled(re2, pattern)


class _Plain:
    def __init__(self, parts: re.Match[str]) -> None:
        # Not ^ and $: in Python $ matches before a line break at the end as well.
        start, end = parts["start"] and r"\A", parts["end"] and r"\Z"
        flags = re.IGNORECASE if parts["fold"] else re.NOFLAG
        self._found = re.compile(f"{start or ''}{parts['text']}{end or ''}", flags)

    def matches(self, text: str, /) -> bool:
        return self._found.search(text) is not None

    def groups(self, text: str, /) -> tuple[str, ...] | None:
        match = self._found.search(text)
        return None if match is None else match.groups()


class _Compiled:
    def __init__(self, re2: ModuleType, pattern: str) -> None:
        self._re2, self._pattern = re2, pattern
        plain = self._compiled(never_capture=True)
        self._longest = _MOST_WORK // plain.programsize
        self._search = self._search_set().Match if plain.programsize <= _SMALL else plain.search

    def matches(self, text: str, /) -> bool:
        if len(text) > self._longest:
            raise self._too_long(text)
        return bool(self._search(text.encode("utf-8", "replace")))  # called for every row of a library

    def groups(self, text: str, /) -> tuple[str, ...] | None:
        if len(text) > self._longest:
            raise self._too_long(text)
        match = self._with_groups.search(text.encode("utf-8", "replace"))
        return None if match is None else tuple(part.decode() for part in match.groups(b""))

    def _too_long(self, text: str) -> ExpressionError:
        return ExpressionError(f"expression too large for a text of {len(text)} characters")

    @cached_property
    def _with_groups(self) -> Any:
        return self._compiled(never_capture=False)

    def _search_set(self) -> Any:
        """A set of this expression only: it tests for a match in a third of the time, but has no groups."""
        search_set = self._re2.Set.SearchSet(self._options(never_capture=True))
        search_set.Add(self._pattern.encode(errors="replace"))
        search_set.Compile()
        return search_set

    def _options(self, *, never_capture: bool) -> Any:
        options = self._re2.Options()
        options.log_errors = False  # errors are raised; RE2 would also write them to standard error
        options.never_capture = never_capture
        return options

    def _compiled(self, *, never_capture: bool) -> Any:
        try:
            return self._re2.compile(
                self._pattern.encode(errors="replace"), self._options(never_capture=never_capture)
            )
        except self._re2.error as failure:
            raise ExpressionError(_reworded(failure.args[0], self._pattern)) from failure
        finally:
            self._re2.purge()  # the library's own cache would keep another 128 expressions


class _NotInstalled:
    """An expression on a machine without RE2: it can be sent to a server, but not tested on rows."""

    def matches(self, _: str, /) -> bool:
        raise StashConfigurationError(
            "Regular expressions are matched with RE2, which is not installed.",
            hint="Install it: pip install google-re2",
        )

    def groups(self, text: str, /) -> tuple[str, ...] | None:
        self.matches(text)
        return None


def _reworded(failure: bytes | str, pattern: str) -> str:
    """`missing ]: [a` -> "missing closing ]: `[a`"."""
    text = failure.decode(errors="replace") if isinstance(failure, bytes) else failure
    what, _, part = text.partition(": ")
    return f"{_WORDING.get(what, what)}: `{(part or pattern)[:_SHOWN]}`"
