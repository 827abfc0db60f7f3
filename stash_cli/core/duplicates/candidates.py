"""Groups of objects that may be duplicates, as ids: the server's where it finds them, else found here."""

from __future__ import annotations

from array import array
from collections import defaultdict
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.duplicates.copies import FILES, copy_of
from stash_cli.core.duplicates.matching import PHASH, STASH_ID
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.phash import connected_components, similar_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.matching import Match

_SEVERAL = {"file_count": {"value": 1, "modifier": "GREATER_THAN"}}


async def find_groups(session: Session, type_name: str, match: Match) -> list[list[str]]:
    """Groups of ids; an object with several files may be a group of its own.

    What is in different groups is not alike; within a group it may be.
    """
    if type_name == "Scene" and match.way == PHASH:
        answer = await session.call("findDuplicateScenes", {"distance": match.distance}, ["id"])
        groups = [[str(row["id"]) for row in rows] for rows in answer or ()]
        return await _with_several_files(session, type_name, groups)
    return await _compared_here(session, type_name, match)


async def _with_several_files(session: Session, type_name: str, groups: list[list[str]]) -> list[list[str]]:
    """The groups, and the objects in none of them that have several files: servers compare no such files."""
    known = {one for group in groups for one in group}
    query = FindQuery(ENTITIES[type_name], filter=_SEVERAL)
    return [
        *groups,
        *[[row["id"]] async for row in iter_rows(session, query, ["id"]) if row["id"] not in known],
    ]


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
    groups = list(_connected(keys, owners, match.distance if match.way == PHASH else 0))
    known = {one for group in groups for one in group}
    return [*groups, *([one] for one in several if one not in known)]


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
