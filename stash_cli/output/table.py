"""Tables for people: Rich on a terminal, plain aligned text everywhere else."""

from __future__ import annotations

from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, Any

from stash_cli.output.values import pick, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import JustifyMethod

    from stash_cli.output.streams import Streams
    from stash_cli.output.values import Column

SHORT, LEAST = 10, 4
"""A column up to SHORT is not cut while the others keep LEAST; a column below SHORT is left out."""

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


def fitted(natural: list[int], width: int) -> list[int]:
    """Widths for a terminal of `width`: narrow columns keep theirs, wide columns share the rest.

    >>> fitted([2, 30, 8], 30)
    [2, 16, 8]
    """
    left = width - GAP * (len(natural) - 1)
    found = list(natural)
    for done, index in enumerate(sorted(range(len(natural)), key=natural.__getitem__)):
        others = len(natural) - done - 1
        whole = natural[index] if natural[index] <= SHORT and left - natural[index] >= LEAST * others else 0
        found[index] = min(natural[index], max(left // (others + 1), whole, 1))
        left -= found[index]
    return found


def room_for(contents: list[int], width: int) -> int:
    """The number of columns, from the left, that fit a terminal of `width`; at least one.

    >>> room_for([2, 30, 10, 6, 8], 40)
    4
    """
    ends = accumulate(min(max(each, LEAST), SHORT) + GAP for each in contents)
    return max(sum(end - GAP <= width for end in ends), 1)


class TableWriter:
    """Collects and prints rows in blocks."""

    def __init__(self, streams: Streams, columns: Sequence[Column], *, single: bool = False) -> None:
        self.streams, self.columns, self.single = streams, columns, single
        self.block: list[list[str]] = []
        self.widths: list[int] = []
        self.left_out: Sequence[Column] = ()

    def row(self, row: dict[str, Any]) -> None:
        if self.single:
            self._list(row)
            return
        # Widths need several rows, but a long list should not wait for its last row.
        self.block.append([cell(row, column) for column in self.columns])
        if len(self.block) == BLOCK:
            self._flush()

    def finish(self) -> None:
        if self.block:
            self._flush()
        if self.left_out:
            names = ", ".join(column.header for column in self.left_out)
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
        if heading:
            self.left_out = self.columns[room_for(contents, self.streams.width) :]
        count = len(self.columns) - len(self.left_out)
        table = Table(
            box=None, show_header=heading, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False
        )
        natural = [max(cell_len(header), each) for header, each in zip(headers, contents, strict=True)]
        widths = fitted(natural[:count], self.streams.width)
        for header, column, width in zip(headers, self.columns, widths, strict=False):
            justify: JustifyMethod = "right" if column.right else "left"
            table.add_column(header, justify=justify, width=width, no_wrap=True, overflow="ellipsis")
        for row in self.block:
            # Rich would read [x] in a plain string as markup.
            table.add_row(*map(Text, row[:count]))
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

    def _list(self, row: dict[str, Any]) -> None:
        """One object as `name: value` lines, without empty values."""
        texts = {column.header: cell(row, column) for column in self.columns}
        width = max(map(len, texts), default=0) + 1
        for name, text in texts.items():
            if text:
                self.streams.data(f"{name + ':':<{width}} {text}\n")
