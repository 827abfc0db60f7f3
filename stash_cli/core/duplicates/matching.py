"""Comparison of two files by their hashes and durations, or by the stash ids of their objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.types.phash import BITS, differing_bits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stash_cli.core.duplicates.copies import Copy, File

PHASH, OSHASH, CHECKSUM, STASH_ID, DURATION = "phash", "oshash", "checksum", "stash-id", "duration"
WAYS = {"Scene": (PHASH, OSHASH, CHECKSUM, STASH_ID, DURATION), "Image": (PHASH, CHECKSUM)}
"""Type -> the ways to match its copies, the default first."""
_TYPES = {OSHASH: "oshash", CHECKSUM: "md5"}
_FEW = 4
"""Maximum number of set bits, or of unset bits, in the hash of a blank picture."""


@dataclass(frozen=True, slots=True)
class Match:
    """The condition for two files to be alike.

    `distance` is the maximum number of differing bits of perceptual hashes, `seconds` the maximum difference
    of durations; None for any. An unknown duration never matches.
    """

    way: str = PHASH
    distance: int = 0
    seconds: float | None = 1.0

    def are_alike(self, one: File, other: File, copies: Mapping[str, Copy]) -> bool:
        """Whether two files, which belong to some of `copies`, are alike."""
        return self._is_near(one, other, copies) and self._are_as_long(one, other)

    def allows(self, shorter: float, longer: float) -> bool:
        """Whether two durations, in seconds, are near enough."""
        # Rounded, because 10.3 - 10.2 is slightly more than 0.1 in binary.
        return self.seconds is None or round(longer - shorter, 3) <= self.seconds

    def _is_near(self, one: File, other: File, copies: Mapping[str, Copy]) -> bool:
        if self.way == DURATION:
            return True
        if self.way == STASH_ID:
            return bool(copies[one.owner].stash_ids & copies[other.owner].stash_ids)
        if self.way != PHASH:
            left, right = (file.hashes.get(_TYPES[self.way]) for file in (one, other))
            return bool(left) and left == right
        left_bits, right_bits = phash_of(one), phash_of(other)
        if left_bits is None or right_bits is None:
            return False
        return differing_bits(left_bits, right_bits) <= self.distance

    def _are_as_long(self, one: File, other: File) -> bool:
        if self.seconds is None:
            return True
        shorter, longer = sorted((one.duration, other.duration))
        return shorter > 0 and self.allows(shorter, longer)

    def keys(self, copy: Copy) -> Iterator[str]:
        """Yield the keys that are equal, or within `distance`, for alike copies; not for durations."""
        if self.way == STASH_ID:
            yield from ("\0".join(each) for each in copy.stash_ids)
        elif self.way == PHASH:
            yield from (str(bits) for file in copy.files if (bits := phash_of(file)) is not None)
        else:
            yield from (value for file in copy.files if (value := file.hashes.get(_TYPES[self.way])))


def phash_of(file: File) -> int | None:
    """The perceptual hash of a file; None without one, or if it is not significant.

    Black and other blank frames have hashes with almost no bits set, or almost all.
    """
    text = file.hashes.get("phash")
    try:
        bits = int(text, 16) if text else 0
    except ValueError:
        return None
    return bits if _FEW < bits.bit_count() < BITS - _FEW else None
