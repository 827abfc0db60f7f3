"""Text laid out for the width of a terminal: paragraphs, and sections of names beside what they mean."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stash_cli.output.streams import Streams

WIDTH, LEAST = 100, 30
"""Characters of a line: where there is no terminal or it is wider, and where it is narrower than that."""
COLUMN = 26
"""Characters of the longest name that has its text beside it, at most a third of a line."""

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How text is set for lines of `width` characters."""

    width: int = WIDTH

    @classmethod
    def of(cls, streams: Streams) -> Layout:
        """The one for what `streams` print to."""
        return cls(max(min(WIDTH, streams.width), LEAST) if streams.out_is_terminal else WIDTH)

    def text(self, text: str | None) -> str:
        """Paragraphs, each filled."""
        paragraphs = cleandoc(text or "").split("\n\n")
        return "\n\n".join(self.fill(" ".join(p.split())) for p in paragraphs) + "\n" if text else ""

    def section(self, title: str, rows: Rows) -> str:
        """Two columns under a title; a name that is too long has a line of its own."""
        longest = min(COLUMN, self.width // 3)
        width = max((len(name) for name, _ in rows if len(name) <= longest), default=0)
        lines = [self.fill(f"{title}:")]
        for name, text in rows:
            wrapped = self._wrapped(text, self.width - width - 4) or [""]
            beside = len(name) <= width
            if not beside:
                lines.append(f"  {name}")
            lines.append(f"  {name if beside else '':<{width}}  {wrapped[0]}".rstrip())
            lines += [f"  {'':<{width}}  {line}" for line in wrapped[1:]]
        return "\n".join(lines) + "\n"

    def fill(self, text: str) -> str:
        """One paragraph; names of flags stay whole."""
        return "\n".join(self._wrapped(text, self.width))

    @staticmethod
    def _wrapped(text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False)
