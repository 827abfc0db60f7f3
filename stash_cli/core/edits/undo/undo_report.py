"""Report of an undo: what was undone, and what was not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stash_cli.core.edits.journal.resources import RESOURCES
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from stash_cli.core.orm.edit import Edit


@dataclass(frozen=True, slots=True)
class Problem:
    """One change that was not undone: of a field, or (field "") of a whole object."""

    type: str
    id: str
    field: str
    reason: str
    is_conflict: bool = True

    def __str__(self) -> str:
        named = ENTITIES.get(self.type) or RESOURCES.get(self.type)
        what = f"{named.noun if named else self.type} {self.id}"
        return f"{what}{f' {self.field}' if self.field else ''}: {self.reason}"


@dataclass(slots=True)
class Report:
    """Result of an undo: executed operations by verb and type, changes that were undone already, problems.

    `edits` are the edits that were made, or in a dry run would be.
    """

    run: int | None = None
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    already: int = 0
    problems: list[Problem] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.problems

    @property
    def failed(self) -> int:
        """Number of changes that the server did not undo, or may not have undone."""
        return sum(not each.is_conflict for each in self.problems)
