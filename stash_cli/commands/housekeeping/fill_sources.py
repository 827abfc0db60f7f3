"""Sources of `fill`: the path of a file, or a sidecar beside it, here or at an address."""

from __future__ import annotations

import os
import stat
from asyncio import sleep
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from stash_cli.core.errors import StashSidecarError, StashUsageError
from stash_cli.core.path_maps import PathMaps, is_absolute
from stash_cli.core.sidecars import MOST_BYTES, Sidecar, folder_names, names_beside, parse_sidecar
from stash_cli.core.sidecars.path_pattern import NAMED, NoMatch, PathPattern
from stash_cli.core.texts import basename

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from stash_cli.core.sidecars.path_pattern import Known

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_ABSENT = (404, 410)
TIMEOUT = 30.0
"""Seconds for one sidecar at an address."""


@dataclass(frozen=True, slots=True)
class Found:
    """Facts about an object, and the path that they are from."""

    sidecar: Sidecar
    place: str


@dataclass(frozen=True, slots=True)
class MediaPath:
    """A path of the server: of a file, or of the folder that is a gallery."""

    path: str
    is_folder: bool = False


class Source(Protocol):
    """A reader of facts; `named_fields` are those for which it needs the names of the library."""

    @property
    def named_fields(self) -> frozenset[str]: ...

    async def read(self, paths: Sequence[MediaPath], known: Known) -> Found:
        """The facts at the first path that has some. Raises NoMatch and StashSidecarError."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class PathSource:
    """Facts in paths, by the first pattern that matches."""

    patterns: Sequence[PathPattern]

    @property
    def named_fields(self) -> frozenset[str]:
        return frozenset(name for each in self.patterns for name in each.fields if name in NAMED)

    async def close(self) -> None:
        """Nothing is open."""

    async def read(self, paths: Sequence[MediaPath], known: Known) -> Found:
        """The facts in the first path that a pattern matches. Raises NoMatch of the first pattern."""
        reason: NoMatch | None = None
        for pattern in self.patterns:
            for each in paths:
                try:
                    return Found(pattern.read(each.path, known, is_folder=each.is_folder), each.path)
                except NoMatch as error:
                    reason = reason or error
        raise reason or NoMatch("has no file")


@dataclass(frozen=True)
class SidecarSource:
    """Facts in sidecars of a format: of files here by `maps`, and at `addresses` (folder of the server, URL).

    Without `is_here` only files below a folder of the maps are read: a server elsewhere may name any path.
    """

    kind: str
    maps: PathMaps
    addresses: Sequence[tuple[str, str]] = ()
    is_here: bool = False
    client: list[httpx.AsyncClient] = field(default_factory=list)
    """The connection to addresses, once it is open."""
    named_fields: frozenset[str] = frozenset()

    async def read(self, paths: Sequence[MediaPath], known: Known) -> Found:  # noqa: ARG002 - as its protocol
        """The facts in the first sidecar that exists. Raises NoMatch, and StashSidecarError that names it."""
        if not paths:
            raise NoMatch("has no file")
        places = [place for each in paths for place in self._places(each)]
        for place in places:
            data = await self._content(place)
            if data is not None:
                return Found(_parsed(self.kind, place, data), place)
        if not any(self._is_reachable(place) for place in places):
            raise NoMatch("no path map says where its folder is here")
        raise NoMatch(f"no {self.kind.upper()} file")

    def _places(self, each: MediaPath) -> list[str]:
        return folder_names(self.kind, each.path) if each.is_folder else names_beside(self.kind, each.path)

    def _is_reachable(self, place: str) -> bool:
        return self._address(place) is not None or self.local(place) is not None

    async def _content(self, place: str) -> bytes | None:
        """The content of a path of the server; None where there is no file. Raises StashSidecarError."""
        if (address := self._address(place)) is not None:
            return await self._fetched(address)
        await sleep(0)  # Ctrl-C takes effect between two files
        local = self.local(place)
        return None if local is None else read_file(local, MOST_BYTES[self.kind] + 1)

    def local(self, place: str) -> str | None:
        """The path here; None where the maps do not say it, and where it leads out of their folders."""
        found = self.maps.to_local(place)
        if ".." in found.replace("\\", "/").split("/"):
            return None
        return found if self.is_here or found != place else None

    def _address(self, place: str) -> str | None:
        for folder, address in self.addresses:
            below = PathMaps(((folder, "\0"),)).to_local(place)
            if below.startswith("\0"):
                return address.rstrip("/") + quote(below[1:].replace("\\", "/"))
        return None

    async def _fetched(self, address: str) -> bytes | None:
        """The content at an address. Raises StashSidecarError."""
        import httpx

        limit, found = MOST_BYTES[self.kind], bytearray()
        if not self.client:
            self.client.append(httpx.AsyncClient(timeout=TIMEOUT, headers={"User-Agent": "stash-cli"}))
        try:
            async with self.client[0].stream("GET", address) as answer:
                if answer.status_code in _ABSENT:
                    return None
                if answer.status_code != httpx.codes.OK:
                    raise StashSidecarError(f"{address}: answered with status {answer.status_code}")
                async for part in answer.aiter_bytes():
                    found += part
                    if len(found) > limit:
                        break
        except httpx.HTTPError as error:
            raise StashSidecarError(f"{address}: {error or type(error).__name__}") from None
        return bytes(found)

    async def close(self) -> None:
        """Close the connection to addresses."""
        for client in self.client:
            await client.aclose()


def _parsed(kind: str, place: str, data: bytes) -> Sidecar:
    try:
        return parse_sidecar(kind, data)
    except StashSidecarError as error:
        raise StashSidecarError(f"{basename(place)}: {error.message}") from None


def read_file(path: str, most: int) -> bytes | None:
    """The first bytes of a regular file; None where there is none. Raises StashSidecarError."""
    try:
        descriptor = os.open(path, _OPEN)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise StashSidecarError(f"{path}: {error.strerror or error}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StashSidecarError(f"{path}: not a file")
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(most)
        except OSError as error:
            raise StashSidecarError(f"{path}: {error.strerror or error}") from None


def read_maps(words: Sequence[str], maps: PathMaps) -> tuple[PathMaps, list[tuple[str, str]]]:
    """The path maps with those of `--map`, and the addresses among these. Raises StashUsageError."""
    pairs: list[tuple[str, str]] = []
    addresses: list[tuple[str, str]] = []
    for word in words:
        server, equals, here = word.partition("=")
        is_web = here.startswith(("http://", "https://"))
        if not equals or not is_absolute(server) or not (is_web or here):
            raise StashUsageError(f"--map {word}: write SERVER_FOLDER=FOLDER_OR_ADDRESS")
        (addresses if is_web else pairs).append((server, here if is_web else os.path.abspath(here)))  # noqa: PTH100
    return PathMaps((*pairs, *maps.pairs)), addresses


def media_paths(row: Mapping[str, Any], fields: Sequence[str]) -> list[MediaPath]:
    """The paths of an object: those of its files, then that of a folder."""
    from stash_cli.output.values import pick

    found: list[MediaPath] = []
    for name in fields:
        value = pick(row, name)
        many = value if isinstance(value, list) else [value]
        found += [MediaPath(str(path), is_folder=name.startswith("folder.")) for path in many if path]
    return found
