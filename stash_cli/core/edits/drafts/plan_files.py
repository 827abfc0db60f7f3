"""Plan files: edits that are reviewed now and made later, on the same database.

The first line is a JSON object that describes the plan; each further line has the edits of one object.
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
from stash_cli.core.types.entities import FILES as FILE_ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.databases import Fingerprint
    from stash_cli.core.edits.journal.journal import Journal

FORMAT = 1
KINDS = ("edits", "moves", "files", "duplicates", "delete", "merge")
"""Kinds of plans: edits of objects; moves of the files of objects, or of single files; groups of duplicates;
deletions and merges, which have no lines of objects.
"""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class PlanHead:
    """The first line: which command made the plan, when, and for which database and release.

    `kind` is one of KINDS; `facts` are further data of all kinds except edits.
    `makes` are objects that the edits refer to and that are created first; `labels` are names of related
    objects to display: type, id, name.
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
        """Parse the first line. Raises StashInputError if it is not one of a plan."""
        try:
            values = json.loads(text)
            head = cls(**{each.name: values[each.name] for each in fields(cls)})
        except (ValueError, TypeError, KeyError):
            raise StashInputError(f"{name} is not a plan as --plan-out writes it") from None
        known = FILE_ENTITIES if head.kind == "files" else ENTITIES
        if head.format != FORMAT or head.kind not in KINDS or head.type not in known:
            raise StashInputError(f"{name} was written by another release of this program")
        return head

    async def check(self, session: Session) -> None:
        """Raise StashConflictError if the server has another database, or is of another release."""
        server = await session.load_capabilities()
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
        """Raise StashUsageError if a run has carried the plan out, and was not undone."""
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
        return self.kind not in ("delete", "merge")

    @property
    def mark(self) -> str:
        """Suffix of the command of a run that carries the plan out."""
        return f"# plan {self.plan}"


def write(file: IO[str], head: PlanHead, objects: Iterable[ObjectEdits] = ()) -> None:
    """Write a plan."""
    values = {each.name: getattr(head, each.name) for each in fields(head)}
    file.write(json.dumps(values, ensure_ascii=False) + "\n")
    for each in objects:
        file.write(json.dumps(_as_json(each, head.type), ensure_ascii=False) + "\n")


def read(file: IO[str], name: str, draft: Draft) -> PlanHead:
    """Read a plan into a draft; return its head. Raises StashInputError with the number of a wrong line."""
    head = PlanHead.parse(file.readline(), name)
    page: list[ObjectEdits] = []
    for each in _objects(file, name, head.type):
        # Links to new objects are sent after the creations, and so need a page of their own.
        if len(page) >= _PAGE or (page and bool(page[-1].provisional) != bool(each.provisional)):
            draft.add(page, _LONG_AGO)
            page = []
        page.append(each)
    draft.add(page, _LONG_AGO)
    if head.has_objects and len(draft) != head.objects:
        raise StashInputError(f"{name} has {len(draft):,} of {head.objects:,} objects: it was cut short")
    return head


_LONG_AGO = float("-inf")
"""Time of the last read of the objects: so early that they are read again in any case."""


def _objects(file: IO[str], name: str, type_name: str) -> Iterator[ObjectEdits]:
    for number, line in enumerate(file, 2):
        try:
            yield _of_json(json.loads(line), type_name)
        except (ValueError, TypeError, KeyError):
            raise StashInputError(f"{name}, line {number}: not an object of a plan") from None


def _as_json(each: ObjectEdits, type_name: str) -> dict[str, Any]:
    edits: list[dict[str, Any]] = []
    for edit in each.edits:
        change: dict[str, Any] = {"field": edit.field, "wanted": wanted_of(edit)}
        if edit.type == FILE:
            change["file"] = edit.id
        elif (edit.type, edit.id) != (type_name, each.id):
            change["of"] = [edit.type, edit.id]
        edits.append(change if edit.before is UNSET else {**change, "before": edit.before})
    line: dict[str, Any] = {"id": each.id, "label": each.label, "edits": edits}
    more = {"times": dict(each.times), "new": each.is_new, "facts": dict(each.facts)}
    return {**line, **{name: value for name, value in more.items() if value}}


def _of_json(values: dict[str, Any], type_name: str) -> ObjectEdits:
    one = str(values["id"])
    edits = (_edit_of(each, type_name, one) for each in values["edits"])
    times, facts = values.get("times") or {}, values.get("facts") or {}
    return ObjectEdits(
        one, str(values["label"]), tuple(edits), times, is_new=bool(values.get("new")), facts=facts
    )


def _edit_of(values: dict[str, Any], type_name: str, one: str) -> Edit:
    """An edit of the object of its line, of a file, or `of` another object."""
    target, number = (FILE, values["file"]) if "file" in values else values.get("of", (type_name, one))
    before = values.get("before", UNSET)
    return Edit(str(target), str(number), values["field"], before, change_of(values["wanted"]))
