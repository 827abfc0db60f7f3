"""Files and folders that only their owner may read: libraries, exports, traces.

They have these permissions from the moment they exist, whatever the umask is.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def create_private(path: Path) -> bool:
    """Make an empty file unless there is one; whether it was made. Raises OSError."""
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
    """Open a file to write it anew; one that was there before becomes private as well. Raises OSError."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | getattr(os, "O_BINARY", 0), FILE)
    try:
        _restrict(descriptor)
        os.truncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "wb")


def write_private(path: Path, text: str) -> None:
    """Write a text file anew, in UTF-8. Raises OSError."""
    with open_private(path) as file:
        file.write(text.encode())


def make_private_folder(path: Path) -> None:
    """Make a folder with the parents that it lacks; folders that are there stay as they are."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        with suppress(FileExistsError):  # another process was quicker
            folder.mkdir(FOLDER)
            folder.chmod(FOLDER)  # a umask may have taken away what the owner needs


def _restrict(descriptor: int) -> None:
    """Set the permissions of an open file, where the system has them."""
    if os.name == "posix":
        os.fchmod(descriptor, FILE)
