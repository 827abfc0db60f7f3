"""Planning of edits: the fewest mutations that make exactly these edits on the server in use.

Equal updates of several objects become one bulk update; every other object gets an update of its own, and
many updates share a request. Fields that the update input does not take are written by side mutations.
`orm.quirks` lists inputs that servers handle differently from their schema.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.side_mutations import side_mutations
from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.input import operation_name
from stash_cli.core.orm.object_plan import ObjectPlan, plan_object
from stash_cli.core.orm.quirks import fits_bulk
from stash_cli.core.orm.side_mutations import LISTS, bulk_field, has_data, list_change
from stash_cli.core.types.api import ApiField, describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.edits.drafts.draft import ObjectEdits

CHUNK = 250
"""Maximum number of objects in a bulk update, and of operations in a request."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Edits, and the operations that make them."""

    edits: tuple[Edit, ...]
    operations: tuple[Operation, ...]


def plan_updates(edits: Iterable[Edit], server: ServerCapabilities, *, bulk_size: int = CHUNK) -> Plan:
    """Plan updates of objects, bulk updates first.

    Where the bulk update of this server can add to and remove from a list, the list is changed that way, so
    that items which others added meanwhile stay. Raises StashInputError for an edit that no server accepts.
    """
    all_edits = tuple(edits)
    objects: dict[tuple[str, str], list[Edit]] = {}
    for edit in all_edits:
        objects.setdefault((edit.type, edit.id), []).append(edit)
    plans = [_move_lists_to_side_edits(plan_object(*key, each), server) for key, each in objects.items()]
    main = [each for each in plans if each.has_input]
    sides = [op for each in plans for edit in each.side_edits for op in side_mutations(edit)]
    updates = [operation_of(group, server) for group in group_plans(main, server)]
    return Plan(all_edits, tuple(_chunked(_merge_fields(updates, _merge_equal(sides)), bulk_size)))


def check_known(plan: Plan, server: ServerCapabilities) -> None:
    """Raise StashCapabilityError for a mutation or an input field that the server's release lacks."""
    from stash_cli.core.graphql import document
    from stash_cli.core.graphql.compat import operations as compat

    for each in plan.operations:
        if not compat.needs_splitting(each.name, server):
            document.root_for(each.name, each.args, each.returns, server, quiet=True)


def _move_lists_to_side_edits(plan: ObjectPlan, server: ServerCapabilities) -> ObjectPlan:
    """Move list changes from the input to side edits, unless one bulk update can express the whole plan."""
    # An object's own update replaces a list as a whole, and so drops items that others added meanwhile.
    if not plan.changes or is_exact(plan, server):
        return plan
    moved = {
        name: attr
        for name, (attr, change) in plan.changes.items()
        if has_bulk(plan.type, attr, server) and not has_data(plan.type, attr, change)
    }
    side_edits = tuple(edit for edit in plan.edits if edit.field in moved.values())
    return replace(
        plan,
        input={name: value for name, value in plan.input.items() if name not in moved},
        edits=tuple(edit for edit in plan.edits if edit not in side_edits),
        side_edits=(*plan.side_edits, *side_edits),
        changes={name: change for name, change in plan.changes.items() if name not in moved},
    )


def has_bulk(type_name: str, field: str, server: ServerCapabilities) -> bool:
    """Whether the server has a bulk update that correctly adds to the list and removes from it."""
    name = bulk_field(type_name, field)
    if name is None or not fits_bulk(type_name, name, None, is_change=True):
        return False
    return server.field_name(f"Bulk{type_name}UpdateInput", name) is not None


def group_plans(plans: Iterable[ObjectPlan], server: ServerCapabilities) -> list[list[ObjectPlan]]:
    """Group plans that one mutation can write: equal bulk updates together, every other plan alone."""
    groups: dict[Any, list[ObjectPlan]] = {}
    for number, plan in enumerate(plans):
        change = bulk_change(plan, server)
        # A plan without a bulk update has its number as key, which no other plan shares.
        key = number if change is None else (plan.type, json.dumps(change, sort_keys=True))
        groups.setdefault(key, []).append(plan)
    return list(groups.values())


