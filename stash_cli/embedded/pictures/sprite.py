"""The perceptual hash of a video: that of a sheet of 25 frames, taken evenly over its length."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from stash_cli.embedded.pictures.frames import Frames, Scaler
from stash_cli.embedded.pictures.phash import perceptual_hash
from stash_cli.embedded.scan.probe import opened_video

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 5  # frames across and down
_WIDTH = 160  # pixels of a frame
_SKIPPED = 0.05  # of the length at either end, where titles are


def video_hash(stream: IO[bytes], duration: float) -> int:
    """The hash of a video of `duration` seconds; raises BrokenFileError where a frame cannot be had."""
    return perceptual_hash(_sheet(stream, duration))


def _sheet(stream: IO[bytes], duration: float) -> Image:
    from PIL import Image

    offset, step = _SKIPPED * duration, (1 - 2 * _SKIPPED) * duration / _SIDE**2
    with opened_video(stream) as container:
        frames, small = Frames(container), Scaler(_WIDTH)
        pictures = [small(frames.at(offset + number * step)) for number in range(_SIDE**2)]
    width, height = pictures[0].size
    sheet = Image.new("RGB", (width * _SIDE, height * _SIDE))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % _SIDE * width, number // _SIDE * height))
    return sheet
