"""Known names that are similar to a misspelt word."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MIN_PREFIX = 3
"""The least number of letters for which names that begin with the word are suggested."""


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Names within a small edit distance of `word`, the nearest first, then those that begin with it."""
    folded_word = word.casefold()
    names = {name: name.casefold() for name in known}
    # A cheap similarity ratio first: the edit distance of all names would take much longer.
    similar = set(get_close_matches(folded_word, set(names.values()), n=20, cutoff=0.6))
    edits = {name: _edit_distance(folded_word, folded) for name, folded in names.items() if folded in similar}
    most = 1 + min(len(folded_word) // 5, 2)
    found = sorted((name for name, count in edits.items() if count <= most), key=edits.__getitem__)
    if len(folded_word) >= _MIN_PREFIX:
        found += [
            name for name, folded in names.items() if folded.startswith(folded_word) and name not in found
        ]
    return found


def _edit_distance(one: str, other: str) -> int:
    """The number of letters to insert, delete, replace or swap with their neighbour.

    >>> _edit_distance("undo", "studio"), _edit_distance("raitng", "rating")
    (4, 1)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, other_letter in enumerate(other, 1):
            cost = last[column - 1] + (letter != other_letter)
            line.append(min(cost, last[column] + 1, line[-1] + 1))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == other_letter
            if swapped:
                line[-1] = min(line[-1], before[column - 2] + 1)
        before, last = last, line
    return last[-1]
