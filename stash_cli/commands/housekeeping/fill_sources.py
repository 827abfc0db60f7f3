"""Sources of `fill`: the path of a file, or a sidecar beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars import (
    MOST_BYTES,
    Sidecar,
    defaults_names,
    folder_names,
    names_beside,
    only_video_names,
    parse_sidecar,
)
from stash_cli.core.sidecars.path_pattern import NAMED, NoMatch, PathPattern
from stash_cli.core.texts import basename

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.housekeeping.fill_files import MediaFiles, VideoFolders
    from stash_cli.core.sidecars.path_pattern import Known


_MAX_CACHED = 1000
"""Maximum number of cached sidecars of folders."""


@dataclass(frozen=True, slots=True)
class Found:
    """Facts about an object, and the path of their source."""

    sidecar: Sidecar
    place: str


@dataclass(frozen=True, slots=True)
class MediaPath:
    """A path of the server: of a file, or of a gallery's folder."""

    path: str
    is_folder: bool = False


class Source(Protocol):
    """A reader of facts; `named_fields` are fields for which it needs the names of the library."""

    @property
    def named_fields(self) -> frozenset[str]: ...

    async def read(self, paths: Sequence[MediaPath], known: Known) -> Found:
        """Read the facts of the first path that has any. Raises NoMatch and StashSidecarError."""
        ...


@dataclass(frozen=True)
class PathSource:
    """Facts in paths, by the first pattern that matches; without patterns there are none."""

    patterns: Sequence[PathPattern]

    @property
    def named_fields(self) -> frozenset[str]:
        return frozenset(name for each in self.patterns for name in each.fields if name in NAMED)

    async def read(self, paths: Sequence[MediaPath], known: Known) -> Found:
        """Read the facts of the first path that a pattern matches. Raises NoMatch of the first pattern."""
        reason: NoMatch | None = None
        for pattern in self.patterns:
            for each in paths:
                try:
                    return Found(pattern.read(each.path, known, is_folder=each.is_folder), each.path)
                except NoMatch as error:
                    reason = reason or error
        raise reason or NoMatch("has no file" if self.patterns else "")


@dataclass(frozen=True)
class SidecarSource:
    """Facts in sidecars of a format. Videos have `folders`, as some sidecars describe a whole folder."""

    kind: str
    files: MediaFiles
    folders: VideoFolders | None = None
    named_fields: frozenset[str] = frozenset()
    read_before: dict[str, Found | None] = field(default_factory=dict)
    """Cached sidecars of folders, by path."""

    async def read(self, paths: Sequence[MediaPath], known: Known) -> Found:  # noqa: ARG002 - as its protocol
        """Read the facts about an object, completed with those that its folder shares. Raises NoMatch.

        Raises StashSidecarError with the name of a file that cannot be read.
        """
        if not paths:
            raise NoMatch("has no file")
        candidates = [place for each in paths for place in self._places(each)]
        own, reason = await self._first(candidates), f"no {self.kind.upper()} file"
        if own is None:
            own, reason = await self._of_only_video(paths, reason)
        shared = await self._shared(paths)
        if shared is not None:
            sidecar = (own.sidecar if own else Sidecar()).with_defaults(shared.sidecar)
            return Found(sidecar, (own or shared).place)
        if own is not None:
            return own
        is_reachable = any(map(self.files.is_reachable, candidates))
        raise NoMatch(reason if is_reachable else "no path map says where its folder is here")

    def _places(self, each: MediaPath) -> list[str]:
        return folder_names(self.kind, each.path) if each.is_folder else names_beside(self.kind, each.path)

    async def _first(self, places: Sequence[str]) -> Found | None:
        """Read the first existing sidecar."""
        found = await self.files.first(places, MOST_BYTES[self.kind])
        return Found(_parsed(self.kind, *found), found[0]) if found else None

    async def _of_only_video(self, paths: Sequence[MediaPath], reason: str) -> tuple[Found | None, str]:
        """Read the sidecar of a folder with one video; None and the reason without one."""
        for each in paths if self.folders is not None else ():
            found = await self._of_folder(only_video_names(self.kind, each.path))
            if found is None:
                continue
            if self.folders is not None and await self.folders.has_one_video(each.path):
                return found, ""
            reason = f"{basename(found.place)} is for a folder with one video"
        return None, reason

    async def _shared(self, paths: Sequence[MediaPath]) -> Found | None:
        """Read the facts that all videos of a folder share."""
        if self.folders is None:
            return None
        return await self._of_folder(
            [name for each in paths for name in defaults_names(self.kind, each.path)]
        )

    async def _of_folder(self, places: Sequence[str]) -> Found | None:
        """Read the first existing sidecar of a folder; cached, because all its videos request it."""
        for place in places:
            if place not in self.read_before:
                if len(self.read_before) >= _MAX_CACHED:
                    self.read_before.clear()
                self.read_before[place] = await self._first([place])
            if (found := self.read_before[place]) is not None:
                return found
        return None


def _parsed(kind: str, place: str, data: bytes) -> Sidecar:
    try:
        return parse_sidecar(kind, data)
    except StashSidecarError as error:
        raise StashSidecarError(f"{basename(place)}: {error.message}") from None


def media_paths(row: Mapping[str, Any], fields: Sequence[str]) -> list[MediaPath]:
    """The paths of an object: those of its files, then that of a folder."""
    from stash_cli.output.values import pick

    paths: list[MediaPath] = []
    for name in fields:
        value = pick(row, name)
        values = value if isinstance(value, list) else [value]
        paths += [MediaPath(str(path), is_folder=name.startswith("folder.")) for path in values if path]
    return paths
