"""Names of files and folders that every system takes: Linux, macOS, Windows, and shares of any of them.

>>> safe_name("AC/DC: Live?"), safe_name("../x"), safe_name("CON"), safe_name(" . ")
('AC-DC - Live', '-x', 'CON_', '')
"""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255
"""Bytes of one name that file systems take; encrypted folders take 143."""
NUMBER_ROOM = len(" (9999)")
"""Bytes of a name that are kept free for a number."""
SIDECAR_ROOM = len(".xx.funscript")
"""Bytes of a name that are kept free for its longest ending, that of a file beside it."""

ILLEGAL = '\\<>:"|?*'
"""Characters that Windows does not take in a name, besides the slash."""
_REPLACED = str.maketrans({"/": "-", "\\": "-", "|": "-", '"': "'", "<": "", ">": "", "?": "", "*": ""})
_DROPPED = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""Marks without width, and those that turn the direction of text: a name would not be what it looks like."""
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *", re.IGNORECASE)
_JOINERS = "\u200c\u200d"


def safe_text(value: str) -> str:
    """A text as a part of a name: without characters that some system does not take, and on one line."""
    text = unicodedata.normalize("NFC", _DROPPED.sub("", value))
    text = _BLANKS.sub(" ", text).replace(": ", " - ").replace(":", "-")
    return _BLANKS.sub(" ", text.translate(_REPLACED))


def safe_name(text: str, limit: int = MAX_BYTES) -> str:
    """A text as a whole name of at most `limit` bytes; "" where nothing is left of it.

    It neither begins with a dot, which hides a file, nor ends with one, which Windows drops.
    """
    name = cut(safe_text(text).strip().lstrip(". "), limit).rstrip(". ")
    head, dot, tail = name.partition(".")
    return f"{head.rstrip()}_{dot}{tail}" if _DEVICE.fullmatch(head) else name


def cut(text: str, limit: int) -> str:
    """The beginning of a text in `limit` bytes of UTF-8; whole characters, with the marks upon them."""
    data = text.encode()
    if len(data) <= limit:
        return text
    kept = data[: max(0, limit)].decode(errors="ignore")
    while kept and _belongs(text[len(kept)], kept[-1]):
        kept = kept[:-1]
    return kept


def _belongs(following: str, last: str) -> bool:
    """Whether a character is drawn as one with that before it."""
    is_mark = unicodedata.category(following) in ("Mn", "Me", "Mc") or following in _JOINERS
    return is_mark or last in _JOINERS


def stem_limit(suffix: str, limit: int = MAX_BYTES) -> int:
    """The bytes of a file's name before its ending, so that a number and files beside it fit in `limit`."""
    return limit - NUMBER_ROOM - max(len(suffix.encode()), SIDECAR_ROOM)


def fold(path: str) -> str:
    """A path as a system that ignores case and the form of accents compares it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
