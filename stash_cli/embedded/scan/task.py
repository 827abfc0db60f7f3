"""The scan task: walk, look up known files, read new ones in threads, write in short transactions."""

from __future__ import annotations

import os
import warnings
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.embedded.library import settings
from stash_cli.embedded.library.file_access import is_within
from stash_cli.embedded.scan.content import Inspected, Inspector
from stash_cli.embedded.scan.importer import Importer
from stash_cli.embedded.scan.matching import find_known
from stash_cli.embedded.scan.rows import FolderRows, count_below, set_sidecars
from stash_cli.embedded.scan.rules import Rules, read_rules
from stash_cli.embedded.scan.walk import FoundFile, FoundFolder, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.embedded.jobs.queue import Progress
    from stash_cli.embedded.library.database import Database
    from stash_cli.embedded.library.library import Library

# Files or folders in one transaction.
_LOOKUP_BATCH = 500
_FOLDER_BATCH = 500
_FILE_BATCH = 50
_WORKERS = min(4, os.cpu_count() or 1) + 1
# Reads that are submitted ahead of the writer.
_WINDOW = 8 * _WORKERS

_Read = Future["Inspected | None"]
_T = TypeVar("_T")


def run(library: Library, options: Mapping[str, Any], progress: Progress) -> list[int]:
    """Scan by a ScanMetadataInput (paths, rescan, filter.minModTime); returns the ids of read files.

    Unreadable files are logged and skipped. Raises JobCancelled when the job is stopped; batches that were
    written remain, and the next scan reads the other files.
    """
    with library.database.read() as connection:
        general = settings.read_part(connection, "general")
    rules = read_rules(general, options, progress.library_log.warning, any_folder=library.limits.any_folder)
    paths = options.get("paths") or [root.path for root in rules.roots]
    with warnings.catch_warnings():
        # Pillow warns about each photo with unusual metadata; unreadable files are logged anyway.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        scan = _Scan(library.database, rules, progress, follow_links=library.limits.follow_links)
        scan.run(paths)
    return scan.scanned_ids


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan; `made` are the paths of new folders, `scanned_ids` the ids of files that were read."""

    database: Database
    rules: Rules
    progress: Progress
    follow_links: bool = False
    made: set[str] = field(default_factory=set)
    scanned_ids: list[int] = field(default_factory=list)

    def run(self, paths: list[str]) -> None:
        folders, found = self._walk(paths)
        for folder_batch in _batches(folders, _FOLDER_BATCH):
            self._write_folders(folder_batch)
        self.progress.total(len(found))
        workers = self.rules.parallel_tasks or _WORKERS
        with ThreadPoolExecutor(workers, "stash-scan") as pool:
            try:
                for batch in self._inspected(pool, self._files_to_read(found)):
                    self._write(batch)
            finally:
                # A cancelled scan does not wait for files that have not been started.
                pool.shutdown(cancel_futures=True)
        self._report_empty([root.path for root in self.rules.roots if root.path in paths], found)

    def _report_empty(self, roots: Sequence[str], found: Sequence[FoundFile]) -> None:
        """Log library folders that have files in the database but none on disk: an unmounted drive."""
        for root in roots:
            if not Path(root).is_dir() or any(is_within(file.path, root) for file in found):
                continue
            with self.database.read() as connection:
                count = count_below(connection, root)
            if count:
                self.progress.library_log.error(
                    f"{root} holds no media, but files of it are known ({count}): is its drive mounted?"
                )

    def _walk(self, paths: list[str]) -> tuple[list[FoundFolder], list[FoundFile]]:
        """The folders, parents first, and the files at `paths`."""
        folders: list[FoundFolder] = []
        found: list[FoundFile] = []
        self.progress.total(None)
        with self.progress.task("Walking directory tree"):
            log = self.progress.library_log
            walk = Walk(self.rules, log.warning, self.follow_links, on_error=log.error, on_skip=log.write)
            for entry in walk.paths(paths):
                self.progress.check()
                if isinstance(entry, FoundFile):
                    found.append(entry)
                else:
                    folders.append(entry)
        return folders, found

    def _write_folders(self, folders: Sequence[FoundFolder]) -> None:
        self.progress.check()
        with self.database.write() as connection:
            rows = FolderRows(connection, self.made)
            for folder in folders:
                rows.write(folder.path, folder.mod_time)

    def _files_to_read(self, found: Sequence[FoundFile]) -> Iterator[FoundFile]:
        """Yield the new and modified files; of the others, only changed sidecar files are written."""
        for batch in _batches(found, _LOOKUP_BATCH):
            self.progress.check()
            with self.database.read() as connection:
                stored_files = find_known(connection, batch)
            changed = []
            for file in batch:
                stored = stored_files.get(file.path)
                if stored is None or self.rules.rescan or not stored.is_current(file):
                    yield file
                    continue
                self.progress.step()
                if file.kind == "video" and not stored.has_sidecars(file):
                    changed.append((stored.id, file))
            self._write_sidecars(changed)

    def _write_sidecars(self, changed: Sequence[tuple[int, FoundFile]]) -> None:
        if not changed:
            return
        with self.database.write() as connection:
            for file_id, file in changed:
                set_sidecars(connection, file_id, file.captions, interactive=file.interactive)

    def _inspected(
        self, pool: ThreadPoolExecutor, files: Iterator[FoundFile]
    ) -> Iterator[list[Inspected | None]]:
        """Yield batches of read files in order; threads read further files while the caller writes."""
        inspect = Inspector(self.rules, self.progress.library_log.error, self.progress.check)
        window: deque[_Read] = deque()
        while True:
            for file in islice(files, _WINDOW - len(window)):
                window.append(pool.submit(self._inspect, inspect, file))
            if not window:
                return
            yield list(_ready(window))

    def _inspect(self, inspect: Inspector, file: FoundFile) -> Inspected | None:
        with self.progress.task(f"Scanning {file.path}"):
            return inspect(file)

    def _write(self, batch: list[Inspected | None]) -> None:
        self.progress.check()
        # One short transaction per batch, so that other writers wait for one batch at most.
        with self.database.write() as connection:
            importer = Importer(connection, self.rules, self.made)
            for inspected in batch:
                if inspected is not None:
                    importer.add(inspected)
        self.scanned_ids.extend(importer.described)
        self.progress.step(len(batch))


def _ready(window: deque[_Read]) -> Iterator[Inspected | None]:
    """Yield the finished reads at the start of the window; only the first is waited for."""
    yield window.popleft().result()
    for _ in range(_FILE_BATCH - 1):
        if not window or not window[0].done():
            return
        yield window.popleft().result()


def _batches(items: Sequence[_T], size: int) -> Iterable[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
