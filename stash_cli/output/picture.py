"""Pictures on a terminal: the protocols of kitty, iTerm2 and sixel, and coloured half blocks."""

from __future__ import annotations

from base64 import b64decode, b64encode
from io import BytesIO
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PIL.Image import Image

AUTO = "auto"
PROTOCOLS = ("kitty", "iterm2", "sixel", "blocks")
_KITTY_CHUNK = 4096
"""Maximum characters of a chunk in kitty's protocol."""
_CELL = (10, 20)
"""Assumed width and height of a terminal cell in pixels."""
_UPPER_HALF = "\N{UPPER HALF BLOCK}"
_COLORS = 64
_PNG = b"\x89PNG"


def protocol(environ: Mapping[str, str], choice: str) -> str:
    """Choose the protocol from the option and the environment.

    The terminal is not queried, because the late response of a slow one would appear as text. Raises
    StashUsageError if `auto` finds no protocol.
    """
    if choice != AUTO:
        return choice
    if environ.get("TMUX") or environ.get("TERM", "").startswith("screen"):
        raise StashUsageError(f"inside tmux or screen name the protocol: --picture={'|'.join(PROTOCOLS)}")
    if environ.get("KITTY_WINDOW_ID") or "kitty" in environ.get("TERM", ""):
        return "kitty"
    if environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm"):
        return "iterm2"
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "blocks"
    raise StashUsageError(f"this terminal shows no pictures that are known: --picture={'|'.join(PROTOCOLS)}")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment allows pictures: no NO_COLOR, no screen reader, no dumb terminal."""
    return not (environ.get("NO_COLOR") or environ.get("ACCESSIBLE") or environ.get("TERM") == "dumb")


def from_uri(uri: str) -> bytes:
    """Decode a base64 data: URI."""
    return b64decode(uri.partition(",")[2])


def render(data: bytes, name: str, columns: int, lines: int) -> str:
    """Return the text that shows a picture within `columns` x `lines` cells, with a final line break.

    Raises StashInputError for data that is not a picture, and StashUsageError without Pillow.
    """
    if name == "iterm2":
        size = f"width={columns};height={lines};preserveAspectRatio=1"
        return f"\x1b]1337;File=inline=1;size={len(data)};{size}:{b64encode(data).decode()}\x07\n"
    if name == "kitty":
        return "".join(_kitty(data if data.startswith(_PNG) else _png(data, columns, lines), lines)) + "\n"
    if name == "sixel":
        image = _opened(data, columns * _CELL[0], lines * _CELL[1])
        return "".join(_sixel(image)) + "\n"
    return "".join(_blocks(_opened(data, columns, lines * 2)))


def _opened(data: bytes, width: int, height: int) -> Image:
    """Open a picture as RGB, reduced to fit."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise StashUsageError(
            "pictures need Pillow", hint="Install it with: pip install 'stash-cli[pictures]'"
        ) from None
    try:
        image = Image.open(BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise StashInputError("the picture is of a kind that Pillow cannot read") from None
    image.thumbnail((width, height))
    return image


def _png(data: bytes, columns: int, lines: int) -> bytes:
    out = BytesIO()
    _opened(data, columns * _CELL[0], lines * _CELL[1]).save(out, "PNG")
    return out.getvalue()


def _kitty(png: bytes, lines: int) -> Iterator[str]:
    """Yield a PNG in chunks; the terminal scales it to `lines`."""
    text = b64encode(png).decode()
    pieces = [text[at : at + _KITTY_CHUNK] for at in range(0, len(text), _KITTY_CHUNK)]
    for number, piece in enumerate(pieces):
        more = int(number < len(pieces) - 1)
        head = f"f=100,a=T,r={lines},m={more}" if number == 0 else f"m={more}"
        yield f"\x1b_G{head};{piece}\x1b\\"


def _blocks(image: Image) -> Iterator[str]:
    """Yield cells with two pixels each, one above the other."""
    pixels = image.load()
    if pixels is None:
        return
    for top in range(0, image.height - 1, 2):
        for x in range(image.width):
            above, below = pixels[x, top], pixels[x, top + 1]
            yield f"\x1b[38;2;{_rgb(above)};48;2;{_rgb(below)}m{_UPPER_HALF}"
        yield "\x1b[0m\n"


def _rgb(pixel: object) -> str:
    return ";".join(map(str, pixel)) if isinstance(pixel, tuple) else "0;0;0"


def _sixel(image: Image) -> Iterator[str]:
    """Yield the picture reduced to _COLORS colours, in bands of six pixel lines, a pass for each colour."""
    quantized = image.quantize(_COLORS)
    palette = quantized.getpalette() or []
    pixels, width, height = quantized.tobytes(), quantized.width, quantized.height
    yield f'\x1bPq"1;1;{width};{height}'
    for number in range(len(palette) // 3):
        red, green, blue = (round(value / 255 * 100) for value in palette[number * 3 : number * 3 + 3])
        yield f"#{number};2;{red};{green};{blue}"
    for top in range(0, height, 6):
        band = [pixels[line * width : (line + 1) * width] for line in range(top, min(top + 6, height))]
        for color in sorted({pixel for line in band for pixel in line}):
            yield f"#{color}{_runs(band, color)}$"
        yield "-"
    yield "\x1b\\"


def _runs(band: list[bytes], color: int) -> str:
    """Encode one colour of a band; repeated columns are run-length encoded."""
    found: list[str] = []
    last, count = "", 0
    for column in zip(*band, strict=True):
        bits = sum(1 << bit for bit, pixel in enumerate(column) if pixel == color)
        char = chr(63 + bits)
        if char == last:
            count += 1
            continue
        found.append(_repeated(last, count))
        last, count = char, 1
    return "".join([*found, _repeated(last, count)])


def _repeated(char: str, count: int) -> str:
    return f"!{count}{char}" if count > 3 else char * count  # noqa: PLR2004 - shorter than the count
