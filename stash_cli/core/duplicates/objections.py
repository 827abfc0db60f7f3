"""Objections: reasons to leave a group of alike files unchanged, although the file to keep is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.duplicates.policy import MOVE
from stash_cli.core.renames.paths import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stash_cli.core.duplicates.copies import Copy, File
    from stash_cli.core.duplicates.decision import Decision
    from stash_cli.core.duplicates.policy import Policy

_MAX_SHIFT = 1.0
"""Maximum difference of durations, in seconds, for which markers of one file fit the other."""


def objections(decision: Decision, copies: Mapping[str, Copy], policy: Policy) -> Iterator[str]:
    """Yield the reasons to leave a group unchanged."""
    kept, losing = decision.kept, {file.id for file in decision.losers}
    if kept is None or not decision.losers:
        yield "all others are protected, or not like the kept file"
        return
    for id_ in decision.gone:
        other_paths = [
            each.path for each in copies[id_].files if each.id not in losing and each.id != kept.id
        ]
        if other_paths:
            yield f"{id_} has another file, which is not like the kept one: {other_paths[0]}"
    for file in decision.losers if policy.removes_files else ():
        yield from _against_removal(kept, file, copies, decision.into, policy)
    if policy.then == MOVE:
        yield from _against_move(kept, decision, copies, policy)
    if policy.into is not None:
        yield from _against_merge(kept, decision, copies)
    if policy.makes_changes and not policy.removes_files and not decision.gone:
        yield "they are files of one object already"


def _against_removal(
    kept: File, file: File, copies: Mapping[str, Copy], into: str, policy: Policy
) -> Iterator[str]:
    """Yield the reasons not to delete a losing file, or move it to a folder for later deletion."""
    if not kept.path or not kept.size:
        yield f"the kept file {kept.id} is empty, or its size is not known"
    if file.is_zipped:
        participle = "moved" if policy.then == MOVE else "deleted"
        yield f"{file.path} is in an archive, and cannot be {participle}"
    is_same = policy.is_same_file(kept, file)
    if is_same:
        yield f"{kept.path} and {file.path} are one file"
    elif is_same is None and _are_equal(kept, file) and not policy.takes_same_time:
        yield (
            f"{kept.path} and {file.path} may be one file by two paths: size, hash and time are the same"
            " (--same-time-copies takes them for copies)"
        )
    loser, owner = copies[file.owner], copies[kept.owner]
    if lost := loser.captions - owner.captions:
        yield f"only {file.path} has captions ({', '.join(sorted(lost))})"
    if loser.is_interactive and not owner.is_interactive:
        yield f"only {file.path} has a funscript"
    if lost := loser.galleries - copies[into].galleries:
        yield f"only {file.path} is in the gallery {', '.join(sorted(lost))}, which is a folder or an archive"


def _are_equal(one: File, other: File) -> bool:
    facts = [(file.size, file.modified, file.hashes.get("oshash")) for file in (one, other)]
    return bool(one.modified) and facts[0] == facts[1]


def _against_move(
    kept: File, decision: Decision, copies: Mapping[str, Copy], policy: Policy
) -> Iterator[str]:
    """Yield the reasons not to move the losing files."""
    outside = [file for file in decision.losers if not policy.is_in_folder(file)]
    if policy.is_in_folder(kept):
        yield f"the kept file is in {policy.folder} itself"
    if not outside and (policy.into is None or not decision.gone):
        yield f"all others are in {policy.folder} already"
    for file in outside:
        owner = copies[file.owner]
        folder = split(file.path)[0]
        if (owner.captions or owner.is_interactive) and not policy.moves_sidecars(folder):
            yield f"{file.path} has captions or a funscript, which the server does not move along"


def _against_merge(kept: File, decision: Decision, copies: Mapping[str, Copy]) -> Iterator[str]:
    """Yield the reasons not to merge the objects."""
    stash_ids: dict[str, str] = {}
    for id_ in (decision.into, *decision.gone):
        for endpoint, stash_id in sorted(copies[id_].stash_ids):
            if stash_ids.setdefault(endpoint, stash_id) != stash_id:
                yield f"they have different ids at {endpoint}: {stash_ids[endpoint]} and {stash_id}"
    for file in decision.losers:
        markers = copies[file.owner].markers
        if markers and (abs(file.duration - kept.duration) > _MAX_SHIFT or max(markers) > kept.duration):
            yield f"the markers of {file.owner} do not fit the kept file, which has another length"
