"""Plans in files: edits that are looked at now and made later, on the same database.

The first line is a JSON object that says what the plan is of, each further line the edits of one object.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from stash_cli.core.edits.drafts.draft import Draft, ObjectEdits
from stash_cli.core.edits.journal.changes import DONE, change_of, wanted_of
from stash_cli.core.edits.journal.databases import fits, read_fingerprint
from stash_cli.core.edits.moves import FILE
from stash_cli.core.errors import StashConflictError, StashInputError, StashUsageError
from stash_cli.core.orm.edit import Edit
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.databases import Fingerprint
    from stash_cli.core.edits.journal.journal import Journal

FORMAT = 1
_PAGE = 500


@dataclass(frozen=True, slots=True)
class PlanHead:
    """The first line: which command made the plan, when, and for which database and release.

    `kind` is edits, moves (edits of the paths of files), delete or merge; `facts` belong to the last three.
    `makes` are objects that the edits name and that are made first, `labels` names of related objects for
    people: type, id, name.
    """

    kind: str
    type: str
    command: str
    server: str
    version: str
    database: Fingerprint
    objects: int = 0
    plan: str = field(default_factory=lambda: uuid4().hex[:12])
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    makes: list[list[Any]] = field(default_factory=list)
    labels: list[list[str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def parse(cls, text: str, name: str) -> PlanHead:
        """The head in a line. Raises StashInputError where it is none."""
        try:
            values = json.loads(text)
            found = cls(**{each.name: values[each.name] for each in fields(cls)})
        except (ValueError, TypeError, KeyError):
            raise StashInputError(f"{name} is not a plan as --plan-out writes it") from None
        if found.format != FORMAT or found.type not in ENTITIES:
            raise StashInputError(f"{name} was written by another release of this program")
        return found

    async def check(self, session: Session) -> None:
        """Raise StashConflictError where the server has another database, or is of another release."""
        server = await session.learn()
        if self.database and not fits(self.database, await read_fingerprint(session)):
            raise StashConflictError(
                f"the plan is of another database, at {self.server}", {}, hint="Nothing was sent."
            )
        if self.version != server.version:
            raise StashConflictError(
                f"the plan was made for {self.version}, and the server is {server.version}",
                {},
                hint="Make the plan again.",
            )

    def check_unused(self, journal: Journal) -> None:
        """Raise StashUsageError where a run carried the plan out, and was not undone."""
        rows = journal.rows(
            "SELECT run.id FROM run JOIN change ON change.run = run.id WHERE command LIKE ? AND kind = 'edit'"
            " AND state IN (?, 'sent', 'unknown') AND undone_by IS NULL LIMIT 1",
            *(f"%{self.mark}", DONE),
        )
        if rows:
            number = rows[0]["id"]
            raise StashUsageError(
                f"the plan was carried out before, as run {number}",
                hint=f"`stash history show {number}` has what it did; `stash history resume {number}` goes on"
                " where it was interrupted.",
            )

    @property
    def has_objects(self) -> bool:
        """Whether the lines after the first have edits of objects."""
        return self.kind in ("edits", "moves")

    @property
    def mark(self) -> str:
        """The end of the command of a run that carries the plan out."""
        return f"# plan {self.plan}"


def write(file: IO[str], head: PlanHead, objects: Iterable[ObjectEdits] = ()) -> None:
    """Write a plan."""
    values = {each.name: getattr(head, each.name) for each in fields(head)}
    file.write(json.dumps(values, ensure_ascii=False) + "\n")
    for each in objects:
        file.write(json.dumps(_as_json(each), ensure_ascii=False) + "\n")


def read(file: IO[str], name: str, draft: Draft) -> PlanHead:
    """Read a plan into a draft: its head. Raises StashInputError with the line of what is wrong."""
    head = PlanHead.parse(file.readline(), name)
    page: list[ObjectEdits] = []
    for each in _objects(file, name, head.type):
        # Links to new objects follow when these are made, and so in a page of their own.
        if len(page) >= _PAGE or (page and bool(page[-1].provisional) != bool(each.provisional)):
            draft.add(page, _LONG_AGO)
            page = []
        page.append(each)
    draft.add(page, _LONG_AGO)
    if head.has_objects and len(draft) != head.objects:
        raise StashInputError(f"{name} has {len(draft):,} of {head.objects:,} objects: it was cut short")
    return head


_LONG_AGO = float("-inf")
"""The time at which the objects were read: they are read again in any case."""


def _objects(file: IO[str], name: str, type_name: str) -> Iterator[ObjectEdits]:
    for number, line in enumerate(file, 2):
        try:
            yield _of_json(json.loads(line), type_name)
        except (ValueError, TypeError, KeyError):
            raise StashInputError(f"{name}, line {number}: not an object of a plan") from None


def _as_json(each: ObjectEdits) -> dict[str, Any]:
    edits: list[dict[str, Any]] = []
    for edit in each.edits:
        change: dict[str, Any] = {"field": edit.field, "wanted": wanted_of(edit)}
        if edit.type == FILE:
            change["file"] = edit.id
        edits.append(change if edit.before is UNSET else {**change, "before": edit.before})
    found: dict[str, Any] = {"id": each.id, "label": each.label, "edits": edits}
    times = {"times": dict(each.times)} if each.times else {}
    return {**found, **times, **({"new": True} if each.is_new else {})}


def _of_json(values: dict[str, Any], type_name: str) -> ObjectEdits:
    one = str(values["id"])
    edits = (
        Edit(
            FILE if "file" in each else type_name,
            str(each.get("file", one)),
            each["field"],
            each.get("before", UNSET),
            change_of(each["wanted"]),
        )
        for each in values["edits"]
    )
    times = values.get("times") or {}
    return ObjectEdits(one, str(values["label"]), tuple(edits), times, is_new=bool(values.get("new")))
