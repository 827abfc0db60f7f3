"""Paths of a server, which may run on another operating system."""

from __future__ import annotations

MAX_PATH = 4096
"""Maximum bytes of a path."""


def separator(path: str) -> str:
    """The separator in an absolute path: a backslash in paths of Windows."""
    return "\\" if "\\" in path and not path.startswith("/") else "/"


def join(folder: str, *names: str) -> str:
    """Join a folder and names, without a doubled separator."""
    sep = separator(folder)
    return sep.join([folder.rstrip(sep), *names])


def split(path: str) -> tuple[str, str]:
    """Split a path into folder and name."""
    folder, sep, name = path.rpartition(separator(path))
    is_top = not folder or folder.endswith(":")
    return folder + sep if is_top else folder, name


def is_within(path: str, folder: str) -> bool:
    """Whether a path is below a folder."""
    sep = separator(folder)
    return path.startswith(folder.rstrip(sep) + sep)
