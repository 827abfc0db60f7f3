"""Help as text: usage and examples first, then options, then one line per derived field."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING

from stash_cli.commands.argv.flags import Flag, FlagTable, global_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stash_cli.output.streams import Streams

WIDTH, LEAST = 100, 30
"""Maximum characters of a line, and minimum on a narrow terminal."""
COLUMN = 26
"""Maximum length of a name with its text on the same line; at most a third of the line."""

Rows = list[tuple[str, str]]
Sections = dict[str, Rows]
"""Title -> (name, help) rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Text for lines of `width` characters: paragraphs, and sections of two columns."""

    width: int = WIDTH

    @classmethod
    def of(cls, streams: Streams) -> Layout:
        """The layout for the width of the terminal; WIDTH if stdout is not a terminal."""
        # Longer lines are hard to read, even on a wide terminal.
        return cls(max(min(WIDTH, streams.width), LEAST) if streams.out_is_terminal else WIDTH)

    def text(self, text: str) -> str:
        """Wrap each paragraph of a text."""
        paragraphs = cleandoc(text).split("\n\n")
        return "\n\n".join(self.fill(" ".join(p.split())) for p in paragraphs) + "\n" if text else ""

    def section(self, title: str, rows: Rows) -> str:
        """Format two columns below a title; a name that is too long is on its own line."""
        longest = min(COLUMN, self.width // 3)
        width = max((len(name) for name, _ in rows if len(name) <= longest), default=0)
        lines = [self.fill(f"{title}:")]
        for name, text in rows:
            wrapped = self._wrapped(text, self.width - width - 4) or [""]
            beside = len(name) <= width
            first = [] if beside else [f"  {name}"]
            first.append(f"  {name if beside else '':<{width}}  {wrapped[0]}".rstrip())
            lines += [line for line in first if line]  # a long name may have no text
            lines += [f"  {'':<{width}}  {line}" for line in wrapped[1:]]
        return "\n".join(lines) + "\n"

    def sections(self, sections: Sections) -> list[str]:
        return [self.section(title, rows) for title, rows in sections.items()]

    def fill(self, text: str) -> str:
        """Wrap one paragraph, but not within names of flags."""
        return "\n".join(self._wrapped(text, self.width))

    @staticmethod
    def _wrapped(text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False)


def command_help(
    page: Layout,
    usage: str,
    examples: Sequence[str],
    text: str,
    parameters: Sections,
    flags: Iterable[Flag],
) -> str:
    """The help of one command; `parameters` are Typer's own, `flags` the derived ones."""
    parts = [
        f"Usage: {usage}\n",
        _examples(examples),
        page.text(text),
        *page.sections(parameters),
        *page.sections(grouped(flags)),
        page.section("Output", grouped(global_flags().rows())["Output"]),
        page.text(_other_global_options()),
    ]
    return "\n".join(part for part in parts if part)


def group_help(
    page: Layout, path: str, examples: Sequence[str], text: str, commands: Sections, *, is_root: bool
) -> str:
    """The help of a group; that of the root includes the global options."""
    parts = [
        f"Usage: {path} COMMAND [ARGS...]\n",
        _examples(examples),
        page.text(text),
        *page.sections(commands),
        *(page.sections(grouped(global_flags().rows())) if is_root else ()),
        page.text(f"Run {path} COMMAND --help for the options of a command."),
    ]
    return "\n".join(part for part in parts if part)


def all_flags(page: Layout, title: str, tables: Iterable[FlagTable]) -> str:
    """Every flag of every table, one line each."""
    parts = [f"{title}:\n"]
    for table in tables:
        sections: Sections = defaultdict(list)
        for flag in table.rows():
            sections[flag.group].append((flag.usage, flag.long_help or flag.help))
        parts += [f"{table.title}:\n"] * bool(table.title)
        parts += page.sections(sections)
    return "\n".join(parts)


def grouped(flags: Iterable[Flag]) -> Sections:
    """Rows of flags that are not hidden, by group; suffixes shared by a whole group are in its title."""
    groups: dict[str, list[Flag]] = defaultdict(list)
    for flag in flags:
        if not flag.hidden:
            groups[flag.group].append(flag)
    found: Sections = {}
    for group, members in groups.items():
        shared = _shared([flag for flag in members if flag.metavar])
        endings = "endings" if len(shared) > 1 else "ending"
        title = f"{group}, also with the {endings} {' '.join(shared)}" if shared else group
        found[title] = [(flag.usage, _line(flag, shared)) for flag in members]
    return found


def _shared(flags: list[Flag]) -> list[str]:
    """The suffixes that all of several flags have."""
    if len(flags) < 2 or not all(flag.suffixes for flag in flags):  # noqa: PLR2004 - one flag shares nothing
        return []
    return [ending for ending in flags[0].suffixes if all(ending in flag.suffixes for flag in flags)]


def _line(flag: Flag, shared: list[str]) -> str:
    own = " ".join(ending for ending in flag.suffixes if ending not in shared)
    return "; ".join(part for part in (flag.help, own) if part)


def _other_global_options() -> str:
    """A line with the global options that only the root's help explains."""
    rows = [flag for flag in global_flags().rows() if flag.group != "Output"]
    names = " ".join(flag.short or flag.name for flag in rows)
    return f"Global options: {names} (see stash --help)"


def _examples(examples: Sequence[str]) -> str:
    return "Examples:\n" + "".join(f"  {example}\n" for example in examples) if examples else ""
