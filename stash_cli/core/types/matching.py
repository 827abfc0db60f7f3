"""What to do when a name fits several objects."""

from __future__ import annotations

from enum import Enum


class OnMultipleMatch(Enum):
    """What mapping a name that fits several objects answers: nothing, all of them, or the first."""

    RETURN_NONE = 0
    RETURN_LIST = 1
    RETURN_FIRST = 2
