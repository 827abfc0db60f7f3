"""Pixels of the named picture sizes."""

from __future__ import annotations

BANDS: dict[str, tuple[int, int]] = {
    "VERY_LOW": (144, 239),
    "LOW": (240, 359),
    "R360P": (360, 479),
    "STANDARD": (480, 539),
    "WEB_HD": (540, 719),
    "STANDARD_HD": (720, 1079),
    "FULL_HD": (1080, 1439),
    "QUAD_HD": (1440, 1919),
    "VR_HD": (1920, 2159),
    "FOUR_K": (1920, 2559),
    "FIVE_K": (2560, 2999),
    "SIX_K": (3000, 3583),
    "SEVEN_K": (3584, 3839),
    "EIGHT_K": (3840, 6143),
    "HUGE": (6144, 9999),
}
"""Least and most pixels of the shorter side, by value of ResolutionEnum."""
