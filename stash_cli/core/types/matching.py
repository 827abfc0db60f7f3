"""Treatment of names that several objects have."""

from __future__ import annotations

from enum import Enum


class OnMultipleMatch(Enum):
    """Ids for a name that several objects have: none, all of them, or the first."""

    RETURN_NONE = 0
    RETURN_LIST = 1
    RETURN_FIRST = 2
