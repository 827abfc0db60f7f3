"""Undo of deletions: recreate objects from their snapshots, and restore the links to them.

First every object is created with its own fields, in the order of `_ORDER`. Then follow fields that a create
does not take, links among recreated objects, markers and chapters, and the links from other objects.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import is_read, read_objects
from stash_cli.core.edits.journal import changes
from stash_cli.core.edits.journal.changes import CREATE, Recorded
from stash_cli.core.edits.journal.snapshots import CHILDREN
from stash_cli.core.edits.lost_answers import created_since
from stash_cli.core.edits.plan import plan_create
from stash_cli.core.edits.undo.lost_changes import REPLACED
from stash_cli.core.edits.undo.reverse import (
    CHANGED,
    NOT_READ,
    NOTHING,
    key_of_edit,
    mapped,
    remaining_edit,
    same,
)
from stash_cli.core.edits.undo.undo import refusal
from stash_cli.core.edits.undo.undo_report import Problem
from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.orm.input import before_of, input_field
from stash_cli.core.orm.object_plan import plan_object
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.edits.undo.undo import Reversal
    from stash_cli.core.graphql.batch import BatchOperation

_FIRST = ("Tag", "Studio", "Performer", "Group", "Gallery", "Scene", "Image", "SceneMarker", "GalleryChapter")
_ORDER = (*_FIRST, *(name for name in ENTITIES if name not in _FIRST))
"""Types that others refer to come first."""
_RESCAN = "only a scan brings it back; scan, and undo again"


async def recreate(reversal: Reversal, rows: Sequence[Recorded]) -> list[Recorded]:
    """Recreate deleted objects and their links; return the changes whose objects exist again.

    An object that an interrupted undo recreated without its links only gets its links.
    """
    with_snapshot = [row for row in rows if _has_snapshot(reversal, row)]
    await _find_lost(reversal, with_snapshot)
    existing = await read_objects(
        reversal.session,
        {
            (row.type, reversal.ids.current(row.type, row.id)): ()
            for row in with_snapshot
            if is_read(row.type)
        },
        await reversal.session.load_capabilities(),
    )
    restored: list[Recorded] = []
    for type_name in _ORDER:
        group = [row for row in with_snapshot if row.type == type_name]
        absent = []
        for row in group:
            one = reversal.ids.current(row.type, row.id)
            found = existing.get((row.type, one))
            if found is not None and one != row.id:
                restored.append(row)
            elif found is not None and _is_same(found, row):
                reversal.report.already += 1
                reversal.set_undone([row])
            else:
                absent.append(row)
        if absent:
            restored += await _create_type(reversal, type_name, absent)
    if not reversal.is_dry:
        failed = reversal.report.failed
        await link(reversal, restored)
        if reversal.report.failed == failed:
            reversal.set_undone(restored)  # else the next undo restores the links
    return restored


def _is_same(found: Mapping[str, Any], row: Recorded) -> bool:
    """Whether an object is the one to be deleted, and not another one that got its id since."""
    return row.created_at is None or same(found.get("created_at"), row.created_at)


async def _find_lost(reversal: Reversal, rows: Sequence[Recorded]) -> None:
    """Find objects that an earlier undo may have created, with a lost response; store their ids."""
    for row in rows:
        started = changes.lost_creation(reversal.journal, (row.run, row.seq))
        if started is None:
            continue
        known = changes.created_ids(reversal.journal, row.run, row.type)
        since = datetime.fromisoformat(started)
        [made] = await created_since(reversal.session, row.type, [row.before["values"]], since, known)
        if made:
            _note_new(reversal, row, made[0]["id"])


def _has_snapshot(reversal: Reversal, row: Recorded) -> bool:
    """Whether a deletion was recorded with a snapshot; report a problem if not."""
    if isinstance(row.before, dict):
        return True
    reversal.refuse((row.type, row.id, ""), [row], NOT_READ)
    return False


async def _create_type(reversal: Reversal, type_name: str, rows: Sequence[Recorded]) -> list[Recorded]:
    """Recreate objects of one type; return those that were created, or adopted after a scan."""
    adopted = await _adopted(reversal, type_name, rows)
    adopted_rows = [row for row in rows if row.id in adopted]
    for row in adopted_rows:
        _note_new(reversal, row, adopted[row.id])
        reversal.report.done[CREATE, type_name] += 1
    rest = [row for row in rows if row.id not in adopted]
    scanned = [row for row in rest if _is_scanned(row)]
    for row in scanned:
        reversal.refuse((type_name, row.id, ""), [row], _RESCAN)
    rest = [row for row in rest if row not in scanned]
    missing = await missing_links(reversal, rest)
    later = {row.id: deleted_later(reversal, row, missing) for row in rest}
    for row in rest:
        if reason := later[row.id]:
            reversal.refuse((type_name, row.id, ""), [row], reason)
    rest = [row for row in rest if not later[row.id]]
    operations = {}
    for row in rest:
        values = _create_values(reversal, row, missing)
        operations[row.id] = plan_create(type_name, values)
        reversal.report.edits += [Edit(type_name, "", "id", None, row.id)]
    return [*adopted_rows, *await create(reversal, rest, operations)]


def _is_scanned(row: Recorded) -> bool:
    """Whether only a scan creates the object: an image, or the gallery of a folder or an archive."""
    files = row.before.get("files") or row.before.get("folder")
    return row.type == "Image" or (row.type == "Gallery" and bool(files))


async def create(
    reversal: Reversal, rows: Sequence[Recorded], operations: dict[str, Operation]
) -> list[Recorded]:
    """Send creations, each of which undoes the row of its id; return the rows of those that succeeded."""
    if reversal.is_dry:
        return []
    created = []
    by_args = {id(each.args): row for row in rows if (each := operations.get(row.id))}

    def note(operation: Operation, done: BatchOperation) -> None:
        row = by_args[id(operation.args)]
        if done.error is not None:
            reversal.fail((row.type, row.id, ""), done)
            return
        _note_new(reversal, row, str(done.result["id"]))
        reversal.report.done[CREATE, row.type] += 1
        created.append(row)

    for args, row in by_args.items():
        if row.run:
            reversal.recorder.targets[args] = (row.run, row.seq)
    await reversal.applier.apply(list(operations.values()), note)
    return created


def _note_new(reversal: Reversal, row: Recorded, new: str) -> None:
    """Store the new id of an object."""
    if not reversal.is_dry:
        reversal.ids.add([(row.type, reversal.ids.current(row.type, row.id), new)])


def _create_values(reversal: Reversal, row: Recorded, missing: set[tuple[str, str]]) -> dict[str, Any]:
    """The create input of a snapshot, without links to objects that do not exist, or not yet."""
    values = current_values(reversal, row)
    edits = [
        Edit(row.type, "", name, UNSET, _without_missing(row.type, name, value, missing))
        for name, value in values.items()
        if input_field(row.type, "Create", name) is not None
        # Without a field whose replacement has a value: some releases lack it, or refuse both together.
        and not values.get(REPLACED.get(name, ""))
    ]
    create_input = plan_object(row.type, "", [edit for edit in edits if _is_sent(edit)], "Create").input
    files = [each["id"] for each in row.before.get("files", ())]
    if files and row.type == "Scene" and not row.wanted.get("delete_file"):
        create_input["file_ids"] = files
    if row.type == "Scene" and "file_ids" not in create_input and not create_input.get("title"):
        create_input["title"] = _file_name(row)  # servers create no scene without both
    fields = describe_api().types[f"{row.type}CreateInput"].fields
    pictures = reversal.pictures.unpacked(row.before.get("pictures", {}))
    return create_input | {name: each for name, each in pictures.items() if name in fields}


def _file_name(row: Recorded) -> str:
    """The file name of a scene, as its title."""
    paths = [each["path"] for each in row.before.get("files", ()) or row.before.get("lost", ())]
    name = (paths[0] or "").replace("\\", "/").rpartition("/")[2] if paths else ""
    return name or f"scene {row.id}"


def _is_sent(edit: Edit) -> bool:
    """Whether a value goes into the create input: it is not empty, or required, as second 0 of a marker."""
    field = input_field(edit.type, "Create", edit.field)
    return edit.after not in NOTHING or (field is not None and field.type.required and edit.after is not None)


def current_values(reversal: Reversal, row: Recorded) -> dict[str, Any]:
    """The values of a snapshot with the present ids of linked objects."""
    return {
        name: mapped((row.type, row.id, name), value, reversal.ids.current)
        for name, value in row.before["values"].items()
    }


def _without_missing(type_name: str, name: str, value: Any, missing: set[tuple[str, str]]) -> Any:
    """A value without links to missing objects."""
    relation = relationships(type_name).get(name)
    if relation is None or relation.inverse_type not in ENTITIES:
        return value
    if isinstance(value, list):
        return [item for item in value if (relation.inverse_type, str(key_of(item))) not in missing]
    return None if (relation.inverse_type, str(value)) in missing else value


def _links(reversal: Reversal, row: Recorded) -> Iterator[tuple[str, str]]:
    """Type and present id of every object to which a snapshot's values link."""
    for name, value in current_values(reversal, row).items():
        relation = relationships(row.type).get(name)
        if relation is not None and relation.inverse_type in ENTITIES and value:
            for item in value if isinstance(value, list) else [value]:
                yield relation.inverse_type, str(key_of(item))


