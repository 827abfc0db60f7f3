"""Words of other programs for the verbs of this one."""

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
"""Verbs, each with the words that mean it where a group has the verb and not the word."""
VERBS = frozenset(word for words in SYNONYMS for word in words) | {"count"}


def synonyms_of(verbs: Iterable[str]) -> dict[str, str]:
    """Word -> the verb among `verbs` that it means."""
    known = set(verbs)
    found: dict[str, str] = {}
    for verb, *words in SYNONYMS:
        if verb in known:
            found |= {word: verb for word in words if word not in known and word not in found}
    return found
