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

_LOOKED_UP = 500
_FOLDERS_WRITTEN = 500
_FILES_WRITTEN = 50
_WORKERS = min(4, os.cpu_count() or 1) + 1
_IN_FLIGHT = 8 * _WORKERS

_Read = Future["Inspected | None"]
_T = TypeVar("_T")


def run(library: Library, options: Mapping[str, Any], progress: Progress) -> list[int]:
    """Scan by a ScanMetadataInput (paths, rescan, filter.minModTime); returns the ids of read files.

    Unreadable files are logged and skipped. Raises JobCancelled when asked to stop; what was written until
    then stays, and the next scan continues from there.
    """
    with library.database.read() as connection:
        general = settings.read_part(connection, "general")
    rules = read_rules(general, options, progress.library_log.warning, any_folder=library.limits.any_folder)
    paths = options.get("paths") or [root.path for root in rules.roots]
    with warnings.catch_warnings():
        # Pillow warns of every photo with odd metadata; what matters of it is in the log.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        scan = _Scan(library.database, rules, progress, follow_links=library.limits.follow_links)
        scan.run(paths)
    return scan.scanned_ids


@dataclass(frozen=True, slots=True)
class _Scan:
    """One run; `made` are folders new in this scan, `scanned_ids` the files that were read."""

    database: Database
    rules: Rules
    progress: Progress
    follow_links: bool = False
    made: set[str] = field(default_factory=set)
    scanned_ids: list[int] = field(default_factory=list)

    def run(self, paths: list[str]) -> None:
        found = self._walk(paths)
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
        """Log library folders without media of which files are known: an unmounted drive leaves one."""
        for root in roots:
            if not Path(root).is_dir() or any(is_within(one.path, root) for one in found):
                continue
            with self.database.read() as connection:
                known = count_below(connection, root)
            if known:
                self.progress.library_log.error(
                    f"{root} holds no media, but files of it are known ({known}): is its drive mounted?"
                )

    def _walk(self, paths: list[str]) -> list[FoundFile]:
        """Write the folders and return the files."""
        found: list[FoundFile] = []
        folders: list[FoundFolder] = []
        self.progress.total(None)
        with self.progress.task("Walking directory tree"):
            log = self.progress.library_log
            walk = Walk(self.rules, log.warning, self.follow_links, on_error=log.error, on_skip=log.write)
            for one in walk.paths(paths):
                self.progress.check()
                if isinstance(one, FoundFile):
                    found.append(one)
                else:
                    folders.append(one)
        for batch in _batches(folders, _FOLDERS_WRITTEN):
            self._write_folders(batch)
        return found

    def _write_folders(self, folders: Sequence[FoundFolder]) -> None:
        self.progress.check()
        with self.database.write() as connection:
            rows = FolderRows(connection, self.made)
            for folder in folders:
                rows.write(folder.path, folder.mod_time)

    def _files_to_read(self, found: Sequence[FoundFile]) -> Iterator[FoundFile]:
        """The files that have to be read; for the others only changed sidecar files are written."""
        for batch in _batches(found, _LOOKED_UP):
            self.progress.check()
            with self.database.read() as connection:
                known = find_known(connection, batch)
            stale = []
            for one in batch:
                had = known.get(one.path)
                if had is None or self.rules.rescan or not had.is_current(one):
                    yield one
                    continue
                self.progress.step()
                if one.kind == "video" and not had.has_sidecars(one):
                    stale.append((had.id, one))
            self._write_sidecars(stale)

    def _write_sidecars(self, stale: Sequence[tuple[int, FoundFile]]) -> None:
        if not stale:
            return
        with self.database.write() as connection:
            for file_id, found in stale:
                set_sidecars(connection, file_id, found.captions, interactive=found.interactive)

    def _inspected(
        self, pool: ThreadPoolExecutor, outdated: Iterator[FoundFile]
    ) -> Iterator[list[Inspected | None]]:
        """Batches of read files in the order found; further files are read while the caller writes."""
        inspect = Inspector(self.rules, self.progress.library_log.error, self.progress.check)
        window: deque[_Read] = deque()
        while True:
            for found in islice(outdated, _IN_FLIGHT - len(window)):
                window.append(pool.submit(self._inspect, inspect, found))
            if not window:
                return
            yield list(_ready(window))

    def _inspect(self, inspect: Inspector, found: FoundFile) -> Inspected | None:
        with self.progress.task(f"Scanning {found.path}"):
            return inspect(found)

    def _write(self, batch: list[Inspected | None]) -> None:
        self.progress.check()
        # A short transaction for each batch, so that other writers wait for one batch at most.
        with self.database.write() as connection:
            importer = Importer(connection, self.rules, self.made)
            for inspected in batch:
                if inspected is not None:
                    importer.add(inspected)
        self.scanned_ids.extend(importer.described)
        self.progress.step(len(batch))


def _ready(window: deque[_Read]) -> Iterator[Inspected | None]:
    """The finished reads at the left of the window; waits for the first only."""
    yield window.popleft().result()
    for _ in range(_FILES_WRITTEN - 1):
        if not window or not window[0].done():
            return
        yield window.popleft().result()


def _batches(items: Sequence[_T], size: int) -> Iterable[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
