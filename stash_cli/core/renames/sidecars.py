"""Sidecars: files beside a media file that belong to it by name, and are moved with it if accessible.

The server does not move captions, scripts and descriptions. At the next scan it drops captions that are not
beside their video.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.log import logger
from stash_cli.core.renames.paths import split
from stash_cli.core.templates.filters import stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ENDING = re.compile(
    r"(?:\.[a-z]{2,3}(?:-\w+)?)?\.(?:srt|vtt)|(?:\.\w+)?\.funscript|(?:\.\w{2,5})?\.(?:nfo|json|xmp)",
    re.IGNORECASE,
)
"""Suffixes of sidecars, after the stem of the media file."""
_CAPTIONS = re.compile(r"\.(?:srt|vtt)", re.IGNORECASE)


def sidecars_of(name: str, names: Iterable[str]) -> list[str]:
    """The `names` in a folder that are sidecars of the file `name`, and of no other file there.

    >>> sidecars_of("a.mp4", ["a.mp4", "a.en.srt", "a.b.mp4", "a.b.nfo", "a.mp4.nfo", "b.srt"])
    ['a.en.srt', 'a.mp4.nfo']
    """
    folder_names = list(names)
    own_stem = stem(name) or name
    others = {stem(each) for each in folder_names if each != name and not _is_sidecar(each)}
    if own_stem in others:
        return []  # ambiguous, such as with a.mp4 and a.mkv
    longer_stems = tuple(f"{each}." for each in others if each and each.startswith(f"{own_stem}."))
    return sorted(
        each
        for each in folder_names
        if each.startswith(f"{own_stem}.")
        and _ENDING.fullmatch(each[len(own_stem) :])
        and not (longer_stems and each.startswith(longer_stems))
    )


def _is_sidecar(name: str) -> bool:
    return name.lower().endswith((".srt", ".vtt", ".funscript", ".nfo", ".json", ".xmp"))


@dataclass(slots=True)
class SidecarMover:
    """Moves the sidecars of files that a server has moved.

    `to_local` maps a folder of the server to this machine; None if unknown. A sidecar that cannot be moved
    causes a warning.
    """

    to_local: Callable[[str], str | None]
    moved: int = 0
    captions: int = 0

    def can_move_from(self, folder: str) -> bool:
        """Whether files can be moved out of a folder of the server."""
        local = self.to_local(folder)
        return local is not None and os.access(local, os.W_OK)

    def beside(self, path: str) -> list[str]:
        """The names of the sidecars of a file that is, or was just now, at `path`."""
        folder, name = split(path)
        local = self.to_local(folder)
        try:
            return sidecars_of(name, os.listdir(local)) if local is not None else []  # noqa: PTH208 - names
        except OSError:
            return []

    def follow(self, before: str, after: str) -> None:
        """Move the sidecars of a moved file."""
        old, new = split(before), split(after)
        target = self.to_local(new[0])
        for name in self.beside(before) if target is not None else ():
            ending = name[len(stem(old[1]) or old[1]) :]
            self._move(Path(str(self.to_local(old[0])), name), Path(str(target), f"{stem(new[1])}{ending}"))

    def _move(self, source: Path, target: Path) -> None:
        if os.path.lexists(target):
            logger.warning("%s stays: %s is there already", source, target)
            return
        try:
            source.rename(target)
        except OSError as error:
            logger.warning("%s stays: %s", source, error.strerror or error)
            return
        self.moved += 1
        self.captions += bool(_CAPTIONS.fullmatch(target.suffix))
