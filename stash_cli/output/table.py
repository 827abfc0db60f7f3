"""Tables for people: Rich on a terminal, plain aligned text everywhere else."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from stash_cli.output.values import Column, pick, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import JustifyMethod

    from stash_cli.output.streams import Streams

SHORT, LEAST = 10, 4
"""A column up to SHORT is not cut while the others keep LEAST; a column below SHORT is left out."""
MAIN = 40
"""Characters of the main column, such as the title, that are kept before other columns are."""

GAP = 2
"""Characters between two columns."""

BLOCK = 100
"""Rows that are measured together; later blocks keep at least the widths of the first."""


def cell(row: dict[str, Any], column: Column) -> str:
    """The text of one cell: the first of the column's paths that has a value."""
    for path in column.paths:
        if text := shown(pick(row, path), column.kind):
            return text
    return ""


WHOLE = frozenset({"moment", "duration", "size"})
"""Kinds of values that say something wrong when they are cut."""


def fitted(natural: list[int], width: int, whole: Sequence[bool] = ()) -> list[int]:
    """Widths for a terminal of `width`: narrow columns keep theirs, wide columns share the rest.

    Those marked in `whole` keep theirs, too, where there is room.

    >>> fitted([2, 30, 8], 30)
    [2, 16, 8]
    """
    left = width - GAP * (len(natural) - 1)
    found = list(natural)
    for done, index in enumerate(sorted(range(len(natural)), key=natural.__getitem__)):
        others = len(natural) - done - 1
        kept_whole = natural[index] <= SHORT or (bool(whole) and whole[index])
        own = natural[index] if kept_whole and left - natural[index] >= LEAST * others else 0
        found[index] = min(natural[index], max(left // (others + 1), own, 1))
        left -= found[index]
    return found


def most_of(column: Column) -> int:
    """Characters of a column that are kept before others are."""
    return MAIN if column.main or column.kind in WHOLE else SHORT


def kept(columns: Sequence[Column], contents: list[int], natural: list[int], width: int) -> list[int]:
    """Positions of the columns to print: optional ones go before another is cut, others when they get short.

    The columns on the right go first, and the main one never.
    """
    found = list(range(len(columns)))

    def total(cut: bool) -> int:
        most = [min(max(contents[at], LEAST), most_of(columns[at])) for at in found]
        return sum(most if cut else (natural[at] for at in found)) + GAP * (len(found) - 1)

    for at in reversed(range(len(columns))):
        if columns[at].optional and total(cut=False) > width:
            found.remove(at)
    for at in reversed(range(1, len(columns))):
        if at in found and not columns[at].main and total(cut=True) > width:
            found.remove(at)
    return found


def widths_of(columns: Sequence[Column], natural: list[int], width: int) -> list[int]:
    """Widths for a terminal; the main column is cut after all others."""
    main = next((at for at, column in enumerate(columns) if column.main), None)
    whole = [column.kind in WHOLE for column in columns]
    if main is None or len(columns) == 1:
        return fitted(natural, width, whole)
    others = [at for at in range(len(columns)) if at != main]
    least = sum(min(natural[at], most_of(columns[at])) for at in others) + GAP * len(others)
    own = min(natural[main], max(width - least, min(MAIN, width // 2)))
    found = fitted([natural[at] for at in others], width - own - GAP, [whole[at] for at in others])
    return [*found[:main], own, *found[main:]]


class TableWriter:
    """Collects and prints rows in blocks."""

    def __init__(self, streams: Streams, columns: Sequence[Column]) -> None:
        self.streams, self.columns = streams, columns
        self.block: list[list[str]] = []
        self.widths: list[int] = []
        self.positions = list(range(len(columns)))
        """Positions of the columns that the terminal has room for."""

    def row(self, row: dict[str, Any]) -> None:
        # Widths need several rows, but a long list should not wait for its last row.
        self.block.append([cell(row, column) for column in self.columns])
        if len(self.block) == BLOCK:
            self._flush()

    def rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Print a page."""
        for row in rows:
            self.row(row)

    def finish(self) -> None:
        if self.block:
            self._flush()
        left_out = [column for at, column in enumerate(self.columns) if at not in self.positions]
        if left_out:
            names = ", ".join(column.header for column in left_out)
            self.streams.note(f"the terminal is too narrow for {names}; choose columns with --fields")

    def _flush(self) -> None:
        heading = not self.widths
        if self.streams.out_is_terminal:
            self._rich(heading=heading)
        else:
            self._aligned(heading=heading)
        self.widths = self.widths or [1]
        self.block = []

    def _aligned(self, *, heading: bool) -> None:
        # Only the first block has the headings: the others continue the same table.
        headers = [[column.header.upper() for column in self.columns]] if heading else []
        lines = headers + self.block
        found = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        self.widths = [max(pair) for pair in zip_longest(found, self.widths, fillvalue=0)]
        for line in lines:
            cells = (self._pad(*facts) for facts in zip(line, self.widths, self.columns, strict=True))
            self.streams.data("  ".join(cells).rstrip() + "\n")

    @staticmethod
    def _pad(text: str, width: int, column: Column) -> str:
        return text.rjust(width) if column.right else text.ljust(width)

    def _rich(self, *, heading: bool) -> None:
        from rich.cells import cell_len
        from rich.table import Table
        from rich.text import Text

        headers = [column.header.upper() for column in self.columns]
        contents = [max(map(cell_len, cells)) for cells in zip(*self.block, strict=True)]
        natural = [max(cell_len(header), each) for header, each in zip(headers, contents, strict=True)]
        if heading:
            self.positions = kept(self.columns, contents, natural, self.streams.width)
        columns = [self.columns[at] for at in self.positions]
        widths = widths_of(columns, [natural[at] for at in self.positions], self.streams.width)
        table = Table(
            box=None, show_header=heading, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False
        )
        for column, width in zip(columns, widths, strict=True):
            justify: JustifyMethod = "right" if column.right else "left"
            table.add_column(
                column.header.upper(), justify=justify, width=width, no_wrap=True, overflow="ellipsis"
            )
        for row in self.block:
            # Rich would read [x] in a plain string as markup.
            table.add_row(*(Text(row[at]) for at in self.positions))
        self._console().print(table)

    def _console(self) -> Any:
        from rich.console import Console

        colored = self.streams.colored(self.streams.out)
        return Console(
            file=self.streams.out,
            width=self.streams.width,
            highlight=False,
            color_system="standard" if colored else None,
            no_color=not colored,
            force_terminal=colored,
            legacy_windows=False,
        )
