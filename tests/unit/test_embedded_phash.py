"""Perceptual hashes: compared with a plain implementation, and similar pictures have similar hashes."""

from __future__ import annotations

import io
import math
import random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from stash_cli.embedded.imaging.phash import perceptual_hash, picture_hash, without_alpha
from stash_cli.embedded.library.functions import phash_distance
from stash_cli.embedded.scan.probe import BrokenFileError

ROUNDING = 1e-9 * 64 * 64 * 255


def reference_dct(pixels: list[int]) -> list[int]:
    """One-dimensional DCT of 64 pixels, computed directly from its definition."""
    scale = len(pixels) / 64
    taps = 2 * max(math.ceil(scale), 1)
    made = []
    for number in range(64):
        centre = scale * (number + 0.5) - 0.5
        first = int(centre) - taps // 2 + 1
        total = weight_sum = 0
        for place in range(first, first + taps):
            weight = int(max(1 - abs((centre - place) * min(1 / scale, 1)), 0) * 256)
            total += weight * pixels[min(max(place, 0), len(pixels) - 1)]
            weight_sum += weight
        made.append(total // weight_sum)
    return made


def reference_levels(picture: Image.Image) -> list[float]:
    width, height = picture.size
    bands = []
    for band in picture.split():
        level = band.load()
        rows = [reference_dct([level[x, y] for x in range(width)]) for y in range(height)]
        columns = [reference_dct([row[x] for row in rows]) for x in range(64)]
        bands.append(columns)
    grey = [
        [0.299 * bands[0][x][y] + 0.587 * bands[1][x][y] + 0.114 * bands[2][x][y] for x in range(64)]
        for y in range(64)
    ]
    wave = [[math.cos(math.pi * k * (2 * n + 1) / 128) for n in range(64)] for k in range(8)]
    across = [[sum(row[x] * wave[u][x] for x in range(64)) for u in range(8)] for row in grey]
    return [sum(across[y][u] * wave[v][y] for y in range(64)) for v in range(8) for u in range(8)]


def noise(seed: int, size: tuple[int, int]) -> Image.Image:
    chance = random.Random(seed)
    return Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), width=st.integers(1, 150), height=st.integers(1, 150))
def test_hash_equals_reference_implementation(seed, width, height):
    picture = noise(seed, (width, height))
    levels = reference_levels(picture)
    bits = f"{perceptual_hash(picture) & (1 << 64) - 1:064b}"
    for bit, above in zip(bits, (level - median(levels) for level in levels), strict=True):
        # Results of rounding differ between Python releases.
        assert abs(above) < ROUNDING or bit == "01"[above > 0]


def drawing(seed: int) -> Image.Image:
    """A drawing of overlapping shapes."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (640, 360), (20, 40, 60))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = chance.randrange(500), chance.randrange(250)
        corner = (left + chance.randrange(40, 200), top + chance.randrange(40, 150))
        draw.ellipse((left, top, *corner), fill=tuple(chance.randrange(256) for _ in range(3)))
    return picture


@pytest.mark.parametrize("seed", range(5))
def test_similar_pictures_have_near_hashes_and_others_do_not(seed):
    picture = drawing(seed)
    original = perceptual_hash(picture)
    stream = io.BytesIO()
    picture.resize((320, 180)).save(stream, "JPEG", quality=60)
    stream.seek(0)
    assert phash_distance(original, picture_hash(stream)) <= 4
    assert phash_distance(original, perceptual_hash(picture.filter(ImageFilter.GaussianBlur(2)))) <= 4
    assert phash_distance(original, perceptual_hash(drawing(seed + 100))) >= 12


def test_transparency_counts_as_black():
    clear = Image.new("RGBA", (4, 4), (200, 100, 50, 0))
    assert without_alpha(clear).getpixel((0, 0)) == (0, 0, 0)
    assert without_alpha(Image.new("L", (4, 4), 9)).getpixel((0, 0)) == (9, 9, 9)


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_non_image_has_no_hash(content):
    with pytest.raises(BrokenFileError):
        picture_hash(io.BytesIO(content))
