"""Scenes that look alike: groups of them whose perceptual hashes are close."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import sql
from stash_cli.embedded.library.functions import phash_distance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.library.rows import Row

_BITS, _FEW_BITS = 64, 15


@dataclass(frozen=True)
class _Hashed:
    """A file of a scene: its perceptual hash, and its length in seconds (0 where it is not known)."""

    scene: int
    phash: int
    seconds: float


def duplicates(
    context: RequestContext, *, distance: int | None = None, duration_diff: float | None = None
) -> list[list[Row]]:
    """Groups of scenes whose perceptual hashes are at most `distance` bits apart.

    `duration_diff` is how many seconds their lengths may differ; None or negative for any.
    """
    hashed = _hashed_files(context)
    seconds = -1.0 if duration_diff is None else duration_diff
    pairs = (
        (first, second)
        for first, second in _close(hashed, distance or 0)
        if hashed[first].scene != hashed[second].scene and _as_long(hashed[first], hashed[second], seconds)
    )
    groups = [{hashed[place].scene: None for place in places} for places in _grouped(len(hashed), pairs)]
    scenes = {row.id: row for row in context.fetch_many("Scene", [id_ for group in groups for id_ in group])}
    return [[scenes[id_] for id_ in group] for group in groups]


def _hashed_files(context: RequestContext) -> list[_Hashed]:
    """Every video file with a perceptual hash, by path."""
    link, prints, video = t.scenes_files, t.files_fingerprints, t.video_files
    statement = (
        select(link.c.scene_id, prints.c.fingerprint, video.c.duration)
        .join(t.files, t.files.c.id == link.c.file_id)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .join(prints, prints.c.file_id == t.files.c.id)
        .outerjoin(video, video.c.file_id == t.files.c.id)
        .where(prints.c.type == "phash")
        .order_by(sql.full_path(), link.c.scene_id)
    )
    return [_Hashed(row[0], row[1], row[2] or 0.0) for row in context.connection.execute(statement)]


def _as_long(first: _Hashed, second: _Hashed, seconds: float) -> bool:
    """Whether the lengths differ by so much at most; one that is not known differs from none."""
    known = first.seconds > 0 and second.seconds > 0
    return seconds < 0 or not known or abs(first.seconds - second.seconds) <= seconds


def _close(hashed: Sequence[_Hashed], distance: int) -> Iterator[tuple[int, int]]:
    """Pairs of places whose hashes are at most `distance` bits apart."""
    equal: dict[int, list[int]] = defaultdict(list)
    for place, file in enumerate(hashed):
        equal[file.phash].append(place)
    for places in equal.values():
        yield from combinations(places, 2)
    if distance > 0:
        for first, second in _close_hashes(list(equal), distance):
            yield from ((one, other) for one in equal[first] for other in equal[second])


def _close_hashes(hashes: list[int], distance: int) -> Iterator[tuple[int, int]]:
    """Pairs of different hashes at most `distance` bits apart."""
    for candidates in _candidates(hashes, distance):
        for first, second in combinations(candidates, 2):
            if (phash_distance(first, second) or 0) <= distance:
                yield first, second


def _candidates(hashes: list[int], distance: int) -> Iterator[list[int]]:
    """Lists of hashes such that any two that are close stand in one of them.

    Of more slices than bits that may differ, at least one is equal; slices of a few bits sort out nothing.
    """
    if distance > _FEW_BITS:
        yield hashes
        return
    edges = [_BITS * number // (distance + 1) for number in range(distance + 2)]
    for start, end in pairwise(edges):
        sharing: dict[int, list[int]] = defaultdict(list)
        for phash in hashes:
            sharing[(phash >> start) & ((1 << (end - start)) - 1)].append(phash)
        yield from sharing.values()


def _grouped(size: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Neighbours of neighbours are in one group; groups and their members in order of place."""
    leader = list(range(size))

    def lead(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    for first, second in pairs:
        one, other = sorted((lead(first), lead(second)))
        leader[other] = one
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(size):
        groups[lead(place)].append(place)
    return [places for places in groups.values() if len(places) > 1]


RESOLVERS: dict[str, Callable[..., Any]] = {"findDuplicateScenes": duplicates}
