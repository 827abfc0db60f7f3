"""The edits that assignments make of objects, with names looked up once for all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.value_parsers import scalar
from stash_cli.commands.verbs.assignments import Assignment, Op, Substitution, Target
from stash_cli.core.edits.before_values import is_readable
from stash_cli.core.edits.counts import history_of
from stash_cli.core.edits.drafts.draft import ObjectEdits
from stash_cli.core.edits.drafts.recheck import is_so
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
    """The edits that assignments make of the objects of an entity."""

    entity: Entity
    assignments: Sequence[Assignment]
    names: Names

    async def prepare(self) -> None:
        """Look up the names that are the same for all objects."""
        words: dict[str, list[str]] = {}
        for each in self.assignments:
            if not _is_template(each.value):
                gather(words, each.target, each.value)
        await self.names.resolve(words)

    async def prepare_page(self, rows: Sequence[Row]) -> None:
        """Look up the names that templates give for some objects."""
        words: dict[str, list[str]] = {}
        for each in self.assignments:
            if each.target.flag.target and _is_template(each.value):
                for row in rows:
                    with suppress(StashUsageError):  # told when the edits of the object are made
                        gather(words, each.target, _filled(each, row))
        if words:
            await self.names.resolve(words)

    def paths(self, server: ServerCapabilities) -> list[str]:
        """Paths to read before planning: what is changed, names of what it leads to, and histories."""
        found: list[str] = []
        api = self.entity.api.fields.values()
        for attr in self.fields:
            declared = [each for each in api if each.attr == attr]
            history = history_of(self.entity.type, attr, server)
            found += [path for each in declared for path in field_paths(each)]
            found += [*label_paths(self.entity, attr), *([history] if history else [])]
        found += [path for each in self.assignments for path in getattr(each.value, "paths", ())]
        return [path for path in dict.fromkeys(found) if is_readable(self.entity.type, path, server)]

    @property
    def fields(self) -> list[str]:
        """The attributes that are assigned, each once."""
        return list(dict.fromkeys(each.target.attr for each in self.assignments))

    def of(self, row: Row) -> ObjectEdits:
        """The edits of one object; what is so already is left out.

        Raises StashInputError where the object cannot be changed so.
        """
        edits = []
        for attr in self.fields:
            self.names.labels |= labels_of(self.entity, attr, row)
            edit = self.edit(attr, row)
            if not is_so(edit):
                edits.append(_smaller(edit))
        times = {name: row[name] for attr in self.fields if (name := _HISTORIES.get(attr, "")) in row}
        return ObjectEdits(str(row["id"]), name_of(dict(row)), tuple(edits), times)

    def new(self, one: str) -> ObjectEdits:
        """A new object of these assignments; `one` stands for the id that it has not yet."""
        given = [each for each in self.assignments if each.op is not Op.CLEAR]
        changes = Changes(self.entity, given, self.names)
        edits = [_whole(changes.edit(attr, {"id": one})) for attr in changes.fields]
        label = next((str(each.value) for each in given if each.target.attr == self.entity.label), "")
        return ObjectEdits(one, label, tuple(edits), is_new=True)

    def edit(self, attr: str, row: Row) -> Edit:
        """The edit of one field of an object."""
        given = [each for each in self.assignments if each.target.attr == attr]
        target, before = given[0].target, before_of(self.entity.type, attr, row)
        values = [(each, self._value(each, row)) for each in given]
        if target.is_map:
            after: Any = _map_after(before, values)
        elif target.is_list:
            after = _list_after(before, values)
        else:
            after = _plain_after(target, before, values)
            # Counters are written by mutations of their own, which have no quirks of the update.
            if attr not in COUNTERS:
                update_value(self.entity.type, target.flag.field.name, after)
        return Edit(self.entity.type, str(row["id"]), attr, before, after)

    def _value(self, given: Assignment, row: Row) -> Any:
        """The value of an assignment for one object, with ids for names."""
        value = _filled(given, row) if _is_template(given.value) else given.value
        return _with_ids(given.target, value, self.names.ids)


def _whole(edit: Edit) -> Edit:
    """The edit of a new object, whose lists and maps hold nothing before."""
    is_list = isinstance(edit.after, Change | list)
    after = replace(edit, before=[] if is_list else {}).result
    return replace(edit, before=[] if is_list else UNSET, after=after)


def _is_template(value: Any) -> bool:
    return hasattr(value, "render")


def _filled(given: Assignment, row: Row) -> Any:
    """The value that a template gives for an object, as the field takes it."""
    text = given.value.render(row).strip()
    if not text:
        raise StashInputError(f"{given.word}: the template gives nothing")
    try:
        return scalar(text) if given.key else given.target.parse(text)
    except StashUsageError as error:
        raise StashInputError(f"{given.word}: {error.message}") from None


_HISTORIES = {"play_count": "play_history", "o_counter": "o_history"}


def label_paths(entity: Entity, attr: str) -> Iterator[str]:
    """Paths to the names of the objects that a field leads to."""
    relation = relationships(entity.type).get(attr)
    if relation is not None and relation.inverse_type in ENTITIES:
        name = next(each.name for each in entity.api.fields.values() if each.attr == attr)
        label = ENTITIES[relation.inverse_type].label
        yield f"{name}.{relation.link}.{label}" if relation.link else f"{name}.{label}"


def labels_of(entity: Entity, attr: str, row: Row) -> list[tuple[tuple[str, str], str]]:
    """The names of the objects that a field of a row leads to, with their types and ids."""
    relation = relationships(entity.type).get(attr)
    if relation is None or relation.inverse_type not in ENTITIES:
        return []
    declared = next(each for each in entity.api.fields.values() if each.attr == attr)
    label, target = ENTITIES[relation.inverse_type].label, relation.inverse_type
    items = [item for item in relation.targets(row.get(declared.name)) if isinstance(item, dict)]
    return [((target, str(item["id"])), item[label]) for item in items if item.get(label)]


def gather(words: dict[str, list[str]], target: Target, value: Any) -> None:
    """Add the names in a value to those of their type."""
    if target.flag.target is None or value is None or isinstance(value, Substitution):
        return
    found = words.setdefault(target.flag.target, [])
    if target.flag.inner:
        found += [str(item[target.flag.id_field]) for item in value]
    else:
        found += value if target.is_list else [value]


def _with_ids(target: Target, value: Any, ids: Mapping[tuple[str, str], str]) -> Any:
    """A value with the ids of the objects that it names; each item of a list once."""
    kind = target.flag.target
    if kind is None or value is None or isinstance(value, Substitution):
        return value
    if target.flag.inner:
        name = target.flag.id_field
        return [{**item, name: ids[kind, str(item[name])]} for item in value]
    return list(dict.fromkeys(ids[kind, word] for word in value)) if target.is_list else ids[kind, value]


Values = list[tuple[Assignment, Any]]


def _list_after(before: Any, values: Values) -> Any:
    """The whole list, or the change of it where nothing replaces it."""
    whole: list[Any] | None = None
    change = Change()
    for given, value in values:
        if given.op in (Op.SET, Op.CLEAR):
            whole, change = list(value or ()), Change()
        elif given.op is Op.SUBSTITUTE:
            items = change.of(before or ()) if whole is None else change.of(whole)
            whole, change = list(dict.fromkeys(_substituted(item, value) for item in items)), Change()
        else:
            change = _and(
                change, Change(tuple(value)) if given.op is Op.ADD else Change(removed=tuple(value))
            )
    return change if whole is None else change.of(whole)


def _and(one: Change, other: Change) -> Change:
    """Two changes of a list one after the other."""
    gone, added = ({key_of(item) for item in items} for items in (other.removed, other.added))
    kept = tuple(item for item in one.added if key_of(item) not in gone | added)
    removed = tuple(item for item in one.removed if key_of(item) not in gone | added)
    return Change((*kept, *other.added), (*removed, *other.removed))


def _map_after(before: Any, values: Values) -> Any:
    """The whole map, or the keys that change."""
    held = dict(before) if isinstance(before, dict) else {}
    whole: dict[str, Any] | None = None
    sets: dict[str, Any] = {}
    gone: list[str] = []
    for given, value in values:
        if not given.key:
            whole, sets, gone = dict(value or {}), {}, []
        elif given.op is Op.CLEAR:
            gone.append(given.key)
        # Nothing to replace in: an object without the field does not get one.
        elif given.op is Op.SUBSTITUTE and given.key not in held:
            continue
        else:
            is_text = given.op is Op.SUBSTITUTE
            sets[given.key] = _substituted(str(held[given.key]), value) if is_text else value
    change = MapChange(sets, tuple(gone))
    return change if whole is None else change.of(whole)


def _plain_after(target: Target, before: Any, values: Values) -> Any:
    """The value after assignments, in their order."""
    found = before
    for given, value in values:
        if given.op in (Op.SET, Op.CLEAR):
            found = value if given.op is Op.SET or target.attr not in COUNTERS else 0
        elif given.op is Op.SUBSTITUTE:
            found = _substituted(found, value) if isinstance(found, str) else found
        else:
            found = _sum(target, found, value if given.op is Op.ADD else -value)
    return found


def _sum(target: Target, found: Any, by: float) -> float:
    """A number and what is added to it. Raises StashInputError for one out of range."""
    total: float = (found if isinstance(found, int | float) else 0) + by
    low, high = target.flag.field.range or (0 if target.attr in COUNTERS else None, None)
    if (low is not None and total < low) or (high is not None and total > high):
        raise StashInputError(f"{target.attr} would be {total:g}, which it cannot be")
    return round(total, 6) if isinstance(total, float) else total


def _substituted(text: str, by: Substitution) -> str:
    return by.pattern.sub(by.text, text)


def _smaller(edit: Edit) -> Edit:
    """An edit without what is so already."""
    if isinstance(edit.after, Change) and isinstance(edit.before, list):
        held = {key_of(item) for item in edit.before}
        added = tuple(item for item in edit.after.added if key_of(item) not in held)
        removed = tuple(item for item in edit.after.removed if key_of(item) in held)
        return Edit(edit.type, edit.id, edit.field, edit.before, Change(added, removed))
    if isinstance(edit.after, MapChange) and isinstance(edit.before, dict):
        before = edit.before
        sets = {k: v for k, v in edit.after.values.items() if k not in before or before[k] != v}
        removed = tuple(key for key in edit.after.removed if key in before)
        return Edit(edit.type, edit.id, edit.field, before, MapChange(sets, removed))
    return edit
