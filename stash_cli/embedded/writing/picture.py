"""The content of a picture: bytes that begin as one."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.scan.probe import BrokenFileError, decodable, opened_picture

_SVG = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.{0,4096}?-->\s*){0,9}(?:<!DOCTYPE\s+svg[^>\[]*>\s*)?<svg[\s>]",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to keep. `Picture.of` makes it of bytes that are one; there is no other way."""

    content: bytes

    def __post_init__(self) -> None:
        if not is_svg(self.content):
            _identify(self.content)

    @classmethod
    def of(cls, content: bytes, what: str) -> Picture:
        """Raises Refused for what is no picture, or one that would fill the memory; `what` is its field."""
        try:
            return cls(content)
        except BrokenFileError as failure:
            raise Refused(f"processing {what}: {failure}") from failure


def is_svg(content: bytes) -> bool:
    """Whether content is an SVG drawing by its first element; its entities are none of its own."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return _SVG.match(text) is not None


def _identify(content: bytes) -> None:
    """Read the header of a picture; raises BrokenFileError where there is none, or one of too many pixels.

    The rest is not decoded: browsers show pictures that end too early, and servers keep them.
    """
    with opened_picture(io.BytesIO(content)) as picture:
        decodable(picture)
