"""Media files of the library: their location by database row, and the checks before they are opened."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from sqlalchemy import Connection, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import file_access, settings, sql, timestamps
from stash_cli.embedded.library.file_access import extension
from stash_cli.embedded.scan.content import read_member
from stash_cli.embedded.scan.probe import BrokenFileError, probe_content
from stash_cli.embedded.scan.rules import Rules, read_rules
from stash_cli.embedded.scan.walk import CAPTION_TYPES, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import TracebackType

    from stash_cli.embedded.library.limits import Limits

_SIDECARS = frozenset((*CAPTION_TYPES, "funscript"))


class NotServableError(BrokenFileError):
    """A file that is not media of the library."""


@dataclass(frozen=True, slots=True)
class FileLocation:
    """The location of a file by its row: on disk, or as a member of the zip file `path`.

    `size` in bytes and `mod_time` in epoch seconds are those of the file on disk at the last scan;
    `recognised` says that a scan has read it.
    """

    path: Path
    member: str | None
    size: int
    mod_time: int
    recognised: bool

    @property
    def name(self) -> str:
        """The path as the library shows it."""
        return str(self.path) if self.member is None else f"{self.path}{os.sep}{self.member}"


class ServableFile:
    """An open file that may be read or sent; construction fails for any other file.

    It was recognised by a scan, lies in a configured library folder, has a name that a scan accepts, is a
    regular file, and is still media if it has changed since. `sidecar` names a caption file or funscript
    beside it instead. Raises OSError or BrokenFileError.
    """

    def __init__(
        self, location: FileLocation, rules: Rules, *, follow_links: bool = False, sidecar: str | None = None
    ) -> None:
        path = _checked_path(location, rules, sidecar)
        roots = [root.path for root in rules.roots]
        descriptor = file_access.open_file(path, roots, follow_links=follow_links)
        self.stream: IO[bytes] = os.fdopen(descriptor, "rb")
        facts = os.fstat(descriptor)
        self.name = sidecar or location.member or location.path.name
        self.size, self.changed = facts.st_size, facts.st_mtime_ns
        try:
            if location.member is not None:
                self._read_member(location.member)
            # A file that has changed since the scan is probed again, because its name alone does not make it
            # media.
            if sidecar is None and (facts.st_size, whole_seconds(facts)) != (
                location.size,
                location.mod_time,
            ):
                probe_content(self.stream, is_picture=rules.is_picture(self.name))
            self.stream.seek(0)
        except BaseException:
            self.stream.close()
            raise

    def _read_member(self, member: str) -> None:
        content = read_member(self.stream, member)
        self.stream.close()
        self.stream, self.size = BytesIO(content), len(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()


def _checked_path(location: FileLocation, rules: Rules, sidecar: str | None) -> str:
    """The path to open, after all checks that do not need the file."""
    path = os.path.normpath(location.path)
    root = rules.root_of(path)
    kind = rules.kind(root, path) if root is not None and location.recognised else None
    if kind is None or (location.member is not None and kind != "zip"):
        raise NotServableError(f"{location.name} is no media of the library")
    if location.member is not None and not rules.takes_member(path, location.member):
        raise NotServableError(f"{location.name} is no picture of the library")
    if sidecar is None:
        return path
    if (
        # A name with separators would lead out of the folder of the video.
        Path(sidecar).name != sidecar
        or extension(sidecar) not in _SIDECARS
        or not sidecar.startswith(f"{location.path.stem}.")
    ):
        raise NotServableError(f"{sidecar} does not belong to {location.name}")
    return str(location.path.with_name(sidecar))


@dataclass(frozen=True)
class FileOpener:
    """Opens files by the current settings."""

    rules: Rules
    follow_links: bool

    @classmethod
    def of(cls, connection: Connection, limits: Limits) -> FileOpener:
        general = settings.read_part(connection, "general")
        rules = read_rules(general, {}, lambda _: None, any_folder=limits.any_folder)
        return cls(rules, limits.follow_links)

    def open(self, location: FileLocation, *, sidecar: str | None = None) -> ServableFile:
        """Raises OSError or BrokenFileError."""
        return ServableFile(location, self.rules, follow_links=self.follow_links, sidecar=sidecar)


@dataclass(frozen=True)
class FileSource:
    """A located file with its opener, to be opened later."""

    access: FileOpener
    location: FileLocation

    @property
    def name(self) -> str:
        return self.location.name

    def open(self, *, sidecar: str | None = None) -> ServableFile:
        """Raises OSError or BrokenFileError."""
        return self.access.open(self.location, sidecar=sidecar)


def locate(connection: Connection, ids: Collection[int]) -> dict[int, FileLocation]:
    """The locations of files by id; they are unchecked, because rows may be imported."""
    zips, zip_folders = t.files.alias(), t.folders.alias()
    on_disk = [func.coalesce(zips.c[name], t.files.c[name]) for name in ("size", "mod_time")]
    recognised = t.files.c.recognised & func.coalesce(zips.c.recognised, True)
    statement = (
        select(t.files.c.id, sql.full_path(), sql.full_path(zip_folders, zips), *on_disk, recognised)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .outerjoin(zips, zips.c.id == t.files.c.zip_file_id)
        .outerjoin(zip_folders, zip_folders.c.id == zips.c.parent_folder_id)
        .where(t.files.c.id.in_(sql.id_list(ids)))
    )
    return {row[0]: _location_of(*row[1:]) for row in connection.execute(statement)}


def _location_of(path: str, zip_path: str | None, size: int, mod_time: str, recognised: bool) -> FileLocation:
    facts = (size, int(timestamps.parse(mod_time).timestamp()), bool(recognised))
    if zip_path is None:
        return FileLocation(Path(path), None, *facts)
    return FileLocation(Path(zip_path), path.removeprefix(zip_path + os.sep).replace(os.sep, "/"), *facts)
