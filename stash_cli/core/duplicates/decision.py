"""Decisions: of alike files one is kept, and what becomes of the others and of the objects that have them.

Files are decided on apart from the object that lives on. Only files that are like the kept one are touched,
and what is not certain leaves everything as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stash_cli.core.duplicates.keep import METADATA, UnknownValueError, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stash_cli.core.duplicates.copies import Copy, File
    from stash_cli.core.duplicates.keep import Rule
    from stash_cli.core.duplicates.matching import Match

NOTHING, TAG, DELETE, DELETE_FILES = "nothing", "tag", "delete", "delete-files"
KEEP, OLDEST = "keep", "oldest"
INTO = (KEEP, OLDEST, METADATA)
"""The object that lives on: that of the kept file, the oldest, or the one with most metadata."""
_SHIFTED = 1.0
"""Seconds by which durations may differ before markers of one do not fit the other."""


@dataclass(frozen=True)
class Policy:
    """The options of the user: which files are alike, which is kept, and what becomes of the others.

    `into` None leaves objects as they are, apart from `then`. `protected` are folders and files that never
    lose. `is_dismissed` tells that a person said of two files that they are no duplicates, `is_same_file`
    whether two paths lead to one file (None: that cannot be seen).
    """

    match: Match
    keep: tuple[Rule, ...] = ()
    into: str | None = None
    then: str = NOTHING
    protected: tuple[str, ...] = ()
    is_dismissed: Callable[[File, File], bool] = lambda *_: False
    is_same_file: Callable[[File, File], bool | None] = lambda *_: None
    dropped: frozenset[str] = frozenset()
    """Tags that are not taken over from the objects that go, by id."""
    takes_same_time: bool = False
    """Whether files of the same size, hash and time are taken for copies where their paths cannot be seen."""

    @property
    def deletes_files(self) -> bool:
        return self.then == DELETE_FILES

    def protects(self, file: File) -> bool:
        """Whether a file is one of the protected, or below a protected folder."""
        return any(is_at_or_below(file.path, each) for each in self.protected)


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether a path is that of a folder or file, or below it.

    >>> is_at_or_below("/data/best/a.mp4", "/data/best/"), is_at_or_below("/data/best2/a.mp4", "/data/best")
    (True, False)
    """
    one, other = (each.replace("\\", "/").rstrip("/") for each in (path, folder))
    return one == other or one.startswith(f"{other}/")


@dataclass(frozen=True)
class Decision:
    """One group of alike files: `kept`, and those that lose.

    `into` is the object that lives on, `gone` are those of the losing files. With a `reason` nothing is done.
    `kept` is None where no rule was given, or none could tell.
    """

    copies: tuple[Copy, ...]
    files: tuple[File, ...]
    kept: File | None = None
    into: str = ""
    losers: tuple[File, ...] = ()
    gone: tuple[str, ...] = ()
    reason: str = ""
    protected: frozenset[str] = field(default_factory=frozenset)
    """Paths of files that are protected."""

    @property
    def is_acted_on(self) -> bool:
        return self.kept is not None and not self.reason

    @property
    def freed(self) -> int:
        """Bytes of the losing files, each once."""
        return sum({file.id: file.size for file in self.losers}.values())

    def __eq__(self, other: object) -> bool:
        """Whether the same would be done to the same objects and files."""
        return isinstance(other, Decision) and self._done == other._done

    def __hash__(self) -> int:
        return hash(self._done)

    @property
    def _done(self) -> tuple[object, ...]:
        kept = (self.kept.id, self.kept.path, self.kept.size) if self.kept else None
        losing = frozenset((file.id, file.path, file.size) for file in self.losers)
        return kept, self.into, losing, frozenset(self.gone), self.reason


def decide(group: Sequence[Copy], policy: Policy) -> Iterator[Decision]:
    """Decisions about a group of objects that are connected by alike files.

    A group may be a chain whose ends are not alike: what is left after the first decision is decided again.
    """
    # In one order, whatever the server's: groups that share an object exclude each other.
    copies = {copy.id: copy for copy in sorted(group, key=lambda copy: int(copy.id))}
    left = [file for copy in copies.values() for file in copy.files]
    while files := _with_a_like(left, copies, policy):
        decision = _decide(files, copies, policy)
        yield decision
        touched = {decision.into, *decision.gone} if decision.is_acted_on else {file.owner for file in files}
        left = [file for file in left if file.owner not in touched]


