"""The changes of an `update`, and the fewest mutations that make them.

A field goes through the bulk mutation where that has the field, when several objects or a part of a list
change. Everything else goes through an update per object, many of them in one request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.flags import Flag
from stash_cli.commands.argv.input_flags import InputFlag, input_flags, singular
from stash_cli.commands.sending import CHUNK, Step
from stash_cli.commands.verbs.targets import ids_of, resolved
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

_BULK_LISTS = {
    "BulkUpdateIds": "ids",
    "BulkUpdateStrings": "values",
    "BulkUpdateGroupDescriptionsInput": "groups",
}
ADD, REMOVE = "ADD", "REMOVE"


@dataclass
class Changes:
    """One update: `sets` by input field (null clears), `parts` of lists by (field, ADD or REMOVE)."""

    sets: dict[str, Any] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sets or self.parts)


def bulk_type(entity: Entity) -> str:
    return f"Bulk{entity.type}UpdateInput"


def update_type(entity: Entity) -> str:
    return f"{entity.type}UpdateInput"


def list_fields(entity: Entity) -> dict[str, InputFlag]:
    """The lists that the bulk mutation can change by parts, by field."""
    found = {}
    for name, api_field in describe_api().types[bulk_type(entity)].fields.items():
        if api_field.type.name in _BULK_LISTS and not api_field.deprecated:
            found[name] = _part_flag(entity, name)
    return found


def _part_flag(entity: Entity, name: str) -> InputFlag:
    """The flag of a bulk list, named like the flag of the field in the update input."""
    single = input_flags(update_type(entity)).get(name)
    if single:
        return InputFlag(single.field, singular(single.word), single.target, single.inner)
    bulk = input_flags(bulk_type(entity))[name]
    return InputFlag(bulk.field, bulk.word.removesuffix("_ids"), _target_of(bulk.word))


def _target_of(word: str) -> str | None:
    from stash_cli.core.types.entities import NOUNS

    entity = NOUNS.get(word.removesuffix("_ids"))
    return entity.type if entity else None


def part_flags(entity: Entity) -> Iterator[Flag]:
    """`--add-tag`, `--remove-tag` for every such list."""
    for name, item in list_fields(entity).items():
        word = item.word.replace("_", "-")
        metavar = "NAME|ID" if item.target else "TEXT"
        facts: dict[str, Any] = {"metavar": metavar, "group": "Lists", "many": True}
        yield Flag(f"--add-{word}", f"{ADD} {name}", f"or --remove-{word}; repeatable", **facts)
        yield Flag(f"--remove-{word}", f"{REMOVE} {name}", hidden=True, **facts)
    if "custom_fields" in input_flags(update_type(entity)):
        yield Flag(
            "--remove-custom-field",
            f"{REMOVE} custom_fields",
            "forget a custom field; repeatable",
            "NAME",
            "Lists",
            many=True,
        )


async def read_changes(
    session: Session, entity: Entity, values: dict[str, Any], cleared: Sequence[str]
) -> Changes:
    """The changes of the flags, with names looked up."""
    plain = {name: value for name, value in values.items() if " " not in name}
    changes = Changes(await resolved(session, input_flags(update_type(entity)), plain))
    for name in cleared:
        changes.sets |= clearing(entity, name)
    lists = list_fields(entity)
    for dest, items in values.items():
        mode, space, name = dest.partition(" ")
        if not space:
            continue
        if name == "custom_fields":
            changes.sets.setdefault(name, {})["remove"] = items
        else:
            changes.parts[name, mode] = await _part_values(session, lists[name], items)
    return changes


async def _part_values(session: Session, item: InputFlag, items: list[str]) -> list[Any]:
    found = await ids_of(session, item.target, items) if item.target else items
    return [{"group_id": id_} for id_ in found] if item.inner else list(dict.fromkeys(found))


def clearing(entity: Entity, name: str) -> dict[str, Any]:
    """The input that empties the field `name`, which is named as in the API or as its flag."""
    flags = input_flags(update_type(entity))
    wanted = name.removeprefix("--").replace("-", "_")
    known = {word: flag for flag in flags.values() for word in (flag.field.name, flag.word, f"{flag.word}s")}
    flag = known.get(wanted)
    if flag is None:
        raise StashInputError(f"--clear: no such field: {name}. {did_you_mean(wanted, known)}".rstrip())
    if flag.keyed:
        return {flag.field.name: {"full": {}}}
    return {flag.field.name: [] if flag.many else None}


def plan(entity: Entity, ids: Sequence[str], changes: Changes) -> list[Step]:
    """The mutations for `changes` on `ids`, bulk ones first."""
    if not changes:
        raise StashUsageError("nothing to change: give at least one field")
    bulk_fields = describe_api().types[bulk_type(entity)].fields
    through_bulk = {name for name in changes.sets if len(ids) > 1 and name in bulk_fields}
    bulk = [{name: _bulk_set(bulk_fields[name].type.name, changes.sets[name]) for name in through_bulk}]
    for (name, mode), items in changes.parts.items():
        value = {_BULK_LISTS[bulk_fields[name].type.name]: items, "mode": mode}
        target = next((given for given in bulk if name not in given), None)
        if target is None:
            bulk.append({name: value})
        else:
            target[name] = value
    single = {name: value for name, value in changes.sets.items() if name not in through_bulk}
    return [
        *_bulk_steps(entity, ids, [given for given in bulk if given]),
        *_single_steps(entity, ids, single),
    ]


def _bulk_set(kind: str, value: Any) -> Any:
    key = _BULK_LISTS.get(kind)
    return {key: value, "mode": "SET"} if key else value


def _bulk_steps(entity: Entity, ids: Sequence[str], inputs: list[dict[str, Any]]) -> Iterator[Step]:
    for given in inputs:
        for start in range(0, len(ids), CHUNK):
            chunk = tuple(ids[start : start + CHUNK])
            yield Step(entity.bulk_update, {"ids": list(chunk), **given}, chunk)


def _single_steps(entity: Entity, ids: Sequence[str], given: dict[str, Any]) -> Iterator[Step]:
    if given:
        for id_ in ids:
            yield Step(entity.operation("Update"), {"id": id_, **given}, (id_,))
