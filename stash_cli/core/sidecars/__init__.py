"""Sidecars: files beside media that describe them, as media centres, downloaders and photo tools write them.

Reading never opens another file and never asks the network: an address in a sidecar stays a text.
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
"""Format -> bytes of a file that is read; the JSON of a downloader may hold all comments of a page."""


def parse_sidecar(kind: str, data: bytes) -> Sidecar:
    """The facts in a sidecar of a format. Raises StashSidecarError for what cannot be read as such."""
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
