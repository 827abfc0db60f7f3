"""Pictures: validated content, and thumbnails of at most 640 pixels."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.imaging.frames import cover_at
from stash_cli.embedded.library.limits import Cache
from stash_cli.embedded.scan.probe import BrokenFileError, open_picture, require_decodable

if TYPE_CHECKING:
    from PIL.Image import Image

    from stash_cli.embedded.library.file_source import FileLocation, ServableFile

_SVG = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.{0,4096}?-->\s*){0,9}(?:<!DOCTYPE\s+svg[^>\[]*>\s*)?<svg[\s>]",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """The validated content of a picture; construction fails for anything else."""

    content: bytes

    def __post_init__(self) -> None:
        if not is_svg(self.content):
            _identify(self.content)

    @classmethod
    def of(cls, content: bytes, what: str) -> Picture:
        """Validate `content` of field `what`. Raises Refused for no picture or too many pixels."""
        try:
            return cls(content)
        except BrokenFileError as failure:
            raise Refused(f"processing {what}: {failure}") from failure


def is_svg(content: bytes) -> bool:
    """Whether content is an SVG document, judged by its first element; entities of its own are refused."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return _SVG.match(text) is not None


def _identify(content: bytes) -> None:
    """Validate the header of a picture. Raises BrokenFileError.

    The rest is not decoded: browsers show truncated pictures, and servers store them.
    """
    with open_picture(io.BytesIO(content)) as picture:
        require_decodable(picture)


_SIDE = 640
_KEPT_BYTES = 32 * 1024 * 1024


class Thumbnails:
    """Creates thumbnails and caches them until their file changes."""

    def __init__(self) -> None:
        self._made: Cache[tuple[str, int], tuple[bytes | None]] = Cache(_KEPT_BYTES)

    def of(self, location: FileLocation, file: ServableFile, *, moves: bool) -> bytes | None:
        """A thumbnail as JPEG, or PNG with transparency; with `moves` of the first frame.

        None for a picture that is small enough itself. Raises OSError or BrokenFileError.
        """
        key = (location.name, file.changed)
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
    with open_picture(stream) as picture:
        if not moves and max(picture.size) <= _SIDE:
            return None
        # JPEG decoders can scale down while decoding, which saves most of the work.
        picture.draft("RGB", (_SIDE, _SIDE))
        return _encoded(_scaled(require_decodable(picture)))


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
