"""The stand-in for a recording where there is no journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation

    Note = Callable[[Operation, BatchOperation], None]


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
