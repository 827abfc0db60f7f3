"""Paths as plain text: a scan touches too many of them to build Path objects for each."""

from __future__ import annotations

import os
from os.path import abspath, basename, dirname, splitext


def parent(path: str) -> str:
    """Return the folder of a path."""
    return dirname(path)  # noqa: PTH120 - text on purpose


def name(path: str) -> str:
    """Return the last part of a path."""
    return basename(path)  # noqa: PTH119 - text on purpose


def stem(path: str) -> str:
    """Return a path without its extension."""
    return splitext(path)[0]  # noqa: PTH122 - text on purpose


def extension(path: str) -> str:
    """Return the extension of a path in lower case, without its dot."""
    return splitext(path)[1][1:].lower()  # noqa: PTH122 - text on purpose


def absolute(path: str) -> str:
    """Return a path from the root of the file system, without dots; links stay as they are named."""
    return abspath(path)  # noqa: PTH100 - resolving links would leave the library's own names


def is_within(path: str, folder: str) -> bool:
    """Return whether `path` is `folder` or lies inside it, by name only."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def between(path: str, top: str) -> list[str]:
    """Return the folders from `top` down to the parent of `path`; none when they are the same."""
    if path == top:
        return []
    folder = parent(path)
    return [*between(folder, top), folder]
