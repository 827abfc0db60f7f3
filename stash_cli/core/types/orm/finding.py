"""Helpers that ask the server: an object by its name, an image of a gallery by its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashNotFoundError
from stash_cli.core.types.orm.hydrate import class_named

if TYPE_CHECKING:
    from pathlib import Path

    from stash_cli.core.client import StashClient


async def find_by_name(cls: Any, client: StashClient, name: str) -> Any:
    """The oldest object of this name or alias; see `StashClientBase.find_named`."""
    return await client.find_named(cls, name)


async def image_at(gallery: Any, index: int) -> Any:
    """The image at a place of the gallery, counted from 0; raises StashNotFoundError beyond its end."""
    client = gallery.client
    text = 'query($id: ID!, $page: Int!) { findImages(filter: {page: $page, per_page: 1, sort: "path"},'
    text += " image_filter: {galleries: {value: [$id], modifier: INCLUDES}}) { images { id } } }"
    answer = await client.execute(text, {"id": gallery.id, "page": index + 1})
    rows = answer["findImages"]["images"]
    if index < 0 or not rows:
        raise StashNotFoundError(f"{gallery!r} has no image {index}.")
    return await client.find_entity(class_named("Image"), rows[0]["id"])


async def update_avatar(performer: Any, client: StashClient, image_path: str | Path) -> Any:
    """Send an image of a performer, with everything else that changed."""
    performer.queue_image("image", image_path)
    await performer.save(client)
    return performer
