"""Reading the content of a file: hashes, media properties, and the pictures inside a zip file."""

from __future__ import annotations

import hashlib
import lzma
import struct
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from stash_cli.embedded.scan import probe
from stash_cli.embedded.scan.zip_names import named_members, undecoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stash_cli.embedded.scan.rules import Rules
    from stash_cli.embedded.scan.walk import FoundFile

_OSHASH_CHUNK = 64 * 1024
_BLOCK = 1024 * 1024
_WORD = 8
_MASK = (1 << 64) - 1


def oshash(stream: IO[bytes], size: int) -> str:
    """The OpenSubtitles hash of a seekable stream of `size` bytes, as 16 hex digits.

    It is the sum of the size and of the 64-bit little-endian words in the first and last 64 KiB; a smaller
    file counts its words twice. Raises ValueError for less than 8 bytes, which have no word.
    """
    length = min(size, _OSHASH_CHUNK) // _WORD * _WORD
    if length == 0:
        raise ValueError(f"a file of {size} bytes is too short for an oshash")
    total = size
    for start in (0, size - length):
        stream.seek(start)
        total += _sum_words(stream.read(length))
    return f"{total & _MASK:016x}"


def _sum_words(data: bytes) -> int:
    words = array("Q", data[: len(data) // _WORD * _WORD])
    if _BIG_ENDIAN:
        words.byteswap()
    return sum(words)


_BIG_ENDIAN = array("H", b"\x01\x00")[0] != 1


def md5(stream: IO[bytes], check: Callable[[], None]) -> str:
    """The md5 of the rest of a stream, as 32 hex digits.

    `check` is called for every MiB and may raise to cancel.
    """
    # The server's fingerprint, which finds equal files; systems with FIPS refuse MD5 for anything else.
    digest = hashlib.md5(usedforsecurity=False)
    while block := stream.read(_BLOCK):
        digest.update(block)
        check()
    return digest.hexdigest()


# Bytes of a member that is read into memory.
_MAX_MEMBER_BYTES = 128 * 1024 * 1024
# macOS adds files of this folder to zips, with the names of the pictures but without their content.
_RESOURCE_FORKS = "__MACOSX/"
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(RuntimeError, EOFError, OSError, ValueError, LookupError),
)
"""Exceptions of zipfile for damaged or encrypted members and unknown compression."""


@dataclass(frozen=True, slots=True)
class Member:
    """A picture in a zip file: name relative to the zip, bytes, epoch seconds, md5 and properties."""

    name: str
    size: int
    mod_time: int
    md5: str
    facts: probe.ImageFacts


def read_members(
    stream: IO[bytes], found: FoundFile, rules: Rules, warn: Callable[[str], None], check: Callable[[], None]
) -> tuple[Member, ...]:
    """The readable pictures of the zip `found`, by name; `warn` is called for unreadable ones.

    Raises BrokenFileError for an unreadable zip; `check` may raise to cancel.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            pictures = {
                name: info
                for name, info in sorted(named_members(archive).items())
                if _has_content(name, info) and rules.takes_member(found.path, name)
            }
            return tuple(_members(archive, pictures, warn, check))
    except _UNREADABLE as error:
        raise probe.BrokenFileError(f"not a readable zip file: {error}") from error


def member_names(path: str) -> frozenset[str]:
    """The normalised names of all members of a zip file, also as earlier releases stored them.

    Raises BrokenFileError when the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset((*named_members(archive), *map(undecoded, archive.infolist())))
    except _UNREADABLE as error:
        raise probe.BrokenFileError(f"not a readable zip file: {error}") from error


def read_member(stream: IO[bytes], name: str) -> bytes:
    """The content of one member of an open zip, by its normalised name.

    Raises BrokenFileError when it is missing, unreadable or too large.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            by_undecoded_name = {undecoded(info): info for info in archive.infolist()}
            info = (by_undecoded_name | named_members(archive))[name]
            if info.file_size > _MAX_MEMBER_BYTES:
                raise probe.BrokenFileError(f"{name} is larger than {_MAX_MEMBER_BYTES} bytes")
            return archive.read(info)
    except KeyError:
        raise probe.BrokenFileError(f"{name} is not in its zip file") from None
    except _UNREADABLE as error:
        raise probe.BrokenFileError(f"not a readable zip file: {error}") from error


def _members(
    archive: zipfile.ZipFile,
    pictures: Mapping[str, zipfile.ZipInfo],
    warn: Callable[[str], None],
    check: Callable[[], None],
) -> Iterator[Member]:
    for name, info in pictures.items():
        check()
        try:
            yield _member(archive, name, info, check)
        except (probe.BrokenFileError, *_UNREADABLE) as error:
            warn(f"Skipping {name}: {error}")


def _has_content(name: str, info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and info.file_size > 0 and not name.startswith(_RESOURCE_FORKS)


def _member(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, check: Callable[[], None]) -> Member:
    with archive.open(info) as stream:
        digest = md5(stream, check)
    with archive.open(info) as stream:
        facts = probe.probe_zipped(stream)
    return Member(name, info.file_size, _seconds(info), digest, facts)


def _seconds(info: zipfile.ZipInfo) -> int:
    try:
        return int(datetime(*info.date_time).timestamp())  # noqa: DTZ001 - zips store local times
    # A member may have an invalid date.
    except (ValueError, OverflowError):
        return 0


@dataclass(frozen=True, slots=True)
class Inspected:
    """A found file with its properties; `fingerprints` by type (oshash, md5)."""

    found: FoundFile
    fingerprints: Mapping[str, str]
    facts: probe.VideoFacts | probe.ImageFacts | None = None
    members: tuple[Member, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Inspector:
    """Reads files by the rules of a scan; `warn` is called for skipped ones, `check` may raise to cancel."""

    rules: Rules
    warn: Callable[[str], None]
    check: Callable[[], None]

    def __call__(self, found: FoundFile) -> Inspected | None:
        """The content of a file; None if it is broken, unreadable or missing."""
        self.check()
        try:
            with Path(found.path).open("rb") as stream:
                return self._read(found, stream)
        except (probe.BrokenFileError, OSError) as error:
            self.warn(f"Skipping {found.path}: {getattr(error, 'strerror', None) or error}")
            return None

    def _read(self, found: FoundFile, stream: IO[bytes]) -> Inspected:
        if found.kind == "zip":
            members = read_members(
                stream, found, self.rules, lambda text: self.warn(f"{found.path}: {text}"), self.check
            )
            return Inspected(found, self._md5(stream), members=members)
        facts = self._facts(found, stream)
        return Inspected(found, self._fingerprints(found, stream), facts)

    def _facts(self, found: FoundFile, stream: IO[bytes]) -> probe.VideoFacts | probe.ImageFacts:
        if found.kind == "image" and self.rules.is_picture(found.path):
            picture = probe.probe_picture(stream)
            if picture is not None:
                return picture
        return probe.probe_video(found.path, stream, found.size)

    def _fingerprints(self, found: FoundFile, stream: IO[bytes]) -> dict[str, str]:
        if found.kind == "image":
            return self._md5(stream)
        try:
            fingerprints = {"oshash": oshash(stream, found.size)}
        except ValueError as error:
            raise probe.BrokenFileError(str(error)) from error
        return fingerprints | (self._md5(stream) if self.rules.calculate_md5 else {})

    def _md5(self, stream: IO[bytes]) -> dict[str, str]:
        stream.seek(0)
        return {"md5": md5(stream, self.check)}
