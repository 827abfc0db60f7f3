"""Paths of a server, which may run on another system than this program."""

from __future__ import annotations

MAX_PATH = 4096
"""Bytes of a path that systems take."""


def separator(path: str) -> str:
    """The separator of folders in a full path: a backslash in paths of Windows."""
    return "\\" if "\\" in path and not path.startswith("/") else "/"


def join(folder: str, *names: str) -> str:
    """A path below a folder; without the doubled separators that would make a folder of their own."""
    mark = separator(folder)
    return mark.join([folder.rstrip(mark), *names])


def split(path: str) -> tuple[str, str]:
    """The folder and the name of a file."""
    folder, mark, name = path.rpartition(separator(path))
    is_top = not folder or folder.endswith(":")
    return folder + mark if is_top else folder, name


def is_within(path: str, folder: str) -> bool:
    """Whether a path is below a folder."""
    mark = separator(folder)
    return path.startswith(folder.rstrip(mark) + mark)
