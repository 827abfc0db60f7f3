"""Pruning of the journal: old runs are deleted, except those that a retained run needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stash_cli.core.edits.journal.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stash_cli.core.edits.journal.journal import Journal, Run

DAYS, MEGABYTES, KEPT = 90, 500, 20
"""Maximum age of runs, maximum size of the journal, and number of runs retained regardless of both."""


def prunable(journal: Journal, *, days: float = DAYS, megabytes: float = MEGABYTES) -> list[Run]:
    """Runs to delete: those older than `days`, and the oldest while the rest is larger than `megabytes`.

    The last KEPT runs are retained, and so are the runs that they have undone.
    """
    runs = journal.runs()
    needed = _needed(journal, runs, {run.id for run in runs[:KEPT]})
    limit = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    old = {run.id for run in runs if run.started < limit}
    sizes = _sizes(journal)
    room = megabytes * 1_000_000 - sum(sizes.values())
    for run in reversed(runs):
        if room < 0 and run.id not in needed and run.id not in old:
            old.add(run.id)
        room += sizes.get(run.id, 0) if run.id in old and run.id not in needed else 0
    kept = _needed(journal, runs, {run.id for run in runs if run.id not in old} | needed)
    return [run for run in runs if run.id not in kept]


def _needed(journal: Journal, runs: Iterable[Run], kept: Collection[int]) -> set[int]:
    """Return `kept` with the runs that these undo or redo, and the runs that undid parts of them."""
    targets = {run.id: run.target for run in runs}
    rows = journal.rows("SELECT DISTINCT run, undone_by FROM change WHERE undone_by IS NOT NULL")
    undone: dict[int, set[int]] = {}
    for row in rows:
        undone.setdefault(row["run"], set()).add(row["undone_by"])
    needed, queue = set(kept), list(kept)
    while queue:
        one = queue.pop()
        for other in {targets.get(one), *undone.get(one, ())} - {None} - needed:
            if other is not None:
                needed.add(other)
                queue.append(other)
    return needed


def _sizes(journal: Journal) -> dict[int, int]:
    """Run -> approximate size of its changes in bytes."""
    rows = journal.rows(
        "SELECT run, sum(100 + ifnull(length(before), 0) + ifnull(length(wanted), 0)"
        " + ifnull(length(answered), 0)) AS size FROM change GROUP BY run"
    )
    return {row["run"]: row["size"] for row in rows}


def prune(journal: Journal, runs: Iterable[Run]) -> None:
    """Delete runs with their changes, and shrink the file. New ids of recreated objects are retained."""
    ids = [(run.id,) for run in runs]
    with journal.writing() as connection:
        connection.executemany("DELETE FROM change WHERE run = ?", ids)
        connection.executemany("DELETE FROM run WHERE id = ?", ids)
    if ids:
        journal.shrink()
        Pictures(journal).drop_unused(journal)
