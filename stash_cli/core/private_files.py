"""Files and folders with permissions for their owner only: libraries, exports, traces.

The permissions are set on creation, independent of the umask.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def create_private(path: Path) -> bool:
    """Create an empty file unless it exists; returns whether it was created. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE)
    except FileExistsError:
        return False
    try:
        _restrict(descriptor)
    finally:
        os.close(descriptor)
    return True


def open_private(path: Path) -> IO[bytes]:
    """Open a file for overwriting; an existing one becomes private too. Raises OSError."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | getattr(os, "O_BINARY", 0), FILE)
    try:
        # Before anything is written, so that other users cannot read it.
        _restrict(descriptor)
        os.truncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "wb")


def write_private(path: Path, text: str) -> None:
    """Overwrite a text file in UTF-8. Raises OSError."""
    with open_private(path) as file:
        file.write(text.encode())


def make_private_folder(path: Path) -> None:
    """Create a folder with its missing parents; existing folders are unchanged."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        with suppress(FileExistsError):  # another process has created it
            folder.mkdir(FOLDER)
            folder.chmod(FOLDER)  # the umask may have removed permissions of the owner


def _restrict(descriptor: int) -> None:
    """Set the permissions of an open file on systems that have them."""
    if os.name == "posix":
        # The mode of `os.open` is reduced by the umask, and has no effect on an existing file.
        os.fchmod(descriptor, FILE)


_LOCKED_BYTE = 1 << 30
"""Offset of the byte that is locked on Windows: far behind the data of the holder, which others read."""


def try_lock(descriptor: int) -> bool:
    """Lock an open file without waiting; returns False where another process has locked it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return _try_lock_byte(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_byte(descriptor: int) -> bool:
    import msvcrt

    os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
