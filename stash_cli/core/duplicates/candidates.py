"""Groups of objects that may be duplicates, as ids: the server's where it finds them, else found here."""

from __future__ import annotations

from array import array
from collections import defaultdict
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.duplicates.copies import FILES, copy_of
from stash_cli.core.duplicates.matching import DURATION, PHASH, STASH_ID
from stash_cli.core.log import logger
from stash_cli.core.texts import duration
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.phash import connected_components, similar_hashes

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.matching import Match

_SEVERAL = {"file_count": {"value": 1, "modifier": "GREATER_THAN"}}
_MOST_OF_A_LENGTH = 1000
"""Objects of nearly one length of which nothing can be told by that."""


async def find_groups(
    session: Session, type_name: str, match: Match, chosen: Container[str] | None = None
) -> list[list[str]]:
    """Groups of ids, of those in `chosen`; an object with several files may be a group of its own.

    What is in different groups is not alike, but for lengths; within a group it may be.
    """
    if match.way == DURATION:
        return await _of_nearly_one_length(session, type_name, match, chosen)
    if type_name == "Scene" and match.way == PHASH:
        answer = await session.call("findDuplicateScenes", {"distance": match.distance}, ["id"])
        groups = list(_disjoint([str(row["id"]) for row in rows] for rows in answer or ()))
        groups = await _with_several_files(session, type_name, groups)
    else:
        groups = await _compared_here(session, type_name, match)
    return groups if chosen is None else [[one for one in group if one in chosen] for group in groups]


async def _with_several_files(session: Session, type_name: str, groups: list[list[str]]) -> list[list[str]]:
    """The groups, and the objects in none of them that have several files: servers compare no such files."""
    query = FindQuery(ENTITIES[type_name], filter=_SEVERAL)
    return _with_each(groups, [row["id"] async for row in iter_rows(session, query, ["id"])])


def _disjoint(groups: Iterable[list[str]]) -> Iterator[list[str]]:
    """The groups, those joined that share an object: servers list it with each of its files' hashes."""
    places: dict[str, int] = {}
    pairs = [
        (places.setdefault(one, len(places)), places.setdefault(other, len(places)))
        for group in groups
        for one, other in pairwise(group)
    ]
    ids = list(places)
    for joined in connected_components(len(ids), pairs):
        yield [ids[place] for place in joined]


def _with_each(groups: list[list[str]], several: Iterable[str]) -> list[list[str]]:
    """The groups, and each object with several files that is in none of them."""
    known = {one for group in groups for one in group}
    return [*groups, *([one] for one in several if one not in known)]


async def _compared_here(session: Session, type_name: str, match: Match) -> list[list[str]]:
    """Groups by what is read of all objects: 16 bytes for each hash stay in memory."""
    files = FILES[type_name]
    paths = ["id", f"{files}.id", f"{files}.fingerprints.type", f"{files}.fingerprints.value"]
    if match.way == STASH_ID:
        paths = ["id", f"{files}.id", "stash_ids.endpoint", "stash_ids.stash_id"]
    keys, owners = array("Q"), array("Q")
    several: list[str] = []
    async for row in iter_rows(session, FindQuery(ENTITIES[type_name], sort="id"), paths):
        copy = copy_of(type_name, row)
        several += [copy.id] if len(copy.files) > 1 else []
        for key in match.keys(copy):
            keys.append(int(key) if match.way == PHASH else _number(key))
            owners.append(int(copy.id))
    return _with_each(list(_connected(keys, owners, match.distance if match.way == PHASH else 0)), several)


async def _of_nearly_one_length(
    session: Session, type_name: str, match: Match, chosen: Container[str] | None
) -> list[list[str]]:
    """Groups of objects whose files are of nearly one length: 16 bytes for each file stay in memory.

    In a large library chains of near lengths lead from the shortest file to the longest, so groups are no
    chains: all files of one are near each other. An object is in one group only.
    """
    files = FILES[type_name]
    paths = ["id", f"{files}.id", f"{files}.duration"]
    lengths, owners = array("d"), array("Q")
    several: list[str] = []
    async for row in iter_rows(session, FindQuery(ENTITIES[type_name], sort="id"), paths):
        copy = copy_of(type_name, row)
        if chosen is not None and copy.id not in chosen:
            continue
        several += [copy.id] if len(copy.files) > 1 else []
        for file in copy.files:
            if file.duration > 0:
                lengths.append(file.duration)
                owners.append(int(copy.id))
    return _with_each(list(owners_of_runs(lengths, owners, match)), several)


def owners_of_runs(lengths: array[float], owners: array[int], match: Match) -> Iterator[list[str]]:
    """The owners of each run of near lengths, those left out that an earlier run has."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    taken: set[int] = set()
    for run in near_runs([lengths[place] for place in order], match.allows):
        found = {owners[order[place]] for place in run} - taken
        if len(found) > _MOST_OF_A_LENGTH:
            logger.warning(
                "%s scenes of about %s are left out: so many have this length that it says nothing."
                " Choose some with --where.",
                *(f"{len(found):,}", duration(lengths[order[run[0]]])),
            )
        elif len(found) > 1:
            taken |= found
            yield [str(one) for one in sorted(found)]


def near_runs(lengths: Sequence[float], allows: Callable[[float, float], bool]) -> Iterator[range]:
    """Runs of places of sorted lengths whose first and last `allows` to be together.

    The nearest lengths are joined first, so that a run ends where the next length is farther away.

    >>> list(near_runs([0, 0.9, 1.1, 9], lambda shorter, longer: longer - shorter <= 1))
    [range(0, 1), range(1, 3), range(3, 4)]
    """
    firsts, lasts = array("Q", range(len(lengths))), array("Q", range(len(lengths)))
    # `lasts` is right for the first place of a run, `firsts` for its last one.
    for place in sorted(range(len(lengths) - 1), key=lambda each: lengths[each + 1] - lengths[each]):
        first, last = firsts[place], lasts[place + 1]
        if allows(lengths[first], lengths[last]):
            firsts[last], lasts[first] = first, last
    place = 0
    while place < len(lengths):
        yield range(place, lasts[place] + 1)
        place = lasts[place] + 1


def _number(key: str) -> int:
    """64 bits of a text; what is equal by chance is compared again later."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def _connected(keys: array[int], owners: array[int], distance: int) -> Iterator[list[str]]:
    """Groups of owners, as ids, that equal keys connect, or such that differ in at most `distance` bits."""
    ids = sorted(set(owners))
    places = {one: number for number, one in enumerate(ids)}
    holders: dict[int, list[int]] = defaultdict(list)
    for key, owner in zip(keys, owners, strict=True):
        holders[key].append(places[owner])
    pairs = _pairs(holders, distance)
    for group in connected_components(len(ids), pairs):
        yield [str(ids[place]) for place in group]


def _pairs(holders: dict[int, list[int]], distance: int) -> Iterable[tuple[int, int]]:
    for held in holders.values():
        yield from pairwise(held)
    for one, other in similar_hashes(holders, distance):
        yield holders[one][0], holders[other][0]
