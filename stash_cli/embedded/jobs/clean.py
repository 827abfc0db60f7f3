"""The clean task: removes rows of missing files, and the entities that have no other file.

The files of a library folder that is unavailable as a whole, such as on an unplugged drive, are kept.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import settings
from stash_cli.embedded.library.file_access import absolute, is_within
from stash_cli.embedded.persistence import blobs, deletion
from stash_cli.embedded.persistence.entity_mapper import MAPPERS
from stash_cli.embedded.scan.content import member_names
from stash_cli.embedded.scan.probe import BrokenFileError
from stash_cli.embedded.scan.rules import Root, Rules, read_rules
from stash_cli.embedded.scan.walk import FoundFile, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.database import Database

_BATCH = 200


@dataclass(frozen=True)
class _File:
    id: int
    path: str
    zip_path: str | None


@dataclass
class Cleaner:
    """One run by a CleanMetadataInput: `paths` limits it, `dryRun` only logs."""

    database: Database
    options: Mapping[str, Any]
    progress: Progress
    any_folder: bool = False
    _members: dict[str, frozenset[str]] = field(default_factory=dict)
    _unavailable: dict[str, str | None] = field(default_factory=dict)
    _kept_counts: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        log = self.progress.library_log
        log.info("Starting cleaning of tracked files")
        if self.options.get("dryRun"):
            log.info("Running in Dry Mode")
        with self.database.read() as connection:
            rules = self._read_rules(connection)
            files = list(self._files(connection))
            on_disk = select(t.folders.c.id, t.folders.c.path).where(t.folders.c.zip_file_id.is_(None))
            folders = connection.execute(on_disk).all()
        self.progress.total(len(files))
        deleted_files = [file.id for file in files if self._is_deleted(rules, file)]
        deleted_folders = [number for number, path in folders if self._is_folder_deleted(rules, path)]
        if not self.options.get("dryRun"):
            self._remove(deleted_files, deleted_folders)
        # Last, so that available folders are cleaned even if another one is unavailable.
        self._raise_unavailable()

    def _read_rules(self, connection: Connection) -> Rules:
        """The rules of a scan; configured library folders that it refuses count as unavailable."""
        general = settings.read_part(connection, "general")
        rules = read_rules(general, {}, self.progress.library_log.warning, any_folder=self.any_folder)
        usable = {root.path for root in rules.roots}
        configured = {absolute(stash["path"]) for stash in general.get("stashes") or ()}
        self._unavailable.update(dict.fromkeys(configured - usable, "is a folder of the system or hidden"))
        return rules

    def _remove(self, gone: Sequence[int], missing: Sequence[int]) -> None:
        # In batches, because one long transaction would block all other writers.
        for start in range(0, len(gone), _BATCH):
            self.progress.check()
            with self.database.write() as connection:
                _remove_files(connection, gone[start : start + _BATCH])
        with self.database.write() as connection:
            _remove_folders(connection, missing)
            blobs.delete_unreferenced(connection)

    def _files(self, connection: Connection) -> Iterator[_File]:
        zips, zip_folders = t.files.alias(), t.folders.alias()
        query = (
            select(t.files.c.id, t.folders.c.path, t.files.c.basename, zip_folders.c.path, zips.c.basename)
            .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
            .outerjoin(zips, zips.c.id == t.files.c.zip_file_id)
            .outerjoin(zip_folders, zip_folders.c.id == zips.c.parent_folder_id)
        )
        for number, folder, name, zip_folder, zip_name in connection.execute(query):
            path = os.path.join(folder, name)  # noqa: PTH118 - as stored, not normalised
            zip_path = None if zip_name is None else str(Path(zip_folder) / zip_name)
            if self._is_selected(path):
                yield _File(number, path, zip_path)

    def _is_selected(self, path: str) -> bool:
        paths = self.options.get("paths")
        return not paths or any(is_within(path, chosen) for chosen in paths)

    def _is_deleted(self, rules: Rules, file: _File) -> bool:
        """Whether the file is missing, outside all library folders, or excluded by the current settings."""
        self.progress.check()
        self.progress.step()
        if not _is_accepted(rules, file):
            reason = "File not in any stash library directories"
        elif not self._exists(file):
            reason = "File not found"
        else:
            return False
        # The drive may be unplugged; removing the rows would lose all metadata of its files.
        if not self._can_be_missing(rules, file.path):
            return False
        self._log_removal(reason, file.path)
        return True

    def _log_removal(self, reason: str, path: str) -> None:
        """Log a removal, or that of a dry run, with the server's wording."""
        self.progress.library_log.info(f'{reason}. Marking to clean: "{path}"')

    def _exists(self, file: _File) -> bool:
        """Whether a file exists; one that cannot be examined counts as existing, and is logged."""
        try:
            if file.zip_path is None:
                return _is_file(file.path)
            if not _is_file(file.zip_path) or self.options.get("ignoreZipFileContents"):
                return _is_file(file.zip_path)
            name = file.path.removeprefix(file.zip_path + os.sep).replace(os.sep, "/")
            return name in self._zip_members(file.zip_path)
        except (OSError, BrokenFileError) as error:
            reason = getattr(error, "strerror", None) or error
            text = f'error getting file info for "{file.path}", not cleaning: {reason}'
            self.progress.library_log.error(text)
            return True

    def _zip_members(self, path: str) -> frozenset[str]:
        if path not in self._members:
            self._members[path] = member_names(path)
        return self._members[path]

    def _is_folder_deleted(self, rules: Rules, path: str) -> bool:
        if not self._is_selected(path):
            return False
        is_deleted = rules.root_of(path) is None or not Path(path).is_dir()
        if is_deleted and (is_deleted := self._can_be_missing(rules, path, count=0)):
            self._log_removal("Folder not found", path)
        return is_deleted

    def _can_be_missing(self, rules: Rules, path: str, count: int = 1) -> bool:
        """Whether a missing path counts as deleted; false if its whole library folder is unavailable."""
        root = rules.root_of(path)
        if root is not None and root.path not in self._unavailable:
            self._unavailable[root.path] = _reason_unavailable(rules, root)
        unavailable_folder = next(
            (folder for folder, reason in self._unavailable.items() if reason and is_within(path, folder)),
            None,
        )
        if unavailable_folder is not None and count:
            self._kept_counts[unavailable_folder] += count
        return unavailable_folder is None

    def _raise_unavailable(self) -> None:
        """Raise Refused if the files of an unavailable library folder were kept."""
        if self._kept_counts:
            texts = [
                f"the library folder {path} {self._unavailable[path]}: "
                f"{count} {'file stays' if count == 1 else 'files stay'} in the library"
                for path, count in sorted(self._kept_counts.items())
            ]
            raise Refused(
                f"{'; '.join(texts)}. Mount it and clean again, or remove it from the library folders first."
            )


