"""Changes of runs, as rows of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.journal.journal import as_text, of_text
from stash_cli.core.orm.edit import Change, Edit, MapChange
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.core.edits.journal.journal import Journal

UPDATE, CREATE, DELETE, MERGE = "update", "create", "delete", "merge"
"""Operations that can be undone; any other is recorded by the name of its mutation."""
PLANNED, SENT, DONE, FAILED, UNKNOWN = "planned", "sent", "done", "failed", "unknown"
CONFLICT, SKIPPED = "conflict", "skipped"
PAGE = 500
"""Changes read from the journal at a time."""
PLACEHOLDER = "placeholder"
"""Key in the wanted value of a creation: the placeholder of the new id in updates of the same plan."""
Origin = tuple[int, int]
"""Run and number of the change that another one undoes."""


@dataclass(slots=True)
class Recorded:
    """One change: of a `field`, or (with `field` "") the creation, deletion or merge of a whole object.

    `before`, `wanted` and `answered` are UNSET where they are not known. `created_at` is the object's time of
    creation on the server. `target` is the change that this one undoes, `undone_by` the run that undid this
    one.
    """

    type: str
    id: str
    operation: str
    field: str = ""
    before: Any = UNSET
    wanted: Any = UNSET
    answered: Any = UNSET
    state: str = PLANNED
    reason: str | None = None
    created_at: str | None = None
    undone_by: int | None = None
    target: Origin | None = None
    run: int = 0
    seq: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Type, id and field."""
        return self.type, self.id, self.field

    @property
    def edit(self) -> Edit:
        """The change of a field as an edit."""
        return Edit(self.type, self.id, self.field, self.before, change_of(self.wanted))


def wanted_of(edit: Edit) -> dict[str, Any]:
    """The wanted value of an edit, as JSON."""
    if isinstance(edit.after, Change):
        return {"added": list(edit.after.added), "removed": list(edit.after.removed)}
    if isinstance(edit.after, MapChange):
        return {"set": dict(edit.after.values), "removed": list(edit.after.removed)}
    return {"after": edit.after}


def change_of(wanted: Any) -> Any:
    """Return the value or change that `wanted_of` has stored."""
    if wanted is UNSET:
        return UNSET
    if "added" in wanted:
        return Change(tuple(wanted["added"]), tuple(wanted["removed"]))
    if "set" in wanted:
        return MapChange(wanted["set"], tuple(wanted["removed"]))
    return wanted["after"]


def add(journal: Journal, run: int, rows: Iterable[Recorded]) -> None:
    """Store changes of a run in one transaction, and number them."""
    with journal.writing() as connection:
        seq = connection.execute("SELECT max(seq) FROM change WHERE run = ?", (run,)).fetchone()[0] or 0
        for row in rows:
            seq += 1
            row.run, row.seq = run, seq
            connection.execute(
                "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(row)
            )


def _values(row: Recorded) -> tuple[Any, ...]:
    texts = (as_text(value) for value in (row.before, row.wanted, row.answered))
    target = row.target or (None, None)
    return (
        *(row.run, row.seq, row.type, row.id, row.operation, row.field),
        *texts,
        *(row.state, row.reason, row.created_at, row.undone_by),
        *target,
    )


def set_states(journal: Journal, rows: Iterable[Recorded]) -> None:
    """Store the outcome of changes: state, answered value, reason, id, time of creation, counted times."""
    values = [
        (
            *(row.state, as_text(row.answered), row.reason, row.created_at, row.id),
            # Only the response has the second at which the server has counted.
            as_text(row.wanted) if row.field in COUNTED else None,
            *(row.run, row.seq),
        )
        for row in rows
    ]
    with journal.writing() as connection:
        connection.executemany(
            "UPDATE change SET state = ?, answered = ?, reason = ?, created_at = ?, id = ?,"
            " wanted = ifnull(?, wanted) WHERE run = ? AND seq = ?",
            values,
        )


