"""Path functions on plain text: creating a Path object for every file is too slow for a scan."""

from __future__ import annotations

import os
from os.path import abspath, basename, dirname, splitext


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
