"""Decisions: which of several alike files is kept, and what happens to the others and their objects.

The kept file, and the destination that other objects are merged into, are chosen separately. Only files that
are like the kept one are affected, and a group with any doubt is left unchanged.
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
    """One group of alike files: the file to keep, and the losing files.

    `into` is the id of the destination, `gone` are the ids of the other objects, which are merged or deleted.
    With a `reason` the group is left unchanged. `kept` is None without rules, or if they could not decide.
    """

    copies: tuple[Copy, ...]
    files: tuple[File, ...]
    kept: File | None = None
    into: str = ""
    losers: tuple[File, ...] = ()
    gone: tuple[str, ...] = ()
    reason: str = ""
    protected: frozenset[str] = field(default_factory=frozenset)
    """Paths of protected files."""

    @property
    def is_acted_on(self) -> bool:
        return self.kept is not None and not self.reason

    @property
    def freed(self) -> int:
        """Bytes of the losing files, each counted once."""
        return sum({file.id: file.size for file in self.losers}.values())

    def __eq__(self, other: object) -> bool:
        """Whether both decisions have the same effect on the same objects and files."""
        return isinstance(other, Decision) and self._effect == other._effect

    def __hash__(self) -> int:
        return hash(self._effect)

    @property
    def _effect(self) -> tuple[object, ...]:
        kept = (self.kept.id, self.kept.path, self.kept.size) if self.kept else None
        losing = frozenset((file.id, file.path, file.size) for file in self.losers)
        return kept, self.into, losing, frozenset(self.gone), self.reason


def decide(group: Sequence[Copy], policy: Policy) -> Iterator[Decision]:
    """Yield decisions about a group of objects that are connected by alike files.

    A group may be a chain whose ends are not alike, so the remaining files are decided on again.
    """
    # Sorted, because the result depends on the order: an object takes part in one decision only.
    copies = {copy.id: copy for copy in sorted(group, key=lambda copy: int(copy.id))}
    remaining = [file for copy in copies.values() for file in copy.files]
    while files := _first_component(remaining, copies, policy):
        decision = _decide(files, copies, policy)
        yield decision
        remaining = list(_undecided_files(remaining, decision))


def _undecided_files(files: Iterable[File], decision: Decision) -> Iterator[File]:
    """Yield the remaining files after a decision; an object that takes part in it has none."""
    touched = {decision.into, *decision.gone}
    undecided = set() if decision.is_acted_on else {(file.id, file.owner) for file in decision.files}
    for file in files:
        if file.owner not in touched and (file.id, file.owner) not in undecided:
            yield file


def _first_component(files: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> list[File]:
    """Return the first connected component of alike files; [] if no two files are alike."""
    unvisited = dict.fromkeys(range(len(files)))
    while unvisited:
        component = [next(iter(unvisited))]
        unvisited.pop(component[0])
        for index in component:
            near = [other for other in unvisited if _are_alike(files[index], files[other], copies, policy)]
            component += near
            for other in near:
                unvisited.pop(other)
        if len(component) > 1:
            return [files[index] for index in sorted(component)]
    return []


def _are_alike(one: File, other: File, copies: Mapping[str, Copy], policy: Policy) -> bool:
    if one.id == other.id:
        return True
    return policy.match.are_alike(one, other, copies) and not policy.is_dismissed(one, other)


def _decide(files: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> Decision:
    owners = dict.fromkeys(file.owner for file in files)
    protected = frozenset(file.path for file in files if policy.protects(file))
    decision = Decision(tuple(copies[id_] for id_ in owners), tuple(files), protected=protected)
    if not policy.keep:
        return decision
    counts = Counter(file.id for file in files)
    shared = [file for file in files if counts[file.id] > 1]
    if shared:
        return _left_unchanged(decision, f"{shared[0].path} belongs to several objects")
    reason = ""
    try:
        best = choose(policy.keep, [file for file in files if file.path in protected] or files, copies)
    except UnknownValueError as error:
        best, reason = error.files, str(error)
    if len(best) > 1:
        reason = reason or f"a tie: {', '.join(map(str, policy.keep))} cannot tell {len(best)} files apart"
    kept = policy.choose(reason, best) if reason else best[0]
    return _left_unchanged(decision, reason) if kept is None else _with_losers(decision, kept, copies, policy)


def _left_unchanged(decision: Decision, reason: str, kept: File | None = None) -> Decision:
    return Decision(decision.copies, decision.files, kept, reason=reason, protected=decision.protected)


def _with_losers(undecided: Decision, kept: File, copies: Mapping[str, Copy], policy: Policy) -> Decision:
    losers = [
        file
        for file in undecided.files
        if file.id != kept.id
        and file.path not in undecided.protected
        and _are_alike(kept, file, copies, policy)
    ]
    into = _destination(kept, losers, copies, policy)
    gone = tuple(dict.fromkeys(file.owner for file in losers if file.owner != into))
    if kept.owner != into and kept.owner not in gone:
        gone = (*gone, kept.owner)
    decision = Decision(
        undecided.copies, undecided.files, kept, into, tuple(losers), gone, protected=undecided.protected
    )
    reason = next(objections(decision, copies, policy), "")
    return _left_unchanged(undecided, reason, kept) if reason else decision


def _destination(kept: File, losers: Sequence[File], copies: Mapping[str, Copy], policy: Policy) -> str:
    """The id of the object that others are merged into; without a merge, the object of the kept file."""
    if policy.into in (None, KEEP):
        return kept.owner
    candidates = [copies[id_] for id_ in dict.fromkeys(file.owner for file in (kept, *losers))]
    if policy.into == METADATA:
        largest = max(copy.richness for copy in candidates)
        candidates = [copy for copy in candidates if copy.richness == largest]
    # The id decides between equal values of created_at; ids of servers are always numbers.
    return min(candidates, key=lambda copy: (copy.created_at, int(copy.id))).id
