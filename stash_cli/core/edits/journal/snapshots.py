"""Snapshots of objects before they are deleted or merged away, with everything needed to recreate them.

A snapshot is JSON: `values` by attribute in the shape of the update input, `references` from other objects as
(type, id, field, item), `children` that are deleted along with it (markers, chapters), and its `files`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.before_values import is_readable, paths_of, rows_of
from stash_cli.core.graphql.batch import BatchOperation, execute_batch
from stash_cli.core.orm.edit import key_of
from stash_cli.core.orm.input import attributes, before_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import SIDE_MUTATIONS
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]

CHILDREN = {
    "Scene": ("scene_markers", "SceneMarker", "scene"),
    "Gallery": ("chapters", "GalleryChapter", "gallery"),
}
"""Type -> field with the children that are deleted along with it, their type, their field of the parent."""
FILES = {
    "Scene": ("files.id", "files.path"),
    "Gallery": ("files.id", "files.path", "folder.id", "folder.path"),
    "Image": ("visual_files.id", "visual_files.path"),
}
"""Type -> paths to the files of an object, and the folder of a gallery."""
_COUNTED = ("play_count", "o_counter")


async def read_snapshots(
    session: Session, type_name: str, ids: Sequence[str]
) -> dict[str, tuple[dict[str, Any], str | None]]:
    """Id -> snapshot and created_at of the objects that exist.

    One request for the objects, and one for all references to them.
    """
    server = await session.load_capabilities()
    snapshots = {}
    paths = list(dict.fromkeys(["id", *_paths(type_name, server)]))
    async for row in rows_of(session, type_name, ids, paths):
        snapshots[str(row["id"])] = (_snapshot(type_name, row), row.get("created_at"))
    for one, reference in await _references(session, type_name, list(snapshots), server):
        snapshots[one][0]["references"].append(reference)
    return snapshots


def _paths(type_name: str, server: ServerCapabilities) -> Iterator[str]:
    yield from paths_of(type_name, ["created_at", *_attributes(type_name)], server)
    paths: list[str] = []
    if type_name in CHILDREN:
        name, child, _ = CHILDREN[type_name]
        paths += [f"{name}.{path}" for path in ("id", *paths_of(child, attributes(child).values(), server))]
    paths += FILES.get(type_name, ())
    yield from (
        path for path in paths if path.startswith("visual_files") or is_readable(type_name, path, server)
    )


def _attributes(type_name: str) -> list[str]:
    """Attributes that any mutation writes, side mutations included."""
    sides = (name for kind, name in SIDE_MUTATIONS if kind == type_name)
    return list(dict.fromkeys([*attributes(type_name).values(), *sides]))


def _snapshot(type_name: str, row: Row) -> dict[str, Any]:
    """The snapshot of an object from its row, still without references."""
    fields = {name: before_of(type_name, name, row) for name in _attributes(type_name) if name != "id"}
    values = {name: _plain(value) for name, value in fields.items() if value is not UNSET}
    # Counters follow from the histories; recreating both would count twice.
    if type_name == "Scene" and "play_history" in values:
        values = {name: value for name, value in values.items() if name not in _COUNTED}
    snapshot: dict[str, Any] = {"values": values, "references": []}
    if type_name in CHILDREN:
        name, child, _ = CHILDREN[type_name]
        snapshot["children"] = [_child(child, each) for each in row.get(name) or ()]
    if files := row.get("files") or row.get("visual_files"):
        snapshot["files"] = [{"id": each["id"], "path": each.get("path")} for each in files]
    if row.get("folder"):
        snapshot["folder"] = {"id": row["folder"]["id"], "path": row["folder"]["path"]}
    return snapshot


def _plain(value: Any) -> Any:
    """A value; for an object that inputs refer to by id, the id."""
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _child(type_name: str, row: Row) -> dict[str, Any]:
    fields = {
        name: before_of(type_name, name, row) for name in attributes(type_name).values() if name != "id"
    }
    values = {name: value for name, value in fields.items() if value is not UNSET}
    return {"type": type_name, "id": str(row["id"]), "values": values}


async def _references(
    session: Session, type_name: str, ids: Sequence[str], server: ServerCapabilities
) -> list[tuple[str, list[Any]]]:
    """Id of an object and reference to it, for everything that refers to `ids`; in one request."""
    id_set = set(ids)
    relations = [
        each
        for each in relationships(type_name).values()
        if each.query_strategy == "filter_query"
        and each.inverse_field
        and each.inverse_type in ENTITIES
        and not (type_name in CHILDREN and CHILDREN[type_name][1] == each.inverse_type)
        # Where a release lacks the field, nothing refers to these objects by it.
        and is_readable(each.inverse_type, each.inverse_field, server)
    ]
    if not relations or not ids:
        return []
    queries, fields = [], []
    for each in relations:
        entity = ENTITIES[each.inverse_type]
        names = [each.inverse_field or "", *(("primary_tag",) if each.inverse_type == "SceneMarker" else ())]
        paths = [f"{entity.items}.{path}" for path in ("id", *paths_of(entity.type, names, server))]
        criterion = {each.filter_field or "": {"value": list(ids), "modifier": "INCLUDES"}}
        args = {"filter": {"per_page": -1}, entity.filter_arg: criterion}
        queries.append(BatchOperation(entity.find, args, paths, quiet=True))
        fields.append((entity, names))
    batch = await execute_batch(session, queries)
    for failed in batch.unfinished:
        if failed.error is not None:
            raise failed.error
    references = []
    for (entity, names), answer in zip(fields, batch, strict=True):
        for row in answer.result.get(entity.items) or ():
            references += list(_references_of(entity.type, names, row, id_set))
    return references


def _references_of(
    type_name: str, names: Sequence[str], row: Row, id_set: set[str]
) -> Iterator[tuple[str, list[Any]]]:
    """The references of one row to any of the wanted objects."""
    for name in names:
        value = before_of(type_name, name, row)
        many = value if isinstance(value, list) else [] if value in (None, UNSET) else [value]
        for item in many:
            one = str(key_of(item))
            if one in id_set:
                yield one, [type_name, str(row["id"]), name, item]
