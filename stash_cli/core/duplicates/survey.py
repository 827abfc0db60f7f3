"""The plan for duplicates: decisions group by group, stored in a file, so that memory does not grow."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import pages_by_id
from stash_cli.core.duplicates import copies, union
from stash_cli.core.duplicates.decision import Decision, decide
from stash_cli.core.duplicates.policy import MOVE, is_at_or_below
from stash_cli.core.duplicates.relocation import relocate
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import IO

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.relocation import Relocation, Targets
    from stash_cli.core.orm.edit import Edit

    Rows = Mapping[str, Mapping[str, Any]]

_BATCH = 200
"""Maximum number of objects in a batch, unless a single group is larger."""
_IN_MEMORY = 8_000_000
"""Maximum bytes of decisions in memory; more are written to a temporary file."""


@dataclass
class Totals:
    """Numbers of a plan: groups, losing files and their bytes, other objects, and unchanged groups.

    Files that are already in the folder for MOVE are not counted.
    """

    groups: int = 0
    acted_on: int = 0
    left: int = 0
    files: int = 0
    bytes: int = 0
    gone: int = 0
    protected: set[str] = field(default_factory=set)
    """The protected paths that match a file of some group."""


@dataclass(frozen=True)
class Planned:
    """A decision, and the edits that merge the metadata of the others into the destination.

    `differs` has the fields in which files and their objects differ from the kept one, by file id.
    """

    decision: Decision
    edits: tuple[Edit, ...] = ()
    differs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Survey:
    """Decisions in their order, in an unnamed temporary file of this process.

    `relocation` has the new paths of the losing files for MOVE.
    """

    def __init__(self) -> None:
        self.totals = Totals()
        self.relocation: Relocation | None = None
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the survey

    def __len__(self) -> int:
        return self.totals.groups

    @property
    def targets(self) -> Targets | None:
        """The new paths of the losing files for MOVE, else None."""
        return self.relocation.plan.target_of if self.relocation else None

    def add(self, planned: Planned, policy: Policy) -> None:
        """Add a decision."""
        decision, totals = planned.decision, self.totals
        totals.groups += 1
        totals.protected |= {
            each
            for each in policy.protected
            if each not in totals.protected
            and any(is_at_or_below(file.path, each) for file in decision.files)
        }
        if decision.is_acted_on:
            totals.acted_on += 1
            sizes = {each.id: each.size for each in decision.losers if not policy.is_in_folder(each)}
            totals.files += len(sizes)
            totals.bytes += sum(sizes.values())
            totals.gone += len(decision.gone)
        elif decision.reason:
            totals.left += 1
        self._file.seek(0, 2)
        pickle.dump(planned, self._file)

    def __iter__(self) -> Iterator[Planned]:
        offset = 0
        while True:
            self._file.seek(offset)
            try:
                planned = pickle.load(self._file)  # noqa: S301 - written by this process, and open to no other
            except EOFError:
                return
            offset = self._file.tell()
            yield planned

    def close(self) -> None:
        """Delete the temporary files of decisions and new paths."""
        self._file.close()
        if self.relocation is not None:
            self.relocation.plan.close()


async def make_survey(
    session: Session,
    type_name: str,
    groups: Iterable[Sequence[str]],
    policy: Policy,
    to_local: Callable[[str], str | None],
) -> Survey:
    """Read the objects of groups, and decide on each group.

    `to_local` maps a folder of the server to this machine; None if unknown.
    """
    server, survey = await session.load_capabilities(), Survey()
    try:
        for batch in _batches(groups):
            rows = await read_rows(session, type_name, [id_ for group in batch for id_ in group])
            for group in batch:
                for planned in plan_group(type_name, group, rows, policy, server):
                    survey.add(planned, policy)
        if policy.then == MOVE:
            survey.relocation = await relocate(session, survey, policy, to_local)
    except BaseException:
        survey.close()
        raise
    return survey


def plan_group(
    type_name: str, group: Sequence[str], rows: Rows, policy: Policy, server: ServerCapabilities
) -> Iterator[Planned]:
    """Yield the decisions about a group of ids; objects without a row were deleted, and are omitted."""
    existing = [rows[id_] for id_ in group if id_ in rows]
    group_copies = [copies.copy_of(type_name, row, union.richness(type_name, row)) for row in existing]
    for decision in decide(group_copies, policy):
        edits: tuple[Edit, ...] = ()
        if decision.is_acted_on and policy.into is not None:
            moved = movable_rows(type_name, decision, rows, policy)
            edits = tuple(union.edits_of(type_name, decision, moved, server))
        yield Planned(decision, edits, union.differences(type_name, decision, rows))


def movable_rows(type_name: str, decision: Decision, rows: Rows, policy: Policy) -> dict[str, Any]:
    """The rows of a decision; those of the other objects without metadata that is not merged."""
    gone = {id_: union.movable(type_name, rows[id_], policy.dropped) for id_ in decision.gone}
    return {decision.into: rows[decision.into], **gone}


async def read_rows(session: Session, type_name: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read the rows of objects by id, with all fields for decisions and merges; missing ones are omitted."""
    server = await session.load_capabilities()
    paths = [*copies.paths_to_read(type_name, server), *union.paths_to_read(type_name, server)]
    pages = pages_by_id(session, ENTITIES[type_name], list(dict.fromkeys(ids)), list(dict.fromkeys(paths)))
    return {str(row["id"]): row async for page in pages for row in page}


def _batches(groups: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    batch: list[Sequence[str]] = []
    count = 0
    for group in groups:
        if batch and count + len(group) > _BATCH:
            yield batch
            batch, count = [], 0
        batch.append(group)
        count += len(group)
    if batch:
        yield batch
