"""From edits to operations: the fewest mutations that make the edits exactly, on the server at hand.

Equal updates of several objects are one bulk update, others an update for each object, many in a request.
What an update does not take follows in mutations of its own. `quirks` says where a server writes otherwise
than its schema promises.
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
"""Objects of a bulk update, and operations of a request."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Edits, and the operations that make them."""

    edits: tuple[Edit, ...]
    operations: tuple[Operation, ...]


def plan_updates(edits: Iterable[Edit], server: ServerCapabilities, *, bulk_size: int = CHUNK) -> Plan:
    """The plan that updates objects: bulk updates first.

    Raises StashInputError for what no server takes. Lists that a bulk update of this server changes by parts
    are changed so, whatever else they hold by now.
    """
    many = tuple(edits)
    objects: dict[tuple[str, str], list[Edit]] = {}
    for edit in many:
        objects.setdefault((edit.type, edit.id), []).append(edit)
    plans = [_with_lists_beside(plan_object(*key, each), server) for key, each in objects.items()]
    main = [each for each in plans if each.has_input]
    sides = [op for each in plans for edit in each.side_edits for op in side_mutations(edit)]
    found = [operation_of(group, server) for group in alike(main, server)]
    return Plan(many, tuple(_chunked(_joined(found, _gathered(sides)), bulk_size)))


def check_known(plan: Plan, server: ServerCapabilities) -> None:
    """Raise StashCapabilityError for a mutation or a field of its input that this release lacks."""
    from stash_cli.core.graphql import document
    from stash_cli.core.graphql.compat import operations as compat

    for each in plan.operations:
        if not compat.needs_splitting(each.name, server):
            document.root_for(each.name, each.args, each.returns, server, quiet=True)


def _with_lists_beside(plan: ObjectPlan, server: ServerCapabilities) -> ObjectPlan:
    """The plan with lists that are changed by parts beside the input where one bulk update cannot say all."""
    # Within an update of its own a list is sent as a whole, and what others put into it meanwhile would be
    # lost.
    if not plan.changes or is_exact(plan, server):
        return plan
    apart = {
        name: attr
        for name, (attr, change) in plan.changes.items()
        if has_bulk(plan.type, attr, server) and not has_data(plan.type, attr, change)
    }
    moved = tuple(edit for edit in plan.edits if edit.field in apart.values())
    return replace(
        plan,
        input={name: value for name, value in plan.input.items() if name not in apart},
        edits=tuple(edit for edit in plan.edits if edit not in moved),
        side_edits=(*plan.side_edits, *moved),
        changes={name: change for name, change in plan.changes.items() if name not in apart},
    )


def has_bulk(type_name: str, field: str, server: ServerCapabilities) -> bool:
    """Whether the server has a bulk update that changes the list by parts, and does so rightly."""
    name = bulk_field(type_name, field)
    if name is None or not fits_bulk(type_name, name, None, is_change=True):
        return False
    return server.field_name(f"Bulk{type_name}UpdateInput", name) is not None


def alike(plans: Iterable[ObjectPlan], server: ServerCapabilities) -> list[list[ObjectPlan]]:
    """Plans in groups that one mutation can write: updates that say the same, else one by one."""
    groups: dict[Any, list[ObjectPlan]] = {}
    for number, plan in enumerate(plans):
        change = bulk_change(plan, server)
        # A number is a key of its own: what has no equal bulk update is in a group alone.
        key = number if change is None else (plan.type, json.dumps(change, sort_keys=True))
        groups.setdefault(key, []).append(plan)
    return list(groups.values())


def bulk_change(plan: ObjectPlan, server: ServerCapabilities) -> dict[str, Any] | None:
    """Fields of the bulk update equal to the plan's input; None if this server has no equal one."""
    bulk = describe_api().types.get(f"Bulk{plan.type}UpdateInput")
    if bulk is None or plan.verb != "Update":
        return None
    own = describe_api().types[f"{plan.type}UpdateInput"].fields
    found = {}
    for name, value in plan.input.items():
        if name == "id":
            continue
        target = bulk.fields.get(name)
        if target is None or server.field_name(bulk.name, name) is None:
            return None
        part = _part(plan, name)
        if not fits_bulk(plan.type, name, value, is_change=part is not None):
            return None
        shaped = (part,) if part is not None else _shaped(target, own[name], value)
        if shaped is None:
            return None
        found[name] = shaped[0]
    return found


def _part(plan: ObjectPlan, name: str) -> dict[str, Any] | None:
    """Items to add to a list of the input, or to remove; None for both, and for a whole list."""
    change = plan.changes.get(name, ("", Change()))[1]
    # A bulk input has one mode for each list: ADD, REMOVE or SET.
    if bool(change.added) == bool(change.removed):
        return None
    return list_change(plan.type, name, change.added or change.removed, "ADD" if change.added else "REMOVE")


def _shaped(target: ApiField, own: ApiField, value: Any) -> tuple[Any] | None:
    """The value in the bulk input's shape, in a tuple as it may be None; None where it does not fit."""
    items = LISTS.get(target.type.name)
    if items is not None and own.type.is_list:
        return ({items: value or [], "mode": "SET"},)
    same = target.type.name == own.type.name and target.type.is_list == own.type.is_list
    return (value,) if same else None


def is_exact(plan: ObjectPlan, server: ServerCapabilities) -> bool:
    """Whether a bulk update says what changes of every list, whatever else others put into it."""
    change = bulk_change(plan, server)
    lists = [value for value in (change or {}).values() if isinstance(value, dict) and "mode" in value]
    return bool(lists) and all(value["mode"] != "SET" for value in lists)


