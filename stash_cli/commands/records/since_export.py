"""Detection of objects that were changed after a file was exported."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConflictError, StashInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.edits.drafts.draft import ObjectEdits
    from stash_cli.core.records.reading import Record

    Row = Mapping[str, Any]


def check_since(record: Record, row: Row, each: ObjectEdits) -> None:
    """Raise StashConflictError if the object was changed after the file was exported.

    Edits that add or remove items of lists do not overwrite other items, so they never conflict.
    """
    then, now = record.values.get("updated_at"), row.get("updated_at")
    whole = [edit.field for edit in each.edits if not edit.is_change]
    if not then or not now or not whole or _is_same_time(str(then), str(now)):
        return
    raise StashConflictError(
        f"changed by others since the file was exported; the file has another {' and '.join(whole)}",
        {},
        hint="Export again, or overwrite it with --force.",
    )


def _is_same_time(one: str, other: str) -> bool:
    """Whether two times are the same; compared in whole seconds if one has no fraction."""
    try:
        left, right = datetime.fromisoformat(one), datetime.fromisoformat(other)
        if not (left.microsecond and right.microsecond):
            left, right = left.replace(microsecond=0), right.replace(microsecond=0)
    except (ValueError, TypeError):  # no time, or one without a zone
        raise StashInputError(
            f"updated_at: {one!r} is no time as an export writes it",
            hint="Leave the column out to compare nothing, or format it as text before the file is opened.",
        ) from None
    return left == right
