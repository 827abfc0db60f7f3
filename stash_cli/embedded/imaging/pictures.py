"""Frames of videos, found by seeking like ffmpeg, and pictures: validation, and thumbnails of 640 pixels."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.limits import Cache
from stash_cli.embedded.scan import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from PIL.Image import Image

    from stash_cli.embedded.library.file_source import FileLocation, ServableFile


_MICROSECONDS = 1_000_000
_REORDERED = 3 * _MICROSECONDS // 23
"""Microseconds before the requested time at which decoding starts, as frames may be stored out of order."""
_MAX_FORWARD = 2 * _MICROSECONDS
"""Microseconds after the last frame up to which decoding continues instead of seeking."""
_ROTATIONS = {-90: ("transpose=clock",), 90: ("transpose=cclock",), 180: ("hflip", "vflip")}
"""Filters that rotate a frame upright, by its rotation in degrees."""


class Frames:
    """Frames of an open video; `at` finds the first frame at or after a time.

    For a time shortly after the previous one decoding continues, for any other it seeks.
    """

    def __init__(self, container: InputContainer) -> None:
        stream = probe.video_stream(container)
        if stream is None:
            raise probe.BrokenFileError("a video without pictures")
        if stream.width * stream.height > probe.MAX_PIXELS:
            raise probe.BrokenFileError(f"a video of more than {probe.MAX_PIXELS} pixels is not decoded")
        self._container = container
        self._stream = stream
        self._stream.thread_type = "AUTO"
        self._start = container.start_time or 0
        self._requested: int | None = None
        self._frame: VideoFrame | None = None
        self._following: Iterator[VideoFrame] = iter(())

    def at(self, second: float) -> VideoFrame:
        """The frame at `second`. Raises BrokenFileError past the end of the video."""
        target = int(Decimal(repr(second)) * _MICROSECONDS) + self._start
        if self._requested is None or not self._requested <= target <= self._requested + _MAX_FORWARD:
            self._container.seek(max(target - _REORDERED, self._start), backward=True)
            self._following, self._frame = self._container.decode(self._stream), None
        self._requested = target
        while self._frame is None or not _is_at(self._frame, target):
            self._frame = next(self._following, None)
            if self._frame is None:
                raise probe.BrokenFileError(f"no picture at {second} seconds")
        return self._frame


def _is_at(frame: VideoFrame, microseconds: int) -> bool:
    """Whether a frame is at or after a time, rounded to the stream's time base as ffmpeg does."""
    if frame.pts is None or not frame.time_base:
        return False
    return frame.pts >= int(Fraction(microseconds, _MICROSECONDS) / frame.time_base + Fraction(1, 2))


def cover_at(stream: IO[bytes], second: float) -> bytes | None:
    """The frame at `second` as JPEG, or the first frame of a shorter video; None if unreadable."""
    for target in (second, 0.0):
        stream.seek(0)
        try:
            with probe.open_video(stream) as container:
                return _jpeg(Frames(container).at(target))
        except probe.BrokenFileError:
            continue
    return None


def _jpeg(frame: VideoFrame) -> bytes:
    picture: Image = frame.to_image()  # type: ignore[no-untyped-call, unused-ignore]
    data = io.BytesIO()
    picture.rotate(_rotation(frame), expand=True).save(data, "JPEG", quality=90)
    return data.getvalue()


def _rotation(frame: VideoFrame) -> int:
    # Older versions of PyAV have no rotation.
    return int(getattr(frame, "rotation", 0) or 0)


class Scaler:
    """Scales frames with ffmpeg's own filters, which gives the same pixels as its command line."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._graphs: dict[tuple[Any, ...], Any] = {}

    def __call__(self, frame: VideoFrame) -> Image:
        """The frame upright, `width` pixels wide, with an even height."""
        from PIL import Image

        key = (frame.format.name, frame.width, frame.height, _rotation(frame))
        if key not in self._graphs:
            self._graphs[key] = self._graph(frame)
        graph = self._graphs[key]
        graph.push(frame)
        small = graph.pull()
        size, plane = (small.width, small.height), small.planes[0]
        return Image.frombytes("RGB", size, bytes(plane), "raw", "BGR", plane.line_size, 1)

    def _graph(self, frame: VideoFrame) -> Any:
        from av.filter import Graph

        graph = Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        filters = (
            *_ROTATIONS.get(_rotation(frame), ()),
            f"scale={self._width}:-2",
            "format=bgr24",
            "buffersink",
        )
        for spec in filters:
            name, _, options = spec.partition("=")
            next_filter = graph.add(name, options or None)
            source.link_to(next_filter)
            source = next_filter
        graph.configure()
        return graph


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
        except probe.BrokenFileError as failure:
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
    with probe.open_picture(io.BytesIO(content)) as picture:
        probe.require_decodable(picture)


_MAX_SIDE = 640
_CACHE_BYTES = 32 * 1024 * 1024


class Thumbnails:
    """Creates thumbnails and caches them until their file changes."""

    def __init__(self) -> None:
        self._cache: Cache[tuple[str, int], tuple[bytes | None]] = Cache(_CACHE_BYTES)

    def of(self, location: FileLocation, file: ServableFile, *, moves: bool) -> bytes | None:
        """A thumbnail as JPEG, or PNG with transparency; with `moves` of the first frame.

        None for a picture that is small enough itself. Raises OSError or BrokenFileError.
        """
        key = (location.name, file.changed)
        cached = self._cache.get(key)
        if cached is None:
            cached = (_thumbnail(file, moves=moves),)
            self._cache.put(key, cached, len(cached[0] or b""))
        return cached[0]


def _thumbnail(file: ServableFile, *, moves: bool) -> bytes | None:
    stream = file.stream
    if moves:
        frame = cover_at(stream, 0.0)
        if frame is None:
            raise probe.BrokenFileError(f"no picture in {file.name}")
        stream = io.BytesIO(frame)
    with probe.open_picture(stream) as picture:
        if not moves and max(picture.size) <= _MAX_SIDE:
            return None
        # JPEG decoders can scale down while decoding, which saves most of the work.
        picture.draft("RGB", (_MAX_SIDE, _MAX_SIDE))
        return _encode(_scale(probe.require_decodable(picture)))


def _scale(picture: Image) -> Image:
    from PIL import ImageOps

    picture.thumbnail((_MAX_SIDE, _MAX_SIDE))
    return ImageOps.exif_transpose(picture)


def _encode(picture: Image) -> bytes:
    data = io.BytesIO()
    if picture.has_transparency_data:
        picture.convert("RGBA").save(data, "PNG")
    else:
        picture.convert("RGB").save(data, "JPEG", quality=80)
    return data.getvalue()