def operation_of(group: Sequence[ObjectPlan], server: ServerCapabilities) -> Operation:
    """The mutation that writes a group that is `alike`."""
    first = group[0]
    if len(group) == 1 and not is_exact(first, server):
        return _single(first)
    ids = tuple(each.id for each in group)
    given = {"ids": list(ids), **(bulk_change(first, server) or {})}
    edits = tuple(edit for each in group for edit in each.edits)
    return Operation(f"bulk{first.type}Update", {"input": given}, ids, edits)


def _single(plan: ObjectPlan) -> Operation:
    """The object's own mutation."""
    name = operation_name(plan.type, plan.verb)
    return Operation(name, {"input": plan.input}, (plan.id,), plan.edits)


def _gathered(operations: Sequence[Operation]) -> list[Operation]:
    """Side mutations, those that are the same bulk update of an object's own list made one."""
    groups: dict[Any, list[Operation]] = {}
    for number, each in enumerate(operations):
        is_own = each.is_bulk and each.input["ids"] == list(each.ids)
        rest = {name: value for name, value in each.input.items() if name != "ids"}
        key = (each.name, json.dumps(rest, sort_keys=True)) if is_own else number
        groups.setdefault(key, []).append(each)
    return [_together(group) for group in groups.values()]


def _together(group: Sequence[Operation]) -> Operation:
    if len(group) == 1:
        return group[0]
    ids = tuple(one for each in group for one in each.ids)
    edits = tuple(edit for each in group for edit in each.edits)
    return Operation(group[0].name, {"input": {**group[0].input, "ids": list(ids)}}, ids, edits)


def _joined(main: list[Operation], sides: list[Operation]) -> list[Operation]:
    """Operations in order; bulk updates of the same objects that change different fields are made one."""
    found = list(main)
    places = {(each.name, each.ids): n for n, each in enumerate(found) if each.is_bulk}
    for side in sides:
        at = places.get((side.name, side.ids))
        held = None if at is None else found[at]
        # One input cannot both add to a list and remove from it.
        if at is None or held is None or held.input.keys() & side.input.keys() != {"ids"}:
            if side.is_bulk:
                places[side.name, side.ids] = len(found)
            found.append(side)
        else:
            args = {"input": {**held.input, **side.input}}
            found[at] = Operation(held.name, args, held.ids, (*held.edits, *side.edits))
    return found


def _chunked(operations: Iterable[Operation], size: int) -> Iterator[Operation]:
    """Bulk updates of at most `size` objects each, those that take single objects last."""
    for each in sorted(operations, key=lambda each: not each.is_bulk):
        if each.is_bulk and len(each.ids) > size:
            yield from _parts_of(each, size)
        else:
            yield each


def _parts_of(operation: Operation, size: int) -> Iterator[Operation]:
    """A bulk update in parts of `size` objects, each with its own edits."""
    edits: dict[str, list[Edit]] = {}
    for edit in operation.edits:
        edits.setdefault(edit.id, []).append(edit)
    for start in range(0, len(operation.ids), size):
        ids = operation.ids[start : start + size]
        own = tuple(edit for one in ids for edit in edits.get(one, ()))
        yield Operation(operation.name, {"input": {**operation.input, "ids": list(ids)}}, ids, own)


def plan_creates(objects: Iterable[ObjectEdits], type_name: str) -> list[Operation]:
    """The operations that make new objects of their edits, in this order.

    Raises StashInputError for a field that only objects have that are there.
    """
    return [_creation(each, type_name) for each in objects]


def _creation(each: ObjectEdits, type_name: str) -> Operation:
    plan = plan_object(type_name, each.id, each.edits, "Create")
    if plan.side_edits:
        raise StashInputError(
            f"{plan.side_edits[0].field} cannot be given to a new {ENTITIES[type_name].noun}."
        )
    fields = describe_api().types[f"{type_name}CreateInput"].fields
    # A new object has nothing where nothing is given, also on servers that do not know the field.
    given = {
        name: value
        for name, value in plan.input.items()
        if fields[name].type.required or not is_nothing(value)
    }
    return Operation(operation_name(type_name, "Create"), {"input": given}, (each.id,))


def is_nothing(value: Any) -> bool:
    """Whether a value is what a new object has anyway."""
    return value is None or value is False or value in ("", [], {}, {"full": {}})


def plan_create(type_name: str, values: dict[str, Any], paths: Sequence[str] | None = ("id",)) -> Operation:
    """The operation that makes an object of these fields of the create input, and selects `paths` of it."""
    from stash_cli.core.graphql.selection import is_default

    edits = tuple(Edit(type_name, "", name, UNSET, value) for name, value in values.items())
    # What nobody has named may be left out without a word: hence no copy of these.
    selected = paths if is_default(paths) else tuple(paths or ())
    return Operation(operation_name(type_name, "Create"), {"input": values}, (), edits, selected)


def plan_destroy(
    type_name: str, ids: Sequence[str], options: dict[str, Any], *, size: int = CHUNK
) -> Iterator[Operation]:
    """The operations that remove objects; `options` are further fields of the destroy input.

    Raises StashInputError for options that the mutation does not take.
    """
    entity = ENTITIES.get(type_name)
    name = entity.destroy if entity else operation_name(type_name, "Destroy")
    takes = describe_api().mutations[name].args
    if "input" not in takes and options:
        raise StashInputError(f"{name} takes no {' or '.join(options)}.")
    takes_many = "input" in takes or "ids" in takes
    for start in range(0, len(ids), size if takes_many else 1):
        chunk = tuple(ids[start : start + (size if takes_many else 1)])
        given = {"ids": list(chunk), **options} if takes_many else {"id": chunk[0]}
        args = {"input": given} if "input" in takes else given
        yield Operation(name, args, chunk, tuple(Edit(type_name, one, "id", one, None) for one in chunk))