def _is_accepted(rules: Rules, file: _File) -> bool:
    """Whether a scan would accept the file if it exists."""
    path = file.zip_path or file.path
    root = rules.root_of(path)
    if root is None or rules.kind(root, path) is None:
        return False
    name = file.path.removeprefix(path).replace(os.sep, "/").lstrip("/")
    return file.zip_path is None or rules.takes_member(path, name)


def _is_file(path: str) -> bool:
    """Whether a file exists. Raises OSError if that cannot be determined, as on a failing drive."""
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _reason_unavailable(rules: Rules, root: Root) -> str | None:
    """The reason why a library folder counts as unavailable; None if it has media.

    An unmounted drive leaves an empty mount point, or one with only a text file.
    """
    try:
        os.listdir(root.path)  # noqa: PTH208 - only whether it can be read
    except OSError as error:
        return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    entries = Walk(rules, lambda _: None, follow_links=True).paths([root.path])
    return None if any(isinstance(entry, FoundFile) for entry in entries) else "holds no media"


def _remove_files(connection: Connection, ids: Sequence[int]) -> None:
    """Remove rows of files, and the entities that have no other file."""
    for kind, owner in deletion.remove_entries(connection, ids):
        deletion.destroy(connection, MAPPERS[kind], owner, deletion.Options())


def _remove_folders(connection: Connection, ids: Iterable[int]) -> None:
    """Remove empty folders, deepest first, with the galleries made from them."""
    # A folder has a higher id than its parent, so the deepest come first.
    for folder in sorted(ids, reverse=True):
        galleries = select(t.galleries.c.id).where(t.galleries.c.folder_id == folder)
        for gallery in list(connection.scalars(galleries)):
            connection.execute(delete(t.galleries).where(t.galleries.c.id == gallery))
        has_files = select(t.files.c.id).where(t.files.c.parent_folder_id == folder).exists()
        connection.execute(delete(t.folders).where(t.folders.c.id == folder, ~has_files))
