"""Files beside the media of a server, read through path maps on this machine, or downloaded."""

from __future__ import annotations

import os
import stat
from asyncio import sleep
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from stash_cli.core.errors import StashSidecarError, StashUsageError
from stash_cli.core.path_maps import PathMaps, is_absolute
from stash_cli.core.query.criteria.text import escape
from stash_cli.core.sidecars.names import extension_of
from stash_cli.core.texts import basename

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import httpx

    from stash_cli.core.client.session import Session

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_ABSENT = (404, 410)
TIMEOUT = 30.0
"""Seconds for the download of one file."""
_MAX_CACHED = 1000
"""Maximum number of folders in the cache."""


@dataclass(frozen=True)
class MediaFiles:
    """Files of a server: on this machine by `maps`, or at `addresses` (folder of the server, URL).

    Without `is_here`, only files below a folder of the maps are read, because a remote server may return any
    path.
    """

    maps: PathMaps
    addresses: Sequence[tuple[str, str]] = ()
    is_here: bool = False
    client: list[httpx.AsyncClient] = field(default_factory=list)
    """The HTTP client, once it is open."""

    async def first(self, places: Iterable[str], most: int) -> tuple[str, bytes] | None:
        """The first existing file among paths of the server, and at most `most` + 1 bytes of it.

        Raises StashSidecarError.
        """
        for place in places:
            data = await self._content(place, most)
            if data is not None:
                return place, data
        return None

    def is_reachable(self, place: str) -> bool:
        """Whether a map covers a path of the server."""
        return self.address(place) is not None or self.local(place) is not None

    async def _content(self, place: str, most: int) -> bytes | None:
        if (address := self.address(place)) is not None:
            return await self.fetched(address, most)
        await sleep(0)  # Ctrl-C takes effect between two files
        local = self.local(place)
        return None if local is None else read_file(local, most + 1)

    def local(self, place: str) -> str | None:
        """The path on this machine; None without a map, and for a path that leads out of its folder."""
        local_path = self.maps.to_local(place)
        if ".." in local_path.replace("\\", "/").split("/"):
            return None
        return local_path if self.is_here or local_path != place else None

    def address(self, place: str) -> str | None:
        """The URL of a path of the server; None if no map has one."""
        for folder, address in self.addresses:
            relative = PathMaps(((folder, "\0"),)).to_local(place)
            if relative.startswith("\0"):
                return address.rstrip("/") + quote(relative[1:].replace("\\", "/"))
        return None

    def is_mapped(self, url: str) -> bool:
        """Whether a URL is below one of the maps."""
        return any(url.startswith(address.rstrip("/") + "/") for _, address in self.addresses)

    async def fetched(self, address: str, most: int) -> bytes | None:
        """Download a URL. Raises StashSidecarError."""
        import httpx

        content = bytearray()
        if not self.client:
            self.client.append(httpx.AsyncClient(timeout=TIMEOUT, headers={"User-Agent": "stash-cli"}))
        try:
            async with self.client[0].stream("GET", address) as response:
                if response.status_code in _ABSENT:
                    return None
                if response.status_code != httpx.codes.OK:
                    raise StashSidecarError(f"{address}: answered with status {response.status_code}")
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > most:
                        break
        except httpx.HTTPError as error:
            raise StashSidecarError(f"{address}: {error or type(error).__name__}") from None
        return bytes(content)

    async def aclose(self) -> None:
        """Close the HTTP client."""
        for client in self.client:
            await client.aclose()


@dataclass
class VideoFolders:
    """Folders of a server, and whether a video is the only one in its folder."""

    session: Session
    files: MediaFiles
    extensions: frozenset[str] = frozenset()
    """Extensions of videos, once read from the server."""
    known: dict[str, bool] = field(default_factory=dict)

    async def has_one_video(self, path: str) -> bool:
        """Whether a video is the only one in its folder, on this machine, or else in the library."""
        folder = path.removesuffix(basename(path))
        if folder not in self.known:
            if len(self.known) >= _MAX_CACHED:
                self.known.clear()
            self.known[folder] = await self._count(path, folder) == 1
        return self.known[folder]

    async def _count(self, path: str, folder: str) -> int:
        """Count the videos in a folder: on this machine if it is accessible, else in the library."""
        if not self.extensions:
            configuration = await self.session.call("configuration", {}, ["general.videoExtensions"])
            self.extensions = frozenset(each.lower() for each in configuration["general"]["videoExtensions"])
        local_folder = self.files.local(folder) if self.files.address(folder) is None else None
        names = _names_in(local_folder) if local_folder is not None else []
        # A local folder without the video may contain only sidecars.
        if basename(path) in names:
            return sum(extension_of(name) in self.extensions for name in names)
        in_folder = {"value": f"^{escape(folder)}[^/\\\\]+$", "modifier": "MATCHES_REGEX"}
        args = {"scene_filter": {"path": in_folder}, "filter": {"per_page": 1}}
        result = await self.session.call("findScenes", args, ["count"])
        return int(result["count"])


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are compared with those of the server
    except OSError:
        return []


def read_file(path: str, most: int) -> bytes | None:
    """The first bytes of a regular file; None if it does not exist. Raises StashSidecarError."""
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
    """Merge the path maps with those of `--map`, and return the URLs among these. Raises StashUsageError."""
    folders: list[tuple[str, str]] = []
    addresses: list[tuple[str, str]] = []
    for word in words:
        server, equals, target = word.partition("=")
        is_url = target.startswith(("http://", "https://"))
        if not equals or not is_absolute(server) or not (is_url or target):
            raise StashUsageError(f"--map {word}: write SERVER_FOLDER=FOLDER_OR_ADDRESS")
        if not is_url and not os.path.isdir(target):  # noqa: PTH112 - as abspath below
            raise StashUsageError(f"--map {word}: there is no folder {target}")
        (addresses if is_url else folders).append((server, target if is_url else os.path.abspath(target)))  # noqa: PTH100
    return PathMaps((*folders, *maps.pairs)), addresses
