"""Rows of a file as edits: objects are matched and names looked up for many rows at a time."""

from __future__ import annotations

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
from stash_cli.core.edits.drafts.draft import LINE
from stash_cli.core.edits.plan import Plan, check_known, is_nothing, plan_creates, plan_updates
from stash_cli.core.errors import (
    StashAmbiguousError,
    StashError,
    StashInputError,
    StashNotFoundError,
    StashUsageError,
)
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
    from stash_cli.core.edits.drafts.draft import ObjectEdits
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.records.reading import Record, Records

    Row = dict[str, Any]

ROWS = 500
"""Rows that are looked up at a time."""


class Mode(StrEnum):
    """The effect that rows may have: change objects, make new ones, or both."""

    UPDATE = "update"
    CREATE = "create"
    UPSERT = "upsert"


class OnMultiple(StrEnum):
    """The treatment of a row that stands for several objects."""

    FAIL = "fail"
    SKIP = "skip"
    ALL = "all"


@dataclass(slots=True)
class _Item:
    """A row on its way: its key, its assignments, and the objects that it means."""

    record: Record
    key: tuple[str, str]
    assignments: list[Assignment]
    rows: list[Row] = field(default_factory=list)


@dataclass(eq=False)
class Planner:
    """Fills the draft of `editing` with the edits of the rows of a file.

    With `ignore` rows that the mode has no use for are passed over, which `passed` counts.
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
    _lines: dict[str, int] = field(default_factory=dict)
    """Id of an object -> the line that changes it."""
    _made: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Key of a new object -> its line."""
    _new_names: dict[str, int] = field(default_factory=dict)
    _deferred: list[_Item] = field(default_factory=list)
    _repeated: set[str] = field(default_factory=set)
    _checked: set[str] = field(default_factory=set)

    async def fill(self) -> None:
        """Read the file to its end, and draft the edits of every row."""
        server = await self.editing.session.learn()
        names = self.editing.names
        names.unmade = "" if self.mode is Mode.UPDATE else self.editing.entity.type
        while batch := list(islice(self.records.rows, ROWS)):
            self.rows += len(batch)
            await self._batch(batch, server)
        names.unmade = ""
        await self._plan_deferred(server)
        if self._repeated:
            self._drop_repeated()
        for known in (self._lines, self._made, self._new_names):
            known.clear()  # sending takes memory of its own

    async def _plan_deferred(self, server: ServerCapabilities) -> None:
        """Plan the rows that name objects of other rows, now that all of these are known.

        New objects are made without these links, which follow when all are made: they may form a circle.
        """
        entity, names = self.editing.entity, self.editing.names
        for word in {word for item in self._deferred for word in _words([item]).get(entity.type, ())}:
            line = self._new_names.get(word.removeprefix("name:").strip().casefold())
            error = names.errors.pop((entity.type, word), None)
            if error and line:
                names.ids[entity.type, word] = f"{LINE}{line}"
                names.labels[entity.type, f"{LINE}{line}"] = word.removeprefix("name:")
        page: list[ObjectEdits] = []
        links: list[ObjectEdits] = []
        await names.resolve_each(_words(self._deferred))
        for item in self._deferred:
            for each in self._planned(item, server):
                apart = [edit for edit in each.edits if edit.field in self._own_links()]
                if each.is_new and apart:
                    rest = tuple(edit for edit in each.edits if edit not in apart)
                    links.append(replace(each, edits=tuple(apart), is_new=False))
                    each = replace(each, edits=rest)  # noqa: PLW2901 - what is left of it
                (page if each.is_new else links).append(each)
        self.editing.draft.add(page, monotonic())
        self.editing.draft.add(links, monotonic())
        asked = {each.id for each in (*page, *links)}
        self.editing.outcomes.asked += sorted(asked)

    def _own_links(self) -> set[str]:
        """The fields that lead to objects of the same type."""
        own = relationships(self.editing.entity.type).items()
        return {name for name, each in own if each.inverse_type == self.editing.entity.type}

    async def _batch(self, batch: Sequence[Record], server: ServerCapabilities) -> None:
        items = [item for record in batch for item in self._item(record)]
        read_at = monotonic()
        await self._match(items, server)
        await self.editing.names.resolve_each(_words(items))
        ready = [item for item in items if not self._is_deferred(item)]
        page = [each for item in ready for each in self._planned(item, server)]
        self.editing.draft.add(page, read_at)
        self.editing.outcomes.asked += [each.id for each in page]

    def _item(self, record: Record) -> Iterator[_Item]:
        """A row with its assignments, unless it is wrong."""
        try:
            key = self.matcher.key_of(record.values)
            but = [*self.matcher.keys, *([key[0]] if key[0] != "id" else [])] if key[1] else []
            given = self.columns.assignments(record.values, is_text=self.records.is_text, but=but)
            yield _Item(record, key, list(given))
        except StashUsageError as error:
            self._fail(record, error)

    async def _match(self, items: Sequence[_Item], server: ServerCapabilities) -> None:
        """Look up the objects of some rows."""
        names = list(dict.fromkeys(name for item in items for name in item.record.values))
        changes = Changes(self.editing.entity, every_assignment(self.columns, names), self.editing.names)
        paths = ["id", self.editing.entity.label, *changes.paths(server), *self.matcher.paths(names)]
        wanted: dict[str, list[str]] = {}
        for item in items:
            if item.key[1]:
                wanted.setdefault(item.key[0], []).append(item.key[1])
        found = await self.matcher.rows(self.editing.session, wanted, list(dict.fromkeys(paths)))
        for item in items:
            item.rows = found.get((item.key[0], folded(*item.key)), [])

    def _is_deferred(self, item: _Item) -> bool:
        """Whether a row names an object that another row may make; then it is kept for the end."""
        entity, names = self.editing.entity, self.editing.names
        if not item.rows and self.mode is not Mode.UPDATE and self._own_links():
            value = str(item.record.values.get(entity.label) or "").strip().casefold()
            self._new_names.setdefault(value, item.record.line)
        if not names.unmade:
            return False
        own = _words([item]).get(entity.type, ())
        is_open = any(isinstance(names.errors.get((entity.type, word)), StashNotFoundError) for word in own)
        if is_open:
            self._deferred.append(item)
        return is_open

    def _planned(self, item: _Item, server: ServerCapabilities) -> Iterator[ObjectEdits]:
        """The edits that a row makes; what is wrong with it is noted."""
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
        """Raise the error of the first name that is not found, and of an id of another database."""
        is_elsewhere = self.matcher.is_elsewhere(item.record.values)
        for target, words in _words([item]).items():
            for word in words:
                if is_elsewhere and word.startswith("id:"):
                    raise StashInputError(f"{word} is an id of another database: name it")
                if error := self.editing.names.errors.get((target, word)):
                    raise error

    # --- objects that are there ---

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
        line = self._lines.setdefault(row["id"], item.record.line)
        if line != item.record.line:
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

    # --- objects that are made ---

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
        given = list(self._assigned(item))
        if value and name != "id":
            line = self._made.setdefault(self.matcher.made_key(item.record, item.key), item.record.line)
            if line != item.record.line:
                raise StashInputError(f"line {line} makes one of this {name}, too")
        elif self.matcher.keys or not value:
            raise StashInputError(f"it has no {' or '.join(self.matcher.keys) or 'name'} to find it by again")
        each = Changes(self.editing.entity, given, self.editing.names).new(f"{LINE}{item.record.line}")
        self._require(each)
        operations = plan_creates([each], self.editing.entity.type)
        self._check(Plan(each.edits, tuple(operations)), server)
        yield each

    def _assigned(self, item: _Item) -> Iterator[Assignment]:
        """The assignments of a new object, with those of the columns that it was looked up by."""
        yield from item.assignments
        names = [name for name in (*self.matcher.keys, item.key[0]) if name in item.record.values]
        values = {name: item.record.values[name] for name in dict.fromkeys(names) if name != "id"}
        yield from self.columns.assignments(values, is_text=self.records.is_text)

    def _require(self, each: ObjectEdits) -> None:
        """Raise StashInputError for a field that new objects need."""
        given = {edit.field for edit in each.edits} | {f"{edit.field}_id" for edit in each.edits}
        for flag in input_flags(f"{self.editing.entity.type}CreateInput").values():
            if flag.field.type.required and not {flag.field.name, flag.field.attr} & given:
                raise StashInputError(f"a new {self.editing.entity.noun} needs a {flag.word}")

    # --- what is wrong ---

    def _check(self, plan: Plan, server: ServerCapabilities) -> None:
        """Refuse what the server does not know; each field is looked at once."""
        fresh = {name for each in plan.operations for name in each.input} - self._checked
        if fresh:
            check_known(plan, server)
            self._checked |= fresh

    def _fail(self, record: Record, error: StashError) -> None:
        key = f"{LINE}{record.line}"
        self.editing.outcomes.asked.append(key)
        self.editing.outcomes.fail([key], error)
        if self.fail_fast:
            raise StashInputError(
                f"{self.records.name}, line {record.line}: {error.message}", hint=error.hint
            )

    def _drop_repeated(self) -> None:
        """Take the objects that several rows are about out of the draft: which row is right is not known."""
        from stash_cli.core.edits.drafts.draft import Draft

        kept, outcomes = Draft(), self.editing.outcomes
        for read_at, page in self.editing.draft.pages():
            kept.add([each for each in page if each.id not in self._repeated], read_at)
        self.editing.draft.replace(kept)
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
    """Whether an edit empties a field that this server does not have."""
    declared = field_of(edit.type, edit.field)
    is_missing = declared is not None and not is_readable(edit.type, declared.name, server)
    return edit.before is UNSET and is_missing and is_nothing(edit.after)


def _words(items: Sequence[_Item]) -> dict[str, list[str]]:
    """The names in assignments, by type."""
    found: dict[str, list[str]] = {}
    for item in items:
        for each in item.assignments:
            if each.op is not Op.CLEAR:
                gather(found, each.target, each.value)
    return found
