"""Tables for people: aligned text, truncated to the width of a terminal."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from stash_cli.core.texts import display_width
from stash_cli.output.streams import escaped
from stash_cli.output.values import Column, pick, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stash_cli.output.streams import Streams

SHORT, LEAST = 10, 4
"""Columns up to SHORT are not truncated while the others keep LEAST; narrower ones would be omitted."""
MAIN, MAIN_LEAST = 40, 28
"""Bounds for the reserved width of the main column, such as the title; between them, half of the terminal."""

GAP = 2
"""Characters between two columns."""

BLOCK = 100
"""Rows that are measured and printed together; columns of later blocks are at least as wide."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def cell(row: dict[str, Any], column: Column) -> str:
    """The text of one cell: the value of the column's first path that is not empty."""
    for path in column.paths:
        if text := shown(pick(row, path), column.kind):
            return text
    return ""


WHOLE = frozenset({"moment", "duration", "size", "bit_rate"})
"""Kinds of values that would be misleading when truncated."""


def fitted(natural: list[int], width: int, whole: Sequence[bool] = ()) -> list[int]:
    """Widths for a terminal of `width`: narrow columns keep their width, wide columns share the rest.

    Columns marked in `whole` also keep theirs if there is room.

    >>> fitted([2, 30, 8], 30)
    [2, 16, 8]
    """
    available = width - GAP * (len(natural) - 1)
    widths = list(natural)
    for done, index in enumerate(sorted(range(len(natural)), key=natural.__getitem__)):
        others = len(natural) - done - 1
        kept_whole = natural[index] <= SHORT or (bool(whole) and whole[index])
        own = natural[index] if kept_whole and available - natural[index] >= LEAST * others else 0
        widths[index] = min(natural[index], max(available // (others + 1), own, 1))
        available -= widths[index]
    return widths


def most_of(column: Column, width: int) -> int:
    """The reserved width of a column on a terminal of `width`."""
    if column.main:
        return min(MAIN, max(width // 2, MAIN_LEAST))
    return MAIN if column.kind in WHOLE else SHORT


def choose_columns(
    columns: Sequence[Column], natural: list[int], width: int, positions: Iterable[int]
) -> list[int]:
    """Choose the columns to print: drop optional ones before others are truncated, then too narrow ones.

    Columns are dropped from the right; the first and the main column are always printed.
    """
    chosen = list(positions)

    def total(*, cut: bool) -> int:
        # Paths count with their reserved width, because they are truncated first.
        most = (
            most_of(columns[at], width) if cut or columns[at].kind == "path" else natural[at] for at in chosen
        )
        return sum(min(natural[at], each) for at, each in zip(chosen, most, strict=True)) + GAP * (
            len(chosen) - 1
        )

    for at in chosen[::-1]:
        if columns[at].optional and total(cut=False) > width:
            chosen.remove(at)
    for at in chosen[:0:-1]:
        if not columns[at].main and total(cut=True) > width:
            chosen.remove(at)
    return chosen


def widths_of(columns: Sequence[Column], natural: list[int], width: int) -> list[int]:
    """Widths for a terminal; the main column is truncated last."""
    main = next((at for at, column in enumerate(columns) if column.main), None)
    whole = [column.kind in WHOLE for column in columns]
    if main is None or len(columns) == 1:
        return fitted(natural, width, whole)
    others = [at for at in range(len(columns)) if at != main]
    least = sum(min(natural[at], most_of(columns[at], width)) for at in others) + GAP * len(others)
    own = min(natural[main], max(width - least, most_of(columns[main], width)))
    widths = fitted([natural[at] for at in others], width - own - GAP, [whole[at] for at in others])
    return [*widths[:main], own, *widths[main:]]


def cut(text: str, width: int, *, at_start: bool = False) -> str:
    """Truncate `text` to `width` columns of a terminal, with an ellipsis.

    >>> cut("/media/videos/sea.mp4", 10, at_start=True)
    '…s/sea.mp4'
    """
    if display_width(text) <= width:
        return text
    most = max(width - 1, 0)
    # A character has at most two columns, so the loop is short.
    kept = text[len(text) - most :] if at_start else text[:most]
    while kept and display_width(kept) > most:
        kept = kept[1:] if at_start else kept[:-1]
    return f"{ELLIPSIS}{kept}" if at_start else f"{kept}{ELLIPSIS}"


class TableWriter:
    """Collects rows and prints them in blocks.

    On a terminal, columns without room are omitted, and also empty columns unless they were chosen with
    `--fields`. Elsewhere all columns are printed without truncation.
    """

    def __init__(self, streams: Streams, columns: Sequence[Column], *, is_chosen: bool = False) -> None:
        self.streams, self.columns, self.is_chosen = streams, columns, is_chosen
        self.block: list[list[str]] = []
        self.natural: list[int] = []
        """Natural widths of the columns in the rows so far."""
        self.positions = list(range(len(columns)))
        """Indexes of the printed columns."""
        self.left_out: list[str] = []
        """Headings of columns without room on the terminal."""

    def row(self, row: dict[str, Any]) -> None:
        # Widths are measured over a block, so that a long list does not wait for its last row.
        self.block.append([cell(row, column) for column in self.columns])
        if len(self.block) == BLOCK:
            self._flush()

    def rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Print a page."""
        for row in rows:
            self.row(row)

    def finish(self) -> None:
        if self.block:
            self._flush(is_last=True)
        if self.left_out:
            more = "--json prints all" if self.is_chosen else "choose columns with --fields"
            self.streams.note(f"left out, as the terminal is too narrow: {', '.join(self.left_out)}; {more}")

    def _flush(self, *, is_last: bool = False) -> None:
        # Only the first block has headings; later blocks continue the same table.
        headings = [] if self.natural else [[column.header.upper() for column in self.columns]]
        lines = headings + self.block
        widest = [max(map(display_width, cells)) for cells in zip(*lines, strict=True)]
        self.natural = [max(pair) for pair in zip_longest(widest, self.natural, fillvalue=0)]
        if headings and self.streams.out_is_terminal:
            self._choose(is_last=is_last)
        widths = self._widths()
        for number, line in enumerate(lines):
            self._print(line, widths, is_heading=number < len(headings))
        self.block = []

    def _choose(self, *, is_last: bool) -> None:
        """Choose the columns to print on a terminal."""
        if is_last and not self.is_chosen:
            self.positions = [
                at
                for at in self.positions
                if at == 0 or self.columns[at].main or any(row[at] for row in self.block)
            ]
        candidates = self.positions
        self.positions = choose_columns(self.columns, self.natural, self.streams.width, candidates)
        # A chart repeats other columns, so its omission is not reported.
        self.left_out = [
            self.columns[at].header
            for at in candidates
            if at not in self.positions and self.columns[at].kind != "chart"
        ]

    def _widths(self) -> list[int]:
        natural = [self.natural[at] for at in self.positions]
        if not self.streams.out_is_terminal:
            return natural
        return widths_of([self.columns[at] for at in self.positions], natural, self.streams.width)

    def _print(self, line: list[str], widths: list[int], *, is_heading: bool) -> None:
        columns = map(self.columns.__getitem__, self.positions)
        cells = map(_padded, map(line.__getitem__, self.positions), widths, columns)
        text = "  ".join(cells).rstrip()
        if is_heading and self.streams.out_is_terminal:
            self.streams.graphics(self.streams.style(escaped(text), "bold", self.streams.out) + "\n")
        else:
            self.streams.data(f"{text}\n")


def _padded(text: str, width: int, column: Column) -> str:
    """Pad or truncate a cell to `width`; paths are truncated at their beginning."""
    own = display_width(text)
    if own > width:
        text = cut(text, width, at_start=column.kind == "path")
        own = display_width(text)
    space = " " * (width - own)
    return f"{space}{text}" if column.right else f"{text}{space}"