def deleted_later(reversal: Reversal, row: Recorded, missing: set[tuple[str, str]]) -> str:
    """Reason why an object cannot be recreated yet: a later run deleted an object that it is linked to."""
    for type_name, one in sorted({*_links(reversal, row), *_referring(reversal, row)} & missing):
        if run := reversal.later_run((type_name, one, "")):
            return f"{ENTITIES[type_name].noun} {one} was deleted by run {run}"
    return ""


def _referring(reversal: Reversal, row: Recorded) -> Iterator[tuple[str, str]]:
    """Type and present id of every object that referred to a deleted object."""
    for type_name, one, *_ in row.before["references"]:
        yield type_name, reversal.ids.current(type_name, one)


async def missing_links(reversal: Reversal, rows: Sequence[Recorded]) -> set[tuple[str, str]]:
    """Linked objects that do not exist: they stay deleted, or are recreated after these."""
    named = {link for row in rows for link in (*_links(reversal, row), *_referring(reversal, row))}
    server = await reversal.session.load_capabilities()
    existing = await read_objects(reversal.session, dict.fromkeys(named, ()), server) if named else {}
    return {link for link in named if link not in existing}


async def _adopted(reversal: Reversal, type_name: str, rows: Sequence[Recorded]) -> dict[str, str]:
    """Old id -> present id of objects that a scan has recreated from their files."""
    entity = ENTITIES.get(type_name)
    if entity is None or "path" not in describe_api().types[entity.filter_type].fields:
        return {}
    present_ids = {}
    for row in rows:
        paths = [each["path"] for each in row.before.get("files", ())[:1]]
        if row.before.get("folder"):
            paths = [row.before["folder"]["path"]]
        for path in paths if "merged_into" not in row.wanted else ():
            criterion = {"path": {"value": path, "modifier": "EQUALS"}}
            args = {"filter": {"per_page": 2}, entity.filter_arg: criterion}
            answer = await reversal.session.call(entity.find, args, [f"{entity.items}.id"], quiet=True)
            ids = [one["id"] for one in answer[entity.items]]
            if len(ids) == 1:
                present_ids[row.id] = ids[0]
    return present_ids


