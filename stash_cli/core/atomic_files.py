"""Atomic replacement of files: a file appears complete under its name, or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: Path, *, private: bool = True, sync: bool = True) -> Iterator[BinaryIO]:
    """A new file that replaces `path` when the block ends without an error, and is removed otherwise.

    A `private` file has mode 0600; any other has the mode of the old file, or 0666 without the bits of the
    umask. With `sync` the content is on the disk before the file gets its name, which takes some
    milliseconds. For a symbolic link the target is replaced. A device or a pipe is written to directly,
    because it cannot be replaced. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    path = Path(os.path.realpath(path))
    # Beside the target, because a file is renamed atomically only within its file system. The name is short:
    # that of the target may be as long as the file system permits.
    part = path.with_name(f".stash-{os.urandom(6).hex()}.part")
    mode = 0o600 if private else 0o666
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())  # otherwise a crash could leave an empty file under the name
        if not private and path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
