"""Folders for temporary files: private, with names that cannot be guessed, and removed even after a crash.

A folder is locked as long as its process lives; the system drops the lock when the process ends in any way.
What is not locked any more is left over, and is removed when the next folder of the kind is made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OLD = 24 * 3600.0  # seconds after which a folder is left over where folders cannot be locked


class ScratchFolder:
    """A new folder in `parent`, or where the system keeps temporary files; `close` removes it."""

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        sweep(prefix, parent)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            try:
                self._lock = _lock(self.path)
            except (BlockingIOError, FileNotFoundError):
                continue  # another process took it for left over before it was locked
            if _is_at(self._lock, self.path):
                return
            _unlock(self._lock)

    def close(self) -> None:
        """Remove the folder with what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        _unlock(self._lock)
        self._lock = None


def sweep(prefix: str, parent: Path | None = None) -> None:
    """Remove the folders of this user whose processes ended without doing so."""
    for path in Path(parent or tempfile.gettempdir()).glob(f"{prefix}*"):
        with _abandoned(path) as abandoned:
            if abandoned:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether a path is a folder of this user that nobody holds; it is held meanwhile."""
    try:
        facts = path.lstat()
        if path.is_symlink() or not path.is_dir() or facts.st_uid != _user():
            yield False
            return
        lock = _lock(path)
    except OSError:  # it is in use, or gone by now
        yield False
        return
    try:
        yield _is_at(lock, path) if lock is not None else time.time() - facts.st_mtime > _OLD
    finally:
        _unlock(lock)


def _user() -> int:
    return os.getuid() if os.name == "posix" else 0


def _lock(path: Path) -> int | None:
    """Lock a folder; None where the system cannot. Raises BlockingIOError when another process has it."""
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
    """Whether the locked folder is the one at `path`, and was not removed and made anew."""
    if lock is None:
        return True
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False