def bulk_change(plan: ObjectPlan, server: ServerCapabilities) -> dict[str, Any] | None:
    """Return the bulk update's fields equivalent to the plan's input; None if this server has none."""
    bulk = describe_api().types.get(f"Bulk{plan.type}UpdateInput")
    if bulk is None or plan.verb != "Update":
        return None
    own = describe_api().types[f"{plan.type}UpdateInput"].fields
    fields = {}
    for name, value in plan.input.items():
        if name == "id":
            continue
        target = bulk.fields.get(name)
        if target is None or server.field_name(bulk.name, name) is None:
            return None
        part = _list_part(plan, name)
        if not fits_bulk(plan.type, name, value, is_change=part is not None):
            return None
        shaped = (part,) if part is not None else _in_bulk_shape(target, own[name], value)
        if shaped is None:
            return None
        fields[name] = shaped[0]
    return fields


def _list_part(plan: ObjectPlan, name: str) -> dict[str, Any] | None:
    """Bulk input that adds to a list or removes from it; None for both at once, and for a whole list."""
    change = plan.changes.get(name, ("", Change()))[1]
    # A bulk input has one mode for each list: ADD, REMOVE or SET.
    if bool(change.added) == bool(change.removed):
        return None
    return list_change(plan.type, name, change.added or change.removed, "ADD" if change.added else "REMOVE")


def _in_bulk_shape(target: ApiField, own: ApiField, value: Any) -> tuple[Any] | None:
    """The value in the shape of the bulk input, in a tuple as it may be None; None if it does not fit."""
    items = LISTS.get(target.type.name)
    if items is not None and own.type.is_list:
        return ({items: value or [], "mode": "SET"},)
    same = target.type.name == own.type.name and target.type.is_list == own.type.is_list
    return (value,) if same else None


def is_exact(plan: ObjectPlan, server: ServerCapabilities) -> bool:
    """Whether a bulk update only adds and removes items of lists, so that other items stay."""
    change = bulk_change(plan, server)
    lists = [value for value in (change or {}).values() if isinstance(value, dict) and "mode" in value]
    return bool(lists) and all(value["mode"] != "SET" for value in lists)


def operation_of(group: Sequence[ObjectPlan], server: ServerCapabilities) -> Operation:
    """Return the mutation that writes one group of `group_plans`."""
    first = group[0]
    if len(group) == 1 and not is_exact(first, server):
        return _single(first)
    ids = tuple(each.id for each in group)
    bulk_input = {"ids": list(ids), **(bulk_change(first, server) or {})}
    edits = tuple(edit for each in group for edit in each.edits)
    return Operation(f"bulk{first.type}Update", {"input": bulk_input}, ids, edits)


def _single(plan: ObjectPlan) -> Operation:
    """The object's own mutation."""
    name = operation_name(plan.type, plan.verb)
    return Operation(name, {"input": plan.input}, (plan.id,), plan.edits)


def _merge_equal(operations: Sequence[Operation]) -> list[Operation]:
    """Merge side mutations that are the same bulk update of different objects into one each."""
    groups: dict[Any, list[Operation]] = {}
    for number, each in enumerate(operations):
        # A bulk update of related objects has their ids in `ids`, and cannot be merged this way.
        is_own = each.is_bulk and each.input["ids"] == list(each.ids)
        rest = {name: value for name, value in each.input.items() if name != "ids"}
        key = (each.name, json.dumps(rest, sort_keys=True)) if is_own else number
        groups.setdefault(key, []).append(each)
    return [_merge_group(group) for group in groups.values()]


def _merge_group(group: Sequence[Operation]) -> Operation:
    if len(group) == 1:
        return group[0]
    ids = tuple(one for each in group for one in each.ids)
    edits = tuple(edit for each in group for edit in each.edits)
    return Operation(group[0].name, {"input": {**group[0].input, "ids": list(ids)}}, ids, edits)