async def link(reversal: Reversal, rows: Sequence[Recorded]) -> None:
    """Give recreated objects the values that their create did not take, and the links from others."""
    galleries = [row for row in rows if row.type == "Gallery"]
    moved = await make_children(reversal, [row for row in rows if row.type != "Gallery"])
    missing = await missing_links(reversal, rows)
    edits: dict[tuple[str, str, str], Edit] = {(each.type, each.id, each.field): each for each in moved}
    replaced_by: dict[tuple[str, str, str], str | None] = {}
    for row in rows:
        for type_name, one in sorted(set(_links(reversal, row)) & missing):
            reason = f"{ENTITIES[type_name].noun} {one} does not exist any more"
            reversal.report.problems.append(Problem(row.type, row.id, "", reason))
        for edit in _own_edits(reversal, row, missing):
            edits[edit.type, edit.id, edit.field] = edit
    for row in rows:
        for reference in row.before["references"]:
            edit = _reference(reversal, reference, edits)
            key = (edit.type, edit.id, edit.field)
            edits[key] = edit
            into = row.wanted.get("merged_into")
            replaced_by[key] = into and reversal.ids.current(row.type, into)
    covers = [edits.pop(key) for key in list(edits) if key[0] == "Gallery" and key[2] == "cover"]
    await reversal.apply(await _open_edits(reversal, list(edits.values()), replaced_by), {})
    # After the images of a gallery: chapters refer to positions among them, and the cover is one of them.
    await make_children(reversal, galleries)
    # Servers before 0.27 have no mutation for covers: they choose the same cover again.
    if (await reversal.session.load_capabilities()).has_mutation("setGalleryCover"):
        await reversal.apply(await _open_edits(reversal, covers, {}), {})


