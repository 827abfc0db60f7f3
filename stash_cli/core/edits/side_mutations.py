"""The operations of edits that are made beside an object's own create or update.

`orm.side_mutations` names the mutations of each field; other fields are lists that a bulk update changes.
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
    """The mutations that make an edit beside the object's own, each with its part of the edit."""
    mutations = SIDE_MUTATIONS.get((edit.type, edit.field))
    yield from _members(edit) if mutations is None else _WRITERS[edit.field](edit, *mutations)


def _times(edit: Edit, add: str, delete: str) -> Iterator[Operation]:
    """A list of times, of which each is added and removed by itself."""
    change = _change(edit)
    for name, part in ((delete, Change(removed=change.removed)), (add, Change(added=change.added))):
        if part:
            times = [*part.removed, *part.added]
            yield _operation(name, replace(edit, after=part), times=times)


def _count(edit: Edit, more: str, less: str, reset: str) -> Iterator[Operation]:
    """A number that goes up and down by one, and back to none."""
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
    """The time played by a new scene; the update of one that is there takes it itself."""
    yield _operation(add, edit, playDuration=(edit.after or 0) - (edit.before or 0))


def _cover(edit: Edit, set_: str, reset: str) -> Iterator[Operation]:
    cover = {} if edit.after is None else {"cover_image_id": edit.after}
    given = {"input": {"gallery_id": edit.id, **cover}}
    yield Operation(set_ if cover else reset, given, (edit.id,), (edit,))


def _operation(name: str, edit: Edit, **args: Any) -> Operation:
    return Operation(name, {"id": edit.id, **args}, (edit.id,), (edit,))


def _members(edit: Edit) -> Iterator[Operation]:
    """Items put into a list and taken out, whatever else is in it, through a bulk update."""
    relation = relationships(edit.type).get(edit.field)
    is_theirs = relation is not None and not relation.target_field
    changed = relation.bulk_type if relation else edit.type
    change = _change(edit)
    for mode, items in (("REMOVE", change.removed), ("ADD", change.added)):
        if items:
            given = _their_bulk(edit, items, mode) if is_theirs else own_bulk(edit, items, mode)
            part = Change(items) if mode == "ADD" else Change(removed=items)
            yield Operation(
                f"bulk{changed}Update", {"input": given}, (edit.id,), (replace(edit, after=part),)
            )


def own_bulk(edit: Edit, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """A bulk update of the object alone."""
    name = bulk_field(edit.type, edit.field) or edit.field
    return {"ids": [edit.id], name: list_change(edit.type, name, items, mode)}


def _their_bulk(edit: Edit, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """A bulk update of what is put in or taken out."""
    name = relationships(edit.type)[edit.field].bulk_field
    if name.endswith("_ids"):
        return {"ids": list(items), name: {"ids": [edit.id], "mode": mode}}
    return {"ids": list(items), name: edit.id if mode == "ADD" else None}


def _change(edit: Edit) -> Change:
    """The items that an edit of a list adds and removes."""
    if isinstance(edit.after, Change):
        return edit.after
    return compare(edit.before or (), edit.after or ())


def compare(before: Any, after: Any) -> Change:
    """The difference of two lists, however often each item is in them."""
    left, added = [*before], []
    for item in after:
        if item in left:
            left.remove(item)
        else:
            added.append(item)
    return Change(tuple(added), tuple(left))


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
