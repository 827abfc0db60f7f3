"""The edits that assignments make of objects, with names looked up once for all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.value_parsers import scalar
from stash_cli.commands.verbs.assignments import Assignment, Op, Substitution, Target
from stash_cli.core.edits.before_values import is_readable
from stash_cli.core.edits.counts import history_of
from stash_cli.core.edits.drafts.draft import ObjectEdits
from stash_cli.core.edits.drafts.recheck import is_so
from stash_cli.core.errors import StashError, StashInputError, StashNotFoundError, StashUsageError
from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.input import before_of, field_paths
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.quirks import update_value
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.texts import name_of
from stash_cli.core.types.entities import ENTITIES, Entity
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.resolver import Name
    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]

CREATABLE = ("Tag", "Performer", "Studio")
"""Types of which an object is made with a name alone."""
MOST = 10_000
"""Names of related objects that are held in memory."""
NEW = "new:"
"""Beginning of the id of an object that is made before the edits are sent."""


@dataclass
class Names:
    """Names of related objects -> ids; with `create` unknown ones get an id that begins with NEW."""

    session: Session
    create: bool = False
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    """Names by type and id, for people."""
    inputs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Create inputs of what is made of more than a name, by type and provisional id."""
    errors: dict[tuple[str, str], StashError] = field(default_factory=dict)
    """What is wrong with names that `resolve_each` did not find."""
    unmade: str = ""
    """A type of which no objects are made for now."""

    def trim(self) -> None:
        """Drop the names that were looked up, where they are many: they are looked up again where needed.

        A file may name another object in each row.
        """
        if len(self.ids) + len(self.errors) > MOST:
            self.ids.clear()
            self.errors.clear()
        self.trim_labels()

    def trim_labels(self) -> None:
        """Keep the first names for people, which are of the objects that are shown, and what is made."""
        if len(self.labels) > 2 * MOST:
            first = dict(islice(self.labels.items(), MOST))
            made = {key: name for key, name in self.labels.items() if key[1].startswith(NEW)}
            self.labels = first | made

    async def resolve(self, words: Mapping[str, Iterable[str]]) -> None:
        """Look up those words of each type that are not known yet: one request for each type.

        Raises StashNotFoundError and StashAmbiguousError for the first word.
        """
        from stash_cli.core.client.resolver import resolve_words

        wanted = {
            target: [w for w in dict.fromkeys(many) if (target, w) not in self.ids]
            for target, many in words.items()
        }
        strict = {target: many for target, many in wanted.items() if many and not self._makes(target)}
        try:
            found = await resolve_words(self.session, strict)
        except StashNotFoundError as error:
            if not self.create and strict.keys() & set(CREATABLE):
                error.hint = error.hint or "--create-missing makes tags, performers and studios."
            raise
        for target, ids in found.items():
            self._note(target, ids)
        for target, many in wanted.items():
            if many and self._makes(target):
                await self._resolve_or_make(target, many)

    async def resolve_each(self, words: Mapping[str, Iterable[str]]) -> None:
        """Look up those words of each type that are not known yet; what is wrong with one is in `errors`."""
        for target, many in words.items():
            names: list[Name] = []
            for word in dict.fromkeys(many):
                if (target, word) not in self.ids and (target, word) not in self.errors:
                    names += self._parsed(target, word)
            if names:
                await self._resolve_names(target, names)

    def _parsed(self, target: str, word: str) -> Iterator[Name]:
        from stash_cli.core.client.resolver import Name

        try:
            yield Name.parse(word)
        except StashInputError as error:
            self.errors[target, word] = error

    async def _resolve_names(self, target: str, names: Sequence[Name]) -> None:
        from stash_cli.core.client.resolver import Policy, resolve

        policy = Policy(missing="omit" if self._makes(target) else "raise")
        found = await resolve(self.session, ENTITIES[target], names, policy)
        nameless = [name for name in found.missing if not name.name] if self._makes(target) else []
        errors = found.errors | (
            (await resolve(self.session, ENTITIES[target], nameless)).errors if nameless else {}
        )
        self.errors |= {(target, name.written): error for name, error in errors.items()}
        made = {n.written: f"{NEW}{n.name.casefold()}" for n in found.missing if n.name and n not in errors}
        ids = {name.written: ids[0] for name, ids in found.ids.items() if ids and name not in errors}
        self._note(target, ids | made)

    def _makes(self, target: str) -> bool:
        return self.create and target in CREATABLE and target != self.unmade

    async def _resolve_or_make(self, target: str, words: Sequence[str]) -> None:
        from stash_cli.core.client.resolver import Name, Policy, resolve

        entity, names = ENTITIES[target], [Name.parse(word) for word in words]
        found = await resolve(self.session, entity, names, Policy(missing="omit"))
        # Several objects have this name: making another one would only add to them.
        for error in found.errors.values():
            raise error
        nameless = [name for name in found.missing if not name.name]
        if nameless:  # an id that nothing has
            (await resolve(self.session, entity, nameless)).require_all()
        # Servers compare the names of tags without regard to case: `beach` and `Beach` are one new tag.
        made = {name.written: f"{NEW}{name.name.casefold()}" for name in found.missing}
        self._note(target, {n.written: made.get(n.written) or found.ids[n][0] for n in names})

    def _note(self, target: str, found: Mapping[str, str]) -> None:
        for word, one in found.items():
            self.ids[target, word] = one
            self.labels.setdefault((target, one), word.removeprefix("name:"))

    def input_of(self, target: str, one: str, name: str) -> dict[str, Any]:
        """The create input of an object that is made."""
        return self.inputs.get((target, one), {"name": name})

    def to_make(self) -> list[tuple[str, str, str]]:
        """Type, id and name of the objects that are made."""
        return [(target, one, name) for (target, one), name in self.labels.items() if one.startswith(NEW)]


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
