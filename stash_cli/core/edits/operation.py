"""Operations: the mutations that make edits, as plain data that can be stored, shown and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.orm.edit import Edit


@dataclass(frozen=True, slots=True)
class Operation:
    """One mutation, the objects that it changes, and the edits that it makes."""

    name: str
    args: Mapping[str, Any]
    ids: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def input(self) -> Mapping[str, Any]:
        """The arguments that name the objects and their changes: `input` where there is one."""
        found: Mapping[str, Any] = self.args.get("input", self.args)
        return found

    @property
    def is_bulk(self) -> bool:
        """Whether it takes a list of ids."""
        return "ids" in self.input

    @property
    def returns(self) -> list[str] | None:
        """Fields to ask for: the times after a change of a history, else the ids."""
        result = describe_api().mutations[self.name].type.name
        if result == "HistoryMutationResult":
            return ["count", "history"]
        return ["id"] if describe_api().types[result].kind == "OBJECT" else None

    @property
    def is_answered_plainly(self) -> bool:
        """Whether its answer names no objects: yes, a number, or the times of a history."""
        return self.returns != ["id"]

    def of(self, ids: Sequence[str]) -> Operation:
        """The same for some of its objects only, where it takes several."""
        if not self.is_bulk or tuple(ids) == self.ids:
            return self
        given = {**self.input, "ids": list(ids)}
        args = {"input": given} if "input" in self.args else given
        chosen = frozenset(ids)
        return Operation(self.name, args, tuple(ids), tuple(e for e in self.edits if e.id in chosen))
