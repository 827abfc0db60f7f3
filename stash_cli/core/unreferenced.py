"""Objects that nothing refers to: no other object, no saved filter, no list of the web interface."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import FindQuery, iter_pages, iter_rows
from stash_cli.core.client.saved_filters import all_filters
from stash_cli.core.edits.drafts.recheck import paths_of
from stash_cli.core.edits.merging.combine import RULES
from stash_cli.core.edits.merging.merge import PICTURES, has_picture, naming
from stash_cli.core.edits.merging.references import CHILDREN, Reference, references_to
from stash_cli.core.orm.edit import key_of
from stash_cli.core.orm.input import before_of
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.query.saved_filters.reading import related_in
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]

_COUNTS = {
    "Tag": (
        *("scene_count", "image_count", "gallery_count", "performer_count", "studio_count", "group_count"),
        *("marker_count", "child_count"),
    ),
    "Performer": ("scene_count", "image_count", "gallery_count"),
    "Studio": ("scene_count", "image_count", "gallery_count", "group_count", "child_count"),
    "Group": ("scene_count", "sub_group_count", "containing_group_count"),
    "Gallery": ("image_count", "file_count"),
    "Scene": ("file_count",),
}
"""Type -> count criteria that are 0 for objects that nothing refers to; a server may lack some."""
TYPES = tuple(_COUNTS)
_PARTS = {"Gallery": ("folder.id", "files.id", "chapters.id"), "Scene": ("files.id", "scene_markers.id")}
"""Type -> paths of the parts of an object; an object with any part is not unreferenced."""
_NO_DATA = frozenset({"name", "title", "sort_name", "ignore_auto_tag", "organized"})
"""Fields that do not make an object worth keeping."""


async def unreferenced(
    session: Session, type_name: str, ids: Sequence[str] | None = None
) -> AsyncIterator[list[dict[str, Any]]]:
    """Pages of the objects that nothing refers to, with `has_data`: whether they have data of their own.

    `ids` limits this to the objects with these ids that still exist. Related objects count as data, except
    parents and children of the same type.
    """
    server, entity = await session.load_capabilities(), ENTITIES[type_name]
    filters = [row for row, _ in await all_filters(session)]
    named = {one for row in filters for one in related_in(row, type_name)}
    known = {name for name in _COUNTS[type_name] if server.field_name(entity.filter_type, name)}
    criteria = {name: {"value": 0, "modifier": "EQUALS"} for name in sorted(known)}
    parts = {path.partition(".")[0] for path in _PARTS.get(type_name, ())}
    query = FindQuery(entity, filter=criteria or None, sort="id", ids=None if ids is None else tuple(ids))
    async for page in iter_pages(session, query, _paths(type_name, server)):
        empty = [row for row in page if not any(row.get(name) for name in parts)]
        used = await referenced(session, type_name, [row["id"] for row in empty])
        unused = [row for row in empty if row["id"] not in used and row["id"] not in named]
        yield [{**row, "has_data": has_data(type_name, row)} for row in unused]


def _paths(type_name: str, server: ServerCapabilities) -> list[str]:
    entity = ENTITIES[type_name]
    pictures = [name for name in PICTURES if name in entity.api.fields]
    found = [*paths_of(type_name, RULES[type_name]), entity.label, *pictures, *_PARTS.get(type_name, ())]
    return [path for path in dict.fromkeys(found) if server.has_path(type_name, path)]


async def referenced(session: Session, type_name: str, ids: Sequence[str]) -> set[str]:
    """The `ids` that other objects refer to."""
    if not ids:
        return set()
    references = [*(each for each in references_to(type_name) if not each.is_owned)]
    references += [CHILDREN["Studio"]] if type_name == "Studio" else []
    found = await asyncio.gather(*(_named_by(session, each, ids) for each in references))
    return set(ids) & set().union(*found)


async def _named_by(session: Session, each: Reference, ids: Sequence[str]) -> set[str]:
    """The ids that objects name in the fields of a reference; all of `ids` that they name are among them."""
    server, entity = await session.load_capabilities(), ENTITIES[each.type]
    if server.field_name(entity.filter_type, each.criterion):
        rows = await naming(session, each, ids, each.fields)
        return {one for row in rows for one in _named(each, row)}
    paths = [path for path in paths_of(each.type, each.fields) if server.has_path(each.type, path)]
    if paths == ["id"]:
        return set()  # this release has no such reference
    query = FindQuery(entity, sort="id")  # the release has the fields, but no filter for them
    return {one async for row in iter_rows(session, query, paths) for one in _named(each, row)}


def _named(each: Reference, row: Row) -> list[str]:
    """The ids that an object names in the fields of a reference."""
    found = []
    for name in each.fields:
        value = before_of(each.type, name, row)
        items = value if isinstance(value, list) else [value]
        found += [str(key_of(item)) for item in items if item not in (None, UNSET)]
    return found


def has_data(type_name: str, row: Row) -> bool:
    """Whether an object has a picture, or a value in a field other than its name."""
    if has_picture(row):
        return True
    for name in RULES[type_name]:
        relation = relationships(type_name).get(name)
        is_tree = relation is not None and relation.inverse_type == type_name
        value = before_of(type_name, name, row)
        if name not in _NO_DATA and not is_tree and value not in (None, UNSET, "", [], {}, 0, False):
            return True
    return False
