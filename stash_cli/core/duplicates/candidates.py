"""Groups of ids of possible duplicates, found by the server where it can, otherwise locally."""

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
_MAX_RUN = 1000
"""Maximum number of objects of nearly the same length; more are too many to mean anything."""


async def find_groups(
    session: Session, type_name: str, match: Match, chosen: Container[str] | None = None
) -> list[list[str]]:
    """Find groups of ids, limited to those in `chosen`; an object with several files may be its own group.

    Objects of one group may be alike. Objects of different groups are not, except when matched by duration.
    """
    if match.way == DURATION:
        return await _by_length(session, type_name, match, chosen)
    if type_name == "Scene" and match.way == PHASH:
        answer = await session.call("findDuplicateScenes", {"distance": match.distance}, ["id"])
        groups = list(_join_overlapping([str(row["id"]) for row in rows] for rows in answer or ()))
        groups = await _with_several_files(session, type_name, groups)
    else:
        groups = await _by_local_keys(session, type_name, match)
    return groups if chosen is None else [[id_ for id_ in group if id_ in chosen] for group in groups]


async def _with_several_files(session: Session, type_name: str, groups: list[list[str]]) -> list[list[str]]:
    """Add the other objects with several files; servers do not compare files of the same object."""
    query = FindQuery(ENTITIES[type_name], filter=_SEVERAL)
    return _add_single(groups, [row["id"] async for row in iter_rows(session, query, ["id"])])


def _join_overlapping(groups: Iterable[list[str]]) -> Iterator[list[str]]:
    """Join groups that share an object; servers list an object once for each hash of its files."""
    indexes: dict[str, int] = {}
    pairs = [
        (indexes.setdefault(one, len(indexes)), indexes.setdefault(other, len(indexes)))
        for group in groups
        for one, other in pairwise(group)
    ]
    ids = list(indexes)
    for joined in connected_components(len(ids), pairs):
        yield [ids[index] for index in joined]


def _add_single(groups: list[list[str]], ids: Iterable[str]) -> list[list[str]]:
    """Add each of the ids that is in no group as its own group."""
    grouped = {id_ for group in groups for id_ in group}
    return [*groups, *([id_] for id_ in ids if id_ not in grouped)]


async def _by_local_keys(session: Session, type_name: str, match: Match) -> list[list[str]]:
    """Compare the keys of all objects locally; needs 16 bytes of memory per key."""
    files = FILES[type_name]
    paths = ["id", f"{files}.id", f"{files}.fingerprints.type", f"{files}.fingerprints.value"]
    if match.way == STASH_ID:
        paths = ["id", f"{files}.id", "stash_ids.endpoint", "stash_ids.stash_id"]
    keys, owners = array("Q"), array("Q")
    with_several_files: list[str] = []
    async for row in iter_rows(session, FindQuery(ENTITIES[type_name], sort="id"), paths):
        copy = copy_of(type_name, row)
        with_several_files += [copy.id] if len(copy.files) > 1 else []
        for key in match.keys(copy):
            keys.append(int(key) if match.way == PHASH else _hash_key(key))
            owners.append(int(copy.id))
    return _add_single(
        list(_connected_owners(keys, owners, match.distance if match.way == PHASH else 0)), with_several_files
    )


async def _by_length(
    session: Session, type_name: str, match: Match, chosen: Container[str] | None
) -> list[list[str]]:
    """Group objects whose files have nearly the same length; needs 16 bytes of memory per file.

    In a large library, chains of near lengths may lead from the shortest file to the longest. Therefore all
    lengths of a group have to be near each other. An object is in one group only.
    """
    files = FILES[type_name]
    paths = ["id", f"{files}.id", f"{files}.duration"]
    lengths, owners = array("d"), array("Q")
    with_several_files: list[str] = []
    async for row in iter_rows(session, FindQuery(ENTITIES[type_name], sort="id"), paths):
        copy = copy_of(type_name, row)
        if chosen is not None and copy.id not in chosen:
            continue
        with_several_files += [copy.id] if len(copy.files) > 1 else []
        for file in copy.files:
            if file.duration > 0:
                lengths.append(file.duration)
                owners.append(int(copy.id))
    return _add_single(list(owners_of_runs(lengths, owners, match)), with_several_files)


def owners_of_runs(lengths: array[float], owners: array[int], match: Match) -> Iterator[list[str]]:
    """Yield the owners of each run of near lengths, without owners of earlier runs."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    grouped: set[int] = set()
    for run in near_runs([lengths[place] for place in order], match.allows):
        run_owners = {owners[order[place]] for place in run} - grouped
        if len(run_owners) > _MAX_RUN:
            logger.warning(
                "%s scenes of about %s are left out: so many have this length that it says nothing."
                " Choose some with --where.",
                *(f"{len(run_owners):,}", duration(lengths[order[run[0]]])),
            )
        elif len(run_owners) > 1:
            grouped |= run_owners
            yield [str(id_) for id_ in sorted(run_owners)]


def near_runs(lengths: Sequence[float], allows: Callable[[float, float], bool]) -> Iterator[range]:
    """Split sorted lengths into runs of indexes whose first and last length `allows` to be together.

    The nearest lengths are joined first, so that runs are split at the largest gaps.

    >>> list(near_runs([0, 0.9, 1.1, 9], lambda shorter, longer: longer - shorter <= 1))
    [range(0, 1), range(1, 3), range(3, 4)]
    """
    firsts, lasts = array("Q", range(len(lengths))), array("Q", range(len(lengths)))
    # `lasts` is valid at the first index of a run, `firsts` at its last one.
    for index in sorted(range(len(lengths) - 1), key=lambda each: lengths[each + 1] - lengths[each]):
        first, last = firsts[index], lasts[index + 1]
        if allows(lengths[first], lengths[last]):
            firsts[last], lasts[first] = first, last
    index = 0
    while index < len(lengths):
        yield range(index, lasts[index] + 1)
        index = lasts[index] + 1


def _hash_key(key: str) -> int:
    """Hash a text to 64 bits; objects with a hash collision are compared again later."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def _connected_owners(keys: array[int], owners: array[int], distance: int) -> Iterator[list[str]]:
    """Yield groups of owners' ids, connected by keys that differ in at most `distance` bits."""
    ids = sorted(set(owners))
    indexes = {id_: number for number, id_ in enumerate(ids)}
    by_key: dict[int, list[int]] = defaultdict(list)
    for key, owner in zip(keys, owners, strict=True):
        by_key[key].append(indexes[owner])
    pairs = _pairs(by_key, distance)
    for group in connected_components(len(ids), pairs):
        yield [str(ids[index]) for index in group]


def _pairs(by_key: dict[int, list[int]], distance: int) -> Iterable[tuple[int, int]]:
    for indexes in by_key.values():
        yield from pairwise(indexes)
    for one, other in similar_hashes(by_key, distance):
        yield by_key[one][0], by_key[other][0]
