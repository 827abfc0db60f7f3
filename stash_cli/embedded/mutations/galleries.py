"""Contents, cover and chapters of a gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence.arguments import to_id
from stash_cli.embedded.persistence.lists import ADD, REMOVE, Link, ListChange
from stash_cli.embedded.persistence.validators import refuse_scanned
from stash_cli.embedded.tables import galleries, galleries_images

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.library.context import RequestContext
    from stash_cli.embedded.mutations.resolver import Input, Resolver

_IMAGES = Link(galleries_images, "gallery_id", "image_id", "image ids")


def _require(connection: Connection, value: Any) -> int:
    gallery = to_id(value, "gallery id")
    if connection.scalar(select(galleries.c.id).where(galleries.c.id == gallery)) is None:
        raise Refused(f"gallery with id {gallery} not found")
    return gallery


def changing_images(mode: str) -> Resolver:
    """Resolver that adds images to a user-made gallery or takes them out; what is so already stays."""

    def resolve(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
        gallery = _require(context.connection, input["gallery_id"])
        refuse_scanned(context.connection, gallery)
        _IMAGES.write(context.connection, gallery, ListChange(mode, input["image_ids"]))
        return True

    return resolve


def set_cover(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Choose the cover; an image that is not in the gallery clears it, as on the server."""
    gallery = _require(context.connection, input["gallery_id"])
    _set_cover(context.connection, gallery, to_id(input["cover_image_id"], "image id"))
    return True


def reset_cover(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    _set_cover(context.connection, _require(context.connection, input["gallery_id"]), None)
    return True


def _set_cover(connection: Connection, gallery: int, image: int | None) -> None:
    columns = galleries_images.c
    mine = columns.gallery_id == gallery
    connection.execute(update(galleries_images).where(mine).values(cover=False))
    if image is not None:
        connection.execute(update(galleries_images).where(mine, columns.image_id == image).values(cover=True))


RESOLVERS: dict[str, Resolver] = {
    "addGalleryImages": changing_images(ADD),
    "removeGalleryImages": changing_images(REMOVE),
    "setGalleryCover": set_cover,
    "resetGalleryCover": reset_cover,
}