def replan(journal: Journal, rows: Iterable[Recorded]) -> None:
    """Store the present values that planned changes replace, and the wanted values."""
    values = [(as_text(row.before), as_text(row.wanted), row.run, row.seq) for row in rows]
    with journal.writing() as connection:
        connection.executemany("UPDATE change SET before = ?, wanted = ? WHERE run = ? AND seq = ?", values)


def planned(journal: Journal, run: int, type_name: str, ids: Sequence[str]) -> list[Recorded]:
    """Changes of some objects that a run has planned and not sent."""
    rows = journal.rows(
        "SELECT * FROM change WHERE run = ? AND type = ? AND state = 'planned'"
        " AND id IN (SELECT value FROM json_each(?)) ORDER BY seq",
        *(run, type_name, as_text(list(ids))),
    )
    return [*map(_recorded, rows)]


def planned_creations(
    journal: Journal, run: int, type_name: str, *, after: int, limit: int
) -> list[Recorded]:
    """The next planned creations of a run, after the one with number `after`."""
    rows = journal.rows(
        "SELECT * FROM change WHERE run = ? AND seq > ? AND type = ? AND operation = 'create'"
        " AND state = 'planned' ORDER BY seq LIMIT ?",
        *(run, after, type_name, limit),
    )
    return [*map(_recorded, rows)]


def ids_of_placeholders(journal: Journal, run: int, placeholders: Iterable[str]) -> dict[str, str]:
    """Placeholder -> id of the objects that a run has created."""
    rows = journal.rows(
        f"SELECT json_extract(wanted, '$.{PLACEHOLDER}') AS placeholder, id FROM change WHERE run = ?"  # noqa: S608 - a constant
        " AND operation = 'create' AND state = 'done'"
        " AND placeholder IN (SELECT value FROM json_each(?))",
        *(run, as_text(list(placeholders))),
    )
    return {row["placeholder"]: row["id"] for row in rows}


def lost(journal: Journal, run: int) -> list[Recorded]:
    """Changes of a run whose response was lost, and that were not undone."""
    rows = journal.rows(
        "SELECT * FROM change WHERE run = ? AND state IN ('sent', 'unknown') AND undone_by IS NULL"
        " ORDER BY seq",
        run,
    )
    return [*map(_recorded, rows)]


def repeated(journal: Journal, run: int) -> set[tuple[str, str, str]]:
    """Type, id and field of values that a run may have changed several times, with a lost response."""
    rows = journal.rows(
        "SELECT type, id, field FROM change WHERE run = ? AND operation = 'update'"
        " AND state IN ('done', 'sent', 'unknown') GROUP BY type, id, field"
        " HAVING count(*) > 1 AND sum(state <> 'done')",
        run,
    )
    return {(row["type"], row["id"], row["field"]) for row in rows}


def created_ids(journal: Journal, run: int, type_name: str) -> set[str]:
    """Ids of objects that a run, or a later one on its database, has created."""
    rows = journal.rows(
        "SELECT change.id FROM change JOIN run ON run.id = change.run WHERE run >= ?1 AND type = ?2"
        " AND operation = 'create' AND state = 'done' AND (run.database IS NULL"
        " OR run.database = ifnull((SELECT database FROM run WHERE id = ?1), run.database))",
        *(run, type_name),
    )
    return {row["id"] for row in rows}


def set_undone(journal: Journal, by: int | None, targets: Iterable[Origin]) -> None:
    """Store the run that undid changes; None: they are in effect again."""
    with journal.writing() as connection:
        connection.executemany(
            "UPDATE change SET undone_by = ? WHERE run = ? AND seq = ?",
            [(by, run, seq) for run, seq in targets],
        )


def set_redone(journal: Journal, undo: int, target: Origin) -> None:
    """Store that the changes of a field, which run `undo` had undone, are in effect again."""
    run, seq = target
    with journal.writing() as connection:
        connection.execute(
            "UPDATE change SET undone_by = NULL WHERE run = ?1 AND undone_by = ?2 AND (type, id, field) ="
            " (SELECT type, id, field FROM change WHERE run = ?1 AND seq = ?3)",
            (run, undo, seq),
        )


