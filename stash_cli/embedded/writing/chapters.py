"""Chapters of a gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.tables import galleries_chapters, galleries_images

if TYPE_CHECKING:
    from stash_cli.embedded.writing.blueprint import Change


def chapter_in_range(change: Change) -> None:
    """A chapter starts at one of the gallery's images, counted from 1."""
    held = {} if change.creating else _chapter(change)
    gallery = change.columns.get("gallery_id", held.get("gallery_id"))
    index = change.columns.get("image_index", held.get("image_index"))
    columns = galleries_images.c
    images = change.connection.scalar(select(func.count()).where(columns.gallery_id == gallery)) or 0
    if not 1 <= (index or 0) <= images:
        raise Refused("Image # must greater than zero and in range of the gallery images")


def _chapter(change: Change) -> dict[str, Any]:
    query = select(galleries_chapters).where(galleries_chapters.c.id == change.owner)
    return dict(change.connection.execute(query).mappings().one())