def _merge_fields(main: list[Operation], sides: list[Operation]) -> list[Operation]:
    """Merge bulk updates of the same objects that change different fields; all else stays in order."""
    merged = list(main)
    positions = {(each.name, each.ids): n for n, each in enumerate(merged) if each.is_bulk}
    for side in sides:
        position = positions.get((side.name, side.ids))
        earlier = None if position is None else merged[position]
        # One input cannot both add to a list and remove from it.
        if position is None or earlier is None or earlier.input.keys() & side.input.keys() != {"ids"}:
            if side.is_bulk:
                positions[side.name, side.ids] = len(merged)
            merged.append(side)
        else:
            args = {"input": {**earlier.input, **side.input}}
            merged[position] = Operation(earlier.name, args, earlier.ids, (*earlier.edits, *side.edits))
    return merged


def _chunked(operations: Iterable[Operation], size: int) -> Iterator[Operation]:
    """Bulk updates of at most `size` objects each, then the mutations of single objects."""
    for each in sorted(operations, key=lambda each: not each.is_bulk):
        if each.is_bulk and len(each.ids) > size:
            yield from _split(each, size)
        else:
            yield each


def _split(operation: Operation, size: int) -> Iterator[Operation]:
    """Split a bulk update into parts of `size` objects, each with the edits of its objects."""
    edits: dict[str, list[Edit]] = {}
    for edit in operation.edits:
        edits.setdefault(edit.id, []).append(edit)
    for start in range(0, len(operation.ids), size):
        ids = operation.ids[start : start + size]
        own = tuple(edit for one in ids for edit in edits.get(one, ()))
        yield Operation(operation.name, {"input": {**operation.input, "ids": list(ids)}}, ids, own)


def plan_creates(objects: Iterable[ObjectEdits], type_name: str) -> list[Operation]:
    """Plan the creation of new objects from their edits, in this order.

    Raises StashInputError for a field that can be set on existing objects only.
    """
    return [_creation(each, type_name) for each in objects]


def _creation(each: ObjectEdits, type_name: str) -> Operation:
    plan = plan_object(type_name, each.id, each.edits, "Create")
    if plan.side_edits:
        raise StashInputError(
            f"{plan.side_edits[0].field} cannot be given to a new {ENTITIES[type_name].noun}."
        )
    fields = describe_api().types[f"{type_name}CreateInput"].fields
    # Empty values are the default of a new object; sending them would fail on servers without the field.
    create_input = {
        name: value
        for name, value in plan.input.items()
        if fields[name].type.required or not is_nothing(value)
    }
    return Operation(operation_name(type_name, "Create"), {"input": create_input}, (each.id,))


def is_nothing(value: Any) -> bool:
    """Whether a value is the default of a new object."""
    return value is None or value is False or value in ("", [], {}, {"full": {}})


def plan_create(type_name: str, values: dict[str, Any], paths: Sequence[str] | None = ("id",)) -> Operation:
    """Plan the creation of an object with these fields of the create input; select `paths` of it."""
    from stash_cli.core.graphql.selection import is_default

    edits = tuple(Edit(type_name, "", name, UNSET, value) for name, value in values.items())
    # Default paths are passed on unchanged: their type says that missing fields need no warning.
    selected = paths if is_default(paths) else tuple(paths or ())
    return Operation(operation_name(type_name, "Create"), {"input": values}, (), edits, selected)


def plan_destroy(
    type_name: str, ids: Sequence[str], options: dict[str, Any], *, size: int = CHUNK
) -> Iterator[Operation]:
    """Plan the deletion of objects; `options` are further fields of the destroy input.

    Raises StashInputError for options that the mutation does not take.
    """
    entity = ENTITIES.get(type_name)
    name = entity.destroy if entity else operation_name(type_name, "Destroy")
    accepted = describe_api().mutations[name].args
    if "input" not in accepted and options:
        raise StashInputError(f"{name} takes no {' or '.join(options)}.")
    takes_many = "input" in accepted or "ids" in accepted
    for start in range(0, len(ids), size if takes_many else 1):
        chunk = tuple(ids[start : start + (size if takes_many else 1)])
        values = {"ids": list(chunk), **options} if takes_many else {"id": chunk[0]}
        args = {"input": values} if "input" in accepted else values
        yield Operation(name, args, chunk, tuple(Edit(type_name, one, "id", one, None) for one in chunk))
