"""Names that are probably one: the same but for case, punctuation, plural, order of words, or spelling.

Not all pairs are compared: equal forms are found by their key, misspellings by parts that have to be equal.
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
"""Reasons for two names to be one, the surest first."""
THRESHOLD = 0.85
_SHORTEST = 4
"""Letters of the shortest name that may be misspelt."""
_MOST_EDITS = 2
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
_SHORTEST_PLURAL = 4
_SINGULAR = ("ss", "us", "is")


@dataclass(frozen=True, slots=True)
class Named:
    """An object with its name, the first of `names`, and its aliases.

    `born` is the year or date of birth of a performer, `note` what tells namesakes apart.
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
    """Two objects whose names are probably one: the reason, and how alike they are from 0 to 1."""

    one: Named
    other: Named
    reason: str
    score: float


@dataclass(frozen=True)
class Group:
    """Objects that are to be merged into `kept`, each with the pair that says why."""

    kept: Named
    pairs: tuple[Pair, ...] = field(default_factory=tuple)

    @property
    def others(self) -> list[Named]:
        """The objects beside the kept one."""
        return [pair.other if pair.one.id == self.kept.id else pair.one for pair in self.pairs]


def plain(name: str) -> str:
    """A name in lower case without accents.

    >>> plain("Café Noir")
    'cafe noir'
    """
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def singular(word: str) -> str:
    """An English word in the singular, as far as its ending tells.

    >>> [singular(word) for word in ("parties", "boxes", "outdoors", "dress", "bus")]
    ['party', 'box', 'outdoor', 'dress', 'bus']
    """
    if len(word) < _SHORTEST_PLURAL or word.endswith(_SINGULAR):
        return word
    ending, end = next((pair for pair in _PLURALS if word.endswith(pair[0])), ("", ""))
    return word.removesuffix(ending) + end


def _keys(name: str) -> Iterator[tuple[str, str]]:
    """The forms of a name that are equal for each reason but spelling."""
    text = plain(name)
    words = _WORDS.findall(text)
    yield CASE, text.strip()
    if words:
        yield PUNCTUATION, "".join(words)
        yield PLURAL, "".join(map(singular, words))
        yield ORDER, " ".join(sorted(map(singular, words)))


def similar(objects: Sequence[Named], threshold: float = THRESHOLD) -> Iterator[Pair]:
    """Pairs of objects of which some names are probably one, each pair once with its surest reason.

    Objects with different ids at one stash-box, and namesakes that are told apart, are no pairs.
    """
    seen: set[tuple[str, str]] = set()
    for reason in REASONS:
        found = _misspelt(objects, threshold) if reason == SPELLING else _equal(objects, reason)
        for one, other, score in found:
            pair = (one.id, other.id) if int(one.id) < int(other.id) else (other.id, one.id)
            if one.id != other.id and pair not in seen and not are_different(one, other):
                seen.add(pair)
                yield Pair(one, other, reason, score)


def are_different(one: Named, other: Named) -> bool:
    """Whether something else than the names says that two objects are not one."""
    held = dict(one.stash_ids)
    if any(held.get(endpoint, stash_id) != stash_id for endpoint, stash_id in other.stash_ids):
        return True
    if one.note and other.note and plain(one.note) != plain(other.note):
        return True
    born = sorted((one.born, other.born), key=len)
    return bool(born[0]) and not born[1].startswith(born[0])


def _equal(objects: Sequence[Named], reason: str) -> Iterator[tuple[Named, Named, float]]:
    held: dict[str, list[Named]] = defaultdict(list)
    for each in objects:
        for key in {form for name in each.names for kind, form in _keys(name) if kind == reason and form}:
            held[key].append(each)
    for many in held.values():
        for number, one in enumerate(many):
            for other in many[number + 1 :]:
                yield one, other, 1.0


def _misspelt(objects: Sequence[Named], threshold: float) -> Iterator[tuple[Named, Named, float]]:
    """Pairs of names with few letters that differ, and the same digits."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    names: dict[str, list[Named]] = defaultdict(list)
    for each in objects:
        for name in each.names:
            if len(text := "".join(_WORDS.findall(plain(name)))) >= _SHORTEST:
                names[text].append(each)
    for left, near in _near(sorted(names, key=len), threshold):
        digits = _DIGITS.findall(left)
        for right, score, _ in extract(
            left, near, scorer=OSA.normalized_similarity, score_cutoff=threshold, limit=None, processor=None
        ):
            if _DIGITS.findall(right) == digits:
                yield from ((one, other, round(score, 2)) for one in names[left] for other in names[right])


def _near(texts: Sequence[str], threshold: float) -> Iterator[tuple[str, list[str]]]:
    """Each text with those before it that may be near enough; texts are ordered by length.

    A text that takes k edits to become another one has one of k + 1 parts in it unchanged, and moved by k
    places at most. One with two letters exchanged has the same letters.
    """
    parts: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    letters: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        most = _edits(len(text), threshold)
        same = letters["".join(sorted(text))]
        found = dict.fromkeys(same)
        same.append(text)
        for length in range(len(text) - most, len(text) + 1):
            for number, start, end in _cut(length, _edits(length, threshold)):
                for at in range(max(0, start - most), min(len(text) - (end - start), start + most) + 1):
                    held = parts.get((length, number, text[at : at + end - start]), ())
                    found.update(dict.fromkeys(held))
        if found:
            yield text, list(found)
        for number, start, end in _cut(len(text), most):
            parts[len(text), number, text[start:end]].append(text)


def _edits(length: int, threshold: float) -> int:
    """The number of edits to allow for."""
    return min(_MOST_EDITS, int((1 - threshold) * (length + 1) + 1e-9))


def _cut(length: int, edits: int) -> Iterator[tuple[int, int, int]]:
    """The parts of a text of this length: number, start and end."""
    for number in range(edits + 1):
        yield number, length * number // (edits + 1), length * (number + 1) // (edits + 1)


def group(pairs: Iterable[Pair], uses: Mapping[str, int]) -> Iterator[Group]:
    """Groups of pairs around the object that is used most; only what is a pair with it is in its group."""
    near: dict[str, dict[str, Pair]] = defaultdict(dict)
    objects: dict[str, Named] = {}
    for pair in pairs:
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            near[one.id][other.id] = pair
            objects[one.id] = one
    gone: set[str] = set()
    for kept in sorted(objects, key=lambda each: (-uses.get(each, 0), int(each))):
        left = [pair for other, pair in near[kept].items() if other not in gone]
        if kept not in gone and left:
            gone |= {kept, *near[kept]}
            yield Group(objects[kept], tuple(left))
