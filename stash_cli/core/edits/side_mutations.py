"""Fields that mutations of their own write, after the object's create or update.

One table: (type, field) -> the mutations that an edit of it takes. Lists that only the update of other
objects writes (a tag's scenes, a studio's images) follow from the relationships and need no entry.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.edit import Change, Edit, Operation, key_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Writer = Callable[[Edit], Iterator[Operation]]

LISTS = {"BulkUpdateIds": "ids", "BulkUpdateStrings": "values", "BulkUpdateGroupDescriptionsInput": "groups"}
"""Types of bulk inputs that change a list -> their field for its items."""

COUNTED = {"play_history": "play_count", "o_history": "o_counter"}
"""A scene's times -> their number: with both changed, the times are what is sent."""

QUEUED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "Scene": {
        "reset_play_count": ("sceneResetPlayCount", ("play_count", "play_history")),
        "reset_o": ("sceneResetO", ("o_counter", "o_history")),
        "reset_activity": ("sceneResetActivity", ("resume_time", "play_duration")),
        "generate_screenshot": ("sceneGenerateScreenshot", ()),
    },
    "Image": {"reset_o": ("imageResetO", ("o_counter",))},
}
"""Type -> method -> the mutation it queues, and the fields that are another afterwards."""


def side_mutations(edit: Edit) -> Iterator[Operation]:
    """The mutations that make an edit beside the object's own, each with its part of the edit."""
    writer = SIDE_MUTATIONS.get((edit.type, edit.field), _members)
    yield from writer(edit)


def has_side_mutation(type_name: str, field: str) -> bool:
    """Whether a field is written beside the object's own create or update."""
    if (type_name, field) in SIDE_MUTATIONS:
        return True
    relation = relationships(type_name).get(field)
    return relation is not None and bool(relation.bulk_field) and not relation.target_field


def _times(add: str, delete: str) -> Writer:
    """A list of times, of which each is added and removed by itself."""

    def operations(edit: Edit) -> Iterator[Operation]:
        change = _change(edit)
        for name, part in ((delete, Change(removed=change.removed)), (add, Change(added=change.added))):
            if part:
                args = {"id": edit.id, "times": [*part.removed, *part.added]}
                yield Operation(name, args, (edit.id,), (replace(edit, after=part),))

    return operations


def _count(more: str, less: str, reset: str) -> Writer:
    """A number that goes up and down by one, and back to none."""

    def operations(edit: Edit) -> Iterator[Operation]:
        old, new = edit.before or 0, edit.after or 0
        args = {"id": edit.id}
        if new == 0:
            yield Operation(reset, args, (edit.id,), (edit,))
            return
        by = 1 if new > old else -1
        for number in range(old, new, by):
            yield Operation(
                more if by > 0 else less,
                args,
                (edit.id,),
                (replace(edit, before=number, after=number + by),),
            )

    return operations


def _resume_time(edit: Edit) -> Iterator[Operation]:
    if edit.after is None:
        args: dict[str, Any] = {"id": edit.id, "reset_resume": True}
        yield Operation("sceneResetActivity", args, (edit.id,), (edit,))
    else:
        args = {"id": edit.id, "resume_time": edit.after}
        yield Operation("sceneSaveActivity", args, (edit.id,), (edit,))


def _play_duration(edit: Edit) -> Iterator[Operation]:
    """The time played by a new scene; the update of one that is there takes it itself."""
    more = (edit.after or 0) - (edit.before or 0)
    yield Operation("sceneSaveActivity", {"id": edit.id, "playDuration": more}, (edit.id,), (edit,))


def _cover(edit: Edit) -> Iterator[Operation]:
    if edit.after is None:
        yield Operation("resetGalleryCover", {"input": {"gallery_id": edit.id}}, (edit.id,), (edit,))
    else:
        wanted = {"gallery_id": edit.id, "cover_image_id": edit.after}
        yield Operation("setGalleryCover", {"input": wanted}, (edit.id,), (edit,))


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


def bulk_field(type_name: str, field: str) -> str | None:
    """The field of a type's bulk update that changes its list `field` by parts; None where there is none."""
    bulk = describe_api().types.get(f"Bulk{type_name}UpdateInput")
    relation = relationships(type_name).get(field)
    name = relation.bulk_field if relation is not None else field
    if bulk is None or name not in bulk.fields or (relation is not None and relation.bulk_type != type_name):
        return None
    return name if bulk.fields[name].type.name in LISTS else None


def own_bulk(edit: Edit, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """A bulk update of the object alone."""
    name = bulk_field(edit.type, edit.field) or edit.field
    return {"ids": [edit.id], name: list_change(edit.type, name, items, mode)}


def list_change(type_name: str, name: str, items: tuple[Any, ...], mode: str) -> dict[str, Any]:
    """Items to set, add or remove in the shape of field `name` of a bulk update."""
    kind = describe_api().types[f"Bulk{type_name}UpdateInput"].fields[name].type.name
    given = [key_of(item) for item in items] if kind == "BulkUpdateIds" else list(items)
    return {LISTS[kind]: given, "mode": mode}


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


SIDE_MUTATIONS: dict[tuple[str, str], Writer] = {
    ("Scene", "play_history"): _times("sceneAddPlay", "sceneDeletePlay"),
    ("Scene", "o_history"): _times("sceneAddO", "sceneDeleteO"),
    ("Scene", "play_count"): _count("sceneAddPlay", "sceneDeletePlay", "sceneResetPlayCount"),
    ("Scene", "o_counter"): _count("sceneAddO", "sceneDeleteO", "sceneResetO"),
    ("Scene", "resume_time"): _resume_time,
    ("Scene", "play_duration"): _play_duration,
    ("Image", "o_counter"): _count("imageIncrementO", "imageDecrementO", "imageResetO"),
    ("Gallery", "cover"): _cover,
}