def lost_creation(journal: Journal, target: Origin) -> str | None:
    """Start of the run that may have recreated a deleted object, but whose response was lost; else None."""
    rows = journal.rows(
        "SELECT started FROM change JOIN run ON run.id = change.run WHERE target_run = ? AND target_seq = ?"
        " AND operation = 'create' AND state IN ('sent', 'unknown') ORDER BY run DESC LIMIT 1",
        *target,
    )
    return rows[0]["started"] if rows else None


def set_all_redone(journal: Journal, run: int, undo: int) -> None:
    """Store that all changes of a run that an undo had undone are in effect again."""
    with journal.writing() as connection:
        connection.execute("UPDATE change SET undone_by = NULL WHERE run = ? AND undone_by = ?", (run, undo))


def later(
    journal: Journal, type_name: str, ids: list[str], after: int, *, with_undos: bool
) -> Iterator[Recorded]:
    """Changes of an object in runs after `after` that are in effect; with `with_undos` also those of undos.

    Changes of redos are left out: a redo cancels an undo, so that the original run is in effect again. So are
    changes of other databases, because all servers share the journal.
    """
    rows = journal.rows(
        "SELECT change.* FROM change JOIN run ON run.id = change.run WHERE change.type = ?1 AND run > ?2"
        " AND state = 'done' AND undone_by IS NULL AND (kind = 'edit' OR (kind = 'undo' AND ?3))"
        " AND change.id IN (SELECT value FROM json_each(?4))"
        " AND (run.database IS NULL"
        " OR run.database = ifnull((SELECT database FROM run WHERE id = ?2), run.database))"
        " ORDER BY run, seq",
        *(type_name, after, with_undos, as_text(ids)),
    )
    yield from map(_recorded, rows)


def last_change(
    journal: Journal, key: tuple[str, str, str], ids: list[str], after: int, but: int
) -> int | None:
    """The last run after `after`, other than `but`, that changed a field of an object, or deleted it.

    A change with a lost response counts. `ids` are all ids that the object has had.
    """
    rows = journal.rows(
        "SELECT max(run) AS run FROM change JOIN run ON run.id = change.run WHERE type = ?1 AND run > ?2"
        " AND field IN (?3, '') AND run <> ?4 AND state IN ('done', 'sent', 'unknown')"
        " AND undone_by IS NULL"
        " AND change.id IN (SELECT value FROM json_each(?5))"
        " AND (run.database IS NULL"
        " OR run.database = ifnull((SELECT database FROM run WHERE id = ?2), run.database))",
        *(key[0], after, key[2], but, as_text(ids)),
    )
    return rows[0]["run"] if rows else None


def read(journal: Journal, run: int, *, backwards: bool = False) -> Iterator[Recorded]:
    """Yield the changes of a run in order, or `backwards`; they are read page by page."""
    after: int | None = None
    while True:
        rows = _page(journal, run, after, backwards=backwards)
        yield from map(_recorded, rows)
        if len(rows) < PAGE:
            return
        after = rows[-1]["seq"]


def _page(journal: Journal, run: int, after: int | None, *, backwards: bool) -> list[Any]:
    if backwards:
        return journal.rows(
            "SELECT * FROM change WHERE run = ?1 AND (?2 IS NULL OR seq < ?2) ORDER BY seq DESC LIMIT ?3",
            *(run, after, PAGE),
        )
    return journal.rows(
        "SELECT * FROM change WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3", run, after or 0, PAGE
    )


def _recorded(row: Any) -> Recorded:
    target = None if row["target_run"] is None else (row["target_run"], row["target_seq"])
    texts = {name: of_text(row[name]) for name in ("before", "wanted", "answered")}
    same = ("type", "id", "operation", "field", "state", "reason", "created_at", "undone_by", "run", "seq")
    return Recorded(**{name: row[name] for name in same}, **texts, target=target)
