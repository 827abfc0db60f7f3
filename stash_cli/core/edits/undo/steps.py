"""Steps of an undo: consecutive changes that are reversed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.edits.journal.changes import DELETE, MERGE, PAGE
from stash_cli.core.edits.journal.history import MAY_BE_DONE, UNDOABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.edits.journal.changes import Recorded


def steps_of(rows: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    """Group the changes to undo into steps of one operation; a merge with the objects that it deleted."""
    step: list[Recorded] = []
    for row in rows:
        if row.state not in MAY_BE_DONE or row.undone_by is not None or row.operation not in UNDOABLE:
            continue
        if step and (not _are_alike(step[-1], row) or len(step) >= PAGE):
            yield step
            step = []
        step.append(row)
    if step:
        yield step


def _are_alike(one: Recorded, other: Recorded) -> bool:
    """Whether two changes, the later one first, are undone in one step."""
    if _is_merged(one):
        into = one.wanted["merged_into"]
        is_merge = other.operation == MERGE and other.id == into
        return is_merge or (_is_merged(other) and other.wanted["merged_into"] == into)
    return one.operation == other.operation != MERGE and not _is_merged(other)


def _is_merged(row: Recorded) -> bool:
    return row.operation == DELETE and isinstance(row.wanted, dict) and "merged_into" in row.wanted
