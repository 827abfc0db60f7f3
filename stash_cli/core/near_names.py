"""Names that a misspelt word may stand for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONG_ENOUGH = 3
"""Letters from which a word stands for the names that begin with it."""


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Names that few typing errors lead to, the nearest first, then those that begin with `word`."""
    wanted = word.casefold()
    names = {name: name.casefold() for name in known}
    # Names with another ratio are further away; measuring all of them exactly would take much longer.
    alike = set(get_close_matches(wanted, set(names.values()), n=20, cutoff=0.6))
    edits = {name: _edits(wanted, folded) for name, folded in names.items() if folded in alike}
    most = 1 + min(len(wanted) // 5, 2)
    found = sorted((name for name, count in edits.items() if count <= most), key=edits.__getitem__)
    if len(wanted) >= _LONG_ENOUGH:
        found += [name for name, folded in names.items() if folded.startswith(wanted) and name not in found]
    return found


def _edits(one: str, other: str) -> int:
    """The number of letters to insert, delete, replace or swap with their neighbour.

    >>> _edits("undo", "studio"), _edits("raitng", "rating")
    (4, 1)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            cost = last[column - 1] + (letter != wanted)
            line.append(min(cost, last[column] + 1, line[-1] + 1))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted
            if swapped:
                line[-1] = min(line[-1], before[column - 2] + 1)
        before, last = last, line
    return last[-1]