def _with_a_like(files: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> list[File]:
    """The first connected files that are each like another one."""
    waiting = dict.fromkeys(range(len(files)))
    while waiting:
        found = [next(iter(waiting))]
        waiting.pop(found[0])
        for place in found:
            near = [other for other in waiting if _are_alike(files[place], files[other], copies, policy)]
            found += near
            for other in near:
                waiting.pop(other)
        if len(found) > 1:
            return [files[place] for place in sorted(found)]
    return []


def _are_alike(one: File, other: File, copies: Mapping[str, Copy], policy: Policy) -> bool:
    if one.id == other.id:
        return True
    return policy.match.are_alike(one, other, copies) and not policy.is_dismissed(one, other)


def _decide(files: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> Decision:
    owners = dict.fromkeys(file.owner for file in files)
    protected = frozenset(file.path for file in files if policy.protects(file))
    found = Decision(tuple(copies[one] for one in owners), tuple(files), protected=protected)
    if not policy.keep:
        return found
    several = [file for file in files if sum(file.id == other.id for other in files) > 1]
    if several:
        return _left(found, f"{several[0].path} belongs to several objects")
    try:
        best = choose(policy.keep, [file for file in files if file.path in protected] or files, copies)
    except UnknownValueError as error:
        return _left(found, str(error))
    if len(best) > 1:
        return _left(found, f"a tie: {', '.join(map(str, policy.keep))} cannot tell {len(best)} files apart")
    return _with_losers(found, best[0], copies, policy)


def _left(decision: Decision, reason: str, kept: File | None = None) -> Decision:
    return Decision(decision.copies, decision.files, kept, reason=reason, protected=decision.protected)


def _with_losers(found: Decision, kept: File, copies: Mapping[str, Copy], policy: Policy) -> Decision:
    losers = [
        file
        for file in found.files
        if file.id != kept.id and file.path not in found.protected and _are_alike(kept, file, copies, policy)
    ]
    into = _living(kept, losers, copies, policy)
    gone = tuple(dict.fromkeys(file.owner for file in losers if file.owner != into))
    if kept.owner != into and kept.owner not in gone:
        gone = (*gone, kept.owner)
    decision = Decision(found.copies, found.files, kept, into, tuple(losers), gone, protected=found.protected)
    reason = next(_objections(decision, copies, policy), "")
    return _left(found, reason, kept) if reason else decision


def _living(kept: File, losers: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> str:
    """The id of the object that lives on."""
    if policy.into in (None, KEEP):
        return kept.owner
    many = [copies[one] for one in dict.fromkeys(file.owner for file in (kept, *losers))]
    if policy.into == METADATA:
        most = max(copy.richness for copy in many)
        many = [copy for copy in many if copy.richness == most]
    # An id that is no number never comes from a server; created_at alone may be equal.
    return min(many, key=lambda copy: (copy.created_at, int(copy.id))).id


def _objections(decision: Decision, copies: Mapping[str, Copy], policy: Policy) -> Iterator[str]:
    """Why nothing may be done about a group."""
    kept, losing = decision.kept, {file.id for file in decision.losers}
    if kept is None or not decision.losers:
        yield "all others are protected, or not like the kept file"
        return
    for one in decision.gone:
        other = [each.path for each in copies[one].files if each.id not in losing and each.id != kept.id]
        if other:
            yield f"{one} has another file, which is not like the kept one: {other[0]}"
    for file in decision.losers if policy.deletes_files else ():
        yield from _objections_to_deletion(kept, file, copies, decision.into, policy)
    if policy.into is not None:
        yield from _objections_to_merge(decision, copies)


def _objections_to_deletion(
    kept: File, file: File, copies: Mapping[str, Copy], into: str, policy: Policy
) -> Iterator[str]:
    """Why a losing file may not be deleted."""
    if not kept.path or not kept.size:
        yield f"the kept file {kept.id} is empty, or its size is not known"
    if file.is_zipped:
        yield f"{file.path} is in an archive, and cannot be deleted"
    same = policy.is_same_file(kept, file)
    looks_same = bool(file.modified) and (file.size, file.modified, file.hashes.get("oshash")) == (
        kept.size,
        kept.modified,
        kept.hashes.get("oshash"),
    )
    if same:
        yield f"{kept.path} and {file.path} are one file"
    elif same is None and looks_same and not policy.takes_same_time:
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


def _objections_to_merge(decision: Decision, copies: Mapping[str, Copy]) -> Iterator[str]:
    """Why the objects may not be made one."""
    held: dict[str, str] = {}
    for one in (decision.into, *decision.gone):
        for endpoint, stash_id in sorted(copies[one].stash_ids):
            if held.setdefault(endpoint, stash_id) != stash_id:
                yield f"they have different ids at {endpoint}: {held[endpoint]} and {stash_id}"
    kept = decision.kept
    for file in decision.losers if kept else ():
        markers, length = copies[file.owner].markers, kept.duration if kept else 0
        if markers and (abs(file.duration - length) > _SHIFTED or max(markers) > length):
            yield f"the markers of {file.owner} do not fit the kept file, which has another length"
