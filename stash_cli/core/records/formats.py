"""The formats of files of records, by the ending of a name or by the first bytes."""

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
    """The layout of a file: the format, and of csv the delimiter ("": the one that its first line has).

    `encoding` is that of csv, "" for UTF-8 or what a byte order mark says.
    """

    format: Format
    delimiter: str = ""
    encoding: str = ""


_ENDINGS = {
    ".csv": Layout(Format.CSV),
    ".tsv": Layout(Format.CSV, "\t"),
    ".json": Layout(Format.JSON),
    ".jsonl": Layout(Format.JSONL),
    ".ndjson": Layout(Format.JSONL),
    ".parquet": Layout(Format.PARQUET),
}


def layout_of(name: str, chosen: str = "") -> Layout | None:
    """The layout for the ending of a name, or for a format that was `chosen`; None where neither tells.

    Raises StashUsageError where they say different things.
    """
    by_name = _ENDINGS.get(PurePath(name).suffix.lower())
    by_choice = _ENDINGS.get(f".{chosen}")
    if by_name and by_choice and by_name != by_choice:
        raise StashUsageError(f"{name} does not end as a {chosen} file does: leave out --{chosen}")
    return by_choice or by_name


def sniffed(start: bytes) -> Layout:
    """The layout of a file by its first bytes: `[` begins json, `{` jsonl, anything else csv."""
    first = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start.startswith(b"PAR1"):
        return Layout(Format.PARQUET)
    return Layout({b"[": Format.JSON, b"{": Format.JSONL}.get(first, Format.CSV))


def endings() -> str:
    """The endings of names, for messages."""
    return ", ".join(_ENDINGS)
