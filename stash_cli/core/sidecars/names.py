"""Names of sidecars by the path of what they describe."""

from __future__ import annotations

import re

FORMATS = ("nfo", "json", "xmp")
"""Formats of sidecars, which are the extensions of their files."""
_BESIDE = {
    "nfo": ("{path}.nfo", "{stem}.nfo"),
    "json": ("{stem}.info.json", "{path}.json", "{stem}.json"),
    "xmp": ("{path}.xmp", "{stem}.xmp"),
}
"""Format -> names beside a file, the more special first: downloaders write `a.info.json` or `a.mp4.json`.

`a.mp4.nfo` tells `a.mp4` from `a.mkv`, which have the same usual name.
"""
_INSIDE = {
    "nfo": ("gallery.nfo", "folder.nfo"),
    "json": ("info.json", "gallery.json"),
    "xmp": ("folder.xmp",),
}
"""Format -> names in the folder of a gallery."""
_STEM = re.compile(r"(?s)(.*[^/\\])\.[^./\\]*")


def names_beside(kind: str, path: str) -> list[str]:
    """Paths at which the sidecar of a file may be, the first that exists counts.

    >>> names_beside("nfo", "/media/a.mp4")
    ['/media/a.mp4.nfo', '/media/a.nfo']
    """
    found = _STEM.fullmatch(path)
    stem = found[1] if found else path
    return list(dict.fromkeys(name.format(stem=stem, path=path) for name in _BESIDE[kind]))


def folder_names(kind: str, folder: str) -> list[str]:
    """Paths at which the sidecar of a folder may be: in the folder, or beside it."""
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    inside = [f"{folder.rstrip(separator)}{separator}{name}" for name in _INSIDE[kind]]
    return [*inside, f"{folder.rstrip(separator)}.{kind}"]
