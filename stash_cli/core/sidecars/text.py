"""Parsing of text in sidecars: encodings, lines, dates, ratings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.texts import decode_text, has_mark
from stash_cli.core.types.fuzzy_date import validate_fuzzy_date

if TYPE_CHECKING:
    from collections.abc import Iterable

_DECLARED = re.compile(rb"""<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.-]{1,20})["']""")
_KNOWN = re.compile(
    r"us-ascii|iso-8859-\d+|(?:windows-|cp)\d+|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5",
    re.IGNORECASE,
)
"""Allowed encodings in a declaration; other Python codecs are slow, or not text encodings."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BREAK = re.compile(r"[ \t]*[\r\n\t]\s*")
_DATE = re.compile(r"(\d{4})(?:[-:/.]?(\d{2})(?:[-:/.]?(\d{2})(?:[T ].*)?)?)?")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


def decode(data: bytes) -> str:
    """Decode a file by its byte order mark, by its XML declaration, as UTF-8, or as Windows-1252.

    Control characters are removed.
    """
    return without_controls(_decode(data))


def without_controls(text: str) -> str:
    """Remove the characters that XML does not allow."""
    return _CONTROLS.sub("", text)


def _decode(data: bytes) -> str:
    if not has_mark(data):
        if data[:2] in (b"<\0", b"{\0"):
            data = b"\xff\xfe" + data
        elif data[:2] in (b"\0<", b"\0{"):
            data = b"\xfe\xff" + data
    try:
        if (declared := _DECLARED.match(data[:300].lstrip())) and _KNOWN.fullmatch(declared[1].decode()):
            return data.decode(declared[1].decode())
        return decode_text(data)
    except (UnicodeDecodeError, LookupError):
        return data.decode("cp1252", errors="replace")


def line(text: str) -> str:
    """Put a text on one line: a line break and the space around it become one space."""
    return _BREAK.sub(" ", text.strip())


def block(text: str) -> str:
    """A text of several lines, without white space around it."""
    return text.strip()


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Return the non-empty names, each once."""
    return tuple(dict.fromkeys(name for name in names if name))


def date_of(text: str) -> str:
    """Parse a date to YYYY, YYYY-MM or YYYY-MM-DD; "" for ambiguous forms such as 25.09.26.

    >>> date_of("20240531"), date_of("2024:05:31 10:00:00"), date_of("2024"), date_of("25.09.26")
    ('2024-05-31', '2024-05-31', '2024', '')
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or (match[2] and not match[3] and text.strip().isdecimal()):
        return ""  # six digits may be a year and a month, or a day of this century
    date = "-".join(part for part in match.groups() if part)
    return date if validate_fuzzy_date(date) else ""


def rating_of(text: Any, maximum: float) -> int | None:
    """Convert a rating from 0 to `maximum` to 1 to 100; None for no rating or one out of range."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return max(1, round(value * 100 / maximum)) if 0 < value <= maximum else None


def addresses(text: str) -> tuple[str, ...]:
    """The web addresses in a text."""
    return once(_ADDRESS.findall(text))
