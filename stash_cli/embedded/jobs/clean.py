"""The clean task: removes rows of missing files, and the entities that have no other file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import settings
from stash_cli.embedded.persistence import blobs, deletion
from stash_cli.embedded.persistence.entity_mapper import MAPPERS
from stash_cli.embedded.scan.content import member_names
from stash_cli.embedded.scan.paths import is_within
from stash_cli.embedded.scan.rules import Rules, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.embedded.jobs.job import Progress
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

    def run(self) -> None:
        with self.database.read() as connection:
            rules = read_rules(
                settings.read_part(connection, "general"),
                {},
                self.progress.library_log.warning,
                any_folder=self.any_folder,
            )
            known = list(self._files(connection))
            held = select(t.folders.c.id, t.folders.c.path).where(t.folders.c.zip_file_id.is_(None))
            kept = connection.execute(held).all()
        self.progress.total(len(known))
        gone = [file.id for file in known if self._is_gone(rules, file)]
        missing = [number for number, path in kept if self._folder_gone(rules, path)]
        if self.options.get("dryRun"):
            return
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
        root = rules.root_of(file.path)
        if root is None or rules.kind(root, file.zip_path or file.path) is None:
            reason = "is not in the library any more"
        elif not self._exists(file):
            reason = "is missing"
        else:
            return False
        self._log(f"{file.path} {reason}")
        return True

    def _log(self, text: str) -> None:
        self.progress.library_log.info(f"{text}{': would be cleaned' if self.options.get('dryRun') else ''}")

    def _exists(self, file: _File) -> bool:
        if file.zip_path is None:
            return Path(file.path).is_file()
        if self.options.get("ignoreZipFileContents"):
            return Path(file.zip_path).is_file()
        name = file.path.removeprefix(file.zip_path + os.sep).replace(os.sep, "/")
        return name in self._zip_members(file.zip_path)

    def _zip_members(self, path: str) -> frozenset[str]:
        if path not in self._members:
            self._members[path] = member_names(path)
        return self._members[path]

    def _folder_gone(self, rules: Rules, path: str) -> bool:
        gone = self._is_selected(path) and (rules.root_of(path) is None or not Path(path).is_dir())
        if gone:
            self._log(f"Folder {path} is missing")
        return gone


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
