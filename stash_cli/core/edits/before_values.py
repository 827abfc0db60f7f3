"""Values before an edit that the plan did not read: one request per type and 500 objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.orm.input import PRIMARY_FILE, before_of, field_paths
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

    Rows = Mapping[tuple[str, str], Mapping[str, Any]]


async def with_before(session: Session, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits with the values that they replace; `before` stays UNSET where it cannot be read."""
    server = await session.load_capabilities()
    attrs_by_object: dict[tuple[str, str], set[str]] = {}
    for edit in edits:
        for type_name, one, attr in reads_of(edit) if edit.before is UNSET else ():
            attrs_by_object.setdefault((type_name, one), set()).add(attr)
    if not attrs_by_object:
        return list(edits)
    rows = await read_objects(session, attrs_by_object, server)
    return [filled(edit, rows) for edit in edits]


def reads_of(edit: Edit) -> Iterable[tuple[str, str, str]]:
    """Yield type, id and attribute of each value to read to know what an edit replaces."""
    relation = relationships(edit.type).get(edit.field)
    if relation is not None and relation.query_strategy == "filter_query":
        # The related objects store this list: read only those that the edit adds or removes.
        if relation.inverse_field and isinstance(edit.after, Change):
            for item in (*edit.after.added, *edit.after.removed):
                yield relation.inverse_type, str(key_of(item)), relation.inverse_field
    elif is_read(edit.type) and edit.id:
        yield edit.type, edit.id, edit.field


def filled(edit: Edit, rows: Rows) -> Edit:
    """Fill in the value that an edit replaces, if `rows` (read for `reads_of`) have it."""
    if edit.before is not UNSET:
        return edit
    relation = relationships(edit.type).get(edit.field)
    if relation is not None and relation.query_strategy == "filter_query":
        return replace(edit, before=_members(edit, relation, rows))
    row = rows.get((edit.type, edit.id))
    return edit if row is None else replace(edit, before=before_of(edit.type, edit.field, row))


def _members(edit: Edit, relation: RelationshipMetadata, rows: Rows) -> Any:
    """Items of a change that are in the list at present."""
    if not isinstance(edit.after, Change) or relation.inverse_field is None:
        return UNSET
    members = []
    for item in (*edit.after.added, *edit.after.removed):
        row = rows.get((relation.inverse_type, str(key_of(item))))
        value = before_of(relation.inverse_type, relation.inverse_field, row) if row else None
        many = value if isinstance(value, list) else [value]
        if edit.id in map(key_of, many):
            members.append(item)
    return members


async def read_objects(
    session: Session, wanted: Mapping[tuple[str, str], Iterable[str]], server: ServerCapabilities
) -> dict[tuple[str, str], dict[str, Any]]:
    """Read objects with the given attributes of each; those that do not exist are left out."""
    by_type: dict[str, tuple[list[str], set[str]]] = {}
    for (type_name, one), attrs in wanted.items():
        ids, names = by_type.setdefault(type_name, ([], set()))
        ids.append(one)
        names.update(attrs)
    rows = {}
    for type_name, (ids, names) in by_type.items():
        paths = ["id", "created_at", *paths_of(type_name, names, server)]
        async for row in rows_of(session, type_name, ids, paths):
            rows[type_name, row["id"]] = row
    return rows


CHAPTER = "GalleryChapter"


def is_read(type_name: str) -> bool:
    """Whether objects of a type can be read: entities, and chapters."""
    return type_name in ENTITIES or type_name == CHAPTER


async def rows_of(
    session: Session, type_name: str, ids: Sequence[str], paths: Sequence[str]
) -> AsyncIterator[dict[str, Any]]:
    """Yield the existing objects with these ids, with the fields in `paths`."""
    if type_name != CHAPTER:
        async for row in session.rows_by_id(type_name, ids, paths):
            yield row
        return
    # There is no query for chapters: they are read as a field of galleries.
    paths_below = [f"galleries.chapters.{path}" for path in paths if not path.startswith("gallery.")]
    args = {"filter": {"per_page": -1}, "gallery_filter": {"has_chapters": "true"}}
    answer = await session.call("findGalleries", args, ["galleries.id", *paths_below])
    for gallery in answer["galleries"]:
        for row in gallery["chapters"]:
            if row["id"] in ids:
                yield {**row, "gallery": {"id": gallery["id"]}}


def paths_of(type_name: str, attrs: Iterable[str], server: ServerCapabilities) -> list[str]:
    """Paths to select for attributes, limited to those that the server has."""
    names = set(attrs)
    fields = (field for field in describe_api().types[type_name].fields.values() if field.attr in names)
    paths = (path for field in fields for path in field_paths(field))
    selected = [path for path in paths if is_readable(type_name, path, server)]
    if PRIMARY_FILE in names:
        selected.append("visual_files.id" if type_name == "Image" else "files.id")
    return selected


def is_readable(type_name: str, path: str, server: ServerCapabilities) -> bool:
    """Whether the server has a path, or for `urls` the single `url` of older releases."""
    return server.has_path(type_name, path) or (path == "urls" and server.has_single_url(type_name))


TIMES = {number: times for times, number in COUNTED.items()}
"""Counter of a scene -> its history, to which times are added and from which they are removed."""


async def read_times(
    session: Session, edits: Sequence[Edit], server: ServerCapabilities
) -> dict[tuple[str, str], Any]:
    """Read the histories of scenes to be counted, by id and counter; none if the server stores none."""
    attrs_by_object: dict[tuple[str, str], set[str]] = {}
    for edit in edits:
        times = TIMES.get(edit.field) if edit.type == "Scene" and edit.id else None
        if times is not None and server.field_name("Scene", times):
            attrs_by_object.setdefault(("Scene", edit.id), set()).add(times)
    rows = await read_objects(session, attrs_by_object, server) if attrs_by_object else {}
    numbers = [
        (one, number)
        for _, one in rows
        for number, times in TIMES.items()
        if times in attrs_by_object["Scene", one]
    ]
    return {(one, number): rows["Scene", one].get(TIMES[number]) or [] for one, number in numbers}
