"""Perceptual hashes: pairs of hashes that differ in a few bits, and groups of connected pairs."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise
from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BITS = 64
_ALL = (1 << BITS) - 1
_MOST_SLICES = 16
_LOOKUP_COST = 2
"""Cost of the lookup of a slice, in comparisons."""
_MOST_FLIPS = 2
"""Maximum number of bits of a slice that are flipped to look up its neighbours; three give too many."""


def differing_bits(one: int, other: int) -> int:
    """The number of bits in which two hashes differ, signed or not.

    >>> differing_bits(-1, 0), differing_bits(5, 4)
    (64, 1)
    """
    return ((one ^ other) & _ALL).bit_count()


def similar_hashes(hashes: Iterable[int], distance: int) -> Iterator[tuple[int, int]]:
    """Pairs of different hashes that differ in at most `distance` bits; a pair may come more than once.

    Hashes are cut into slices. In two similar hashes, at least one slice differs in no more than its share of
    the bits, so that only hashes with such a slice are compared.
    """
    distinct = {each & _ALL: each for each in hashes}
    if distance > 0:
        for one, other in _similar(list(distinct), distance):
            yield distinct[one], distinct[other]


def _similar(hashes: list[int], distance: int) -> Iterator[tuple[int, int]]:
    slices, flips = _cut(len(hashes), distance)
    if not slices:
        yield from _near_within(hashes, distance)
        return
    edges = [BITS * number // slices for number in range(slices + 1)]
    for start, end in pairwise(edges):
        sharing: dict[int, list[int]] = defaultdict(list)
        for each in hashes:
            sharing[(each >> start) & ((1 << (end - start)) - 1)].append(each)
        yield from _sharing(sharing, _masks(end - start, flips), distance)


def _cut(count: int, distance: int) -> tuple[int, int]:
    """The number of slices and of bits to flip with the lowest cost; 0 slices: compare all pairs."""
    best, chosen = count * count / 2, (0, 0)
    for slices in range(1, _MOST_SLICES + 1):
        flips, width = distance // slices, BITS // slices
        if flips > _MOST_FLIPS:
            continue
        keys = max(1, min(count, 1 << width))
        cost: float = slices * keys * sum(comb(width, number) for number in range(flips + 1))
        cost *= _LOOKUP_COST + (count / keys) ** 2 / 2
        if cost < best:
            best, chosen = cost, (slices, flips)
    return chosen


def _masks(width: int, flips: int) -> list[int]:
    sizes = range(1, flips + 1)
    return [sum(1 << bit for bit in bits) for size in sizes for bits in combinations(range(width), size)]


def _sharing(sharing: dict[int, list[int]], masks: Sequence[int], distance: int) -> Iterator[tuple[int, int]]:
    """Yield similar pairs of hashes with a slice that is equal except for the bits of a mask."""
    for key, left in sharing.items():
        if len(left) > 1:
            yield from _near_within(left, distance)
        for mask in masks:
            other = key ^ mask
            if other > key and other in sharing:
                right = sharing[other]
                yield from [(a, b) for a in left for b in right if (a ^ b).bit_count() <= distance]


def _near_within(hashes: Sequence[int], distance: int) -> Iterator[tuple[int, int]]:
    for number, one in enumerate(hashes):
        rest = hashes[number + 1 :]
        yield from [(one, other) for other in rest if (one ^ other).bit_count() <= distance]


def connected_components(size: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Groups of two or more numbers below `size` that are connected by pairs, ordered by their first number.

    >>> connected_components(5, [(0, 3), (3, 4)])
    [[0, 3, 4]]
    """
    parent = list(range(size))

    def find(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    for first, second in pairs:
        one, other = sorted((find(first), find(second)))
        parent[other] = one
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(size):
        groups[find(place)].append(place)
    return [places for places in groups.values() if len(places) > 1]
