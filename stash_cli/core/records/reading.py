"""Readers of files of records: one row at a time, each with the line where it begins.

Errors that affect the whole file, such as an unclosed quote, raise StashInputError with the line.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

from stash_cli.core.errors import StashInputError
from stash_cli.core.records.formats import Format, Layout
from stash_cli.core.texts import ENCODINGS, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

_CHUNK = 1 << 16
_MAX_OBJECT = 1 << 26
"""Maximum characters of one object of a JSON array."""
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its line (for parquet the number of the row), and its values by column."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Records:
    """The rows of a file. `columns` is None if each row has its own names.

    With `is_text` all values are text, as in csv; otherwise they are JSON values.
    """

    name: str
    columns: tuple[str, ...] | None
    rows: Iterator[Record]
    is_text: bool = False


def open_records(stream: BinaryIO, name: str, layout: Layout) -> Records:
    """Open the rows of a stream; `name` is used in errors."""
    if layout.format is Format.PARQUET:
        from stash_cli.core.records.parquet import read_parquet

        return read_parquet(stream, name)
    lines = _Lines(stream, name, layout.encoding)
    if layout.format is Format.CSV:
        return _read_csv(lines, layout.delimiter)
    rows = _json_lines(lines) if layout.format is Format.JSONL else _json_values(lines)
    return Records(name, None, rows)


class _Lines:
    """Yields the lines of a text file with their line ends; `number` is that of the last line."""

    def __init__(self, stream: BinaryIO, name: str, encoding: str) -> None:
        self.name = name
        self.number = 0
        start = stream.read(_CHUNK)
        byte_order_mark, marked_encoding = mark_of(start)
        self._encoding = encoding or marked_encoding or "utf-8"
        if not encoding and not marked_encoding and b"\0" in start:
            self._refuse_encoding(1)
        streams = chain([io.BytesIO(start[len(byte_order_mark) :])], [stream])
        self._raw = (
            self._wide_lines(streams)
            if self._encoding.startswith(("utf-16", "utf-32"))
            else self._byte_lines(streams)
        )

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._raw)
        except UnicodeError:
            self._refuse_encoding(self.number + 1)
        self.number += 1
        return line

    def _byte_lines(self, streams: Iterable[Any]) -> Iterator[str]:
        """Yield lines in an encoding with one-byte line ends."""
        pending = b""
        for stream in streams:
            for raw in stream:
                if not raw.endswith(b"\n"):  # the line may continue in the next stream
                    pending += raw
                    continue
                yield (pending + raw).decode(self._encoding)
                pending = b""
        if pending:
            yield pending.decode(self._encoding)

    def _wide_lines(self, streams: Iterable[Any]) -> Iterator[str]:
        """Yield lines in UTF-16 or UTF-32."""
        joined = io.BufferedReader(_ConcatenatedStream(streams))
        yield from io.TextIOWrapper(joined, encoding=self._encoding, newline="")

    def _refuse_encoding(self, line: int) -> NoReturn:
        encodings = self._encoding if self._encoding != "utf-8" else ENCODINGS
        raise StashInputError(
            f"{self.name}, line {line}: not text in {encodings}.",
            hint="Name the encoding of a csv file, such as --encoding cp1252.",
        ) from None

    def fail(self, line: int, reason: str) -> NoReturn:
        raise StashInputError(f"{self.name}, line {line}: {reason}") from None


class _ConcatenatedStream(io.RawIOBase):
    """A stream that concatenates several streams."""

    def __init__(self, parts: Iterable[Any]) -> None:
        self._parts = iter(parts)
        self._part = next(self._parts)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._part.read(len(buffer))
        while not data and (following := next(self._parts, None)) is not None:
            self._part = following
            data = self._part.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


# --- csv ---


def _read_csv(lines: _Lines, delimiter: str) -> Records:
    first = next((line for line in lines if line.strip()), "")
    if first.lower().startswith("sep="):  # the line by which Excel detects the delimiter
        delimiter = delimiter or first[4:5]
        first = next(lines, "")
    if not first:
        raise StashInputError(f"{lines.name} is empty: its first line has the names of the columns.")
    separator = delimiter or max(_DELIMITERS, key=first.count)
    # Strict, because a misplaced quote would otherwise consume the following rows.
    parser = csv.reader(chain([first], lines), delimiter=separator, strict=True)
    columns = tuple(name.strip() for name in _csv_row(parser, lines, lines.number) or ())
    _check_names(columns, lines)
    return Records(lines.name, columns, _csv_rows(parser, columns, lines), is_text=True)


def _check_names(columns: tuple[str, ...], lines: _Lines) -> None:
    for name in columns:
        if not name:
            lines.fail(lines.number, "a column has no name.")
        if columns.count(name) > 1:
            lines.fail(lines.number, f"the column {name} is there twice.")


def _csv_rows(parser: Any, columns: tuple[str, ...], lines: _Lines) -> Iterator[Record]:
    while True:
        line = lines.number + 1
        cells = _csv_row(parser, lines, line)
        if cells is None:
            return
        if len(cells) != len(columns) and cells:
            lines.fail(line, f"{len(cells)} cells, where the first line has {len(columns)} columns.")
        if any(cells):
            yield Record(line, dict(zip(columns, cells, strict=True)))


def _csv_row(parser: Any, lines: _Lines, line: int) -> list[str] | None:
    """The next row; None at the end."""
    try:
        return next(parser, None)
    except csv.Error as error:
        if "end of data" in str(error) or "field limit" in str(error):
            lines.fail(line, "a quote is opened here and never closed.")
        lines.fail(line, f"not csv: {error}.")


# --- json ---


def _json_lines(lines: _Lines) -> Iterator[Record]:
    decode = json.JSONDecoder(parse_constant=_refuse_constant).decode
    for text in lines:
        if not text.strip():
            continue
        try:
            value = decode(text)
        except (ValueError, RecursionError) as error:
            lines.fail(lines.number, f"not JSON: {error}.")
        yield _record(lines, lines.number, value)


def _json_values(lines: _Lines) -> Iterator[Record]:
    """Yield the objects of an array, or a single object, with only one in memory."""
    text, is_array = _JsonText(lines), False
    if text.peek() == "[":
        text.advance(1)
        is_array = True
    while (next_char := text.peek()) not in ("", "]"):
        line = text.line
        yield _record(lines, line, text.value())
        next_char = text.peek()
        if next_char == ",":
            text.advance(1)
            if text.peek() == "]":
                lines.fail(text.line, "a comma before the end of the array.")
        elif is_array and next_char != "]":
            lines.fail(text.line, "the array is not closed." if not next_char else "a comma is missing.")
    if is_array and next_char != "]":
        lines.fail(text.line, "the array is not closed.")
    text.advance(1)
    if text.peek():
        lines.fail(text.line, "there is more after the end of the JSON.")


class _JsonText:
    """A buffered reader of a JSON file; `line` is the line of the current position."""

    def __init__(self, lines: _Lines) -> None:
        self.lines = lines
        self.line = 1
        self._buffer = ""
        self._position = 0
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)

    def peek(self) -> str:
        """The next character that is not white space; "" at the end."""
        while True:
            while self._position < len(self._buffer) and self._buffer[self._position] in " \t\r\n":
                self._position += 1
            if self._position < len(self._buffer):
                self.advance(0)
                return self._buffer[0]
            if not self._read_more():
                self.advance(0)
                return ""

    def advance(self, count: int) -> None:
        """Advance past the skipped white space and `count` characters."""
        self._position += count
        self.line += self._buffer.count("\n", 0, self._position)
        self._buffer, self._position = self._buffer[self._position :], 0

    def value(self) -> Any:
        """Parse the value at the current position."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer)
            except json.JSONDecodeError as error:
                if len(self._buffer) < _MAX_OBJECT and self._read_more():
                    continue
                line = self.line + self._buffer.count("\n", 0, error.pos)
                self.lines.fail(line, f"not JSON: {error.msg}.")
            except (ValueError, RecursionError) as error:
                self.lines.fail(self.line, f"not JSON: {error}.")
            self._position = end
            self.advance(0)
            return value

    def _read_more(self) -> bool:
        """Double the buffer, so that the number of attempts to parse a long value is logarithmic."""
        size, parts = 0, [self._buffer]
        for line in self.lines:
            parts.append(line)
            size += len(line)
            if size >= max(_CHUNK, len(self._buffer)):
                break
        self._buffer = "".join(parts)
        return size > 0


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _record(lines: _Lines, line: int, value: Any) -> Record:
    if not isinstance(value, dict):
        lines.fail(line, "not a JSON object.")
    return Record(line, value)
