"""Covers of `fill`: pictures beside a video, or named by its sidecar."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.commands.housekeeping.fill_files import TIMEOUT
from stash_cli.core.edits.journal.pictures import PICTURES as ADDRESSES
from stash_cli.core.errors import StashSidecarError
from stash_cli.core.orm.edit import Edit
from stash_cli.core.scraping.covers import is_improved, kind_of
from stash_cli.core.sidecars.names import beside, cover_names, folder_cover_names
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.housekeeping.fill_files import MediaFiles, VideoFolders
    from stash_cli.core.client.session import Session
    from stash_cli.core.many_keys import IdSet

    Row = Mapping[str, Any]

COVER = "cover_image"
ADDRESS = ADDRESSES["Scene", COVER]
"""The field with the URL of a scene's cover."""
LARGEST = 10_000_000
"""Maximum bytes of a picture."""
FIRST_COVER = "a first cover stays when this is undone: servers keep the cover of a scene"
AT_A_TIME = 20
"""Maximum number of scenes whose covers are in memory."""


@dataclass(frozen=True)
class Cover:
    """The cover for a scene: its path or URL, and its edit, or the reason why it is not used."""

    place: str
    edit: Edit | None = None
    reason: str = ""


@dataclass(frozen=True)
class Covers:
    """Finds covers for scenes `without_cover`; with None for all scenes, to replace smaller covers."""

    session: Session
    files: MediaFiles
    folders: VideoFolders
    without_cover: IdSet | None

    def may_replace(self, row: Row) -> bool:
        """Whether a scene has no cover, or its cover may be replaced."""
        return self.without_cover is None or str(row["id"]) in self.without_cover

    async def find(self, row: Row, paths: Sequence[str], named: str) -> Cover | None:
        """Find the cover for a scene with files at `paths`; `named` is the one in its sidecar."""
        if not self.may_replace(row):
            return None
        try:
            picture = await self._find_picture(paths, named)
        except StashSidecarError as error:
            return Cover(named, reason=error.message)
        return await self._to_cover(row, *picture) if picture else None

    async def _to_cover(self, row: Row, place: str, data: bytes) -> Cover:
        """Check the size and format of a picture, and whether it is larger than the current cover."""
        kind = kind_of(data)
        if len(data) > LARGEST:
            return Cover(place, reason=f"larger than {LARGEST:,} bytes")
        if kind is None:
            return Cover(place, reason="no JPEG, PNG, GIF or WebP")
        if self.without_cover is None:
            is_better, reason = await is_improved(self.session, row["paths"]["screenshot"], data)
            if not is_better:
                return Cover(place, reason=reason)
        uri = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        return Cover(place, Edit("Scene", str(row["id"]), COVER, UNSET, uri))

    async def _find_picture(self, paths: Sequence[str], named: str) -> tuple[str, bytes] | None:
        """The first picture beside the files, in a folder with one video, or at the URL `named`."""
        for path in paths:
            sidecar_cover = [place] if (place := beside(path, named)) else []
            if found := await self.files.first([*sidecar_cover, *cover_names(path)], LARGEST):
                return found
        for path in paths:
            cover = await self.files.first(folder_cover_names(path), 0)
            if cover is not None and await self.folders.has_one_video(path):
                return await self.files.first([cover[0]], LARGEST)
        if named.startswith(("http://", "https://")):
            data = await self._download(named)
            return (named, data) if data else None
        return None

    async def _download(self, url: str) -> bytes | None:
        """Download a URL. Raises StashSidecarError.

        A URL in a file must be on the public internet, or below a URL given by the user: a malicious sidecar
        must not cause requests to the local network.
        """
        if self.files.is_mapped(url):
            return await self.files.fetched(url, LARGEST)
        from stash_cli.core import public_fetch

        try:
            return await asyncio.to_thread(public_fetch.download, url, most_bytes=LARGEST, seconds=TIMEOUT)
        except public_fetch.FetchError as error:
            raise StashSidecarError(str(error).rpartition('": ')[2]) from None
