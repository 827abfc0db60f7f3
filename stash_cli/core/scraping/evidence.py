"""Evidence that a result is about a scene: equal fingerprints, and the same duration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Row = Mapping[str, Any]

NEAR = 8
"""Maximum number of differing bits of two perceptual hashes of the same video."""
DURATION_DIFF = 5.0
"""Maximum difference of durations in seconds."""


class Confidence(IntEnum):
    """The confidence that a result is about a scene."""

    NONE = 0
    """No fingerprint is the same."""
    LOW = 1
    """A fingerprint is the same; the duration differs, or is unknown."""
    MEDIUM = 2
    """A fingerprint is the same, and the duration agrees."""
    HIGH = 3
    """Two kinds of fingerprints, or those of two submissions, are the same, and most durations agree."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Agreement of a result with the files of a scene.

    `hashes` are the kinds of equal fingerprints, `distance` is the number of differing bits of perceptual
    hashes, `submissions` the number of matching fingerprints of the result, `agreeing` the number of its
    `durations` that match the file, `off` the seconds between the file's duration and their median.
    """

    hashes: tuple[str, ...] = ()
    distance: int | None = None
    submissions: int = 0
    agreeing: int = 0
    durations: int = 0
    off: float | None = None

    def confidence(self, most: float = DURATION_DIFF) -> Confidence:
        """The confidence, with durations that may differ by `most` seconds."""
        if not self.hashes:
            return Confidence.NONE
        if self.off is None or self.off > most or self.agreeing * 2 < self.durations:
            return Confidence.LOW
        has_several = len(self.hashes) > 1 or self.submissions > 1
        return Confidence.HIGH if has_several and self.agreeing else Confidence.MEDIUM

    def __str__(self) -> str:
        if not self.hashes:
            return "no fingerprint is the same"
        near = f" ({self.distance} bits apart)" if self.distance else ""
        off = "duration unknown" if self.off is None else f"{self.off:.0f} s apart"
        agreeing = f", {self.agreeing} of {self.durations} durations agree" if self.durations else ""
        return f"same {' and '.join(self.hashes)}{near}, {off}{agreeing}"


def evidence_of(scene: Row, answer: Row, most: float = DURATION_DIFF) -> Evidence:
    """The evidence for a result with the best matching file of a scene."""
    files = [file for file in scene.get("files") or () if file.get("fingerprints")]
    by_file = [_of_file(file, answer, most) for file in files]
    return max(by_file, key=lambda each: (each.confidence(most), each.submissions), default=Evidence())


def _of_file(file: Row, answer: Row, most: float) -> Evidence:
    own_hashes = {
        each["type"].lower(): str(each["value"]) for each in file["fingerprints"] if each.get("value")
    }
    submitted = [each for each in answer.get("fingerprints") or () if each.get("hash")]
    matching = [each for each in submitted if _distance(own_hashes, each) is not None]
    hashes = dict.fromkeys(str(each["algorithm"]).lower() for each in matching)
    distances = [
        _distance(own_hashes, each) or 0 for each in matching if str(each["algorithm"]).lower() == "phash"
    ]
    length = float(file.get("duration") or 0)
    submitted_durations = [float(each["duration"]) for each in submitted if each.get("duration")]
    agreeing = sum(abs(time - length) <= most for time in submitted_durations) if length else 0
    all_durations = [*submitted_durations, *([float(answer["duration"])] if answer.get("duration") else [])]
    # The median, so that a single wrong submission has no effect.
    off = abs(median(all_durations) - length) if all_durations and length else None
    return Evidence(
        tuple(hashes),
        min(distances, default=None),
        len(matching),
        agreeing,
        len(submitted_durations) if length else 0,
        off,
    )


def _distance(own: Mapping[str, str], fingerprint: Row) -> int | None:
    """Number of differing bits of a file's and a result's fingerprint; None if they do not match."""
    kind, value = str(fingerprint["algorithm"]).lower(), str(fingerprint["hash"])
    own_value = own.get(kind)
    if own_value is None:
        return None
    if kind != "phash":
        return 0 if own_value.lower() == value.lower() else None
    try:
        bits = (int(own_value, 16) ^ int(value, 16)).bit_count()
    except ValueError:
        return None
    return bits if bits <= NEAR else None
