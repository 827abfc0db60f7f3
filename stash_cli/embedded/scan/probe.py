"""Media properties of videos and pictures (size, duration, codecs, rates, format) with ffprobe's names."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, SupportsFloat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_HEADER = 8
_LARGE_HEADER = 16
_VERSION_1_OFFSET = 52
_VERSION_0_OFFSET = 40
_VERSION_1_TRACK = 20
_VERSION_0_TRACK = 12
_MATRIX_WORDS = 9
_NESTED = (b"moov", b"trak")


def is_rotated(stream: IO[bytes], size: int, track: int) -> bool:
    """Whether the track of that number is rotated by 90 or 270 degrees, which swaps width and height."""
    for start, end in _boxes(stream, 0, size, b"tkhd"):
        stream.seek(start)
        header = stream.read(min(end - start, 128))
        if _track_number(header) == track:
            return _swaps_axes(header)
    return False


def _boxes(stream: IO[bytes], start: int, end: int, box_type: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of the contents of every box of a type, also inside moov and trak."""
    while start + _HEADER <= end:
        stream.seek(start)
        head = stream.read(_LARGE_HEADER)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        header = _HEADER
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), _LARGE_HEADER
        stop = end if length == 0 else min(start + length, end)
        if stop < start + header:
            return
        if kind == box_type:
            yield start + header, stop
        elif kind in _NESTED:
            yield from _boxes(stream, start + header, stop, box_type)
        start = stop


def _track_number(header: bytes) -> int:
    offset = _VERSION_1_TRACK if header[:1] == b"\x01" else _VERSION_0_TRACK
    return int.from_bytes(header[offset : offset + 4], "big")


def _swaps_axes(header: bytes) -> bool:
    """Whether a track header swaps the axes; a truncated one does not."""
    offset = _VERSION_1_OFFSET if header[:1] == b"\x01" else _VERSION_0_OFFSET
    fields = struct.Struct(f">{_MATRIX_WORDS}i")
    if len(header) < offset + fields.size:
        return False
    a, b, _u, c, d, *_ = fields.unpack_from(header, offset)
    return bool(a == 0 and d == 0 and b and c)


_MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
_MATROSKA = "matroska,webm"
_CONTAINERS = {_MP4: "mp4", "asf": "wmv"}
_DOCTYPE_WITHIN = 4096
# The major version of PyAV that began to ignore undecodable metadata.
_LENIENT_SINCE = 19

_PICTURES = {
    "JPEG": ("mjpeg", "jpeg"),
    "MPO": ("mjpeg", "jpeg"),
    "PNG": ("png", "png"),
    "GIF": ("gif", "gif"),
    "WEBP": ("webp", "webp"),
    "AVIF": ("avif", "avif"),
    "BMP": ("bmp", "bmp"),
    "TIFF": ("tiff", "tiff"),
}
"""Pillow's format -> (codec of a plain file, decoder inside a zip)."""

_ONLY_MEDIA = {
    "protocol_whitelist": "file,pipe",
    "format_whitelist": (
        "mov,matroska,avi,asf,flv,live_flv,kux,mpeg,mpegts,mpegvideo,m4v,h261,h263,h264,hevc,vvc,av1,obu,ivf,rm,ogg,"
        "gif,gif_pipe,apng,webp,webp_pipe,avif,png_pipe,jpeg_pipe,nut,nsv,mxf,gxf,dv,wtv,swf,vob,mjpeg,mpjpeg,"
        "mp3,aac,ac3,eac3,dts,flac,wav,w64,aiff,amr,caf,ape,tta,wv,mpc,mpc8,truehd,mlp"
    ),
}
"""Permitted formats and protocols; other demuxers open further files and URLs that a file names."""
_MAGIC_LENGTH = 16
MAX_PIXELS = 100_000_000
"""Pixels of a picture that may be decoded, at up to 4 bytes each."""
_ORIENTATION = 0x0112
_SIDEWAYS = frozenset((5, 6, 7, 8))


