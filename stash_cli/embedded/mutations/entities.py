"""Create, update, bulk update and destroy of every entity; contents of galleries and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence import blobs, changeset, deletion, entity_mapper, hierarchy
from stash_cli.embedded.persistence.lists import ADD, REMOVE, ListChange, ManyToMany
from stash_cli.embedded.persistence.validators import refuse_scanned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.embedded.library.context import Input, RequestContext, Resolver
    from stash_cli.embedded.persistence.entity_mapper import EntityMapper


Member = tuple[int, str | None]
"""Id and description of a sub-group."""


def _sub_groups(connection: Connection, group: int) -> list[Member]:
    columns = t.groups_relations.c
    query = select(columns.sub_id, columns.description).where(columns.containing_id == group)
    return [(sub, text) for sub, text in connection.execute(query.order_by(columns.order_index))]


def _write_sub_groups(connection: Connection, group: int, members: Sequence[Member]) -> None:
    # Positions are unique in a group, so the order is rewritten as a whole instead of shifting rows.
    connection.execute(delete(t.groups_relations).where(t.groups_relations.c.containing_id == group))
    rows = [
        {"containing_id": group, "sub_id": sub, "description": text, "order_index": position}
        for position, (sub, text) in enumerate(members, 1)
    ]
    if rows:
        connection.execute(insert(t.groups_relations), rows)


def add_sub_groups(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Insert groups at `insert_index`, counted from 1; 0, null or a position past the end appends."""
    group = inputs.to_id(input["containing_group_id"], "containing group id")
    new = [
        (inputs.to_id(sub_group["group_id"], "sub group ids"), sub_group.get("description"))
        for sub_group in input["sub_groups"]
    ]
    members = _sub_groups(context.connection, group)
    duplicates = [str(sub) for sub, _ in new if sub in dict(members)]
    if duplicates:
        raise Refused(f"subgroups with IDs [{' '.join(duplicates)}] already in group")
    if any(sub == group for sub, _ in new):
        raise Refused("a group cannot be contained by one of its subgroups")
    position = input.get("insert_index") or 0
    if position < 0:
        raise Refused("invalid insert index")
    index = position - 1 if 1 <= position <= len(members) else len(members)
    _write_sub_groups(context.connection, group, [*members[:index], *new, *members[index:]])
    hierarchy.refuse_group_cycle(context.connection, group)
    return True


