"""Operations: the mutations that make edits, as plain data that can be stored, shown and sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.orm.edit import Edit

    Note = Callable[["Operation", BatchOperation], None]

_TIMES = "HistoryMutationResult"


@dataclass(frozen=True, slots=True)
class Operation:
    """One mutation, the objects that it changes, and the edits that it makes.

    `paths` are the fields to select of an object in the answer; None for the default ones.
    """

    name: str
    args: Mapping[str, Any]
    ids: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    paths: Sequence[str] | None = ("id",)

    @property
    def input(self) -> Any:
        """The arguments that name the objects and their changes: `input` where there is one."""
        return self.args.get("input", self.args)

    @property
    def is_bulk(self) -> bool:
        """Whether it takes a list of ids."""
        return "ids" in self.input

    @property
    def names_others(self) -> bool:
        """Whether its answer names no `ids`: but a new object, or what is put into lists."""
        return self.name.endswith("Create") or (self.is_bulk and tuple(self.input["ids"]) != self.ids)

    @property
    def returns(self) -> Sequence[str] | None:
        """Fields to select: the times after a change of a history, else `paths` of an object."""
        if self.type == _TIMES:
            return ["count", "history"]
        return self.paths if describe_api().types[self.type].kind == "OBJECT" else None

    @property
    def is_answered_plainly(self) -> bool:
        """Whether its answer names no objects: yes, a number, or the times of a history."""
        return self.type == _TIMES or describe_api().types[self.type].kind != "OBJECT"

    @property
    def type(self) -> str:
        """Type of its answer: of an object's own mutation the object's."""
        return describe_api().mutations[self.name].type.name

    def of(self, ids: Sequence[str]) -> Operation:
        """The same for some of its objects only, where it takes several."""
        if tuple(ids) == self.ids:
            return self
        chosen, given = frozenset(ids), self.input
        if self.is_bulk:
            given = {**given, "ids": list(ids)}
        elif isinstance(given, list):
            given = [each for each in given if each["id"] in chosen]
        args = {"input": given} if "input" in self.args else given
        return replace(self, args=args, ids=tuple(ids), edits=tuple(e for e in self.edits if e.id in chosen))


class Unrecorded:
    """Operations of which nothing is recorded; see `recording.Recording`."""

    def __init__(self, operations: Sequence[Operation] = ()) -> None:
        self.operations = operations

    def sent(self, operations: Sequence[Operation]) -> None:
        """Store nothing."""

    def skip(self, operations: Sequence[Operation]) -> None:
        """Store nothing."""

    def note(self, operation: Operation, done: BatchOperation) -> None:
        """Store nothing."""

    def noting(self, note: Note) -> Note:
        """`note` itself."""
        return note

    def commit(self) -> None:
        """Store nothing."""
