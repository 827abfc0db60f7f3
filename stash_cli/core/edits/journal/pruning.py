"""Old runs are dropped from the journal, except those that a kept one needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stash_cli.core.edits.journal.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stash_cli.core.edits.journal.journal import Journal, Run

DAYS, MEGABYTES, KEPT = 90, 500, 20
"""How old runs become, how large the journal becomes, and how many runs are kept whatever these say."""


def prunable(journal: Journal, *, days: float = DAYS, megabytes: float = MEGABYTES) -> list[Run]:
    """The runs to drop: older than `days`, and the oldest while the rest is larger than `megabytes`.

    The last KEPT ones stay, and so does what these have undone.
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
    """`kept`, with the runs that they undo or redo, and those that undid a part of them."""
    targets = {run.id: run.target for run in runs}
    rows = journal.rows("SELECT DISTINCT run, undone_by FROM change WHERE undone_by IS NOT NULL")
    undone: dict[int, set[int]] = {}
    for row in rows:
        undone.setdefault(row["run"], set()).add(row["undone_by"])
    found, queue = set(kept), list(kept)
    while queue:
        one = queue.pop()
        for other in {targets.get(one), *undone.get(one, ())} - {None} - found:
            if other is not None:
                found.add(other)
                queue.append(other)
    return found


def _sizes(journal: Journal) -> dict[int, int]:
    """Run -> bytes that its changes take, about."""
    rows = journal.rows(
        "SELECT run, sum(100 + ifnull(length(before), 0) + ifnull(length(wanted), 0)"
        " + ifnull(length(answered), 0)) AS size FROM change GROUP BY run"
    )
    return {row["run"]: row["size"] for row in rows}


def prune(journal: Journal, runs: Iterable[Run]) -> None:
    """Drop runs with their changes, and give their room back. What is known of new ids stays."""
    ids = [(run.id,) for run in runs]
    with journal.writing() as connection:
        connection.executemany("DELETE FROM change WHERE run = ?", ids)
        connection.executemany("DELETE FROM run WHERE id = ?", ids)
    if ids:
        journal.shrink()
        Pictures(journal).drop_unused(journal)
