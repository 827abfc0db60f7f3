"""Names that are probably the same except for case, punctuation, plural, order of words, or spelling.

Not all pairs are compared: equal forms are found by a key, misspellings by parts that have to be equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CASE, PUNCTUATION, PLURAL, ORDER, SPELLING = "case", "punctuation", "plural", "order", "spelling"
REASONS = (CASE, PUNCTUATION, PLURAL, ORDER, SPELLING)
"""Reasons for two names to be the same, the surest first."""
THRESHOLD = 0.85
_MIN_LENGTH = 4
"""Minimum length of a name for the search for misspellings."""
_MAX_EDITS = 2
_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"[^\W_]+")
_PLURALS = (
    ("ies", "y"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("sses", "ss"),
    ("zes", "z"),
    ("s", ""),
)
_MIN_PLURAL_LENGTH = 4
_SINGULAR = ("ss", "us", "is")


@dataclass(frozen=True, slots=True)
class Named:
    """An object with its name, the first of `names`, and its aliases.

    `born` is the year or date of birth of a performer, `note` the disambiguation of namesakes.
    """

    id: str
    names: tuple[str, ...]
    stash_ids: frozenset[tuple[str, str]] = frozenset()
    note: str = ""
    born: str = ""

    @property
    def name(self) -> str:
        return self.names[0]


class Pair(NamedTuple):
    """Two objects with probably the same name: the reason, and the similarity from 0 to 1."""

    one: Named
    other: Named
    reason: str
    score: float


@dataclass(frozen=True)
class Group:
    """Objects to merge into `kept`, each with the pair that is the reason."""

    kept: Named
    pairs: tuple[Pair, ...] = field(default_factory=tuple)

    @property
    def others(self) -> list[Named]:
        """The objects other than the kept one."""
        return [pair.other if pair.one.id == self.kept.id else pair.one for pair in self.pairs]


def plain(name: str) -> str:
    """A name in lower case without accents.

    >>> plain("Café Noir")
    'cafe noir'
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def singular(word: str) -> str:
    """The singular of an English word, by its ending.

    >>> [singular(word) for word in ("parties", "boxes", "outdoors", "dress", "bus")]
    ['party', 'box', 'outdoor', 'dress', 'bus']
    """
    if len(word) < _MIN_PLURAL_LENGTH or word.endswith(_SINGULAR):
        return word
    plural_ending, replacement = next((pair for pair in _PLURALS if word.endswith(pair[0])), ("", ""))
    return word.removesuffix(plural_ending) + replacement


def _keys(name: str) -> Iterator[tuple[str, str]]:
    """Yield (reason, form): names with an equal form are the same for that reason; not for spelling."""
    text = plain(name)
    words = _WORDS.findall(text)
    yield CASE, text.strip()
    if words:
        yield PUNCTUATION, "".join(words)
        yield PLURAL, "".join(map(singular, words))
        yield ORDER, " ".join(sorted(map(singular, words)))


def similar(objects: Sequence[Named], threshold: float = THRESHOLD) -> Iterator[Pair]:
    """Yield pairs of objects with probably the same name, each pair once with its surest reason.

    Objects with different ids at one stash-box, and namesakes with different notes, are excluded.
    """
    seen: set[tuple[str, str]] = set()
    for reason in REASONS:
        matches = _misspelt(objects, threshold) if reason == SPELLING else _equal(objects, reason)
        for one, other, score in matches:
            pair = (one.id, other.id) if int(one.id) < int(other.id) else (other.id, one.id)
            if one.id != other.id and pair not in seen and not are_different(one, other):
                seen.add(pair)
                yield Pair(one, other, reason, score)


def are_different(one: Named, other: Named) -> bool:
    """Whether two objects are different by their stash ids, notes or dates of birth."""
    stash_ids = dict(one.stash_ids)
    if any(stash_ids.get(endpoint, stash_id) != stash_id for endpoint, stash_id in other.stash_ids):
        return True
    if one.note and other.note and plain(one.note) != plain(other.note):
        return True
    born = sorted((one.born, other.born), key=len)
    return bool(born[0]) and not born[1].startswith(born[0])


def _equal(objects: Sequence[Named], reason: str) -> Iterator[tuple[Named, Named, float]]:
    by_form: dict[str, list[Named]] = defaultdict(list)
    for each in objects:
        for key in {form for name in each.names for kind, form in _keys(name) if kind == reason and form}:
            by_form[key].append(each)
    for many in by_form.values():
        for number, one in enumerate(many):
            for other in many[number + 1 :]:
                yield one, other, 1.0


def _misspelt(objects: Sequence[Named], threshold: float) -> Iterator[tuple[Named, Named, float]]:
    """Yield pairs of names with few edits between them, and the same digits."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    names: dict[str, list[Named]] = defaultdict(list)
    for each in objects:
        for name in each.names:
            if len(text := "".join(_WORDS.findall(plain(name)))) >= _MIN_LENGTH:
                names[text].append(each)
    for left, candidates in _candidates(sorted(names, key=len), threshold):
        digits = _DIGITS.findall(left)
        for right, score, _ in extract(
            left,
            candidates,
            scorer=OSA.normalized_similarity,
            score_cutoff=threshold,
            limit=None,
            processor=None,
        ):
            if _DIGITS.findall(right) == digits:
                yield from ((one, other, round(score, 2)) for one in names[left] for other in names[right])


def _candidates(texts: Sequence[str], threshold: float) -> Iterator[tuple[str, list[str]]]:
    """Yield each text with earlier texts that may be near enough; texts are sorted by length.

    If two texts differ by k edits, one of k + 1 parts of the first is unchanged in the second, and shifted by
    at most k characters. Texts with two exchanged letters have the same letters.
    """
    parts: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    letters: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        max_edits = _max_edits(len(text), threshold)
        same_letters = letters["".join(sorted(text))]
        candidates = dict.fromkeys(same_letters)
        same_letters.append(text)
        for length in range(len(text) - max_edits, len(text) + 1):
            for number, start, end in _parts_of(length, _max_edits(length, threshold)):
                for offset in range(
                    max(0, start - max_edits), min(len(text) - (end - start), start + max_edits) + 1
                ):
                    matches = parts.get((length, number, text[offset : offset + end - start]), ())
                    candidates.update(dict.fromkeys(matches))
        if candidates:
            yield text, list(candidates)
        for number, start, end in _parts_of(len(text), max_edits):
            parts[len(text), number, text[start:end]].append(text)


def _max_edits(length: int, threshold: float) -> int:
    """The maximum number of edits for a text of this length."""
    return min(_MAX_EDITS, int((1 - threshold) * (length + 1) + 1e-9))


def _parts_of(length: int, edits: int) -> Iterator[tuple[int, int, int]]:
    """Yield the parts of a text of this length: number, start and end."""
    for number in range(edits + 1):
        yield number, length * number // (edits + 1), length * (number + 1) // (edits + 1)


def group(pairs: Iterable[Pair], uses: Mapping[str, int]) -> Iterator[Group]:
    """Group pairs around the most used objects; a group has only objects that form a pair with it."""
    near: dict[str, dict[str, Pair]] = defaultdict(dict)
    objects: dict[str, Named] = {}
    for pair in pairs:
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            near[one.id][other.id] = pair
            objects[one.id] = one
    grouped: set[str] = set()
    for kept in sorted(objects, key=lambda each: (-uses.get(each, 0), int(each))):
        remaining = [pair for other, pair in near[kept].items() if other not in grouped]
        if kept not in grouped and remaining:
            grouped |= {kept, *near[kept]}
            yield Group(objects[kept], tuple(remaining))
