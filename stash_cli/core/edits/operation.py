"""Operations: mutations and the edits that they make, as plain data that can be stored, shown and sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.orm.edit import Edit

    Note = Callable[["Operation", BatchOperation], None]

_HISTORY_RESULT = "HistoryMutationResult"


@dataclass(frozen=True, slots=True)
class Operation:
    """One mutation, the objects that it changes, and the edits that it makes.

    `paths` are the fields to select of an object in the response; None for the default ones.
    """

    name: str
    args: Mapping[str, Any]
    ids: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    paths: Sequence[str] | None = ("id",)

    @property
    def input(self) -> Any:
        """The `input` argument, or all arguments of a mutation without one."""
        return self.args.get("input", self.args)

    @property
    def is_bulk(self) -> bool:
        """Whether it takes a list of ids."""
        return "ids" in self.input

    @property
    def names_others(self) -> bool:
        """Whether its response names objects other than `ids`: a new one, or the related ones of a list."""
        return self.name.endswith("Create") or (self.is_bulk and tuple(self.input["ids"]) != self.ids)

    @property
    def returns(self) -> Sequence[str] | None:
        """Fields to select: count and times of a history, `paths` of an object, None for a scalar."""
        if self.type == _HISTORY_RESULT:
            return ["count", "history"]
        return self.paths if describe_api().types[self.type].kind == "OBJECT" else None

    @property
    def is_answered_plainly(self) -> bool:
        """Whether its response names no object: it is a boolean, a number, or the times of a history."""
        return self.type == _HISTORY_RESULT or describe_api().types[self.type].kind != "OBJECT"

    @property
    def type(self) -> str:
        """Name of its response type; for an object's own mutation the type of the object."""
        return describe_api().mutations[self.name].type.name

    def of(self, ids: Sequence[str]) -> Operation:
        """Return the operation reduced to some of its objects, where it takes several."""
        if tuple(ids) == self.ids:
            return self
        id_set, new_input = frozenset(ids), self.input
        if self.is_bulk:
            new_input = {**new_input, "ids": list(ids)}
        elif isinstance(new_input, list):
            new_input = [each for each in new_input if each["id"] in id_set]
        args = {"input": new_input} if "input" in self.args else new_input
        return replace(self, args=args, ids=tuple(ids), edits=tuple(e for e in self.edits if e.id in id_set))


class Unrecorded:
    """Null object in place of `recording.Recording`: operations of which nothing is recorded."""

    def __init__(self, operations: Sequence[Operation] = ()) -> None:
        self.operations = operations

    def sent(self, operations: Sequence[Operation]) -> None:
        """Store nothing."""

    def skip(self, operations: Sequence[Operation]) -> None:
        """Store nothing."""

    def note(self, operation: Operation, done: BatchOperation) -> None:
        """Store nothing."""

    def recording_callback(self, note: Note) -> Note:
        """`note` itself."""
        return note

    def commit(self) -> None:
        """Store nothing."""
