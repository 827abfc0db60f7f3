"""Path maps: paths of the server to paths on this machine, and back."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashConfigurationError, StashInputError
from stash_cli.core.texts import is_text, legible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DRIVE = re.compile(r"[A-Za-z]:(?:[\\/]|$)")


@dataclass(frozen=True, slots=True)
class PathMaps:
    r"""Pairs of a folder on the server and the same folder here; the longest match of a path wins.

    A path below none of the folders is unchanged. Separators become those of the target. The case of Windows
    paths is ignored.

    >>> maps = PathMaps((("/data", "/mnt/nas"),))
    >>> maps.to_local("/data/a.mp4"), maps.to_server("/mnt/nas/a.mp4"), maps.to_local("/database")
    ('/mnt/nas/a.mp4', '/data/a.mp4', '/database')
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, maps: Mapping[str, str], setting: str) -> PathMaps:
        """Read a table of server path = local path; raises StashConfigurationError that names `setting`."""
        return cls(tuple(_pair(server, local, setting) for server, local in maps.items()))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def to_local(self, path: str) -> str:
        """The path on this machine for a path of the server."""
        return _mapped(path, self.pairs)

    def to_server(self, path: str) -> str:
        """The server's path for an absolute path on this machine."""
        return _mapped(path, [(local, server) for server, local in self.pairs])


def is_absolute(path: str) -> bool:
    """Whether a path is absolute on POSIX or on Windows, independent of this machine's system."""
    return path.startswith(("/", "\\\\")) or is_windows(path)


def absolute_path(path: str) -> str:
    """The absolute path; a path that is absolute on another system stays as it is. Raises StashInputError."""
    if _DRIVE.match(path) and os.name != "nt":
        return path
    found = os.path.normpath(Path(path).expanduser().absolute())
    if not is_text(found):
        raise StashInputError(f"the name of the current folder is not UTF-8 text: {legible(found)}")
    return found


def _pair(server: str, local: str, setting: str) -> tuple[str, str]:
    here = _expand_home(local, setting)
    for path in (server, here):
        if not is_absolute(path):
            raise StashConfigurationError(
                f"{setting}: {path or 'an empty path'} is not a full path.",
                hint='A line is: "path on the server" = "path here".',
            )
    return server, here


def _expand_home(path: str, setting: str) -> str:
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        raise StashConfigurationError(f"{setting}: the home folder in {path} is not known.") from None


def _mapped(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """`path` below the target of the longest source that contains it."""
    below = ((source, target, _below(path, source)) for source, target in pairs)
    found = [(len(source), rest, target) for source, target, rest in below if rest is not None]
    if not found:
        return path
    _, rest, target = max(found, key=lambda each: each[0])
    separator = "\\" if is_windows(target) and "/" not in target else "/"
    return separator.join([target.rstrip("\\/" if is_windows(target) else "/"), *rest]) or "/"


def _below(path: str, folder: str) -> list[str] | None:
    """The parts of `path` below `folder`; None where it is not below."""
    inner, outer = _parts(path, folder), _parts(folder, folder)
    fold = str.casefold if is_windows(folder) else str
    if [*map(fold, inner[: len(outer)])] != [*map(fold, outer)]:
        return None
    return inner[len(outer) :]


def _parts(path: str, style: str) -> list[str]:
    # On POSIX a backslash is an ordinary character of a name.
    text = path.replace("\\", "/") if is_windows(style) else path
    return text.rstrip("/").split("/")


def is_windows(path: str) -> bool:
    """Whether a path is one of Windows."""
    return bool(_DRIVE.match(path)) or path.startswith("\\\\")
