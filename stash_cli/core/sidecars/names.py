"""Names of sidecars and cover pictures, derived from the path of the media file."""

from __future__ import annotations

import re

FORMATS = ("nfo", "json", "xmp")
"""Formats of sidecars, which are the extensions of their files."""
_BESIDE = {
    "nfo": ("{path}.nfo", "{stem}.nfo"),
    "json": ("{stem}.info.json", "{path}.json", "{stem}.json"),
    "xmp": ("{path}.xmp", "{stem}.xmp"),
}
"""Format -> names beside a file, the most specific first: downloaders write `a.info.json` or `a.mp4.json`.

`a.mp4.nfo` distinguishes `a.mp4` from `a.mkv`, which share the usual name `a.nfo`.
"""
_INSIDE = {
    "nfo": ("gallery.nfo", "folder.nfo"),
    "json": ("info.json", "gallery.json"),
    "xmp": ("folder.xmp",),
}
"""Format -> names in the folder of a gallery."""
_OF_FOLDER = "movie.nfo"
"""NFO in a folder that has one video."""
_DEFAULTS = "folder.nfo"
"""NFO of a folder with the facts that all its videos share."""
PICTURES = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp"}
"""Extension of a cover picture -> the subtype of its media type."""
_COVERS = ("-thumb", "-landscape", "", "-fanart", "-poster", "-cover")
"""Suffixes of cover names, landscape ones first; downloaders use the plain name."""
_FOLDER_COVERS = ("thumb", "landscape", "fanart", "poster", "folder", "cover", "movie")
_STEM = re.compile(r"(?s)(.*[^/\\])\.[^./\\]*")


def names_beside(kind: str, path: str) -> list[str]:
    """Possible paths of the sidecar of a file; the first existing one is used.

    >>> names_beside("nfo", "/media/a.mp4")
    ['/media/a.mp4.nfo', '/media/a.nfo']
    """
    match = _STEM.fullmatch(path)
    stem = match[1] if match else path
    return list(dict.fromkeys(name.format(stem=stem, path=path) for name in _BESIDE[kind]))


def only_video_names(kind: str, path: str) -> list[str]:
    """Possible paths of the sidecar of a video that is the only one in its folder."""
    return [_in_folder(path, _OF_FOLDER)] if kind == "nfo" else []


def defaults_names(kind: str, path: str) -> list[str]:
    """Possible paths of a sidecar for all videos in the folder of a file."""
    return [_in_folder(path, _DEFAULTS)] if kind == "nfo" else []


def cover_names(path: str) -> list[str]:
    """Possible paths of the cover of a video.

    >>> cover_names("/media/a.mp4")[:3]
    ['/media/a-thumb.jpg', '/media/a-thumb.jpeg', '/media/a-thumb.png']
    """
    match = _STEM.fullmatch(path)
    stem = match[1] if match else path
    return [f"{stem}{suffix}.{extension}" for suffix in _COVERS for extension in PICTURES]


def folder_cover_names(path: str) -> list[str]:
    """Possible paths of the cover of a video that is the only one in its folder."""
    stems = [_in_folder(path, name) for name in _FOLDER_COVERS]
    return [f"{stem}.{extension}" for stem in stems for extension in PICTURES]


def beside(path: str, name: str) -> str | None:
    """The path of a file in the folder of another one; None if `name` is not a plain file name."""
    return None if not name or {"/", "\\", "\0"} & set(name) else _in_folder(path, name)


def extension_of(path: str) -> str:
    """The extension of a path in lower case, without the dot."""
    return path.rpartition(".")[2].lower()


def _in_folder(path: str, name: str) -> str:
    return path[: max(path.rfind("/"), path.rfind("\\")) + 1] + name


def folder_names(kind: str, folder: str) -> list[str]:
    """Possible paths of the sidecar of a folder: in the folder, or beside it."""
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    inside = [f"{folder.rstrip(separator)}{separator}{name}" for name in _INSIDE[kind]]
    return [*inside, f"{folder.rstrip(separator)}.{kind}"]
