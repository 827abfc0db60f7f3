"""New paths of losing files, all in one folder, planned before the first mutation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.edits.moves import Move
from stash_cli.core.errors import StashError
from stash_cli.core.renames.collisions import NUMBER
from stash_cli.core.renames.library import library_folders, load_target_folders
from stash_cli.core.renames.names import MAX_BYTES
from stash_cli.core.renames.paths import split
from stash_cli.core.renames.plan import RenamePlan, Target
from stash_cli.core.renames.targets import root_of
from stash_cli.core.templates.filters import suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.copies import File
    from stash_cli.core.duplicates.decision import Decision
    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.survey import Planned

    Targets = Callable[[str], tuple[str | None, str]]
    """Function from a file id to its new path; (None, reason) for a file that is not moved."""


@dataclass(frozen=True)
class Relocation:
    """The new paths of the losing files of a plan; `roots` are the folders of the library."""

    plan: RenamePlan
    roots: Sequence[str]

    def moves_of(self, decision: Decision, policy: Policy) -> list[Move]:
        """The moves of the losing files. Raises StashError if one cannot be moved."""
        return [self._move_of(file) for file in decision.losers if not policy.is_in_folder(file)]

    def _move_of(self, file: File) -> Move:
        path, reason = self.plan.target_of(file.id)
        if path is None:
            raise StashError(f"{file.path} cannot be moved: {reason}")
        return Move(file.id, file.path, path)

    def is_far(self, move: Move) -> bool:
        """Whether a move crosses library folders, which may be on different disks."""
        return root_of(move.before, self.roots) != root_of(move.after, self.roots)


async def relocate(
    session: Session, survey: Iterable[Planned], policy: Policy, to_local: Callable[[str], str | None]
) -> Relocation:
    """Plan a path in the folder of the policy for each losing file, numbered if the name is used.

    `to_local` maps a folder of the server to this machine; None if unknown.
    """
    roots = await library_folders(session)
    plan = RenamePlan()
    try:
        plan.add(_targets(survey, policy))
        await load_target_folders(session, plan, roots, to_local)
        plan.resolve(NUMBER, MAX_BYTES)
    except BaseException:
        plan.close()
        raise
    return Relocation(plan, roots)


def _targets(survey: Iterable[Planned], policy: Policy) -> Iterator[Target]:
    for planned in survey:
        for file in planned.decision.losers:
            if not policy.is_in_folder(file):
                name, ending = split(file.path)[1], suffix(file.path) or ""
                stem = name.removesuffix(ending)
                yield Target(file.id, file.owner, "", file.path, policy.folder, stem, ending)
