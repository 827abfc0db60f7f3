"""Perceptual hashes of pictures and videos: 64 bits, similar for pictures that look alike.

A picture is scaled to 64 by 64 grey pixels; of its discrete cosine transform the 8 by 8 lowest frequencies
are kept, and a bit is set for each that is above their median. Hashes are compared across programs, so the
scaling follows the arithmetic of the common implementation to the last bit.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from operator import mul
from statistics import median
from typing import IO, TYPE_CHECKING

from stash_cli.embedded.imaging.pictures import Frames, Scaler
from stash_cli.embedded.scan.probe import open_picture, open_video, require_decodable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

_SIDE, _FREQUENCIES = 64, 8
# Weights are multiples of 1/256.
_UNIT = 256
_GREY = (0.299, 0.587, 0.114)
_COSINES = [
    [math.cos(math.pi * frequency * (2 * place + 1) / (2 * _SIDE)) for place in range(_SIDE)]
    for frequency in range(_FREQUENCIES)
]
_SIGN = 1 << 63


def perceptual_hash(picture: Image) -> int:
    """The hash of an RGB picture as a signed 64-bit integer, as fingerprints are stored."""
    channels = [_scale_channel(band.tobytes(), picture.size) for band in picture.split()]
    grey = [[_dot(_GREY, pixel) for pixel in zip(*row, strict=True)] for row in zip(*channels, strict=True)]
    frequencies = _lowest_frequencies(grey)
    middle = median(frequencies)
    bits = sum(1 << (_SIDE - 1 - index) for index, level in enumerate(frequencies) if level > middle)
    return (bits ^ _SIGN) - _SIGN


def picture_hash(stream: IO[bytes]) -> int:
    """The hash of a picture file. Raises BrokenFileError when it cannot be decoded."""
    with open_picture(stream) as picture:
        return perceptual_hash(without_alpha(require_decodable(picture)))


def without_alpha(picture: Image) -> Image:
    """A picture with transparency replaced by black, as decoders without alpha show it."""
    from PIL.Image import new

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    opaque = new("RGB", picture.size)
    opaque.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return opaque


def _dot(weights: Sequence[float], levels: Sequence[float]) -> float:
    return float(sum(map(mul, weights, levels)))


def _lowest_frequencies(rows: Sequence[Sequence[float]]) -> list[float]:
    """The 8 by 8 lowest frequencies of the two-dimensional cosine transform, row by row."""
    across = [[_dot(wave, row) for wave in _COSINES] for row in rows]
    columns = list(zip(*across, strict=True))
    return [_dot(wave, column) for wave in _COSINES for column in columns]


def _scale_channel(plane: bytes, size: tuple[int, int]) -> list[bytes]:
    """The rows of one colour channel scaled to 64 by 64: first the columns, then the rows."""
    width, height = size
    columns = [plane[x::width] for x in range(width)]
    narrow = _resample(columns, height)
    rows = [bytes(row) for row in zip(*narrow, strict=True)]
    return _resample(rows, _SIDE)


def _resample(lines: Sequence[bytes], length: int) -> list[bytes]:
    """Scale `lines` to 64 lines: each the weighted mean of its neighbours, rounded down.

    A line is one integer with 32 bits for each pixel, so that one multiplication weighs all pixels.
    """
    integers = [_as_integer(line) for line in lines]
    scaled = []
    for indexes, weights in _weights(len(lines)):
        total = sum(integers[index] * weight for index, weight in zip(indexes, weights, strict=True))
        pixels = struct.unpack(f"<{length}I", total.to_bytes(length * 4, "little"))
        weight_sum = sum(weights)
        scaled.append(bytes(pixel // weight_sum for pixel in pixels))
    return scaled


def _as_integer(line: bytes) -> int:
    lanes = bytearray(4 * len(line))
    lanes[::4] = line
    return int.from_bytes(lanes, "little")


@lru_cache(maxsize=64)
def _weights(count: int) -> list[tuple[list[int], list[int]]]:
    """For each of 64 target lines: its source lines among `count`, and their weights."""
    scale = count / _SIDE
    taps, slope = 2 * max(math.ceil(scale), 1), min(1 / scale, 1)
    targets = []
    for number in range(_SIDE):
        middle = scale * (number + 0.5) - 0.5
        first = int(middle) - taps // 2 + 1
        distances = (abs(middle - first - tap) * slope for tap in range(taps))
        weights = [int(max(1 - distance, 0) * _UNIT) for distance in distances]
        indexes = [min(max(first + tap, 0), count - 1) for tap in range(taps)]
        targets.append((indexes, weights))
    return targets


# Frames across and down.
_SHEET_SIDE = 5
# Pixels of a frame in the sheet.
_FRAME_WIDTH = 160
# Part of the duration that is skipped at either end, where titles are.
_SKIPPED_PART = 0.05


def video_hash(stream: IO[bytes], duration: float) -> int:
    """The hash of a video of `duration` seconds, from a 5 by 5 sheet of frames. Raises BrokenFileError."""
    return perceptual_hash(_sheet(stream, duration))


def _sheet(stream: IO[bytes], duration: float) -> Image:
    from PIL import Image

    offset, step = _SKIPPED_PART * duration, (1 - 2 * _SKIPPED_PART) * duration / _SHEET_SIDE**2
    with open_video(stream) as container:
        frames, scale = Frames(container), Scaler(_FRAME_WIDTH)
        pictures = [scale(frames.at(offset + number * step)) for number in range(_SHEET_SIDE**2)]
    width, height = pictures[0].size
    sheet = Image.new("RGB", (width * _SHEET_SIDE, height * _SHEET_SIDE))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % _SHEET_SIDE * width, number // _SHEET_SIDE * height))
    return sheet
