"""Names of zip members: UTF-8 if the member is flagged so, else in an encoding guessed from all names."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable

_UTF8_FLAG = 0x800
_STANDARD = "cp437"
"""The encoding of names without the UTF-8 flag by the specification; it decodes any bytes."""
_ENCODINGS = (
    *("utf-8", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "windows-1251", "cp866", "koi8-r"),
    *("windows-1253", "windows-1256", "cp874", "windows-1252", "cp850", "cp437"),
)
"""Encodings in which archivers have written names, one or more for each script. With more encodings of the
same scripts (macOS's, code pages of central Europe) short Western names are mistaken more often."""
_DIGITS = re.compile(rb"[0-9]+")


def named_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members of an archive by their normalised names; of members with one name the last.

    The encoding is guessed for the whole archive: one program wrote all names, and a single name is too short
    for detection.
    """
    members = archive.infolist()
    raw = {info: _raw(info) for info in members if not _is_decoded(info)}
    encoding = guess_encoding(raw.values())
    return {normalise(raw[info].decode(encoding) if info in raw else info.filename): info for info in members}


def guess_encoding(names: Iterable[bytes]) -> str:
    """The most probable encoding of `names`; all of them can be decoded with it."""
    all_names = list(names)
    for encoding in ("ascii", "utf-8"):
        if _reads(all_names, encoding):
            return encoding
    # Takes 70 ms to import, and few archives need it.
    import chardet

    # Names that differ in digits only (page numbers) count once: else their many equal letters dominate the
    # few names that identify the script.
    distinct = dict.fromkeys(_DIGITS.sub(b"", name) for name in all_names)
    guess = chardet.detect(b"\n".join(distinct), include_encodings=_ENCODINGS)["encoding"]
    return guess if guess is not None and _reads(all_names, guess) else _STANDARD


def normalise(name: str) -> str:
    """The normalised name of a member; it identifies a row and is never used as a path on disk."""
    return posixpath.normpath(f"/{name}").lstrip("/")


def undecoded(info: zipfile.ZipInfo) -> str:
    """The normalised name in the specified encoding, under which earlier releases stored a member."""
    return normalise(info.filename)


def _reads(names: Iterable[bytes], encoding: str) -> bool:
    try:
        b"\n".join(names).decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _is_decoded(info: zipfile.ZipInfo) -> bool:
    """Whether zipfile has decoded the name: by the flag, or in later Pythons by a field for Unicode names."""
    undecoded_name = info.orig_filename.partition("\0")[0].replace(os.sep, "/")
    return bool(info.flag_bits & _UTF8_FLAG) or info.filename != undecoded_name


def _raw(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.partition("\0")[0].encode(_STANDARD)