def remove_sub_groups(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Remove sub-groups; ids that are not in the group are ignored."""
    group = inputs.to_id(input["containing_group_id"], "containing group id")
    removed = inputs.to_ids(input["sub_group_ids"], "sub group ids")
    members = [member for member in _sub_groups(context.connection, group) if member[0] not in removed]
    _write_sub_groups(context.connection, group, members)
    return True


def reorder_sub_groups(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Move sub-groups, in the given order, before (or after) `insert_at_id`."""
    group = inputs.to_id(input["group_id"], "group id")
    moved = inputs.to_ids(input["sub_group_ids"], "sub group ids")
    target = inputs.to_id(input["insert_at_id"], "insert at id")
    descriptions = dict(_sub_groups(context.connection, group))
    for sub in (target, *moved):
        if sub not in descriptions:
            raise Refused(f"sub-group {sub} not found in containing group {group}")
    order = list(descriptions)
    position = order.index(target) + bool(input.get("insert_after"))
    before = [sub for sub in order[:position] if sub not in moved]
    after = [sub for sub in order[position:] if sub not in moved]
    _write_sub_groups(
        context.connection, group, [(sub, descriptions[sub]) for sub in (*before, *moved, *after)]
    )
    return True


_IMAGES = ManyToMany(t.galleries_images, "gallery_id", "image_id", "image ids")


def _require(connection: Connection, value: Any) -> int:
    gallery = inputs.to_id(value, "gallery id")
    if connection.scalar(select(t.galleries.c.id).where(t.galleries.c.id == gallery)) is None:
        raise Refused(f"gallery with id {gallery} not found")
    return gallery


def changing_images(mode: str) -> Resolver:
    """Resolver that adds or removes images of a user-created gallery; redundant changes are ignored."""

    def resolve(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
        gallery = _require(context.connection, input["gallery_id"])
        refuse_scanned(context.connection, gallery)
        _IMAGES.write(context.connection, gallery, ListChange(mode, input["image_ids"]))
        return True

    return resolve


def set_cover(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Set the cover; an image outside the gallery clears it, as on the server."""
    gallery = _require(context.connection, input["gallery_id"])
    _set_cover(context.connection, gallery, inputs.to_id(input["cover_image_id"], "image id"))
    return True


def reset_cover(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    _set_cover(context.connection, _require(context.connection, input["gallery_id"]), None)
    return True


def _set_cover(connection: Connection, gallery: int, image: int | None) -> None:
    columns = t.galleries_images.c
    of_gallery = columns.gallery_id == gallery
    connection.execute(update(t.galleries_images).where(of_gallery).values(cover=False))
    if image is not None:
        connection.execute(
            update(t.galleries_images).where(of_gallery, columns.image_id == image).values(cover=True)
        )


_CONTENTS: dict[str, Resolver] = {
    "addGroupSubGroups": add_sub_groups,
    "removeGroupSubGroups": remove_sub_groups,
    "reorderSubGroups": reorder_sub_groups,
    "addGalleryImages": changing_images(ADD),
    "removeGalleryImages": changing_images(REMOVE),
    "setGalleryCover": set_cover,
    "resetGalleryCover": reset_cover,
}


def destroying(mapper: EntityMapper) -> Resolver:
    """Resolver of a destroy mutation with its ids in `id`, `ids`, `input.id` or `input.ids`."""

    def resolve(context: RequestContext, **arguments: Any) -> bool:
        options_input = arguments.get("input", arguments)
        ids = (
            inputs.to_ids(options_input.get("ids"), "ids")
            if "ids" in options_input
            else [inputs.to_id(options_input["id"])]
        )
        options = deletion.Options.read(options_input, deletion.unlink_after_commit(context))
        for object_id in ids:
            changeset.require(context.connection, mapper, object_id, mapper.missing_on_destroy)
            deletion.destroy(context.connection, mapper, object_id, options)
        blobs.delete_unreferenced(context.connection)
        return True

    return resolve


def _destroy_resolvers() -> dict[str, Resolver]:
    plurals = {
        "Scene": "scenes",
        "Image": "images",
        "SceneMarker": "sceneMarkers",
        "Performer": "performers",
        "Studio": "studios",
        "Tag": "tags",
        "Group": "groups",
    }
    resolvers: dict[str, Resolver] = {}
    for mapper in entity_mapper.MAPPERS.values():
        resolver = destroying(mapper)
        resolvers[f"{mapper.type[0].lower()}{mapper.type[1:]}Destroy"] = resolver
        if mapper.type in plurals:
            resolvers[f"{plurals[mapper.type]}Destroy"] = resolver
    resolvers["movieDestroy"] = resolvers["moviesDestroy"] = resolvers["groupDestroy"]
    return resolvers


def creating(mapper: EntityMapper, shown: str = "") -> Resolver:
    """Resolver of `<entity>Create`; `shown` is the result type when it differs from the mapper's."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        return context.fetch(shown or mapper.type, changeset.create(context.connection, mapper, input))

    return resolve


def updating(mapper: EntityMapper, shown: str = "") -> Resolver:
    """Resolver of `<entity>Update`."""

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        return context.fetch(shown or mapper.type, apply_update(context, mapper, input))

    return resolve


def updating_many(mapper: EntityMapper) -> Resolver:
    """Resolver of `<entities>Update`: a list of update inputs in one transaction."""

    def resolve(context: RequestContext, *, input: list[Input]) -> Any:  # noqa: A002 - the API's own name
        return context.fetch_many(mapper.type, [apply_update(context, mapper, item) for item in input])

    return resolve


def apply_update(context: RequestContext, mapper: EntityMapper, values: Mapping[str, Any]) -> int:
    """Apply one update input and return the id."""
    object_id = inputs.to_id(values["id"])
    changeset.require(context.connection, mapper, object_id, mapper.missing)
    return changeset.update_one(context.connection, mapper, object_id, values)


def bulk_updating(mapper: EntityMapper, shown: str = "") -> Resolver:
    """Resolver of `bulk<Entity>Update`: one change for many ids; the result is null without ids."""
    missing = mapper.missing_in_bulk or mapper.missing

    def resolve(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
        ids = inputs.to_ids(input.get("ids"), "ids")
        if not ids:
            return None
        for object_id in ids:
            changeset.require(context.connection, mapper, object_id, missing)
            changeset.update_one(context.connection, mapper, object_id, {**input, "ids": ids})
        return context.fetch_many(shown or mapper.type, ids)

    return resolve


def _resolvers() -> dict[str, Resolver]:
    resolvers: dict[str, Resolver] = {}
    for mapper in entity_mapper.MAPPERS.values():
        name = mapper.type[0].lower() + mapper.type[1:]
        resolvers[f"{name}Create"] = creating(mapper)
        resolvers[f"{name}Update"] = updating(mapper)
        resolvers[f"bulk{mapper.type}Update"] = bulk_updating(mapper)
    for name, mapper in (
        ("scenesUpdate", entity_mapper.SCENE),
        ("imagesUpdate", entity_mapper.IMAGE),
        ("galleriesUpdate", entity_mapper.GALLERY),
    ):
        resolvers[name] = updating_many(mapper)
    resolvers["movieCreate"] = creating(entity_mapper.GROUP, "Movie")
    resolvers["movieUpdate"] = updating(entity_mapper.GROUP, "Movie")
    resolvers["bulkMovieUpdate"] = bulk_updating(entity_mapper.GROUP, "Movie")
    for name_without_mutation in ("imageCreate", "bulkGalleryChapterUpdate"):
        del resolvers[name_without_mutation]
    return resolvers


RESOLVERS = _resolvers() | _destroy_resolvers() | _CONTENTS
