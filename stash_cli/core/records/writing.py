"""Writers of files of records, which replace their target atomically."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.atomic_files import replacing
from stash_cli.core.errors import StashInputError
from stash_cli.core.records.formats import Format, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

Row = dict[str, Any]


class Text(Protocol):
    """A stream that text is written to."""

    def write(self, text: str, /) -> object: ...


class RecordWriter(Protocol):
    """Writes rows of JSON values; `finish` is called after the last one."""

    def rows(self, rows: Sequence[Row]) -> None: ...
    def finish(self) -> None: ...


class CsvRecords:
    """Rows as csv; `cell` formats a value. A row ends with a line feed."""

    _END = "\r\n"  # so that the csv module quotes values with a carriage return

    def __init__(self, out: Text, columns: Sequence[str], cell: Callable[[Any], str], delimiter: str) -> None:
        self._out, self._columns, self._cell = out, columns, cell
        self._csv = csv.writer(self, delimiter=delimiter or ",", lineterminator=self._END)
        self._csv.writerow(columns)

    def write(self, row: str) -> None:
        """Write a row of the csv module."""
        self._out.write(row.removesuffix(self._END) + "\n")

    def rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._csv.writerow([self._cell(row.get(name)) for name in self._columns])

    def finish(self) -> None:
        pass


class JsonRecords:
    """Rows as one array, or with `lines` one object per line."""

    def __init__(self, out: Text, *, lines: bool) -> None:
        self._out, self._lines = out, lines
        self._prefix = "" if lines else "[\n"

    def rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            text = json.dumps(row, ensure_ascii=False)
            self._out.write(f"{text}\n" if self._lines else f"{self._prefix}{text}")
            self._prefix = ",\n"

    def finish(self) -> None:
        if not self._lines:
            self._out.write("[]\n" if self._prefix == "[\n" else "\n]\n")


def text_writer(
    out: Text, layout: Layout, columns: Sequence[str], cell: Callable[[Any], str]
) -> RecordWriter:
    """The writer of a text format."""
    if layout.format is Format.CSV:
        return CsvRecords(out, columns, cell, layout.delimiter)
    return JsonRecords(out, lines=layout.format is Format.JSONL)


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that replaces `path` when the block ends without an error.

    Raises StashInputError if it cannot be written.
    """
    try:
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise StashInputError(f"{path} cannot be written: {error.strerror or error}.") from error
