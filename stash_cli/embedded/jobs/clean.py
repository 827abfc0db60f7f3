"""The clean task: removes rows of missing files, and the entities that have no other file.

A library folder that is away as a whole, as that of an unplugged drive, keeps its files.
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
    _away: dict[str, str | None] = field(default_factory=dict)
    _kept: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        log = self.progress.library_log
        log.info("Starting cleaning of tracked files")
        if self.options.get("dryRun"):
            log.info("Running in Dry Mode")
        with self.database.read() as connection:
            general = settings.read_part(connection, "general")
            warn = self.progress.library_log.warning
            rules = read_rules(general, {}, warn, any_folder=self.any_folder)
            known = list(self._files(connection))
            held = select(t.folders.c.id, t.folders.c.path).where(t.folders.c.zip_file_id.is_(None))
            kept = connection.execute(held).all()
        used = {root.path for root in rules.roots}
        listed = {absolute(stash["path"]) for stash in general.get("stashes") or ()}
        self._away.update(dict.fromkeys(listed - used, "is a folder of the system or hidden"))
        self.progress.total(len(known))
        gone = [file.id for file in known if self._is_gone(rules, file)]
        missing = [number for number, path in kept if self._folder_gone(rules, path)]
        if not self.options.get("dryRun"):
            self._remove(gone, missing)
        # Last, so that folders which are there get cleaned although another one is away.
        self._require_roots()

    def _remove(self, gone: Sequence[int], missing: Sequence[int]) -> None:
        # In batches, because one long transaction would keep every other writer waiting.
        for start in range(0, len(gone), _BATCH):
            self.progress.check()
            with self.database.write() as connection:
                _remove_files(connection, gone[start : start + _BATCH])
        with self.database.write() as connection:
            _remove_folders(connection, missing)
            blobs.delete_unreferenced(connection)

    def _files(self, connection: Connection) -> Iterator[_File]:
        holder, outer = t.files.alias(), t.folders.alias()
        query = (
            select(t.files.c.id, t.folders.c.path, t.files.c.basename, outer.c.path, holder.c.basename)
            .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
            .outerjoin(holder, holder.c.id == t.files.c.zip_file_id)
            .outerjoin(outer, outer.c.id == holder.c.parent_folder_id)
        )
        for number, folder, name, zip_folder, zip_name in connection.execute(query):
            path = os.path.join(folder, name)  # noqa: PTH118 - as stored, not normalised
            zip_path = None if zip_name is None else str(Path(zip_folder) / zip_name)
            if self._is_selected(path):
                yield _File(number, path, zip_path)

    def _is_selected(self, path: str) -> bool:
        paths = self.options.get("paths")
        return not paths or any(is_within(path, chosen) for chosen in paths)

    def _is_gone(self, rules: Rules, file: _File) -> bool:
        """Whether the file is missing, outside all library folders, or excluded by now."""
        self.progress.check()
        self.progress.step()
        if not _is_accepted(rules, file):
            reason = "File not in any stash library directories"
        elif not self._exists(file):
            reason = "File not found"
        else:
            return False
        # Its drive may be unplugged, and all that people have entered about its files would go.
        if not self._can_be_missing(rules, file.path):
            return False
        self._mark(reason, file.path)
        return True

    def _mark(self, reason: str, path: str) -> None:
        """Log what is removed, or would be, in the server's words."""
        self.progress.library_log.info(f'{reason}. Marking to clean: "{path}"')

    def _exists(self, file: _File) -> bool:
        """Whether a file is there; one that cannot be examined counts as there, and is logged."""
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

    def _folder_gone(self, rules: Rules, path: str) -> bool:
        if not self._is_selected(path):
            return False
        gone = rules.root_of(path) is None or not Path(path).is_dir()
        if gone and (gone := self._can_be_missing(rules, path, count=0)):
            self._mark("Folder not found", path)
        return gone

    def _can_be_missing(self, rules: Rules, path: str, count: int = 1) -> bool:
        """Whether what is missing at `path` counts as deleted: not when its whole library folder is away."""
        root = rules.root_of(path)
        if root is not None and root.path not in self._away:
            self._away[root.path] = _reason_away(rules, root)
        holding = next((top for top, reason in self._away.items() if reason and is_within(path, top)), None)
        if holding is not None and count:
            self._kept[holding] += count
        return holding is None

    def _require_roots(self) -> None:
        """Fail when a library folder was away, after everything else has been cleaned."""
        if self._kept:
            texts = [
                f"the library folder {path} {self._away[path]}: "
                f"{count} {'file stays' if count == 1 else 'files stay'} in the library"
                for path, count in sorted(self._kept.items())
            ]
            raise Refused(
                f"{'; '.join(texts)}. Mount it and clean again, or remove it from the library folders first."
            )


def _is_accepted(rules: Rules, file: _File) -> bool:
    """Whether a scan would take the file, if it is there."""
    path = file.zip_path or file.path
    root = rules.root_of(path)
    if root is None or rules.kind(root, path) is None:
        return False
    name = file.path.removeprefix(path).replace(os.sep, "/").lstrip("/")
    return file.zip_path is None or rules.takes_member(path, name)


def _is_file(path: str) -> bool:
    """Whether a file exists. Raises OSError where that cannot be found out, as on a failing drive."""
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _reason_away(rules: Rules, root: Root) -> str | None:
    """The reason why nothing of a library folder can be judged, or None when media are found in it.

    An unmounted drive leaves an empty folder, or one with a note.
    """
    try:
        os.listdir(root.path)  # noqa: PTH208 - a Path would be made of each name
    except OSError as error:
        return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    found = Walk(rules, lambda _: None, follow_links=True).paths([root.path])
    return None if any(isinstance(one, FoundFile) for one in found) else "holds no media"


def _remove_files(connection: Connection, ids: Sequence[int]) -> None:
    """Remove rows of files, and the entities that have no other file."""
    for kind, owner in deletion.remove_entries(connection, ids):
        deletion.destroy(connection, MAPPERS[kind], owner, deletion.Options())


def _remove_folders(connection: Connection, ids: Iterable[int]) -> None:
    """Remove empty folders, deepest first, with the galleries made from them."""
    # A folder has a higher id than its parent, so the deepest come first.
    for folder in sorted(ids, reverse=True):
        made = select(t.galleries.c.id).where(t.galleries.c.folder_id == folder)
        for gallery in list(connection.scalars(made)):
            connection.execute(delete(t.galleries).where(t.galleries.c.id == gallery))
        held = select(t.files.c.id).where(t.files.c.parent_folder_id == folder).exists()
        connection.execute(delete(t.folders).where(t.folders.c.id == folder, ~held))
