"""Names of files and folders that are valid on Linux, macOS, Windows, and their network shares.

>>> safe_name("AC/DC: Live?"), safe_name("../x"), safe_name("CON"), safe_name(" . ")
('AC-DC - Live', '-x', 'CON_', '')
"""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255
"""Maximum bytes of a name on common file systems; encrypted folders allow 143."""
NUMBER_ROOM = len(" (9999)")
"""Bytes of a name reserved for a number."""
SIDECAR_ROOM = len(".xx.funscript")
"""Bytes of a name reserved for the longest suffix of its sidecars."""

ILLEGAL = '\\<>:"|?*'
"""Characters that Windows does not allow in a name, besides the slash."""
_REPLACED = str.maketrans({"/": "-", "\\": "-", "|": "-", '"': "'", "<": "", ">": "", "?": "", "*": ""})
_DROPPED = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""Zero-width and direction marks, with which a name would differ from its appearance."""
_WHITE_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *", re.IGNORECASE)
_JOINERS = "\u200c\u200d"


def safe_text(value: str) -> str:
    """Convert a text to a part of a name: on one line, without characters that a system does not allow."""
    text = unicodedata.normalize("NFC", _DROPPED.sub("", value))
    text = _WHITE_SPACE.sub(" ", text).replace(": ", " - ").replace(":", "-")
    return _WHITE_SPACE.sub(" ", text.translate(_REPLACED))


def safe_name(text: str, limit: int = MAX_BYTES) -> str:
    """Convert a text to a whole name of at most `limit` bytes; "" if no valid character remains.

    It does not begin with a dot, which hides a file, nor end with one, which Windows drops.
    """
    name = cut(safe_text(text).strip().lstrip(". "), limit).rstrip(". ")
    head, dot, tail = name.partition(".")
    return f"{head.rstrip()}_{dot}{tail}" if _DEVICE.fullmatch(head) else name


def cut(text: str, limit: int) -> str:
    """Truncate a text to `limit` bytes of UTF-8, without splitting characters and their combining marks."""
    data = text.encode()
    if len(data) <= limit:
        return text
    shortened = data[: max(0, limit)].decode(errors="ignore")
    while shortened and _combines(text[len(shortened)], shortened[-1]):
        shortened = shortened[:-1]
    return shortened


def _combines(following: str, last: str) -> bool:
    """Whether a character combines with the one before it."""
    is_mark = unicodedata.category(following) in ("Mn", "Me", "Mc") or following in _JOINERS
    return is_mark or last in _JOINERS


def stem_limit(suffix: str, limit: int = MAX_BYTES) -> int:
    """Maximum bytes of a stem, so that a number and the names of sidecars fit in `limit`."""
    return limit - NUMBER_ROOM - max(len(suffix.encode()), SIDECAR_ROOM)


def fold(path: str) -> str:
    """Normalize a path for comparison on systems that ignore case and the form of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
