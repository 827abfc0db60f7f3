"""Side mutations: operations for edits that an object's own create or update does not take.

`orm.side_mutations` names the mutations of some fields; other fields are lists that a bulk update changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.operation import Operation
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import SIDE_MUTATIONS, bulk_field, list_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Writer = Callable[..., Iterator[Operation]]


def side_mutations(edit: Edit) -> Iterator[Operation]:
    """Yield the mutations that make an edit beside the object's update, each with its part of the edit."""
    mutations = SIDE_MUTATIONS.get((edit.type, edit.field))
    yield from _list_members(edit) if mutations is None else _WRITERS[edit.field](edit, *mutations)


def _times(edit: Edit, add: str, delete: str) -> Iterator[Operation]:
    """Mutations that remove times from a history and add times to it."""
    change = _change(edit)
    for name, part in ((delete, Change(removed=change.removed)), (add, Change(added=change.added))):
        if part:
            times = [*part.removed, *part.added]
            yield _operation(name, replace(edit, after=part), times=times)


def _count(edit: Edit, more: str, less: str, reset: str) -> Iterator[Operation]:
    """Mutations that count a number up or down, one each, or reset it to 0."""
    old, new = edit.before or 0, edit.after or 0
    if new == 0:
        yield _operation(reset, edit)
        return
    by = 1 if new > old else -1
    for number in range(old, new, by):
        yield _operation(more if by > 0 else less, replace(edit, before=number, after=number + by))


def _resume_time(edit: Edit, set_: str, reset: str) -> Iterator[Operation]:
    if edit.after is None:
        yield _operation(reset, edit, reset_resume=True)
    else:
        yield _operation(set_, edit, resume_time=edit.after)


def _play_duration(edit: Edit, add: str) -> Iterator[Operation]:
    """Add the play duration of a new scene; the update of an existing scene takes it as a field."""
    yield _operation(add, edit, playDuration=(edit.after or 0) - (edit.before or 0))


def _cover(edit: Edit, set_: str, reset: str) -> Iterator[Operation]:
    cover = {} if edit.after is None else {"cover_image_id": edit.after}
    args = {"input": {"gallery_id": edit.id, **cover}}
    yield Operation(set_ if cover else reset, args, (edit.id,), (edit,))


def _operation(name: str, edit: Edit, **args: Any) -> Operation:
    return Operation(name, {"id": edit.id, **args}, (edit.id,), (edit,))


def _list_members(edit: Edit) -> Iterator[Operation]:
    """Bulk updates that remove items from a list and add items to it; its other items stay."""
    relation = relationships(edit.type).get(edit.field)
    is_on_related = relation is not None and not relation.target_field
    changed = relation.bulk_type if relation else edit.type
    change = _change(edit)
    for mode, items in (("REMOVE", change.removed), ("ADD", change.added)):
        if items:
            bulk_input = (
                _related_bulk(edit, items, mode) if is_on_related else single_bulk_input(edit, items, mode)
            )
            part = Change(items) if mode == "ADD" else Change(removed=items)
            yield Operation(
                f"bulk{changed}Update", {"input": bulk_input}, (edit.id,), (replace(edit, after=part),)
            )


def single_bulk_input(edit: Edit, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """Input of a bulk update of the edited object alone."""
    name = bulk_field(edit.type, edit.field) or edit.field
    return {"ids": [edit.id], name: list_change(edit.type, name, items, mode)}


def _related_bulk(edit: Edit, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """Input of a bulk update of the added or removed objects, which hold the reference to the edited one."""
    name = relationships(edit.type)[edit.field].bulk_field
    if name.endswith("_ids"):
        return {"ids": list(items), name: {"ids": [edit.id], "mode": mode}}
    return {"ids": list(items), name: edit.id if mode == "ADD" else None}


def _change(edit: Edit) -> Change:
    """Return the items that an edit of a list adds and removes."""
    if isinstance(edit.after, Change):
        return edit.after
    return compare(edit.before or (), edit.after or ())


def compare(before: Any, after: Any) -> Change:
    """Return the difference of two lists as multisets: an item may occur several times."""
    removed, added = [*before], []
    for item in after:
        if item in removed:
            removed.remove(item)
        else:
            added.append(item)
    return Change(tuple(added), tuple(removed))


_WRITERS: dict[str, Writer] = {
    "play_history": _times,
    "o_history": _times,
    "play_count": _count,
    "o_counter": _count,
    "resume_time": _resume_time,
    "play_duration": _play_duration,
    "cover": _cover,
}
"""Field of `SIDE_MUTATIONS` -> the function that makes its mutations."""
