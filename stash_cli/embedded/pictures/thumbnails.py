"""Thumbnails: pictures no larger than 640 pixels, upright, made when they are asked for."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from stash_cli.embedded.pictures.frames import cover_at
from stash_cli.embedded.scan.probe import BrokenFileError, opened_picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from stash_cli.embedded.located import Located

_SIDE = 640
_MOST_PIXELS = 200_000_000
"""Of a picture that is decoded: what is larger fills the memory."""
_KEPT = 200


class Thumbnails:
    """Makes thumbnails and remembers the last ones, until their file changes."""

    def __init__(self) -> None:
        self._made = lru_cache(maxsize=_KEPT)(_thumbnail)

    def of(self, place: Located, *, moves: bool) -> bytes | None:
        """A thumbnail as JPEG, or PNG where it is transparent; of what moves, its first frame.

        None for a picture that is small enough as it is. Raises OSError or BrokenFileError.
        """
        return self._made(place, place.path.stat().st_mtime_ns, moves)


def _thumbnail(place: Located, _: int, moves: bool) -> bytes | None:
    if moves:
        frame = cover_at(place.path, 0.0)
        if frame is None:
            raise BrokenFileError(f"no picture in {place.name}")
        with opened_picture(io.BytesIO(frame)) as picture:
            return _encoded(_scaled(picture))
    with place.opened() as stream, opened_picture(stream) as picture:
        if max(picture.size) <= _SIDE:
            return None
        if picture.width * picture.height > _MOST_PIXELS:
            raise BrokenFileError(f"{place.name} is too large for a thumbnail")
        picture.draft("RGB", (_SIDE, _SIDE))
        return _encoded(_scaled(picture))


def _scaled(picture: Image) -> Image:
    from PIL import ImageOps

    picture.thumbnail((_SIDE, _SIDE))
    return ImageOps.exif_transpose(picture)


def _encoded(picture: Image) -> bytes:
    data = io.BytesIO()
    if picture.has_transparency_data:
        picture.convert("RGBA").save(data, "PNG")
    else:
        picture.convert("RGB").save(data, "JPEG", quality=80)
    return data.getvalue()
