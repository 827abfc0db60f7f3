r"""Rows as JSON, one to a line: a page is encoded at once, to the same text as row by row.

The text of a page is that of one list with a mark between its rows. The mark is a string with the escape
`\/`, which the encoder never writes, so that no value of a row can look like it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]

MANY = 250
"""Rows from which the import of a faster encoder is worth its time."""
_MARK = r'"\/"'
_EXPONENTS = [b"0e%b," % (b"0" * digits) for digits in (1, 2, 3, 4)]
_CLASSES = bytes.maketrans(b"-0123456789,]}", b"00000000000,,,")
"""Digits and signs as 0, and what ends a number as a comma."""

dump = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
"""A row as one line of JSON, with one encoder for all rows; rows have no cycles."""


def dump_rows(rows: Sequence[Row], separator: str) -> str:
    """The text of `dump` for each row, with `separator` between two rows."""
    text = _page(rows) if len(rows) >= MANY else None
    if text is None:
        return separator.join(map(dump, rows))
    return text.replace(f", {_MARK}, ", separator)


def _page(rows: Sequence[Row]) -> str | None:
    """The rows with marks between them; None where the faster encoder would write another text."""
    import msgspec

    marked: list[Any] = [msgspec.Raw(_MARK.encode())] * (2 * len(rows) - 1)
    marked[::2] = rows
    try:
        text = msgspec.json.encode(marked)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return None  # such as a lone surrogate
    if _has_exponent(text):
        return None
    return msgspec.json.format(text, indent=0)[1:-1].decode()


def _has_exponent(text: bytes) -> bool:
    """Whether JSON may have a number that Python writes with an exponent: below 0.0001 or from 1e16."""
    classes = text.translate(_CLASSES)
    # Few pages have an exponent at all, so one search mostly spares those for each length.
    return b"0.0000" in text or (b"0e0" in classes and any(each in classes for each in _EXPONENTS))
