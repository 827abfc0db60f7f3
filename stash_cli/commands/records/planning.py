"""Planning of an import: rows become edits; objects and names are looked up for batches of rows."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.input_flags import input_flags
from stash_cli.commands.records.columns import every_assignment
from stash_cli.commands.records.matching import folded
from stash_cli.commands.records.since_export import check_since
from stash_cli.commands.verbs.assignments import Op
from stash_cli.commands.verbs.changes import Changes, gather
from stash_cli.core.edits.before_values import is_readable
from stash_cli.core.edits.drafts.draft import ObjectEdits, PageFile
from stash_cli.core.edits.plan import Plan, check_known, is_nothing, plan_creates, plan_updates
from stash_cli.core.errors import (
    StashAmbiguousError,
    StashError,
    StashInputError,
    StashNotFoundError,
    StashUsageError,
)
from stash_cli.core.many_keys import LINE, KeyFile
from stash_cli.core.orm.input import field_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.records.columns import Columns
    from stash_cli.commands.records.matching import Matcher
    from stash_cli.commands.verbs.assignments import Assignment
    from stash_cli.commands.verbs.editing import Editing
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.records.reading import Record, Records

    Row = dict[str, Any]

ROWS = 500
"""Rows in one batch of lookups."""


class Mode(StrEnum):
    """Whether rows change objects, create new ones, or both."""

    UPDATE = "update"
    CREATE = "create"
    UPSERT = "upsert"


class OnMultiple(StrEnum):
    """The treatment of a row that matches several objects."""

    FAIL = "fail"
    SKIP = "skip"
    ALL = "all"


@dataclass(slots=True)
class _Item:
    """A row being planned: its key, its assignments, and the objects found by its key."""

    record: Record
    key: tuple[str, str]
    assignments: list[Assignment]
    rows: list[Row] = field(default_factory=list)


@dataclass(eq=False)
class Planner:
    """Fills the draft of `editing` with the edits of the rows of a file.

    With `ignore`, rows that the mode does not allow are skipped, which `passed` counts. State about all rows
    is kept in temporary files, so that memory does not grow with the file.
    """

    editing: Editing
    records: Records
    columns: Columns
    matcher: Matcher
    mode: Mode = Mode.UPDATE
    ignore: bool = False
    on_multiple: OnMultiple = OnMultiple.FAIL
    force: bool = False
    fail_fast: bool = False
    passed: int = 0
    rows: int = 0
    _lines: KeyFile = field(default_factory=KeyFile)
    """Id of an object -> the line that changes it."""
    _made: KeyFile = field(default_factory=KeyFile)
    """Key of a new object -> its line."""
    _new_names: KeyFile = field(default_factory=KeyFile)
    _deferred: PageFile[list[tuple[Record, list[Row]]]] = field(default_factory=PageFile)
    """Rows that name objects of other rows, with the objects found by their keys."""
    _repeated: set[str] = field(default_factory=set)
    _checked: set[str] = field(default_factory=set)

    async def fill(self) -> None:
        """Read the whole file, and draft the edits of every row."""
        server = await self.editing.session.load_capabilities()
        names = self.editing.names
        names.unmade = "" if self.mode is Mode.UPDATE else self.editing.entity.type
        with closing(self._lines), closing(self._made), closing(self._new_names), closing(self._deferred):
            while batch := list(islice(self.records.rows, ROWS)):
                self.rows += len(batch)
                await self._batch(batch, server)
                self.editing.runtime.streams.on_many_rows()
            await self._plan_deferred(server)
            if self._repeated:
                self._drop_repeated()

    async def _plan_deferred(self, server: ServerCapabilities) -> None:
        """Plan the rows that name objects of other rows, after all rows are read.

        New objects are created without these links, and linked afterwards, because links may form a cycle.
        """
        with closing(PageFile[list[ObjectEdits]]()) as links:
            for rows in self._deferred:
                items = [replace(item, rows=found) for record, found in rows for item in self._item(record)]
                await self._resolve_own(items)
                planned = [each for item in items for each in self._planned(item, server)]
                parts = [part for each in planned for part in self._split_links(each)]
                self.editing.draft.add([part for part in parts if part.is_new], monotonic())
                links.append([part for part in parts if not part.is_new])
                self.editing.outcomes.asked += dict.fromkeys(each.id for each in planned)
            self.editing.names.unmade = ""
            for page in links:
                self.editing.draft.add(page, monotonic())

    async def _resolve_own(self, items: Sequence[_Item]) -> None:
        """Resolve the names in deferred rows: to existing objects, to new ones of rows, or to missing ones.

        The provisional id of a row's new object is LINE and its number.
        """
        entity, names, words = self.editing.entity, self.editing.names, _words(items)
        names.unmade = entity.type
        names.trim()
        await names.resolve_each(words)
        for word in words.get(entity.type, ()):
            error = names.errors.pop((entity.type, word), None)
            line = self._new_names.get(word.removeprefix("name:").strip().casefold()) if error else None
            if line:
                names.ids[entity.type, word] = f"{LINE}{line}"
                names.labels[entity.type, f"{LINE}{line}"] = word.removeprefix("name:")
        names.unmade = ""
        await names.resolve_each(words)

    def _split_links(self, each: ObjectEdits) -> Iterator[ObjectEdits]:
        """Split a new object into its links to objects of the same type, and its other edits."""
        links = tuple(edit for edit in each.edits if each.is_new and edit.field in self._own_links())
        if links:
            yield replace(each, edits=links, is_new=False)
        yield replace(each, edits=tuple(edit for edit in each.edits if edit not in links)) if links else each

    def _own_links(self) -> set[str]:
        """The fields that refer to objects of the same type."""
        own = relationships(self.editing.entity.type).items()
        return {name for name, each in own if each.inverse_type == self.editing.entity.type}

    async def _batch(self, batch: Sequence[Record], server: ServerCapabilities) -> None:
        items = [item for record in batch for item in self._item(record)]
        read_at = monotonic()
        await self._match(items, server)
        self.editing.names.trim()
        await self.editing.names.resolve_each(_words(items))
        page: list[ObjectEdits] = []
        deferred: list[tuple[Record, list[Row]]] = []
        for item in items:
            if self._is_deferred(item):
                deferred.append((item.record, item.rows))
            else:
                page += self._planned(item, server)
        if deferred:
            self._deferred.append(deferred)
        self.editing.draft.add(page, read_at)
        self.editing.outcomes.asked += [each.id for each in page]

    def _item(self, record: Record) -> Iterator[_Item]:
        """Yield the row with its assignments; an invalid row is recorded as failed."""
        try:
            key = self.matcher.key_of(record.values)
            but = [*self.matcher.keys, *([key[0]] if key[0] != "id" else [])] if key[1] else []
            assignments = self.columns.assignments(record.values, is_text=self.records.is_text, but=but)
            yield _Item(record, key, list(assignments))
        except StashUsageError as error:
            self._fail(record, error)

    async def _match(self, items: Sequence[_Item], server: ServerCapabilities) -> None:
        """Look up the objects of a batch of rows."""
        names = list(dict.fromkeys(name for item in items for name in item.record.values))
        changes = Changes(self.editing.entity, every_assignment(self.columns, names), self.editing.names)
        paths = ["id", self.editing.entity.label, *changes.paths(server), *self.matcher.paths(names)]
        values: dict[str, list[str]] = {}
        for item in items:
            if item.key[1]:
                values.setdefault(item.key[0], []).append(item.key[1])
        found = await self.matcher.rows(self.editing.session, values, list(dict.fromkeys(paths)))
        for item in items:
            item.rows = found.get((item.key[0], folded(*item.key)), [])

    def _is_deferred(self, item: _Item) -> bool:
        """Whether a row names an object that another row may create; it is then planned at the end."""
        entity, names = self.editing.entity, self.editing.names
        if not item.rows and self.mode is not Mode.UPDATE and self._own_links():
            value = str(item.record.values.get(entity.label) or "").strip().casefold()
            self._new_names.setdefault(value, str(item.record.line))
        if not names.unmade:
            return False
        own = _words([item]).get(entity.type, ())
        return any(isinstance(names.errors.get((entity.type, word)), StashNotFoundError) for word in own)

    def _planned(self, item: _Item, server: ServerCapabilities) -> Iterator[ObjectEdits]:
        """Yield the edits of a row; an invalid row is recorded as failed."""
        try:
            self._check_names(item)
            rows = self.matcher.chosen(item.record, item.key, item.rows) if item.rows else []
            if rows:
                yield from self._updates(item, rows, server)
            else:
                yield from self._creation(item, server)
        except StashError as error:
            self._fail(item.record, error)

    def _check_names(self, item: _Item) -> None:
        """Raise the error of the first name that was not resolved, or is an id of another database."""
        is_elsewhere = self.matcher.is_elsewhere(item.record.values)
        for target, words in _words([item]).items():
            for word in words:
                if is_elsewhere and word.startswith("id:"):
                    raise StashInputError(f"{word} is an id of another database: name it")
                if error := self.editing.names.errors.get((target, word)):
                    raise error

    # --- existing objects ---

    def _updates(self, item: _Item, rows: Sequence[Row], server: ServerCapabilities) -> Iterator[ObjectEdits]:
        entity = self.editing.entity
        if self.mode is Mode.CREATE:
            if self.ignore:
                self.passed += 1
                return
            raise StashInputError(f"the {entity.noun} is there already", hint="--upsert changes those.")
        if len(rows) > 1 and self.on_multiple is not OnMultiple.ALL:
            if self.on_multiple is OnMultiple.SKIP:
                self.passed += 1
                return
            ids = ", ".join(row["id"] for row in rows[:10])
            raise StashAmbiguousError(f"{item.key[0]} {item.key[1]!r} means several {entity.plural}: {ids}")
        for row in rows:
            yield from self._update(item, row, server)

    def _update(self, item: _Item, row: Row, server: ServerCapabilities) -> Iterator[ObjectEdits]:
        line = self._lines.setdefault(row["id"], str(item.record.line))
        if line != str(item.record.line):
            if self.on_multiple is OnMultiple.SKIP:
                self.passed += 1
                return
            self._repeated.add(row["id"])
            raise StashInputError(f"line {line} is about {self.editing.entity.noun} {row['id']}, too")
        each = Changes(self.editing.entity, item.assignments, self.editing.names).of(row)
        edits = tuple(edit for edit in each.edits if not _is_unknown(edit, server))
        each = replace(each, edits=edits)
        if not each.edits:
            self.editing.unchanged.append(each.id)
            return
        if not self.force and not self.matcher.is_elsewhere(item.record.values):
            check_since(item.record, row, each)
        self._check(plan_updates(each.edits, server), server)
        yield each

    # --- new objects ---

    def _creation(self, item: _Item, server: ServerCapabilities) -> Iterator[ObjectEdits]:
        name, value = item.key
        if self.mode is Mode.UPDATE:
            if self.ignore:
                self.passed += 1
                return
            if not value:
                raise StashInputError("nothing says which object it is", hint="Name columns with --match.")
            noun = self.editing.entity.noun
            raise StashNotFoundError(f"no {noun} with {name} {value}", hint="--upsert makes new ones.")
        assignments = list(self._assigned(item))
        if value and name != "id":
            key = json.dumps(self.matcher.created_key(item.record, item.key))
            line = self._made.setdefault(key, str(item.record.line))
            if line != str(item.record.line):
                raise StashInputError(f"line {line} makes one of this {name}, too")
        elif self.matcher.keys or not value:
            raise StashInputError(f"it has no {' or '.join(self.matcher.keys) or 'name'} to find it by again")
        each = Changes(self.editing.entity, assignments, self.editing.names).new(f"{LINE}{item.record.line}")
        self._require(each)
        operations = plan_creates([each], self.editing.entity.type)
        self._check(Plan(each.edits, tuple(operations)), server)
        yield each

    def _assigned(self, item: _Item) -> Iterator[Assignment]:
        """Yield the assignments of a new object, including those of the columns of its lookup."""
        yield from item.assignments
        names = [name for name in (*self.matcher.keys, item.key[0]) if name in item.record.values]
        values = {name: item.record.values[name] for name in dict.fromkeys(names) if name != "id"}
        yield from self.columns.assignments(values, is_text=self.records.is_text)

    def _require(self, each: ObjectEdits) -> None:
        """Raise StashInputError for a missing required field of a new object."""
        assigned = {edit.field for edit in each.edits} | {f"{edit.field}_id" for edit in each.edits}
        for flag in input_flags(f"{self.editing.entity.type}CreateInput").values():
            if flag.field.type.required and not {flag.field.name, flag.field.attr} & assigned:
                raise StashInputError(f"a new {self.editing.entity.noun} needs a {flag.word}")

    # --- errors ---

    def _check(self, plan: Plan, server: ServerCapabilities) -> None:
        """Raise for fields that the server lacks; each field is checked once."""
        fresh = {name for each in plan.operations for name in each.input} - self._checked
        if fresh:
            check_known(plan, server)
            self._checked |= fresh

    def _fail(self, record: Record, error: StashError) -> None:
        key = f"{LINE}{record.line}"
        self.editing.outcomes.asked.append(key)
        self.editing.outcomes.fail([key], error)
        error.__traceback__ = error.__context__ = None  # they refer to the row, and would keep it in memory
        if self.fail_fast:
            raise StashInputError(
                f"{self.records.name}, line {record.line}: {error.message}", hint=error.hint
            )

    def _drop_repeated(self) -> None:
        """Remove objects of several rows from the draft, and record them as failed."""
        from stash_cli.core.edits.drafts.draft import Draft

        unique, outcomes = Draft(), self.editing.outcomes
        for read_at, page in self.editing.draft.pages():
            unique.add([each for each in page if each.id not in self._repeated], read_at)
        self.editing.draft.replace(unique)
        for one in self._repeated:
            error = StashInputError(f"{self.editing.entity.noun} {one} is in another line, too")
            if one in self.editing.unchanged:
                self.editing.unchanged.remove(one)
                continue
            outcomes.asked.remove(one)
            key = f"{LINE}{self._lines[one]}"
            outcomes.asked.append(key)
            outcomes.fail([key], error)


def _is_unknown(edit: Edit, server: ServerCapabilities) -> bool:
    """Whether an edit clears a field that this server lacks."""
    declared = field_of(edit.type, edit.field)
    is_missing = declared is not None and not is_readable(edit.type, declared.name, server)
    return edit.before is UNSET and is_missing and is_nothing(edit.after)


def _words(items: Sequence[_Item]) -> dict[str, list[str]]:
    """The names in assignments, by type."""
    words: dict[str, list[str]] = {}
    for item in items:
        for each in item.assignments:
            if each.op is not Op.CLEAR:
                gather(words, each.target, each.value)
    return words