class BrokenFileError(Exception):
    """A file whose content cannot be read as the type of its name."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Properties of a video: pixels, seconds and frames per second (two decimals), bits per second."""

    format: str
    width: int
    height: int
    duration: float
    video_codec: str
    audio_codec: str
    frame_rate: float
    bit_rate: int


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Properties of a picture: pixels and format."""

    format: str
    width: int
    height: int


def probe_video(path: str, stream: IO[bytes], size: int) -> VideoFacts:
    """Read the properties of a video; `stream` is the same file, already open.

    Raises BrokenFileError when no demuxer recognises it, or it has neither video nor audio.
    """
    with open_video(path) as container:
        video = video_stream(container)
        audio = next(iter(container.streams.audio), None)
        width, height = (video.width, video.height) if video else (0, 0)
        if video and container.format.name == _MP4 and is_rotated(stream, size, video.id):
            width, height = height, width
        return VideoFacts(
            format=_container_name(container.format.name, stream),
            width=width,
            height=height,
            duration=_seconds(container, video),
            video_codec=video.codec_context.codec.canonical_name if video else "",
            audio_codec=audio.codec_context.codec.canonical_name if audio else "",
            frame_rate=_rate(video.average_rate or video.base_rate) if video else 0.0,
            bit_rate=container.bit_rate or 0,
        )


def video_stream(container: InputContainer) -> VideoStream | None:
    """The default or else the first stream of moving pictures; attached pictures do not count."""
    from av.stream import Disposition

    moving = [video for video in container.streams.video if not video.disposition & Disposition.attached_pic]
    default_streams = (video for video in moving if video.disposition & Disposition.default)
    return next(default_streams, moving[0] if moving else None)


@contextlib.contextmanager
def open_video(source: str | IO[bytes]) -> Iterator[InputContainer]:
    """An open video; every exception inside the block becomes a BrokenFileError."""
    import av

    try:
        # With the prefix, a name like "a:b.mp4" is not parsed as a URL.
        file = f"file:{source}" if isinstance(source, str) else source
        with av.open(file, options=dict(_ONLY_MEDIA), **_metadata_options(av.__version__)) as container:
            yield _require_streams(container)
    # Demuxers raise more than their own errors on damaged files.
    except Exception as error:
        reason = getattr(error, "strerror", None) or error
        raise BrokenFileError(f"not a readable video: {reason}") from error


def _metadata_options(release: str) -> dict[str, Any]:
    """Options that ignore undecodable metadata; PyAV 19 and later always ignore it."""
    return {"metadata_errors": "replace"} if int(release.split(".", maxsplit=1)[0]) < _LENIENT_SINCE else {}


def _require_streams(container: InputContainer) -> InputContainer:
    if not (container.streams.video or container.streams.audio):
        raise ValueError("neither pictures nor sound")
    return container


def _container_name(name: str, stream: IO[bytes]) -> str:
    if name == _MATROSKA:
        stream.seek(0)
        return "webm" if b"webm" in stream.read(_DOCTYPE_WITHIN) else "matroska"
    return _CONTAINERS.get(name, name)


def _seconds(container: InputContainer, video: VideoStream | None) -> float:
    if container.duration:
        # Two decimals, as the server stores what ffprobe prints.
        return round(container.duration / 1_000_000, 2)
    if video and video.duration and video.time_base:
        return round(float(video.duration * video.time_base), 2)
    return 0.0


def _rate(rate: SupportsFloat | None) -> float:
    return round(float(rate), 2) if rate else 0.0


def probe_picture(stream: IO[bytes]) -> ImageFacts | None:
    """Read the properties of a picture; None for an animation, which is read as a video clip.

    GIF and animated PNG are animations. Raises BrokenFileError.
    """
    with open_picture(stream) as picture:
        if picture.format == "GIF" or (picture.format == "PNG" and getattr(picture, "is_animated", False)):
            return None
        return ImageFacts(_PICTURES[str(picture.format)][0], *_upright(picture))


def probe_content(stream: IO[bytes], *, is_picture: bool) -> None:
    """Raise BrokenFileError for a stream that is neither a picture (with `is_picture`) nor a video."""
    if not is_picture or probe_picture(stream) is None:
        stream.seek(0)
        with open_video(stream):
            return


def require_decodable(picture: Image) -> Image:
    """A picture that may be decoded. Raises BrokenFileError for too many pixels."""
    if picture.width * picture.height > MAX_PIXELS:
        raise BrokenFileError(f"a picture of more than {MAX_PIXELS} pixels is not decoded")
    return picture


def probe_zipped(stream: IO[bytes]) -> ImageFacts:
    """Read the properties of a picture inside a zip file, where animations count as still pictures."""
    with open_picture(stream) as picture:
        return ImageFacts(_PICTURES[str(picture.format)][1], *_upright(picture))


@contextlib.contextmanager
def open_picture(stream: IO[bytes]) -> Iterator[ImageFile]:
    """An open, undecoded picture; every exception inside the block becomes a BrokenFileError."""
    try:
        with _open_by_magic(stream) as picture:
            yield picture
    # Decoders raise more than their own errors on damaged files.
    except Exception as error:
        raise BrokenFileError(f"not a readable picture: {error}") from error


def _open_by_magic(stream: IO[bytes]) -> ImageFile:
    """Open a picture by its magic bytes.

    Image.open refuses pictures of many pixels even if only the header is read.
    """
    from PIL import Image

    Image.init()
    stream.seek(0)
    magic = stream.read(_MAGIC_LENGTH)
    for name in _PICTURES:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory and accept and accept(magic) is True:
            stream.seek(0)
            picture: Any = factory(stream, "")
            return picture  # type: ignore[no-any-return]
    raise ValueError("unknown picture format")


def _upright(picture: ImageFile) -> tuple[int, int]:
    width, height = picture.size
    if picture.info.get("exif") and picture.getexif().get(_ORIENTATION) in _SIDEWAYS:
        return height, width
    return width, height
