"""Reads the pictures inside a zip file: nothing is unpacked to disk."""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from stash_cli.embedded.scan.hashes import md5
from stash_cli.embedded.scan.probe import BrokenFileError, ImageFacts, probe_zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stash_cli.embedded.scan.rules import Rules

_LARGEST = 128 * 1024 * 1024  # bytes of a member that is read into memory
_RESOURCE_FORKS = "__MACOSX/"
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(RuntimeError, EOFError, OSError, ValueError, LookupError),
)
"""What zipfile raises for damaged or encrypted members, or for a compression it does not know."""


@dataclass(frozen=True, slots=True)
class Member:
    """A picture in a zip file: its name relative to the zip, bytes, epoch second, md5 and facts."""

    name: str
    size: int
    mod_time: int
    md5: str
    facts: ImageFacts


def read_members(
    stream: IO[bytes], rules: Rules, warn: Callable[[str], None], check: Callable[[], None]
) -> tuple[Member, ...]:
    """Return the readable pictures of a zip in order of name; `warn` hears of the others.

    Raises BrokenFileError when the zip itself cannot be read; `check` may raise to give up.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            return tuple(_members(archive, rules, warn, check))
    except _UNREADABLE as error:
        raise BrokenFileError(f"not a readable zip file: {error}") from error


def member_names(path: str) -> frozenset[str]:
    """Return the names of everything in a zip file as rows name it; none when it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(map(_relative, archive.namelist()))
    except _UNREADABLE:
        return frozenset()


def read_member(stream: IO[bytes], name: str) -> bytes:
    """The content of one file of an open zip; `name` as rows name it.

    Raises BrokenFileError when it is not there, cannot be read, or is larger than any picture.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            info = next(info for info in archive.infolist() if _relative(info.filename) == name)
            if info.file_size > _LARGEST:
                raise BrokenFileError(f"{name} is larger than {_LARGEST} bytes")
            return archive.read(info)
    except StopIteration:
        raise BrokenFileError(f"{name} is not in its zip file") from None
    except _UNREADABLE as error:
        raise BrokenFileError(f"not a readable zip file: {error}") from error


def _members(
    archive: zipfile.ZipFile, rules: Rules, warn: Callable[[str], None], check: Callable[[], None]
) -> Iterator[Member]:
    wanted = {_relative(info.filename): info for info in archive.infolist() if _is_wanted(info, rules)}
    for name, info in sorted(wanted.items()):
        check()
        try:
            yield _member(archive, name, info, check)
        except (BrokenFileError, *_UNREADABLE) as error:
            warn(f"Skipping {name}: {error}")


def _is_wanted(info: zipfile.ZipInfo, rules: Rules) -> bool:
    forked = info.filename.startswith(_RESOURCE_FORKS)
    return not info.is_dir() and info.file_size > 0 and rules.is_picture(info.filename) and not forked


def _relative(name: str) -> str:
    """Return a member's name without leading slashes or dots: it only ever names a row, never a file."""
    return posixpath.normpath(f"/{name}").lstrip("/")


def _member(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, check: Callable[[], None]) -> Member:
    with archive.open(info) as stream:
        digest = md5(stream, check)
    with archive.open(info) as stream:
        facts = probe_zipped(stream)
    return Member(name, info.file_size, _seconds(info), digest, facts)


def _seconds(info: zipfile.ZipInfo) -> int:
    try:
        return int(datetime(*info.date_time).timestamp())  # noqa: DTZ001 - zips hold local time
    except (ValueError, OverflowError):  # no such day
        return 0
