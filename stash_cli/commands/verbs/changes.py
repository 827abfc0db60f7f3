"""The changes of an `update`, as edits of its objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.input_flags import InputFlag, input_flags
from stash_cli.commands.verbs.list_flags import ADD, REMOVE, list_fields, update_type
from stash_cli.commands.verbs.targets import ids_of, resolved
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean
from stash_cli.core.orm.edit import Change, Edit, MapChange
from stash_cli.core.orm.input import attributes, before_of, field_paths
from stash_cli.core.orm.quirks import update_value
from stash_cli.core.orm.relationship import relationships

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity


@dataclass
class Changes:
    """One update: `sets` by input field (null clears), `parts` of lists by (field, ADD or REMOVE)."""

    sets: dict[str, Any] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sets or self.parts)


async def read_changes(
    session: Session, entity: Entity, values: dict[str, Any], cleared: Sequence[str]
) -> Changes:
    """The changes of the flags, with names looked up."""
    plain = {name: value for name, value in values.items() if " " not in name}
    changes = Changes(await resolved(session, input_flags(update_type(entity)), plain))
    for name in cleared:
        _clear(changes, clearing(entity, name))
    lists = list_fields(entity)
    for dest, items in values.items():
        mode, space, name = dest.partition(" ")
        if not space:
            continue
        if name == "custom_fields":
            changes.sets[name] = {**changes.sets.get(name, {}), "remove": items}
        else:
            changes.parts[name, mode] = await _part_values(session, lists[name], items)
    return changes


async def _part_values(session: Session, item: InputFlag, items: list[str]) -> list[Any]:
    found = await ids_of(session, item.target, items) if item.target else items
    return [{"group_id": id_} for id_ in found] if item.inner else list(dict.fromkeys(found))


def _clear(changes: Changes, wanted: dict[str, Any]) -> None:
    """Note what empties a field; raises StashUsageError where it is given a value as well."""
    for name, value in wanted.items():
        held = changes.sets.get(name)
        if isinstance(value, dict) and isinstance(held, dict):
            changes.sets[name] = {**held, **value}
        elif held is not None:
            raise StashUsageError(f"--clear {name}: it is given a value as well")
        else:
            changes.sets[name] = value


def clearing(entity: Entity, name: str) -> dict[str, Any]:
    """The input that empties the field `name`, which is named as in the API or as its flag.

    Raises StashInputError for an unknown field, and for one that no server empties.
    """
    flags = input_flags(update_type(entity))
    wanted = name.removeprefix("--").replace("-", "_")
    known = {word: flag for flag in flags.values() for word in (flag.field.name, flag.word, f"{flag.word}s")}
    flag = known.get(wanted)
    if flag is None:
        raise StashInputError(f"--clear: no such field: {name}. {did_you_mean(wanted, known)}".rstrip())
    if flag.keyed:
        return {flag.field.name: {"full": {}}}
    if not flag.many:
        update_value(entity.type, flag.field.name, None)
    return {flag.field.name: [] if flag.many else None}


def edits_of(entity: Entity, rows: Sequence[dict[str, Any]], changes: Changes) -> list[Edit]:
    """The edits that make `changes` of the objects in `rows`, which hold what they have now.

    Raises StashUsageError where there are none.
    """
    if not changes:
        raise StashUsageError("nothing to change: give at least one field")
    wanted = list(_wanted(entity, changes))
    return [
        Edit(entity.type, row["id"], name, before_of(entity.type, name, row), after)
        for row in rows
        for name, after in wanted
    ]


def _wanted(entity: Entity, changes: Changes) -> Iterator[tuple[str, Any]]:
    """Attribute -> its new value, or the change of it."""
    parts: dict[str, dict[str, tuple[Any, ...]]] = {}
    for (bulk_name, mode), items in changes.parts.items():
        attr = _attribute(entity, bulk_name)
        parts.setdefault(attr, {})[mode] = _items(entity, attr, items)
    shown = attributes(entity.type)
    sets = {shown.get(name, name): value for name, value in changes.sets.items()}
    for attr, value in sets.items():
        if attr not in parts:
            yield attr, _map_value(value) if attr == "custom_fields" else value
    for attr, change in parts.items():
        part = Change(change.get(ADD, ()), change.get(REMOVE, ()))
        yield attr, part.of(sets[attr] or ()) if attr in sets else part


def _attribute(entity: Entity, bulk_name: str) -> str:
    """The attribute that a list of the bulk update changes."""
    found = attributes(entity.type).get(bulk_name)
    links = relationships(entity.type).items()
    return found or next(
        (attr for attr, link in links if (link.bulk_type, link.bulk_field) == (entity.type, bulk_name)),
        bulk_name,
    )


def _items(entity: Entity, attr: str, items: list[Any]) -> tuple[Any, ...]:
    """Items of a list in the shape of the update input: ids that carry data stand in objects there."""
    relation = relationships(entity.type).get(attr)
    if relation is None or not relation.through:
        return tuple(items)
    return tuple(item if isinstance(item, dict) else {f"{relation.link}_id": item} for item in items)


def _map_value(given: dict[str, Any]) -> Any:
    """CustomFieldsInput as the map that it asks for, or the change of one."""
    if "full" in given:
        return {**given["full"], **given.get("partial", {})}
    return MapChange(given.get("partial", {}), tuple(given.get("remove", ())))


async def read_paths(
    session: Session, entity: Entity, values: Iterable[str], cleared: Sequence[str]
) -> list[str]:
    """Paths to select before planning: the fields that the flags name, if the server has them.

    Raises StashInputError for a field that cannot be cleared.
    """
    names = [name.partition(" ")[2] or name for name in values]
    names += [field for name in cleared for field in clearing(entity, name)]
    wanted = {_attribute(entity, name) for name in names}
    server = await session.learn()
    fields = (field for field in entity.api.fields.values() if field.attr in wanted)
    return [path for field in fields for path in field_paths(field) if server.has_path(entity.type, path)]
