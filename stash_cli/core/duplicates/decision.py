"""Decisions: of alike files one is kept, and what becomes of the others and of the objects that have them.

The kept file and the destination, the object that others are merged into, are chosen separately. Only files
that are like the kept one are touched, and what is not certain leaves everything as it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stash_cli.core.duplicates.keep import METADATA, UnknownValueError, choose
from stash_cli.core.duplicates.objections import objections
from stash_cli.core.duplicates.policy import KEEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.duplicates.copies import Copy, File
    from stash_cli.core.duplicates.policy import Policy


@dataclass(frozen=True)
class Decision:
    """One group of alike files: `kept`, and those that lose.

    `into` is the id of the destination, `gone` are those of the losing files. With a `reason` nothing is
    done. `kept` is None where no rule was given, or none could tell.
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
        left = list(_without(left, decision))


def _without(files: Iterable[File], decision: Decision) -> Iterator[File]:
    """The files that may be decided on after a decision: of an object that takes part in it none."""
    touched = {decision.into, *decision.gone}
    left_alone = set() if decision.is_acted_on else {(file.id, file.owner) for file in decision.files}
    for file in files:
        if file.owner not in touched and (file.id, file.owner) not in left_alone:
            yield file


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
    counts = Counter(file.id for file in files)
    several = [file for file in files if counts[file.id] > 1]
    if several:
        return _undecided(found, f"{several[0].path} belongs to several objects")
    doubt = ""
    try:
        best = choose(policy.keep, [file for file in files if file.path in protected] or files, copies)
    except UnknownValueError as error:
        best, doubt = error.files, str(error)
    if len(best) > 1:
        doubt = doubt or f"a tie: {', '.join(map(str, policy.keep))} cannot tell {len(best)} files apart"
    kept = policy.choose(doubt, best) if doubt else best[0]
    return _undecided(found, doubt) if kept is None else _with_losers(found, kept, copies, policy)


def _undecided(decision: Decision, reason: str, kept: File | None = None) -> Decision:
    return Decision(decision.copies, decision.files, kept, reason=reason, protected=decision.protected)


def _with_losers(found: Decision, kept: File, copies: Mapping[str, Copy], policy: Policy) -> Decision:
    losers = [
        file
        for file in found.files
        if file.id != kept.id and file.path not in found.protected and _are_alike(kept, file, copies, policy)
    ]
    into = _destination(kept, losers, copies, policy)
    gone = tuple(dict.fromkeys(file.owner for file in losers if file.owner != into))
    if kept.owner != into and kept.owner not in gone:
        gone = (*gone, kept.owner)
    decision = Decision(found.copies, found.files, kept, into, tuple(losers), gone, protected=found.protected)
    reason = next(objections(decision, copies, policy), "")
    return _undecided(found, reason, kept) if reason else decision


def _destination(kept: File, losers: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> str:
    """The id of the object that the others are merged into; without a merge that of the kept file."""
    if policy.into in (None, KEEP):
        return kept.owner
    many = [copies[one] for one in dict.fromkeys(file.owner for file in (kept, *losers))]
    if policy.into == METADATA:
        most = max(copy.richness for copy in many)
        many = [copy for copy in many if copy.richness == most]
    # An id that is no number never comes from a server; created_at alone may be equal.
    return min(many, key=lambda copy: (copy.created_at, int(copy.id))).id
