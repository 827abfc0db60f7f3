"""Temporary folders that are removed even after a crash, and files for download.

A folder is locked as long as its process lives; the system releases the lock when the process ends in any
way. An unlocked folder is abandoned, and is removed when the next one with its prefix is created.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.private_files import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds after which a folder counts as abandoned on systems that cannot lock folders.
_OLD = 24 * 3600.0


class TemporaryFolder:
    """A new folder in `parent`, or in the system's temporary folder; `close` removes it."""

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        remove_abandoned(prefix, parent)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            try:
                self._lock = _lock(self.path)
            except (BlockingIOError, FileNotFoundError):
                # Another process removed the folder as abandoned before it was locked.
                continue
            if _is_at(self._lock, self.path):
                return
            _unlock(self._lock)

    def close(self) -> None:
        """Remove the folder with its contents."""
        shutil.rmtree(self.path, ignore_errors=True)
        _unlock(self._lock)
        self._lock = None


def remove_abandoned(prefix: str, parent: Path | None = None) -> None:
    """Remove the folders of this user that no process holds."""
    for path in Path(parent or tempfile.gettempdir()).glob(f"{prefix}*"):
        with _abandoned(path) as abandoned:
            if abandoned:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether a path is an unlocked folder of this user; it is locked inside the block."""
    try:
        facts = path.lstat()
        if path.is_symlink() or not path.is_dir() or facts.st_uid != _user():
            yield False
            return
        lock = _lock(path)
    # The folder is locked by its process, or was removed in the meantime.
    except OSError:
        yield False
        return
    try:
        yield _is_at(lock, path) if lock is not None else time.time() - facts.st_mtime > _OLD
    finally:
        _unlock(lock)


def _user() -> int:
    return os.getuid() if os.name == "posix" else 0


def _lock(path: Path) -> int | None:
    """Lock a folder; None where the system has no such locks. Raises BlockingIOError when it is locked."""
    if os.name != "posix":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _is_at(lock: int | None, path: Path) -> bool:
    """Whether the locked folder is still the one at `path`."""
    if lock is None:
        return True
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False


MOST_DOWNLOADS = 10
_PREFIX = "stash-cli-downloads-"


def remove_abandoned_downloads() -> None:
    """Remove the downloads of processes that were killed."""
    remove_abandoned(_PREFIX)


class Downloads:
    """Files for download by an unguessable key; the last ten are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: TemporaryFolder | None = None
        self._files: dict[str, Path] = {}

    def reserve(self, name: str) -> tuple[str, Path]:
        """The URL path and the file path of a new download."""
        key = secrets.token_hex(16)
        with self._lock:
            if self._folder is None:
                self._folder = TemporaryFolder(_PREFIX)
            path = self._folder.path / key / name
            path.parent.mkdir(FOLDER)
            self._files[key] = path
            for old in list(self._files)[:-MOST_DOWNLOADS]:
                shutil.rmtree(self._files.pop(old).parent, ignore_errors=True)
        return f"/downloads/{key}/{name}", path

    def find(self, key: str) -> Path | None:
        """The file of a key, or None."""
        with self._lock:
            path = self._files.get(key)
        return path if path is not None and path.is_file() else None

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            if self._folder is not None:
                self._folder.close()
            self._folder = None
            self._files.clear()
