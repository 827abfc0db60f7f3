r"""Rows as JSON, one per line; a page is encoded at once, with the same text as row by row.

A page is encoded as one list with a mark between its rows, which is then replaced by the separator. The mark
is a string with the escape `\/`, which the encoder never writes, so no value of a row can be equal to it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]

MANY = 250
"""Minimum number of rows for which importing a faster encoder saves time."""
_MARK = r'"\/"'
_EXPONENTS = [b"0e%b," % (b"0" * digits) for digits in (1, 2, 3, 4)]
_CLASSES = bytes.maketrans(b"-0123456789,]}", b"00000000000,,,")
"""Translation of digits and signs to 0, and of characters that end a number to a comma."""

dump = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
"""Encode a row as one line of JSON; without the check for cycles, which rows do not have."""


def dump_rows(rows: Sequence[Row], separator: str) -> str:
    """Encode rows like `dump`, with `separator` between two rows."""
    text = _page(rows) if len(rows) >= MANY else None
    if text is None:
        return separator.join(map(dump, rows))
    return text.replace(f", {_MARK}, ", separator)


def _page(rows: Sequence[Row]) -> str | None:
    """Encode the rows with marks between them; None if the faster encoder would write a different text."""
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
    # Few pages have an exponent, so one search usually avoids the search for each length.
    return b"0.0000" in text or (b"0e0" in classes and any(each in classes for each in _EXPONENTS))
