"""Merges of scenes, performers and tags: the destination takes over from the sources, which are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence import blobs, changeset, deletion, entity_mapper, hierarchy
from stash_cli.embedded.persistence.files import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.embedded.library.context import Input, RequestContext, Resolver
    from stash_cli.embedded.persistence.entity_mapper import EntityMapper

_PERFORMER_LINKS = (
    t.performers_scenes,
    t.performers_images,
    t.performers_galleries,
    t.performers_tags,
)
_LEGACY_URLS = frozenset({"url", "twitter", "instagram"})


def _read(mapper: EntityMapper, merge_input: Input) -> tuple[list[int], int]:
    """Source ids and destination id. Raises Refused if the destination is among the sources."""
    sources = inputs.to_ids(merge_input["source"], f"source {mapper.noun} ids")
    destination = inputs.to_id(merge_input["destination"], f"destination {mapper.noun} id")
    if destination in sources:
        raise Refused(f"destination {mapper.noun} cannot be in source list")
    return sources, destination


def _require_all(connection: Connection, mapper: EntityMapper, sources: Iterable[int]) -> None:
    for source in sources:
        message = f"finding source {mapper.noun}s: {mapper.missing}"
        changeset.require(connection, mapper, source, message)


def merge_scenes(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Merge scenes: files and markers move, histories on request; all other fields come from `values`."""
    sources, destination = _read(entity_mapper.SCENE, input)
    if sources:
        connection = context.connection
        _require_all(connection, entity_mapper.SCENE, sources)
        changeset.require(connection, entity_mapper.SCENE, destination, entity_mapper.SCENE.missing)
        for source in sources:
            _move_scene_parts(connection, source, destination, input)
            deletion.destroy(connection, entity_mapper.SCENE, source, deletion.Options())
        changeset.update_one(connection, entity_mapper.SCENE, destination, input.get("values") or {})
        blobs.delete_unreferenced(connection)
    return context.fetch("Scene", destination)


def _move_scene_parts(connection: Connection, source: int, destination: int, options: Input) -> None:
    moved_tables: list[Table] = [t.scene_markers]
    moved_tables += [t.scenes_view_dates] if options.get("play_history") else []
    moved_tables += [t.scenes_o_dates] if options.get("o_history") else []
    for table in moved_tables:
        of_source = table.c.scene_id == source
        connection.execute(update(table).where(of_source).values(scene_id=destination))
    files = FILES["Scene"].ids(connection, source)
    connection.execute(delete(t.scenes_files).where(t.scenes_files.c.scene_id == source))
    for file in files:
        FILES["Scene"].assign(connection, destination, file)


def merge_performers(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Merge performers: scenes, images, galleries and tags are combined; other fields come from `values`."""
    sources, destination = _read(entity_mapper.PERFORMER, input)
    values = input.get("values") or {}
    if _LEGACY_URLS & values.keys():
        raise Refused("Merging legacy performer URLs is not supported")
    if sources:
        connection = context.connection
        _require_all(connection, entity_mapper.PERFORMER, sources)
        if not changeset.exists(connection, entity_mapper.PERFORMER, destination):
            raise Refused("updating performer: sql: no rows in result set")
        for source in sources:
            for table in _PERFORMER_LINKS:
                move_links(connection, table, "performer_id", source, destination)
            deletion.destroy(connection, entity_mapper.PERFORMER, source, deletion.Options())
        changeset.update_one(connection, entity_mapper.PERFORMER, destination, values)
        blobs.delete_unreferenced(connection)
    return context.fetch("Performer", destination)


def move_links(
    connection: Connection, table: Table, owner_column: str, source: int, destination: int
) -> None:
    """Move the join table rows of `source` to `destination`, without duplicates."""
    of_source = table.c[owner_column] == source
    rows = [
        {**row, owner_column: destination}
        for row in connection.execute(select(table).where(of_source)).mappings()
    ]
    connection.execute(delete(table).where(of_source))
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def merge_tags(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Merge tags: uses, stash ids, parents and children are combined; names and aliases become aliases."""
    sources = inputs.to_ids(input["source"], "source tag ids")
    destination = inputs.to_id(input["destination"], "destination tag id")
    if not sources:
        return None
    connection = context.connection
    changeset.require(connection, entity_mapper.TAG, destination, entity_mapper.TAG.missing)
    for source in sources:
        if source == destination:
            raise Refused("cannot merge where source == destination")
        changeset.require(connection, entity_mapper.TAG, source, entity_mapper.TAG.missing_on_destroy)
    for source in sources:
        _merge_tag(connection, source, destination)
    hierarchy.refuse_tag_below_itself(connection, destination)
    changeset.update_one(connection, entity_mapper.TAG, destination, input.get("values") or {})
    blobs.delete_unreferenced(connection)
    return context.fetch("Tag", destination)


def _merge_tag(connection: Connection, source: int, destination: int) -> None:
    markers = t.scene_markers
    primary = markers.c.primary_tag_id == source
    connection.execute(update(markers).where(primary).values(primary_tag_id=destination))
    for table in t.metadata.tables.values():
        # All join tables with tags: scenes_tags, performers_tags, and so on.
        if table.name.endswith("s_tags"):
            move_links(connection, table, "tag_id", source, destination)
    for column in ("parent_id", "child_id"):
        move_links(connection, t.tags_relations, column, source, destination)
    relations = t.tags_relations.c
    is_self_relation = (relations.parent_id == destination) & (relations.child_id == destination)
    connection.execute(delete(t.tags_relations).where(is_self_relation))
    _merge_names(connection, source, destination)
    _merge_stash_ids(connection, source, destination)
    deletion.destroy(connection, entity_mapper.TAG, source, deletion.Options())


def _merge_names(connection: Connection, source: int, destination: int) -> None:
    name = connection.scalar(select(t.tags.c.name).where(t.tags.c.id == source))
    destination_name = connection.scalar(select(t.tags.c.name).where(t.tags.c.id == destination))
    aliases = t.tag_aliases
    connection.execute(update(aliases).where(aliases.c.tag_id == source).values(tag_id=destination))
    if name != destination_name:
        connection.execute(insert(aliases).values(tag_id=destination, alias=name).on_conflict_do_nothing())


def _merge_stash_ids(connection: Connection, source: int, destination: int) -> None:
    table = t.tag_stash_ids
    existing = select(table.c.endpoint, table.c.stash_id).where(table.c.tag_id == destination)
    known_ids = set(connection.execute(existing).all())
    rows = connection.execute(select(table).where(table.c.tag_id == source)).mappings().all()
    new = [
        dict(row, tag_id=destination) for row in rows if (row["endpoint"], row["stash_id"]) not in known_ids
    ]
    connection.execute(delete(table).where(table.c.tag_id == source))
    if new:
        connection.execute(insert(table), new)


RESOLVERS: dict[str, Resolver] = {
    "sceneMerge": merge_scenes,
    "performerMerge": merge_performers,
    "tagsMerge": merge_tags,
}
