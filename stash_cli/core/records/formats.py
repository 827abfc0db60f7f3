"""Formats of files of records, detected by file extension or first bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from stash_cli.core.errors import StashUsageError


class Format(StrEnum):
    """One format of a file of records."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a file: the format, and for csv the delimiter ("": detected from the first line).

    `encoding` is that of csv, "" for UTF-8 or the encoding of a byte order mark.
    """

    format: Format
    delimiter: str = ""
    encoding: str = ""


_LAYOUTS = {
    ".csv": Layout(Format.CSV),
    ".tsv": Layout(Format.CSV, "\t"),
    ".json": Layout(Format.JSON),
    ".jsonl": Layout(Format.JSONL),
    ".ndjson": Layout(Format.JSONL),
    ".parquet": Layout(Format.PARQUET),
}


def layout_of(name: str, chosen: str = "") -> Layout | None:
    """Return the layout for a file extension, or for the `chosen` format; None if neither is known.

    Raises StashUsageError if they contradict each other.
    """
    by_name = _LAYOUTS.get(PurePath(name).suffix.lower())
    by_choice = _LAYOUTS.get(f".{chosen}")
    if by_name and by_choice and by_name != by_choice:
        raise StashUsageError(f"{name} does not end as a {chosen} file does: leave out --{chosen}")
    return by_choice or by_name


def sniffed(start: bytes) -> Layout:
    """Detect the layout of a file by its first bytes: `[` is json, `{` is jsonl, anything else is csv."""
    first = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start.startswith(b"PAR1"):
        return Layout(Format.PARQUET)
    return Layout({b"[": Format.JSON, b"{": Format.JSONL}.get(first, Format.CSV))


def endings() -> str:
    """The file extensions, for messages."""
    return ", ".join(_LAYOUTS)
