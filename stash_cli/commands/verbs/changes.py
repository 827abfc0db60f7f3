"""Edits of objects that result from assignments; names are resolved once for all objects."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.value_parsers import scalar
from stash_cli.commands.verbs.assignments import Assignment, Op, Substitution, Target
from stash_cli.core.edits.before_values import is_readable
from stash_cli.core.edits.counts import history_of
from stash_cli.core.edits.drafts.draft import ObjectEdits
from stash_cli.core.edits.drafts.recheck import is_noop
from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.input import before_of, field_paths
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.quirks import update_value
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.texts import name_of
from stash_cli.core.types.entities import ENTITIES, Entity
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.verbs.names import Names
    from stash_cli.core.capabilities import ServerCapabilities

    Row = Mapping[str, Any]


@dataclass
class Changes:
    """The assignments of a command, applied to objects of an entity."""

    entity: Entity
    assignments: Sequence[Assignment]
    names: Names

    async def prepare(self) -> None:
        """Resolve the names in assignments that are the same for all objects."""
        words: dict[str, list[str]] = {}
        for each in self.assignments:
            if not _is_template(each.value):
                gather(words, each.target, each.value)
        await self.names.resolve(words)

    async def prepare_page(self, rows: Sequence[Row]) -> None:
        """Resolve the names that templates render for these rows."""
        words: dict[str, list[str]] = {}
        for each in self.assignments:
            if each.target.flag.target and _is_template(each.value):
                for row in rows:
                    with suppress(StashUsageError):  # `of` raises the error again, for the object
                        gather(words, each.target, _render(each, row))
        if words:
            await self.names.resolve(words)

    def paths(self, server: ServerCapabilities) -> list[str]:
        """Paths to read before planning: assigned fields, names of related objects, and histories."""
        paths: list[str] = []
        api = self.entity.api.fields.values()
        for attr in self.fields:
            declared = [each for each in api if each.attr == attr]
            history = history_of(self.entity.type, attr, server)
            paths += [path for each in declared for path in field_paths(each)]
            paths += [*label_paths(self.entity, attr), *([history] if history else [])]
        paths += [path for each in self.assignments for path in getattr(each.value, "paths", ())]
        return [path for path in dict.fromkeys(paths) if is_readable(self.entity.type, path, server)]

    @property
    def fields(self) -> list[str]:
        """The attributes that are assigned, each once."""
        return list(dict.fromkeys(each.target.attr for each in self.assignments))

    def of(self, row: Row) -> ObjectEdits:
        """Return the edits of one object, without those that change nothing.

        Raises StashInputError for a value that the object cannot have.
        """
        edits = []
        for attr in self.fields:
            self.names.labels |= labels_of(self.entity, attr, row)
            edit = self.edit(attr, row)
            if not is_noop(edit):
                edits.append(_drop_noops(edit))
        times = {name: row[name] for attr in self.fields if (name := _HISTORIES.get(attr, "")) in row}
        return ObjectEdits(str(row["id"]), name_of(dict(row)), tuple(edits), times)

    def new(self, provisional_id: str) -> ObjectEdits:
        """Return the edits of a new object; `provisional_id` stands for its id."""
        assignments = [each for each in self.assignments if each.op is not Op.CLEAR]
        changes = Changes(self.entity, assignments, self.names)
        edits = [_as_new_value(changes.edit(attr, {"id": provisional_id})) for attr in changes.fields]
        label = next((str(each.value) for each in assignments if each.target.attr == self.entity.label), "")
        return ObjectEdits(provisional_id, label, tuple(edits), is_new=True)

    def edit(self, attr: str, row: Row) -> Edit:
        """The edit of one field of an object."""
        assignments = [each for each in self.assignments if each.target.attr == attr]
        target, before = assignments[0].target, before_of(self.entity.type, attr, row)
        values = [(each, self._value(each, row)) for each in assignments]
        if target.is_map:
            after: Any = _new_map(before, values)
        elif target.is_list:
            after = _new_list(before, values)
        else:
            after = _new_value(target, before, values)
            # Counters have their own mutations, so the quirks of the update mutation do not apply.
            if attr not in COUNTERS:
                update_value(self.entity.type, target.flag.field.name, after)
        return Edit(self.entity.type, str(row["id"]), attr, before, after)

    def _value(self, assignment: Assignment, row: Row) -> Any:
        """The value of an assignment for one object, with names resolved to ids."""
        value = _render(assignment, row) if _is_template(assignment.value) else assignment.value
        return _with_ids(assignment.target, value, self.names.ids)


def _as_new_value(edit: Edit) -> Edit:
    """Return the edit for a new object: changes of lists and maps become whole values."""
    is_list = isinstance(edit.after, Change | list)
    after = replace(edit, before=[] if is_list else {}).result
    return replace(edit, before=[] if is_list else UNSET, after=after)


def _is_template(value: Any) -> bool:
    return hasattr(value, "render")


def _render(assignment: Assignment, row: Row) -> Any:
    """Render the template of an assignment for an object, and parse the text as a value of the field."""
    text = assignment.value.render(row).strip()
    if not text:
        raise StashInputError(f"{assignment.word}: the template gives nothing")
    try:
        return scalar(text) if assignment.key else assignment.target.parse(text)
    except StashUsageError as error:
        raise StashInputError(f"{assignment.word}: {error.message}") from None


_HISTORIES = {"play_count": "play_history", "o_counter": "o_history"}


def label_paths(entity: Entity, attr: str) -> Iterator[str]:
    """Yield paths to the names of a field's related objects."""
    relation = relationships(entity.type).get(attr)
    if relation is not None and relation.inverse_type in ENTITIES:
        name = next(each.name for each in entity.api.fields.values() if each.attr == attr)
        label = ENTITIES[relation.inverse_type].label
        yield f"{name}.{relation.link}.{label}" if relation.link else f"{name}.{label}"


