"""Contents of galleries and groups: images, cover, order of sub-groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql import inputs
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence import hierarchy
from stash_cli.embedded.persistence.lists import ADD, REMOVE, ListChange, ManyToMany
from stash_cli.embedded.persistence.validators import refuse_scanned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.embedded.library.context import Input, RequestContext, Resolver

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
        {"containing_id": group, "sub_id": sub, "description": text, "order_index": place}
        for place, (sub, text) in enumerate(members, 1)
    ]
    if rows:
        connection.execute(insert(t.groups_relations), rows)


def add_sub_groups(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Insert groups at `insert_index`, counted from 1; 0, null or a position past the end appends."""
    group = inputs.to_id(input["containing_group_id"], "containing group id")
    new = [
        (inputs.to_id(one["group_id"], "sub group ids"), one.get("description"))
        for one in input["sub_groups"]
    ]
    members = _sub_groups(context.connection, group)
    twice = [str(sub) for sub, _ in new if sub in dict(members)]
    if twice:
        raise Refused(f"subgroups with IDs [{' '.join(twice)}] already in group")
    if any(sub == group for sub, _ in new):
        raise Refused("a group cannot be contained by one of its subgroups")
    place = input.get("insert_index") or 0
    if place < 0:
        raise Refused("invalid insert index")
    at = place - 1 if 1 <= place <= len(members) else len(members)
    _write_sub_groups(context.connection, group, [*members[:at], *new, *members[at:]])
    hierarchy.refuse_group_cycle(context.connection, group)
    return True


def remove_sub_groups(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Remove sub-groups; ids that are not in the group are ignored."""
    group = inputs.to_id(input["containing_group_id"], "containing group id")
    gone = inputs.to_ids(input["sub_group_ids"], "sub group ids")
    members = [member for member in _sub_groups(context.connection, group) if member[0] not in gone]
    _write_sub_groups(context.connection, group, members)
    return True


def reorder_sub_groups(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Move sub-groups, in the given order, before (or after) `insert_at_id`."""
    group = inputs.to_id(input["group_id"], "group id")
    moved = inputs.to_ids(input["sub_group_ids"], "sub group ids")
    target = inputs.to_id(input["insert_at_id"], "insert at id")
    held = dict(_sub_groups(context.connection, group))
    for sub in (target, *moved):
        if sub not in held:
            raise Refused(f"sub-group {sub} not found in containing group {group}")
    order = list(held)
    place = order.index(target) + bool(input.get("insert_after"))
    before = [sub for sub in order[:place] if sub not in moved]
    after = [sub for sub in order[place:] if sub not in moved]
    _write_sub_groups(context.connection, group, [(sub, held[sub]) for sub in (*before, *moved, *after)])
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
    mine = columns.gallery_id == gallery
    connection.execute(update(t.galleries_images).where(mine).values(cover=False))
    if image is not None:
        connection.execute(
            update(t.galleries_images).where(mine, columns.image_id == image).values(cover=True)
        )


RESOLVERS: dict[str, Resolver] = {
    "addGroupSubGroups": add_sub_groups,
    "removeGroupSubGroups": remove_sub_groups,
    "reorderSubGroups": reorder_sub_groups,
    "addGalleryImages": changing_images(ADD),
    "removeGalleryImages": changing_images(REMOVE),
    "setGalleryCover": set_cover,
    "resetGalleryCover": reset_cover,
}
