"""Sidecars: files that describe media files, as written by media centres, downloaders and photo tools.

Readers never open other files or use the network: a URL in a sidecar is only text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars.names import (
    FORMATS,
    defaults_names,
    folder_names,
    names_beside,
    only_video_names,
)
from stash_cli.core.sidecars.record import GroupPlace, Sidecar, SiteId

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = {"nfo": 1_000_000, "xmp": 4_000_000, "json": 16_000_000}
"""Format -> maximum bytes of a file; the JSON of a downloader may contain all comments of a page."""


def parse_sidecar(kind: str, data: bytes) -> Sidecar:
    """Parse a sidecar of a format. Raises StashSidecarError."""
    if len(data) > MOST_BYTES[kind]:
        raise StashSidecarError(f"it is larger than {MOST_BYTES[kind]:,} bytes")
    return _reader(kind)(data)


def _reader(kind: str) -> Callable[[bytes], Sidecar]:
    if kind == "nfo":
        from stash_cli.core.sidecars.nfo import read_nfo

        return read_nfo
    if kind == "xmp":
        from stash_cli.core.sidecars.xmp import read_xmp

        return read_xmp
    from stash_cli.core.sidecars.json_reader import read_json

    return read_json


__all__ = [
    "FORMATS",
    "MOST_BYTES",
    "GroupPlace",
    "Sidecar",
    "SiteId",
    "StashSidecarError",
    "defaults_names",
    "folder_names",
    "names_beside",
    "only_video_names",
    "parse_sidecar",
]
