"""History: the runs of the journal, what each changed, and how much of it is undone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.journal.changes import CREATE, DELETE, DONE, MERGE, SENT, UNKNOWN, UPDATE
from stash_cli.core.edits.journal.resources import RESOURCES
from stash_cli.core.orm.edit import Edit
from stash_cli.core.texts import counted
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.edits.journal.changes import Recorded
    from stash_cli.core.edits.journal.journal import Journal, Run

UNDOABLE = (UPDATE, CREATE, DELETE, MERGE)
MAY_BE_DONE = (DONE, UNKNOWN, SENT)
"""States of changes that the server has executed, or may have executed."""
_DONE_WORDS = {UPDATE: "updated", CREATE: "created", DELETE: "deleted", MERGE: "merged"}


@dataclass(slots=True)
class Summary:
    """A run and its changes: objects by operation and type, and changes by state."""

    run: Run
    objects: dict[tuple[str, str], int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    undoable: int = 0
    undone: int = 0

    @property
    def description(self) -> str:
        """The operations in words, such as `updated 3 scenes, created 1 tag`."""
        parts = [_counted(operation, name, count) for (operation, name), count in self.objects.items()]
        return ", ".join(parts) or "nothing"

    @property
    def lost(self) -> list[str]:
        """States of its changes whose outcome is unknown."""
        return [state for state in (SENT, UNKNOWN) if self.states.get(state)]

    @property
    def beyond(self) -> list[str]:
        """Names of its operations that cannot be undone."""
        return [operation for operation, _ in self.objects if operation not in UNDOABLE]

    @property
    def state(self) -> str:
        """done, undone, partly undone, cannot be undone, incomplete, interrupted, or unfinished.

        An unfinished run is still going on, or was killed.
        """
        if self.undone:
            return "undone" if self.undone >= self.undoable else "partly undone"
        if self.states.get(DONE) and not self.undoable:
            return "cannot be undone"
        return "unfinished" if self.run.ended is None else self.run.status


def _in_words(operation: str) -> str:
    """The name of a mutation as words: `metadata generate`, `enable DLNA`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+", operation)
    return " ".join(word if word.isupper() else word.lower() for word in words)


def _counted(operation: str, type_name: str, count: int) -> str:
    if operation not in UNDOABLE:
        return _in_words(operation) if count == 1 else f"{_in_words(operation)} ({count} times)"
    other = RESOURCES.get(type_name)
    return f"{other.done if other else _DONE_WORDS[operation]} {noun(type_name, count)}"


def noun(type_name: str, count: int) -> str:
    """Count and noun, such as `3 scenes`."""
    named = ENTITIES.get(type_name) or RESOURCES.get(type_name)
    one, many = (named.noun, named.plural) if named else ("chapter", "chapters")
    return counted(count, one, many)


def summaries(journal: Journal, *, limit: int = -1) -> Iterator[Summary]:
    """Yield summaries of the runs, the latest first; runs that changed nothing are left out."""
    for run in journal.runs():
        if limit == 0:
            return
        run_summary = summary(journal, run)
        if run_summary.states:
            limit -= 1
            yield run_summary


def summary(journal: Journal, run: Run) -> Summary:
    """The changes of one run."""
    run_summary = Summary(run)
    rows = journal.rows(
        "SELECT operation, type, state, count(*) AS changes, count(DISTINCT id) AS objects,"
        " count(undone_by) AS undone FROM change WHERE run = ? GROUP BY operation, type, state",
        run.id,
    )
    for row in rows:
        key = (row["operation"], row["type"])
        if row["state"] in MAY_BE_DONE:
            run_summary.objects[key] = max(run_summary.objects.get(key, 0), row["objects"])
        run_summary.states[row["state"]] = run_summary.states.get(row["state"], 0) + row["changes"]
        if row["state"] in MAY_BE_DONE and row["operation"] in UNDOABLE:
            run_summary.undoable += row["changes"]
            run_summary.undone += row["undone"]
    return run_summary


def net_edits(rows: Iterable[Recorded]) -> list[Edit]:
    """Net edits of some rows: for each field the first old value and the last new one."""
    edits_by_key: dict[tuple[str, str, str], Edit] = {}
    for row in rows:
        edit = net_edit(row)
        earlier = edits_by_key.get(row.key)
        edits_by_key[row.key] = edit if earlier is None else Edit(*row.key, earlier.before, edit.after)
    return list(edits_by_key.values())


def net_edit(row: Recorded) -> Edit:
    """The edit of one row, with the answered value as the new one where it is known."""
    edit = row.edit
    is_whole = row.answered is not UNSET and edit.before is not UNSET
    return Edit(*row.key, edit.before, row.answered) if is_whole else edit


def facts(found: Summary) -> dict[str, Any]:
    """A summary as JSON."""
    run = found.run
    return {
        "id": run.id,
        "started": run.started,
        "ended": run.ended,
        "who": run.who,
        "is_person": run.is_person,
        "command": run.command,
        "kind": run.kind,
        "target": run.target,
        "what": found.description,
        "state": found.state,
        "changes": found.states,
        "server": run.server,
        "version": run.version,
    }