def _reference(
    reversal: Reversal, reference: Sequence[Any], edits: Mapping[tuple[str, str, str], Edit]
) -> Edit:
    """The edit that links another object to a recreated one, combined with an earlier edit of the field."""
    type_name, one, name, item = reference
    key = (type_name, reversal.ids.current(type_name, one), name)
    new = mapped(key, item, reversal.ids.current)
    if not relationships(type_name)[name].is_list:
        return Edit(*key, UNSET, new)
    earlier = edits.get(key)
    items: tuple[Any, ...] = ()
    if earlier is not None:
        items = earlier.after.added if isinstance(earlier.after, Change) else tuple(earlier.after)
    return Edit(*key, UNSET, Change((*items, new)))


async def make_children(reversal: Reversal, parents: Sequence[Recorded]) -> list[Edit]:
    """Recreate the markers and chapters of objects; return the edits that move back existing ones."""
    children = [(row, child) for row in parents for child in row.before.get("children", ())]
    existing = await read_objects(
        reversal.session,
        {
            (child["type"], reversal.ids.current(child["type"], child["id"])): ()
            for _, child in children
            if is_read(child["type"])
        },
        await reversal.session.load_capabilities(),
    )
    moved, rows, operations = [], [], {}
    for parent, child in children:
        row = Recorded(child["type"], child["id"], CREATE, before={"values": child["values"]})
        one = reversal.ids.current(row.type, row.id)
        if (row.type, one) in existing:
            new = reversal.ids.current(parent.type, parent.id)
            moved.append(Edit(row.type, one, CHILDREN[parent.type][2], UNSET, new))
        else:
            rows.append(row)
            operations[row.id] = plan_create(row.type, _create_values(reversal, row, set()))
    await create(reversal, rows, operations)
    return moved


def _own_edits(reversal: Reversal, row: Recorded, missing: set[tuple[str, str]]) -> Iterator[Edit]:
    """Edits for the values of a snapshot; `_open_edits` drops those that the create has set."""
    one = reversal.ids.current(row.type, row.id)
    for name, value in current_values(reversal, row).items():
        edit = Edit(row.type, one, name, UNSET, _without_missing(row.type, name, value, missing))
        if not refusal(edit):
            yield edit


async def _open_edits(
    reversal: Reversal, edits: Sequence[Edit], replaced_by: Mapping[tuple[str, str, str], str | None]
) -> list[Edit]:
    """Return the edits that are still to be made, reduced to what they change.

    `replaced_by` has the links of other objects, each with the object that a merge put in the place of the
    deleted one. A link that somebody else has set meanwhile stays.
    """
    attrs_by_object: dict[tuple[str, str], set[str]] = {}
    for edit in edits:
        if is_read(edit.type):
            attrs_by_object.setdefault((edit.type, edit.id), set()).add(edit.field)
    rows = (
        await read_objects(reversal.session, attrs_by_object, await reversal.session.load_capabilities())
        if attrs_by_object
        else {}
    )
    open_edits = []
    for edit in edits:
        key = key_of_edit(edit)
        row = rows.get(key[:2])
        now = UNSET if row is None else before_of(edit.type, edit.field, row)
        remaining = remaining_edit(edit, now)
        is_set_by_others = (
            key in replaced_by and not isinstance(edit.after, Change) and now not in (None, replaced_by[key])
        )
        if remaining is not None and is_set_by_others:
            reversal.report.problems.append(Problem(*key, f"{CHANGED} by somebody else"))
        elif remaining is not None:
            open_edits.append(remaining)
    return open_edits
