"""Thumbnails: pictures no larger than 640 pixels, upright, made when they are asked for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from stash_cli.embedded.library.cache import Cache
from stash_cli.embedded.pictures.frames import cover_at
from stash_cli.embedded.scan.probe import BrokenFileError, decodable, opened_picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from stash_cli.embedded.media.servable import Located, ServableFile

_SIDE = 640
_KEPT_BYTES = 32 * 1024 * 1024


class Thumbnails:
    """Makes thumbnails and keeps the last ones, until their file changes."""

    def __init__(self) -> None:
        self._made: Cache[tuple[str, int], tuple[bytes | None]] = Cache(_KEPT_BYTES)

    def of(self, place: Located, file: ServableFile, *, moves: bool) -> bytes | None:
        """A thumbnail as JPEG, or PNG where it is transparent; of what moves, its first frame.

        None for a picture that is small enough as it is. Raises OSError or BrokenFileError.
        """
        key = (place.name, file.changed)
        kept = self._made.get(key)
        if kept is None:
            kept = (_thumbnail(file, moves=moves),)
            self._made.put(key, kept, len(kept[0] or b""))
        return kept[0]


def _thumbnail(file: ServableFile, *, moves: bool) -> bytes | None:
    stream = file.stream
    if moves:
        frame = cover_at(stream, 0.0)
        if frame is None:
            raise BrokenFileError(f"no picture in {file.name}")
        stream = io.BytesIO(frame)
    with opened_picture(stream) as picture:
        if not moves and max(picture.size) <= _SIDE:
            return None
        picture.draft("RGB", (_SIDE, _SIDE))
        return _encoded(_scaled(decodable(picture)))


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
