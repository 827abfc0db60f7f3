"""Synonyms of verbs, as used by other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SYNONYMS = (
    ("find", "list", "ls", "search"),
    ("list", "ls", "find", "search"),
    ("show", "get"),
    ("create", "add"),
    ("add", "create"),
    ("update", "set"),
    ("delete", "rm"),
    ("remove", "rm", "delete"),
)
"""Verbs with their synonyms; a synonym applies in groups that have the verb, but no command of that name."""
VERBS = frozenset(word for words in SYNONYMS for word in words) | {"count"}


def synonyms_of(verbs: Iterable[str]) -> dict[str, str]:
    """Map of synonym -> verb, for synonyms that are not among `verbs`."""
    known = set(verbs)
    synonyms: dict[str, str] = {}
    for verb, *words in SYNONYMS:
        if verb in known:
            synonyms |= {word: verb for word in words if word not in known and word not in synonyms}
    return synonyms
