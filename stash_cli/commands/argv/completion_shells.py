"""Completion in each shell: the typed line as words, and candidates quoted for insertion.

bash splits words at colons and equals signs, and inserts candidates without quoting them. So its script
passes the line, and receives the part of each candidate after the last break, quoted for its position. The
other shells pass words and quote candidates themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.commands.argv.completion_tree import Cursor
from stash_cli.commands.argv.completion_values import FILES, Candidate, matching
from stash_cli.core.errors import StashError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.commands.argv.command import LazyGroup
    from stash_cli.output.streams import Streams

_SAFE = re.compile(r"[\w./%+,:=@-]", re.ASCII)
_BREAKS = " \t\n\"'><=;|&(:"
"""Characters at which bash ends a word, unless COMP_WORDBREAKS says otherwise."""
_IN_DOUBLE = re.compile(r'["$`\\]')


def complete(
    words: Sequence[str], streams: Streams, environ: Mapping[str, str], root: Callable[[], LazyGroup]
) -> int:
    """Print the completions of the last word for the shell that `_STASH_COMPLETE` names."""
    shell = environ.get("_STASH_COMPLETE", "")
    line = Line.parse(environ.get("_STASH_LINE", ""), environ.get("_STASH_BREAKS", _BREAKS))
    if shell == "bash":
        words = [*line.words[1:], line.value]
    *before, word = words or [""]
    if shell in _QUOTED:
        word = Line.parse(word, "").value
    try:
        found = candidates(before, word, environ, root)
    except (StashError, OSError):  # completion must not print errors
        return 0
    for text in line.insertions(found) if shell == "bash" else map(_FORMS.get(shell, _plain), found):
        streams.data(f"{text}\n")
    return 0


def candidates(
    before: Sequence[str], word: str, environ: Mapping[str, str], root: Callable[[], LazyGroup]
) -> list[Candidate]:
    """The candidates for `word` after finished words."""
    cursor = Cursor(root, environ)
    for each in before:
        cursor.advance(each)
    found = list(cursor.completions(word))
    if any(each.value == FILES for each in found):
        return [each for each in found if each.value == FILES]
    if wanted := set(matching((each.value for each in found), word)):
        return [each for each in found if each.value in wanted]
    wanted = set(matching((each.plain for each in found if each.plain), word))
    return [each for each in found if each.plain in wanted]


_QUOTED = ("fish", "powershell")
"""Shells that pass the unfinished word as typed, with its quotes."""


def _plain(candidate: Candidate) -> str:
    return f"{candidate.value}\t{' '.join(candidate.text.split())}"


def _zsh(candidate: Candidate) -> str:
    """Format a candidate, with a mark if no space should follow."""
    return f"{_plain(candidate)}\t{'+' if candidate.more else ''}"


def _powershell(candidate: Candidate) -> str:
    """Format a candidate, quoted because PowerShell does not quote it."""
    value = candidate.value
    if not all(_SAFE.match(char) or not char.isascii() for char in value):
        value = "'" + value.replace("'", "''") + "'"
    return f"{value}\t{_plain(candidate).partition(chr(9))[2]}\t{candidate.value}"


_FORMS: dict[str, Callable[[Candidate], str]] = {"zsh": _zsh, "powershell": _powershell}


@dataclass(frozen=True, slots=True)
class Line:
    """A command line up to the cursor, parsed like bash.

    `words` are the finished words without quotes, `value` is the unfinished one. `kept` is the part of
    `value` before the last break, which bash keeps; `quote` is the quote that is open at the cursor, if any.
    """

    words: tuple[str, ...]
    value: str = ""
    kept: str = ""
    quote: str = ""

    @classmethod
    def parse(cls, text: str, breaks: str) -> Line:
        """Parse a line: blanks, both kinds of quotes, and backslashes."""
        words: list[str] = []
        value, kept, quote, begun, at = "", "", "", False, 0
        while at < len(text):
            char = text[at]
            at += 1
            if quote:
                if char == quote:
                    quote, kept = "", value if char in breaks else kept
                elif char == "\\" and quote == '"' and text[at : at + 1] in ('"', "$", "`", "\\"):
                    value, at = value + text[at : at + 1], at + 1
                else:
                    value += char
            elif char in " \t\n":
                words += [value] if begun else []
                value, kept, begun = "", "", False
                continue
            elif char in "\"'":
                quote, kept = char, value
            elif char == "\\":
                value, at = value + text[at : at + 1], at + 1
            else:
                value += char
                kept = value if char in breaks else kept
            begun = True
        return cls(tuple(words), value, kept, quote)

    def insertions(self, found: Sequence[Candidate]) -> list[str]:
        """The output for bash: a line of options, and the part of each candidate after the last break."""
        if any(each.value == FILES for each in found):
            return ["files"]
        texts = [self._quoted(each.value[len(self.kept) :]) for each in found]
        # readline closes the quote after a single candidate, unless the last character is that quote.
        if len(texts) == 1 and self.quote and texts[0].endswith(self.quote):
            texts[0] += self.quote
        return ["nospace" if len(found) == 1 and found[0].more else "", *texts]

    def _quoted(self, text: str) -> str:
        if self.quote == "'":
            return text.replace("'", "'\\''")
        if self.quote == '"':
            # Interactive bash expands `!` even in double quotes, so it is moved outside of them.
            return _IN_DOUBLE.sub(r"\\\g<0>", text).replace("!", '"\\!"')
        return "".join(c if _SAFE.match(c) or not c.isascii() else f"\\{c}" for c in text)
