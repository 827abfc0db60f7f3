"""Policy for names of several objects."""

from __future__ import annotations

from enum import Enum


class OnMultipleMatch(Enum):
    """Result of mapping a name of several objects: nothing, all of them, or the first."""

    RETURN_NONE = 0
    RETURN_LIST = 1
    RETURN_FIRST = 2
