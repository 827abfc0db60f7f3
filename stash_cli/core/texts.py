"""Encodings of text files, file names that are not valid UTF-8, and values formatted as text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, because the mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF
_FIRST_BYTE = 0xDC7F
ARROW = " -> "
"""The separator between an old value and the new one."""
_LABELS = ("name", "title", "basename", "path")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_COLUMNS_OF_WIDE = 2
_WORDS = re.compile(r"\s+|\S+")
ENCODINGS = "UTF-8, or UTF-16 with a byte order mark"
"""The encodings of text that is read, for messages."""


def decode_text(data: bytes) -> str:
    r"""The text of a file: UTF-8, or UTF-16 and UTF-32 with a byte order mark; line ends become `\n`.

    Raises UnicodeDecodeError.

    >>> decode_text("a\r\nb".encode("utf-16"))
    'a\nb'
    """
    mark, encoding = mark_of(data)
    return data[len(mark) :].decode(encoding or "utf-8").replace("\r\n", "\n").replace("\r", "\n")


def mark_of(data: bytes) -> tuple[bytes, str]:
    """The byte order mark that data begins with, and its encoding; both are empty where there is none."""
    return next((known for known in _MARKS if data.startswith(known[0])), (b"", ""))


def has_mark(data: bytes) -> bool:
    """Whether data begins with a byte order mark, as text of Windows tools does."""
    return bool(mark_of(data)[1])


def read_text_file(path: str | Path) -> str:
    """The text of a file. Raises OSError, and UnicodeDecodeError for other encodings."""
    return decode_text(Path(path).read_bytes())


def is_text(value: Any) -> bool:
    """Whether a JSON value holds no lone surrogates.

    Python decodes bytes of file names that are not UTF-8 to lone surrogates. JSON can contain them, a
    database and a terminal cannot.
    """
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, dict):
        return all(is_text(key) and is_text(item) for key, item in value.items())
    return not isinstance(value, list) or all(map(is_text, value))


def legible(text: str) -> str:
    r"""`text` with bytes that are not UTF-8 as escapes.

    >>> legible("日\udcff")
    '日\\xff'
    """
    return "".join(map(_legible, text))


def _legible(char: str) -> str:
    code = ord(char)
    if not _FIRST_SURROGATE <= code <= _LAST_SURROGATE:
        return char
    # Python decodes the byte 0xff of a name to U+DCFF.
    return f"\\x{code & 0xFF:02x}" if code > _FIRST_BYTE else f"\\u{code:04x}"


def label(value: dict[str, Any]) -> Any:
    """The name, title, file name or id of an object, or of the object nested in it."""
    import json

    if "stash_id" in value and "endpoint" in value:
        return f"{value['endpoint']} {value['stash_id']}"
    if found := next((value[key] for key in _LABELS if value.get(key)), None):
        return found
    places = [value.get("folder"), *(value.get("files") or ()), *(value.get("visual_files") or ())]
    if path := next((place["path"] for place in places if place and place.get("path")), None):
        return basename(path)
    if value.get("id"):
        return value["id"]
    inner = next((item for item in value.values() if isinstance(item, dict) and "id" in item), None)
    if inner is not None:
        return label(inner)
    return json.dumps(value, ensure_ascii=False) if value else ""


def name_of(row: dict[str, Any]) -> str:
    """The name or title of an object, else its file or folder; "" where the row has none of them."""
    found = label(row)
    return "" if found == row.get("id") else str(found)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> duration(3723.4)
    '1:02:03'
    """
    minutes, rest = divmod(round(float(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Bytes in decimal units.

    >>> size(1_400_000_000)
    '1.4 GB'
    """
    amount, unit = float(count), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - rounds to 1000, so the next unit
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{amount:.0f} B"


def bit_rate(bits: float) -> str:
    """Bits per second in decimal units.

    >>> bit_rate(41_472_000), bit_rate(128_000)
    ('41.5 Mbit/s', '128 kbit/s')
    """
    return f"{bits / 1e6:.1f} Mbit/s" if bits >= 1e6 else f"{bits / 1e3:.0f} kbit/s"  # noqa: PLR2004


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun; `many` is for nouns whose plural does not end in s alone.

    >>> counted(1, "file"), counted(1200, "file"), counted(2, "gallery", "galleries")
    ('1 file', '1,200 files', '2 galleries')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def basename(path: str) -> str:
    """The last part of a POSIX or Windows path."""
    return str(path).replace("\\", "/").rstrip("/").rpartition("/")[2] or str(path)


def display_width(text: str) -> int:
    """Columns of a terminal: 2 for wide characters, none for those that join the one before.

    >>> display_width("日本 e\N{COMBINING ACUTE ACCENT}")
    6
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return _COLUMNS_OF_WIDE if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, width: int | None, indent: str = "") -> list[str]:
    """The lines of `text`, broken between words; those after the first begin with `indent`.

    `width` is in columns of a terminal, None is one line. A longer word, such as an address, stays whole.

    >>> wrapped("a line of words", 8, "  ")
    ['a line', '  of', '  words']
    """
    if width is None:
        return [text]
    found, line, space = [], "", ""
    for word in _words(text):
        if word.isspace():
            space = word
        elif line.strip() and display_width(line + space + word) > width:
            found.append(line)
            line, space = indent + word, ""
        else:
            line, space = line + space + word, ""
    return [*found, line]


def _words(text: str) -> Iterator[str]:
    """White space and words; scripts without spaces, such as Japanese, are broken after any character."""
    for word in _WORDS.findall(text):
        if word.isascii():
            yield word
            continue
        for columns, chars in groupby(word, key=_columns):
            joined = "".join(chars)
            yield from joined if columns == _COLUMNS_OF_WIDE else (joined,)
