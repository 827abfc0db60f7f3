"""Edits of operations that come without any: they are derived from the arguments of the mutation."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.edits.journal import resources
from stash_cli.core.edits.journal.changes import CREATE, DELETE, MERGE, UPDATE
from stash_cli.core.orm.edit import Change, Edit, MapChange, key_of
from stash_cli.core.orm.input import attributes, operation_name
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import LISTS
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stash_cli.core.edits.operation import Operation

_NON_VALUE_FIELDS = frozenset({"id", "ids", "clientMutationId"})


class Subject(NamedTuple):
    """Verb of a mutation (create, update, delete or merge), and the type of its objects."""

    verb: str
    type: str


@cache
def subjects() -> Mapping[str, Subject]:
    """Mutation -> what it does, for those that can be undone."""
    by_mutation: dict[str, Subject] = {}
    for name in (*ENTITIES, "GalleryChapter"):
        plural = ENTITIES[name].destroy if name in ENTITIES else ""
        names = {operation_name(name, ending): verb for ending, verb in _ENDINGS.items()}
        many = operation_name(ENTITIES[name].plural.title(), "Update") if name in ENTITIES else ""
        names |= {f"bulk{name}Update": UPDATE, many: UPDATE, plural: DELETE}
        by_mutation |= {each: Subject(verb, name) for each, verb in names.items() if each}
    return {name: each for name, each in by_mutation.items() if name in describe_api().mutations}


_ENDINGS = {"Create": CREATE, "Update": UPDATE, "Destroy": DELETE, "Merge": MERGE, "sMerge": MERGE}


def verb_of(operation: Operation) -> str:
    """Verb of an operation in the journal: the name of the mutation if it can only be listed."""
    subject = subjects().get(operation.name)
    return subject.verb if subject else UPDATE if edits_of(operation) else operation.name


def edits_of(operation: Operation) -> tuple[Edit, ...]:
    """Edits of an operation; none for a creation, a merge, and a mutation that edits no object."""
    subject = subjects().get(operation.name)
    if subject is not None and subject.verb in (CREATE, MERGE):
        return ()
    if operation.edits or subject is None:
        return operation.edits or resources.edits_of(operation) or tuple(_side_edits(operation))
    args = operation.input
    if subject.verb == DELETE:
        ids = args.get("ids") or [args.get("id")]
        return tuple(Edit(subject.type, str(one), "id", str(one), None) for one in ids)
    inputs = args if isinstance(args, list) else [args]
    return tuple(edit for each in inputs for edit in _updates(subject.type, each))


def _updates(type_name: str, update_input: Mapping[str, Any]) -> Iterator[Edit]:
    """The edits of an update input, or of a bulk update's."""
    shown = {**_bulk_attributes(type_name), **attributes(type_name)}
    for one in update_input.get("ids") or [update_input.get("id")]:
        for name, value in update_input.items():
            if name not in _NON_VALUE_FIELDS and value is not UNSET:
                yield Edit(type_name, str(one), shown.get(name, name), UNSET, _after(name, value))


_RESETS = {
    "sceneResetPlayCount": Edit("Scene", "", "play_history", UNSET, []),
    "sceneResetO": Edit("Scene", "", "o_history", UNSET, []),
    "imageResetO": Edit("Image", "", "o_counter", UNSET, 0),
    "resetGalleryCover": Edit("Gallery", "", "cover", UNSET, None),
}


def _side_edits(operation: Operation) -> Iterator[Edit]:
    """Edits of a side mutation: of a history, a cover, the images of a gallery or the groups in a group."""
    args = operation.input
    one = str(args.get("id") or args.get("gallery_id"))
    if operation.name in _RESETS:
        yield _RESETS[operation.name].at(one)
    elif operation.name == "setGalleryCover":
        yield Edit("Gallery", one, "cover", UNSET, str(args["cover_image_id"]))
    elif operation.name in ("addGroupSubGroups", "removeGroupSubGroups"):
        many = args.get("sub_groups") or [{"group_id": str(each)} for each in args.get("sub_group_ids", ())]
        is_more = operation.name.startswith("add")
        change = Change(added=tuple(many)) if is_more else Change(removed=tuple(many))
        yield Edit("Group", str(args["containing_group_id"]), "sub_groups", UNSET, change)
    elif operation.name == "reorderSubGroups":
        yield Edit("Group", str(args["group_id"]), "sub_groups", UNSET, UNSET)
    elif operation.name in ("addGalleryImages", "removeGalleryImages"):
        images = tuple(map(str, args["image_ids"]))
        is_more = operation.name.startswith("add")
        change = Change(added=images) if is_more else Change(removed=images)
        yield Edit("Gallery", str(args["gallery_id"]), "images", UNSET, change)
    elif operation.name in ("sceneAddPlay", "sceneAddO", "sceneDeletePlay", "sceneDeleteO"):
        field = "play_history" if operation.name.endswith("Play") else "o_history"
        times = tuple(args.get("times") or ())
        is_more = operation.name.startswith("sceneAdd")
        yield Edit("Scene", one, field, UNSET, Change(added=times) if is_more else Change(removed=times))


def completed(operation: Operation, edit: Edit) -> Edit:
    """Complete an edit whose new value depends on the old one: groups in another order."""
    if operation.name != "reorderSubGroups" or edit.before is UNSET:
        return edit
    args = operation.input
    moved = [str(one) for one in args["sub_group_ids"]]
    items_by_id = {str(key_of(item)): item for item in edit.before}
    rest = [one for one in items_by_id if one not in moved]
    at = str(args["insert_at_id"])
    place = rest.index(at) + bool(args.get("insert_after")) if at in rest else len(rest)
    order = [*rest[:place], *(one for one in moved if one in items_by_id), *rest[place:]]
    return replace(edit, after=[items_by_id[one] for one in order])


def _bulk_attributes(type_name: str) -> dict[str, str]:
    links = {attr: link for attr, link in relationships(type_name).items() if link.target_field}
    return {link.bulk_field: attr for attr, link in links.items() if link.bulk_type == type_name}


def _after(name: str, value: Any) -> Any:
    """A value of an update input, or of a bulk update's."""
    if not isinstance(value, dict):
        return value
    if name == "custom_fields":
        change = MapChange(value.get("partial") or {}, tuple(value.get("remove") or ()))
        return value.get("full", change)
    if "mode" not in value:
        return value
    items = tuple(next((value[each] for each in LISTS.values() if value.get(each)), ()))
    if value["mode"] == "SET":
        return list(items)
    return Change(added=items) if value["mode"] == "ADD" else Change(removed=items)
