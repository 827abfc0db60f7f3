"""File access below the library folders, safe against symbolic links that change meanwhile.

A path is resolved, compared with the folders, and then opened folder by folder without following links: a
link that is inserted after the check makes the open fail instead of leading elsewhere.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from os.path import abspath, basename, dirname, splitext
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.embedded.library.own_folders import demo_media

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def parent(path: str) -> str:
    """The folder of a path."""
    return dirname(path)  # noqa: PTH120 - text on purpose


def name(path: str) -> str:
    """The last part of a path."""
    return basename(path)  # noqa: PTH119 - text on purpose


def stem(path: str) -> str:
    """A path without its extension."""
    return splitext(path)[0]  # noqa: PTH122 - text on purpose


def extension(path: str) -> str:
    """The extension of a path in lower case, without the dot."""
    return splitext(path)[1][1:].lower()  # noqa: PTH122 - text on purpose


def absolute(path: str) -> str:
    """An absolute, normalised path; symbolic links are not resolved."""
    return abspath(path)  # noqa: PTH100 - resolving links would leave the library's own names


def is_within(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or inside it, by name only."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def between(path: str, top: str) -> list[str]:
    """The folders from `top` down to the parent of `path`; none when they are equal."""
    if path == top:
        return []
    folder = parent(path)
    return [*between(folder, top), folder]


_WHOLE = ("/", "/usr", "/var", "/run", "/home", "/Users", "/private", "/private/var")
"""System folders themselves; folders below them may hold media."""
_WITH_CONTENTS = (
    *("/etc", "/proc", "/sys", "/dev", "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/src"),
    *("/var/lib/private", "/var/log", "/var/spool", "/var/cache", "/run/secrets", "/run/credentials"),
    *("/private/etc", "/System", "/Library", "/Applications"),
)
_HOMES = ("/home", "/Users")


def is_system_folder(path: str) -> bool:
    """Whether `path`, links resolved, is a system folder or a hidden folder in a user's home."""
    real = Path(os.path.realpath(path))
    if real == Path(os.path.realpath(demo_media())):
        return False
    if str(real) in (*_WHOLE, os.environ.get("SYSTEMDRIVE", "") + os.sep):
        return True
    return any(real.is_relative_to(top) for top in _forbidden()) or _is_hidden_in_home(real)


def _forbidden() -> list[str]:
    names = ("SYSTEMROOT", "PROGRAMDATA", "PROGRAMFILES")
    windows = [os.environ[name] for name in names if name in os.environ]
    return [*_WITH_CONTENTS, *windows]


def _is_hidden_in_home(path: Path) -> bool:
    own_home = Path(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111 - Path raises without a home
    homes = {own_home, *(Path(*path.parts[:3]) for top in _HOMES if path.is_relative_to(top))}
    return any(
        path.is_relative_to(home)
        and len(path.parts) > len(home.parts)
        and path.parts[len(home.parts)][0] == "."
        for home in homes
    )


# O_NONBLOCK: opening a FIFO must not wait for its writer. Anything but a regular file is refused after
# opening.
_FILE = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | _NO_LINK | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_DIRECTORY", 0)
_BY_FOLDER = os.open in os.supports_dir_fd and os.unlink in os.supports_dir_fd


class OutsideError(OSError):
    """A path outside the permitted folders."""


def resolve_below(path: str, roots: Iterable[str]) -> tuple[str, str]:
    """(root, resolved path) of a path below one of `roots`. Raises OutsideError."""
    real = os.path.realpath(path)
    for root in roots:
        top = os.path.realpath(root)
        if is_within(real, top):
            return top, real
    raise OutsideError(f"{path} is outside the library folders")


def open_file(path: str, roots: Iterable[str], *, follow_links: bool = False) -> int:
    """Open a regular file for reading and return its descriptor. Raises OSError, OutsideError included."""
    if follow_links:
        descriptor = os.open(path, _FILE)
    else:
        top, real = resolve_below(path, roots)
        with open_folder(top, parent(real)) as folder:
            descriptor = _open_in(folder, real)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OutsideError(f"{path} is no file")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _open_in(folder: int | None, real: str) -> int:
    if folder is not None:
        return os.open(name(real), _FILE | _NO_LINK, dir_fd=folder)
    descriptor = os.open(real, _FILE)
    # Without folder descriptors (Windows): the path still has to name the opened file.
    if os.path.realpath(real) != real or not os.path.samestat(os.fstat(descriptor), os.lstat(real)):
        os.close(descriptor)
        raise OutsideError(f"{real} has changed")
    return descriptor


@contextmanager
def open_folder(top: str, folder: str) -> Iterator[int | None]:
    """A descriptor of `folder`, which is `top` or below it; None on systems without folder descriptors."""
    if not _BY_FOLDER:
        yield None
        return
    descriptor = os.open(top, _FOLDER)
    try:
        for part in Path(folder).relative_to(top).parts:
            parent_descriptor, descriptor = descriptor, os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(parent_descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def move_file(source: str, target: str, roots: Sequence[str]) -> None:
    """Rename a file or link below `roots`, creating the target folder. Raises OSError."""
    old_top, old = resolve_below(parent(source), roots)
    new_top, new = resolve_below(parent(target), roots)
    Path(new).mkdir(parents=True, exist_ok=True)
    with open_folder(old_top, old) as old_folder, open_folder(new_top, new) as new_folder:
        if old_folder is None or new_folder is None:
            Path(old, name(source)).rename(Path(new, name(target)))
        else:
            os.rename(name(source), name(target), src_dir_fd=old_folder, dst_dir_fd=new_folder)


def remove_file(path: str, roots: Iterable[str]) -> None:
    """Remove a file or link below `roots`; a missing one is ignored. Raises OSError."""
    top, folder = resolve_below(parent(path), roots)
    with open_folder(top, folder) as descriptor:
        try:
            if descriptor is None:
                Path(folder, name(path)).unlink()
            else:
                os.unlink(name(path), dir_fd=descriptor)
        except FileNotFoundError:
            return