def labels_of(entity: Entity, attr: str, row: Row) -> list[tuple[tuple[str, str], str]]:
    """The (type, id) and name of each related object in a field of a row."""
    relation = relationships(entity.type).get(attr)
    if relation is None or relation.inverse_type not in ENTITIES:
        return []
    declared = next(each for each in entity.api.fields.values() if each.attr == attr)
    label, target = ENTITIES[relation.inverse_type].label, relation.inverse_type
    items = [item for item in relation.targets(row.get(declared.name)) if isinstance(item, dict)]
    return [((target, str(item["id"])), item[label]) for item in items if item.get(label)]


def gather(words: dict[str, list[str]], target: Target, value: Any) -> None:
    """Add the names in a value to `words`, which has names by type."""
    if target.flag.target is None or value is None or isinstance(value, Substitution):
        return
    names = words.setdefault(target.flag.target, [])
    if target.flag.inner:
        names += [str(item[target.flag.id_field]) for item in value]
    else:
        names += value if target.is_list else [value]


def _with_ids(target: Target, value: Any, ids: Mapping[tuple[str, str], str]) -> Any:
    """Replace names in a value by ids; a list loses duplicates."""
    kind = target.flag.target
    if kind is None or value is None or isinstance(value, Substitution):
        return value
    if target.flag.inner:
        name = target.flag.id_field
        return [{**item, name: ids[kind, str(item[name])]} for item in value]
    return list(dict.fromkeys(ids[kind, word] for word in value)) if target.is_list else ids[kind, value]


Values = list[tuple[Assignment, Any]]


def _new_list(before: Any, values: Values) -> Any:
    """The new list, or a Change if no assignment replaces the whole list."""
    whole: list[Any] | None = None
    change = Change()
    for assignment, value in values:
        if assignment.op in (Op.SET, Op.CLEAR):
            whole, change = list(value or ()), Change()
        elif assignment.op is Op.SUBSTITUTE:
            items = change.of(before or ()) if whole is None else change.of(whole)
            whole, change = list(dict.fromkeys(_substitute(item, value) for item in items)), Change()
        else:
            change = _merge_changes(
                change, Change(tuple(value)) if assignment.op is Op.ADD else Change(removed=tuple(value))
            )
    return change if whole is None else change.of(whole)


def _merge_changes(earlier: Change, newer: Change) -> Change:
    """Combine two consecutive changes of a list; for items in both, the later change wins."""
    changed_later = {key_of(item) for item in (*newer.removed, *newer.added)}
    added = tuple(item for item in earlier.added if key_of(item) not in changed_later)
    removed = tuple(item for item in earlier.removed if key_of(item) not in changed_later)
    return Change((*added, *newer.added), (*removed, *newer.removed))


def _new_map(before: Any, values: Values) -> Any:
    """The new map, or a MapChange if no assignment replaces the whole map."""
    current = dict(before) if isinstance(before, dict) else {}
    whole: dict[str, Any] | None = None
    sets: dict[str, Any] = {}
    removed: list[str] = []
    for assignment, value in values:
        if not assignment.key:
            whole, sets, removed = dict(value or {}), {}, []
        elif assignment.op is Op.CLEAR:
            removed.append(assignment.key)
        # A substitution does not create a custom field that the object lacks.
        elif assignment.op is Op.SUBSTITUTE and assignment.key not in current:
            continue
        else:
            is_text = assignment.op is Op.SUBSTITUTE
            sets[assignment.key] = _substitute(str(current[assignment.key]), value) if is_text else value
    change = MapChange(sets, tuple(removed))
    return change if whole is None else change.of(whole)


def _new_value(target: Target, before: Any, values: Values) -> Any:
    """The value after applying the assignments in order."""
    after = before
    for assignment, value in values:
        if assignment.op in (Op.SET, Op.CLEAR):
            after = value if assignment.op is Op.SET or target.attr not in COUNTERS else 0
        elif assignment.op is Op.SUBSTITUTE:
            after = _substitute(after, value) if isinstance(after, str) else after
        else:
            after = _sum(target, after, value if assignment.op is Op.ADD else -value)
    return after


def _sum(target: Target, number: Any, amount: float) -> float:
    """Add to a number; an unset one counts as 0. Raises StashInputError for a sum out of range."""
    total: float = (number if isinstance(number, int | float) else 0) + amount
    low, high = target.flag.field.range or (0 if target.attr in COUNTERS else None, None)
    if (low is not None and total < low) or (high is not None and total > high):
        raise StashInputError(f"{target.attr} would be {total:g}, which it cannot be")
    return round(total, 6) if isinstance(total, float) else total


def _substitute(text: str, substitution: Substitution) -> str:
    return substitution.pattern.sub(substitution.text, text)


def _drop_noops(edit: Edit) -> Edit:
    """Return the edit without items and keys that already have their new state."""
    if isinstance(edit.after, Change) and isinstance(edit.before, list):
        present = {key_of(item) for item in edit.before}
        added = tuple(item for item in edit.after.added if key_of(item) not in present)
        removed = tuple(item for item in edit.after.removed if key_of(item) in present)
        return Edit(edit.type, edit.id, edit.field, edit.before, Change(added, removed))
    if isinstance(edit.after, MapChange) and isinstance(edit.before, dict):
        before = edit.before
        sets = {k: v for k, v in edit.after.values.items() if k not in before or before[k] != v}
        removed = tuple(key for key in edit.after.removed if key in before)
        return Edit(edit.type, edit.id, edit.field, before, MapChange(sets, removed))
    return edit
