"""Reads one file whole: hashes, facts, the pictures of a zip. Runs in the threads of a scan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from stash_cli.embedded.scan.archive import Member, read_members
from stash_cli.embedded.scan.hashes import md5, oshash
from stash_cli.embedded.scan.probe import (
    BrokenFileError,
    ImageFacts,
    VideoFacts,
    probe_picture,
    probe_video,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stash_cli.embedded.scan.rules import Rules
    from stash_cli.embedded.scan.walk import FoundFile


@dataclass(frozen=True, slots=True)
class Inspected:
    """A found file with what its content says; `fingerprints` by type (oshash, md5)."""

    found: FoundFile
    fingerprints: Mapping[str, str]
    facts: VideoFacts | ImageFacts | None = None
    members: tuple[Member, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Inspector:
    """Inspects files by the rules of a scan; `warn` hears of skipped ones, `check` may raise to give up."""

    rules: Rules
    warn: Callable[[str], None]
    check: Callable[[], None]

    def __call__(self, found: FoundFile) -> Inspected | None:
        """Return what is in a file, or None when it is broken, unreadable or gone."""
        self.check()
        try:
            with Path(found.path).open("rb") as stream:
                return self._read(found, stream)
        except (BrokenFileError, OSError) as error:
            self.warn(f"Skipping {found.path}: {getattr(error, 'strerror', None) or error}")
            return None

    def _read(self, found: FoundFile, stream: IO[bytes]) -> Inspected:
        if found.kind == "zip":
            members = read_members(
                stream, self.rules, lambda text: self.warn(f"{found.path}: {text}"), self.check
            )
            return Inspected(found, self._md5(stream), members=members)
        facts = self._facts(found, stream)
        return Inspected(found, self._fingerprints(found, stream), facts)

    def _facts(self, found: FoundFile, stream: IO[bytes]) -> VideoFacts | ImageFacts:
        if found.kind == "image" and self.rules.is_picture(found.path):
            picture = probe_picture(stream)
            if picture is not None:
                return picture
        return probe_video(found.path, stream, found.size)

    def _fingerprints(self, found: FoundFile, stream: IO[bytes]) -> dict[str, str]:
        if found.kind == "image":
            return self._md5(stream)
        try:
            hashed = {"oshash": oshash(stream, found.size)}
        except ValueError as error:
            raise BrokenFileError(str(error)) from error
        return hashed | (self._md5(stream) if self.rules.calculate_md5 else {})

    def _md5(self, stream: IO[bytes]) -> dict[str, str]:
        stream.seek(0)
        return {"md5": md5(stream, self.check)}
